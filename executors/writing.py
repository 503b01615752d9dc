"""Writes one table as ECSV, FITS, VOTable and JSON with the same content and the same description.

The bytes depend on the content alone: no dates, no library versions. Times follow FITS 4.0, section 9:
numeric columns of time are MJD in the scale that ``TIMESYS`` of the description names, and so are
``DATE-OBS`` and ``DATE-END``; columns of texts are ISO 8601 UTC.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.io.votable import tree
from astropy.table import Table
from astropy.units import UnitsWarning

from executors.json_writing import write_json
from kg_service.authoring import OutputFile

__all__ = ["Meta", "add_column", "write_ecsv", "write_table"]

Meta = Mapping[str, str | float | int | bool]


def add_column(
    table: Table,
    name: str,
    values: Sequence[Any] | Any,
    description: str,
    *,
    unit: str | None = None,
    ucd: str = "",
) -> None:
    """Append a column with its unit (VOUnit), description and UCD1+ word.

    Missing numbers are NaN, missing texts empty.
    """
    table[name] = values
    column = table[name]
    column.description = description
    if unit is not None:
        column.unit = unit
    if ucd:
        column.meta["ucd"] = ucd


def write_table(table: Table, stem: str, meta: Meta, *, extension: str = "") -> list[OutputFile]:
    """Write ``table`` and ``meta`` in the current folder as ``stem`` ``.ecsv .fits .vot .json``.

    ``meta`` holds texts (ASCII), finite numbers and truth values by name; ``extension`` is the name of the
    FITS extension (the stem unless given).
    """
    ecsv = write_ecsv(table, stem, meta)
    _write_fits(table, Path(f"{stem}.fits"), extension)
    _write_votable(table, Path(f"{stem}.vot"))
    columns = [
        {
            "name": name,
            "unit": _vounit(table[name]),
            "description": table[name].description,
            "ucd": table[name].meta.get("ucd"),
        }
        for name in table.colnames
    ]
    content = {"meta": dict(meta), "columns": columns, "rows": [_plain_row(row) for row in table]}
    return [
        ecsv,
        OutputFile(f"{stem}.fits", "application/fits"),
        OutputFile(f"{stem}.vot", "application/x-votable+xml"),
        write_json(content, stem),
    ]


def write_ecsv(table: Table, stem: str, meta: Meta) -> OutputFile:
    """Write ``table`` and ``meta`` as ``stem.ecsv`` alone."""
    _check(meta)
    table.meta = dict(meta)
    table.write(f"{stem}.ecsv", format="ascii.ecsv", overwrite=True)
    return OutputFile(f"{stem}.ecsv", "text/ecsv")


def _holds_times(column: Any, *, numeric: bool) -> bool:
    """Whether a column holds times: as MJD (``numeric``) or as ISO texts."""
    return str(column.meta.get("ucd", "")).startswith("time.") and (column.dtype.kind == "f") is numeric


def _check(meta: Meta) -> None:
    for name, value in meta.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"meta {name!r} is {value}: leave out what is not known")
        if isinstance(value, str) and not value.isascii():
            raise ValueError(f"meta {name!r} holds characters that a FITS header cannot: {value!r}")


def _plain_row(row: Any) -> dict[str, Any]:
    plain = {name: row[name].item() if hasattr(row[name], "item") else row[name] for name in row.colnames}
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in plain.items()}


def _vounit(column: Any) -> str | None:
    if column.unit is None:
        return None
    with _erg_accepted():
        return str(column.unit.to_string("vounit"))


@contextmanager
def _erg_accepted() -> Iterator[None]:
    """VOUnit 1.1 keeps the erg but calls it deprecated; high-energy astronomy uses it, so no warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The unit 'erg'", category=UnitsWarning)
        yield


def _write_fits(table: Table, path: Path, extension: str) -> None:
    """A binary table (FITS 4.0, section 7.3) with descriptions in TCOMMn and UCDs in TUCDn."""
    hdu = fits.table_to_hdu(Table(table, meta={}))
    hdu.name = extension or path.stem.upper()
    if any(_holds_times(table[name], numeric=True) for name in table.colnames):
        hdu.header["MJDREFI"] = (0, "times are MJD")
        hdu.header["MJDREFF"] = (0.0, "times are MJD")
        hdu.header["TIMEUNIT"] = ("d", "unit of the columns of time")
    for name, value in table.meta.items():
        key = name if len(name) <= 8 and name == name.upper() else f"HIERARCH {name}"
        hdu.header[key] = value
    for number, name in enumerate(table.colnames, start=1):
        hdu.header[f"TCOMM{number}"] = table[name].description or ""
        if "ucd" in table[name].meta:
            hdu.header[f"TUCD{number}"] = table[name].meta["ucd"]
        if _holds_times(table[name], numeric=True):
            hdu.header[f"TCTYP{number}"] = (table.meta["TIMESYS"], "scale of the times in this column")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)


def _write_votable(table: Table, path: Path) -> None:
    """A VOTable 1.4 with the description as PARAM elements of the table and the time scales as TIMESYS."""
    document = tree.VOTableFile.from_table(Table(table, meta={}))
    resource = document.resources[0]
    element = resource.tables[0]
    for field in element.fields:
        field.ucd = table[field.name].meta.get("ucd")
        field.description = table[field.name].description
    _say_time_scales(table, resource, element)
    for number, (name, value) in enumerate(table.meta.items(), start=1):
        datatype = _votable_type(value)
        arraysize = {"arraysize": "*"} if datatype == "char" else {}
        element.params.append(
            tree.Param(document, ID=f"meta_{number}", name=name, datatype=datatype, value=value, **arraysize)
        )
    buffer = io.BytesIO()
    with _erg_accepted():
        document.to_xml(buffer)
    text = re.sub(r"<!--.*?-->\s*", "", buffer.getvalue().decode(), count=1, flags=re.DOTALL)
    # astropy escapes the value of a PARAM twice; &, < and > occur in bibcodes and caveats
    text = re.sub(r"<PARAM [^>]*>", lambda param: re.sub(r"&amp;(amp|lt|gt);", r"&\1;", param[0]), text)
    path.write_text(text, encoding="utf-8")


def _say_time_scales(table: Table, resource: Any, element: Any) -> None:
    """TIMESYS elements (VOTable 1.4, section 3.5) for MJD and for ISO texts, and which column is of which."""
    scales = {True: ("mjd", "MJD-origin", table.meta.get("TIMESYS")), False: ("utc", None, "UTC")}
    for numeric, (ident, origin, scale) in scales.items():
        fields = [f for f in element.fields if _holds_times(table[f.name], numeric=numeric)]
        for field in fields:
            field.ref = ident
            field.xtype = None if numeric else "timestamp"
        if fields:
            known = {"version_1_4_or_later": True}
            resource.time_systems.append(tree.TimeSys(ident, origin, scale, "TOPOCENTER", config=known))


def _votable_type(value: str | float | int | bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "char"
