"""The published VERITAS spectra of one source, one colour per epoch."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from executors.physics.spectral_fit import butterfly
from executors.physics.veritas_points import NightSpectrum
from executors.plotting import figure, header, plain_decades, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_MARKERS = "osD^vP<>Xph*d8"


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
    columns = {
        name: column / 1e6 if name.startswith("e_") else column for name, column in spectrum.columns.items()
    }
    energy, limit = columns["e_ref"], np.isnan(columns["e2dnde"])
    edges = np.nan_to_num(np.stack([energy - columns["e_min"], columns["e_max"] - energy]))
    label = f"{spectrum.epoch}  ({spectrum.ident})"
    if limit.any():
        label += f",  arrows: {100 * columns['ul_confidence'][limit][0]:g} % limits"
    errors = np.stack([columns["e2dnde_errn"], columns["e2dnde_errp"]])[:, ~limit]
    if not limit.all():
        axes.errorbar(
            energy[~limit],
            columns["e2dnde"][~limit],
            yerr=errors,
            xerr=edges[:, ~limit],
            fmt=marker,
            color=colour,
            markersize=5,
            linewidth=1.1,
            label=label,
        )
    if limit.any():
        bound = columns["e2dnde_ul"][limit]
        axes.errorbar(
            energy[limit],
            bound,
            xerr=edges[:, limit],
            yerr=0.35 * bound,
            uplims=True,
            fmt="none",
            color=colour,
            linewidth=1.1,
        )
        if limit.all():
            axes.plot(
                [], [], marker=r"$\downarrow$", color=colour, linestyle="none", markersize=9, label=label
            )
    if spectrum.power_law is not None and not spectrum.power_law.poor:
        grid = np.geomspace(energy.min(), energy[~limit].max(), 50)
        axes.plot(grid, butterfly(spectrum.power_law, grid * 1e6)[0], color=colour, linewidth=0.9, alpha=0.8)
