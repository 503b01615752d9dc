"""The SPI-ACS light curve: blocks and T90 in the burst, the whole stretch below."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.caveats import write_caveats
from executors.physics.spi_acs_light_curve import Analysed
from executors.plotting import BLUE, GREEN, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_KILO = 1e3


def draw(analysed: Analysed) -> OutputFile:
    """Write ``light_curve.png``."""
    burst = analysed.burst
    with figure(8.2, 6.4 if burst.interval else 4.8) as drawn:
        if burst.interval is not None:
            axes, below = drawn.subplots(2, 1, height_ratios=(2.6, 1))
            end = burst.interval[1] if burst.duration is None else burst.duration.end
            margin = max(0.4 * (end - burst.interval[0]), 10 * analysed.asked.step)
            first = min(burst.interval[0], analysed.zero) - 0.5 * margin - analysed.zero
            axes.set_xlim(first, min(end + margin, float(burst.binned.edges[1][-1])) - analysed.zero)
            _curve(below, analysed, full=False)
            _ends(below, analysed)
        else:
            axes = below = drawn.subplots()
            _ends(axes, analysed)
        _curve(axes, analysed, full=True)
        _marks(axes, analysed)
        start = analysed.utc(analysed.zero).replace("T", " ").rstrip("Z")
        below.set_xlabel(f"Time since {start} UTC at the spacecraft  [s]")
        axes.set_ylabel(r"Count rate  [10$^3$ s$^{-1}$]")
        header(
            drawn, axes, analysed.title,
            f"INTEGRAL SPI-ACS, above about 80 keV, bins of {analysed.asked.step:g} s",
        )  # fmt: skip
        axes.legend(loc="upper right")
        write_caveats(drawn, analysed.quality())
        return save(drawn, "light_curve.png", f"SPI-ACS light curve of {analysed.title}")


def _ends(axes: Axes, analysed: Analysed) -> None:
    starts, ends = analysed.burst.binned.edges
    axes.set_xlim(starts[0] - analysed.zero, ends[-1] - analysed.zero)


def _curve(axes: Axes, analysed: Analysed, *, full: bool) -> None:
    burst, zero = analysed.burst, analysed.zero
    binned = burst.binned
    starts, ends = binned.edges
    edges = np.append(starts, ends[-1]) - zero
    axes.stairs(
        binned.rate / _KILO,
        edges,
        baseline=None,
        color=GREY,
        linewidth=0.9,
        label=f"bins of {analysed.asked.step:g} s",
    )
    span = np.array([edges[0], edges[-1]])
    axes.plot(
        span, burst.background.at(span + zero) / _KILO, color=GREEN, linewidth=1.2, label="background, fitted"
    )
    if not full:
        return
    axes.errorbar(
        binned.time - zero,
        binned.rate / _KILO,
        yerr=burst.error / _KILO,
        fmt="none",
        color=GREY,
        linewidth=0.7,
    )
    bounds = np.append(starts[[b.first for b in burst.blocks]], ends[-1]) - zero
    word = "block" if len(burst.blocks) == 1 else "blocks"
    axes.stairs(
        np.array([b.mean for b in burst.blocks]) / _KILO, bounds, baseline=None, color=BLUE, linewidth=1.3,
        label=f"{len(burst.blocks)} Bayesian {word}, p$_0$ = {analysed.asked.false_alarm:g}",
    )  # fmt: skip


def _marks(axes: Axes, analysed: Analysed) -> None:
    found = analysed.burst.duration
    if found is not None:
        label = rf"T$_{{90}}$ = {found.t90:.1f} $\pm$ {found.error:.1f} s"
        axes.axvspan(
            found.start - analysed.zero,
            found.end - analysed.zero,
            color=ORANGE,
            alpha=0.18,
            linewidth=0,
            label=label,
        )
    if analysed.asked.moment is not None:
        axes.axvline(0, color=VERMILION, linestyle="--", linewidth=1.1, label="time asked for")
