"""ANTARES events within a cone and a time range, and how many are expected there without a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics.antares_sample import LIVETIME, Sample
from executors.physics.feldman_cousins import poisson_excess
from executors.physics.sphere import separations
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["END", "START", "Region", "position_text", "select"]

Array = NDArray[np.float64]
START, END = "2007-01-29T00:00:00Z", "2018-01-01T00:00:00Z"
"""What the public sample covers (Albert et al. 2021, ApJ 911, 48: 2007-01-29 to 2017-12-31)."""


def position_text(ra: float, dec: float) -> str:
    """A position for titles: ``RA 77.358 Dec +5.693 deg``."""
    return f"RA {ra:.3f} Dec {dec:+.3f} deg"


@dataclass(frozen=True, slots=True)
class Region:
    """A cone (deg, ICRS) and a time range (ISO UTC), the events seen in it, what the background gives.

    ``chosen`` marks the sample's events in cone and time, ``in_time`` those in the time range alone;
    ``share`` is the part of the whole sample's events that fell into the time range.
    """

    sample: Sample
    ra: float
    dec: float
    radius: float
    start: str
    end: str
    whole: bool
    in_time: NDArray[np.bool_]
    distance: Array
    background: float

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """Events in the cone and the time range."""
        return self.in_time & (self.distance <= self.radius)

    @property
    def events(self) -> int:
        """Their number."""
        return int(self.chosen.sum())

    @property
    def share(self) -> float:
        """The part of the sample's events that fell into the time range."""
        return float(self.in_time.mean())

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found = {
            "events": Measure(self.events),
            "expected_background": Measure(self.background),
            "excess_probability": Measure(poisson_excess(self.events, self.background)),
            "trials": Measure(1),
            "right_ascension": Measure(self.ra, unit="deg"),
            "declination": Measure(self.dec, unit="deg"),
            "radius": Measure(self.radius, unit="deg"),
            "sample_events": Measure(len(self.distance)),
        }
        if self.whole:
            return found | {"livetime": Measure(LIVETIME, unit="d")}
        return found | {"share_of_sample": Measure(self.share)}

    def quality(self) -> list[str]:
        """Caveats as short phrases."""
        caveats = [
            "probability for one position chosen beforehand (1 trial); further positions or radii are trials",
            "atmospheric background from the declination band, without its error",
        ]
        if not self.whole:
            caveats.append("background of the time range in proportion to all events of the sample in it")
        if self.dec + self.radius > float(self.sample.dec.max()):
            caveats.append(
                f"the cone reaches beyond Dec {self.sample.dec.max():+.1f} deg, north of every event"
            )
        return caveats

    def meta(self) -> dict[str, str | float | int | bool]:
        """What every file of the region says in its description."""
        return {
            "INSTRUME": "ANTARES",
            "OBJECT": position_text(self.ra, self.dec),
            "TIMESYS": "UTC",
            "DATE-OBS": self.start.rstrip("Z"),
            "DATE-END": self.end.rstrip("Z"),
            "frame": "ICRS",
            "sample": f"public point-source sample 2007-2017, {len(self.distance)} track-like events",
            "ACKNOWL": "uses the public data release of the ANTARES collaboration",
            "citation": self.sample.datasets[0].cite,
        }

    def write(self, stem: str, extra: Meta) -> list[OutputFile]:
        """The events of the region, nearest first, in four formats."""
        order = np.argsort(np.where(self.chosen, self.distance, np.inf), kind="stable")[: self.events]
        sample, table = self.sample, Table()
        utc = Time(sample.mjd[order], format="mjd", scale="utc")
        utc.precision = 0
        add_column(table, "ra", sample.ra[order], "right ascension (ICRS)", unit="deg", ucd="pos.eq.ra")
        add_column(table, "dec", sample.dec[order], "declination (ICRS)", unit="deg", ucd="pos.eq.dec")
        add_column(
            table, "separation", self.distance[order], "distance from the position asked for", unit="deg",
            ucd="pos.angDistance",
        )  # fmt: skip
        add_column(
            table, "angular_error", sample.angular_error[order], "estimate of the angular error", unit="deg",
            ucd="stat.error;pos",
        )  # fmt: skip
        add_column(table, "hits", sample.hits[order].astype(int), "hits used: grows with the energy")
        add_column(table, "mjd", sample.mjd[order], "arrival, MJD (UTC)", unit="d", ucd="time.epoch")
        add_column(table, "utc", [f"{text}Z" for text in utc.isot], "arrival (UTC)", ucd="time.epoch")
        meta = self.meta() | dict(described_by(self.values())) | dict(extra)
        return write_table(table, stem, meta, extension="EVENTS")


def select(
    sample: Sample, ra: float, dec: float, radius: float, start: str | None, end: str | None
) -> Region:
    """The region of a cone and a time range; without times, or with those of the sample, the whole of it.

    Raises
    ------
    NotCovered
        For a declination that is never seen, and for times after the sample.
    """
    sample.require_visible(dec)
    first, last = (Time(t.rstrip("Z"), scale="utc").mjd for t in (start or START, end or END))
    sample_start, sample_end = (Time(t.rstrip("Z"), scale="utc").mjd for t in (START, END))
    if last > sample_end or first >= sample_end or last <= sample_start:
        raise NotCovered(
            f"The public ANTARES sample covers {START[:10]} to 2017-12-31; what was recorded later is not "
            f"public, so counts from {(start or START)[:10]} to {(end or END)[:10]} would not be complete.",
            parameter="t2" if last > sample_end else "t1",
            value=end if last > sample_end else start,
        )
    whole = first <= sample_start and last >= sample_end
    in_time = np.ones(len(sample.mjd), bool) if whole else (sample.mjd >= first) & (sample.mjd < last)
    return Region(
        sample=sample,
        ra=ra,
        dec=dec,
        radius=radius,
        start=max(start or START, START),
        end=end or END,
        whole=whole,
        in_time=in_time,
        distance=separations(ra, dec, sample.ra, sample.dec),
        background=sample.background(dec, radius) * float(in_time.mean()),
    )
