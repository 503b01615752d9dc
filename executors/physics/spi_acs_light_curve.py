"""The SPI-ACS light curve around a time: burst, blocks, duration, light-travel time; the files."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from executors.fits_headers import Header
from executors.flux_points import described_by
from executors.integral_archive import Held, utc
from executors.known import events
from executors.known.source_list import separation
from executors.physics.burst import Burst, Peak, find, peak_near
from executors.physics.count_rates import CountRates, read_spi_acs
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import Invalid, NotCovered, UnresolvedObject

__all__ = ["Analysed", "Asked", "analyse", "write"]

SEED = 20020
"""Of the resampling for the error of T90; fixed, so equal data give equal products."""
_LIGHT = 299792.458
"""Speed of light, km/s."""
_MOST_BINS = 20_000
_FEWEST_BINS = 40
_MJD = 86400e6


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: event and time (microseconds TT since MJD 0) where given, span, bin, window (s), p0."""

    event: str | None
    moment: int | None
    span: tuple[int, int]
    step: float
    window: float
    false_alarm: float


@dataclass(frozen=True, slots=True)
class Analysed:
    """The light curve with what was measured of it.

    ``distance`` of the spacecraft from the Earth's centre in km and ``delay`` in s (arrival at the spacecraft
    minus arrival at the Earth's centre), where they are known.
    """

    held: Held
    asked: Asked
    burst: Burst
    peak: Peak | None
    distance: float | None
    delay: float | None

    @property
    def zero(self) -> float:
        """Zero of the picture in s: the time asked for, else the start of the burst, else of the curve."""
        if self.asked.moment is not None:
            return (self.asked.moment - self.burst.curve.zero) / 1e6
        return self.burst.interval[0] if self.burst.interval else float(self.burst.curve.edges[0][0])

    @property
    def title(self) -> str:
        """The event, or the time."""
        return self.asked.event or f"{utc(self.burst.curve.at(self.zero))[:19].replace('T', ' ')} UTC"

    def utc(self, seconds: float) -> str:
        """A time of the curve as UTC at the spacecraft."""
        return utc(self.burst.curve.at(seconds))

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        burst, found = self.burst, dict[str, Measure]()
        if burst.duration is not None:
            found |= {
                "t90": Measure(burst.duration.t90, burst.duration.error, "s"),
                "t90_statistical_error": Measure(burst.duration.statistical, unit="s"),
                "t90_systematic_error": Measure(burst.duration.systematic, unit="s"),
                "t90_start": Measure(self.utc(burst.duration.start)),
                "t90_end": Measure(self.utc(burst.duration.end)),
            }
        if burst.interval is not None and burst.significance is not None:
            found |= {
                "burst_start": Measure(self.utc(burst.interval[0])),
                "burst_end": Measure(self.utc(burst.interval[1])),
                "burst_net_counts": Measure(burst.net_counts, burst.net_error, "ct"),
                "burst_significance": Measure(burst.significance),
            }
        found["bayesian_blocks"] = Measure(len(burst.blocks))
        found["bayesian_blocks_false_alarm"] = Measure(self.asked.false_alarm)
        if self.peak is not None:
            found |= {
                "trigger_significance": Measure(self.peak.significance),
                "trigger_window_start": Measure(self.utc(self.peak.start)),
                "trigger_window_length": Measure(self.peak.length, unit="s"),
                "trigger_trials": Measure(self.peak.trials),
            }
            if self.peak.chance > 0:
                found["trigger_chance"] = Measure(self.peak.chance)
        level = burst.background
        error = math.sqrt(float(level.covariance[0, 0]))
        found |= {
            "background_rate": Measure(float(level.parameters[0]), error, "ct.s**-1"),
            "excess_variance": Measure(level.excess),
            "bin_width": Measure(self.asked.step, unit="s"),
            "bins": Measure(len(burst.binned.time)),
            "bins_of_unusual_width": Measure(self._unusual),
            "light_travel_limit": Measure(self.light_limit, unit="s"),
        }
        if self.delay is not None:
            found["arrival_after_earth"] = Measure(self.delay, unit="s")
        return found

    @property
    def light_limit(self) -> float:
        """The longest light-travel time between spacecraft and Earth in s; 0.5 where it is not known."""
        return 0.5 if self.distance is None else self.distance / _LIGHT

    @property
    def _unusual(self) -> int:
        width = self.burst.curve.width
        return int((np.abs(width / np.median(width) - 1) > 0.02).sum())

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        travel = (
            f"times at the spacecraft: the Earth sees them up to {self.light_limit:.2f} s earlier or later"
        )
        if self.delay is not None:
            travel = (
                f"times at the spacecraft: {abs(self.delay):.2f} s {'after' if self.delay > 0 else 'before'} "
                "the Earth's centre for the known direction"
            )
        excess = self.burst.background.excess
        caveats = [travel, f"errors include the measured excess variance, {excess:.2f} times Poisson"]
        if self.burst.interval is None:
            caveats.append("no burst: no block above the background; a count rate gives no flux limit")
        elif self.burst.duration is not None:
            caveats.append("T90 depends on the interval: its systematic error says how much")
        if self._unusual:
            caveats.append(f"{self._unusual} bins are not as wide as the others: widths are from the data")
        caveats.append("SPI-ACS knows neither energy nor direction of a photon")
        return tuple(caveats)


