"""Numbers with a unit, plain numbers and angles, read exactly and rounded at most once."""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from kg_service.errors import BadValue
from kg_service.model import angles, texts
from kg_service.model.decimals import (
    NUMBER,
    canonical_text,
    from_number,
    integer_text,
    multiply,
    quotient,
    quotient_to_places,
    read_decimal,
    round_significant,
)
from kg_service.model.unit_table import LENGTH
from kg_service.model.units import conversion, find_unit
from kg_service.model.values import Kind, Value

__all__ = ["CANONICAL_UNITS", "Given", "angle", "integer", "is_wavelength", "members", "quantity"]

Given = str | int | float | bool | Decimal | Fraction | Mapping[str, Any] | Sequence[Any] | None
"""What may be given for a value: text, a number, ``{"value": 20, "unit": "keV"}``, or nothing."""

CANONICAL_UNITS: Final[Mapping[Kind, str]] = {
    Kind.RIGHT_ASCENSION: "deg",
    Kind.DECLINATION: "deg",
    Kind.ANGLE: "deg",
    Kind.DURATION: "s",
    Kind.ENERGY: "keV",
    Kind.FREQUENCY: "Hz",
    Kind.LENGTH: "m",
}
"""The canonical unit of a kind, where the role names no other (VOUnit)."""

_QUANTITY = re.compile(rf"({NUMBER})\s*(\S.*)?", re.DOTALL)
_LONGEST_QUANTITY = 500
_ONE = Decimal(1)


def members(given: Mapping[str, Any]) -> tuple[Any, str | None]:
    """The value and the unit of ``{"value": 20, "unit": "keV"}``; the unit may be absent or null."""
    if "value" not in given or set(given) - {"value", "unit"}:
        raise BadValue('an object must have the members "value" and "unit" and no others')
    value, unit = given["value"], given.get("unit")
    if isinstance(value, Mapping) or not isinstance(unit, (str, type(None))):
        raise BadValue('"value" must be a number or text, "unit" a text')
    return value, texts.text(unit.strip()) if unit else None


def quantity(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    """A number in ``unit``, or in the kind's canonical unit; without any, 15 significant digits of it."""
    target = unit or CANONICAL_UNITS.get(kind, "")
    number, source = _measure(given)
    if source is not None and source != target:
        number = conversion(source, target, photon).apply(number)
    if not target:
        number = round_significant(number)
    text = canonical_text(number)
    return Value(kind, text, target or None, float(text))


def integer(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    """A whole number, however it is written: ``5.0`` and ``5e0`` are 5."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # all its digits count here
    number, source = _measure(given)
    if source is not None and source != unit:
        number = conversion(source, unit or "", photon).apply(number)
    text = integer_text(number)
    return Value(kind, text, unit, int(text))


def angle(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    """An angle in degrees (kind ``ANGLE``: in ``unit``), rounded once; a bare number is in ``unit``."""
    bare = unit or "deg"
    target = bare if kind is Kind.ANGLE else "deg"
    numerator, divisor, source = _read_angle(given, kind, bare)
    change = conversion(source, target)
    numerator, divisor = multiply(numerator, change.factor), multiply(divisor, change.divisor)
    if target == "deg":
        number = angles.within_limits(quotient_to_places(numerator, divisor, angles.PLACES), kind)
    elif divisor != 1:
        number = quotient(numerator, divisor)
    else:
        number = numerator if change.exact else round_significant(numerator)
    text = canonical_text(number)
    return Value(kind, text, target, float(text))


def is_wavelength(given: Given) -> bool:
    """Whether a number with a unit of length was given."""
    try:
        _, source = _measure(given)
    except BadValue:
        return False
    found = find_unit(source) if source else None
    return found is not None and found.dimension == LENGTH


def _read_angle(given: Given, kind: Kind, bare: str) -> tuple[Decimal, Decimal, str]:
    """An angle as numerator, divisor and unit, not yet divided, so that it is rounded once only."""
    if isinstance(given, Mapping):
        value, unit = members(given)
        given = value if unit is None else given  # {"value": "11h04m27s"}
    if isinstance(given, str):
        text = texts.text(given.strip().replace("\u2212", "-"))
        sexagesimal = angles.sexagesimal_parts(text, kind)
        if sexagesimal is not None:
            return *sexagesimal, "deg"
        number, source = _split(text)
        if source is not None and any(c.isdigit() for c in source):  # such as 38d12m32sN; no unit of an angle
            return *angles.unusual_parts(text, kind), "deg"
        return number, _ONE, source or bare
    number, source = _measure(given)
    return number, _ONE, source or bare


def _measure(given: Given) -> tuple[Decimal, str | None]:
    """The number and the unit of what was given; no unit for a bare number."""
    if isinstance(given, str):
        return _split(given)
    if isinstance(given, Mapping):
        return _from_mapping(given)
    if isinstance(given, (numbers.Real, Decimal)):
        return from_number(given), None
    raise BadValue("a number is needed, with a unit or without")


def _split(given: str) -> tuple[Decimal, str | None]:
    text = given.strip()
    if len(text) > _LONGEST_QUANTITY:
        raise BadValue(f"a number with its unit has at most {_LONGEST_QUANTITY} characters")
    if not text.isascii():
        text = texts.text(text.replace("\u2212", "-"))
    found = _QUANTITY.fullmatch(text)
    if not found:
        return read_decimal(text), None  # says why not
    number, unit = found.groups()
    if unit is not None and (unit[0] in ",_" or (unit[0] in "0123456789." and not unit.startswith("1/"))):
        return read_decimal(text), None
    return read_decimal(number), unit


def _from_mapping(given: Mapping[str, Any]) -> tuple[Decimal, str | None]:
    value, unit = members(given)
    number, written = _measure(value)
    if written is not None and unit is not None and written != unit:
        raise BadValue(f"two units are given, {written!r} and {unit!r}")
    return number, unit if unit is not None else written
