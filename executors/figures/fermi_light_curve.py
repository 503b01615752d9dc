"""The yearly light curve of one catalogue source with its mean and its Bayesian blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from executors.physics.fermi_light_curve import Analysed
from executors.plotting import BLACK, BLUE, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_FROM_ZERO = 2.0
"""The axis starts at zero unless the fluxes lie farther above it than this times their spread."""


def draw(analysed: Analysed) -> OutputFile:
    """Write ``light_curve.png``: fluxes with errors, plain and weighted mean, blocks with their errors."""
    source = analysed.source
    scale = 10.0 ** np.floor(np.log10(source.history.max()))
    with figure(7.6, 5.0) as drawn:
        axes = drawn.subplots()
        _curve(axes, analysed, scale)
        _flux_axis(axes, analysed, scale)
        axes.set_xlim(analysed.edges.mjd[0] - 120, analysed.edges.mjd[-1] + 120)
        axes.set_xlabel("Time  [MJD, TT]")
        exponent = int(np.log10(scale))
        axes.set_ylabel(rf"Photon flux 0.1$-$100 GeV  [$10^{{{exponent}}}$ cm$^{{-2}}$ s$^{{-1}}$]")
        years = axes.secondary_xaxis("top", functions=(_year, _mjd))
        years.set_xlabel("Year", labelpad=5)
        axes.tick_params(axis="x", which="both", top=False)
        header(
            drawn,
            axes,
            source.heading,
            "Fermi-LAT, 4FGL-DR4, yearly photon fluxes",
        )
        axes.legend(loc="upper left", ncols=1)
        axes.text(
            0.98, 0.96, _numbers(analysed), transform=axes.transAxes, ha="right", va="top", fontsize=9.5
        )
        return save(drawn, "light_curve.png", f"Fermi-LAT light curve of {source.title}")


def _year(mjd: Any) -> Any:
    """Julian epoch of an MJD (TT)."""
    return np.asarray(2000 + (mjd - 51544.5) / 365.25)


def _mjd(year: Any) -> Any:
    return np.asarray(51544.5 + (year - 2000) * 365.25)


def _flux_axis(axes: Axes, analysed: Analysed, scale: float) -> None:
    """From zero; where the errors would vanish on it, around the fluxes, which the axis then says."""
    source = analysed.source
    low = (source.history - np.nan_to_num(analysed.sigma)) / scale
    high = (source.history + np.where(analysed.limit, 2, 1) * source.history_error_high) / scale
    spread = float(high.max() - low.min())
    if low.min() > _FROM_ZERO * spread:
        axes.set_ylim(low.min() - 0.12 * spread, high.max() + 0.75 * spread)
        axes.text(
            0.015,
            0.02,
            "the flux axis does not start at zero",
            transform=axes.transAxes,
            fontsize=9.5,
            color=GREY,
        )
        axes.spines["bottom"].set_linestyle((0, (4, 3)))
    else:
        axes.set_ylim(0, high.max() * 1.32)


def _curve(axes: Axes, analysed: Analysed, scale: float) -> None:
    source, edges, limit = analysed.source, analysed.edges.mjd, analysed.limit
    centre, half = (edges[:-1] + edges[1:]) / 2, np.diff(edges) / 2
    for number, block in enumerate(analysed.blocks):
        span = (edges[block.first], edges[block.last + 1])
        low, high = (block.mean - block.error) / scale, (block.mean + block.error) / scale
        label = "Bayesian blocks, 1$\\sigma$" if number == 0 else None
        axes.fill_between(span, low, high, color=BLUE, alpha=0.28, linewidth=0, label=label)
        axes.plot(span, [block.mean / scale] * 2, color=BLUE, linewidth=1.4)
    constant = analysed.constant
    mean = analysed.mean[0] / scale
    axes.axhline(mean, color=VERMILION, linestyle="--", linewidth=1.2, label="mean")
    axes.axhline(
        constant.mean / scale,
        color=ORANGE,
        linestyle=":",
        linewidth=1.4,
        label="mean weighted by 1/$\\sigma^2$",
    )
    errors = np.stack([source.history_error_low, source.history_error_high])[:, ~limit] / scale
    axes.errorbar(
        centre[~limit],
        source.history[~limit] / scale,
        yerr=errors,
        fmt="o",
        color=BLACK,
        markersize=4.5,
        linewidth=1.1,
        zorder=5,
        label="yearly flux",
    )
    if limit.any():
        bound = (source.history + 2 * source.history_error_high)[limit] / scale
        axes.errorbar(
            centre[limit], bound, xerr=half[limit], yerr=0.3 * bound, uplims=True, fmt="none", color=BLACK
        )
        axes.plot([], [], marker=r"$\downarrow$", color=BLACK, linestyle="none", label="upper limit, 95 %")


def _numbers(analysed: Analysed) -> str:
    constant, fractional = analysed.constant, analysed.fractional
    lines = [rf"constant (weighted mean): $\chi^2$ = {constant.chi2:.0f}/{constant.dof}"]
    if fractional.value is not None:
        lines.append(rf"$F_\mathrm{{var}}$ = {fractional.value:.3f} $\pm$ {fractional.error:.3f}")
    lines.append(f"{len(analysed.blocks)} block{'' if len(analysed.blocks) == 1 else 's'}")
    return "\n".join(lines)
