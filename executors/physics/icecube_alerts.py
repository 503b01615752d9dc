"""IceCube's alerts against one position: which regions hold it, and how many would by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.known.event_lists import Event, everything
from executors.known.source_list import separation
from executors.physics.sphere import separations
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Alerts", "Match", "alerts", "chances", "chosen_because", "match"]

Array = NDArray[np.float64]
_ASSOCIATIONS = (
    ("IceCube-170922A", "TXS 0506+056", 77.358, 5.693, "2018Sci...361.1378I"),
    ("IceCube-190730A", "PKS 1502+106", 226.104, 10.494, "2020ApJ...893..162F"),
    ("IceCube-191001A", "AT 2019dsg", 314.262, 14.204, "2021NatAs...5..510S"),
)
"""Objects that became known as neutrino sources because an alert pointed at them: alert, object, RA and Dec
(ICRS, deg), publication."""
_SAME_OBJECT = 0.1


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts with positions (ICRS, deg) and radii of the 90 % circles (deg) of their first notices."""

    events: tuple[Event, ...]
    ra: Array
    dec: Array
    radius: Array


@dataclass(frozen=True, slots=True)
class Match:
    """Alerts compared with a position; ``within`` is the radius (deg) asked for, ``None`` the alert's own."""

    ra: float
    dec: float
    within: float | None
    start: str
    end: str
    alerts: Alerts
    distance: Array
    chance: Array

    @property
    def matched(self) -> NDArray[np.bool_]:
        """Which alerts match."""
        limit = self.alerts.radius if self.within is None else np.full(len(self.distance), self.within)
        return np.asarray(self.distance <= limit)

    @property
    def matches(self) -> int:
        """How many alerts match."""
        return int(self.matched.sum())

    @property
    def probability(self) -> float:
        """Probability of as many matches or more when the alerts' right ascensions are random.

        The number of matches is then a sum of independent trials with the chances of the alerts.
        """
        distribution = np.array([1.0])
        for chance in self.chance:
            distribution = np.convolve(distribution, [1 - chance, chance])
        return float(min(distribution[self.matches :].sum(), 1.0))

    @property
    def not_blind(self) -> tuple[str, ...]:
        """Why the position is not an independent choice."""
        return chosen_because(self.ra, self.dec)

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        isotropic = (1 - np.cos(np.radians(self._radii()))) / 2
        names = [e.identifier for e, hit in zip(self.alerts.events, self.matched, strict=True) if hit]
        found = {
            "matches": Measure(self.matches),
            "expected_by_chance": Measure(float(self.chance.sum())),
            "chance_probability": Measure(self.probability),
            "trials": Measure(1),
            "expected_isotropic": Measure(float(isotropic.sum())),
            "alerts_compared": Measure(len(self.distance)),
            "blind": Measure(not self.not_blind),
            "nearest_separation": Measure(float(self.distance.min()), unit="deg"),
            "right_ascension": Measure(self.ra, unit="deg"),
            "declination": Measure(self.dec, unit="deg"),
        }
        if names:
            found["matched_alerts"] = Measure(", ".join(names))
        if self.within is not None:
            found["radius"] = Measure(self.within, unit="deg")
        return found

    def _radii(self) -> Array:
        return self.alerts.radius if self.within is None else np.full(len(self.distance), self.within)

    def quality(self) -> list[str]:
        """Caveats as short phrases."""
        region = "90 % circle of the alert" if self.within is None else f"{self.within:g} deg"
        caveats = [
            f"match: position within the {region}",
            "positions and circles of the first notices, without their systematic errors; later ones differ",
            "chance from alerts turned in right ascension; one position, one trial",
        ]
        return caveats + list(
            self.not_blind or ["blind only if the position was chosen without knowledge of the alerts"]
        )

    def write(self) -> list[OutputFile]:
        """Every alert compared, nearest first, in four formats."""
        order = np.argsort(self.distance, kind="stable")
        events = [self.alerts.events[i] for i in order]
        table = Table()
        add_column(table, "alert", [e.identifier for e in events], "name", ucd="meta.id;meta.main")
        add_column(table, "utc", [e.time for e in events], "time (UTC)", ucd="time.epoch")
        add_column(table, "matched", self.matched[order], "whether it matches", ucd="meta.code")
        add_column(table, "separation", self.distance[order], "distance from the position", unit="deg",
                   ucd="pos.angDistance")  # fmt: skip
        add_column(table, "err90", self.alerts.radius[order], "radius of the 90 % circle, first notice",
                   unit="deg", ucd="stat.error;pos")  # fmt: skip
        add_column(table, "chance", self.chance[order], "chance to match with random right ascension",
                   ucd="stat.probability")  # fmt: skip
        add_column(table, "ra", self.alerts.ra[order], "first notice (ICRS)", unit="deg", ucd="pos.eq.ra")
        add_column(table, "dec", self.alerts.dec[order], "first notice (ICRS)", unit="deg", ucd="pos.eq.dec")
        for name, text in (("ra", "right ascension"), ("dec", "declination")):
            later = [_fact(e, f"published_{name}") for e in events]
            add_column(table, f"published_{name}", later, f"{text} as published later", unit="deg",
                       ucd=f"pos.eq.{name}")  # fmt: skip
        add_column(table, "signalness", [_fact(e, "notice_signalness") for e in events],
                   "probability to be astrophysical, first notice", ucd="stat.probability")  # fmt: skip
        add_column(table, "type", [str(e.facts["notice_type"][0]) for e in events], "kind of notice")
        meta: dict[str, str | float | int | bool] = {
            "INSTRUME": "IceCube",
            "OBJECT": f"RA {self.ra:.3f} Dec {self.dec:+.3f} deg",
            "TIMESYS": "UTC",
            "DATE-OBS": self.start.rstrip("Z"),
            "DATE-END": self.end.rstrip("Z"),
            "frame": "ICRS",
        }
        meta |= described_by(self.values())
        meta["caveats"] = "; ".join(self.quality())
        return write_table(table, "alerts", meta, extension="ALERTS")


