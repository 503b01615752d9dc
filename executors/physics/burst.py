"""Bursts in a count-rate light curve: background, Bayesian blocks, duration T90, significance at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.physics.count_rates import CountRates, blocks, rebinned
from executors.physics.variability import Block

__all__ = ["Background", "Burst", "Duration", "Peak", "background", "duration", "find", "peak_near"]

Array = NDArray[np.float64]
ACTIVE = 3.0
"""Standard deviations above the background from which a block belongs to a burst."""
_GAP = 0.5
"""Bright blocks are one burst when the gap between them is shorter than this part of what came before."""
_REALISATIONS = 400
_ROUNDS, _SETTLED = 5, 0.005
"""Rounds of blocks and background, and the relative change of the excess variance at which they end."""
_SCALES = (1, 2, 5, 10, 20, 50, 100)
"""Lengths of the windows searched around a time, in bins of the curve."""
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Background:
    """A straight line fitted to the quiet bins, count/s: level at ``centre`` (s) and slope, with covariance.

    ``excess`` is chi2 per degree of freedom of those bins: how much more the rates scatter
    than Poisson counts.
    """

    centre: float
    parameters: Array
    covariance: Array
    excess: float
    bins: int

    def at(self, time: Array) -> Array:
        """The background rate at a time, count/s."""
        return np.asarray(self.parameters[0] + self.parameters[1] * (time - self.centre))

    def error_of_counts(self, time: Array, width: Array) -> float:
        """One standard deviation of the background counts summed over bins."""
        gradient = np.array([width.sum(), (width * (time - self.centre)).sum()])
        return float(math.sqrt(max(gradient @ self.covariance @ gradient, 0.0)))


@dataclass(frozen=True, slots=True)
class Duration:
    """T90 and when 5 and 95 % of the counts have come, in s; its statistical and systematic error."""

    t90: float
    start: float
    end: float
    statistical: float
    systematic: float

    @property
    def error(self) -> float:
        """The two errors added in quadrature."""
        return math.hypot(self.statistical, self.systematic)


@dataclass(frozen=True, slots=True)
class Peak:
    """The most significant window near a time: its start and length in s, and by how much it stands out.

    ``trials`` counts the windows searched; ``chance`` is the probability after all of them (Gaussian tail,
    windows taken as independent, which overestimates it).
    """

    start: float
    length: float
    significance: float
    trials: int
    chance: float


@dataclass(frozen=True, slots=True)
class Burst:
    """A light curve with its background, its blocks, and the burst in it where there is one.

    ``interval`` holds start and end (s) of the blocks that make the burst.
    """

    curve: CountRates
    binned: CountRates
    error: Array
    background: Background
    blocks: list[Block]
    interval: tuple[float, float] | None
    net_counts: float | None
    net_error: float | None
    duration: Duration | None

    @property
    def significance(self) -> float | None:
        """Net counts over the scatter of the background in the same time."""
        return None if self.net_counts is None or not self.net_error else self.net_counts / self.net_error


def background(curve: CountRates, quiet: NDArray[np.bool_]) -> Background:
    """Fit the line to the quiet bins; its errors are scaled by the scatter that is found."""
    time, rate, weight = curve.time[quiet], curve.rate[quiet], curve.error[quiet] ** -2
    centre = float((weight * time).sum() / weight.sum())
    design = np.stack([np.ones_like(time), time - centre], axis=1)
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    parameters = covariance @ (design.T @ (weight * rate))
    chi2 = float((weight * (rate - design @ parameters) ** 2).sum())
    excess = max(chi2 / (len(time) - 2), 1.0)
    return Background(
        centre, parameters, np.asarray(covariance * excess, dtype=np.float64), excess, len(time)
    )


def find(
    curve: CountRates, step: float, false_alarm: float, near: float | None, reach: float, seed: int
) -> Burst:
    """Divide the curve into blocks and measure the burst, if there is one.

    Parameters
    ----------
    step
        Width of the bins for the blocks in s.
    near, reach
        Of several bursts the one within ``reach`` seconds of the time ``near`` is taken, where that is given;
        else the one with the most counts.
    seed
        For the resampling that gives the error of T90.
    """
    native = float(np.median(curve.width))
    binned = curve if step < 1.5 * native else rebinned(curve, step)
    excess = _scatter(curve)
    for _ in range(_ROUNDS):
        parts = blocks(binned.time, binned.rate, binned.error * math.sqrt(excess), false_alarm)
        level = background(curve, _quiet(curve, binned, parts))
        settled = abs(level.excess - excess) < _SETTLED * excess
        excess = level.excess
        if settled:
            break
    error = binned.error * math.sqrt(excess)
    interval = _interval(binned, parts, level, near, reach)
    if interval is None:
        return Burst(curve, binned, error, level, parts, None, None, None, None)
    inside = (curve.time >= interval[0]) & (curve.time <= interval[1])
    time, width = curve.time[inside], curve.width[inside]
    expected = level.at(time) * width
    net = float((curve.counts[inside] - expected).sum())
    scatter = math.hypot(math.sqrt(level.excess * expected.sum()), level.error_of_counts(time, width))
    return Burst(
        curve, binned, error, level, parts, interval, net, scatter, duration(curve, level, interval, seed)
    )


def _scatter(curve: CountRates) -> float:
    """A first value of the excess variance, from differences of neighbours: few of them hold a burst."""
    pulls = np.diff(curve.rate) / np.hypot(curve.error[1:], curve.error[:-1])
    return max(float(1.4826 * np.median(np.abs(pulls))) ** 2, 1.0)


def _quiet(curve: CountRates, binned: CountRates, parts: list[Block]) -> NDArray[np.bool_]:
    """The bins before the first change of rate and after the last one; all where there is no change."""
    starts, ends = binned.edges
    if len(parts) == 1:
        return np.ones(len(curve.time), dtype=bool)
    quiet = (curve.time < ends[parts[0].last]) | (curve.time > starts[parts[-1].first])
    return quiet if quiet.sum() >= _FEWEST else np.ones(len(curve.time), dtype=bool)


def _interval(
    binned: CountRates, parts: list[Block], level: Background, near: float | None, reach: float
) -> tuple[float, float] | None:
    """Start and end of the bright blocks that are the burst (their errors hold the excess variance)."""
    starts, ends = binned.edges
    found: list[tuple[float, float]] = []
    for part in parts:
        start, end = float(starts[part.first]), float(ends[part.last])
        above = part.mean - float(level.at(np.array([(start + end) / 2]))[0])
        if above <= ACTIVE * part.error:
            continue
        if found and start - found[-1][1] <= _GAP * (found[-1][1] - found[-1][0]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if near is not None:
        found = [(a, b) for a, b in found if a - reach <= near <= b + reach]

    def net(span: tuple[float, float]) -> float:
        inside = (binned.time >= span[0]) & (binned.time <= span[1])
        excess = (binned.rate - level.at(binned.time)) * binned.width
        return float(excess[inside].sum())

    return max(found, key=net) if found else None


def duration(
    curve: CountRates, level: Background, interval: tuple[float, float], seed: int
) -> Duration | None:
    """T90: the time from 5 to 95 % of the net counts in the interval (Koshut et al. 1996, ApJ 463, 570).

    The statistical error is the scatter over resampled counts and backgrounds; the systematic one half the
    spread when the interval is cut by half at its end or widened by half at either end.
    """
    times = _quantiles(curve, level.at(curve.time), interval, curve.counts)
    if times is None:
        return None
    generator = np.random.default_rng(seed)
    inside = _inside(curve, interval)
    part = curve.part(inside)
    size = _REALISATIONS
    drawn = generator.multivariate_normal(level.parameters, level.covariance, size=size)
    line = drawn[:, :1] + drawn[:, 1:] * (part.time - level.centre)
    scatter = generator.normal(size=(size, len(part.time))) * np.sqrt(level.excess * part.counts)
    net = np.cumsum(part.counts + scatter - line * part.width, axis=1)
    total = net[:, -1:]
    first, last = (np.argmax(net >= share * total, axis=1) for share in (0.05, 0.95))
    ends = part.edges[1]
    spread = (ends[last] - ends[first])[total[:, 0] > 0]
    length = interval[1] - interval[0]
    choices = [
        (interval[0], interval[1] - length / 2),
        (interval[0] - length / 2, interval[1]),
        (interval[0], interval[1] + length / 2),
    ]
    others = [_quantiles(curve, level.at(curve.time), choice, curve.counts) for choice in choices]
    lengths = [q[1] - q[0] for q in (times, *others) if q is not None]
    bin_width = float(np.median(part.width))
    return Duration(
        times[1] - times[0],
        times[0],
        times[1],
        math.hypot(float(np.std(spread)), bin_width * math.sqrt(2 / 12)),
        (max(lengths) - min(lengths)) / 2,
    )


def _inside(curve: CountRates, interval: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((curve.time >= interval[0]) & (curve.time <= interval[1]))


def _quantiles(
    curve: CountRates, expected: Array, interval: tuple[float, float], counts: Array
) -> tuple[float, float] | None:
    """When the net counts first reach 5 and 95 % of their sum, interpolated within the bin."""
    inside = _inside(curve, interval)
    net = np.concatenate([[0.0], np.cumsum((counts - expected * curve.width)[inside])])
    if len(net) < 3 or net[-1] <= 0:
        return None
    edges = np.concatenate([curve.edges[0][inside][:1], curve.edges[1][inside]])
    found = []
    for share in (0.05, 0.95):
        after = int(np.argmax(net >= share * net[-1]))
        before = max(after - 1, 0)
        rise = net[after] - net[before]
        fraction = (share * net[-1] - net[before]) / rise if rise > 0 else 0.0
        found.append(float(edges[before] + fraction * (edges[after] - edges[before])))
    return found[0], found[1]


def peak_near(curve: CountRates, level: Background, near: float, reach: float) -> Peak | None:
    """The most significant window of several lengths within ``reach`` seconds of a time.

    Significance is the excess over the background in units of sqrt(excess variance x background counts and
    the error of the background); ``None`` when the curve does not reach there.
    """
    inside = np.flatnonzero((curve.time >= near - reach) & (curve.time <= near + reach))
    if not len(inside):
        return None
    part = curve.part(np.isin(np.arange(len(curve.time)), inside))
    expected = level.at(part.time) * part.width
    counts, summed, widths = (
        np.concatenate([[0.0], np.cumsum(c)]) for c in (part.counts, expected, part.width)
    )
    relative = math.sqrt(float(level.covariance[0, 0])) / float(level.parameters[0])
    best, trials = (-math.inf, 0, 1), 0
    for scale in _SCALES:
        if scale > len(part.time):
            break
        net = (counts[scale:] - counts[:-scale]) - (summed[scale:] - summed[:-scale])
        usual = summed[scale:] - summed[:-scale]
        ratio = net / np.sqrt(level.excess * usual + (relative * usual) ** 2)
        trials += len(ratio)
        best = max(best, (float(ratio.max()), int(ratio.argmax()), scale))
    significance, first, scale = best
    single = 0.5 * math.erfc(significance / math.sqrt(2))
    return Peak(
        float(part.edges[0][first]),
        float(widths[first + scale] - widths[first]),
        significance,
        trials,
        -math.expm1(trials * math.log1p(-single)) if single < 1 else 1.0,
    )
