"""Resolves the name of an object, or a position, to the one source that is meant."""

from __future__ import annotations

from typing import Annotated, Any

from executors import archives
from executors.catalogues.local_sources import FERMI_TABLE, TABLE, Source, find, nearest
from executors.json_writing import write_json
from kg_service.authoring import Measure, Result, kg, label, limits, log, oda, unit, workflow
from kg_service.errors import UnresolvedObject

__all__ = ["at_position", "resolve"]

_CITE = ("gamma-cat", "2023arXiv230712546B", "2022ApJS..263...24A")
_READS = archives.tables(TABLE, FERMI_TABLE)


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
    cite=_CITE,
    datasets=_READS,
)
def resolve(
    object: Annotated[oda.AstrophysicalObject, label("object name")],  # noqa: A002 - the word astronomers type
) -> kg.ResolvedObject:
    """Finds a known source by any of its names and gives its main identifier, position and redshift.

    Case and blanks do not matter for finding a name ("mrk421", "Mkn 421", "Markarian 421" are one
    source). A name that is not known, or that several sources share, is refused with similar names.
    """
    source = find(object)
    log(f"{object!r} is {source.identifier} (RA {source.ra}, Dec {source.dec}, from {source.origin})")
    return _resolved(source, {"given": object})


@workflow(
    title="Position resolver: the known source nearest to a position",
    gives={
        "main_identifier": kg.MainIdentifier,
        "fermi_name": kg.FermiCatalogueName,
        "redshift": kg.Redshift,
    },
    cost=0.1,
    cite=_CITE,
    datasets=_READS,
)
def at_position(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("deg"), limits(0, 5), label("search radius")] = 0.1,
) -> kg.ResolvedObject:
    """Finds the known source nearest to a position, if it lies within the search radius."""
    source, distance = nearest(ra, dec)
    if distance > radius:
        raise UnresolvedObject(
            f"No known source lies within {radius:g} deg of RA {ra:g}, Dec {dec:g} (ICRS); the nearest is "
            f"{source.identifier} at {distance:.3g} deg.",
            parameter="radius",
            value=f"{radius:g} deg",
            near=[source.identifier],
        )
    log(f"RA {ra}, Dec {dec}: {source.identifier} at {distance:.5f} deg")
    return _resolved(source, {"given_ra": ra, "given_dec": dec}, distance)


def _resolved(source: Source, given: dict[str, Any], distance: float | None = None) -> Result:
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
        "other_names": Measure(", ".join(source.names[1:])),
        "fermi_name": Measure(source.fermi_name),
        "redshift": Measure(source.redshift),
        "separation": Measure(distance, unit="deg"),
        "origin": Measure(source.origin),
    }
    values = {name: measure for name, measure in values.items() if measure.value is not None}
    content = given | {name: measure.value for name, measure in values.items()}
    return Result(
        label=f"{source.identifier}: position and names",
        files=[
            write_json(content | {"frame": "ICRS", "citation": archives.citation(TABLE)}, "resolved_object")
        ],
        values=values,
        gives=gives,
        datasets=_READS({}),
        cite=_CITE,
    )
