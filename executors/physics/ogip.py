"""Reads count spectra and responses in the OGIP formats (memos OGIP/92-007 and CAL/GEN/92-002).

Extensions are told by their columns, because programs name them differently (``SPECRESP MATRIX``,
``MATRIX``, ``ISGR-RMF.-RSP``; ``EBOUNDS``, ``ISGR-EBDS-MOD``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from executors.fits_headers import headers, unreadable
from executors.physics.forward_folding import Response

__all__ = ["CountSpectrum", "read_response", "read_spectrum"]

Array = NDArray[np.float64]
_MEV_PER_KEV = 1e-3


@dataclass(frozen=True, slots=True)
class CountSpectrum:
    """Counts per second in each channel with their error, which channels are good, exposure in s."""

    rate: Array
    error: Array
    good: NDArray[np.bool_]
    exposure: float | None


def read_spectrum(path: Path, unit: int) -> CountSpectrum:
    """The count spectrum in a unit of a file: rates or counts, with the systematic error it asks for."""
    with _opened(path) as units:
        table, header = units[unit].data, units[unit].header
        names = {name.upper() for name in table.names}
        exposure = float(header["EXPOSURE"]) if header.get("EXPOSURE", 0) > 0 else None
        if "RATE" in names:
            rate, scale = _column(table, "RATE"), 1.0
        else:
            scale = 1 / float(header["EXPOSURE"])
            rate = _column(table, "COUNTS") * scale
        if "STAT_ERR" in names:
            error = _column(table, "STAT_ERR") * scale
        elif header.get("POISSERR") and exposure:
            error = np.sqrt(np.maximum(rate * exposure, 1.0)) / exposure
        else:
            raise KeyError("no STAT_ERR")
        systematic = _column(table, "SYS_ERR") if "SYS_ERR" in names else float(header.get("SYS_ERR", 0.0))
        flagged = _column(table, "QUALITY") if "QUALITY" in names else float(header.get("QUALITY", 0.0))
        error = np.hypot(error, systematic * np.abs(rate))
        good = np.isfinite(rate) & np.isfinite(error) & (error > 0) & (np.zeros(len(rate)) + flagged == 0)
        return CountSpectrum(rate, error, good, exposure)


def read_response(rmf: Path, arf: Path) -> Response:
    """Redistribution matrix times effective areas; the two must have the same bins of energy."""
    with _opened(rmf) as units:
        table = _with_column(units, "MATRIX")
        first = _first_channel(table)
        bounds = _with_column(units, "E_MIN").data
        channels = len(bounds)
        matrix = _matrix(table.data, channels, first)
        low, high = _column(table.data, "ENERG_LO"), _column(table.data, "ENERG_HI")
        edges = _column(bounds, "E_MIN") * _MEV_PER_KEV, _column(bounds, "E_MAX") * _MEV_PER_KEV
    with _opened(arf) as units:
        areas = _with_column(units, "SPECRESP").data
        same = len(areas) == len(low) and np.allclose(_column(areas, "ENERG_LO"), low, rtol=1e-4)
        if not same:
            raise unreadable(arf, f"its energies are not those of {rmf.name}")
        area = np.maximum(_column(areas, "SPECRESP"), 0.0)
    return Response(low * _MEV_PER_KEV, high * _MEV_PER_KEV, matrix * area[:, None], *edges)


def _matrix(table: Any, channels: int, first: int) -> Array:
    """The matrix with a row per bin of energy, unpacked from its groups of channels."""
    packed = table["MATRIX"]
    counts, starts, widths = table["N_GRP"], table["F_CHAN"], table["N_CHAN"]
    full = np.zeros((len(table), channels))
    for row in range(len(table)):
        begin, groups = 0, int(counts[row])
        for start, width in zip(
            np.atleast_1d(starts[row])[:groups], np.atleast_1d(widths[row])[:groups], strict=True
        ):
            place, count = int(start) - first, int(width)
            full[row, place : place + count] = packed[row][begin : begin + count]
            begin += count
    return full


def _first_channel(table: Any) -> int:
    """The number of the first channel: TLMIN of F_CHAN, else 1 (CAL/GEN/92-002, section 3.2)."""
    place = [name.upper() for name in table.data.names].index("F_CHAN") + 1
    return int(table.header.get(f"TLMIN{place}", 1))


def _with_column(units: Any, column: str) -> Any:
    for unit in units:
        if unit.data is not None and column in getattr(unit.data, "names", ()):
            return unit
    raise KeyError(f"no extension has a column {column}")


def _column(table: Any, name: str) -> Array:
    return np.asarray(table[name], dtype=np.float64)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    headers(path)  # a file that ends too early is told here, where astropy only warns
    try:
        with fits.open(path, memmap=False) as units:
            yield units
    except (OSError, EOFError, KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise unreadable(path, error) from error
