"""Gravitational-wave events in time with their masses, their regions on the sky, and one among all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from executors.figures import sky_projection
from executors.figures.caveats import below
from executors.gw_runs import OBSERVING_RUNS, Listed
from executors.physics.gw_catalogue import Found
from executors.plotting import BLACK, BLUE, GREY, VERMILION, figure, header, plain_decades, save
from kg_service.authoring import OutputFile

__all__ = ["draw", "draw_facts"]

_CENTRE = 180.0
_NAMED = 8


def draw(found: Found) -> OutputFile:
    """Write ``events.png``: chirp mass against time, and below it the sky where there are maps or a cone."""
    with_sky = bool(found.places) or found.cone is not None
    with figure(8.6, 8.6 if with_sky else 4.8) as drawn:
        if with_sky:
            above, sky = drawn.subplots(2, 1, height_ratios=(1, 1.05))
            _sky(sky, found)
        else:
            above = drawn.subplots()
        _times(above, found)
        title = f"{len(found.events)} gravitational-wave events"
        header(drawn, above, title, f"{_day(found.start)} to {_day(found.end)} UTC, GWTC-1 to GWTC-3")
        below(drawn, found.quality(), columns=130)
        return save(drawn, "events.png", title)


def _day(utc: str) -> str:
    return utc[:16].replace("T", " ")


def _when(utc: str) -> float:
    """The number that matplotlib has for a time."""
    return float(date2num(datetime.fromisoformat(utc)))  # type: ignore[no-untyped-call]


def _times(axes: Axes, found: Found) -> None:
    for name, start, end in OBSERVING_RUNS:
        first, last = max(start, found.start), min(end, found.end)
        if first < last:
            axes.axvspan(_when(first), _when(last), color=GREY, alpha=0.13, linewidth=0)
            axes.text(
                _when(first),
                0.985,
                f" {name}",
                transform=axes.get_xaxis_transform(),
                fontsize=9,
                va="top",
                color="#505050",
            )
    meeting, unknown = set(found.meeting), set(found.unknown)
    for events, colour, filled, label in (
        ([e for e in found.events if e.name in meeting], VERMILION, True, "region meets the cone"),
        ([e for e in found.events if e.name in unknown], BLUE, False, "no map at hand"),
        ([e for e in found.events if e.name not in meeting | unknown], BLUE, True, "event"),
    ):
        if not events:
            continue
        low, middle, high = (
            np.array([float(e.row[f"chirp_mass{s}"] or "nan") for e in events])
            for s in ("_lower", "", "_upper")
        )
        axes.errorbar(
            np.array([_when(e.time) for e in events]),
            middle,
            yerr=np.array([-low, high]),
            fmt="o",
            color=colour,
            markerfacecolor=colour if filled else "white",
            markersize=5,
            linewidth=1,
            label=label,
        )
    if 0 < len(found.events) <= _NAMED:
        for event in found.events:
            place = (_when(event.time), float(event.row["chirp_mass"] or "nan"))
            late = place[0] > 0.2 * _when(found.start) + 0.8 * _when(found.end)
            axes.annotate(
                event.name,
                place,
                xytext=(-6 if late else 6, 5),
                textcoords="offset points",
                fontsize=8,
                ha="right" if late else "left",
            )
    axes.set_xlim(_when(found.start), _when(found.end))
    axes.set_yscale("log")
    plain_decades(axes.yaxis)
    if not found.events:
        axes.set_ylim(1, 100)
        axes.text(0.5, 0.5, "no event", transform=axes.transAxes, ha="center", color="#505050")
    axes.set_ylabel(r"Chirp mass, 90 %  [$M_\odot$]")
    axes.set_xlabel("UTC")
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    if found.cone is not None and found.events:
        axes.legend(loc="lower right", frameon=True, framealpha=0.9)


def _sky(axes: Axes, found: Found) -> None:
    for name, place in found.places.items():
        colour = VERMILION if place.meets else BLUE
        for number, lines in enumerate(place.contours.values()):
            for line in lines:
                _outline(axes, np.array(line), colour, 0.7 + 0.5 * (number == 0))
            if number == 0 and lines:
                first = np.array(lines[0][:1])
                x, y = sky_projection.mollweide(first[:, 0], first[:, 1], _CENTRE)
                axes.annotate(
                    f"{name}",
                    (float(x[0]), float(y[0])),
                    xytext=(6, 6),
                    textcoords="offset points",
                    fontsize=8,
                    color=colour,
                )
    if found.cone is not None:
        turn = np.linspace(0, 2 * np.pi, 181)
        cone = found.cone
        circle = sky_projection.from_around(
            max(cone.radius, 0.3) * np.cos(turn), max(cone.radius, 0.3) * np.sin(turn), cone.ra, cone.dec
        )
        _outline(axes, np.array(circle).T, BLACK, 1.2)
        levels = f"regions of {cone.threshold:g} % against the cone (black)"
    else:
        levels = "maps at hand"
    percents = sorted({level for place in found.places.values() for level in place.areas})
    axes.set_title(
        f"{levels}; outlines {', '.join(f'{p:g}' for p in percents)} %" if percents else levels,
        fontsize=10,
        color="#404040",
        loc="left",
    )
    sky_projection.all_sky_frame(axes, _CENTRE)


def _outline(axes: Axes, line: np.ndarray, colour: str, width: float) -> None:
    x, y = sky_projection.mollweide(line[:, 0], line[:, 1], _CENTRE)
    jumps = np.flatnonzero(np.abs(np.diff(x)) > 1.0) + 1
    axes.plot(np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan), color=colour, linewidth=width)


def draw_facts(event: Listed, others: Sequence[Listed], caveats: Sequence[str]) -> OutputFile:
    """Write ``event_facts.png``: the masses of the event among those of all others."""
    with figure(6.8, 5.6) as drawn:
        axes = drawn.subplots()
        _masses(axes, [other for other in others if other.name != event.name], GREY, 0.8)
        _masses(axes, [event], VERMILION, 1.8)
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_decades(axes.xaxis)
        plain_decades(axes.yaxis)
        ends = np.array([0.5, 300.0])
        axes.plot(ends, ends, color=BLACK, linewidth=0.8, linestyle=":")
        axes.set_xlim(1, 200)
        axes.set_ylim(0.8, 150)
        axes.set_xlabel(r"Mass of the heavier body, 90 %  [$M_\odot$]")
        axes.set_ylabel(r"Mass of the lighter body, 90 %  [$M_\odot$]")
        row = event.row
        lines = [event.time.replace("T", " ").rstrip("Z") + " UTC"]
        lines += [f"distance {float(row['luminosity_distance']):g} Mpc"] if row["luminosity_distance"] else []
        lines += [f"signal to noise {float(row['network_snr']):g}"] if row["network_snr"] else []
        axes.text(0.03, 0.965, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=10)
        header(drawn, axes, event.name, f"{row['catalog']}, among {len(others)} events (grey)")
        below(drawn, caveats, columns=105)
        return save(drawn, "event_facts.png", f"Facts of {event.name}")


def _masses(axes: Axes, events: Sequence[Listed], colour: str, width: float) -> None:
    known = [e for e in events if e.row["mass_1"] and e.row["mass_2"]]
    one, two = (
        [np.array([float(e.row[f"mass_{n}{s}"] or "nan") for e in known]) for s in ("", "_lower", "_upper")]
        for n in (1, 2)
    )
    axes.errorbar(
        one[0],
        two[0],
        xerr=np.array([-one[1], one[2]]),
        yerr=np.array([-two[1], two[2]]),
        fmt="o",
        color=colour,
        markersize=3 * width,
        linewidth=width,
        alpha=0.55 if width < 1 else 1,
    )
