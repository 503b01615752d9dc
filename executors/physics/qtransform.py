"""The Q transform: signal energy in tiles of constant quality factor.

After Chatterji 2005 (PhD thesis, MIT, chapter 5) and Chatterji et al. 2004, Class. Quantum Grav. 21, S1809.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["QPlane", "edge_width", "loudest_plane", "plane", "quality_factors", "tile_duration"]

Array = NDArray[np.float64]
MISMATCH = 0.2
"""Largest fraction of energy lost between neighbouring Q planes."""
CYCLES = 50
"""A row is used when the data hold this many radians over Q of it: enough tiles for a median."""


@dataclass(frozen=True, slots=True)
class QPlane:
    """Normalised energy by frequency (Hz, rows) and time (s from the first sample, columns).

    Each row is divided by its median. Cells closer to an edge than :func:`edge_width`, and rows too
    low for the length of the data, are NaN.
    """

    q: float
    frequencies: Array
    times: Array
    energy: Array

    def peak(self, start: float, end: float) -> tuple[float, float, float]:
        """Time, frequency and energy of the loudest cell between two times."""
        inside = (self.times >= start) & (self.times <= end)
        window = np.where(np.isnan(self.energy[:, inside]), -1.0, self.energy[:, inside])
        row, column = np.unravel_index(int(window.argmax()), window.shape)
        return float(self.times[inside][column]), float(self.frequencies[row]), float(window[row, column])


def quality_factors(low: float, high: float) -> Array:
    """Values of Q between two bounds, spaced so that neighbours lose at most the mismatch."""
    distance = math.log(high / low) / math.sqrt(2)
    count = max(1, math.ceil(distance / (2 * math.sqrt(MISMATCH / 3))))
    return np.asarray(low * np.exp(math.sqrt(2) * distance / count * (np.arange(count) + 0.5)))


def tile_duration(q: float, frequency: float | Array) -> float | Array:
    """Standard deviation in time (s) of a tile's energy."""
    return q / (math.pi * math.sqrt(22) * frequency)


def edge_width(q: float, frequency: float | Array) -> float | Array:
    """How much (s) is masked at each end of the data: three standard deviations of a tile's amplitude."""
    return 3 * math.sqrt(2) * tile_duration(q, frequency)


def plane(data: Array, rate: float, q: float, frequencies: Array) -> QPlane:
    """The plane of one Q at given frequencies (Hz); ``data`` is whitened, ``rate`` its samples per second.

    Columns are a power of two per second, at least 1024, and enough for the widest window. The
    window is the bisquare (1 - (f Q' / phi)^2)^2 with Q' = Q / sqrt(11), which has finite support;
    each row is the inverse transform of the windowed spectrum moved to zero frequency.
    """
    duration = len(data) / rate
    spectrum = np.fft.fft(data)[: len(data) // 2 + 1]
    widest = 2 * float(frequencies.max()) * math.sqrt(11) / q
    columns = min(len(data), round(duration * max(1024, 2 ** math.ceil(math.log2(1.1 * widest)))))
    times = np.arange(columns) * duration / columns
    energy = np.full((len(frequencies), columns), np.nan)
    for row, frequency in enumerate(frequencies):
        if frequency < CYCLES * q / (2 * math.pi * duration):
            continue
        half = frequency * math.sqrt(11) / q
        centre = round(frequency * duration)
        reach = int(half * duration)
        bins = np.arange(max(centre - reach, 0), min(centre + reach, len(spectrum) - 1) + 1)
        window = (1 - ((bins - centre) / (half * duration)) ** 2) ** 2
        shifted = np.zeros(columns, dtype=complex)
        shifted[(bins - centre) % columns] = spectrum[bins] * window
        power = np.abs(np.fft.ifft(shifted)) ** 2
        edge = edge_width(q, float(frequency))
        inside = (times >= edge) & (times <= duration - edge)
        if inside.any():
            energy[row, inside] = power[inside] / np.median(power[inside])
    return QPlane(q, frequencies, times, energy)


def loudest_plane(
    data: Array, rate: float, q_range: tuple[float, float], frequencies: Array, window: tuple[float, float]
) -> QPlane:
    """Of the planes between two values of Q, the one with the loudest cell within a time window (s)."""
    planes = (plane(data, rate, float(q), frequencies) for q in quality_factors(*q_range))
    return max(planes, key=lambda p: p.peak(*window)[2])
