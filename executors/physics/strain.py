"""Reads detector strain, makes it white and cuts it to a band and a stretch of time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from executors import archives
from executors.physics import noise_spectrum
from executors.strain_archive import WHITENED_TABLE, Strain
from kg_service.errors import NotCovered, RunFailed

__all__ = ["HALF_SPAN", "SEGMENT", "Series", "White", "around", "band_pass", "raw_strain",
           "white_strain", "whiten"]  # fmt: skip

Array = NDArray[np.float64]
HALF_SPAN = 2.0
"""Seconds kept on each side of the event unless a window is asked for."""
SEGMENT = 4.0
"""Seconds of one Fourier transform in the noise spectrum that whitens."""
_FILTER = 2.0
_REACH = 16.0
"""Seconds on each side of the event from which the noise spectrum of the whitening is taken."""
_ORDER = 4
_TABLE_START = 1126259461.5


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of strain: GPS of the first, samples per second."""

    data: Array
    start: float
    rate: float

    @property
    def end(self) -> float:
        """GPS of the end of the last sample."""
        return self.start + len(self.data) / self.rate


@dataclass(frozen=True, slots=True)
class White(Series):
    """Whitened strain, the band (Hz) it is good for, and how it was whitened."""

    band: tuple[float, float]
    treatment: str


S = TypeVar("S", bound=Series)


def raw_strain(strain: Strain) -> Series:
    """The strain as the archive released it; NaN where the detector did not observe.

    Raises
    ------
    RunFailed
        When the file is damaged, or is no file of strain.
    """
    if strain.kind == "cutout":
        return _read(strain, "strain", "x0", "dx")
    return _read(strain, "strain/Strain", "Xstart", "Xspacing")


def white_strain(strain: Strain, gps: float, detector: str) -> White:
    """Whitened strain, as far as it goes around an event, from whatever was found."""
    if strain.kind == "table":
        column = np.array([float(row[detector]) for row in archives.rows(WHITENED_TABLE)])
        how = "whitened over 32 s and band-passed 30-400 Hz beforehand"
        return White(column, _TABLE_START, 2048.0, (30.0, 400.0), how)
    if strain.kind == "cutout":
        found = _read(strain, "whitened_bandpassed", "x0", "dx")
        how = "whitened and band-passed 30-400 Hz beforehand"
        return White(found.data, found.start, found.rate, (30.0, 400.0), how)
    return _whitened(strain, gps, detector)


def _whitened(strain: Strain, gps: float, detector: str) -> White:
    found = raw_strain(strain)
    near = np.abs(found.start + np.arange(len(found.data)) / found.rate - gps) <= _REACH + _FILTER
    first = int(np.flatnonzero(near)[0])
    used = found.data[near]
    if not np.isfinite(used).all():
        raise NotCovered(
            f"{detector} has gaps within 18 s of the event in {strain.path.name}.",
            parameter="detector",
            value=detector,
        )
    cut = int(_FILTER / 2 * found.rate)
    return White(
        whiten(used, found.rate)[cut:-cut],
        found.start + first / found.rate + _FILTER / 2,
        found.rate,
        (20.0, 0.4 * found.rate),
        f"whitened here: median spectrum over {len(used) / found.rate:.0f} s, FFT length {SEGMENT:g} s",
    )


def _read(strain: Strain, dataset: str, start: str, step: str) -> Series:
    import h5py

    try:
        with h5py.File(strain.path) as file:
            found = file[dataset]
            data = np.asarray(found[()], dtype=float)
            series = Series(data, float(found.attrs[start]), 1 / float(found.attrs[step]))
    except (OSError, KeyError, AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise RunFailed(
            f"{strain.path.name} ({strain.dataset.reached}) cannot be read as strain: it is damaged, cut "
            f"short or has no data set {dataset!r} with {start!r} and {step!r} ({error}). Replace the file.",
            parameter="event",
            value=strain.path.name,
        ) from error
    if data.ndim != 1 or len(data) < 2 or not np.isfinite([series.start, series.rate]).all():
        raise RunFailed(
            f"{strain.path.name} holds no series of strain in {dataset!r}. Replace the file.",
            value=strain.path.name,
        )
    return series


def around(series: S, gps: float, window: float | None, name: str) -> S:
    """The part within ``window`` seconds of the event, an even number of samples.

    Without a window as far as there are data, at most :data:`HALF_SPAN`. ``name`` is the file's.

    Raises
    ------
    NotCovered
        When the data do not reach as far as the window.
    """
    span = HALF_SPAN if window is None else window
    first = round((gps - span - series.start) * series.rate)
    last = round((gps + span - series.start) * series.rate)
    if window is not None and (first < 0 or last > len(series.data)):
        before, after = gps - series.start, series.end - gps
        raise NotCovered(
            f"{name} gives usable strain from {before:.3g} s before to {after:.3g} s after the event, "
            f"not {window:g} s on each side: ask for a window of at most "
            f"{math.floor(min(before, after) * 100) / 100:g} s.",
            parameter="window",
            value=f"{window:g} s",
        )
    first, last = max(0, first), min(len(series.data), last)
    last -= (last - first) % 2
    return replace(series, data=series.data[first:last], start=series.start + first / series.rate)


def whiten(data: Array, rate: float) -> Array:
    """Divide by the amplitude spectrum of the noise with a filter of 2 s; drop 1 s at each end after it.

    The noise is the median over half-overlapping Hann segments of 4 s, which one loud second does
    not move (Abbott et al. 2020, Class. Quantum Grav. 37, 055002, section 3).
    """
    noise = np.sqrt(np.median(noise_spectrum.periodograms(data, rate, SEGMENT), axis=0))
    length = int(SEGMENT * rate)
    inverse = 1 / np.maximum(noise, noise[noise > 0].min())
    inverse[: int(10 * SEGMENT)] = 0.0  # below 10 Hz there is no calibrated strain
    kernel = np.fft.fftshift(np.fft.irfft(inverse, length))
    taps = int(_FILTER * rate)
    middle = length // 2
    kernel = kernel[middle - taps // 2 : middle + taps // 2] * np.hanning(taps)
    size = len(data) + taps
    centred = data - data.mean()
    white = np.fft.irfft(np.fft.rfft(centred, size) * np.fft.rfft(kernel, size), size)[
        taps // 2 : taps // 2 + len(data)
    ]
    return np.asarray(white / np.median(np.abs(white)) * 0.6745)


def band_pass(data: Array, rate: float, band: tuple[float, float]) -> Array:
    """Samples with frequencies (Hz) outside a band taken away, without a shift in time.

    The response is that of a Butterworth filter of order 4 run forth and back (its squared modulus;
    Oppenheim & Schafer 2010, Discrete-Time Signal Processing, appendix B.1), applied to the Fourier
    transform of the data continued at both ends by their mirror image.
    """
    pad = min(int(rate), len(data) - 1)
    continued = np.pad(data, pad, mode="reflect", reflect_type="odd")
    frequency = np.fft.rfftfreq(len(continued), 1 / rate)
    with np.errstate(divide="ignore"):
        high_pass = 1 / (1 + (band[0] / frequency) ** (2 * _ORDER))
    gain = high_pass / (1 + (frequency / band[1]) ** (2 * _ORDER))
    passed = np.fft.irfft(np.fft.rfft(continued) * gain, len(continued))
    return np.asarray(passed[pad : pad + len(data)])
