"""The spectral energy distribution of one catalogue source with its models and the pulls."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETDOWN, CARETUP

from executors.figures.flux_points import GEV, draw_flux_points, energy_axis
from executors.physics.band_spectrum import integrals
from executors.physics.fermi_spectrum import Analysed
from executors.physics.spectral_fit import CUTOFF, EXPONENT, Fit, butterfly
from executors.plotting import BLACK, BLUE, GREEN, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_NAMES = {
    "power-law": "power law",
    "log-parabola": "log-parabola",
    CUTOFF: "power law with exponential cutoff",
}
_COLOURS = {"power-law": VERMILION, "log-parabola": BLUE, CUTOFF: GREEN}
_LARGEST_PULL = 10.0
"""Pulls beyond this are arrows at the edge: those of a rejected model would hide those of a good one."""


def draw(analysed: Analysed, start: str, end: str) -> OutputFile:
    """Write ``spectrum.png``: points, limits, models, the preferred one with its one-sigma band."""
    source = analysed.source
    with figure(7.2, 6.6 if analysed.fits.cutoff is None else 7.6) as drawn:
        top, bottom = _panels(drawn, with_pulls=analysed.preferred is not None)
        _models(top, analysed)
        draw_flux_points(
            top, analysed.flux_points, colour=BLACK, marker="o", label="14-year average", size=5.5
        )
        top.set_yscale("log")
        top.set_xlim(analysed.bands.low[0] / GEV * 0.8, analysed.bands.high[-1] / GEV * 1.25)
        problems = analysed.fits.quality(source.kind)
        top.set_ylim(*_range(analysed, len(problems)))
        top.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        header(
            drawn,
            top,
            source.heading,
            f"Fermi-LAT, 4FGL-DR4, average of {start[:10]} to {end[:10]}",
        )
        columns = 2 if analysed.fits.cutoff is None else 1
        drawn.legend(
            *top.get_legend_handles_labels(), loc="outside lower left", ncols=columns, columnspacing=1.5
        )
        energy_axis(bottom or top)
        if bottom is not None:
            _pulls(bottom, analysed)
            bottom.set_ylabel(r"Pull  [$\sigma$]")
        drawn.align_ylabels()
        top.text(
            0.97, 0.95, "\n".join(text.replace(";", ";\n") for text in problems), transform=top.transAxes,
            ha="right", va="top", color=VERMILION,
        )  # fmt: skip
        return save(drawn, "spectrum.png", f"Fermi-LAT spectrum of {source.title}")


def _panels(drawn: Figure, *, with_pulls: bool) -> tuple[Axes, Axes | None]:
    """The spectrum, and the pulls below it where there is a fit."""
    if not with_pulls:
        return drawn.subplots(), None
    top, bottom = drawn.subplots(2, 1, sharex=True, height_ratios=(3.2, 1), gridspec_kw={"hspace": 0.03})
    return top, bottom


def _range(analysed: Analysed, lines: int) -> tuple[float, float]:
    """The limits of E^2 dN/dE, with room above the points for lines of text."""
    sed = analysed.flux_points
    tops = np.fmax(sed["e2dnde"] + sed["e2dnde_errp"], sed["e2dnde_ul"])
    lows = np.fmin(sed["e2dnde"] - sed["e2dnde_errn"], sed["e2dnde_ul"])
    best = np.nanmin(np.where(lows > 0, lows, np.nan))
    low, high = max(float(best), float(np.nanmax(tops)) * 1e-5) / 3, float(np.nanmax(tops)) * 3
    return low, high * (high / low) ** (0.15 * min(lines, 2))


def _models(axes: Axes, analysed: Analysed) -> None:
    grid = np.geomspace(analysed.bands.low[0], analysed.bands.high[-1], 300)
    for fitted in analysed.fits.in_order:
        colour, preferred = _COLOURS[fitted.model], fitted is analysed.preferred
        curve, spread = butterfly(fitted, grid)
        label = _legend(fitted, preferred)
        axes.plot(grid / GEV, curve, color=colour, linestyle="-" if preferred else "--", label=label)
        if preferred and not fitted.poor:  # the error band of a rejected model means nothing
            axes.fill_between(
                grid / GEV,
                curve * np.exp(-spread),
                curve * np.exp(spread),
                color=colour,
                alpha=0.22,
                linewidth=0,
            )


def _legend(fitted: Fit, preferred: bool) -> str:
    """Name and parameters, with the energy at which they hold."""
    verdict = (" (preferred)", " (best of these, rejected)")[fitted.poor] if preferred else ""
    text = f"{_NAMES[fitted.model]}{verdict}, at $E_0$ = {fitted.reference / GEV:.3f} GeV:\n"
    text += rf"$\Gamma$ = {fitted.parameters[1]:.3f} $\pm$ {fitted.errors[1]:.3f}"
    if len(fitted.parameters) > 2:
        curvature = r"d" if fitted.model == CUTOFF else r"\beta"
        text += rf", ${curvature}$ = {fitted.parameters[2]:.3f} $\pm$ {fitted.errors[2]:.3f}"
    if fitted.model == CUTOFF:
        free = len(fitted.parameters) > 3
        text += (
            rf", $b$ = {fitted.parameters[3]:.2f} $\pm$ {fitted.errors[3]:.2f}"
            if free
            else rf", $b$ = {EXPONENT:.2f}"
        )
    return text + rf", $\chi^2$ = {fitted.chi2:.1f}/{fitted.dof}"


def _pulls(axes: Axes, analysed: Analysed) -> None:
    """(flux - model) / sigma; those beyond the axis are arrows at its edge."""
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axhspan(-1, 1, color=GREY, alpha=0.15, linewidth=0)
    largest, limit = 3.0, analysed.bands.measured.limit
    for place, fitted in enumerate(analysed.fits.in_order):
        predicted, _ = integrals(
            fitted.parameters, analysed.bands.low, analysed.bands.high, fitted.reference, fitted.model
        )
        pulls = -analysed.bands.measured.pulls(predicted)
        energy = analysed.energy / GEV * (1 + 0.07 * (place - 0.5 * (len(analysed.fits.in_order) - 1)))
        beyond = np.abs(pulls) > _LARGEST_PULL
        style: dict[str, Any] = {"color": _COLOURS[fitted.model], "linestyle": "none", "markersize": 5}
        for chosen, marker, fill in ((~limit, "o", "full"), (limit, "v", "none")):
            shown = chosen & ~beyond
            axes.plot(energy[shown], pulls[shown], marker=marker, fillstyle=fill, **style)
        for up, arrow in ((True, CARETUP), (False, CARETDOWN)):
            away = beyond & ((pulls > 0) == up)
            edge = np.full(int(away.sum()), 0.96 * _LARGEST_PULL * (1 if up else -1))
            axes.plot(energy[away], edge, marker=arrow, **style)
        largest = max(largest, float(np.abs(pulls[~beyond]).max(initial=0)))
        if beyond.any():
            largest = _LARGEST_PULL
    top = _LARGEST_PULL if largest == _LARGEST_PULL else largest * 1.25
    axes.set_ylim(-top, top)
    if largest == _LARGEST_PULL:
        axes.text(
            0.99, 0.96, rf"arrowheads: beyond $\pm${_LARGEST_PULL:g} $\sigma$", transform=axes.transAxes,
            ha="right", va="top", fontsize=8.5, color=GREY,
        )  # fmt: skip
