"""Reads light curves and spectra of VTSCat into one unit each, whatever their columns are given in.

Column names and meanings as in gamma-astro-data-formats 0.2, flux points and light curves.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units
from astropy.table import Table
from numpy.typing import NDArray

from executors.archives import ArchiveFile, files
from executors.vtscat_files import reference_of
from kg_service.errors import RunFailed

__all__ = ["Series", "Spectrum", "light_curve", "spectrum"]

Array = NDArray[np.float64]
_AREA = "cm-2 s-1"
_DENSITY = "TeV-1 cm-2 s-1"
_SED = "erg cm-2 s-1"
_ERG_PER_TEV = 1.602176634
_DATE = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_MJD = re.compile(r"mjd:\s*\{([^}]*)\}")
_MJD_ZERO = np.datetime64("1858-11-17")


@dataclass(frozen=True, slots=True)
class Series:
    """One light curve in time order: MJD, photon fluxes in cm-2 s-1, energies in TeV, NaN where not given.

    ``confidence`` is the level of the upper limits, ``None`` where the file does not state it.
    """

    file: ArchiveFile
    reference: str
    number: str
    comment: str
    time: Array
    start: Array
    end: Array
    flux: Array
    error_low: Array
    error_high: Array
    limit: Array
    e_min: Array
    e_max: Array
    confidence: float | None

    @property
    def ident(self) -> str:
        """Reference and number within it."""
        return f"{self.reference} {self.number}"


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One spectrum: energies in TeV, E^2 dN/dE in erg cm-2 s-1, epoch in MJD (``None`` where not stated)."""

    file: ArchiveFile
    reference: str
    number: int
    first: float | None
    last: float | None
    energy: Array
    e_min: Array
    e_max: Array
    flux: Array
    error_low: Array
    error_high: Array
    limit: Array
    confidence: float | None


def light_curve(file: ArchiveFile) -> Series | None:
    """The light curve in a file; ``None`` when it is of another telescope."""
    table = _read(file)
    if not _of_veritas(table):
        return None
    time, start, end = _times(table, file)
    flux = _column(table, "flux", _AREA, file, needed=True)
    low, high = _errors(table, "flux", _AREA, file)
    columns = {
        "time": time,
        "start": start,
        "end": end,
        "flux": flux,
        "error_low": low,
        "error_high": high,
        "limit": _column(table, "flux_ul", _AREA, file),
        "e_min": _column(table, "e_min", "TeV", file),
        "e_max": _column(table, "e_max", "TeV", file),
    }
    good = np.isfinite(time) & (np.isfinite(flux) | np.isfinite(columns["limit"]))
    order = np.flatnonzero(good)[np.argsort(time[good], kind="stable")]
    if not len(order):
        raise _unreadable(file, "it holds no flux")
    return Series(
        file=file,
        reference=str(table.meta.get("reference_id") or reference_of(file)),
        number=file.named.get("number", "1"),
        comment=_comment(table),
        confidence=_confidence(table),
        **{name: column[order] for name, column in columns.items()},
    )


def spectrum(file: ArchiveFile) -> Spectrum | None:
    """The spectrum in a file; ``None`` when it is of another telescope."""
    table = _read(file)
    if not _of_veritas(table):
        return None
    energy = _column(table, "e_ref", "TeV", file, needed=True)
    if "e2dnde" in table.colnames or "e2dnde_ul" in table.colnames:
        name, unit, factor = "e2dnde", _SED, np.ones_like(energy)
    else:
        name, unit, factor = "dnde", _DENSITY, energy**2 * _ERG_PER_TEV
    low, high = _errors(table, name, unit, file)
    flux = _column(table, name, unit, file) * factor
    limit = _column(table, f"{name}_ul", unit, file) * factor
    good = np.isfinite(energy) & (np.isfinite(flux) | np.isfinite(limit))
    if not good.any():
        raise _unreadable(file, "it holds no flux")
    first, last = _epoch(table, file)
    return Spectrum(
        file=file,
        reference=str(table.meta.get("reference_id") or reference_of(file)),
        number=int(file.named.get("number", 1)),
        first=first,
        last=last,
        energy=energy[good],
        e_min=_column(table, "e_min", "TeV", file)[good],
        e_max=_column(table, "e_max", "TeV", file)[good],
        flux=flux[good],
        error_low=(low * factor)[good],
        error_high=(high * factor)[good],
        limit=limit[good],
        confidence=_confidence(table),
    )


