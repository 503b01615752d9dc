"""Finds INTEGRAL products by what their headers say: source, position, time, energy band. Import-light.

Times in the files are days or seconds of Terrestrial Time since MJD 51544 (INTEGRAL Julian Date).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from executors import archives
from executors.fits_headers import Header, headers
from executors.known import sources
from executors.known.source_list import separation
from executors.known.spelling import source_key
from kg_service.errors import BadValue, Invalid, RunFailed, UnresolvedObject
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = [
    "BAND_TOLERANCE",
    "Held",
    "Target",
    "band_within",
    "held",
    "span_of",
    "span_utc",
    "target",
    "utc",
]

_DAY = 86_400_000_000
_UNITS = {"d": _DAY, "day": _DAY, "s": 1_000_000, "sec": 1_000_000}
BAND_TOLERANCE = 0.05
"""Relative difference up to which an edge of a band counts as the edge asked for: a channel of ISGRI or
JEM-X is about that wide, so files say 3.04 or 34.88 keV where people say 3 and 35."""


@dataclass(frozen=True, slots=True)
class Held:
    """A unit of a file at hand: its number, its header, and its time span in microseconds TT since MJD 0."""

    file: archives.ArchiveFile
    unit: int
    header: Header
    span: tuple[int, int] | None
    band: tuple[float, float] | None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.path.name

    @property
    def label(self) -> str:
        """What people read of it: time span and band."""
        parts = []
        if self.span:
            start, end = (text[:19].replace("T", " ") for text in span_utc(self.span))
            parts.append(f"{start} to {end[11:] if start[:10] == end[:10] else end}")
        if self.band:
            parts.append(f"{self.band[0]:g}-{self.band[1]:g} keV")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked at: a name where there is one, and a position (ICRS, deg) where it is known."""

    name: str | None
    ra: float | None
    dec: float | None

    @property
    def title(self) -> str:
        """The name, or the position."""
        return self.name or f"RA {self.ra:.4f}, Dec {self.dec:.4f}"

    def is_at(self, header: Header, within: float) -> bool:
        """Whether a header names the target, or has its source within ``within`` degrees of it."""
        if self.name and source_key(self.name) in {source_key(str(header.get(k, ""))) for k in _NAME_KEYS}:
            return True
        ra, dec = header.get("RA_OBJ"), header.get("DEC_OBJ")
        if self.ra is None or self.dec is None or not isinstance(ra, float) or not isinstance(dec, float):
            return False
        return separation(self.ra, self.dec, ra, dec) <= within


_NAME_KEYS = ("NAME", "OBJECT", "SRC_NAME")


def target(name: str | None, ra: float | None, dec: float | None) -> Target | None:
    """The target of a request, or ``None`` when none was named; a known name brings its position."""
    if (ra is None) != (dec is None):
        raise Invalid("Right ascension and declination go together.", parameter="ra" if ra is None else "dec")
    if ra is not None and dec is not None and not (0 <= ra < 360 and -90 <= dec <= 90):
        raise BadValue(
            f"RA {ra:g}, Dec {dec:g} deg is no position on the sky.", parameter="dec", value=f"{dec:g}"
        )
    if name is None:
        if ra is None or dec is None:
            return None
        near = sources.within(ra, dec, _SAME)
        return Target(near[0][1].identifier if near else None, ra, dec)
    if ra is None:
        try:
            source = sources.find(name)
        except UnresolvedObject:
            return Target(name, None, None)
        ra, dec = source.ra, source.dec
    return Target(name, ra, dec)


_SAME = 0.01


def held(
    collection: str, wanted: Callable[[Header], bool], *, among: Iterable[archives.ArchiveFile] | None = None
) -> tuple[list[Held], list[RunFailed]]:
    """The units of files of a collection that are wanted by their header, and the damaged files."""
    found: list[Held] = []
    damaged: list[RunFailed] = []
    for file in archives.files(collection) if among is None else among:
        try:
            units = headers(file.path)
        except RunFailed as problem:
            damaged.append(problem)
            continue
        found += [
            Held(file, number, header, span_of(header), _band(header, file))
            for number, header in enumerate(units)
            if wanted(header)
        ]
    return found, damaged


def span_of(header: Header) -> tuple[int, int] | None:
    """Start and end of the observation in microseconds TT since MJD 0, where the header says."""
    start, end, unit = header.get("TSTART"), header.get("TSTOP"), str(header.get("TIMEUNIT", "d"))
    if isinstance(start, (int, float)) and isinstance(end, (int, float)) and unit in _UNITS:
        origin = round(float(header.get("MJDREF", 51544.0)) * _DAY)
        first, last = (origin + round(float(value) * _UNITS[unit]) for value in (start, end))
        return first, last
    dates = (str(header.get("DATE-OBS", "")), str(header.get("DATE-END", "")))
    if all(dates):
        return tt_from_iso(dates[0]), tt_from_iso(dates[1])
    return None


def _band(header: Header, file: archives.ArchiveFile) -> tuple[float, float] | None:
    """The energy band in keV: of the header, else of the file's name."""
    low, high = header.get("E_MIN"), header.get("E_MAX")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return float(low), float(high)
    if "e_min" in file.named and "e_max" in file.named:
        return float(file.named["e_min"]), float(file.named["e_max"])
    return None


def band_within(band: tuple[float, float] | None, e_min: float | None, e_max: float | None) -> bool:
    """Whether a band lies within the one asked for (keV), up to the width of a channel."""
    if band is None:
        return e_min is None and e_max is None
    above = e_min is None or band[0] >= e_min * (1 - BAND_TOLERANCE)
    return above and (e_max is None or band[1] <= e_max * (1 + BAND_TOLERANCE))


