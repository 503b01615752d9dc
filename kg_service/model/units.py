"""The conversion between two units, exact where the factor is; what is offered for a wrong one.

Units that are not in the table (``model/unit_table.py``) are read by astropy (``model/astropy_bridge.py``).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from kg_service.errors import BadValue, WrongUnit
from kg_service.model.decimals import multiply, quotient, round_significant, shorten
from kg_service.model.unit_table import (
    ANGLE,
    DURATION,
    ENERGY,
    FREQUENCY,
    LENGTH,
    LIGHT,
    PLANCK,
    PREFIXABLE,
    PREFIXES,
    TABLE,
    WAVENUMBER,
    Unit,
    common_unit,
)

__all__ = ["Conversion", "conversion", "find_unit", "near_units", "quantity_name"]

_MOST_EXACT_DIGITS = 40
_WIDE = Context(prec=400)

_QUANTITIES = {
    ENERGY: "an energy", LENGTH: "a length", DURATION: "a duration", FREQUENCY: "a frequency",
    WAVENUMBER: "a wavenumber", ANGLE: "an angle", "": "a plain number",
}  # fmt: skip


# Offered when a unit is not understood or does not fit, in this order.
_OFFERED = {
    ENERGY: ("keV", "MeV", "GeV", "TeV", "eV", "erg", "J"),
    LENGTH: ("m", "km", "nm", "um", "Angstrom", "pc", "kpc", "Mpc"),
    DURATION: ("s", "min", "h", "d", "yr", "ms", "us", "ks"),
    FREQUENCY: ("Hz", "kHz", "MHz", "GHz", "THz", "mHz"),
    ANGLE: ("deg", "arcmin", "arcsec", "mas", "rad", "hourangle"),
}
_PHOTON_OFFERED = ("nm", "Angstrom", "Hz", "GHz")
_WAVELENGTHS: Final = (Fraction(1, 10**15), Fraction(1000))
"""Units of length in m, from fm to km, in which wavelengths are written; longer ones are for distances."""


def find_unit(name: str) -> Unit | None:
    """A unit by its VOUnit or usual spelling; ``None`` when nobody knows it."""
    unit = common_unit(name)
    if unit is None:
        from kg_service.model import astropy_bridge

        unit = astropy_bridge.unit(name)
    return unit


def _has(name: str, dimension: str) -> bool:
    unit = common_unit(name)
    return unit is not None and unit.dimension == dimension


def quantity_name(dimension: str) -> str:
    """What a dimension is called: ``"an energy"``; unusual ones by their SI base units."""
    return _QUANTITIES.get(dimension, f"a quantity in {dimension}")


def near_units(name: str, dimension: str, *, photon: bool = False) -> tuple[str, ...]:
    """Units of the expected dimension that resemble ``name``, most alike first."""
    offered = _OFFERED.get(dimension, ()) + (_PHOTON_OFFERED if photon and dimension == ENERGY else ())
    spelled = (*offered, *(f"{prefix}{base}" for prefix in PREFIXES for base in PREFIXABLE))
    same = dict.fromkeys(u for u in spelled if u.casefold() == name.casefold() and _has(u, dimension))
    if same:
        return tuple(same)
    words = dict.fromkeys((*offered, *(u for u in TABLE if u and _has(u, dimension))))
    return tuple(difflib.get_close_matches(name, words, n=3, cutoff=0.5)) or offered[:4]


@dataclass(frozen=True, slots=True)
class Conversion:
    """Multiplication by ``factor / divisor``, or, ``inverse``, division of it by the value."""

    factor: Decimal
    divisor: Decimal
    inverse: bool
    exact: bool

    def apply(self, value: Decimal) -> Decimal:
        """The value in the target unit: exact, or rounded once to 15 significant digits."""
        if self.inverse:
            if value <= 0:
                raise BadValue("a wavelength, frequency or energy of a photon is greater than zero")
            return quotient(self.factor, multiply(value, self.divisor))
        product = multiply(value, self.factor)
        if self.divisor != 1:
            return quotient(product, self.divisor)
        return product if self.exact else round_significant(product)


@lru_cache(maxsize=4096)
def conversion(source: str, target: str, photon: bool = False) -> Conversion:
    """How numbers in one unit become numbers in another.

    With ``photon`` energy, frequency, wavelength and wavenumber stand for each other in vacuum:
    E = h nu = h c / lambda = h c k, with the exact SI values of h, c and e.
    """
    if source == target:
        return Conversion(Decimal(1), Decimal(1), inverse=False, exact=True)
    wanted, given = find_unit(target), find_unit(source)
    if wanted is None:
        raise WrongUnit(f"values are in {target!r}; no other unit can be converted to it", near=(target,))
    near = near_units(source, wanted.dimension, photon=photon)
    offer = f"; try {', '.join(near)}" if near else ""
    if given is None:
        expected = quantity_name(wanted.dimension)
        raise WrongUnit(f"{shorten(source)!r} is not a known unit; {expected} is needed{offer}", near=near)
    inverse = False
    if given.dimension == wanted.dimension:
        ratio = given.size / wanted.size
    elif photon and given.dimension in _JOULES and wanted.dimension in _JOULES:
        if not _of_photons(given):
            fitting = tuple(dict.fromkeys((*_OFFERED.get(wanted.dimension, ())[:3], *_PHOTON_OFFERED)))
            raise WrongUnit(
                f"{source!r} measures distances, not the wavelength of a photon; "
                f"{quantity_name(wanted.dimension)} is needed; try {', '.join(fitting)}",
                near=fitting,
            )
        ratio, inverse = _spectral(given, wanted)
    else:
        raise WrongUnit(_mismatch(source, given, target, wanted) + offer, near=near)
    factor = None if inverse or not (given.exact and wanted.exact) else _ending_decimal(ratio)
    if factor is not None:
        return Conversion(factor, Decimal(1), inverse=False, exact=True)
    return Conversion(Decimal(ratio.numerator), Decimal(ratio.denominator), inverse=inverse, exact=False)


_JOULES = {ENERGY: Fraction(1), FREQUENCY: PLANCK, WAVENUMBER: PLANCK * LIGHT, LENGTH: PLANCK * LIGHT}
"""Energy of a photon in joule for a frequency of 1 Hz, a wavenumber of 1/m, a wavelength of 1 m."""


def _of_photons(unit: Unit) -> bool:
    """Whether photons are described in this unit: nobody writes a wavelength in parsec."""
    if unit.dimension not in (LENGTH, WAVENUMBER):
        return True
    length = unit.size if unit.dimension == LENGTH else 1 / unit.size
    return _WAVELENGTHS[0] <= length <= _WAVELENGTHS[1]


def _spectral(given: Unit, wanted: Unit) -> tuple[Fraction, bool]:
    """Factor between two spectral units, and whether it is to be divided by the value."""
    source, target = _JOULES[given.dimension], _JOULES[wanted.dimension]
    if given.dimension == LENGTH:
        return source / (given.size * target * wanted.size), True
    if wanted.dimension == LENGTH:
        return target / (given.size * source * wanted.size), True
    return given.size * source / (target * wanted.size), False


def _mismatch(source: str, given: Unit, target: str, wanted: Unit) -> str:
    is_what = quantity_name(given.dimension) if source else "a plain number"
    text = f"{source!r} is the unit of {is_what}, but {quantity_name(wanted.dimension)} is needed"
    if target and wanted.dimension not in _QUANTITIES:
        text += f" (here {target})"
    if given.dimension in _JOULES and wanted.dimension in _JOULES:
        text += "; energy, wavelength and frequency stand for each other for photons only"
    if wanted.dimension == ANGLE and source in {"h", "m", "s", "min", "d"}:
        text += "; write 11h04m27s, 11.07 hourangle or 38d12m32s"
    return text


def _ending_decimal(ratio: Fraction) -> Decimal | None:
    """The ratio as an exact decimal; ``None`` when its decimals do not end, or stem from pi's 60 digits."""
    rest, twos, fives = ratio.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1:
        return None
    decimal = Decimal(int(ratio * 10**places)).scaleb(-places, _WIDE).normalize(_WIDE)
    return decimal if len(decimal.as_tuple().digits) <= _MOST_EXACT_DIGITS else None
