"""Everything unusual that astropy reads for us: units, scales and formats of time, angles.

astropy is imported inside the functions; nothing that is asked every day gets here.
"""

from __future__ import annotations

import math
import warnings
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kg_service.model.unit_table import Unit, common_unit

if TYPE_CHECKING:
    from astropy.time import Time

__all__ = ["angle_degrees", "tt_from_numbers", "tt_from_text", "unit", "utc_days_from_tt", "utc_from_tt"]

_LONGEST_UNIT = 100
_LARGEST_POWER = 12
_DAY = 86_400_000_000  # microseconds


def unit(name: str) -> Unit | None:
    """A unit by astropy, VOUnit spelling first; ``None`` when astropy cannot read it."""
    if len(name) > _LONGEST_UNIT:
        return None
    from astropy import units

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated spellings such as erg are welcome here
        for spelling in ("vounit", None):
            try:
                found = units.Unit(name, format=spelling)
            except (ValueError, TypeError, OverflowError, ZeroDivisionError):
                continue
            return _rational(found) if isinstance(found, units.UnitBase) else None  # not mag(AB)
    return None


def _rational(found: Any) -> Unit | None:
    """Follow astropy's own definitions down to base units, with rational instead of binary factors."""
    bases: dict[str, Fraction] = {}
    try:
        size, exact = _expand(found, Fraction(1), bases)
    except (OverflowError, ZeroDivisionError):
        return None
    names = sorted(bases.items())
    dimension = " ".join(f"{base}{'' if power == 1 else power}" for base, power in names if power)
    return Unit(dimension, size, exact)


def _expand(found: Any, power: Fraction, bases: dict[str, Fraction]) -> tuple[Fraction, bool]:
    if abs(power) > _LARGEST_POWER:
        raise OverflowError("power of a unit")
    known = common_unit(found.name) if getattr(found, "name", "") in {"deg", "pc"} else None
    if known is not None:  # their definitions hold pi, of which astropy has 16 digits
        _add(bases, known.dimension, power)
        return _raised(known.size, True, power)
    definition = getattr(found, "represents", found)
    size, exact = _raised(*_scale(float(definition.scale)), power)
    if definition is found and found.bases == [found]:
        _add(bases, found.name, power)
        return size, exact
    for base, exponent in zip(definition.bases, definition.powers, strict=True):
        if base is found:
            _add(bases, base.name, power)
            continue
        factor, known_exactly = _expand(base, power * Fraction(exponent).limit_denominator(12), bases)
        size, exact = size * factor, exact and known_exactly
    return size, exact


def _add(bases: dict[str, Fraction], name: str, power: Fraction) -> None:
    bases[name] = bases.get(name, Fraction(0)) + power


def _scale(scale: float) -> tuple[Fraction, bool]:
    """The number a binary factor stands for: a short decimal, one over a short decimal, or itself."""
    for number, invert in ((scale, False), (1 / scale, True)):
        text = repr(number)
        if sum(c.isdigit() for c in text.partition("e")[0].strip("-0.")) <= 15:
            short = Fraction(text)
            return (1 / short if invert else short), True
    return Fraction(repr(scale)), False


def _raised(size: Fraction, exact: bool, power: Fraction) -> tuple[Fraction, bool]:
    if size == 1 or power == 1:
        return size, exact
    if power.denominator == 1:
        return size**power.numerator, exact
    return Fraction(repr(math.pow(size, power))), False


def tt_from_numbers(whole: int, fraction: Decimal, *, form: str, scale: str) -> int:
    """Integer microseconds TT since MJD 0 of a time in days given in two parts (``form`` mjd or jd)."""
    from astropy.time import Time

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "dubious year": UTC before 1960 is what astropy makes of it
        return _microseconds(Time(float(whole), float(fraction), format=form, scale=scale))


def tt_from_text(text: str, scale: str | None = None) -> int | None:
    """Integer microseconds TT since MJD 0 of a text in any of astropy's formats; ``None`` if unreadable."""
    from astropy.time import Time

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _microseconds(Time(text, scale=scale))
        except (ValueError, TypeError, OverflowError):
            return None


def utc_from_tt(microseconds: int) -> tuple[str, int]:
    """Calendar date (``YYYY-MM-DDThh:mm:ss``) and microseconds in UTC, for times before 1972.

    ERFA's ``d2dtf`` leaves out the jumps of less than half a second that ended some days, which its
    ``dtf2d`` takes in, so the text is corrected until it reads as the time it stands for.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(_from_tt(microseconds).utc.isot)
    year, _, rest = text.partition("-")
    moment = datetime.fromisoformat(f"{year.zfill(4)}-{rest}")
    for _ in range(4):
        missing = microseconds - (tt_from_text(moment.isoformat(), "utc") or microseconds)
        if not missing:
            break
        moment += timedelta(microseconds=missing)
    return moment.isoformat(timespec="seconds"), moment.microsecond


def utc_days_from_tt(microseconds: int) -> Fraction:
    """Days of UTC since MJD 0, for times before 1972."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _days(_from_tt(microseconds).utc)


def _from_tt(microseconds: int) -> Time:
    from astropy.time import Time

    day, rest = divmod(microseconds, _DAY)
    return Time(float(day), rest / _DAY, format="mjd", scale="tt", precision=6)


def _microseconds(time: Time) -> int:
    return round(_days(time.tt) * _DAY)


def _days(moment: Time) -> Fraction:
    return Fraction(float(moment.jd1)) + Fraction(float(moment.jd2)) - Fraction("2400000.5")


def angle_degrees(text: str) -> Fraction | None:
    """Degrees of an angle in a notation of astropy's own; ``None`` when it cannot be read."""
    from astropy.coordinates import Angle

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            angle = Angle(text)
        except (ValueError, TypeError):  # UnitsError and the errors of illegal parts are ValueErrors
            return None
    degrees = float(angle.degree) if angle.isscalar else math.nan
    return Fraction(repr(degrees)) if math.isfinite(degrees) else None
