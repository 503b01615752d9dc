"""Finds the known event that a name means, by the names of its alerts and catalogues alike."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from functools import cache

from executors.known import other_names
from executors.known.event_lists import Event, everything
from executors.known.spelling import event_key
from kg_service.errors import UnresolvedObject

__all__ = ["find", "named", "names_of"]

_MOST_NEAR = 5
_NEAR_SPELLING = 0.8
"""Ratio of matching characters (difflib) above which a name counts as misspelt rather than another one."""
_DAY = re.compile(r"(?:gw|grb|bn|icecube|ehe|hese|lvt|m?s)(\d{6})")
_SUPEREVENT = re.compile(r"m?s\d{6}[a-z]*")


def find(name: str) -> Event:
    """The event of that name; case, blanks, dashes and underscores do not matter for finding it.

    Raises
    ------
    UnresolvedObject
        When no event has it, with events of the same day and names that look like it.
    """
    event = named(name)
    if event is None:
        raise _unknown(name)
    return event


def named(name: str) -> Event | None:
    """The event of that name, if it is known."""
    return _all().get(event_key(name))


def names_of(event: Event) -> tuple[str, ...]:
    """Every name that finds the event, its identifier first."""
    further = other_names.of_events(event.identifier)
    return tuple(dict.fromkeys((event.identifier, *event.other_names, *_timed(event), *further)))


def _timed(event: Event) -> tuple[str, ...]:
    """GW190521 is also GW190521_030229: since GWTC-2 every event has a name with its time to the second."""
    if event.kind != "gravitational wave" or "_" in event.identifier:
        return ()
    return (f"{event.identifier}_{event.time[11:19].replace(':', '')}",)


def _unknown(name: str) -> UnresolvedObject:
    counted = Counter(event.kind for event in everything())
    near = _near(event_key(name))
    why = ""
    if _SUPEREVENT.fullmatch(event_key(name)):
        why = (
            "; of the first alerts (S...) those are known that became events of these catalogues, the "
            "others were retracted, not confirmed, or came later"
        )
    return UnresolvedObject(
        f"{name!r} is not among the events known here: {counted['gravitational wave']} gravitational waves "
        f"of GWTC-1 to GWTC-3, {counted['gamma-ray burst']} gamma-ray bursts (POLAR and well-known ones), "
        f"{counted['neutrino']} IceCube alerts of 2016-2020{why}."
        + (f" Similar: {', '.join(near)}." if near else ""),
        parameter="event",
        value=name,
        near=near,
    )


def _near(key: str) -> list[str]:
    """Up to five identifiers: names that begin so, then those of the same day, else misspelt ones."""
    spelled = {known: event.identifier for known, event in _all().items()}
    begins = [identifier for known, identifier in spelled.items() if len(key) > 4 and known.startswith(key)]
    day = _DAY.match(key)
    same_day = [
        event.identifier for event in everything()
        if day and (its := _DAY.match(event_key(event.identifier))) and its[1] == day[1]
    ]  # fmt: skip
    alike = difflib.get_close_matches(key, spelled, n=_MOST_NEAR, cutoff=_NEAR_SPELLING)
    found = [*begins, *same_day] or [spelled[known] for known in alike]
    return list(dict.fromkeys(found))[:_MOST_NEAR]


@cache
def _all() -> dict[str, Event]:
    """Every event by the keys of its names; its own name counts before a further one of another."""
    found = {event_key(name): event for event in everything() for name in names_of(event)}
    return found | {event_key(event.identifier): event for event in everything()}
