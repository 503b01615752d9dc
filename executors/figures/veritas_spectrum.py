"""The published VERITAS spectra of one source, one colour per epoch."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from executors.figures.flux_points import draw_flux_points
from executors.physics.spectral_fit import butterfly
from executors.physics.veritas_points import NightSpectrum
from executors.plotting import figure, header, plain_decades, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_MARKERS = "osD^vP<>Xph*d8"
_TEV = 1e6
"""One TeV in MeV."""


def draw(spectra: list[NightSpectrum]) -> OutputFile:
    """Write ``spectrum.png``: points, limits, and the power law of each spectrum that it fits."""
    with figure(7.6, 6.8 if len(spectra) > 6 else 5.8) as drawn:
        axes = drawn.subplots()
        colours = colormaps["viridis"](np.linspace(0, 0.82, max(len(spectra), 2)))
        for number, spectrum in enumerate(spectra):
            _one(axes, spectrum, tuple(colours[number]), _MARKERS[number % len(_MARKERS)])
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_decades(axes.xaxis)
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, max(high * 1.5, low * 12))
        axes.set_xlabel("Energy  [TeV]")
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        header(drawn, axes, spectra[0].source, "VERITAS, as observed (not corrected for EBL absorption)")
        drawn.legend(
            *axes.get_legend_handles_labels(), loc="outside lower left", ncols=1 if len(spectra) <= 4 else 2
        )
        return save(drawn, "spectrum.png", f"VERITAS spectra of {spectra[0].source}")


def _one(axes: Axes, spectrum: NightSpectrum, colour: tuple[float, ...], marker: str) -> None:
    label = f"{spectrum.epoch}  ({spectrum.ident})"
    draw_flux_points(
        axes, spectrum.columns, colour=colour, marker=marker, label=label, megaelectronvolts=_TEV
    )
    if spectrum.power_law is not None and not spectrum.power_law.poor:
        measured = spectrum.columns["e_ref"][~np.isnan(spectrum.columns["e2dnde"])]
        grid = np.geomspace(spectrum.columns["e_ref"].min(), measured.max(), 50)
        curve, _ = butterfly(spectrum.power_law, grid)
        axes.plot(grid / _TEV, curve, color=colour, linewidth=0.9, alpha=0.8)
