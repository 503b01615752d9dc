"""Lists of known sources against which a sky map is compared: names, classes and positions.

The whole 4FGL catalogue where a mirror has it (Abdollahi et al. 2022, ApJS 260, 53, table 12), else the
sources whose fluxes ship.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors import archives, fermi_catalogue_files
from kg_service.errors import RunFailed
from kg_service.model.product import Dataset

__all__ = ["Catalogue", "fermi"]

Array = NDArray[np.float64]
_HDU = "LAT_Point_Source_Catalog"
_UNREADABLE = (OSError, EOFError, KeyError, IndexError, TypeError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Sources with positions (ICRS, deg); ``complete`` is False for a selection of bright ones."""

    title: str
    names: tuple[str, ...]
    associations: tuple[str, ...]
    classes: tuple[str, ...]
    ra: Array
    dec: Array
    significance: Array
    complete: bool
    dataset: Dataset


def fermi() -> Catalogue:
    """4FGL: the newest whole catalogue at hand, else the shipped selection."""
    found = fermi_catalogue_files.newest("fermi_4fgl")
    return _whole(found) if found is not None else _shipped()


def _whole(found: archives.ArchiveFile) -> Catalogue:
    from astropy.io import fits

    try:
        raw = found.path.read_bytes()
        content = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        with fits.open(io.BytesIO(content)) as hdus:
            rows = hdus[_HDU].data
            columns: Mapping[str, Any] = {
                name: np.array(rows[name])
                for name in ("Source_Name", "ASSOC1", "CLASS1", "RAJ2000", "DEJ2000", "Signif_Avg")
            }
    except _UNREADABLE as error:
        raise RunFailed(
            f"{found.path.name} ({found.reached}) cannot be read as a Fermi-LAT catalogue: it is damaged, "
            f"cut short or has no table {_HDU} ({type(error).__name__}). Replace the file.",
            value=found.path.name,
        ) from error
    return Catalogue(
        title=f"4FGL ({found.path.name})",
        names=_texts(columns["Source_Name"]),
        associations=_texts(columns["ASSOC1"]),
        classes=_texts(columns["CLASS1"]),
        ra=columns["RAJ2000"].astype(float).round(5),
        dec=columns["DEJ2000"].astype(float).round(5),
        significance=columns["Signif_Avg"].astype(float).round(4),
        complete=True,
        dataset=found.dataset,
    )


def _shipped() -> Catalogue:
    rows = archives.rows(fermi_catalogue_files.TABLE)
    return Catalogue(
        title=f"{len(rows)} sources of 4FGL-DR4 that ship",
        names=tuple(row["source_name"] for row in rows),
        associations=tuple(row["association"] for row in rows),
        classes=tuple(row["source_class"] for row in rows),
        ra=np.array([float(row["ra"]) for row in rows]),
        dec=np.array([float(row["dec"]) for row in rows]),
        significance=np.array([float(row["significance"]) for row in rows]),
        complete=False,
        dataset=archives.dataset_of_table(fermi_catalogue_files.TABLE),
    )


def _texts(column: Any) -> tuple[str, ...]:
    return tuple(str(text).strip() for text in column)
