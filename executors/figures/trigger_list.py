"""Triggers over time: how many per day or month, and the durations of bursts where they are known."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from executors.figures.caveats import write_caveats
from executors.physics.trigger_table import days, values
from executors.plotting import BLUE, GREY, figure, header, save
from executors.trigger_lists import TriggerTimes
from kg_service.authoring import OutputFile
from kg_service.model.times import iso_from_tt

__all__ = ["draw"]


def draw(listed: TriggerTimes) -> OutputFile:
    """Write ``triggers.png``."""
    with figure(8.0, 4.8) as drawn:
        axes = drawn.subplots()
        if listed.durations:
            _durations(axes, listed)
        else:
            _numbers(axes, listed)
        start, end = (_moment(edge) for edge in listed.span)
        axes.set_xlim(start, end)
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.set_xlabel("Time (UTC)")
        rate = values(listed)["rate"]
        header(
            drawn, axes, f"{listed.counted(len(listed.times))} of {listed.instrument}",
            f"{listed.covered}; {rate.value:.3g} per day; {listed.dataset.cite.split(';')[0]}",
        )  # fmt: skip
        write_caveats(drawn, listed.caveats)
        return save(drawn, "triggers.png", f"{listed.kind} of {listed.instrument}, {listed.covered}")


def _moment(tt: int) -> float:
    """A time as matplotlib counts days; a leap second is drawn where the second before it is."""
    return float(date2num(datetime.fromisoformat(iso_from_tt(tt).replace(":60", ":59"))))  # type: ignore[no-untyped-call]


def _durations(axes: Axes, listed: TriggerTimes) -> None:
    times = [_moment(moment) for moment in listed.times]
    known = [(t, d) for t, d in zip(times, listed.durations, strict=True) if d is not None]
    unknown = [t for t, d in zip(times, listed.durations, strict=True) if d is None]
    if known:
        axes.plot(
            *zip(*known, strict=True), "o", color=BLUE, markersize=6, label="burst with published duration"
        )
    if unknown:
        axes.plot(
            unknown,
            [0.08] * len(unknown),
            "|",
            color=GREY,
            markersize=13,
            label="burst, duration not published",
        )
    axes.set_yscale("log")
    axes.set_ylim(0.05, 150)
    axes.set_ylabel("Duration  [s]")
    axes.axhline(2, color=GREY, linestyle=":", linewidth=1)
    axes.annotate(
        "2 s",
        (1, 2),
        xycoords=("axes fraction", "data"),
        xytext=(-24, 3),
        textcoords="offset points",
        fontsize=9,
    )
    axes.legend(loc="upper left")


def _numbers(axes: Axes, listed: TriggerTimes) -> None:
    span = days(listed)
    width = next((w for w in (1 / 24, 1, 7, 30) if span / w <= 150), 30)
    elapsed = np.array([(moment - listed.span[0]) / 86.4e9 for moment in listed.times])
    edges = np.append(np.arange(0, span, width), span)
    counts, _ = np.histogram(elapsed, edges)
    stamps = [_moment(listed.span[0] + round(edge * 86.4e9)) for edge in edges]
    named = {1 / 24: "hour", 1: "day", 7: "week", 30: "30 days"}[width]
    axes.stairs(counts, stamps, color=BLUE, fill=True, alpha=0.35)
    axes.stairs(counts, stamps, color=BLUE)
    axes.set_ylabel(f"Triggers per {named}")
    axes.set_ylim(0, max(counts.max(initial=0) * 1.15, 1.2))
