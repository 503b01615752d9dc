"""The VERITAS light curves of a source, a panel for each series, with their Bayesian blocks."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from executors.physics.veritas_light_curve import Analysed, iso, quality
from executors.plotting import BLACK, BLUE, VERMILION, figure, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_NIGHT = 1.0
"""Days: a series within one night is drawn in hours."""


def draw(source: str, analysed: list[Analysed]) -> OutputFile:
    """Write ``light_curve.png``."""
    columns = 1 if len(analysed) == 1 else 2
    rows = -(-len(analysed) // columns)
    with figure(7.6 if columns == 1 else 11.0, 4.4 if rows == 1 else 0.9 + 2.5 * rows) as drawn:
        grid = drawn.subplots(rows, columns, squeeze=False).ravel()
        for axes, one in zip(grid, analysed, strict=False):
            _panel(axes, one)
        for axes in grid[len(analysed) :]:
            axes.set_axis_off()
        first = min(iso(a.series.time[0]) for a in analysed)[:10]
        last = max(iso(a.series.time[-1]) for a in analysed)[:10]
        when = first if first == last else f"{first} to {last}"
        drawn.suptitle(f"{source}   VERITAS photon fluxes, {when}", x=0.012, ha="left", fontsize=13)
        width = 100 if columns == 1 else 150
        notes = [line for text in quality(analysed) for line in textwrap.wrap(text, width)]
        drawn.supxlabel("\n".join(notes), x=0.012, ha="left", fontsize=8, color=VERMILION)
        return save(drawn, "light_curve.png", f"VERITAS light curve of {source}")


def _panel(axes: Axes, one: Analysed) -> None:
    series = one.series
    start = float(series.time[0])
    widest = float(np.nanmax(np.nan_to_num(series.end - series.start), initial=0.0))
    night = max(float(series.time[-1]) - start, widest) < _NIGHT
    origin, factor = (np.floor(start), 24.0) if night else (0.0, 1.0)
    times = (series.time - origin) * factor
    best = np.fmax(series.flux + series.error_high, series.limit)
    exponent = int(np.floor(np.log10(np.nanmax(best))))
    scale = 10.0**exponent
    _blocks(axes, one, times, scale)
    width = np.nan_to_num((series.end - series.start) / 2 * factor)
    style: dict[str, Any] = {"color": BLACK, "linewidth": 0.9, "zorder": 4}
    good = one.measured
    if good.any():
        errors = np.stack([series.error_low, series.error_high])[:, good] / scale
        axes.errorbar(
            times[good],
            series.flux[good] / scale,
            yerr=errors,
            xerr=width[good],
            fmt="o",
            markersize=2.6,
            **style,
        )
    limit = np.isfinite(series.limit) & np.isnan(series.flux)
    if limit.any():
        bound = series.limit[limit] / scale
        axes.errorbar(
            times[limit], bound, xerr=width[limit], yerr=0.25 * bound, uplims=True, fmt="none", **style
        )
        level = f"{100 * series.confidence:g} %" if series.confidence is not None else "level not stated"
        axes.plot([], [], marker=r"$\downarrow$", color=BLACK, linestyle="none", label=f"limits, {level}")
    axes.set_xlabel(f"Hours after {iso(origin)[:10]} 00:00 UTC" if night else "Time  [MJD, UTC]", fontsize=10)
    axes.set_ylabel(rf"Flux  [$10^{{{exponent}}}$ cm$^{{-2}}$ s$^{{-1}}$]", fontsize=10)
    values = np.fmin(series.flux, series.limit) if limit.any() else series.flux
    if limit.any() and np.nanmax(best) > 30 * np.nanmin(values):
        axes.set_yscale("log")
        axes.set_ylim(0.2 * np.nanmin(values) / scale, 6 * np.nanmax(best) / scale)
    else:
        axes.set_ylim(0, 1.28 * float(np.nanmax(best)) / scale)
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_title(f"{series.ident}, {one.energies}", fontsize=9, color="#404040", loc="left")
    axes.text(0.985, 0.95, _numbers(one), transform=axes.transAxes, ha="right", va="top", fontsize=8.5)
    if limit.any() or one.blocks:
        axes.legend(loc="upper left", fontsize=8, ncols=2)


def _blocks(axes: Axes, one: Analysed, times: np.ndarray, scale: float) -> None:
    """Each block over its points, half way to the neighbours where it is short."""
    used = times[one.measured]
    half = float(np.diff(used).min()) / 2 if len(used) > 1 else 0.5
    for number, block in enumerate(one.blocks):
        span = (used[block.first] - half, used[block.last] + half)
        low, high = (block.mean - block.error) / scale, (block.mean + block.error) / scale
        axes.fill_between(span, low, high, color=BLUE, alpha=0.3, linewidth=0,
                          label="Bayesian blocks, 1$\\sigma$" if number == 0 else None)  # fmt: skip
        axes.plot(span, [block.mean / scale] * 2, color=BLUE, linewidth=1.3)


def _numbers(one: Analysed) -> str:
    parts = []
    if one.constant is not None:
        parts.append(rf"$\chi^2$ = {one.constant.chi2:.0f}/{one.constant.dof}")
    if one.fractional is not None and one.fractional.value is not None:
        parts.append(rf"$F_\mathrm{{var}}$ = {one.fractional.value:.3f} $\pm$ {one.fractional.error:.3f}")
    if one.blocks:
        parts.append(f"{len(one.blocks)} block{'' if len(one.blocks) == 1 else 's'}")
    return ", ".join(parts)
