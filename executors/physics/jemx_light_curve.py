"""A JEM-X light curve: its mean, how much it varies, its trend and peak, its blocks; the files."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.integral_archive import Held, utc
from executors.physics.count_rates import CountRates, blocks, read_jemx
from executors.physics.variability import (
    Block,
    Constancy,
    FractionalVariability,
    constancy,
    fractional_variability,
)
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["Analysed", "Trend", "analyse", "trend", "write"]

Array = NDArray[np.float64]
_RATE = "ct.s**-1"
_CLEAR = 3.0
"""Standard deviations from which a trend is called one."""
_LOW_EXPOSURE = 0.5
_LOUD = 2.0
"""Times the median background from which a bin is counted as disturbed."""
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through the rates: slope in count/s per day and its error, scaled by the scatter."""

    slope: float
    error: float

    @property
    def word(self) -> str:
        """What the line does."""
        if abs(self.slope) < _CLEAR * self.error:
            return "no trend"
        return "rising" if self.slope > 0 else "decaying"


@dataclass(frozen=True, slots=True)
class Analysed:
    """The rates of one source with what was measured of them; ``band`` in keV where the file says."""

    held: Held
    title: str
    curve: CountRates
    constant: Constancy
    fractional: FractionalVariability
    trend: Trend | None
    blocks: list[Block]
    false_alarm: float
    others: int

    @property
    def unit(self) -> str:
        """The unit of JEM-X that took the data."""
        return f"JEM-X {self.held.file.named.get('unit', '')}".strip()

    @property
    def span(self) -> tuple[int, int]:
        """Start of the first and end of the last bin, microseconds TT since MJD 0."""
        starts, ends = self.curve.edges
        return self.curve.at(float(starts.min())), self.curve.at(float(ends.max()))

    @property
    def _largest_aside(self) -> tuple[float, float, float, str] | None:
        numbers = [row for row in self.curve.set_aside if all(map(math.isfinite, row[:3]))]
        return max(numbers, key=lambda row: row[1], default=None)

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        curve, constant = self.curve, self.constant
        found = {"mean_rate": Measure(constant.mean, constant.error, _RATE)}
        if constant.dof:
            found |= {
                "constancy_chi2": Measure(constant.chi2),
                "constancy_dof": Measure(constant.dof),
                "constancy_reduced_chi2": Measure(constant.chi2 / constant.dof),
                "constancy_probability": Measure(constant.probability),
            }
        if self.fractional.value is not None:
            found["fractional_variability"] = Measure(self.fractional.value, self.fractional.error)
        top = int(curve.rate.argmax())
        found |= {
            "peak_rate": Measure(float(curve.rate[top]), float(curve.error[top]), _RATE),
            "peak_time": Measure(utc(curve.at(float(curve.time[top])))),
        }
        if self.trend is not None:
            found |= {
                "trend": Measure(self.trend.word),
                "trend_slope": Measure(self.trend.slope, self.trend.error, "ct.s**-1.d**-1"),
            }
        found |= {
            "bayesian_blocks": Measure(len(self.blocks)),
            "bayesian_blocks_false_alarm": Measure(self.false_alarm),
            "bins": Measure(len(curve.time)),
            "bin_width": Measure(float(np.median(curve.width)), unit="s"),
            "smallest_exposure_fraction": Measure(float(curve.exposed.min())),
        }
        if self.held.band:
            found |= {
                "energy_min": Measure(self.held.band[0], unit="keV"),
                "energy_max": Measure(self.held.band[1], unit="keV"),
            }
        if curve.set_aside:
            found["rows_set_aside"] = Measure(len(curve.set_aside))
        if self._largest_aside is not None:
            time, rate, error, _ = self._largest_aside
            found["largest_rate_set_aside"] = Measure(rate, error if error > 0 else None, _RATE)
            found["largest_rate_set_aside_time"] = Measure(utc(curve.at(time)))
        return found

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats, curve = [], self.curve
        if self._largest_aside is not None:
            time, rate, error, why = self._largest_aside
            caveats.append(
                f"{len(curve.set_aside)} rows contradict themselves and are not used, among them {rate:.2f} "
                f"+- {error:.2f} count/s at {utc(curve.at(time))[:19]} ({why})"
            )
        elif curve.set_aside:
            caveats.append(f"{len(curve.set_aside)} rows hold no numbers and are not used")
        low = int((curve.exposed < _LOW_EXPOSURE).sum())
        if low:
            caveats.append(f"{low} of {len(curve.time)} bins are exposed for less than half of their length")
        loud = int((curve.background > _LOUD * np.median(curve.background)).sum())
        if loud:
            caveats.append(f"{loud} bins have more than twice the usual background")
        if self.others:
            caveats.append(f"{self.others} more light curves of this source fit the request")
        if self.fractional.value is None:
            caveats.append("no variability in excess of the errors: F_var is not defined")
        return (
            *caveats,
            "count rates, not fluxes: they depend on instrument, band and position in the field",
        )