def _read(file: ArchiveFile) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)  # MJD as a unit, which only times have
        try:
            return Table.read(file.path, format="ascii.ecsv")
        except Exception as error:  # YAML, table and unit readers each fail in ways of their own
            raise _unreadable(file, f"{type(error).__name__}") from error


def _unreadable(file: ArchiveFile, why: str) -> RunFailed:
    return RunFailed(
        f"{file.named['bibcode']}/{file.path.name} ({file.reached}) cannot be read as VERITAS data: it "
        "is damaged or "
        f"cut short ({why}). Replace the file.",
        value=file.path.name,
    )


def _of_veritas(table: Table) -> bool:
    telescope = table.meta.get("telescope", "veritas")
    return "veritas" in (telescope if isinstance(telescope, list) else str(telescope))


def _column(table: Table, name: str, unit: str, file: ArchiveFile, *, needed: bool = False) -> Array:
    """A column in ``unit``; NaN where it is not given. Its own unit is always asked for, never assumed."""
    if name not in table.colnames:
        if needed:
            raise _unreadable(file, f"no column {name}")
        return np.full(len(table), np.nan)
    column = table[name]
    if column.unit is None:
        raise _unreadable(file, f"the column {name} states no unit")
    try:
        values = np.ma.filled(np.ma.asarray(column.astype(float)), np.nan)
        return np.asarray(units.Quantity(values, column.unit).to_value(unit), dtype=float)
    except (ValueError, TypeError, units.UnitsError) as error:
        raise _unreadable(file, f"the column {name} in {column.unit} is no {unit}") from error


def _errors(table: Table, name: str, unit: str, file: ArchiveFile) -> tuple[Array, Array]:
    """Lower and upper errors; one column of errors holds for both sides."""
    both = _column(table, f"{name}_err", unit, file)
    low, high = (_column(table, f"{name}_err{side}", unit, file) for side in "np")
    return np.where(np.isnan(low), both, np.abs(low)), np.where(np.isnan(high), both, high)


def _times(table: Table, file: ArchiveFile) -> tuple[Array, Array, Array]:
    """Middle, start and end of the bins in MJD; start and end are NaN where the file gives instants."""

    def days(name: str) -> Array:
        if name not in table.colnames:
            return np.full(len(table), np.nan)
        return np.asarray(np.ma.filled(np.ma.asarray(table[name].astype(float)), np.nan), dtype=float)

    try:
        middle, start, end, width = (days(name) for name in ("time", "time_min", "time_max", "time_bin"))
    except (ValueError, TypeError) as error:
        raise _unreadable(file, "its times are no numbers") from error
    start = np.where(np.isnan(start), middle - width / 2, start)
    end = np.where(np.isnan(end), middle + width / 2, end)
    middle = np.where(np.isnan(middle), (start + end) / 2, middle)
    if not np.isfinite(middle).any():
        raise _unreadable(file, "no column time, or time_min and time_max")
    return middle, start, end


def _confidence(table: Table) -> float | None:
    level = table.meta.get("UL_CONF")
    return float(level) if level is not None else None


def _comment(table: Table) -> str:
    said = table.meta.get("comments", "")
    return re.sub(r"\s+", " ", "; ".join(map(str, said)) if isinstance(said, list) else str(said)).strip()


def _epoch(table: Table, file: ArchiveFile) -> tuple[float | None, float | None]:
    """The epoch a spectrum states: in its header, in the file of its fit, or as a date in its remarks."""
    stated: Any = table.meta.get("mjd")
    if isinstance(stated, dict) and {"min", "max"} <= stated.keys():
        return float(stated["min"]), float(stated["max"])
    for other in files("veritas"):
        same = all(other.named.get(key) == file.named.get(key) for key in ("bibcode", "source", "number"))
        if same and other.named["kind"] == "yaml":
            match = _MJD.search(other.path.read_text(encoding="utf-8", errors="replace"))
            found = dict(re.findall(r"(min|max):\s*([\d.]+)", match[1])) if match else {}
            if len(found) == 2:
                return float(found["min"]), float(found["max"])
    dates = _DATE.findall(f"{_comment(table)} {table.meta.get('description', '')}")
    if not dates:
        return None, None
    days = [float((np.datetime64(date) - _MJD_ZERO) / np.timedelta64(1, "D")) for date in dates]
    return min(days), max(days)
