"""Resolves the name of a transient event to its time, a time window, and its position where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from executors import archives
from executors.json_writing import write_json
from executors.known import events as known
from executors.known import other_names
from executors.known.event_lists import TABLES, Event
from kg_service.authoring import Coverage, Measure, Result, described, kg, label, log, oda, workflow
from kg_service.errors import UnresolvedObject
from kg_service.model.product import Dataset

__all__ = ["HALF_WINDOW", "resolve"]

HALF_WINDOW = 500.0
"""Seconds before and after the event that the given time window spans: the window in which gravitational
waves, neutrinos and gamma rays of one burst are expected (Baret et al. 2011, Astropart. Phys. 35, 1)."""
_WINDOW = "Baret et al. 2011, Astropart. Phys. 35, 1"


def _reads(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """The tables that the entry of the event comes from; all of them for an event that none of them has."""
    try:
        found = known.find(str(arguments.get("event", "")))
    except UnresolvedObject:
        return archives.tables(*TABLES, other_names.TABLE)({})
    named = (other_names.TABLE,) if other_names.of_events(found.identifier) else ()
    return archives.tables(*found.lists, *named)({})


@workflow(
    title="Event resolver: time, window and position of a gravitational wave, burst or neutrino",
    gives={
        "event_identifier": kg.EventIdentifier,
        "event_time": kg.EventTime,
        "t1": oda.StartTime,
        "t2": oda.EndTime,
        "ra": oda.PointOfInterestRA,
        "dec": oda.PointOfInterestDEC,
    },
    cost=0.1,
    cite=(_WINDOW,),
    datasets=_reads,
)
def resolve(
    event: Annotated[kg.Event, label("event name"), described("GW150914, GRB 170817A, IceCube-170922A")],
) -> kg.ResolvedEvent:
    """Finds a known event and gives its time, a window of 500 s before and after it, and its position.

    Gravitational waves of GWTC-1 to GWTC-3 (a position only where a counterpart was found), gamma-ray
    bursts detected by POLAR and well-known ones, IceCube alerts of 2016 to 2020. What the first
    notice of an alert said and what was published later are kept apart. The names of alerts (S190521g),
    of catalogues (GW190521_030229) and of triggers (bn170817529) find an event as well.
    """
    found = known.find(event)
    log(f"{event!r} is {found.identifier}, {found.kind}, {found.time}")
    return _resolved(found, event)


def _resolved(found: Event, given: str) -> Result:
    start, end = _shifted(found.time, -HALF_WINDOW), _shifted(found.time, HALF_WINDOW)
    gives: dict[str, Any] = {
        "event_identifier": found.identifier,
        "event_time": found.time,
        "t1": start,
        "t2": end,
    }
    values = {
        "event_identifier": Measure(found.identifier),
        "kind": Measure(found.kind),
        "event_time": Measure(found.time),
        "window_start": Measure(start),
        "window_end": Measure(end),
    }
    quality = []
    if found.ra is not None and found.dec is not None:
        gives |= {"ra": found.ra, "dec": found.dec}
        values |= {
            "right_ascension": Measure(found.ra, unit="deg"),
            "declination": Measure(found.dec, unit="deg"),
            "position_from": Measure(found.position_from),
        }
        if "first GCN notice" in found.position_from:
            quality.append("position of the first notice, revised since")
            error = found.facts.get("notice_err90")
            if error is not None:
                quality.append(f"the 90 % region reaches {float(error[0]):.2g} deg from the position")
        elif "region" in found.position_from:
            quality.append(found.position_from)
    else:
        quality.append("no position: the event was localised to a region only, or not at all")
    values |= {name: Measure(value, unit=unit) for name, (value, unit) in found.facts.items()}
    values["references"] = Measure("; ".join(found.references))
    content: dict[str, Any] = {"given": given} | {name: measure.value for name, measure in values.items()}
    content |= {
        "other_names": list(known.names_of(found)[1:]),
        "frame": "ICRS",
        "time_system": "UTC",
        "caveats": quality,
    }
    return Result(
        label=f"{found.identifier}: time and position",
        files=[write_json(content, "resolved_event")],
        values=values,
        gives=gives,
        quality=quality,
        coverage=Coverage(time=(start, end)),
        cite=_cite(found),
    )


def _cite(found: Event) -> tuple[str, ...]:
    """The event's own references, then the list it comes from, each work once."""
    its_list = archives.citation(found.lists[0])
    return (*(work for work in found.references if work not in its_list), its_list, _WINDOW)


def _shifted(utc: str, seconds: float) -> str:
    """A UTC time shifted by seconds, to the millisecond (leap seconds are not counted: a window edge)."""
    moved = datetime.fromisoformat(utc) + timedelta(seconds=seconds)
    return moved.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moved.microsecond // 1000:03d}Z"
