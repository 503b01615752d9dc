"""How numbers are written for people, with the digits that their errors allow."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

__all__ = ["measured"]

_MINUS, _TIMES, _NOTHING = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def measured(value: Any, error: float | None = None) -> str:
    """A number with its error (one standard deviation), which has two significant digits.

    Value and error end at the same digit: ``2.020 ± 0.018``. Anything else than a float is written as it
    is; a number that is none is a dash.
    """
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if not error or not math.isfinite(error) or not math.isfinite(value):
        return _alone(value).replace("-", _MINUS)
    return _with_error(value, abs(error)).replace("-", _MINUS)


def _with_error(value: float, error: float) -> str:
    size = int(f"{error:.1e}".partition("e")[2])  # of the rounded error: 0.0996 is written as 0.10
    digits = 1 - size
    scale = math.floor(math.log10(abs(value))) if value else size
    if -4 < scale < (12 if digits >= 0 else 6):  # a GPS time keeps its digits
        places = min(max(digits, 0), 12)
        return f"{round(value, digits):.{places}f} ± {round(error, digits):.{places}f}"
    places = min(max(digits + scale, 0), 12)
    return (
        f"({_scaled(value, scale):.{places}f} ± {_scaled(error, scale):.{places}f}) {_TIMES} {_power(scale)}"
    )


def _alone(value: float) -> str:
    if not math.isfinite(value):
        return _NOTHING
    scale = math.floor(math.log10(abs(value))) if value else 0
    if -4 < scale < 12:
        return f"{value:.6g}" if scale < 6 else f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{float(_scaled(value, scale)):.4g} {_TIMES} {_power(scale)}"


def _scaled(value: float, scale: int) -> Decimal:
    """The number divided by a power of ten, also where that power is no float."""
    return Decimal(value).scaleb(-scale)


def _power(exponent: int) -> str:
    return "10" + str(exponent).translate(_SUPERSCRIPTS)
