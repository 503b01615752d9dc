"""Reads the headers of a FITS file without astropy, so that the service can say which file a run will read.

Only keywords and values (FITS 4.0, sections 4 and 7); data are skipped over, their length is what the
header says (section 4.4.1.1).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

from kg_service.errors import RunFailed

__all__ = ["Header", "headers", "unreadable"]

Header = Mapping[str, str | float | int | bool]
_CARD, _BLOCK = 80, 2880
_MOST_CARDS = 36 * 200
_STRING = re.compile(r"'((?:[^']|'')*)'")


def headers(path: Path) -> tuple[Header, ...]:
    """The header of every unit of a FITS file (plain or gzip); read again only when the file was written to.

    Raises
    ------
    RunFailed
        When the file is no FITS file or ends before its headers say.
    """
    known = path.stat()
    return _headers(path, known.st_size, known.st_mtime_ns)


def unreadable(path: Path, why: object) -> RunFailed:
    """The problem of a file that is corrupt or cut short."""
    return RunFailed(
        f"The file {path.name} cannot be read as FITS ({why}). It may be damaged or cut short: replace it by "
        "a new copy from the archive.",
        value=path.name,
    )


@lru_cache(maxsize=256)
def _headers(path: Path, size: int, changed: int) -> tuple[Header, ...]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        if packed:
            with gzip.open(path) as unpacked:
                return tuple(_units(cast("IO[bytes]", unpacked)))
        with path.open("rb") as file:
            return tuple(_units(file))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise unreadable(path, error) from error


def _units(file: IO[bytes]) -> Iterator[Header]:
    first = True
    while cards := list(_cards(file)):
        if first and not cards[0].startswith("SIMPLE  ="):
            raise ValueError("it does not begin with SIMPLE")
        first = False
        header = dict(filter(None, map(_entry, cards)))
        yield header
        length = _data_length(header)
        padded = -(-length // _BLOCK) * _BLOCK
        while padded > 0:
            read = len(file.read(min(padded, 1 << 20)))
            if not read:
                raise EOFError("it ends within its data")
            padded -= read
    if first:
        raise EOFError("it is empty")


def _cards(file: IO[bytes]) -> Iterator[str]:
    """The cards of the next header up to END; none at the end of the file."""
    for number in range(_MOST_CARDS // 36):
        block = file.read(_BLOCK)
        if not block and number == 0:
            return
        if len(block) < _BLOCK:
            raise EOFError("it ends within a header")
        text = block.decode("ascii")
        for start in range(0, _BLOCK, _CARD):
            card = text[start : start + _CARD]
            if card.rstrip() == "END":
                return
            yield card
    raise ValueError("a header does not end")


def _entry(card: str) -> tuple[str, str | float | int | bool] | None:
    if card[8:10] != "= ":
        return None
    key, text = card[:8].strip(), card[10:].strip()
    if found := _STRING.match(text):
        return key, found[1].replace("''", "'").rstrip()
    text = text.partition("/")[0].strip()
    if text in {"T", "F"}:
        return key, text == "T"
    for kind in (int, float):
        try:
            return key, kind(text.replace("D", "E"))
        except ValueError:
            continue
    return None


def _data_length(header: Header) -> int:
    """Bytes of data of a unit: |BITPIX|/8 GCOUNT (PCOUNT + product of the axes)."""
    axes = int(header.get("NAXIS", 0))
    if not axes:
        return 0
    cells = 1
    for axis in range(1, axes + 1):
        cells *= int(header[f"NAXIS{axis}"])
    whole = int(header.get("GCOUNT", 1)) * (int(header.get("PCOUNT", 0)) + cells)
    return abs(int(header["BITPIX"])) // 8 * whole
