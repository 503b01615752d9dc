"""When a position can be observed from a site: its nights, the windows within them, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.json_writing import write_json
from executors.physics.chance_alignment import directions
from executors.physics.observability import Sky, airmass, lowest_altitude
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.model.times import iso_from_tt

__all__ = ["TWILIGHTS", "Night", "Plan", "Target", "Wanted", "stretches", "write"]

Array = NDArray[np.float64]
TWILIGHTS = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
"""Altitude of the Sun (deg) below which the night is dark to that degree."""
_HOUR = 3.6e9
_SAMPLED = 10
"""Nights up to which every sample is written."""
_TURN = 15.0
"""Degrees per hour: as steep as the other margins are at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """A position (ICRS, deg) and what it is called."""

    name: str
    ra: float
    dec: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What counts as observable.

    The Sun below the altitude of ``twilight``, an airmass up to ``largest_airmass``, the Moon, while it is
    up, at least ``moon_separation`` deg away; between two times (microseconds TT since MJD 0) where given.
    """

    twilight: str
    largest_airmass: float
    moon_separation: float
    between: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Night:
    """One night: samples ``first`` to ``last`` go from noon to noon, times are microseconds TT since MJD 0.

    ``windows`` are the stretches in which the target is observable; ``best`` is the sample of the least
    airmass in them, or at night where there is no window, ``None`` where there is no night.
    """

    first: int
    last: int
    dark: tuple[int, int] | None
    windows: tuple[tuple[int, int], ...]
    best: int | None

    @property
    def hours(self) -> float:
        """Hours in which the target is observable."""
        return sum(end - start for start, end in self.windows) / _HOUR


@dataclass(frozen=True)
class Plan:
    """A target in the sky of a site, night by night."""

    target: Target
    sky: Sky
    wanted: Wanted

    @cached_property
    def altitude(self) -> Array:
        """Altitude of the target, deg."""
        return self.sky.altitude(self._direction)

    @cached_property
    def airmass(self) -> Array:
        """Airmass of the target, NaN below the horizon."""
        return airmass(self.altitude)

    @cached_property
    def moon_separation(self) -> Array:
        """Angle between the Moon and the target, deg."""
        return self.sky.moon_separation(self._direction)

    @cached_property
    def _direction(self) -> Array:
        return directions(np.array([self.target.ra]), np.array([self.target.dec]))[:, 0]

    @cached_property
    def darkness(self) -> Array:
        """How far (deg) the Sun is below the altitude at which night begins."""
        return TWILIGHTS[self.wanted.twilight] - self.sky.sun_altitude

    @cached_property
    def margin(self) -> Array:
        """By how much (deg) the condition is met that is met least; negative when it is not observable."""
        wanted, sky = self.wanted, self.sky
        parts = [self.darkness, self.altitude - lowest_altitude(wanted.largest_airmass)]
        if wanted.moon_separation > 0:
            parts.append(np.maximum(self.moon_separation - wanted.moon_separation, -sky.moon_altitude))
        if wanted.between is not None:
            start, end = wanted.between
            parts.append(np.minimum(sky.time - start, end - sky.time) / _HOUR * _TURN)
        return np.asarray(np.min(parts, axis=0))

    @cached_property
    def nights(self) -> tuple[Night, ...]:
        """Every night, from noon to noon."""
        last = len(self.sky.time) - 1
        return tuple(self._night(n, n + self.sky.per_day) for n in range(0, last, self.sky.per_day))

    def _night(self, first: int, last: int) -> Night:
        part = slice(first, last + 1)
        time = self.sky.time[part]
        dark = stretches(time, self.darkness[part])
        windows = stretches(time, self.margin[part])
        night = self.darkness[part] > 0
        usable = self.margin[part] > 0 if (self.margin[part] > 0).any() else night
        best = None
        if usable.any():
            best = first + int(np.where(usable, self.altitude[part], -np.inf).argmax())
        return Night(first, last, (dark[0][0], dark[-1][1]) if dark else None, windows, best)

    @property
    def hours(self) -> float:
        """Hours in which the target is observable, over all nights."""
        return sum(night.hours for night in self.nights)

    @property
    def best(self) -> Night:
        """The night with the most hours; the first of equal ones."""
        return max(self.nights, key=lambda night: night.hours)

    def values(self) -> dict[str, Measure]:
        """The scalar results; those of one night are of the night with the most hours."""
        night, sky = self.best, self.sky
        found = {
            "observable_hours": Measure(self.hours, unit="h"),
            "nights": Measure(len(self.nights)),
            "nights_observable": Measure(sum(n.hours > 0 for n in self.nights)),
        }
        if len(self.nights) > 1:
            found["best_night"] = Measure(iso_from_tt(int(sky.time[night.first]))[:10])
            found["best_night_hours"] = Measure(night.hours, unit="h")
        if night.windows:
            longest = max(night.windows, key=lambda window: window[1] - window[0])
            found["window_start"] = Measure(_minute(longest[0]))
            found["window_end"] = Measure(_minute(longest[1]))
        if night.best is not None:
            at = night.best
            found |= {
                "best_time": Measure(_minute(int(sky.time[at]))),
                "highest_altitude": Measure(float(self.altitude[at]), unit="deg"),
            }
            if np.isfinite(self.airmass[at]):
                found["smallest_airmass"] = Measure(float(self.airmass[at]))
            found |= {
                "moon_illumination": Measure(float(sky.illumination[at])),
                "moon_separation": Measure(float(self.moon_separation[at]), unit="deg"),
                "moon_altitude": Measure(float(sky.moon_altitude[at]), unit="deg"),
            }
        if night.dark is not None:
            found["night_start"] = Measure(_minute(night.dark[0]))
            found["night_end"] = Measure(_minute(night.dark[1]))
        return found | {
            "right_ascension": Measure(self.target.ra, unit="deg"),
            "declination": Measure(self.target.dec, unit="deg"),
            "site_longitude": Measure(sky.site.longitude, unit="deg"),
            "site_latitude": Measure(sky.site.latitude, unit="deg"),
            "site_height": Measure(sky.site.height, unit="m"),
            "largest_airmass": Measure(self.wanted.largest_airmass),
            "lowest_altitude": Measure(lowest_altitude(self.wanted.largest_airmass), unit="deg"),
        }

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases; first why it is not observable, if so."""
        wanted, caveats = self.wanted, []
        culmination = float(self.altitude.max())  # whole days are sampled
        if not any(night.dark for night in self.nights):
            caveats.append(f"no night: the Sun does not sink below {TWILIGHTS[wanted.twilight]:g} deg")
        elif culmination < lowest_altitude(wanted.largest_airmass):
            caveats.append(
                f"never observable from this site: it culminates at {culmination:.1f} deg, airmass "
                f"{wanted.largest_airmass:g} needs {lowest_altitude(wanted.largest_airmass):.1f} deg"
            )
        elif self.hours == 0:
            caveats.append("not observable at night under these conditions in this time")
        caveats.append(
            f"night: Sun below {TWILIGHTS[wanted.twilight]:g} deg ({wanted.twilight} twilight); airmass up "
            f"to {wanted.largest_airmass:g} (Pickering 2002)"
        )
        if wanted.moon_separation > 0:
            caveats.append(f"the Moon, while up, at least {wanted.moon_separation:g} deg away")
        return (
            *caveats,
            "no refraction, level horizon, no weather, no limits of the telescope",
            "UTC used for UT1 and sites given to 0.01 deg: times good to about 5 s",
        )


