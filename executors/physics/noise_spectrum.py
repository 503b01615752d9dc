"""The noise of a detector against frequency: spectra of overlapping segments and their average.

After Welch 1967 (IEEE Trans. Audio Electroacoust. 15, 70) and Allen et al. 2012 (Phys. Rev. D 85, 122006).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["averaged", "median_bias", "periodograms", "rms"]

Array = NDArray[np.float64]


def periodograms(data: Array, rate: float, seconds: float) -> Array:
    """One-sided power spectral densities (data squared per Hz) of half-overlapping Hann segments, as rows.

    Each segment of ``seconds`` has its mean taken away; segments with a gap (NaN) are left out.
    """
    length = round(seconds * rate)
    window = np.hanning(length + 1)[:-1]
    starts = range(0, len(data) - length + 1, max(1, length // 2))
    kept = [data[s : s + length] for s in starts if np.isfinite(data[s : s + length]).all()]
    if not kept:
        return np.empty((0, length // 2 + 1))
    powers = np.array([np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2 for part in kept])
    powers *= 2 / (rate * (window**2).sum())
    powers[:, 0] /= 2
    if length % 2 == 0:
        powers[:, -1] /= 2
    return powers


def median_bias(count: int) -> float:
    """Expected median of ``count`` exponential variables over their mean (Allen et al. 2012, eq. B11).

    For an even count the value of the odd one below it.
    """
    odd = count - 1 + count % 2
    return float(sum((-1) ** (k + 1) / k for k in range(1, odd + 1)))


def averaged(powers: Array, averaging: str) -> Array:
    """Mean or median over segments; the median is divided by its bias for noise of normal distribution."""
    if averaging == "mean":
        return np.asarray(powers.mean(axis=0))
    return np.asarray(np.median(powers, axis=0) / median_bias(len(powers)))


def rms(frequency: Array, density: Array, band: tuple[float, float]) -> float | None:
    """Root of the mean square of an amplitude spectral density within a band (Hz), ends included."""
    inside = (frequency >= band[0]) & (frequency <= band[1])
    return float(np.sqrt(np.mean(density[inside] ** 2))) if inside.any() else None
