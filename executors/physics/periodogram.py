"""Lomb-Scargle periodograms of unevenly sampled fluxes, and how often chance makes a peak as high."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["analytic_false_alarm", "chance", "frequencies", "power", "red_noise", "scrambled"]

Array = NDArray[np.float64]
OVERSAMPLING = 10
"""Frequencies per 1/T, the natural width of a peak."""
_BELOW_NYQUIST = 0.96
"""Where the grid ends: at half the sampling rate itself sine and cosine cannot be told apart."""
_FINE = 12
"""Simulated bins per bin of the light curve (months for years)."""
_LONGER = 10
"""How much longer than the light curve a simulated series is, so that slow noise leaks in as in nature."""


def frequencies(times: Array) -> Array:
    """Trial frequencies from one cycle in the whole span to just below half the (median) sampling rate.

    ``times`` are bin centres; the span includes half a bin at each end. The unit is one over theirs.
    """
    step = float(np.median(np.diff(times)))
    span = float(times[-1] - times[0]) + step
    count = int(OVERSAMPLING * (_BELOW_NYQUIST * span / (2 * step) - 1)) + 1
    return np.asarray((1 + np.arange(count) / OVERSAMPLING) / span)


def power(times: Array, flux: Array, sigma: Array, frequency: Array) -> Array:
    """The generalised periodogram: the fraction of chi2 that a sine with a free mean takes away, 0 to 1.

    Zechmeister & Kuerster 2009, A&A 496, 577, equations 4 to 13. ``flux`` and ``sigma`` may have leading
    axes (many light curves at the same times); the last axis of the result is the frequency.
    """
    weight = sigma**-2
    weight = weight / weight.sum(axis=-1, keepdims=True)
    phase = 2 * math.pi * np.outer(times - times[0], frequency)
    cosine, sine = np.cos(phase), np.sin(phase)
    flux = flux - (weight * flux).sum(axis=-1, keepdims=True)  # equation 7 with Y = 0
    weighted = weight * flux
    c, s = weight @ cosine, weight @ sine
    yc, ys = weighted @ cosine, weighted @ sine
    cc, ss = weight @ cosine**2 - c**2, weight @ sine**2 - s**2
    cs = weight @ (cosine * sine) - c * s
    total = (weighted * flux).sum(axis=-1, keepdims=True)
    taken = ss * yc**2 + cc * ys**2 - 2 * cs * yc * ys
    with np.errstate(invalid="ignore", divide="ignore"):
        found = taken / (total * (cc * ss - cs**2))
    return np.asarray(np.clip(np.nan_to_num(found), 0.0, 1.0))


def scrambled(
    times: Array, flux: Array, sigma: Array, frequency: Array, count: int, generator: np.random.Generator
) -> Array:
    """The highest power over all frequencies of ``count`` light curves whose fluxes changed places.

    A flux keeps its error. What is tested is white noise of any distribution.
    """
    order = np.argsort(generator.random((count, len(flux))), axis=1)
    return np.asarray(power(times, flux[order], sigma[order], frequency).max(axis=-1))


def red_noise(
    times: Array,
    flux: Array,
    sigma: Array,
    frequency: Array,
    index: float,
    count: int,
    generator: np.random.Generator,
) -> Array:
    """The highest power of ``count`` simulated light curves of a source without any period.

    Noise with a power spectrum f^-index (Timmer & Koenig 1995, A&A 300, 707) on months, ten times longer
    than the light curve, cut and averaged over its bins, with the mean and the variance in excess of the
    errors that were measured, and with errors as measured.
    """
    bins = len(flux)
    fine = bins * _FINE * _LONGER
    amplitude = np.arange(1, fine // 2 + 1) ** (-index / 2)
    excess = max(float(flux.var(ddof=1) - (sigma**2).mean()), 0.0)
    found = np.empty(count)
    for start in range(0, count, 500):  # half a thousand at once: 40 MB
        size = min(500, count - start)
        noise = generator.standard_normal((size, fine // 2, 2)) @ np.array([1, 1j]) * amplitude
        series = np.fft.irfft(np.concatenate([np.zeros((size, 1)), noise], axis=1), fine, axis=1)
        first = generator.integers(0, fine - bins * _FINE, size)
        cut = series[np.arange(size)[:, None], first[:, None] + np.arange(bins * _FINE)]
        means = cut.reshape(size, bins, _FINE).mean(axis=2)
        scale = math.sqrt(excess) / means.std(axis=1, ddof=1, keepdims=True)
        simulated = (means - means.mean(axis=1, keepdims=True)) * scale + flux.mean()
        simulated = simulated + sigma * generator.standard_normal((size, bins))
        sigmas = np.broadcast_to(sigma, simulated.shape)
        found[start : start + size] = power(times, simulated, sigmas, frequency).max(axis=-1)
    return found


def chance(highest: float, drawn: Array) -> float:
    """How often chance is at least as high: (k + 1) / (n + 1), never zero (Davison & Hinkley 1997, 4.11)."""
    return (int((drawn >= highest * (1 - 1e-9)).sum()) + 1) / (len(drawn) + 1)


def analytic_false_alarm(times: Array, flux: Array, sigma: Array, frequency: Array, highest: float) -> float:
    """The bound of Baluev 2008, MNRAS 385, 1279, on the same probability for Gaussian white noise."""
    from astropy.timeseries import LombScargle

    model = LombScargle(times, flux, sigma)
    return float(
        model.false_alarm_probability(highest, method="baluev", maximum_frequency=float(frequency[-1]))
    )
