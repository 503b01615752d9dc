"""The published VERITAS spectra of one source, a family of colours for each year."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.epochs import EpochStyle, epoch_styles
from executors.figures.flux_points import GEV, draw_flux_points, energy_axis
from executors.physics.spectral_fit import butterfly
from executors.physics.veritas_points import NightSpectrum
from executors.plotting import GREY, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(spectra: list[NightSpectrum]) -> OutputFile:
    """Write ``spectrum.png``: points, limits, and the power law of each spectrum that it fits."""
    with figure(7.6, 6.8 if len(spectra) > 6 else 5.8) as drawn:
        axes = drawn.subplots()
        drawn_fits = [
            _one(axes, spectrum, style)
            for spectrum, style in zip(spectra, epoch_styles([s.start for s in spectra]), strict=True)
        ]
        if any(drawn_fits):
            lines = (
                "lines: power law of each spectrum"
                if len(spectra) > 1
                else "power law" + _numbers(spectra[0])
            )
            axes.plot([], [], color=GREY, linewidth=1.2, label=lines)
        axes.set_yscale("log")
        energy_axis(axes)
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, max(high * 1.5, low * 12))
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        header(drawn, axes, spectra[0].source, "VERITAS, as observed (not corrected for EBL absorption)")
        handles, labels = axes.get_legend_handles_labels()
        order = sorted(
            range(len(labels)), key=lambda i: not labels[i][:1].isdigit()
        )  # epochs, then the lines
        drawn.legend(
            [handles[i] for i in order],
            [labels[i] for i in order],
            loc="outside lower left",
            ncols=1 if len(spectra) <= 4 else 2,
        )
        return save(drawn, "spectrum.png", f"VERITAS spectra of {spectra[0].source}")


def _numbers(spectrum: NightSpectrum) -> str:
    """Index and the energy at which it holds."""
    fitted = spectrum.power_law
    assert fitted is not None
    index = rf"$\Gamma$ = {fitted.parameters[1]:.2f} $\pm$ {fitted.errors[1]:.2f}"
    return rf": {index} at {fitted.reference / GEV:.0f} GeV, $\chi^2$ = {fitted.chi2:.1f}/{fitted.dof}"


def _one(axes: Axes, spectrum: NightSpectrum, style: EpochStyle) -> bool:
    """Draw the points, and the power law where it fits; whether it does."""
    label = f"{spectrum.epoch}  ({spectrum.ident})"
    draw_flux_points(
        axes, spectrum.columns, colour=style.colour, marker=style.marker, filled=style.filled, label=label
    )
    if spectrum.power_law is None or spectrum.power_law.poor:
        return False
    measured = spectrum.columns["e_ref"][~np.isnan(spectrum.columns["e2dnde"])]
    grid = np.geomspace(spectrum.columns["e_ref"].min(), measured.max(), 50)
    curve, _ = butterfly(spectrum.power_law, grid)
    axes.plot(grid / GEV, curve, color=style.colour, linewidth=0.9, alpha=0.8)
    return True
