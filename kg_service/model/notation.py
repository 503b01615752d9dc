"""Every way to write a value, brought to its one canonical form; and back to what an analysis receives.

Common notations are read exactly, by code that does not import astropy; everything else is left to it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from kg_service.errors import BadValue, WrongUnit
from kg_service.model import texts, times
from kg_service.model.decimals import NUMBER, from_number, shorten
from kg_service.model.quantities import (
    CANONICAL_UNITS,
    Given,
    angle,
    integer,
    is_wavelength,
    members,
    quantity,
)
from kg_service.model.terms import XSD
from kg_service.model.times import datetime_literal, iso_from_tt, tt_from_iso
from kg_service.model.units import conversion
from kg_service.model.values import Kind, Value

__all__ = ["CANONICAL_UNITS", "Given", "Plain", "convert", "datetime_literal", "from_literal", "from_text",
           "iso_from_tt", "order_band", "read", "to_plain", "tt_from_iso"]  # fmt: skip

Plain = str | int | float | bool | None

_ANGLES = frozenset({Kind.RIGHT_ASCENSION, Kind.DECLINATION, Kind.ANGLE})
_NUMERIC = _ANGLES | {Kind.DURATION, Kind.ENERGY, Kind.FREQUENCY, Kind.LENGTH, Kind.NUMBER, Kind.INTEGER}
_WORDS = frozenset({Kind.NAME, Kind.TEXT, Kind.STRUCTURED})
_FLOATS = frozenset({XSD + "double", XSD + "float"})
_NUMBER = re.compile(NUMBER)
_WHOLE = re.compile("-?[0-9]{1,25}")
_NOTHING = Value(Kind.NONE, "none")


def read(
    given: Given,
    kind: Kind,
    *,
    unit: str | None = None,
    parameter: str = "value",
    photon: bool = False,
) -> Value:
    """Bring one notation of a value to canonical form.

    Parameters
    ----------
    given
        Text, a number, a mapping with ``value`` and ``unit``; ``None`` is a value of its own.
        For kinds that are not words the text ``none`` means the same as ``None``.
    kind
        How the value is to be read.
    unit
        The role's canonical unit (VOUnit): a bare number is in it and the result too; without it
        :data:`CANONICAL_UNITS`. Right ascension and declination always end in degrees. For a time
        the format of a bare number: ``mjd``, ``jd``, ``ijd``, ``gps``.
    parameter
        The name in the request, for messages.
    photon
        Whether a wavelength, frequency or wavenumber may stand for an energy (and the reverse).

    Raises
    ------
    BadValue
        The value cannot be read or is impossible by itself.
    WrongUnit
        The unit is unknown or belongs to another quantity; ``near`` offers fitting ones.
    """
    if given is None or (
        kind not in _WORDS and isinstance(given, str) and given.strip().casefold() == "none"
    ):
        return _NOTHING
    try:
        return _READERS[kind](given, kind, unit or None, photon)
    except (BadValue, WrongUnit) as problem:
        shown = shorten(given)
        raise type(problem)(
            f"{parameter} = {shown}: {problem.detail}", parameter=parameter, value=shown, near=problem.near
        ) from problem.__cause__


def from_text(text: str, kind: Kind, unit: str | None = None) -> Value:
    """The value whose canonical text this is: the inverse of ``value.text`` (and ``value.unit``)."""
    if kind is Kind.NONE:
        return _NOTHING
    if kind is Kind.TIME:
        return from_literal(text, XSD + "integer", kind)
    return read(text, kind, unit=unit)


def from_literal(
    lexical: str, datatype: str, kind: Kind, unit: str | None = None, *, parameter: str = "value"
) -> Value:
    """The value of an RDF literal.

    Parameters
    ----------
    lexical, datatype
        The literal's text and the IRI of its datatype. A time is an ``xsd:dateTime`` or, exactly, an
        integer number of microseconds TT since MJD 0; a double is the shortest decimal that gives it.
    kind, unit
        As for :func:`read`; numbers are in ``unit``.
    parameter
        For messages.
    """
    if kind is Kind.TIME and _WHOLE.fullmatch(lexical):
        return _time_value(int(lexical))
    if datatype in _FLOATS and kind in _NUMERIC and _NUMBER.fullmatch(lexical):
        number = float(lexical)  # what a store keeps of it
        exact = kind is not Kind.INTEGER and math.isfinite(number)
        return read(Decimal(repr(number)) if exact else number, kind, unit=unit, parameter=parameter)
    return read(lexical, kind, unit=unit, parameter=parameter)


def to_plain(value: Value, unit: str | None = None, *, photon: bool = False) -> Any:
    """What an analysis receives: a float (an ``int`` for integers) in ``unit``, an ISO UTC text, a name ...

    ``unit`` is a VOUnit string, for a time one of :data:`times.TIME_FORMATS`; without it the value's own.
    A structured value comes back as lists, dictionaries, numbers and texts.
    """
    kind = value.kind
    if kind is Kind.NONE:
        return None
    if kind is Kind.TIME:
        return _plain_time(int(value.text), unit)
    if kind is Kind.BOOLEAN:
        return value.text == "true"
    if kind is Kind.STRUCTURED:
        return json.loads(value.text)
    if kind not in _NUMERIC:
        return value.text
    if not unit or unit == value.unit:
        return int(value.text) if kind is Kind.INTEGER else float(value.text)
    return float(convert(value, unit, photon=photon))


def convert(value: Value, unit: str, *, photon: bool = False) -> Decimal:
    """The number of a value in another unit: exact where the factor is, else to 15 significant digits.

    A time converts to the formats of :data:`times.TIME_FORMATS` that are numbers.
    """
    if value.kind is Kind.TIME:
        number = times.time_in_format(int(value.text), unit) if _is_time_format(unit) else ""
        if isinstance(number, Decimal):
            return number
        raise WrongUnit(f"a time is given as mjd, jd, ijd or gps, not in {unit!r}", value=value.text)
    if value.kind not in _NUMERIC:
        raise BadValue(f"{shorten(value.text)!r} is not a number, it has no unit", value=value.text)
    return conversion(value.unit or "", unit, photon).apply(Decimal(value.text))


def order_band(
    low: Value | None, high: Value | None, *, low_given: Given, high_given: Given
) -> tuple[Value | None, Value | None]:
    """The two ends of an energy band in ascending order of energy.

    The shortest wavelength is the highest energy. Where both ends were written as wavelengths in
    ascending order, the literal reading would be an empty band, so they change places. One wavelength
    alone stays where it was put: the name it was given for decides.
    """
    if low is None or high is None or not (is_wavelength(low_given) and is_wavelength(high_given)):
        return low, high
    return (high, low) if Decimal(low.text) > convert(high, low.unit or "") else (low, high)


def _time(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    form = unit if unit is not None and _is_time_format(unit) else None
    if isinstance(given, Mapping):
        given, written = members(given)
        form = written or form
    if isinstance(given, (int, float, Decimal, Fraction)) and not isinstance(given, bool):
        given = _digits(given, exact=form is not None)
    if not isinstance(given, str):
        raise BadValue("a time is a text: 2010-02-01T00:00:00Z, MJD55260.5, JD2455261.0 or GPS1126259462.4")
    return _time_value(times.read_time(given, form))


def _digits(given: float | Decimal | Fraction, *, exact: bool) -> str:
    """The digits of a number; days in a float hold a microsecond only with its exact binary value."""
    if isinstance(given, float) and math.isfinite(given):
        return str(Decimal(given)) if exact else float.__repr__(given)
    return str(from_number(given))


def _time_value(microseconds: int) -> Value:
    return Value(Kind.TIME, str(microseconds), None, iso_from_tt(microseconds))


def _plain_time(microseconds: int, unit: str | None) -> str | float:
    if not unit:
        return iso_from_tt(microseconds)
    if not _is_time_format(unit):
        raise WrongUnit(f"a time is given as isot, mjd, jd, ijd or gps, not in {unit!r}")
    found = times.time_in_format(microseconds, unit)
    return found if isinstance(found, str) else float(found)


def _is_time_format(unit: str) -> bool:
    return unit.partition(" ")[0].lower() in times.TIME_FORMATS


def _boolean(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    found = texts.boolean(given)
    return Value(kind, "true" if found else "false", None, found)


def _words(bring: Callable[[object], str]) -> _Reader:
    def reader(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
        found = bring(given)
        return Value(kind, found, None, found)

    return reader


def _nothing(given: Given, kind: Kind, unit: str | None, photon: bool) -> Value:
    raise BadValue("nothing may be given here")


_Reader = Callable[[Given, Kind, str | None, bool], Value]
_READERS: Final[Mapping[Kind, _Reader]] = {
    **dict.fromkeys(_ANGLES, angle),
    **dict.fromkeys((Kind.ENERGY, Kind.FREQUENCY, Kind.LENGTH, Kind.DURATION, Kind.NUMBER), quantity),
    Kind.INTEGER: integer,
    Kind.TIME: _time,
    Kind.BOOLEAN: _boolean,
    Kind.NAME: _words(texts.name),
    Kind.TEXT: _words(texts.text),
    Kind.FILE: _words(texts.digest),
    Kind.STRUCTURED: _words(texts.structured),
    Kind.NONE: _nothing,
}
