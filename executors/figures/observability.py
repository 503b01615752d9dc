"""The sky of a site in one night as curves of altitude, or over many nights as a calendar."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.dates import DateFormatter, HourLocator, date2num
from matplotlib.figure import Figure

from executors.figures.caveats import write_caveats
from executors.physics.observability import airmass, lowest_altitude
from executors.physics.observing_nights import TWILIGHTS, Night, Plan, stretches
from executors.plotting import BLUE, GREEN, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile
from kg_service.model.times import iso_from_tt

__all__ = ["draw"]

_AIRMASSES = (1.0, 1.2, 1.5, 2.0, 3.0, 5.0)
_DUSK = ((0.0, "#E9EDF4"), (-6.0, "#C9D3E4"), (-12.0, "#A6B5D0"), (-18.0, "#8396BC"))
"""Shades of the Sun below 0, -6, -12 and -18 deg."""


def draw(plan: Plan) -> OutputFile:
    """Write ``observability.png``: one night as curves, more than one as a calendar."""
    title = f"{plan.target.name} from {plan.sky.site.name}"
    with figure(8.6, 5.4) as drawn:
        axes = drawn.subplots()
        subtitle = _one_night(axes, plan) if len(plan.nights) == 1 else _calendar(drawn, axes, plan)
        header(drawn, axes, title, subtitle)
        place = plan.target
        write_caveats(
            drawn,
            (
                f"RA {place.ra:.4f}, Dec {place.dec:+.4f} deg (ICRS); site {plan.sky.site.where}",
                *plan.quality(),
            ),
        )
        return save(drawn, "observability.png", f"Observability of {title}")


def _when(moments: object) -> object:
    """Times (microseconds TT since MJD 0) as matplotlib dates of UTC."""
    texts = [iso_from_tt(int(moment)).rstrip("Z") for moment in np.atleast_1d(np.asarray(moments))]
    return date2num(np.array(texts, dtype="datetime64[us]"))  # type: ignore[no-untyped-call]


def _one_night(axes: Axes, plan: Plan) -> str:
    sky, night = plan.sky, plan.nights[0]
    time = np.asarray(_when(sky.time))
    for below, shade in _DUSK:
        for start, end in stretches(sky.time, below - sky.sun_altitude):
            axes.axvspan(*np.asarray(_when([start, end])), color=shade, linewidth=0)
    for start, end in night.windows:
        axes.axvspan(
            *np.asarray(_when([start, end])), color=GREEN, alpha=0.18, linewidth=0,
            label="observable" if (start, end) == night.windows[0] else None,
        )  # fmt: skip
    axes.plot(time, plan.altitude, color=BLUE, linewidth=2.2, label=plan.target.name)
    axes.plot(time, sky.moon_altitude, color=ORANGE, linestyle="--", label=_moon(plan, night))
    axes.plot(
        time, sky.sun_altitude, color=VERMILION, linestyle=":", label="Sun (shaded: below 0, -6, -12, -18°)"
    )
    limit = lowest_altitude(plan.wanted.largest_airmass)
    axes.axhline(limit, color=GREY, linewidth=0.9, label=f"airmass {plan.wanted.largest_airmass:g}")
    shown = np.flatnonzero(sky.sun_altitude < 5.0)
    axes.set_xlim(time[shown[0]], time[shown[-1]]) if len(shown) else axes.set_xlim(time[0], time[-1])
    axes.set_ylim(0, 90)
    axes.set_ylabel("Altitude  [deg]")
    dates = [iso_from_tt(int(sky.time[n]))[:10] for n in (shown[[0, -1]] if len(shown) else (0, -1))]
    axes.set_xlabel(f"UTC  [h], {' to '.join(dict.fromkeys(dates))}")
    axes.xaxis.set_major_locator(HourLocator(interval=2))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%H"))  # type: ignore[no-untyped-call]
    right = axes.twinx()
    right.set_ylim(0, 90)
    heights = [lowest_altitude(value) for value in _AIRMASSES]
    right.set_yticks(heights, [f"{value:g}" for value in _AIRMASSES])
    right.set_yticks([], minor=True)
    right.set_ylabel("Airmass")
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.13), ncols=3)
    if not night.windows:
        return "not observable in this night"
    words = [f"{_clock(start)} to {_clock(end)}" for start, end in night.windows]
    return f"observable {' and '.join(words)} UTC ({night.hours:.1f} h); {_best(plan, night)}"


def _moon(plan: Plan, night: Night) -> str:
    if night.best is None:
        return "Moon"
    lit, apart = plan.sky.illumination[night.best], plan.moon_separation[night.best]
    return f"Moon, {100 * lit:.0f} % lit, {apart:.0f}° away"


def _best(plan: Plan, night: Night) -> str:
    assert night.best is not None
    least = float(airmass(plan.altitude[night.best : night.best + 1])[0])
    return f"least airmass {least:.2f} at {_clock(int(plan.sky.time[night.best]))}"


def _clock(moment: int) -> str:
    return iso_from_tt(moment + 30_000_000)[11:16]


def _calendar(drawn: Figure, axes: Axes, plan: Plan) -> str:
    sky, days, per_day = plan.sky, len(plan.nights), plan.sky.per_day
    shape = days, per_day
    sun = sky.sun_altitude[:-1].reshape(shape).T
    level = np.sum([sun < below for below, _ in _DUSK], axis=0)
    dates = np.asarray(_when(sky.time[:-1:per_day]))
    start = (dates[0] % 1) * 24
    hours = start + np.arange(per_day + 1) * 24 / per_day
    edges = np.append(dates, dates[-1] + 1) - dates[0] % 1
    shades = ["#FFFFFF", *(shade for _, shade in _DUSK)]
    axes.pcolormesh(edges, hours, level, cmap=ListedColormap(shades), vmin=-0.5, vmax=4.5)
    least = np.where(plan.margin > 0, plan.airmass, np.nan)[:-1].reshape(shape).T
    shown = axes.pcolormesh(
        edges, hours, least, cmap="viridis_r", vmin=1, vmax=min(plan.wanted.largest_airmass, 5)
    )
    drawn.colorbar(shown, ax=axes, label="Airmass where observable", pad=0.02)
    new = [n for n, night in enumerate(plan.nights) if night.best is not None]
    full = [n for n in new if sky.illumination[plan.nights[n].best or 0] > 0.95]
    middle = start + 12
    axes.plot(
        edges[full] + 0.5,
        [middle - 11] * len(full),
        "o",
        color=ORANGE,
        markersize=4,
        label="Moon more than 95 % lit",
    )
    axes.set_ylim(hours[-1], hours[0])
    ticks = np.arange(np.ceil(start / 3) * 3, hours[-1], 3)
    axes.set_yticks(ticks, [f"{int(tick) % 24:02d}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylabel("UTC  [h], from noon to noon")
    axes.xaxis_date()
    axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", labelrotation=25)
    if full:
        axes.legend(loc="lower right")
    dusk = TWILIGHTS[plan.wanted.twilight]
    return (
        f"{plan.hours:.0f} h in {sum(n.hours > 0 for n in plan.nights)} of {days} nights "
        f"(Sun below {dusk:g}°, airmass up to {plan.wanted.largest_airmass:g})"
    )
