"""The spectral energy distribution of one catalogue source with both models and the pulls."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from executors.figures.flux_points import draw_flux_points
from executors.physics.band_spectrum import integrals
from executors.physics.fermi_spectrum import Analysed
from executors.physics.spectral_fit import Fit, butterfly
from executors.plotting import BLACK, BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_NAMES = {"power-law": "power law", "log-parabola": "log-parabola"}


def draw(analysed: Analysed, start: str, end: str) -> OutputFile:
    """Write ``spectrum.png``: points, limits, models, the preferred one with its one-sigma band."""
    source = analysed.source
    with figure(7.2, 6.6) as drawn:
        top, bottom = drawn.subplots(2, 1, sharex=True, height_ratios=(3.2, 1), gridspec_kw={"hspace": 0.03})
        _models(top, analysed)
        draw_flux_points(
            top, analysed.flux_points, colour=BLACK, marker="o", label="14-year average", size=5.5
        )
        _pulls(bottom, analysed)
        top.set_xscale("log")
        top.set_yscale("log")
        top.set_xlim(analysed.bands.low[0] * 0.8, analysed.bands.high[-1] * 1.25)
        top.set_ylim(*_range(analysed))
        top.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        header(
            drawn,
            top,
            f"{source.association}   ({source.name})",
            f"Fermi-LAT, 4FGL-DR4, average of {start[:10]} to {end[:10]}",
        )
        drawn.legend(*top.get_legend_handles_labels(), loc="outside lower left", ncols=2, columnspacing=1.5)
        bottom.set_xlabel("Energy  [MeV]")
        bottom.set_ylabel(r"Pull  [$\sigma$]")
        drawn.align_ylabels()
        problems = [
            text
            for text in analysed.quality()
            if text.startswith(("poor fit", "no fit", "the log", "the power"))
        ]
        top.text(
            0.97, 0.95, "\n".join(problems), transform=top.transAxes, ha="right", va="top", color=VERMILION
        )
        return save(drawn, "spectrum.png", f"Fermi-LAT spectrum of {source.title}")


def _range(analysed: Analysed) -> tuple[float, float]:
    sed = analysed.flux_points
    tops = np.fmax(sed["e2dnde"] + sed["e2dnde_errp"], sed["e2dnde_ul"])
    lows = np.fmin(sed["e2dnde"] - sed["e2dnde_errn"], sed["e2dnde_ul"])
    best = np.nanmin(np.where(lows > 0, lows, np.nan))
    return max(float(best), float(np.nanmax(tops)) * 1e-5) / 3, float(np.nanmax(tops)) * 3


def _models(axes: Axes, analysed: Analysed) -> None:
    grid = np.geomspace(analysed.bands.low[0], analysed.bands.high[-1], 300)
    for fitted, colour in ((analysed.log_parabola, BLUE), (analysed.power_law, VERMILION)):
        if fitted is None:
            continue
        curve, spread = butterfly(fitted, grid)
        preferred = fitted is analysed.preferred
        axes.plot(
            grid, curve, color=colour, linestyle="-" if preferred else "--", label=_legend(fitted, preferred)
        )
        if preferred and not fitted.poor:  # the error band of a rejected model means nothing
            axes.fill_between(
                grid, curve * np.exp(-spread), curve * np.exp(spread), color=colour, alpha=0.22, linewidth=0
            )


def _legend(fitted: Fit, preferred: bool) -> str:
    text = f"{_NAMES[fitted.model]}{' (preferred)' if preferred else ''}:\n"
    text += rf"$\Gamma$ = {fitted.parameters[1]:.3f} $\pm$ {fitted.errors[1]:.3f}"
    if len(fitted.parameters) > 2:
        text += rf", $\beta$ = {fitted.parameters[2]:.3f} $\pm$ {fitted.errors[2]:.3f}"
    return text + rf", $\chi^2$ = {fitted.chi2:.1f}/{fitted.dof}"


def _pulls(axes: Axes, analysed: Analysed) -> None:
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axhspan(-1, 1, color=GREY, alpha=0.15, linewidth=0)
    largest = 3.0
    for fitted, colour, shift in ((analysed.power_law, VERMILION, 1.04), (analysed.log_parabola, BLUE, 0.96)):
        if fitted is None:
            continue
        predicted, _ = integrals(fitted.parameters, analysed.bands.low, analysed.bands.high, fitted.reference)
        pulls, limit = -analysed.bands.measured.pulls(predicted), analysed.bands.measured.limit
        style: dict[str, Any] = {"color": colour, "linestyle": "none", "markersize": 5}
        axes.plot((analysed.energy * shift)[~limit], pulls[~limit], marker="o", **style)
        axes.plot((analysed.energy * shift)[limit], pulls[limit], marker="v", fillstyle="none", **style)
        largest = max(largest, float(np.abs(pulls).max()))
    axes.set_ylim(-largest * 1.25, largest * 1.25)
