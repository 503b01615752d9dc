"""Finds sources in a mosaic of significances, with thresholds that the map's own negative tail gives.

In a coded-mask mosaic noise and artefacts are symmetric about zero while sources are positive, so the
negative side of the map shows what fluctuations alone reach (as in Bird et al. 2016, ApJS 223, 15,
section 2, where the significance threshold follows from the distribution of the map itself).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANCE", "Detection", "Noise", "Position", "Searched", "blind_peaks", "noise_of", "search"]

Array = NDArray[np.float64]
CHANCE = 0.01
"""Post-trial probability below which a catalogue position counts as detected, and the number of blind
detections that the negative tail of a map without sources would give."""
_TAIL = 0.005
"""The part of the negative pixels whose dips make the tail."""
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Position:
    """A known source on the map: name, ICRS position (deg), pixel (column, row; from 0, fractional)."""

    name: str
    ra: float
    dec: float
    column: float
    row: float

    @property
    def pixel(self) -> tuple[int, int]:
        """The (row, column) of the pixel that holds the position."""
        return round(self.row), round(self.column)


@dataclass(frozen=True, slots=True)
class Noise:
    """What the map says about its noise, in units of its significances.

    ``rms`` is the standard deviation of all valid pixels (sources included, so it is no underestimate),
    ``core`` 1.4826 times their median absolute value, ``minimum`` the deepest negative pixel.
    ``threshold`` is what noise exceeds :data:`CHANCE` times in the whole map: the tail of the negative dips
    continued as an exponential, and at least the depth of the deepest pixel. ``tail`` holds the negative
    pixels sorted by depth, ``pixels`` counts the valid ones.
    """

    rms: float
    core: float
    minimum: float
    threshold: float
    pixels: int
    tail: Array

    def chance(self, significance: float) -> float:
        """Fraction of pixels that are at least as deep on the negative side; 1/pixels where none is."""
        deeper = int(np.searchsorted(self.tail, -significance, side="right"))
        return max(deeper, 1) / self.pixels


@dataclass(frozen=True, slots=True)
class Detection:
    """A peak or a known position.

    ``kind`` is ``blind`` (above the map's own threshold, found without a catalogue), ``catalogue`` (a known
    position, improbable by chance after all trials), ``candidate`` (a peak below the map's own threshold,
    listed on request) or ``undetected``. ``chance`` is the post-trial probability of a catalogue position, or
    of a candidate the number of equally deep negative dips.
    """

    name: str | None
    kind: str
    significance: float
    row: int
    column: int
    position: Position | None
    chance: float | None


@dataclass(frozen=True, slots=True)
class Searched:
    """The noise of the map, what was found (brightest first), and how many known positions were tried."""

    noise: Noise
    detections: tuple[Detection, ...]
    undetected: tuple[Detection, ...]
    tried: int


def noise_of(significance: Array, half_width: int) -> Noise:
    """The noise of a map; pixels that are not finite are outside it.

    Dips closer than ``half_width`` pixels are one.
    """
    valid = significance[np.isfinite(significance)]
    return Noise(
        rms=float(valid.std()),
        core=float(1.4826 * np.median(np.abs(valid))),
        minimum=float(valid.min()),
        threshold=_threshold(significance, valid, half_width),
        pixels=valid.size,
        tail=np.sort(valid[valid < 0]),
    )


def _threshold(significance: Array, valid: Array, half_width: int) -> float:
    """Where the exponential through the deepest dips leaves :data:`CHANCE` of them.

    The scale of an exponential tail is the mean of what lies beyond its start (its maximum likelihood).
    """
    depths = -valid[valid < 0]
    if not len(depths):
        return float(_FEWEST * valid.std())
    start = float(np.quantile(depths, 1 - _TAIL))
    dips = np.array([-significance[pixel] for pixel in blind_peaks(-significance, start, half_width)])
    if len(dips) < _FEWEST:
        return float(max(depths.max(), _FEWEST * valid.std()))
    shallowest = float(dips.min())
    scale = float((dips - shallowest).mean())
    return max(shallowest + scale * math.log(len(dips) / CHANCE), float(depths.max()))


def blind_peaks(significance: Array, threshold: float, half_width: int) -> list[tuple[int, int]]:
    """Local maxima at or above a threshold as (row, column), brightest first.

    A peak is the largest pixel of the square of ``2 half_width + 1`` pixels around it.
    """
    filled = np.where(np.isfinite(significance), significance, -np.inf)
    rows, columns = np.nonzero(filled >= threshold)
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        near = filled[
            max(row - half_width, 0) : row + half_width + 1,
            max(column - half_width, 0) : column + half_width + 1,
        ]
        if filled[row, column] >= near.max():
            found.append((row, column))
    return sorted(found, key=lambda pixel: -filled[pixel])


def search(
    significance: Array,
    known: Sequence[Position],
    *,
    half_width: int,
    identify: float,
    threshold: float | None = None,
) -> Searched:
    """Blind peaks and known positions of a map.

    Parameters
    ----------
    half_width
        Pixels within which a peak has to be the largest.
    identify
        Pixels up to which a peak is taken for a known source.
    threshold
        Peaks from here on are listed too, as candidates, where it is below the map's own threshold.
    """
    noise = noise_of(significance, half_width)
    lowest = noise.threshold if threshold is None else threshold
    found: list[Detection] = []
    undetected: list[Detection] = []
    taken = set[str]()
    for row, column in blind_peaks(significance, lowest, half_width):
        value = float(significance[row, column])
        source = _nearest(known, row, column, identify)
        blind = value > noise.threshold
        if source is not None and blind:
            taken.add(source.name)
        if source is None or blind:
            dips = None if blind else float(len(blind_peaks(-significance, value, half_width)))
            kind = "blind" if blind else "candidate"
            found.append(Detection(source.name if source else None, kind, value, row, column, source, dips))
    for source in known:
        if source.name not in taken:
            row, column = source.pixel
            value = float(significance[row, column])
            chance = 1 - (1 - noise.chance(value)) ** len(known) if value > 0 else 1.0
            kind = "catalogue" if chance < CHANCE else "undetected"
            entry = Detection(source.name, kind, value, row, column, source, chance)
            (found if kind == "catalogue" else undetected).append(entry)
    brightest = sorted(found, key=lambda d: -d.significance)
    return Searched(noise, tuple(brightest), tuple(undetected), len(known))


def _nearest(known: Sequence[Position], row: int, column: int, within: float) -> Position | None:
    distances = [(float(np.hypot(p.row - row, p.column - column)), p) for p in known]
    near = [pair for pair in distances if pair[0] <= within]
    return min(near, key=lambda pair: pair[0])[1] if near else None