def _fact(event: Event, name: str) -> float:
    return float(event.facts[name][0]) if name in event.facts else float("nan")


def alerts(start: str, end: str) -> Alerts:
    """The alerts between two ISO 8601 UTC times, with positions and 90 % circles of the first notices."""
    chosen = tuple(
        e for e in everything()
        if e.identifier.startswith("IceCube-") and "notice_err90" in e.facts and start <= e.time < end
    )  # fmt: skip
    ra, dec, radius = (
        np.array([_fact(e, f"notice_{name}") for e in chosen]) for name in ("ra", "dec", "err90")
    )
    return Alerts(chosen, ra, dec, radius)


def chosen_because(ra: float, dec: float) -> tuple[str, ...]:
    """A caveat when the object at a position is known for an alert that pointed at it."""
    return tuple(
        f"not blind: {name} was singled out because of {alert} ({reference})"
        for alert, name, its_ra, its_dec, reference in _ASSOCIATIONS
        if separation(ra, dec, its_ra, its_dec) <= _SAME_OBJECT
    )


def match(ra: float, dec: float, within: float | None, start: str, end: str) -> Match:
    """Compare a position (ICRS, deg) with the alerts of a time range."""
    chosen = alerts(start, end)
    radii = chosen.radius if within is None else np.full(len(chosen.radius), within)
    return Match(
        ra=ra,
        dec=dec,
        within=within,
        start=start,
        end=end,
        alerts=chosen,
        distance=separations(ra, dec, chosen.ra, chosen.dec),
        chance=chances(dec, chosen.dec, radii),
    )


def chances(dec: float, decs: Sequence[float] | Array, radii: Sequence[float] | Array) -> Array:
    """Share of right ascensions at which a direction at one declination lies within a radius of others.

    From cos r = sin d1 sin d2 + cos d1 cos d2 cos(turn), the turn being half the arc; all in degrees.
    """
    d1, d2, r = np.radians(dec), np.radians(np.asarray(decs)), np.radians(np.asarray(radii))
    across = np.maximum(np.cos(d1) * np.cos(d2), 1e-12)
    turn = np.clip((np.cos(r) - np.sin(d1) * np.sin(d2)) / across, -1.0, 1.0)
    return np.asarray(np.arccos(turn) / np.pi, dtype=float)
