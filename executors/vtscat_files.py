"""Finds the files of VERITAS' collection VTSCat about a source, and which source a number of theirs means.

Files carry a number (``VER-000049-lc-1.ecsv``). Its source is told by ``sources/tev-000049.yaml`` where the
mirror has it, by the position that a file of the source states, or by the references of the shipped
spectral points. Import-light, because the service asks before a run which datasets it will read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from executors import archives
from executors.known import sources
from executors.known.spelling import source_key
from kg_service.errors import Problem, UnresolvedObject
from kg_service.model.product import Dataset

__all__ = ["absent", "datasets_of", "held", "of_source", "reference_of"]

_POINTS = "veritas_sed_points.ecsv"
_NEAR = 0.2
"""Degrees: how far VERITAS may place a source from its counterpart (its beam is 0.1 deg wide)."""
_COMMON_NAME = re.compile(r"^common_name:\s*['\"]?(.+?)['\"]?\s*$", re.MULTILINE)
_POSITION = re.compile(
    r"^pos:\s*\n\s+ra:\s*\{\s*val:\s*([^,}]+).*\n\s+dec:\s*\{\s*val:\s*([^,}]+)", re.MULTILINE
)
_SEXAGESIMAL = re.compile(r"([+-]?)(\d+)[hd](\d+)m([\d.]+)s")


def of_source(name: str, part: str) -> list[archives.ArchiveFile]:
    """The ECSV files of one kind (``lc`` or ``sed``) of the source with that main identifier."""
    numbers = {number for number, found in _names().items() if source_key(found) == source_key(name)}
    return [
        file
        for file in archives.files("veritas")
        if file.named["source"] in numbers and file.named.get("part") == part and file.named["kind"] == "ecsv"
    ]


def datasets_of(part: str) -> Callable[[Mapping[str, Any]], tuple[Dataset, ...]]:
    """For ``datasets=``: every file of the kind about the source, as only their rows say when they are."""

    def read(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
        return tuple(file.dataset for file in of_source(str(arguments["object"]), part))

    return read


def held(part: str) -> list[str]:
    """The sources with files of a kind at hand; a number that nothing explains stands for itself."""
    numbers = {f.named["source"] for f in archives.files("veritas") if f.named.get("part") == part}
    return sorted({_names().get(number, f"VER-{number}") for number in numbers})


def absent(name: str, part: str) -> Problem:
    """The refusal of a source without files of the kind."""
    what = {"lc": "A VERITAS light curve", "sed": "A VERITAS spectrum"}[part]
    here = held(part)
    covered = f"At hand: those of {' and '.join(here)}." if here else "None is at hand."
    return archives.missing(
        "veritas", f"{what} of {name}", covered, parameter="object", value=name, near=here
    )


def reference_of(file: archives.ArchiveFile) -> str:
    """The bibcode of a file; folders write _ for the & that A&A has."""
    return re.sub(r"(?<=[A-Za-z])_(?=[A-Za-z])", "&", file.named["bibcode"])


def _names() -> dict[str, str]:
    """Main identifiers by number, as the files at hand tell them."""
    found = archives.files("veritas")
    named = {file.named["source"]: _common_name(file.path) for file in archives.files("veritas_sources")}
    names = {number: name for number, name in named.items() if name}
    by_reference = _published()
    for file in found:
        number = file.named["source"]
        if number in names:
            continue
        name = _at_position(file.path) if file.named["kind"] == "yaml" else ""
        name = name or by_reference.get(reference_of(file), "")
        if name:
            names[number] = name
    return names


@cache
def _published() -> dict[str, str]:
    """The source of each reference of the shipped points that is about one source only."""
    by_reference: dict[str, set[str]] = {}
    for row in archives.rows(_POINTS):
        by_reference.setdefault(row["reference"], set()).add(row["source"])
    return {reference: names.pop() for reference, names in by_reference.items() if len(names) == 1}


def _common_name(path: Path) -> str:
    """The main identifier of the name that a file gives; the name itself where it is not a known one."""
    match = _COMMON_NAME.search(path.read_text(encoding="utf-8", errors="replace"))
    if match is None:
        return ""
    try:
        return sources.find(match[1]).identifier
    except UnresolvedObject:
        return match[1]


def _at_position(path: Path) -> str:
    """The known source at the position that a file states."""
    match = _POSITION.search(path.read_text(encoding="utf-8", errors="replace"))
    angles = [_angle(text.strip()) for text in match.groups()] if match else [None]
    if None in angles:
        return ""
    ra, dec = (float(angle) for angle in angles if angle is not None)
    near = sources.within(15 * ra if "h" in (match or [""])[1] else ra, dec, _NEAR)
    return near[0][1].identifier if near else ""


def _angle(text: str) -> float | None:
    """Hours or degrees of 5h09m25.0s, 5d42m9s or 77.35."""
    match = _SEXAGESIMAL.fullmatch(text)
    if match is None:
        try:
            return float(text)
        except ValueError:
            return None
    sign, whole, minutes, seconds = match.groups()
    size = int(whole) + int(minutes) / 60 + float(seconds) / 3600
    return -size if sign == "-" else size