def _minute(moment: int) -> str:
    """A time to the second, ISO 8601 UTC."""
    return f"{iso_from_tt(moment)[:19].rstrip('Z')}Z"


def stretches(time: NDArray[np.int64], margin: Array) -> tuple[tuple[int, int], ...]:
    """Where a margin is positive, with the ends on straight lines between samples."""
    above = np.concatenate([[False], margin > 0, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    found = []
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        start = time[0] if begin == 0 else _crossing(time, margin, begin - 1)
        end = time[-1] if stop == len(time) else _crossing(time, margin, stop - 1)
        found.append((int(start), int(end)))
    return tuple(found)


def _crossing(time: NDArray[np.int64], margin: Array, n: int) -> float:
    """The time at which a margin is zero between samples ``n`` and ``n + 1``."""
    share = margin[n] / (margin[n] - margin[n + 1])
    return float(time[n] + round(share * (time[n + 1] - time[n])))


def write(plan: Plan) -> list[OutputFile]:
    """One row for each night in four formats; the samples, from noon to noon, as JSON."""
    table, sky, nights = Table(), plan.sky, plan.nights
    evening = [iso_from_tt(int(sky.time[n.first]))[:10] for n in nights]
    add_column(table, "evening", evening, "UTC date of the noon before the night")
    for name, edge, text in (("night_start", 0, "start"), ("night_end", 1, "end")):
        column = [_minute(n.dark[edge]) if n.dark else "" for n in nights]
        add_column(table, name, column, f"{text} of the night (UTC)", ucd=f"time.{text}")
    for name, edge, text in (("window_start", 0, "first start"), ("window_end", -1, "last end")):
        column = [_minute(n.windows[edge][-1 if edge else 0]) if n.windows else "" for n in nights]
        add_column(table, name, column, f"{text} of the windows (UTC)", ucd=f"time.{text.split()[1]}")
    windows = ["; ".join(f"{_minute(a)}/{_minute(b)}" for a, b in n.windows) for n in nights]
    add_column(table, "windows", windows, "all windows in which it is observable (UTC)")
    hours = [n.hours for n in nights]
    add_column(table, "hours", hours, "hours in which it is observable", unit="h", ucd="time.duration")
    at_best: tuple[tuple[str, Array, str, str | None, str], ...] = (
        ("altitude", plan.altitude, "largest altitude in the windows, else at night", "deg", "pos.az.alt"),
        ("airmass", plan.airmass, "airmass there", None, "obs.airMass"),
        ("moon_illumination", sky.illumination, "lit share of the Moon then", None, "phys.size;arith.ratio"),
        ("moon_separation", plan.moon_separation, "distance of the Moon then", "deg", "pos.angDistance"),
        ("moon_altitude", sky.moon_altitude, "altitude of the Moon then", "deg", "pos.az.alt"),
    )
    for name, series, text, unit, ucd in at_best:
        column_ = [float(series[n.best]) if n.best is not None else np.nan for n in nights]
        add_column(table, name, column_, text, unit=unit, ucd=ucd)
    best = [_minute(int(sky.time[n.best])) if n.best is not None else "" for n in nights]
    add_column(table, "best_time", best, "time of that altitude (UTC)", ucd="time.epoch")
    files = write_table(table, "nights", _meta(plan), extension="NIGHTS")
    return [*files, _samples(plan)] if len(nights) <= _SAMPLED else files


def _samples(plan: Plan) -> OutputFile:
    """Every sample from noon to noon."""
    sky = plan.sky
    samples = {
        "utc": [_minute(int(t)) for t in sky.time],
        "altitude_deg": np.round(plan.altitude, 3).tolist(),
        "sun_altitude_deg": np.round(sky.sun_altitude, 3).tolist(),
        "moon_altitude_deg": np.round(sky.moon_altitude, 3).tolist(),
        "moon_separation_deg": np.round(plan.moon_separation, 3).tolist(),
        "moon_illumination": np.round(sky.illumination, 4).tolist(),
        "observable": (plan.margin > 0).tolist(),
    }
    written = write_json({"meta": _meta(plan), "samples": samples}, "samples")
    return OutputFile(written.name, "application/json;part=samples")


def _meta(plan: Plan) -> dict[str, str | float | int | bool]:
    sky, ascii_site = plan.sky, plan.sky.site.name.encode("ascii", "replace").decode()
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": plan.target.name.encode("ascii", "replace").decode(),
        "site": f"{ascii_site} ({sky.site.where})",
        "RADESYS": "ICRS",
        "TIMESYS": "UTC",
        "DATE-OBS": _minute(int(sky.time[0])).rstrip("Z"),
        "DATE-END": _minute(int(sky.time[-1])).rstrip("Z"),
    }
    meta |= described_by(plan.values())
    meta["method"] = (
        "zenith by IAU 2006/2000A, Sun by epv00, Moon by moon98 from the site (erfa); airmass: Pickering "
        "2002; lit share of the Moon: Meeus 1998, ch. 48; ends of windows on straight lines between samples"
    )
    meta["caveats"] = "; ".join(plan.quality())
    return meta
