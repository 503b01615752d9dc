"""Looks for the time window in which events cluster most, and how often chance clusters them as much.

The likelihood is that of Braun et al. 2010, Astropart. Phys. 33, 175, for a box of unknown position and
length: in a window of length W in a sample of N events over T, with n signal events in it,

    L(n) = prod_i [ n/N S_i/B_i T/W (in the window) + 1 - n/N ]  relative to n = 0,

S_i/B_i being how much more likely the event comes from the source than from the background by its direction
and energy. The statistic is 2 log( W/T max_n L(n) ). The factor W/T pays for the many short windows that fit
into the sample; it is the penalty of IceCube 2018, Science 361, 147.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Series", "Window", "best_window", "scramble"]

Array = NDArray[np.float64]
_LEAST_RATIO = 1.0
"""A window begins and ends with events that rather come from the source than from the background."""
_OCTAVES = 8
"""Factors of two over which the number of signal events is looked for, from half an event on."""
_REFINED = 16
"""How many of the windows that look best are fitted finely."""
_FINE = np.exp(np.linspace(np.log(0.2), np.log(120.0), 240))


@dataclass(frozen=True, slots=True)
class Series:
    """Events of one sample in order of time: times in days, S/B of each, length of the sample in days."""

    times: Array
    ratios: Array
    duration: float


@dataclass(frozen=True, slots=True)
class Window:
    """A window from ``start`` to ``end`` (days), its statistic, and the signal events fitted in it."""

    statistic: float
    start: float
    end: float
    signal: float
    events: int


def best_window(series: Series, shortest: float = 0.0) -> Window | None:
    """The window with the largest statistic; ``None`` when fewer than two events could bound one.

    With u = (n/N) / (1 - n/N) T/W the logarithm of L is sum log(1 + u S_i/B_i) over the window, minus
    N log(1 + u W/T): for a grid of u the sums over every window are differences of cumulative sums. The best
    windows of the grid are then fitted with fine steps.

    Parameters
    ----------
    shortest
        Windows shorter than this many days count as that long.
    """
    times, ratios, number = series.times, series.ratios, len(series.times)
    bounding = np.flatnonzero(ratios > _LEAST_RATIO)
    if len(bounding) < 2:
        return None
    one, other = np.triu_indices(len(bounding), 1)
    first, last = bounding[one], bounding[other]
    share = np.clip(np.maximum(times[last] - times[first], shortest) / series.duration, 1e-12, 1.0)
    coarse = _coarse(ratios, first, last, share, number)
    statistic = 2 * (coarse + np.log(share))
    count = min(_REFINED, len(statistic))
    chosen = np.argpartition(-statistic, count - 1)[:count]
    best: Window | None = None
    for k in chosen:
        found = _fitted(ratios[first[k] : last[k] + 1], float(share[k]), number)
        if best is None or found[0] > best.statistic:
            inside = int(last[k] - first[k] + 1)
            best = Window(found[0], float(times[first[k]]), float(times[last[k]]), found[1], inside)
    return best


def _coarse(
    ratios: Array, first: NDArray[np.int_], last: NDArray[np.int_], share: Array, number: int
) -> Array:
    """The maximum over a grid of u in factors of two, from half a signal event on, of log L."""
    lowest = np.floor(np.log2(0.5 / number / share)).astype(int)
    origin = int(lowest.min())
    u = 2.0 ** np.arange(origin, int(lowest.max()) + _OCTAVES)
    sums = np.zeros((len(ratios) + 1, len(u)))
    np.cumsum(np.log1p(ratios[:, None] * u), axis=0, out=sums[1:])
    best = np.full(len(first), -np.inf)
    for step in range(_OCTAVES):
        column = lowest - origin + step
        inside = sums[last + 1, column] - sums[first, column]
        np.maximum(best, inside - number * np.log1p(u[column] * share), out=best)
    return best


def _fitted(inside: Array, share: float, number: int) -> tuple[float, float]:
    """Statistic and number of signal events of one window, in steps of 3 % of u."""
    u = _FINE / number / share
    level = np.log1p(inside[:, None] * u).sum(axis=0) - number * np.log1p(u * share)
    k = int(np.argmax(level))
    fraction = float(u[k] * share)
    return float(2 * (level[k] + np.log(share))), number * fraction / (1 + fraction)


def scramble(
    samples: Sequence[Series],
    number: int,
    seed: int,
    shortest: float = 0.0,
    report: Callable[[float], None] | None = None,
) -> Array:
    """The largest statistic of each sample (columns) in ``number`` scans of scrambled samples (rows).

    Within a sample the times are dealt out anew among its events, so that directions, energies and the
    pattern of observing times stay as they are; the whole scan runs again on each. A sample without a window
    has minus infinity.
    """
    generator = np.random.default_rng(seed)
    found = np.full((number, len(samples)), -np.inf)
    for row in range(number):
        for column, series in enumerate(samples):
            shuffled = Series(series.times, generator.permutation(series.ratios), series.duration)
            window = best_window(shuffled, shortest)
            if window is not None:
                found[row, column] = window.statistic
        if report is not None and row % 25 == 24:
            report((row + 1) / number)
    return found
