"""The events around a source in time with the windows found, and the statistic among scrambled copies."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.caveats import write_caveats
from executors.physics.icecube_flare import Scan
from executors.plotting import BLACK, BLUE, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_FAINTEST = 0.1


def draw(scan: Scan) -> OutputFile:
    """Write ``windows.png``: all samples, the sample of the best window, and the scrambles."""
    with figure(10.4, 6.8) as drawn:
        panels = drawn.subplot_mosaic([["all", "all"], ["best", "scrambles"]])
        top = panels["all"]
        _all(top, scan)
        _best(panels["best"], scan)
        _scrambles(panels["scrambles"], scan)
        where = f"RA {scan.ra:.3f} Dec {scan.dec:+.3f} deg"
        weights = "direction and energy" if scan.index is not None else "direction"
        text = f"IceCube, events within {scan.radius:.1f} deg, weighted by {weights}"
        header(drawn, top, f"IceCube flare search   {where}", text)
        write_caveats(drawn, scan.quality())
        return save(drawn, "windows.png", f"IceCube flare search at {where}")


def _stems(axes: Axes, times: np.ndarray, ratios: np.ndarray, colour: str) -> None:
    shown = ratios > _FAINTEST
    axes.vlines(times[shown], _FAINTEST, ratios[shown], color=colour, linewidth=1.0)
    axes.set_yscale("log")
    axes.set_ylim(_FAINTEST, None)


def _all(axes: Axes, scan: Scan) -> None:
    largest = max(float(series.ratios.max()) for series in scan.series)
    for i, (sample, series, window) in enumerate(zip(scan.samples, scan.series, scan.windows, strict=True)):
        _stems(axes, series.times, series.ratios, BLACK if i % 2 else BLUE)
        axes.axvline(sample.start, color=GREY, linestyle=":", linewidth=1)
        axes.text((sample.start + sample.end) / 2, largest * 2.6, sample.name, ha="center", fontsize=9)
        if window is not None:
            axes.axvspan(window.start, window.end, color=VERMILION if i == scan.best else ORANGE,
                         alpha=0.35 if i == scan.best else 0.2, linewidth=0)  # fmt: skip
    axes.axvline(scan.samples[-1].end, color=GREY, linestyle=":", linewidth=1)
    axes.set_ylim(_FAINTEST, largest * 7)
    axes.set_xlabel("Time  [MJD, UTC]")
    axes.set_ylabel("Signal / background")


def _best(axes: Axes, scan: Scan) -> None:
    window, series = scan.window, scan.series[scan.best]
    margin = max(0.6 * (window.end - window.start), 20.0)
    near = np.abs(series.times - (window.start + window.end) / 2) < (window.end - window.start) / 2 + margin
    _stems(axes, series.times[near], series.ratios[near], BLACK)
    axes.axvspan(window.start, window.end, color=VERMILION, alpha=0.3, linewidth=0)
    axes.set_xlim(window.start - margin, window.end + margin)
    axes.set_xlabel("Time  [MJD, UTC]")
    axes.set_ylabel("Signal / background")
    length = window.end - window.start
    axes.set_title(
        f"{scan.samples[scan.best].name}: MJD {window.start:.1f} to {window.end:.1f} ({length:.0f} d), "
        f"{window.signal:.1f} signal events",
        fontsize=9.5,
    )


def _scrambles(axes: Axes, scan: Scan) -> None:
    statistic = scan.window.statistic
    axes.set_xlabel(r"Statistic  $2\,\log(W/T\;\max L)$, best of all samples")
    if not len(scan.scrambled):
        axes.axvline(statistic, color=VERMILION)
        axes.set_title("not scrambled: no probability", fontsize=9.5)
        return
    largest = scan.scrambled.max(axis=1)
    low, high = float(largest.min()), max(float(largest.max()), statistic)
    bins = [float(edge) for edge in np.linspace(low - 0.5, high + 1.0, 40)]
    axes.hist(largest, bins=bins, color=GREY, alpha=0.7, label=f"{len(largest)} time scrambles")
    axes.axvline(statistic, color=VERMILION, label=f"observed, {statistic:.1f}")
    axes.set_yscale("log")
    axes.set_ylim(0.6, None)
    axes.set_ylabel("Scrambles")
    axes.legend(loc="upper right")
    probability = scan.probability(statistic)
    axes.set_title(f"post-trial p = {probability:.2g}, all samples", fontsize=9.5)
