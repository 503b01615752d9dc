"""How many sources of a list fall into a region of the sky by chance.

A list is turned as a whole about an axis in equal steps: about the galactic poles for sources that
crowd towards the plane, about the celestial poles for events whose rate depends on declination. What
the list has along latitude stays; only the place along longitude is dealt out anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.physics.sky_map import SkyMap

__all__ = ["CELESTIAL_POLE", "GALACTIC_POLE", "Turned", "at_least", "directions", "turn", "turned"]

Array = NDArray[np.float64]
GALACTIC_POLE = (192.85948, 27.12825)
"""North galactic pole (ICRS, deg): ESA 1997, The Hipparcos and Tycho Catalogues, vol. 1, eq. 1.5.18."""
CELESTIAL_POLE = (0.0, 90.0)
STEPS = 360
_AT_ONCE = 60_000
"""Positions looked up at once, for the sake of memory."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What a region holds when a list is turned.

    ``levels`` are the credible levels at which sources came to lie, over all ``steps``; ``counts`` is the
    number of sources inside in each step, ``chances`` the share of steps in which each source is inside.
    """

    steps: int
    levels: Array
    counts: NDArray[np.int64]
    chances: Array

    @property
    def expected(self) -> float:
        """Mean number inside."""
        return float(self.chances.sum())

    def expected_within(self, level: float) -> float:
        """Mean number at a credible level or a lower one."""
        return float(np.searchsorted(self.levels, level, side="right")) / self.steps


def turned(
    sky: SkyMap, percent: float, ra: Array, dec: Array, pole: tuple[float, float], steps: int = STEPS
) -> Turned:
    """Turn positions (ICRS, deg) about a pole and look each time which lie in a credible region."""
    cells = sky.cells_within(percent)
    inside = np.zeros(len(sky.uniq), dtype=bool)
    inside[cells] = True
    possible = _at_latitudes_of(sky, cells, ra, dec, pole)
    chances, counts = np.zeros(len(ra)), np.zeros(steps, dtype=np.int64)
    levels = [np.empty(0)]
    together = max(1, _AT_ONCE // max(len(possible), 1))
    for first in range(0, steps, together):
        number = np.arange(first, min(first + together, steps))
        places = turn(ra[possible], dec[possible], pole, 360.0 * number / steps)
        cell = sky.cell_at(*(place.ravel() for place in places)).reshape(len(number), len(possible))
        hit = (cell >= 0) & inside[cell]
        counts[number] = hit.sum(axis=1)
        chances[possible] += hit.sum(axis=0) / steps
        levels.append(sky.credible_level[cell[hit]])
    return Turned(steps, np.sort(np.concatenate(levels)), counts, chances)


def _at_latitudes_of(
    sky: SkyMap, cells: NDArray[np.intp], ra: Array, dec: Array, pole: tuple[float, float]
) -> NDArray[np.intp]:
    """The sources that a turn can bring into a region: those between its lowest and highest latitude."""
    towards = directions(np.array([pole[0]]), np.array([pole[1]]))[:, 0]
    region = np.arcsin(np.clip(towards @ directions(*sky.position(cells)), -1, 1))
    margin = np.sqrt(sky.area[cells])  # a HEALPix cell reaches less than its side from its centre
    sources = np.arcsin(np.clip(towards @ directions(ra, dec), -1, 1))
    low, high = (region - margin).min(), (region + margin).max()
    return np.flatnonzero((sources >= low) & (sources <= high))


def turn(ra: Array, dec: Array, pole: tuple[float, float], angles: Array) -> tuple[Array, Array]:
    """Positions (ICRS, deg) turned about a pole by each of the angles (deg); formula of Rodrigues.

    Both results have one row for each angle.
    """
    axis = directions(np.array([pole[0]]), np.array([pole[1]]))
    place = directions(ra, dec)
    along = axis * (axis * place).sum(axis=0)
    across, beside = place - along, np.cross(axis, place, axis=0)
    cosine, sine = (function(np.radians(angles))[:, None] for function in (np.cos, np.sin))
    x, y, z = (along[i] + across[i] * cosine + beside[i] * sine for i in range(3))
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


def directions(ra: Array, dec: Array) -> Array:
    """Unit vectors of positions (ICRS, deg), one column each."""
    a, d = np.radians(ra), np.radians(dec)
    return np.asarray([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])


def at_least(count: int, chances: Array) -> float:
    """Probability of ``count`` or more of independent trials with these chances (Poisson binomial)."""
    if count <= 0:
        return 1.0
    distribution = np.array([1.0])
    for chance in chances[chances > 0]:
        distribution = np.convolve(distribution, [1 - chance, chance])
    return float(min(distribution[count:].sum(), 1.0))