def analyse(held: Held, asked: Asked) -> Analysed:
    """Measure the part of a light curve that lies in the asked span."""
    curve = read_spi_acs(held)
    part = curve.part(curve.between(asked.span))
    if len(part.time) < _FEWEST_BINS:
        raise NotCovered(
            f"Only {len(part.time)} bins of {held.name} lie in the times asked for, {_FEWEST_BINS} are needed"
            f" for a background. It holds {held.label} UTC.",
            parameter="t1",
        )
    step = max(asked.step, float(np.median(part.width)))
    if part.width.sum() / step > _MOST_BINS or part.width.sum() / step < _FEWEST_BINS / 2:
        raise Invalid(
            f"Bins of {asked.step:g} s divide {part.width.sum():.0f} s into too many or too few for Bayesian "
            f"blocks; between {_FEWEST_BINS // 2} and {_MOST_BINS} are needed.",
            parameter="bin",
            value=f"{asked.step:g} s",
        )
    near = None if asked.moment is None else (asked.moment - part.zero) / 1e6
    burst = find(part, step, asked.false_alarm, near, asked.window, SEED)
    peak = None if near is None else peak_near(part, burst.background, near, asked.window)
    place = _spacecraft(held.header)
    return Analysed(held, asked, burst, peak, place[2] if place else None, _delay(place, asked.event))


def _spacecraft(header: Header) -> tuple[float, float, float] | None:
    """Right ascension, declination (deg) and distance (km) of the spacecraft from the Earth: the key EPHS."""
    words = str(header.get("EPHS", "")).split()
    try:
        ra, dec, distance = (float(word) for word in words[:3])
    except ValueError:
        return None
    sensible = 0 <= ra <= 360 and -90 <= dec <= 90 and 6000 < distance < 200_000
    return (ra, dec, distance) if sensible else None


def _delay(place: tuple[float, float, float] | None, event: str | None) -> float | None:
    """How much later than at the Earth's centre a plane wave from the event arrives at the spacecraft, s."""
    if place is None or event is None:
        return None
    try:
        known = events.find(event)
    except UnresolvedObject:
        return None
    if known.ra is None or known.dec is None:
        return None
    apart = math.radians(separation(place[0], place[1], known.ra, known.dec))
    return -place[2] / _LIGHT * math.cos(apart)


def write(analysed: Analysed) -> list[OutputFile]:
    """The binned light curve in four formats, each bin with its block."""
    burst, table = analysed.burst, Table()
    _add_times(table, burst.binned)
    rate = "ct s-1"
    add_column(table, "rate", burst.binned.rate, "count rate", unit=rate, ucd="phot.count;em.gamma")
    add_column(
        table,
        "rate_err",
        burst.error,
        "its error, 1 sigma, with the excess variance",
        unit=rate,
        ucd="stat.error",
    )
    level = burst.background.at(burst.binned.time)
    add_column(table, "background", level, "line fitted to the quiet bins", unit=rate)
    sizes = [block.last - block.first + 1 for block in burst.blocks]
    add_column(table, "block", np.repeat(np.arange(1, len(sizes) + 1), sizes), "number of the Bayesian block")
    add_column(
        table, "block_rate", np.repeat([b.mean for b in burst.blocks], sizes), "rate of the block", unit=rate
    )
    add_column(
        table, "block_rate_err", np.repeat([b.error for b in burst.blocks], sizes), "its error", unit=rate
    )
    return write_table(table, "light_curve", _meta(analysed), extension="LIGHT_CURVE")


def _add_times(table: Table, curve: CountRates) -> None:
    for name, seconds, word in (
        ("time_min", curve.edges[0], "start"),
        ("time_max", curve.edges[1], "end"),
    ):
        mjd = (curve.zero / _MJD) + seconds / 86400
        add_column(table, name, mjd, f"{word} of the bin, MJD (TT)", unit="d", ucd=f"time.{word}")
    texts = [utc(curve.at(second)) for second in curve.edges[0]]
    add_column(table, "utc_min", texts, "start of the bin (UTC)", ucd="time.start")


def _meta(analysed: Analysed) -> Meta:
    curve = analysed.burst.binned
    meta: dict[str, str | float | int | bool] = {
        "TELESCOP": "INTEGRAL",
        "INSTRUME": "SPI-ACS",
        "TIMESYS": "TT",
        "TIMEREF": "LOCAL",
        "TREFPOS": "CUSTOM",
        "DATE-OBS": _mjd_text(curve, float(curve.edges[0][0])),
        "DATE-END": _mjd_text(curve, float(curve.edges[1][-1])),
    }
    if analysed.asked.event:
        meta["OBJECT"] = analysed.asked.event
    meta |= described_by(analysed.values())
    meta["method"] = (
        "blocks: Scargle et al. 2013, point measurements; T90: 5 to 95 % of net counts (Koshut et al. 1996); "
        "background: straight line through the bins before the first and after the last change"
    )
    meta["caveats"] = "; ".join(analysed.quality())
    meta["citation"] = analysed.held.file.collection.cite
    return meta


def _mjd_text(curve: CountRates, seconds: float) -> str:
    """ISO text in TT, as DATE-OBS is read where TIMESYS is TT."""
    from datetime import datetime, timedelta

    moment = datetime(1858, 11, 17) + timedelta(microseconds=curve.at(seconds))  # noqa: DTZ001 - TT has no zone
    return moment.isoformat(timespec="milliseconds")
