"""Light curves of several instruments on one time axis, each in a panel with its own unit."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from executors.figures.caveats import write_caveats
from executors.physics.light_curves import Combined, Curve, utc
from executors.plotting import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)
_MARKERS = "osD^vP<>X"
_WIDE = 30.0
"""Ratio of the largest to the smallest value from which the axis is logarithmic."""
_MJD_OF_1970 = 40587.0
"""matplotlib counts days from 1970-01-01."""


def draw(combined: Combined) -> OutputFile:
    """Write ``light_curves.png``."""
    number = len(combined.curves)
    with figure(8.8, 1.4 + 2.8 * number) as drawn:
        panels = list(np.atleast_1d(drawn.subplots(number, 1, sharex=True)))
        for axes, curve in zip(panels, combined.curves, strict=True):
            _panel(axes, curve)
        start, end = combined.span
        margin = max(0.02 * (end - start), 1e-5)
        last: Axes = panels[-1]
        last.set_xlim(start - margin - _MJD_OF_1970, end + margin - _MJD_OF_1970)
        last.xaxis_date()
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        last.xaxis.set_major_locator(locator)
        last.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        last.set_xlabel("Time  (UTC)")
        names = " and ".join(curve.instrument for curve in combined.curves)
        header(drawn, panels[0], combined.source, f"{names}, {utc(start)[:10]} to {utc(end)[:10]}")
        write_caveats(drawn, combined.quality())
        return save(drawn, "light_curves.png", f"Light curves of {combined.source}: {names}")


def _panel(axes: Axes, curve: Curve) -> None:
    bands = [_band(low, high) for low, high in zip(curve.energy_low, curve.energy_high, strict=True)]
    measured = np.isfinite(curve.value)
    middle, half = (curve.start + curve.end) / 2 - _MJD_OF_1970, (curve.end - curve.start) / 2
    every = curve.value[measured]
    wide = len(every) > 1 and every.min() > 0 and every.max() / every.min() > _WIDE
    scale = 1.0 if wide or not len(every) else 10.0 ** np.floor(np.log10(np.abs(every).max()))
    for n, band in enumerate(dict.fromkeys(bands)):
        here = np.array([b == band for b in bands])
        colour, marker = _COLOURS[n % len(_COLOURS)], _MARKERS[n // len(_COLOURS) % len(_MARKERS)]
        for mask, limit in ((here & measured, False), (here & ~measured & np.isfinite(curve.limit), True)):
            if not mask.any():
                continue
            errors = np.array([curve.error_low[mask], curve.error_high[mask]]) / scale
            value = (curve.limit if limit else curve.value)[mask] / scale
            axes.errorbar(
                middle[mask],
                value,
                xerr=half[mask],
                yerr=0.08 * np.abs(value) if limit else errors,
                uplims=limit,
                fmt="none" if limit else marker,
                color=colour,
                markersize=3.5,
                elinewidth=1.0,
                label=_limit_label(curve, mask, band) if limit else band or curve.quantity,
            )
    if wide:
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.set_ylim(bottom=min(0.0, float(axes.get_ylim()[0])))
    power = "" if scale in (1.0, 10.0) else f"10$^{{{int(np.log10(scale))}}}$ "
    axes.set_ylabel(f"{curve.instrument}\n[{power}{_unit(curve.unit)}]", fontsize=10.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8.5)


def _limit_label(curve: Curve, mask: NDArray[np.bool_], band: str) -> str:
    levels = np.unique(curve.level[mask])
    said = (
        f"{100 * levels[0]:g} % upper limit" if len(levels) == 1 and np.isfinite(levels[0]) else "upper limit"
    )
    return f"{band}, {said}" if band else said


def _band(low: float, high: float) -> str:
    """The band in words; empty where it is not known."""
    if not np.isfinite(low):
        return ""
    return f"{_energy(low)} to {_energy(high)}" if np.isfinite(high) else f"above {_energy(low)}"


def _energy(kev: float) -> str:
    for unit, size in (("TeV", 1e9), ("GeV", 1e6), ("MeV", 1e3)):
        if kev >= 0.9999 * size:
            return f"{kev / size:.4g} {unit}"
    return f"{kev:.4g} keV"


def _unit(vounit: str) -> str:
    """A VOUnit for people: cm**-2.s**-1 becomes cm with a raised -2."""
    parts = [part.partition("**") for part in vounit.split(".")]
    return " ".join(name + (f"$^{{{power}}}$" if power else "") for name, _, power in parts) or "no unit"
