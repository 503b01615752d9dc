"""ECSV tables on a terminal: the first rows, the columns worth a curve, and the same as plain CSV.

ECSV is read here without astropy, whose import would take longer than the answer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg_service.model.readable import number

__all__ = ["Table", "as_csv", "is_ecsv", "read_table", "table_text"]

_ECSV: Final = "# %ECSV"
_SHOWN_ROWS: Final = 20
_WIDEST_CELL: Final = 28
_DIGITS: Final = 6  # significant ones: a terminal is for looking, files hold all of them
_NAME: Final = re.compile(r"""(?:^|[\n{,]) *name: *(?:'([^']*)'|"([^"]*)"|([^,}\s]+))""")
_UNIT: Final = re.compile(r"""(?:^|[\n{,]) *unit: *(?:'([^']*)'|"([^"]*)"|([^,}\n]+))""")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, their units ("" where there is none), and rows of text."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str] | None:
        """The cells of a column, ``None`` where there is no such column."""
        if name not in self.names:
            return None
        position = self.names.index(name)
        return [row[position] for row in self.rows if len(row) > position]


def is_ecsv(content: bytes) -> bool:
    """Whether the bytes of a file are an ECSV table."""
    return content.startswith(_ECSV.encode())


def read_table(text: str) -> Table:
    """The columns, units and cells of an ECSV table, or of CSV, which has no units."""
    lines = text.splitlines()
    head = "\n".join(line.lstrip("# ") for line in lines if line.startswith("#"))
    body = [line for line in lines if line.strip() and not line.startswith("#")]
    comma = not text.startswith(_ECSV) or re.search(r"delimiter: *['\"]?,", head) is not None
    rows = list(csv.reader(body, delimiter="," if comma else " "))
    names = tuple(rows[0]) if rows else ()
    units = _units(head)
    return Table(names, tuple(units.get(name, "") for name in names), tuple(map(tuple, rows[1:])))


def _units(head: str) -> dict[str, str]:
    """Of each column of an ECSV header, which is YAML: a list of columns, in lines or in braces."""
    found = {}
    for item in re.split(r"^- ", head.partition("datatype:")[2], flags=re.MULTILINE)[1:]:
        name, unit = _NAME.search(item), _UNIT.search(item)
        if name is not None and unit is not None:
            found[name[1] or name[2] or name[3]] = (unit[1] or unit[2] or unit[3]).strip()
    return found


def as_csv(text: str) -> str:
    """An ECSV table as plain CSV: names in the first line, no units."""
    table = read_table(text)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([table.names, *table.rows])
    return out.getvalue()


def table_text(table: Table, width: int) -> str:
    """The first rows in columns under names and units, below each other where they are too wide."""
    some = table.rows[:_SHOWN_ROWS]
    columns = [
        [name, unit, *(_cell(row[i]) if len(row) > i else "" for row in some)]
        for i, (name, unit) in enumerate(zip(table.names, table.units, strict=True))
    ]
    blocks = ["\n".join(_lines(group)) for group in _groups(columns, width)]
    more = len(table.rows) - len(some)
    said = f"{len(table.rows)} row{'' if len(table.rows) == 1 else 's'}"
    rest = f"({said}, of which {more} more are not shown)" if more else f"({said})"
    return "\n\n".join([*blocks, rest])


def _cell(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return text if len(text) <= _WIDEST_CELL else text[: _WIDEST_CELL - 3] + "..."
    if text.lstrip("+-").isdigit():
        return text
    size = abs(value)
    digits = _DIGITS if size < 10**_DIGITS else 12  # a GPS time or an MJD keeps its digits
    return number(f"{value:.{digits}g}") if size < float("inf") else "-"


def _groups(columns: Sequence[list[str]], width: int) -> list[list[list[str]]]:
    """Columns side by side as long as they fit."""
    groups: list[list[list[str]]] = []
    used = 0
    for column in columns:
        wide = max(map(len, column)) + 2
        if not groups or used + wide > width + 2:
            groups.append([])
            used = 0
        groups[-1].append(column)
        used += wide
    return groups


def _lines(columns: Sequence[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in columns]
    rows = list(zip(*columns, strict=True))
    if not any(rows[1]):
        del rows[1]  # no column has a unit
    return [
        "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
