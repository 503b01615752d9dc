"""Energies, times and numbers as people write them, at the faces and in what planning says."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from kg_service.model.terms import XSD
from kg_service.model.times import iso_from_tt

__all__ = ["NUMBERS", "energy", "energy_range", "instant", "number"]

_ENERGIES: Final = (("eV", -3), ("keV", 0), ("MeV", 3), ("GeV", 6), ("TeV", 9), ("PeV", 12))
"""Units of photon energy and their powers of ten in keV."""
NUMBERS: Final = frozenset({XSD + "double", XSD + "float", XSD + "decimal"})
"""The datatypes whose literals have a fraction."""
_SMALLEST, _LARGEST = -4, 9
"""Powers of ten beyond which a number is written with its power, where that is shorter."""
_MOST_DIGITS: Final = 28  # beyond them decimal arithmetic would round


def energy(kev: Decimal) -> str:
    """An energy in keV in the unit in which it has few digits before the point: "50 MeV"."""
    unit, power = _ENERGIES[0]
    for larger, exponent in _ENERGIES[1:]:
        if abs(kev) < Decimal(10) ** exponent:
            break
        unit, power = larger, exponent
    return f"{kev.scaleb(-power).normalize():f} {unit}"


def energy_range(low: float | None, high: float | None) -> str:
    """A band, its ends (keV) to six digits: "50 MeV to 1 TeV"; an open end is left out."""
    ends = [None if end is None else energy(Decimal(f"{end:.6g}")) for end in (low, high)]
    if ends[0] is None or ends[1] is None:
        return f"from {ends[0]}" if ends[0] else f"up to {ends[1]}" if ends[1] else ""
    (first, one), (second, other) = (end.split(" ") for end in ends if end is not None)
    return f"{first} to {second} {other}" if one == other else f"{first} {one} to {second} {other}"


def instant(microseconds: int) -> str:
    """A time in TT microseconds since MJD 0 as a UTC date, with the time of day unless it is midnight."""
    text = iso_from_tt(microseconds)
    return text[:10] if text[10:].rstrip("0Z.:") == "T" else text


def number(text: str) -> str:
    """The text of a number with all its digits and, where that is shorter, a power of ten: "1.924e-12".

    Any other text comes back as it is.
    """
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    if not value.is_finite() or len(value.as_tuple().digits) > _MOST_DIGITS:
        return text
    if not value:
        return "0"
    plain = f"{value.normalize():f}"
    if _SMALLEST <= value.adjusted() < _LARGEST:
        return plain
    mantissa, _, power = f"{value.normalize():e}".partition("e")
    short = f"{mantissa}e{int(power)}"
    return short if len(short) < len(plain) else plain
