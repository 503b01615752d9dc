"""Finds the known source that a name means, or says which ones it may mean and how to ask for each.

A name that astronomers give to several sources is refused with the ways out; nothing is guessed. "Crab" is
one: SIMBAD and TeVCat mean the nebula (M 1) by it, instruments that cannot tell nebula and pulsar apart mean
both, and 4FGL-DR4 keeps three sources there: the pulsar (J0534.5+2200) and the synchrotron and
inverse-Compton parts of the nebula (J0534.5+2201s, J0534.5+2201i). By its band fluxes the pulsar is the
brightest up to 10 GeV, with the synchrotron part as bright below 100 MeV, and the inverse-Compton part above:
the spectrum of one under the name of another would be wrong by large factors. "Vela" is another such name: a
pulsar, the nebula Vela X, the remnant Vela Junior, the binary Vela X-1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

from executors import archives
from executors.known import events, other_names
from executors.known.source_list import FERMI_TABLE, Source, everything, separation
from executors.known.spelling import catalogue_number, source_key
from kg_service.errors import UnresolvedObject

__all__ = ["ambiguous", "bearers", "find", "has_fluxes", "names_of", "unknown", "within"]

_FLUX_TABLES = ((FERMI_TABLE, "source_name"), ("veritas_sed_points.ecsv", "source"))
_MOST_NEAR = 5
_NEAR_SPELLING = 0.8
"""Ratio of matching characters (difflib) above which a name counts as misspelt rather than another one."""
_SAME_CATALOGUE = 2


def find(name: str) -> Source:
    """The one source of that name.

    Raises
    ------
    UnresolvedObject
        When none or several have it; the message holds requests that are understood.
    """
    found = bearers(name)
    if len(found) == 1:
        return found[0]
    raise ambiguous(name, found) if found else unknown(name)


def bearers(name: str) -> tuple[Source, ...]:
    """The sources that a name may mean.

    A source's own name counts before an alias that it shares with another.
    """
    key = source_key(name)
    if key in _shared():
        return tuple(bearers(way)[0] for way in _shared()[key])
    return _own().get(key) or _all().get(key, ())


def names_of(source: Source) -> tuple[str, ...]:
    """Every name that finds the source or that it shares, the main identifier first."""
    further = other_names.of_sources(source.identifier)
    return tuple(dict.fromkeys((source.identifier, *source.names, *further)))


def has_fluxes(source: Source) -> bool:
    """Whether fluxes of the source are among the shipped tables."""
    return not {source.identifier, source.fermi_name}.isdisjoint(_with_fluxes())


def within(ra: float, dec: float, radius: float) -> list[tuple[float, Source]]:
    """The known sources within ``radius`` of a position (all in degrees, ICRS), nearest first."""
    distances = ((separation(ra, dec, source.ra, source.dec), source) for source in everything())
    return sorted((pair for pair in distances if pair[0] <= radius), key=lambda pair: pair[0])


def ambiguous(name: str, found: Iterable[Source]) -> UnresolvedObject:
    """The refusal of a name that several sources have; each way out can be copied into a request."""
    ways = _shared().get(source_key(name)) or tuple(source.identifier for source in found)
    choices = sorted(((bearers(way)[0], way) for way in ways), key=lambda pair: not has_fluxes(pair[0]))
    said = ", ".join(
        f'object="{way}" ({"its fluxes are" if has_fluxes(source) else "only position and names"} kept here)'
        for source, way in choices
    )
    return UnresolvedObject(
        f"{name!r} is a name of {len(choices)} sources. Ask for one of them: {said}.",
        parameter="object",
        value=name,
        near=[way for _, way in choices],
    )


def unknown(name: str) -> UnresolvedObject:
    """The refusal of a name that no known source has, with names that look like it."""
    event = events.named(name)
    if event is not None:
        return UnresolvedObject(
            f"{name!r} is an event, no source: ask with event={event.identifier}.",
            parameter="object",
            value=name,
            near=(f"event={event.identifier}",),
        )
    near = _near(source_key(name))
    hint = f" Similar names: {', '.join(near)}." if near else ""
    return UnresolvedObject(
        f"{name!r} is not among the {len(everything())} sources known here.{hint} With ra and dec beside the "
        f"name, or in its place, the known source at that position is taken.",
        parameter="object",
        value=name,
        near=near,
    )


def _near(key: str) -> list[str]:
    """Up to five names that look like a key: misspelt ones first, then those that begin so.

    Where there are none of either, the nearest numbers of the same catalogue. In each group sources
    whose fluxes are kept here come first.
    """
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    best: dict[str, tuple[tuple[int, bool, float], str]] = {}
    for candidate, sources in _all().items():
        matcher.set_seq1(candidate)
        group, apart = _likeness(key, candidate, matcher)
        for source in sources if group is not None else ():
            spelled = next(name for name in names_of(source) if source_key(name) == candidate)
            place = ((group or 0, not has_fluxes(source), apart), spelled)
            best[source.identifier] = min(place, best.get(source.identifier, place))
    ordered = sorted(best.values())
    alike = [spelled for (group, _, _), spelled in ordered if group < _SAME_CATALOGUE]
    return (alike or [spelled for _, spelled in ordered])[:_MOST_NEAR]


def _likeness(key: str, candidate: str, matcher: difflib.SequenceMatcher[str]) -> tuple[int | None, float]:
    """The group that a known name falls into (``None``: unlike), and how far it is within the group."""
    if matcher.quick_ratio() >= _NEAR_SPELLING and matcher.ratio() >= _NEAR_SPELLING:
        return 0, -matcher.ratio()
    if len(key) > 2 and candidate.startswith(key):
        return 1, len(candidate)
    ours, theirs = catalogue_number(key), catalogue_number(candidate)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return None, 0.0
    return _SAME_CATALOGUE, abs(ours[1] - theirs[1])


@cache
def _with_fluxes() -> frozenset[str]:
    return frozenset(row[column] for table, column in _FLUX_TABLES for row in archives.rows(table))


@cache
def _shared() -> dict[str, tuple[str, ...]]:
    return {source_key(name): tuple(ways) for name, ways in other_names.several().items()}


@cache
def _own() -> dict[str, tuple[Source, ...]]:
    by_identifier = {source.identifier: source for source in everything()}
    meant = {identifier: identifier for identifier in by_identifier} | dict(other_names.decided())
    return {source_key(name): (by_identifier[identifier],) for name, identifier in meant.items()}


@cache
def _all() -> dict[str, tuple[Source, ...]]:
    found: dict[str, dict[str, Source]] = {}
    for source in everything():
        for name in names_of(source):
            found.setdefault(source_key(name), {})[source.identifier] = source
    return {key: tuple(sources.values()) for key, sources in found.items()}
