"""The events of the gravitational-wave catalogues and their observing runs. Import-light."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from executors import archives, sky_map_archive
from executors.known import events as known
from executors.known.event_lists import everything
from kg_service.errors import NotCovered, UnresolvedObject
from kg_service.model.product import Dataset
from kg_service.model.times import tt_from_iso

__all__ = [
    "OBSERVING_RUNS",
    "TABLE",
    "Listed",
    "between",
    "everything_listed",
    "facts_datasets",
    "named",
    "runs_between",
    "search_datasets",
]

TABLE = "gwtc_events.ecsv"
facts_datasets = archives.tables(TABLE, "published_events.toml")
OBSERVING_RUNS = (
    ("O1", "2015-09-12T00:00:00Z", "2016-01-19T16:00:00Z"),
    ("O2", "2016-11-30T16:00:00Z", "2017-08-25T22:00:00Z"),
    ("O3a", "2019-04-01T15:00:00Z", "2019-10-01T15:00:00Z"),
    ("O3b", "2019-11-01T15:00:00Z", "2020-03-27T17:00:00Z"),
)
"""Begin and end of the runs of GWTC-1 to GWTC-3 (Abbott et al. 2023, Phys. Rev. X 13, 041039)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An event of the catalogues: ``time`` UTC, ``row`` the texts of the table by column."""

    name: str
    time: str
    row: Mapping[str, str]

    @property
    def time_to_tenth(self) -> bool:
        """Whether the time is known to 0.1 s only."""
        return len(self.time.rstrip("Z").partition(".")[2].rstrip("0")) <= 1


@cache
def everything_listed() -> tuple[Listed, ...]:
    """All events, by time."""
    times = {event.identifier: event.time for event in everything() if event.kind == "gravitational wave"}
    rows = (Listed(row["name"], times[row["name"]], row) for row in archives.rows(TABLE))
    return tuple(sorted(rows, key=lambda event: event.time))


def between(start: str, end: str) -> tuple[Listed, ...]:
    """The events from ``start`` to ``end`` (ISO 8601 UTC), by time.

    Raises
    ------
    NotCovered
        When the time range holds nothing of any observing run.
    """
    if not runs_between(start, end):
        runs = ", ".join(f"{name} {a[:10]} to {b[:10]}" for name, a, b in OBSERVING_RUNS)
        raise NotCovered(
            f"No observing run of the catalogues lies between {start} and {end}: GWTC-1 to GWTC-3 hold "
            f"{runs}.",
            parameter="t1",
            value=start,
        )
    return _within(start, end)


def runs_between(start: str, end: str) -> tuple[str, ...]:
    """The names of the observing runs that share time with the range (ISO 8601 UTC)."""
    first, last = tt_from_iso(start), tt_from_iso(end)
    return tuple(name for name, a, b in OBSERVING_RUNS if tt_from_iso(a) < last and tt_from_iso(b) > first)


def _within(start: str, end: str) -> tuple[Listed, ...]:
    first, last = tt_from_iso(start), tt_from_iso(end)
    return tuple(event for event in everything_listed() if first <= tt_from_iso(event.time) <= last)


def named(event: str) -> Listed:
    """The event of the catalogues that has that name.

    Raises
    ------
    NotCovered
        When no catalogue lists it.
    """
    by_name = {entry.name: entry for entry in everything_listed()}
    try:
        name = known.find(event).identifier
    except UnresolvedObject:
        name = event
    if name in by_name:
        return by_name[name]
    raise NotCovered(
        f"{event} is not in GWTC-1 to GWTC-3: there are {len(by_name)} events of 2015 to 2020.",
        parameter="event",
        value=event,
        near=difflib.get_close_matches(event, by_name, n=5, cutoff=0.6),
    )


def search_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the catalogue, and the maps at hand of the events in the time range."""
    names = {event.name for event in _within(str(arguments["t1"]), str(arguments["t2"]))}
    maps = sky_map_archive.newest()
    return (*facts_datasets(arguments), *(maps[name].dataset for name in sorted(names & set(maps))))
