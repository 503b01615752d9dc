"""Count-rate light curves of INTEGRAL: bins with their true widths, checked row by row; their blocks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from executors.fits_headers import Header, unreadable
from executors.integral_archive import Held
from executors.physics.variability import Block, constancy
from kg_service.errors import RunFailed

__all__ = ["CountRates", "blocks", "from_spi_acs", "read_jemx", "read_spi_acs", "rebinned"]

Array = NDArray[np.float64]
_MICROSECONDS = 1e6
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class CountRates:
    """Rates in count/s with errors (1 sigma) in bins ``time`` +- ``width``/2, seconds TT after ``zero``.

    ``zero`` is in microseconds TT since MJD 0. ``background`` and ``exposed`` (fraction of the bin) are empty
    where the file has none; ``set_aside`` are rows of the file that contradict themselves: (time in s, rate,
    error, why).
    """

    zero: int
    time: Array
    width: Array
    rate: Array
    error: Array
    background: Array
    exposed: Array
    set_aside: tuple[tuple[float, float, float, str], ...] = ()

    @property
    def edges(self) -> tuple[Array, Array]:
        """Starts and ends of the bins, seconds after ``zero``."""
        return self.time - self.width / 2, self.time + self.width / 2

    @property
    def counts(self) -> Array:
        """Counts in each bin."""
        return self.rate * self.width

    def at(self, seconds: float) -> int:
        """A time of the curve in microseconds TT since MJD 0."""
        return self.zero + round(seconds * _MICROSECONDS)

    def part(self, chosen: NDArray[Any]) -> CountRates:
        """The bins chosen, by truth values or places."""

        def pick(column: Array) -> Array:
            return column[chosen] if len(column) else column

        return CountRates(
            self.zero,
            pick(self.time),
            pick(self.width),
            pick(self.rate),
            pick(self.error),
            pick(self.background),
            pick(self.exposed),
            self.set_aside,
        )

    def between(self, span: tuple[int, int]) -> NDArray[np.bool_]:
        """Which bins lie wholly within a span in microseconds TT since MJD 0 (to a millisecond)."""
        start, end = ((edge - self.zero) / _MICROSECONDS for edge in span)
        first, last = self.edges
        return np.asarray((first >= start - 1e-3) & (last <= end + 1e-3))


def blocks(time: Array, rate: Array, error: Array, false_alarm: float) -> list[Block]:
    """Bayesian blocks of point measurements at ``time`` (Scargle et al. 2013, ApJ 764, 167, section 3.3).

    ``false_alarm`` is p0, the chance of a spurious change point. Changes lie between bins.
    """
    if len(time) < 2:
        return [Block(0, len(time) - 1, float(rate.mean()), float(error.mean()))]
    from astropy.stats import bayesian_blocks

    found = bayesian_blocks(time, rate, error, fitness="measures", p0=false_alarm)
    starts = np.unique([0, *np.searchsorted(time, found[1:-1]), len(rate)])
    result = []
    for first, stop in pairwise(starts):
        level = constancy(rate[first:stop], error[first:stop])
        result.append(Block(int(first), int(stop) - 1, level.mean, level.error))
    return result


def rebinned(curve: CountRates, step: float) -> CountRates:
    """Whole bins of the curve put together on a grid of ``step`` seconds that begins with its first bin.

    A bin belongs where its centre lies; errors are those of the sums, sqrt(sum of sigma^2 w^2)/W.
    """
    place = np.floor((curve.time - curve.edges[0][0]) / step + 1e-9).astype(int)
    _, place = np.unique(place, return_inverse=True)
    width = np.bincount(place, curve.width).astype(np.float64)
    rate = np.bincount(place, curve.counts) / width
    error = np.sqrt(np.bincount(place, (curve.error * curve.width) ** 2)) / width
    start = np.full(len(width), np.inf)
    np.minimum.at(start, place, curve.edges[0])
    end = np.full(len(width), -np.inf)
    np.maximum.at(end, place, curve.edges[1])
    empty = np.empty(0)
    return CountRates(curve.zero, (start + end) / 2, width, rate, error, empty, empty, curve.set_aside)


def _columns(held: Held, *names: str) -> tuple[dict[str, Array], Header]:
    try:
        with fits.open(held.file.path, memmap=False) as units:
            data = units[held.unit].data
            found = {name: np.asarray(data[name], dtype=np.float64) for name in data.names}
    except (OSError, EOFError, KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise unreadable(held.file.path, error) from error
    missing = [name for name in names if name not in found]
    if missing or not len(found[names[0]]):
        raise unreadable(held.file.path, f"no column {', '.join(missing)}" if missing else "no rows")
    return found, held.header


def read_jemx(held: Held) -> CountRates:
    """A JEM-X light curve made by ``lc_pick``: TIME in days TT after MJDREF, the middle of the bin.

    Rows that contradict themselves are set aside: no positive width, error or exposure, a negative
    background rate, or a time that another row has too.
    """
    columns, header = _columns(held, "TIME", "RATE", "ERROR")
    time = columns["TIME"] * _DAY
    count = len(time)
    given = float(header.get("TIMEDEL", np.median(np.diff(columns["TIME"])) if count > 1 else 0.0))
    width = columns.get("TIMEDEL", np.full(count, given)) * _DAY
    time = time + (0.5 - float(header.get("TIMEPIXR", 0.5))) * width
    background = columns.get("BRATE", np.zeros(count))
    exposed = columns.get("FRACEXP", np.ones(count))
    reasons = np.full(count, "", dtype=object)
    unique, times = np.unique(columns["TIME"], return_counts=True)
    for wrong, why in (
        (np.isin(columns["TIME"], unique[times > 1]), "two rows have this time"),
        (background < 0, "its background is negative"),
        ((exposed <= 0) | (exposed > 1 + 1e-6), "its exposure is no fraction"),
        (~(width > 0), "its width is not positive"),
        (~(columns["ERROR"] > 0) | ~np.isfinite(columns["RATE"]), "it has no error"),
    ):
        reasons[wrong & (reasons == "")] = why
    good = reasons == ""
    if not good.any():
        raise unreadable(held.file.path, "every row contradicts itself")
    aside = tuple(
        (float(time[i]), float(columns["RATE"][i]), float(columns["ERROR"][i]), str(reasons[i]))
        for i in np.flatnonzero(~good)
    )
    zero = round(float(header.get("MJDREF", 51544.0)) * _DAY * _MICROSECONDS)
    found = CountRates(zero, time, width, columns["RATE"], columns["ERROR"], background, exposed, aside)
    kept = found.part(good)
    return kept.part(np.argsort(kept.time, kind="stable"))


def read_spi_acs(held: Held) -> CountRates:
    """A SPI-ACS light curve (columns TIME in s, RATE and ERROR in count/s)."""
    columns, _ = _columns(held, "TIME", "RATE", "ERROR")
    if held.span is None:
        raise unreadable(held.file.path, "no TSTART and TSTOP")
    return from_spi_acs(columns["TIME"], columns["RATE"], columns["ERROR"], held.span, held.file.path.name)


def from_spi_acs(time: Array, rate: Array, error: Array, span: tuple[int, int], name: str) -> CountRates:
    """The curve of the three columns: TIME is the middle of each bin in s, zero in the middle of the span.

    The widths follow from the rates and their errors, which are those of Poisson counts N (rate N/w, error
    sqrt(N)/w, so w = rate/error^2), where that agrees with the times; else from the times alone. Times
    begin so that the first bin starts with the observation.
    """
    steps = np.diff(time)
    sound = len(time) > 2 and np.isfinite(rate).all() and (error > 0).all() and (steps > 0).all()
    if not sound:
        raise RunFailed(
            f"The file {name} holds no light curve: its times do not rise or its errors are not positive. "
            "Replace it by a new copy from the archive.",
            value=name,
        )
    usual = float(np.median(steps))
    width = rate / error**2
    apart = (width[1:] + width[:-1]) / 2
    if not np.allclose(apart, steps, atol=0.02 * usual):
        between = (time[1:] + time[:-1]) / 2
        edges = np.concatenate([[time[0] - steps[0] / 2], between, [time[-1] + steps[-1] / 2]])
        width = np.diff(edges)
    middle, half = (span[0] + span[1]) // 2, (span[1] - span[0]) / 2 / _MICROSECONDS
    if time[0] - width[0] / 2 < -half - 1 or time[-1] + width[-1] / 2 > half + 1:
        raise RunFailed(
            f"The times in {name} reach beyond its TSTART and TSTOP, so they are not seconds from the middle "
            "of the observation. Replace it by a new copy from the archive.",
            value=name,
        )
    empty = np.empty(0)
    return CountRates(middle, time, width, rate, error, empty, empty)
