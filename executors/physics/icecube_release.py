"""IceCube's events around one source: samples with their times, and where each event points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from executors.neutrino_archive import Release, columns_of
from executors.physics.energy_ranks import energy_ratios
from executors.physics.sphere import separations
from executors.physics.time_window_scan import Series
from kg_service.errors import RunFailed

__all__ = ["Sample", "position_ratios", "read", "series_of"]

Array = NDArray[np.float64]
_MJD_ZERO = datetime(1858, 11, 17)  # noqa: DTZ001 - both dates below are UTC


@dataclass(frozen=True, slots=True)
class Sample:
    """Events of one detector configuration in order of time: MJD (UTC), deg, deg, deg, log10(E / GeV).

    ``start`` and ``end`` are the MJD of the sample; ``areas`` holds lower and upper log10(E / GeV) and m2.
    """

    name: str
    start: float
    end: float
    mjd: Array
    ra: Array
    dec: Array
    angular_error: Array
    log_energy: Array
    areas: Array

    @property
    def duration(self) -> float:
        """Length of the sample in days, interruptions included."""
        return self.end - self.start


def read(release: Release) -> list[Sample]:
    """The samples of a release in order of time."""
    spans = _spans(release)
    found = []
    for name, file in release.events.items():
        if name not in spans:
            raise RunFailed(
                f"{release.samples.path.name} says nothing of the sample {name} of {file.path.name}.",
                value=release.samples.path.name,
            )
        rows = np.array(columns_of(file, 5))
        mjd, ra, dec, error, energy = rows[np.argsort(rows[:, 0], kind="stable")].T
        start, end = spans[name]
        if (error <= 0).any() or (mjd < start - 1).any() or (mjd > end + 1).any():
            raise RunFailed(
                f"{file.path.name} is corrupt: events outside the sample's dates or without angular error.",
                value=file.path.name,
            )
        areas = np.array(columns_of(release.areas[name], 3))
        found.append(Sample(name, start, end, mjd, ra, dec, error, energy, areas))
    return sorted(found, key=lambda sample: sample.start)


def _spans(release: Release) -> dict[str, tuple[float, float]]:
    """Start and end (MJD, UTC) of each sample from lines such as ``IC40 2008 Apr 5 2009 May 20 ...``."""
    path = release.samples.path
    spans = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            words = line.split()
            if words:
                spans[words[0]] = (_mjd(words[1:4]), _mjd(words[4:7]))
    except (OSError, ValueError) as failure:
        raise RunFailed(f"{path.name} is corrupt or truncated: {failure}.", value=path.name) from failure
    return spans


def _mjd(words: list[str]) -> float:
    day = datetime.strptime(" ".join(words), "%Y %b %d")  # noqa: DTZ007 - compared with another UTC date
    return float((day - _MJD_ZERO).days)


def position_ratios(sample: Sample, ra: float, dec: float, radius: float) -> Array:
    """Signal over background by direction: a Gaussian on the sphere over a flat density within the radius.

    The Gaussian is kappa / (4 pi sinh kappa) exp(kappa cos psi), kappa = 1 / sigma^2 (von Mises and Fisher),
    with sigma the angular error of the event. Events beyond the radius (deg) are to be left out before.
    """
    psi = np.radians(separations(ra, dec, sample.ra, sample.dec))
    kappa = 1 / np.radians(sample.angular_error) ** 2
    signal = kappa / (2 * np.pi * -np.expm1(-2 * kappa)) * np.exp(-kappa * (1 - np.cos(psi)))
    area = 2 * np.pi * (1 - np.cos(np.radians(radius)))
    return np.asarray(signal * area, dtype=float)


def series_of(sample: Sample, ra: float, dec: float, radius: float, index: float | None) -> Series:
    """What the scan of a sample needs, for events within the radius (deg) of a position.

    ``index`` is the spectral index of the source, ``None`` to leave the energies aside.
    """
    near = separations(ra, dec, sample.ra, sample.dec) <= radius
    ratios = position_ratios(sample, ra, dec, radius)
    if index is not None:
        ratios = ratios * energy_ratios(sample.log_energy, sample.areas[:, :2], sample.areas[:, 2], index)
    return Series(sample.mjd[near], ratios[near], sample.duration)
