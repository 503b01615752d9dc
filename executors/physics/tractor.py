"""Reads lists of Tractor sources and matches detections to them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.archives import ArchiveFile
from executors.physics.photometry import Measured
from kg_service.errors import RunFailed

__all__ = ["Matched", "around", "exposed", "match", "separations"]

Array = NDArray[np.float64]
_REACH = 30 / 3600
"""Degrees within which a list has a source wherever it covers the sky; there are 20 per square arcmin."""
_START = "2014-08-01T00:00:00Z"
_RELEASED = {8: "2019-07-08T00:00:00Z", 9: "2021-01-13T00:00:00Z", 10: "2023-09-01T00:00:00Z"}
"""When the data releases were published: their exposures are older."""


@dataclass(frozen=True, slots=True)
class Matched:
    """For each detection the nearest Tractor source: its row, the offset in arcsec, and what was counted.

    ``covered`` are detections where the list has sources at all, ``found`` those of them with one within
    ``radius`` (arcsec), ``by_chance`` how many would have one if the list were shuffled over the field.
    """

    measured: Measured
    rows: Table
    radius: float
    nearest: NDArray[np.int64]
    offset: Array
    offset_east: Array
    offset_north: Array
    covered: NDArray[np.bool_]
    found: NDArray[np.bool_]
    by_chance: float

    @property
    def fraction(self) -> float:
        """The fraction of the covered detections that are matched."""
        return float(self.found.sum() / max(self.covered.sum(), 1))

    def flux(self, band: str) -> Array:
        """The flux of Tractor in nanomaggies for each detection."""
        return np.asarray(self.rows[f"flux_{band}"], dtype=float)[self.nearest]

    def ratio(self, band: str) -> tuple[float, float, int] | None:
        """Median ratio of aperture to Tractor flux of clean bright point sources, its error, their number.

        ``None`` without at least five of them.
        """
        theirs = self.flux(band)
        points = np.asarray(self.rows["type"], dtype=str)[self.nearest] == "PSF"
        bright = self.measured.flux > 10 * self.measured.error
        used = self.found & self.measured.clean & points & bright & (theirs > 0)
        if used.sum() < 5:
            return None
        ratios = self.measured.flux[used] / theirs[used]
        middle = float(np.median(ratios))
        scatter = 1.4826 * float(np.median(np.abs(ratios - middle)))
        return middle, 1.2533 * scatter / math.sqrt(used.sum()), int(used.sum())


def separations(ra: float, dec: float, rows: Table) -> Array:
    """Degrees between a position and every row (haversine)."""
    a, d = np.radians(np.asarray(rows["ra"], float)), np.radians(np.asarray(rows["dec"], float))
    here = math.radians(dec)
    half = np.sin((d - here) / 2) ** 2 + np.cos(d) * math.cos(here) * np.sin((a - math.radians(ra)) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))))


def around(
    lists: Sequence[ArchiveFile], ra: float, dec: float, radius: float = _REACH
) -> tuple[ArchiveFile, Table] | None:
    """The first list with a source within ``radius`` (deg) of a position, and its primary sources."""
    for file in lists:
        rows = _read(file)
        if len(rows) and separations(ra, dec, rows).min() <= radius:
            return file, rows
    return None


def exposed(rows: Table | None, release: int) -> tuple[str, str]:
    """First and last exposure (UTC) of the sources of a list; without one the years of the release."""
    if rows is None or not {"mjd_min", "mjd_max"} <= set(rows.colnames):
        return _START, _RELEASED.get(release, _RELEASED[max(_RELEASED)])
    from astropy.time import Time

    first, last = np.asarray(rows["mjd_min"], float), np.asarray(rows["mjd_max"], float)
    ends = [float(first[first > 0].min(initial=np.inf)), float(last.max(initial=0))]
    if not 0 < ends[0] <= ends[1] < np.inf:
        return exposed(None, release)
    begin, end = Time(ends, format="mjd", scale="utc", precision=0).isot
    return f"{begin}Z", f"{end}Z"


def match(measured: Measured, rows: Table, radius: float) -> Matched:
    """The Tractor source nearest to each detection; ``radius`` in arcsec makes it a match."""
    middle = math.cos(math.radians(measured.cutout.centre[1]))
    ra, dec = np.asarray(rows["ra"], float), np.asarray(rows["dec"], float)
    east = ((measured.ra[:, None] - ra + 180) % 360 - 180) * middle * 3600
    north = (measured.dec[:, None] - dec) * 3600
    apart = np.hypot(east, north)
    nearest = apart.argmin(axis=1)
    index = np.arange(len(nearest))
    offset = apart[index, nearest]
    covered = offset <= _REACH * 3600
    found = offset <= radius
    near = (apart <= _REACH * 3600).sum(axis=1)[covered]  # sources within 30 arcsec give the local density
    by_chance = float((1 - np.exp(-near * (radius / (_REACH * 3600)) ** 2)).sum())
    return Matched(
        measured, rows, radius, nearest, offset, east[index, nearest], north[index, nearest],
        covered, found, by_chance,
    )  # fmt: skip


def _read(file: ArchiveFile) -> Table:
    try:
        rows = Table.read(file.path, format="ascii.ecsv")
        if "brick_primary" in rows.colnames:
            rows = rows[np.asarray(rows["brick_primary"]) == 1]
        return rows[np.isfinite(rows["ra"]) & np.isfinite(rows["dec"])]
    except (OSError, EOFError, KeyError, TypeError, ValueError, IndexError, zlib.error) as error:
        raise RunFailed(
            f"{file.path.name} ({file.reached}) cannot be read as a list of Tractor sources: it is "
            "damaged, cut "
            f"short or lacks the columns ra and dec ({type(error).__name__}). Replace the file.",
            value=file.path.name,
        ) from error
