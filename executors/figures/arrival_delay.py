"""Two detectors over each other, one of them shifted and inverted, and their correlation against delay."""

from __future__ import annotations

import numpy as np

from executors.figures.caveats import below as caveats_below
from executors.physics.arrival_delay import HALF_STRETCH, LIGHT_TRAVEL, Delay
from executors.plotting import BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(measured: Delay, utc: str) -> OutputFile:
    """Write ``arrival_delay.png``."""
    delay = measured.delay * 1e3
    error = "" if measured.error is None else rf" $\pm$ {measured.error * 1e3:.1f}"
    with figure(7.6, 5.6) as drawn:
        above, below = drawn.subplots(2, 1, height_ratios=(1.25, 1))
        times = (np.arange(len(measured.pair[0])) / measured.rate - HALF_STRETCH) * 1e3
        above.plot(times, measured.pair[0], color=VERMILION, linewidth=1.2, label="H1")
        above.plot(
            times + delay,
            measured.pair[1],
            color=BLUE,
            linewidth=1.2,
            label=f"L1, inverted and {delay:.1f} ms later",
        )
        above.set_xlim(times[0], times[-1])
        above.set_xlabel(f"Time from {utc[:23].replace('T', ' ').rstrip('Z')} UTC  [ms]")
        above.set_ylabel(r"Whitened  [$\sigma$ of noise]")
        above.legend(loc="upper left", ncols=2)
        below.plot(measured.delays * 1e3, measured.correlation, color="black", linewidth=1.2)
        below.axvspan(
            -LIGHT_TRAVEL * 1e3,
            LIGHT_TRAVEL * 1e3,
            color=GREY,
            alpha=0.18,
            linewidth=0,
            label="light travel time",
        )
        below.axvline(delay, color=VERMILION, linestyle="--", linewidth=1.1, label=f"{delay:.1f}{error} ms")
        below.set_xlim(measured.delays[0] * 1e3, measured.delays[-1] * 1e3)
        below.set_xlabel("H1 after L1  [ms]")
        below.set_ylabel("Correlation")
        below.legend(loc="upper left")
        chance = f"{measured.louder} of {measured.slides} time slides as large\np = {measured.chance:.2g}"
        below.text(0.985, 0.93, chance, transform=below.transAxes, ha="right", va="top", fontsize=9.5)
        low, high = measured.band
        header(
            drawn,
            above,
            f"{measured.event}   LIGO Hanford and Livingston",
            f"Whitened strain, {low:g}-{high:g} Hz",
        )
        caveats_below(drawn, measured.quality())
        return save(drawn, "arrival_delay.png", f"Delay between H1 and L1 for {measured.event}")
