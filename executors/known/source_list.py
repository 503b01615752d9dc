"""The list of known sources, put together from the shipped tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from executors import archives
from executors.known.spelling import source_key

__all__ = ["FERMI_TABLE", "TABLE", "Source", "everything", "separation"]

TABLE = "sources.ecsv"
FERMI_TABLE = "fermi_4fgl_dr4_selected.ecsv"


@dataclass(frozen=True, slots=True)
class Source:
    """A known source: every name it has, position (ICRS, deg), classes, redshift, 4FGL name."""

    identifier: str
    names: tuple[str, ...]
    ra: float
    dec: float
    classes: str
    redshift: float | None
    fermi_name: str | None
    origin: str


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two directions in degrees (Vincenty's formula, exact at every distance)."""
    a1, d1, a2, d2 = map(math.radians, (ra1, dec1, ra2, dec2))
    turn = a2 - a1
    across = math.hypot(
        math.cos(d2) * math.sin(turn),
        math.cos(d1) * math.sin(d2) - math.sin(d1) * math.cos(d2) * math.cos(turn),
    )
    along = math.sin(d1) * math.sin(d2) + math.cos(d1) * math.cos(d2) * math.cos(turn)
    return math.degrees(math.atan2(across, along))


@cache
def everything() -> tuple[Source, ...]:
    """Every known source; a source of 4FGL-DR4 is also found by the association the catalogue gives it.

    Where two entries claim one 4FGL name, it belongs to the one that has the associated name.
    """
    listed = _merged([_source(row) for row in archives.rows(TABLE)])
    owner = {source_key(n): i for i, s in enumerate(listed) for n in s.names}
    claimed = {s.fermi_name: i for i, s in reversed(list(enumerate(listed)))}
    for row in archives.rows(FERMI_TABLE):
        fermi, key = row["source_name"], source_key(row["association"])
        position = owner.get(key, claimed.get(fermi))
        if position is None:
            continue
        source = listed[position]
        listed[position] = replace(source, names=(*source.names, row["association"]), fermi_name=fermi)
        for other in [i for i, s in enumerate(listed) if i != position and s.fermi_name == fermi]:
            rest = tuple(n for n in listed[other].names if n != fermi)
            listed[other] = replace(listed[other], names=rest, fermi_name=None)
    return tuple(replace(s, names=tuple(dict.fromkeys(s.names))) for s in listed)


def _merged(listed: list[Source]) -> list[Source]:
    """Entries under one name are one source: position of the first, what it lacks from the others."""
    by_key: dict[str, Source] = {}
    for source in listed:
        key = source_key(source.identifier)
        first = by_key.get(key, source)
        by_key[key] = replace(
            first,
            names=(*first.names, *source.names),
            redshift=first.redshift if first.redshift is not None else source.redshift,
            fermi_name=first.fermi_name or source.fermi_name,
        )
    return list(by_key.values())


def _source(row: dict[str, str]) -> Source:
    fermi = row["fermi_name"] or None
    redshift = float(row["redshift"])
    identifier = _main_identifier(row["name"])
    names = (identifier, row["name"], *row["aliases"].split("|"), fermi or "", row["tevcat_name"])
    return Source(
        identifier=identifier,
        names=tuple(dict.fromkeys(filter(None, names))),
        ra=float(row["ra"]),
        dec=float(row["dec"]),
        classes=row["classes"],
        redshift=redshift if math.isfinite(redshift) else None,
        fermi_name=fermi,
        origin=row["origin"],
    )


def _main_identifier(name: str) -> str:
    """The list's own name, but Mrk for Markarian.

    That is the acronym of the Dictionary of Nomenclature, the one VERITAS publishes under and people type.
    """
    return name.replace("Markarian ", "Mrk ")
