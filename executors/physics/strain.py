"""Reads detector strain and makes it white."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from executors import archives
from executors.strain_archive import WHITENED_TABLE, Strain
from kg_service.errors import NotCovered

__all__ = ["HALF_SPAN", "White", "white_strain", "whiten"]

Array = NDArray[np.float64]
HALF_SPAN = 2.0
"""Seconds kept on each side of the event."""
_SEGMENT = 4.0
_FILTER = 2.0
_TABLE_START = 1126259461.5


@dataclass(frozen=True, slots=True)
class White:
    """Whitened strain: samples, GPS of the first, samples per second, the band (Hz) it is good for."""

    data: Array
    start: float
    rate: float
    band: tuple[float, float]
    treatment: str


def white_strain(strain: Strain, gps: float, detector: str) -> White:
    """Whitened strain around an event, from whatever was found."""
    if strain.kind == "table":
        column = np.array([float(row[detector]) for row in archives.rows(WHITENED_TABLE)])
        return White(
            column,
            _TABLE_START,
            2048.0,
            (30.0, 400.0),
            "whitened over 32 s and band-passed 30-400 Hz beforehand",
        )
    if strain.kind == "cutout":
        data, start, rate = _read(strain.path, "whitened_bandpassed", "x0", "dx")
        return _around(
            White(data, start, rate, (30.0, 400.0), "whitened and band-passed 30-400 Hz beforehand"), gps
        )
    data, start, rate = _read(strain.path, "strain/Strain", "Xstart", "Xspacing")
    near = (np.abs(start + np.arange(len(data)) / rate - gps)) <= 16 + _FILTER
    first = int(np.flatnonzero(near)[0])
    used = data[near]
    if not np.isfinite(used).all():
        raise NotCovered(
            f"{detector} has gaps within 18 s of the event in {strain.path.name}.",
            parameter="detector",
            value=detector,
        )
    begin = start + first / rate
    cut = int(_FILTER / 2 * rate)
    white = White(
        whiten(used, rate)[cut:-cut],
        begin + _FILTER / 2,
        rate,
        (20.0, 0.4 * rate),
        f"whitened here: median spectrum over {len(used) / rate:.0f} s",
    )
    return _around(white, gps)


def _read(path: Path, dataset: str, start: str, step: str) -> tuple[Array, float, float]:
    import h5py

    with h5py.File(path) as file:
        found = file[dataset]
        return np.asarray(found[()], dtype=float), float(found.attrs[start]), 1 / float(found.attrs[step])


def _around(white: White, gps: float) -> White:
    """The part within the half span of the event, an even number of samples."""
    first = max(0, round((gps - HALF_SPAN - white.start) * white.rate))
    last = min(len(white.data), round((gps + HALF_SPAN - white.start) * white.rate))
    last -= (last - first) % 2
    return White(
        white.data[first:last], white.start + first / white.rate, white.rate, white.band, white.treatment
    )


def whiten(data: Array, rate: float) -> Array:
    """Divide by the amplitude spectrum of the noise with a filter of 2 s; drop 1 s at each end after it.

    The noise is the median over half-overlapping Hann segments of 4 s, which one loud second does
    not move (Abbott et al. 2020, Class. Quantum Grav. 37, 055002, section 3).
    """
    length = int(_SEGMENT * rate)
    window = np.hanning(length + 1)[:-1]
    starts = range(0, len(data) - length + 1, length // 2)
    powers = [
        np.abs(np.fft.rfft((data[s : s + length] - data[s : s + length].mean()) * window)) ** 2
        for s in starts
    ]
    noise = np.sqrt(np.median(powers, axis=0))
    inverse = 1 / np.maximum(noise, noise[noise > 0].min())
    inverse[: int(10 * _SEGMENT)] = 0.0  # below 10 Hz there is no calibrated strain
    kernel = np.fft.fftshift(np.fft.irfft(inverse, length))
    taps = int(_FILTER * rate)
    middle = length // 2
    kernel = kernel[middle - taps // 2 : middle + taps // 2] * np.hanning(taps)
    size = len(data) + taps
    tapered = data - data.mean()
    white = np.fft.irfft(np.fft.rfft(tapered, size) * np.fft.rfft(kernel, size), size)[
        taps // 2 : taps // 2 + len(data)
    ]
    return np.asarray(white / np.median(np.abs(white)) * 0.6745)
