"""Finds the files of neutrino telescopes in mirrors and the cache, by the rules of their collections.

Import-light, because the service asks which datasets a run will read before it runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from executors import archives
from executors.archives import ArchiveFile
from executors.known.source_list import separation
from kg_service.errors import NotCovered, RunFailed
from kg_service.model.product import Dataset

__all__ = [
    "ANTARES_PARTS",
    "OFFSET",
    "Release",
    "antares_datasets",
    "antares_files",
    "columns_of",
    "icecube_datasets",
    "icecube_release",
    "known_releases",
]

ANTARES_PARTS = ("ANTARES.data", "acc.txt", "background.txt")
"""The events, the acceptance, and the cumulative count that gives the background."""
OFFSET = 0.5
"""How far, in degrees, a position may lie from the middle of IceCube's release to be searched in it."""
_PUBLISHED_RELEASES = {"TXS 0506+056": (77.358, 5.693)}
"""Sources around which IceCube released its events in this form (ICRS, deg): doi:10.21234/B4QG92."""


def antares_files() -> dict[str, ArchiveFile]:
    """The three files of the public sample by part.

    Raises
    ------
    ArchiveUnavailable
        When one of them is not at hand.
    """
    found = {file.named["part"]: file for file in archives.files("antares")}
    for part in ANTARES_PARTS:
        if part not in found:
            have = ", ".join(sorted(found)) or "none of its files"
            raise archives.missing("antares", f"{part} of the public ANTARES sample", f"At hand: {have}.")
    return {part: found[part] for part in ANTARES_PARTS}


def antares_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: what of the public sample is at hand."""
    return tuple(file.dataset for file in archives.files("antares"))


@dataclass(frozen=True, slots=True)
class Release:
    """IceCube's events around one source: files by sample, the list of samples, middle and radius (deg)."""

    source: str
    events: Mapping[str, ArchiveFile]
    areas: Mapping[str, ArchiveFile]
    samples: ArchiveFile
    ra: float
    dec: float
    radius: float

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Every file of the release."""
        files = [self.samples, *self.events.values(), *self.areas.values()]
        return tuple(file.dataset for file in files)


def icecube_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the files of the release around the position."""
    found = _nearest(float(arguments["ra"]), float(arguments["dec"]), _releases(readable_only=True))
    return found.datasets if found else ()


def icecube_release(ra: float, dec: float) -> Release:
    """The release whose middle lies within :data:`OFFSET` of a position (ICRS, deg).

    Raises
    ------
    ArchiveUnavailable
        When the archive has it and it is not at hand.
    NotCovered
        When IceCube released no event list around that position.
    """
    here = _releases()
    found = _nearest(ra, dec, here)
    if found is not None:
        return found
    at_hand = "; ".join(f"{r.source} at RA {r.ra:.2f}, Dec {r.dec:+.2f} deg" for r in here) or "none"
    for name, (its_ra, its_dec) in known_releases().items():
        if separation(ra, dec, its_ra, its_dec) <= OFFSET:
            raise archives.missing(
                "icecube_point_source", f"IceCube's event list around {name}", f"At hand: {at_hand}."
            )
    there = ", ".join(f"{name} (RA {r:.3f}, Dec {d:+.3f} deg)" for name, (r, d) in known_releases().items())
    raise NotCovered(
        f"IceCube released events with times and energies in this form around single sources only: {there}. "
        f"RA {ra:.3f}, Dec {dec:+.3f} deg lies more than {OFFSET:g} deg from each. At hand: {at_hand}.",
        parameter="ra",
        value=f"{ra:g} {dec:+g}",
        near=known_releases(),
    )


def known_releases() -> dict[str, tuple[float, float]]:
    """Sources with a release of this form, with their positions (ICRS, deg)."""
    return dict(_PUBLISHED_RELEASES)


def columns_of(file: ArchiveFile, width: int) -> list[list[float]]:
    """The rows of numbers of a text file, ``width`` to a row; the head of columns is left out.

    Raises
    ------
    RunFailed
        When the file is corrupt or truncated.
    """
    try:
        lines = file.path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as failure:
        raise RunFailed(f"{file.path.name} cannot be read: {failure}.", value=file.path.name) from failure
    rows = []
    for number, line in enumerate(lines, start=1):
        row = _numbers(line)
        if len(row) == width:
            rows.append(row)
        elif line.strip() and not (number == 1 and _is_head(line)):
            raise RunFailed(
                f"{file.path.name} is corrupt or truncated: line {number} should hold {width} numbers and is "
                f"{line.strip()[:60]!r}. Put a fresh copy from {file.address} in its place.",
                value=file.path.name,
            )
    if not rows:
        raise RunFailed(
            f"{file.path.name} holds no rows; put a fresh copy from {file.address} in its place.",
            value=file.path.name,
        )
    return rows


def _is_head(line: str) -> bool:
    """Whether a line names columns: none of its words is a number, not even NaN."""
    return not any(
        re.fullmatch(r"[-+]?([0-9.]+(e[-+]?[0-9]+)?|nan|inf)", word, re.IGNORECASE) for word in line.split()
    )


def _numbers(line: str) -> list[float]:
    """The finite numbers of a line; none when anything in it is not one."""
    try:
        found = [float(word) for word in line.split()]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []


def _nearest(ra: float, dec: float, releases: Iterable[Release]) -> Release | None:
    near = [(separation(ra, dec, r.ra, r.dec), r.source, r) for r in releases]
    distance, _, found = min(near, default=(math.inf, "", None), key=lambda entry: entry[:2])
    return found if distance <= OFFSET else None


def _releases(*, readable_only: bool = False) -> list[Release]:
    """Every complete release at hand; one that cannot be read is an error unless only readable ones count."""
    parts: dict[str, dict[str, dict[str, ArchiveFile]]] = {}
    for file in archives.files("icecube_point_source"):
        of_source = parts.setdefault(file.named["source"], {"events": {}, "Aeff": {}})
        of_source[file.named["part"]][file.named["sample"]] = file
    lists = {file.named["source"]: file for file in archives.files("icecube_samples")}
    found = []
    for source, files in sorted(parts.items()):
        complete = {name for name in files["events"] if name in files["Aeff"]}
        if source not in lists or not complete:
            continue
        try:
            ra, dec, radius = _footprint(files["events"][name] for name in complete)
        except RunFailed:
            if readable_only:
                continue
            raise
        events, areas = ({n: files[part][n] for n in sorted(complete)} for part in ("events", "Aeff"))
        found.append(Release(source, events, areas, lists[source], ra, dec, radius))
    return found


def _footprint(files: Iterable[ArchiveFile]) -> tuple[float, float, float]:
    """Middle and radius (deg) of the circle that the events of a release fill.

    The middle is half-way between the outermost events in declination and, about their mean, in right
    ascension; the radius is the distance of the outermost event.
    """
    rows = [row for file in files for row in columns_of(file, 5)]
    east = sum(math.sin(math.radians(row[1])) for row in rows)
    north = sum(math.cos(math.radians(row[1])) for row in rows)
    mean = math.degrees(math.atan2(east, north))
    offsets = [(row[1] - mean + 180) % 360 - 180 for row in rows]
    declinations = [row[2] for row in rows]
    ra = (mean + (min(offsets) + max(offsets)) / 2) % 360
    dec = (min(declinations) + max(declinations)) / 2
    return ra, dec, max(separation(ra, dec, row[1], row[2]) for row in rows)
