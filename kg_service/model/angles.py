"""Angles in degrees, rounded once to nine decimals (4 micro-arcseconds), from sexagesimal notations."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from kg_service.errors import BadValue
from kg_service.model.decimals import add, multiply, read_decimal, remainder, shorten
from kg_service.model.values import Kind

__all__ = ["PLACES", "sexagesimal_parts", "unusual_parts", "within_limits"]

PLACES = Decimal("1e-9")
"""Canonical angles are multiples of this many degrees."""

_PART = r"([0-9]+(?:\.[0-9]*)?)"
_MINUTE_MARKS, _SECOND_MARKS = "['\u2032\u2019]", "(?:[\"\u2033\u201d]|'')"
_M, _S = rf"(?:[mM]|{_MINUTE_MARKS})", rf"(?:[sS]|{_SECOND_MARKS})"
_LETTERS = re.compile(
    rf"([+-])?\s*{_PART}\s*([hHdD\u00b0])"
    rf"(?:\s*{_PART}\s*{_M}(?:\s*{_PART}\s*{_S}?)?|\s*{_PART}\s*{_S})?"
)
_COLONS = re.compile(rf"([+-])?{_PART}:{_PART}(?::{_PART})?")
_BLANKS = re.compile(rf"([+-])?\s*{_PART}\s+{_PART}\s+{_PART}")
_MARKS = re.compile(rf"([+-])?\s*{_PART}\s*(?:({_MINUTE_MARKS})|{_SECOND_MARKS})")
_FULL_TURN = Decimal(360)
_EXAMPLES = {
    Kind.RIGHT_ASCENSION: "166.114 (degrees), 11h04m27.3s or 11:04:27.3",
    Kind.DECLINATION: "38.209 (degrees), +38d12m32s or +38:12:32",
    Kind.ANGLE: "0.5 (degrees), 30 arcmin or 0d30m",
}


def sexagesimal_parts(text: str, kind: Kind) -> tuple[Decimal, Decimal] | None:
    """An angle in sexagesimal notation as a numerator and a divisor in degrees.

    ``11:04:27.3`` is in hours for a right ascension and in degrees otherwise; letters and signs decide
    for themselves. ``None`` when the text is not in such a notation.
    """
    found = _LETTERS.fullmatch(text)
    if found:
        sign, whole, letter, minutes, seconds, seconds_alone = found.groups()
        seconds = seconds or seconds_alone
        if letter != "\u00b0" and minutes is None and seconds is None and " " in text:
            return None  # "38 d" may be 38 days, "11 h" a duration; "38d", "11h" and "38d12m" are angles
        in_hours = letter in "hH"
        if in_hours and kind is Kind.DECLINATION:
            raise BadValue(f"a declination is in degrees, not hours; write {_EXAMPLES[kind]}")
        return _seconds(sign, [whole, minutes, seconds], in_hours=in_hours)
    found = _COLONS.fullmatch(text) or _BLANKS.fullmatch(text)
    if found:
        sign, *parts = found.groups()
        return _seconds(sign, parts, in_hours=kind is Kind.RIGHT_ASCENSION)
    found = _MARKS.fullmatch(text)
    if found:
        value = read_decimal((found[1] or "") + found[2])
        return value, Decimal(60 if found[3] else 3600)
    return None


def _seconds(sign: str | None, parts: list[str | None], *, in_hours: bool) -> tuple[Decimal, Decimal]:
    given = [part for part in parts if part is not None]
    if any("." in part for part in given[:-1]):
        raise BadValue("only the last part of a sexagesimal angle may have decimals")
    whole, minutes, seconds = (read_decimal(part or "0") for part in parts)
    if minutes >= 60 or seconds >= 60:
        raise BadValue("minutes and seconds of an angle lie below 60")
    total = add(multiply(whole, Decimal(3600)), add(multiply(minutes, Decimal(60)), seconds))
    return (total.copy_negate() if sign == "-" else total), Decimal(240 if in_hours else 3600)


def unusual_parts(text: str, kind: Kind) -> tuple[Decimal, Decimal]:
    """As :func:`sexagesimal_parts`, of a notation that only astropy reads; ``BadValue`` if it cannot."""
    degrees: Fraction | None = None
    if re.match(r"[+-]?[0-9.]", text):
        from kg_service.model import astropy_bridge

        degrees = astropy_bridge.angle_degrees(text)
    if degrees is None:
        raise BadValue(f"{shorten(text)!r} cannot be read as an angle; write {_EXAMPLES.get(kind, '')}")
    return Decimal(degrees.numerator), Decimal(degrees.denominator)


def within_limits(degrees: Decimal, kind: Kind) -> Decimal:
    """A right ascension wrapped to [0, 360), a declination checked to lie within [-90, 90] degrees."""
    if kind is Kind.RIGHT_ASCENSION:
        return remainder(degrees, _FULL_TURN)
    if kind is Kind.DECLINATION and abs(degrees) > 90:
        raise BadValue(f"a declination lies between -90 and +90 degrees, not at {degrees.normalize():f}")
    return degrees
