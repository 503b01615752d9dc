"""The source list that an ISGRI image carries, as a product of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from astropy.io import fits
from astropy.table import Table

from executors.fits_headers import unreadable
from executors.writing import write_table
from kg_service.authoring import Coverage, InputProduct, Measure, OutputFile

__all__ = ["Listed", "read", "write"]


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of an image: its table, its description, the scalar results of the image."""

    table: Table
    meta: Mapping[str, Any]
    values: Mapping[str, Measure]

    @property
    def title(self) -> str:
        """What it is a list of."""
        start = str(self.meta.get("DATE-OBS", ""))[:19]
        low, high = self.meta.get("energy_min"), self.meta.get("energy_max")
        band = f", {low:g}-{high:g} keV" if low is not None and high is not None else ""
        return f"ISGRI mosaic{f' of {start} UTC' if start else ''}{band}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The sources, brightest first."""
        return [{name: row[name] for name in self.table.colnames} for row in self.table]

    @property
    def coverage(self) -> Coverage:
        """Time and band of the image."""
        start, end = self.meta.get("DATE-OBS"), self.meta.get("DATE-END")
        low, high = self.meta.get("energy_min"), self.meta.get("energy_max")
        return Coverage(
            time=(f"{start}Z", f"{end}Z") if start and end else None,
            energy=(float(low), float(high)) if low is not None and high is not None else None,
        )


def read(image: InputProduct) -> Listed:
    """The list in the second extension of the image's FITS file, checked there; the table from its ECSV."""
    path = image.path("application/fits")
    try:
        with fits.open(path) as units:
            listed = len(units["SOURCES"].data)
        table = Table.read(image.path("text/ecsv"), format="ascii.ecsv")
    except (OSError, KeyError, ValueError) as error:
        raise unreadable(path, f"no list of sources: {error}") from error
    if len(table) != listed:
        raise unreadable(path, "its list of sources is not that of its table")
    meta = dict(table.meta)
    table.meta = {}
    return Listed(table, meta, image.values)


def write(listed: Listed) -> list[OutputFile]:
    """The list in four formats."""
    for name in listed.table.colnames:
        column = listed.table[name]
        if isinstance(column.meta, dict) and "ucd" not in column.meta:
            column.meta.clear()
    return write_table(listed.table, "sources", listed.meta, extension="SOURCES")
