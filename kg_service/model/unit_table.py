"""Common units as exact rational numbers of SI units: the table that conversions start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

__all__ = ["ANGLE", "DEGREES_PER_RADIAN", "DURATION", "ENERGY", "FREQUENCY", "LENGTH", "LIGHT", "PLANCK",
           "PREFIXABLE", "PREFIXES", "TABLE", "WAVENUMBER", "Unit", "common_unit"]  # fmt: skip

# The first 60 digits; far more than the 15 that are kept of a result.
_PI = Fraction(Decimal("3.14159265358979323846264338327950288419716939937510582097494"))
DEGREES_PER_RADIAN: Final = 180 / _PI

# Exact by definition of the SI (BIPM, SI Brochure, 9th edition 2019, section 2.2).
PLANCK: Final = Fraction("6.62607015e-34")  # J s
LIGHT: Final = Fraction(299_792_458)  # m/s
_CHARGE: Final = Fraction("1.602176634e-19")  # C
_ASTRONOMICAL_UNIT: Final = Fraction(149_597_870_700)  # m, IAU 2012 resolution B2

ENERGY, LENGTH, DURATION, FREQUENCY, WAVENUMBER, ANGLE = "kg m2 s-2", "m", "s", "s-1", "m-1", "rad"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its dimension in SI base units and its size in them (``rad`` counts as a base unit).

    ``exact`` tells whether ``size`` is the unit's definition and not a measured or rounded number.
    """

    dimension: str
    size: Fraction
    exact: bool = True


def _named(dimension: str, sizes: Mapping[str, Fraction | int]) -> dict[str, Unit]:
    return {
        name: Unit(dimension, Fraction(size)) for names, size in sizes.items() for name in names.split(" ")
    }


_DEGREE = 1 / DEGREES_PER_RADIAN
_PARSEC = _ASTRONOMICAL_UNIT * 648_000 / _PI  # IAU 2015 resolution B2

# Units that take SI prefixes; several spellings of one unit stand in one text.
PREFIXABLE = (
    _named(ENERGY, {"eV": _CHARGE, "J": 1})
    | _named(FREQUENCY, {"Hz": 1})
    | _named(LENGTH, {"m": 1, "pc": _PARSEC})
    | _named(DURATION, {"s": 1, "yr": Fraction(31_557_600)})
    | _named(ANGLE, {"rad": 1, "arcsec": _DEGREE / 3600})
)
PREFIXES: Final[dict[str, Fraction]] = {
    name: Fraction(10) ** power
    for names, power in {
        "Q": 30, "R": 27, "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2,
        "da": 1, "d": -1, "c": -2, "m": -3, "u \u00b5 \u03bc": -6, "n": -9, "p": -12, "f": -15, "a": -18,
        "z": -21, "y": -24, "r": -27, "q": -30,
    }.items()
    for name in names.split(" ")
}  # fmt: skip
TABLE: Final[dict[str, Unit]] = (
    PREFIXABLE
    | {"": Unit("", Fraction(1)), "%": Unit("", Fraction(1, 100))}
    | _named(ENERGY, {"erg": Fraction(1, 10**7), "electronvolt": _CHARGE, "joule": 1})
    | _named(FREQUENCY, {"hertz": 1})
    | _named(
        LENGTH,
        {
            "meter metre": 1,
            "Angstrom angstrom AA \u00c5": Fraction(1, 10**10),
            "micron": Fraction(1, 10**6),
            "au AU": _ASTRONOMICAL_UNIT,
            "parsec": _PARSEC,
        },
    )
    | _named(
        DURATION,
        {
            "second seconds sec": 1,
            "min minute minutes": 60,
            "h hr hour hours": 3600,
            "d day days": 86_400,
            "year years": Fraction(31_557_600),
        },
    )
    | _named(
        ANGLE,
        {
            "deg degree degrees \u00b0": _DEGREE,
            "radian": 1,
            "arcmin arcminute": _DEGREE / 60,
            "arcsecond": _DEGREE / 3600,
            "mas": _DEGREE / 3_600_000,
            "uas \u00b5as \u03bcas": _DEGREE / 3_600_000_000,
            "hourangle": 15 * _DEGREE,
        },
    )
)


@lru_cache(maxsize=4096)
def common_unit(name: str) -> Unit | None:
    """A unit of the table, with or without SI prefix; ``None`` when astropy has to be asked."""
    unit = TABLE.get(name)
    if unit is not None:
        return unit
    for length in (1, 2):
        prefix, base = PREFIXES.get(name[:length]), PREFIXABLE.get(name[length:])
        if prefix is not None and base is not None:
            return Unit(base.dimension, prefix * base.size)
    return None
