"""Exact decimal numbers: bounded reading, rounding once, and one canonical text per number.

Binary floating point never takes part, except that a Python ``float`` may be given.
"""

from __future__ import annotations

import math
import numbers
import re
from decimal import ROUND_05UP, ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction

from kg_service.errors import BadValue

__all__ = ["LONGEST_NUMBER", "NUMBER", "SIGNIFICANT_DIGITS", "add", "canonical_text", "from_number",
           "integer_text", "multiply", "quotient", "quotient_to_places", "read_decimal", "remainder",
           "round_significant", "shorten", "to_microunits"]  # fmt: skip

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LONGEST_NUMBER = 400
SIGNIFICANT_DIGITS = 15
"""Digits kept where a result is not exact; every decimal of so many digits survives an ``xsd:double``."""

_LARGEST_EXPONENT = 300  # stays well inside the range of a double, so that `plain` is finite
_OUT_OF_RANGE = "{} is out of range: sizes from 1e-300 to 1e300 are read"
_NUMBER = re.compile(NUMBER)
_SEPARATORS = "[,_' \u00a0\u2009\u202f]"
_GROUPED = re.compile(rf"[+-]?[0-9]{{1,3}}(?:{_SEPARATORS}[0-9]{{3}})+(?:[.][0-9]*)?(?![0-9])")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})

_EXACT = Context(prec=2000, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Inexact])
_ROUND = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
# ROUND_05UP keeps enough of what is cut off for a second rounding to give the correctly rounded result.
_SAFE = Context(prec=800, rounding=ROUND_05UP, traps=[InvalidOperation])
_QUANTIZE = Context(prec=800, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


def shorten(given: object) -> str:
    """What was given, short enough for a message."""
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() > 1300:
        return f"an integer of {given.bit_length()} bits"
    text = given if isinstance(given, str) else repr(given)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def read_decimal(text: str) -> Decimal:
    """The exact value of a decimal number written in text, with or without an exponent."""
    if len(text) > LONGEST_NUMBER:
        raise BadValue(f"a number may have at most {LONGEST_NUMBER} characters, this one has {len(text)}")
    if not _NUMBER.fullmatch(text):
        raise BadValue(_why_unreadable(text))
    try:
        return _in_range(Decimal(text), text)
    except InvalidOperation:  # the exponent itself is too long for a decimal
        raise BadValue(_OUT_OF_RANGE.format(shorten(text))) from None


def from_number(number: object) -> Decimal:
    """A Python number as a decimal: integers and decimals exactly, floats to 15 significant digits.

    The last digits of a float are noise of the binary notation (``0.1 + 0.2``), so they are rounded off.
    """
    if isinstance(number, bool):
        raise BadValue("a truth value is not a number; give 0 or 1 if a number is meant")
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise BadValue("a number must be finite")
        if len(number.as_tuple().digits) > LONGEST_NUMBER:
            raise BadValue(f"a number may have at most {LONGEST_NUMBER} digits")
        return _in_range(number, number)
    if isinstance(number, numbers.Integral):
        whole = int(number)
        if whole.bit_length() > 1000:
            raise BadValue(_OUT_OF_RANGE.format(shorten(number)))
        return _in_range(Decimal(whole), number)
    if isinstance(number, Fraction):
        if max(number.numerator.bit_length(), number.denominator.bit_length()) > 1000:
            raise BadValue("the fraction is too long to be read")
        return quotient(Decimal(number.numerator), Decimal(number.denominator))
    if not isinstance(number, numbers.Real):
        raise BadValue("a number is needed")
    real = float(number)
    if not math.isfinite(real):
        raise BadValue("a number must be finite; leave the parameter out if no limit is meant")
    return _in_range(_ROUND.create_decimal(float.__repr__(real)), number)


def add(first: Decimal, second: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(first, second)


def remainder(value: Decimal, modulus: Decimal) -> Decimal:
    """What is left of the value after whole turns of ``modulus``: in [0, modulus)."""
    left = _EXACT.remainder(value, modulus)
    return _EXACT.add(left, modulus) if left < 0 else left


def multiply(value: Decimal, factor: Decimal) -> Decimal:
    """The exact product."""
    return _EXACT.multiply(value, factor)


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal:
    """The quotient, rounded once, half to even, to 15 significant digits."""
    return _ROUND.divide(numerator, denominator)


def quotient_to_places(numerator: Decimal, denominator: Decimal, unit: Decimal) -> Decimal:
    """The quotient, rounded once, half to even, to a multiple of ``unit`` (``Decimal("1e-9")``)."""
    value = numerator if denominator == 1 else _SAFE.divide(numerator, denominator)
    return value.quantize(unit, context=_QUANTIZE)


def round_significant(value: Decimal) -> Decimal:
    """The value rounded half to even to 15 significant digits."""
    return _ROUND.plus(value)


def to_microunits(value: Decimal, factor: int) -> int:
    """``value`` times ``factor`` as an integer, rounded once, half to even."""
    return int(_EXACT.multiply(value, Decimal(factor)).to_integral_value(ROUND_HALF_EVEN))


def canonical_text(value: Decimal) -> str:
    """The one text of a number: ``"20"``, ``"0.02"``, ``"1.5e-12"``, ``"1e21"``.

    Plain digits from 1e-6 to below 1e21 (the limits of ECMAScript's number to text), otherwise a
    mantissa with one digit before the point; no trailing zeros, no plus sign, no minus zero.
    """
    if not value:
        return "0"
    exponent = value.adjusted()
    if abs(exponent) > _LARGEST_EXPONENT:
        raise BadValue(_OUT_OF_RANGE.format("the number"))
    if -7 < exponent < 21:
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, power = format(value, "e").partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{power.removeprefix('+')}"


def integer_text(value: Decimal) -> str:
    """The digits of a whole number; ``BadValue`` when it has a fraction."""
    if value != value.to_integral_value():
        raise BadValue("a whole number is needed", near=(format(value.to_integral_value(), "f"),))
    return format(value.to_integral_value(), "f") if value else "0"


def _in_range(value: Decimal, given: object) -> Decimal:
    if value and abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise BadValue(_OUT_OF_RANGE.format(shorten(given)))
    return value


def _why_unreadable(text: str) -> str:
    if text.partition(" ")[0].lstrip("+-").casefold() in _NOT_FINITE:
        return "a number must be finite; leave the parameter out if no limit is meant"
    if found := _GROUPED.match(text):
        plain = re.sub(_SEPARATORS, "", found[0])
        return f"write numbers without thousands separators: {plain}, not {found[0]}"
    if found := _DECIMAL_COMMA.match(text):
        return f"write a decimal point, not a comma: {found[0].replace(',', '.')}"
    return f"{shorten(text)!r} is not a number" if text else "nothing is given; a number is needed"
