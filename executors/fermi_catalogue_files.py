"""Which Fermi-LAT catalogue a source is read from: the shipped extract, or a whole catalogue of a mirror.

Import-light, because the service asks before a run which datasets it will read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from executors import archives
from kg_service.errors import ArchiveUnavailable
from kg_service.model.product import Dataset

__all__ = ["TABLE", "absent", "datasets", "is_catalogue_name", "newest", "shipped"]

TABLE = "fermi_4fgl_dr4_selected.ecsv"
_NAME = re.compile(r"4FGL J\d{4}\.\d[+-]\d{4}[a-z]?")


@cache
def shipped() -> frozenset[str]:
    """The 4FGL names of the sources whose fluxes ship."""
    return frozenset(row["source_name"] for row in archives.rows(TABLE))


def newest(collection: str) -> archives.ArchiveFile | None:
    """The catalogue file of the highest version at hand (``gll_psc_v35.fit.gz``); ``None`` without one."""
    return max(archives.files(collection), key=lambda found: int(found.named["version"]), default=None)


def datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=`` of a workflow with the input ``source``: the extract, or the whole catalogue."""
    if str(arguments["source"]) in shipped():
        return (archives.dataset_of_table(TABLE),)
    found = newest("fermi_4fgl")
    return (found.dataset,) if found else (archives.dataset_of_table(TABLE),)


def is_catalogue_name(name: str) -> bool:
    """Whether a name is spelled as those of 4FGL are: 4FGL J0509.4+0542."""
    return _NAME.fullmatch(name) is not None


def absent(name: str, near: tuple[str, ...] = ()) -> ArchiveUnavailable:
    """The problem of a source that only the whole catalogue could hold, where that is not at hand."""
    return archives.missing(
        "fermi_4fgl",
        f"The entry of {name}, which is not among the {len(shipped())} sources of 4FGL-DR4 that ship,",
        "The whole catalogue gll_psc_v35 or newer has 7195 sources.",
        parameter="source",
        value=name,
        near=near,
    )