def span_utc(span: tuple[int, int]) -> tuple[str, str]:
    """A span as two ISO 8601 UTC texts."""
    return utc(span[0]), utc(span[1])


def utc(moment: int) -> str:
    """ISO 8601 UTC text, to the millisecond, of microseconds TT since MJD 0."""
    return iso_from_tt(round(moment / 1000) * 1000)


MISSION = ("2002-10-17T00:00:00Z", "2025-02-28T00:00:00Z")
"""Launch of INTEGRAL and the end of its scientific operations, UTC."""
_SECOND = 1_000_000


def choose(
    found: tuple[list[Held], list[RunFailed]],
    *,
    collection: str,
    what: str,
    target: Target | None = None,
    within: float = 180.0,
    times: tuple[str | None, str | None] = (None, None),
    band: tuple[float | None, float | None] = (None, None),
    whole: bool,
) -> list[Held]:
    """The units that answer a request, the one with most of the asked time first, then the newest.

    Parameters
    ----------
    what
        What is asked for, for messages: "an ISGRI mosaic".
    within
        Degrees up to which the source named in a header is the target.
    whole
        Whether the product cannot be cut in time and so must lie wholly within the times asked for (to a
        second: headers hold whole seconds); else it is enough that they overlap.

    Raises
    ------
    ArchiveUnavailable
        When none does; the message says what is at hand.
    """
    candidates, damaged = found
    asked = _asked(times)
    of_target = [h for h in candidates if target is None or target.is_at(h.header, within)]
    in_time = [h for h in of_target if _fits_time(h, asked, whole)]
    chosen = [h for h in in_time if band_within(h.band, *band)]
    if chosen:
        return sorted(chosen, key=lambda h: (-_overlap(h, asked), -(h.span or (0, 0))[0], h.name))
    if damaged:
        raise damaged[0]
    parameter, value = "object", target.title if target else None
    rest = candidates
    if of_target:
        rest = in_time or of_target
        parameter, value = ("e_min", _said(band[0], " keV")) if in_time else ("t1", times[0] or times[1])
    of = f" of {target.title}" if target else ""
    asked_for = " ".join(filter(None, (_words_of(times), _band_words(band))))
    raise archives.missing(
        collection,
        f"{what[0].upper()}{what[1:]}{of}{' ' if asked_for else ''}{asked_for}",
        _covered(what, rest, whole and bool(of_target)),
        parameter=parameter,
        value=value,
        near=tuple(dict.fromkeys(filter(None, (source_of(h) for h in rest))))[:5] if not of_target else (),
    )


def source_of(held_unit: Held) -> str | None:
    """The source that a header names, by its main identifier where it is known here."""
    for key in _NAME_KEYS:
        name = str(held_unit.header.get(key, "")).strip()
        if name and name.casefold() not in {"string", "unknown", "none"}:
            bearers = sources.bearers(name)
            return bearers[0].identifier if len(bearers) == 1 else name
    ra, dec = held_unit.header.get("RA_OBJ"), held_unit.header.get("DEC_OBJ")
    if isinstance(ra, float) and isinstance(dec, float):
        near = sources.within(ra, dec, _SAME)
        return near[0][1].identifier if near else f"RA {ra:.3f}, Dec {dec:.3f}"
    return held_unit.file.named.get("source")


def asked_span(times: tuple[str | None, str | None]) -> tuple[int, int]:
    """Two UTC texts as microseconds TT since MJD 0; an open side reaches to the end of the mission."""
    return _asked(times)


def _asked(times: tuple[str | None, str | None]) -> tuple[int, int]:
    start, end = (tt_from_iso(given or limit) for given, limit in zip(times, MISSION, strict=True))
    if start >= end:
        raise Invalid(
            f"The start {times[0]} does not lie before the end {times[1]}, or they lie outside the time that "
            f"INTEGRAL observed ({MISSION[0][:10]} to {MISSION[1][:10]}).",
            parameter="t1" if times[0] else "t2",
            value=times[0] or times[1],
        )
    return start, end


def _fits_time(unit: Held, asked: tuple[int, int], whole: bool) -> bool:
    if unit.span is None:
        return asked == _asked((None, None))
    if whole:
        return asked[0] - _SECOND <= unit.span[0] and unit.span[1] <= asked[1] + _SECOND
    return unit.span[0] < asked[1] and asked[0] < unit.span[1]


def _overlap(unit: Held, asked: tuple[int, int]) -> int:
    return 0 if unit.span is None else min(unit.span[1], asked[1]) - max(unit.span[0], asked[0])


def _covered(what: str, rest: list[Held], whole: bool) -> str:
    if not rest:
        return "None is kept here."
    listed = "; ".join(", ".join(filter(None, (source_of(h), h.label))) for h in rest[:5])
    more = f" and {len(rest) - 5} more" if len(rest) > 5 else ""
    cut = f" ({what} cannot be cut in time or energy: ask for a range that holds it)" if whole else ""
    return f"Kept here: {listed}{more}{cut}."


def _words_of(times: tuple[str | None, str | None]) -> str:
    return (
        "" if times == (None, None) else f"between {times[0] or 'the beginning'} and {times[1] or 'the end'}"
    )


def _band_words(band: tuple[float | None, float | None]) -> str:
    low, high = band
    if low is None and high is None:
        return ""
    return f"from {_said(low, '') or 'any'} to {_said(high, '') or 'any'} keV"


def _said(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:g}{unit}"
