"""Finds an observing site by its name, or reads one from "lon, lat, height". Import-light."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache

from executors import archives
from executors.known.spelling import event_key
from kg_service.errors import BadValue

__all__ = ["TABLE", "Site", "everything", "find"]

TABLE = "observing_sites.toml"
_COORDINATES = re.compile(r"(?=.*[\d.])[\d.,;\s+\-\u2212\u00b0NSEWadegkm]+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
_HIGHEST = 9000.0


@dataclass(frozen=True, slots=True)
class Site:
    """A place on the Earth: east longitude and north latitude in degrees, height above the sea in metres."""

    name: str
    longitude: float
    latitude: float
    height: float
    other_names: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The place for people."""
        east, north = "E" if self.longitude >= 0 else "W", "N" if self.latitude >= 0 else "S"
        return f"{abs(self.longitude):g} {east}, {abs(self.latitude):g} {north}, {self.height:g} m"


@cache
def everything() -> tuple[Site, ...]:
    """Every site of the shipped list."""
    entries = tomllib.loads(archives.table(TABLE).read_text(encoding="utf-8"))
    return tuple(
        Site(name, entry["lon"], entry["lat"], float(entry["height"]), tuple(entry["names"]))
        for name, entry in entries.items()
    )


@cache
def _by_key() -> dict[str, Site]:
    return {_key(name): site for site in everything() for name in (*site.other_names, site.name)}


def _key(name: str) -> str:
    return event_key(name).replace(".", "").replace("-", "").replace("\u00f3", "o")


def find(text: str) -> Site:
    """The site of that name, or at "longitude, latitude, height" (deg east, deg north, m).

    Raises
    ------
    BadValue
        When no site has the name, or the numbers are no place on the Earth.
    """
    site = _by_key().get(_key(text))
    if site is not None:
        return site
    if _COORDINATES.fullmatch(text):
        return _place(text)
    names = {_key(name): name for site in everything() for name in (site.name, *site.other_names)}
    near = [names[key] for key in difflib.get_close_matches(_key(text), names, n=3, cutoff=0.6)]
    raise BadValue(
        f"{text!r} is not among the sites known here: {', '.join(site.name for site in everything())}. Any "
        'other place can be given as longitude, latitude and height, as in "-70.40, -24.63, 2635" (degrees '
        "east, degrees north, metres).",
        parameter="site",
        value=text,
        near=near,
    )


def _place(text: str) -> Site:
    parts = [part for part in re.split(r"[,;]", text) if part.strip()]
    if len(parts) == 1:
        parts = text.split()
    numbers = [_number(part) for part in parts]
    if len(numbers) not in (2, 3):
        raise _unreadable(text, "two or three numbers are needed, with commas between them")
    longitude, latitude = numbers[0], numbers[1]
    height = numbers[2] if len(numbers) == 3 else 0.0
    if not -180 <= longitude <= 360:
        raise _unreadable(text, f"a longitude lies between -180 and 360 deg, {longitude:g} does not")
    if not -90 <= latitude <= 90:
        raise _unreadable(text, f"a latitude lies between -90 and 90 deg, {latitude:g} does not")
    if not -500 <= height <= _HIGHEST:
        raise _unreadable(text, f"a height on the ground lies between -500 and 9000 m, {height:g} does not")
    longitude = (longitude + 180) % 360 - 180
    site = Site("", longitude, latitude, height)
    return Site(site.where, longitude, latitude, height)


def _number(part: str) -> float:
    """A number with its sign, or with W or S behind it for minus; degrees and metres may be named."""
    plain = part.replace("\u2212", "-").replace("\u00b0", " ").strip()
    found = _NUMBER.findall(plain)
    if len(found) != 1:
        raise _unreadable(part, "each part is one number")
    number, negative = float(found[0]), re.search(r"[WS]", plain) is not None
    if number < 0 and negative:
        raise _unreadable(part, "west and south are said by a minus or by a letter, not by both")
    return -number if negative else number


def _unreadable(text: str, why: str) -> BadValue:
    return BadValue(
        f"{text!r} is no place: {why}. Give degrees east, degrees north and metres, as in "
        '"-70.40, -24.63, 2635".',
        parameter="site",
        value=text,
    )
