"""Finds sky maps of gravitational-wave events: multi-order FITS files in mirrors or the cache, by event.

``GW200129_065458_bayestar.multiorder.fits.gz`` says event and pipeline; when there are several maps of an
event, the header's date of creation says which is the newest. Import-light.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from executors import archives
from executors.fits_headers import headers
from executors.known import events as known
from executors.known.spelling import event_key
from kg_service.errors import ArchiveUnavailable, RunFailed, UnresolvedObject
from kg_service.model.product import Dataset
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["MapFile", "around", "at_hand", "datasets", "locate", "newest"]

_LOW_LATENCY = ("bayestar", "cwb", "lib")
"""Pipelines whose maps go out with an alert, before the parameters are estimated in full."""


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map of an event: its file, the pipeline that made it, when (ISO 8601, empty when not said)."""

    event: str
    path: Path
    pipeline: str
    created: str
    dataset: Dataset

    @property
    def preliminary(self) -> bool:
        """Whether the map is one of those that go out with an alert."""
        return self.pipeline.lower() in _LOW_LATENCY


def datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the map that a run would read, where there is one."""
    found = at_hand(str(arguments["event"]))
    return (found.dataset,) if found else ()


def locate(event: str) -> MapFile:
    """The newest map of an event.

    Raises
    ------
    ArchiveUnavailable
        When there is none at hand, with the events that have one.
    """
    found = at_hand(event)
    if found is not None:
        return found
    raise _absent(event)


def at_hand(event: str) -> MapFile | None:
    """The newest map of an event that lies in a mirror or the cache; None when there is none."""
    return newest().get(_identifier(event))


def newest() -> dict[str, MapFile]:
    """The newest map at hand by event."""
    found: dict[str, MapFile] = {}
    for file in archives.files("gw_sky_map"):
        event = _identifier(file.named["event"])
        made = MapFile(event, file.path, file.named["pipeline"], _created(file.path), file.dataset)
        if event not in found or _rank(found[event]) < _rank(made):
            found[event] = made
    return found


def _rank(found: MapFile) -> tuple[str, bool]:
    return found.created, not found.preliminary


def _identifier(name: str) -> str:
    """The main name of an event, so that a map under another of its names is found."""
    try:
        return known.find(name).identifier
    except UnresolvedObject:
        return event_key(name)


def _created(path: Path) -> str:
    """DATE of the table's header; a damaged file is told when it is read, not when it is found."""
    try:
        units = headers(path)
    except RunFailed:
        return ""
    return next((str(unit["DATE"]) for unit in units if "DATE" in unit), "")


def _absent(event: str) -> ArchiveUnavailable:
    maps = tuple(sorted(newest()))
    covered = f"Maps at hand: {', '.join(maps)}." if maps else "No map is at hand."
    return archives.missing(
        "gw_sky_map",
        f"The sky map of {event}",
        covered,
        parameter="event",
        value=event,
        near=maps,
    )


def around(utc: str) -> tuple[str, str]:
    """The second that begins at a UTC time, as ISO texts."""
    start = tt_from_iso(utc.rstrip("Z") + "Z")
    return iso_from_tt(start), iso_from_tt(start + 1_000_000)
