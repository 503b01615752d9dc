"""Names beyond those in the lists of sources and events: whose they are, and which of them several share."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from executors import archives

__all__ = ["TABLE", "caveats", "decided", "of_events", "of_sources", "several"]

TABLE = "other_names.toml"


def of_sources(identifier: str) -> tuple[str, ...]:
    """Further names of a source, by its main identifier."""
    return (*_table()["sources"].get(identifier, ()), *_table()["fermi"].get(identifier, ()))


def of_events(identifier: str) -> tuple[str, ...]:
    """Further names of an event, by its identifier."""
    return tuple(_table()["events"].get(identifier, ()))


def decided() -> Mapping[str, str]:
    """The main identifier for names that the lists give to several sources, rightly to one."""
    found: Mapping[str, str] = _table()["decided"]
    return found


def several() -> Mapping[str, list[str]]:
    """Names that astronomers give to several sources, and for each the names that find one of them."""
    found: Mapping[str, list[str]] = _table()["several"]
    return found


def caveats(identifier: str) -> tuple[str, ...]:
    """What to know about the entry of a source, by its main identifier."""
    said = _table()["caveats"].get(identifier)
    return (said,) if said else ()


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(archives.table(TABLE).read_text(encoding="utf-8"))
