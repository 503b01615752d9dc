"""Resolves the name of an object, or a position, or both, to the one source that is meant."""

from __future__ import annotations

import math
from typing import Annotated, Any

from executors import archives
from executors.json_writing import write_json
from executors.known import other_names, sources
from executors.known.source_list import FERMI_TABLE, TABLE, Source
from kg_service.authoring import Measure, Result, kg, label, limits, log, oda, unit, workflow
from kg_service.errors import Conflict, UnresolvedObject

__all__ = ["at_position", "resolve", "resolve_with_position"]

_FERMI = "Ballet et al. 2023, arXiv:2307.12546 (4FGL-DR4)"
_NAMES = "Wenger et al. 2000, A&AS 143, 9 (SIMBAD)"
_WORKS = {"4FGL-DR4": _FERMI, "gamma-cat": "gamma-cat (github.com/gammapy/gamma-cat)"}
"""What to cite for the lists that sources come from; the others were typed from the literature."""
_MOST_NAMED = 5
_LARGEST = 5.0
"""Largest search radius in degrees."""
_READS = archives.tables(TABLE, FERMI_TABLE, other_names.TABLE)
_INDISTINCT = 0.01
"""Degrees within which a given position does not tell two sources apart: a good 95 % error radius of
4FGL-DR4 (Ballet et al. 2023, arXiv:2307.12546) and finer than most positions that people type."""


@workflow(
    title="Name resolver: main identifier, position, 4FGL name, redshift",
    gives={
        "main_identifier": kg.MainIdentifier,
        "ra": oda.PointOfInterestRA,
        "dec": oda.PointOfInterestDEC,
        "fermi_name": kg.FermiCatalogueName,
        "redshift": kg.Redshift,
    },
    cost=0.1,
    cite=(_NAMES,),
    datasets=_READS,
)
def resolve(
    object: Annotated[oda.AstrophysicalObject, label("object name")],  # noqa: A002 - the word astronomers type
) -> kg.ResolvedObject:
    """Finds a known source by any of its names and gives its main identifier, position and redshift.

    Case, blanks and the kind of dash do not matter for finding a name ("mrk421", "Mkn 421",
    "Markarian 421" are one source); the sign of a declination does. A name that is not known, or that
    several sources share, is refused with names that are understood.
    """
    source = sources.find(object)
    log(f"{object!r} is {source.identifier} (RA {source.ra}, Dec {source.dec}, from {source.origin})")
    return _resolved(source, {"given": object})


@workflow(
    title="Name and position resolver: the source of that name, or else the one at that position",
    gives={
        "main_identifier": kg.MainIdentifier,
        "fermi_name": kg.FermiCatalogueName,
        "redshift": kg.Redshift,
    },
    cost=0.1,
    cite=(_NAMES,),
    datasets=_READS,
)
def resolve_with_position(
    object: Annotated[oda.AstrophysicalObject, label("object name")],  # noqa: A002 - the word astronomers type
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("deg"), limits(0, _LARGEST), label("search radius")] = 0.1,
) -> kg.ResolvedObject:
    """Finds a source by name and makes sure that it is the one at the position given with it.

    A name that is not known is replaced by the known source at the position, which the record says; a
    name that several sources share means the one at the position. A known source farther away than the
    search radius contradicts the position and is refused.
    """
    given = {"given": object, "given_ra": ra, "given_dec": dec}
    bearers = sources.bearers(object)
    if not bearers:
        return _in_place_of(object, ra, dec, radius, given)
    near = [
        pair for pair in sources.within(ra, dec, radius)
        if pair[1].identifier in {source.identifier for source in bearers}
    ]  # fmt: skip
    if not near and len(bearers) == 1:
        raise _contradiction(object, bearers[0], radius)
    if not near or (len(near) > 1 and near[1][0] - near[0][0] < _INDISTINCT):
        raise sources.ambiguous(object, bearers)
    distance, source = near[0]
    shared = [f"{object!r} is a name of {len(bearers)} sources: the position decides"] if bearers[1:] else []
    log(f"{object!r} is {source.identifier}, {distance:.5f} deg from the position given")
    return _resolved(source, given, distance, shared)


@workflow(
    title="Position resolver: the known source nearest to a position",
    gives={
        "main_identifier": kg.MainIdentifier,
        "fermi_name": kg.FermiCatalogueName,
        "redshift": kg.Redshift,
    },
    cost=0.1,
    cite=(_NAMES,),
    datasets=_READS,
)
def at_position(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("deg"), limits(0, _LARGEST), label("search radius")] = 0.1,
) -> kg.ResolvedObject:
    """Finds the known source nearest to a position, if it lies within the search radius.

    Of sources that the position does not tell apart one whose fluxes are kept here is taken; the
    record names the others.
    """
    distance, source, caveats = _nearest(ra, dec, radius)
    log(f"RA {ra}, Dec {dec}: {source.identifier} at {distance:.5f} deg")
    return _resolved(source, {"given_ra": ra, "given_dec": dec}, distance, caveats)


