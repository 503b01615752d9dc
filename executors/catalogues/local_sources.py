"""The local list of known sources: find one by any of its names or by position, never a similar one.

Lower case and missing blanks may find a name; the name handed on is always the one main identifier.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from executors import archives
from kg_service.errors import UnresolvedObject

__all__ = ["FERMI_TABLE", "TABLE", "Source", "everything", "find", "nearest", "search_key", "separation"]

TABLE = "sources.ecsv"
FERMI_TABLE = "fermi_4fgl_dr4_selected.ecsv"
_SPELLINGS = (("markarian", "mrk"), ("mkn", "mrk"), ("messier", "m"))


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


def search_key(name: str) -> str:
    """What names are compared by: no blanks, no underscores, no case, one spelling of Markarian's list.

    Signs stay: they are part of positional names.
    """
    key = "".join(name.casefold().split()).replace("_", "").replace("\u2212", "-").replace("\u2013", "-")
    for long, short in _SPELLINGS:
        if key.startswith(long):
            return short + key[len(long) :]
    return key


def find(name: str) -> Source:
    """The one source of that name.

    A source's own name counts before an alias that it shares with another; where aliases alone are
    shared, the name is refused as ambiguous.
    """
    key = search_key(name)
    known = everything()
    found = [s for s in known if search_key(s.identifier) == key]
    found = found or [s for s in known if key in {search_key(n) for n in s.names}]
    if len(found) == 1:
        return found[0]
    if found:
        choices = [s.identifier for s in found]
        raise UnresolvedObject(
            f"{name!r} is a name of {len(choices)} sources ({', '.join(choices)}): ask for one of them.",
            parameter="object",
            value=name,
            near=choices,
        )
    near = _near(key, known)
    hint = f" Similar names: {', '.join(near)}." if near else ""
    raise UnresolvedObject(
        f"{name!r} is not among the {len(known)} sources known here.{hint} "
        f"A position (ra, dec) can be given instead.",
        parameter="object",
        value=name,
        near=near,
    )


def nearest(ra: float, dec: float) -> tuple[Source, float]:
    """The source closest to a position (ICRS, deg), and how far away it is in degrees."""
    return min(((s, separation(ra, dec, s.ra, s.dec)) for s in everything()), key=lambda pair: pair[1])


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


def _near(key: str, known: Iterable[Source]) -> list[str]:
    """Up to five main identifiers with a similar name; names that begin alike come first."""
    spelled = {search_key(n): s.identifier for s in known for n in s.names}
    begins = sorted(k for k in spelled if len(key) > 2 and k.startswith(key))
    heads = {k[: len(key)]: k for k in reversed(spelled)} if len(key) > 3 else {}
    begins += [heads[h] for h in difflib.get_close_matches(key, heads, n=3, cutoff=0.8)]
    alike = difflib.get_close_matches(key, spelled, n=5, cutoff=0.72)
    acronym = key.rstrip("0123456789.+-")
    of_list = [k for k in spelled if len(acronym) > 1 and k.rstrip("0123456789.+-") == acronym]
    alike = alike or difflib.get_close_matches(key, of_list, n=3, cutoff=0.0)
    return list(dict.fromkeys(spelled[k] for k in (*begins, *alike)))[:5]


@cache
def everything() -> tuple[Source, ...]:
    """Every known source; a source of 4FGL-DR4 is also found by the association the catalogue gives it.

    Where two entries claim one 4FGL name, it belongs to the one that has the associated name.
    """
    listed = _merged([_source(row) for row in archives.rows(TABLE)])
    owner = {search_key(n): i for i, s in enumerate(listed) for n in s.names}
    claimed = {s.fermi_name: i for i, s in reversed(list(enumerate(listed)))}
    for row in archives.rows(FERMI_TABLE):
        fermi, key = row["source_name"], search_key(row["association"])
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
        key = search_key(source.identifier)
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
