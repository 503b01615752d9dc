"""Finds images and source lists of the DESI Legacy Imaging Surveys around a position.

An image is found by what its header says of the sky it shows, read here without any library, because the
service asks before a run which datasets it will read. Import-light.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from executors import archives
from executors.known.source_list import separation
from kg_service.errors import Problem, RunFailed
from kg_service.model.product import Dataset

__all__ = [
    "SurveyImage",
    "covered",
    "image_at",
    "image_datasets",
    "not_covered",
    "photometry_datasets",
    "source_datasets",
    "source_lists",
]

_BLOCK, _CARD = 2880, 80
_NEAR = 1.0
"""Degrees from its named centre within which a damaged image may be the one that is asked for."""
_NEEDED = ("NAXIS1", "NAXIS2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD1_2", "CD2_1", "CD2_2")


@dataclass(frozen=True, slots=True)
class SurveyImage:
    """An image at hand: its file and, from the header, a tangent-plane projection.

    The projection is TAN of Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3.
    """

    file: archives.ArchiveFile
    header: Mapping[str, float]

    @property
    def band(self) -> str:
        """The filter."""
        return self.file.named["band"]

    @property
    def release(self) -> int:
        """The data release, 9 for DR9."""
        return _release(self.file)

    def distance(self, ra: float, dec: float) -> float:
        """Degrees from the middle of the image."""
        return separation(ra, dec, self.header["CRVAL1"], self.header["CRVAL2"])

    def contains(self, ra: float, dec: float) -> bool:
        """Whether the position (ICRS, deg) lies on a pixel."""
        place = _pixel(self.header, ra, dec)
        if place is None:
            return False
        return all(
            0.5 <= p <= n + 0.5
            for p, n in zip(place, (self.header["NAXIS1"], self.header["NAXIS2"]), strict=True)
        )

    @property
    def extent(self) -> str:
        """Release, filter, middle and size for people."""
        header = self.header
        scale = math.sqrt(abs(header["CD1_1"] * header["CD2_2"] - header["CD1_2"] * header["CD2_1"])) * 60
        return (
            f"DR{self.release} {self.band} around RA {header['CRVAL1']:.4f}, Dec {header['CRVAL2']:+.4f} "
            f"({header['NAXIS1'] * scale:.1f} x {header['NAXIS2'] * scale:.1f} arcmin)"
        )


def image_at(ra: float, dec: float, band: str, release: int | None = None) -> SurveyImage:
    """The image of a filter that shows a position (ICRS, deg): of the newest release, its middle nearest.

    Raises
    ------
    ArchiveUnavailable, RunFailed
        When no image at hand shows it, or the one that may is damaged.
    """
    found = _showing(ra, dec, band, release)
    if found is None:
        raise not_covered(ra, dec, f"The {band} image", band=band)
    return found


def image_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the image that shows the position, where there is one."""
    release = arguments.get("release")
    try:
        found = _showing(float(arguments["ra"]), float(arguments["dec"]), str(arguments["band"]), release)
    except Problem:  # the run meets the same file and says what is wrong with it
        return ()
    return (found.file.dataset,) if found else ()


def source_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: every source list of the release, as only their rows say where they are."""
    return tuple(found.dataset for found in source_lists(arguments.get("release")))


def photometry_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the image and the source lists."""
    return (*image_datasets(arguments), *source_datasets(arguments))


def source_lists(release: int | None = None) -> list[archives.ArchiveFile]:
    """The lists of Tractor sources at hand, newest release first."""
    found = archives.files("legacy_survey_sources")
    return sorted((f for f in found if release in {None, _release(f)}), key=lambda f: -_release(f))


def covered() -> str:
    """What of the sky is at hand, as a sentence."""
    shown = []
    for found in archives.files("legacy_survey_image"):
        try:
            shown.append(_image(found).extent)
        except RunFailed:
            continue  # a damaged file covers nothing
    return f"At hand: {'; '.join(shown)}." if shown else "No image is at hand."


def not_covered(ra: float, dec: float, what: str, band: str | None = None) -> Problem:
    """The refusal of a position that nothing at hand shows."""
    where = f"{what} of the Legacy Surveys at RA {ra:.5f}, Dec {dec:+.5f} (ICRS)"
    bands = sorted({f.named["band"] for f in archives.files("legacy_survey_image")})
    return archives.missing(
        "legacy_survey_image",
        where,
        covered(),
        parameter="ra" if band is None or band in bands else "band",
        value=f"{ra:g} deg" if band is None or band in bands else band,
        near=bands,
    )


def _showing(ra: float, dec: float, band: str, release: int | None) -> SurveyImage | None:
    found = []
    for file in archives.files("legacy_survey_image"):
        if file.named["band"] != band or release not in {None, _release(file)}:
            continue
        try:
            image = _image(file)
        except RunFailed:
            if separation(ra, dec, float(file.named["ra"]), float(file.named["dec"])) <= _NEAR:
                raise
            continue  # a damaged image of another field
        if image.contains(ra, dec):
            found.append(image)
    return min(found, key=lambda image: (-image.release, image.distance(ra, dec)), default=None)


def _release(file: archives.ArchiveFile) -> int:
    return int(file.named["release"].removeprefix("dr"))


def _image(file: archives.ArchiveFile) -> SurveyImage:
    try:
        written = file.path.stat()
        return SurveyImage(file, _header(file.path, written.st_size, written.st_mtime_ns))
    except (OSError, EOFError, zlib.error, ValueError, KeyError) as error:
        raise RunFailed(
            f"{file.path.name} ({file.reached}) cannot be read as an image: it is damaged, cut short or "
            "has no "
            f"position in its header ({error}). Replace the file.",
            value=file.path.name,
        ) from error


@lru_cache(maxsize=1024)
def _header(path: Path, size: int, changed: int) -> Mapping[str, float]:
    """The numbers that place the first image on the sky (FITS 4.0, section 4.1: cards of 80 characters)."""
    numbers: dict[str, float] = {}
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while block := file.read(_BLOCK):
            if len(block) < _BLOCK:
                raise ValueError("the header ends early")
            text = block.decode("ascii", errors="replace")
            for start in range(0, _BLOCK, _CARD):
                key, card = text[start : start + 8].strip(), text[start + 8 : start + _CARD]
                if key in _NEEDED:
                    numbers[key] = float(card[1:].split("/")[0].replace("D", "E"))
                elif key == "END":
                    return {name: numbers[name] for name in _NEEDED}
    raise ValueError("no END of the header")


def _pixel(header: Mapping[str, float], ra: float, dec: float) -> tuple[float, float] | None:
    """The pixel (from 1) of a position; ``None`` on the far side of the sky."""
    turn, delta = math.radians(ra - header["CRVAL1"]), math.radians(dec)
    middle = math.radians(header["CRVAL2"])
    ahead = math.sin(middle) * math.sin(delta) + math.cos(middle) * math.cos(delta) * math.cos(turn)
    if ahead <= 0:
        return None
    x = math.degrees(math.cos(delta) * math.sin(turn) / ahead)
    y = math.degrees(
        (math.cos(middle) * math.sin(delta) - math.sin(middle) * math.cos(delta) * math.cos(turn)) / ahead
    )
    a, b, c, d = header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"]
    area = a * d - b * c
    return header["CRPIX1"] + (d * x - b * y) / area, header["CRPIX2"] + (a * y - c * x) / area
