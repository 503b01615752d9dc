"""Confidence intervals for a Poisson signal over a known background, after Feldman & Cousins.

Method: Feldman & Cousins 1998, PRD 57, 3873. A number of events n is accepted for a mean signal mu in the
order of R(n) = P(n | mu + b) / P(n | max(n, b)) until the accepted probability reaches the confidence level.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_upper_limit", "interval", "poisson_excess"]

Array = NDArray[np.float64]
_REACH = 1.5
"""How far above the background larger upper limits are looked for: the jumps between acceptance regions lie
less than one event apart."""
_FINE, _COARSE, _SMALL = 0.005, 0.02, 10.0
"""In which steps of the background: fine ones below ten events, where the jumps are large."""
_NEGLIGIBLE = 1e-6
_HALVINGS = 40


def interval(events: int, background: float, confidence: float = 0.9) -> tuple[float, float]:
    """Lower and upper end of the interval for the mean number of signal events.

    Where fewer events were seen than expected, the upper end would jump upwards with growing
    background because counts are whole numbers; as in the paper (section IV B) it is raised so that it
    never does.

    Parameters
    ----------
    events
        Number of events seen.
    background
        Expected number of background events, known exactly.
    confidence
        Confidence level between 0.5 and 1.
    """
    return _lower(events, background, confidence), _raised_upper(events, background, confidence)


def average_upper_limit(background: float, confidence: float = 0.9) -> float:
    """The sensitivity: the upper limit averaged over experiments without signal (the paper's section VI).

    Counts that are rarer than one in a million are left out.
    """
    counts = np.arange(int(background + 8 * np.sqrt(background) + 12))
    probability = _probabilities(np.array([background]), len(counts))[0]
    return sum(
        float(p) * _raised_upper(int(n), background, confidence)
        for n, p in zip(counts, probability, strict=True)
        if p > _NEGLIGIBLE
    )


def poisson_excess(events: int, background: float) -> float:
    """Probability of at least that many events from background alone."""
    if events <= background:
        return float(1.0 - _probabilities(np.array([background]), events)[0].sum())
    beyond = int(events + 20 * np.sqrt(events) + 50)
    return float(_probabilities(np.array([background]), beyond)[0, events:].sum())


def _raised_upper(events: int, background: float, confidence: float) -> float:
    """The largest upper end for this and any greater background; above it only where n < b or nearly so."""
    if events > background + 2:
        return float(_upper(events, np.array([background]), confidence)[0])
    step = _FINE if background < _SMALL else _COARSE
    backgrounds = background + np.arange(0.0, _REACH + step / 2, step)
    return float(_upper(events, backgrounds, confidence).max())


def _log(x: Any) -> Any:
    """The natural logarithm, with a number for zero so that 0 log 0 is 0."""
    return np.log(np.maximum(x, 1e-300))


def _probabilities(mean: Array, number: int) -> Array:
    """P(n | mean) for n = 0 ... number - 1, along a new last axis."""
    n = np.arange(number, dtype=float)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(n[1:], 1.0)))])[:number]
    return np.asarray(np.exp(n * _log(mean[..., None]) - mean[..., None] - factorials), dtype=float)


def _best(n: Any, background: Array) -> Array:
    """Logarithm of P(n | max(n, b)) without the factorial."""
    mean = np.maximum(n, background)
    return np.asarray(n * _log(mean) - mean, dtype=float)


def _within(first: NDArray[np.int_], last: NDArray[np.int_], mean: Array) -> Array:
    """P(first <= n <= last | mean), element by element; nothing lies between when last < first."""
    largest = int(max(last.max(), 0)) + 1
    upto = np.cumsum(_probabilities(mean, largest), axis=-1)
    upto = np.concatenate([np.zeros((*mean.shape, 1)), upto], axis=-1)
    high = np.take_along_axis(upto, np.maximum(last + 1, first)[..., None], axis=-1)
    low = np.take_along_axis(upto, np.minimum(first, largest)[..., None], axis=-1)
    return np.asarray((high - low)[..., 0], dtype=float)


def _upper(events: int, background: Array, confidence: float) -> Array:
    """The upper ends by background, in signal events, as the ordering gives them.

    With s = mu + b a count m > n comes before n in the order when s lies above S_m, where
    log S_m = (g(m) - g(n)) / (m - n) and g(m) = m log max(m, b) - max(m, b). As g is convex the S_m grow with
    m, and between S_m and S_m+1 the counts n+1 ... m come first. n is accepted where their probability is
    below the confidence level; the end is the largest such s.
    """
    b = background[:, None]
    least = np.maximum(b, float(events))
    reach = float(least.max())
    m = np.arange(events, int(reach + 6 * np.sqrt(reach + 9)) + 12)
    slope = (_best(m[None, 1:], b) - _best(np.array([[float(events)]]), b)) / (m[None, 1:] - events)
    right = np.maximum(np.exp(slope), least)
    left = np.concatenate([least, right[:, :-1]], axis=1)
    last = np.broadcast_to(m[None, :-1], left.shape)
    first = np.full_like(last, events + 1)
    accepted_right = _within(first, last, right) < confidence
    anywhere = accepted_right | (_within(first, last, left) < confidence)
    column = anywhere.shape[1] - 1 - np.argmax(anywhere[:, ::-1], axis=1)
    row = np.arange(len(background))
    low, high, last = left[row, column], right[row, column], last[row, column]
    first = np.full_like(last, events + 1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = _within(first, last, middle) < confidence
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    end = np.where(accepted_right[row, column], right[row, column], low)
    return np.asarray(np.maximum(end - background, 0.0), dtype=float)


def _lower(events: int, background: float, confidence: float) -> float:
    """The lower end in signal events; the mirror image of :func:`_upper` for counts below n."""
    if events <= background:
        return 0.0
    b = np.array([background])
    n = np.arange(events, dtype=float)
    own = _best(np.array([float(events)]), b)
    right = np.append(np.exp((own - _best(n, b)) / (events - n)), float(events))
    right = np.maximum(right, background)
    left = np.concatenate([b, right[:-1]])
    first, last = np.arange(events + 1), np.full(events + 1, events - 1)
    accepted_left = _within(first, last, left) < confidence
    accepted_right = _within(first, last, right) < confidence
    chosen = int(np.argmax(accepted_left | accepted_right))
    if accepted_left[chosen]:
        return float(left[chosen] - background)
    low, high = float(left[chosen]), float(right[chosen])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = _within(first[[chosen]], last[[chosen]], np.array([middle]))[0] < confidence
        low, high = (low, middle) if inside else (middle, high)
    return float(high - background)