def analyse(held: Held, title: str, span: tuple[int, int], false_alarm: float, others: int) -> Analysed:
    """Measure the bins of a light curve that lie wholly in a span (microseconds TT since MJD 0)."""
    whole = read_jemx(held)
    inside = whole.between(span)
    if not inside.any():
        raise NotCovered(
            f"No bin of the JEM-X light curve of {title} lies wholly in the times asked for; it has bins "
            f"from {held.label} UTC.",
            parameter="t1",
        )
    start, end = ((edge - whole.zero) / 1e6 for edge in span)
    aside = tuple(row for row in whole.set_aside if start <= row[0] <= end)
    curve = replace(whole.part(inside), set_aside=aside)
    return Analysed(
        held=held,
        title=title,
        curve=curve,
        constant=constancy(curve.rate, curve.error),
        fractional=fractional_variability(curve.rate, curve.error)
        if len(curve.rate) > 1
        else FractionalVariability(None, None, 0.0, 0.0),
        trend=trend(curve.time, curve.rate, curve.error),
        blocks=blocks(curve.time, curve.rate, curve.error, false_alarm),
        false_alarm=false_alarm,
        others=others,
    )


def trend(time: Array, rate: Array, error: Array) -> Trend | None:
    """The weighted straight line; its error is scaled by sqrt(chi2/dof) where that is above 1."""
    if len(time) < 4:
        return None
    weight = error**-2
    days = (time - (weight * time).sum() / weight.sum()) / _DAY
    spread = float((weight * days**2).sum())
    slope = float((weight * days * rate).sum()) / spread
    level = float((weight * rate).sum() / weight.sum())
    chi2 = float((weight * (rate - level - slope * days) ** 2).sum())
    return Trend(slope, math.sqrt(max(chi2 / (len(time) - 2), 1.0) / spread))


def write(analysed: Analysed) -> list[OutputFile]:
    """The light curve in four formats, each bin with its block."""
    curve, table = analysed.curve, Table()
    starts, ends = curve.edges
    day = curve.zero / 86400e6
    add_column(
        table, "time_min", day + starts / _DAY, "start of the bin, MJD (TT)", unit="d", ucd="time.start"
    )
    add_column(table, "time_max", day + ends / _DAY, "end of the bin, MJD (TT)", unit="d", ucd="time.end")
    texts = [utc(curve.at(float(second))) for second in starts]
    add_column(table, "utc_min", texts, "start of the bin (UTC)", ucd="time.start")
    rate = "ct s-1"
    add_column(table, "rate", curve.rate, "count rate of the source", unit=rate, ucd="phot.count;em.X-ray")
    add_column(table, "rate_err", curve.error, "its error, 1 sigma", unit=rate, ucd="stat.error")
    add_column(table, "background", curve.background, "count rate of the background", unit=rate)
    add_column(table, "exposed", curve.exposed, "fraction of the bin that was exposed")
    sizes = [block.last - block.first + 1 for block in analysed.blocks]
    add_column(table, "block", np.repeat(np.arange(1, len(sizes) + 1), sizes), "number of the Bayesian block")
    means = [block.mean for block in analysed.blocks]
    add_column(table, "block_rate", np.repeat(means, sizes), "rate of the block", unit=rate)
    errors = [block.error for block in analysed.blocks]
    add_column(table, "block_rate_err", np.repeat(errors, sizes), "its error", unit=rate)
    return write_table(table, "light_curve", _meta(analysed), extension="LIGHT_CURVE")


def _meta(analysed: Analysed) -> Meta:
    header = analysed.held.header
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": analysed.title,
        "TELESCOP": "INTEGRAL",
        "INSTRUME": analysed.unit,
        "TIMESYS": "TT",
        "TIMEREF": "LOCAL",
        "MJD-BEG": analysed.span[0] / 86400e6,
        "MJD-END": analysed.span[1] / 86400e6,
    }
    for key in ("RA_OBJ", "DEC_OBJ", "REVOL", "SWID"):
        if key in header:
            meta[key] = header[key]
    meta |= described_by(analysed.values())
    meta["method"] = (
        "F_var: Vaughan et al. 2003, eq. 10 and B2; blocks: Scargle et al. 2013, point measurements; trend: "
        "weighted straight line"
    )
    meta["caveats"] = "; ".join(analysed.quality())
    meta["citation"] = analysed.held.file.collection.cite
    return meta
