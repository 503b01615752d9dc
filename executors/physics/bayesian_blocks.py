"""The optimal partition of point measurements into blocks of constant flux."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["partition"]

Array = NDArray[np.float64]


def partition(flux: Array, sigma: Array, false_alarm: float) -> NDArray[np.int64]:
    """Where blocks begin, the first always at 0: Scargle et al. 2013, ApJ 764, 167, section 2.6 and eq. 41.

    The prior on the number of blocks is their eq. 21 with p0 = ``false_alarm``, the chance of a spurious
    change. The algorithm is that of astropy's ``bayesian_blocks`` with ``fitness="measures"``, which in
    astropy 8.0 loses the first change where every point is a block of its own.
    """
    count = len(flux)
    prior = 4 - math.log(73.53 * false_alarm * count**-0.478)
    weight = sigma**-2
    total, weighted = np.append(0.0, np.cumsum(weight)), np.append(0.0, np.cumsum(weight * flux))
    best, begin = np.zeros(count + 1), np.zeros(count, dtype=np.int64)
    for end in range(1, count + 1):
        gain = (weighted[end] - weighted[:end]) ** 2 / (2 * (total[end] - total[:end]))
        value = gain - prior + best[:end]
        begin[end - 1] = value.argmax()
        best[end] = value[begin[end - 1]]
    starts, end = [], count
    while end > 0:
        end = int(begin[end - 1])
        starts.append(end)
    return np.array(starts[::-1], dtype=np.int64)