def _in_place_of(name: str, ra: float, dec: float, radius: float, given: dict[str, Any]) -> Result:
    """The source at the position for a name that is not known."""
    unknown = sources.unknown(name)
    try:
        distance, source, caveats = _nearest(ra, dec, radius)
    except UnresolvedObject as empty:
        similar = f" Similar names: {', '.join(unknown.near)}." if unknown.near else ""
        raise UnresolvedObject(
            f"{name!r} is not a known name, and nothing known is at its position. {empty.detail}{similar}",
            parameter="object",
            value=name,
            near=[*unknown.near, *empty.near],
        ) from empty
    replaced = f"{name!r} is not a known name: {source.identifier} is taken for it, by the position given"
    log(replaced)
    return _resolved(source, given, distance, [replaced, *caveats])


def _nearest(ra: float, dec: float, radius: float) -> tuple[float, Source, list[str]]:
    """The distance (deg) and the source that a position means, and what should be said of it."""
    found = sources.within(ra, dec, radius)
    if not found:
        distance, source = sources.within(ra, dec, 180.0)[0]
        raise UnresolvedObject(
            f"No known source lies within {radius:g} deg of RA {ra:g}, Dec {dec:g} (ICRS); the nearest is "
            f"{source.identifier} at {distance:.3g} deg. {_way_out(distance)}",
            parameter="radius",
            value=f"{radius:g} deg",
            near=[source.identifier],
        )
    alike = [pair for pair in found if pair[0] - found[0][0] < _INDISTINCT]
    distance, source = min(alike, key=lambda pair: (not sources.has_fluxes(pair[1]), pair[0]))
    others = [other.identifier for _, other in found if other is not source]
    among = f"the nearest of {len(found)} known sources" if others else "the only known source"
    if source is not found[0][1]:
        among = f"one of {len(found)} known sources, and its fluxes are kept here,"
    said = (
        f"an association by position, not an identification: {source.identifier} is {among} within the "
        f"search radius of {radius:g} deg, {distance:.2g} deg from the position"
    )
    caveats = [said]
    if others:
        named = ", ".join(others[:_MOST_NAMED]) + (" and others" if len(others) > _MOST_NAMED else "")
        caveats.append(f"also within {radius:g} deg of the position: {named}")
    return distance, source, caveats


def _way_out(distance: float) -> str:
    """What to ask for when nothing lies within the search radius."""
    if distance > _LARGEST:
        return f"The search radius may be at most {_LARGEST:g} deg."
    wide_enough = math.ceil(distance * 100) / 100
    return (
        f"Give radius={wide_enough:g} (in deg, at most {_LARGEST:g}) to take it: an association by position, "
        "not an identification."
    )


def _contradiction(name: str, source: Source, radius: float) -> Conflict:
    meant = "lies" if name == source.identifier else f"is {source.identifier}"
    return Conflict(
        f"{name!r} {meant} at RA {source.ra:g}, Dec {source.dec:g} (ICRS), farther than "
        f"{radius:g} deg from the position given: leave out the name, or ra and dec.",
        parameter="object",
        value=name,
        near=[source.identifier],
    )


def _resolved(
    source: Source, given: dict[str, Any], distance: float | None = None, caveats: list[str] | None = None
) -> Result:
    gives: dict[str, Any] = {"main_identifier": source.identifier}
    if distance is None:
        gives |= {"ra": source.ra, "dec": source.dec}
    if source.fermi_name:
        gives["fermi_name"] = source.fermi_name
    if source.redshift is not None:
        gives["redshift"] = source.redshift
    values = {
        "main_identifier": Measure(source.identifier),
        "right_ascension": Measure(source.ra, unit="deg"),
        "declination": Measure(source.dec, unit="deg"),
        "classes": Measure(source.classes),
        "other_names": Measure(", ".join(sources.names_of(source)[1:])),
        "fermi_name": Measure(source.fermi_name),
        "redshift": Measure(source.redshift),
        "separation": Measure(distance, unit="deg"),
        "origin": Measure(source.origin),
    }
    values = {name: measure for name, measure in values.items() if measure.value is not None}
    cite = _cite(source)
    quality = [*(caveats or ()), *other_names.caveats(source.identifier)]
    content = given | {name: measure.value for name, measure in values.items()}
    content |= {"frame": "ICRS", "caveats": quality, "citation": "; ".join(cite)}
    return Result(
        label=f"{source.identifier}: position and names",
        files=[write_json(content, "resolved_object")],
        values=values,
        gives=gives,
        quality=quality,
        cite=cite,
    )


def _cite(source: Source) -> tuple[str, ...]:
    """What the entry of a source rests on: the list it is from, its 4FGL name, its redshift, its names."""
    found = [_WORKS[source.origin]] if source.origin in _WORKS else []
    if source.fermi_name:
        found.append(_FERMI)
        if source.redshift is not None:
            found.append("Ajello et al. 2022, ApJS 263, 24 (4LAC-DR3)")
    return tuple(dict.fromkeys((*found, _NAMES)))
