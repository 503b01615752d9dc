"""Times as integer microseconds TT since MJD 0 (TT), from and to the notations people use.

A day of UTC that ends with a leap second has 86401 seconds, also in MJD and JD (as in ERFA and astropy).
UTC before 1972 and the scales TDB, TCB and TCG are left to astropy.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Final

from kg_service.errors import BadValue
from kg_service.model.decimals import LONGEST_NUMBER, NUMBER, add, read_decimal, shorten, to_microunits
from kg_service.model.leap_seconds import FIRST_DAY, LAST_DAYS, OFFSETS, day_length, day_of, offset_on

__all__ = ["TIME_FORMATS", "datetime_literal", "iso_from_tt", "read_time", "time_in_format", "tt_from_iso"]

TIME_FORMATS: Final = frozenset({"isot", "mjd", "jd", "ijd", "gps"})
"""Ways to give a time to an analysis (:func:`time_in_format`); lower-case names as in astropy."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_TT_MINUS_TAI = 32_184_000  # microseconds, by definition of TT (IAU 1991 resolution A4, recommendation IV)
_GPS_EPOCH = 44_244 * _DAY + 19 * _SECOND + _TT_MINUS_TAI  # 1980-01-06T00:00:00 UTC, TAI - UTC = 19 s
_JD_OF_MJD_0 = Decimal("2400000.5")
_MJD_OF_IJD_0 = Decimal(51_544)  # INTEGRAL Julian Date: days TT since 2000-01-01T00:00:00 TT
_EARLIEST = day_of(date(1, 1, 1)) * _DAY + _TT_MINUS_TAI  # before 1960 astropy has UTC = TAI
_LATEST = (day_of(date(9999, 12, 31)) + 1) * _DAY + OFFSETS[-1][1] * _SECOND + _TT_MINUS_TAI - 1

_OUTSIDE = "the time lies outside the years 1 to 9999"
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]\s*([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r"\s*([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?",
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})?(.*)")
_COUNTED = re.compile(rf"(MJD|IJD|JD|GPS)\s*({NUMBER})", re.IGNORECASE)
_SCALE = re.compile(r"\s*(?:\(\s*([A-Z]{2,3}[0-9]?)\s*\)|(?<![A-Z])([A-Z]{2,3}[0-9]?))$", re.IGNORECASE)
_NUMBER = re.compile(NUMBER)
_LOST_PLUS = re.compile(r".*:[0-9.]+ [0-9]{2}:?[0-9]{2}$")
_OURS = frozenset({"utc", "tt", "tai"})
_ASTROPY = frozenset({"tdb", "tcb", "tcg"})


def read_time(text: str, form: str | None = None) -> int:
    """Integer microseconds TT since MJD 0 of a time in any notation.

    Parameters
    ----------
    text
        ISO 8601 (UTC where it names no zone), ``MJD55260.5``, ``JD2455261.0``, ``GPS1126259462.4``,
        ``IJD3716.5``; a scale may follow: ``MJD55260.5 TT``.
    form
        What a bare number means (``mjd``, ``jd``, ``ijd``, ``gps``, with or without a scale, as in
        ``"mjd TT"``); without it a bare number is refused, because nothing tells which it is.
    """
    given = text.strip().replace("\u2212", "-")
    if len(given) > LONGEST_NUMBER:
        raise BadValue(f"a time has at most {LONGEST_NUMBER} characters")
    body, scale = _without_scale(given)
    if _NUMBER.fullmatch(body):
        body, scale = _with_form(body, scale, form)
    counted = _COUNTED.fullmatch(body)
    if counted:
        microseconds = _counted(counted[1].upper(), read_decimal(counted[2]), scale)
    else:
        compact = _COMPACT.fullmatch(body)
        if compact:
            year, month, day, hour, minute, second, rest = compact.groups()
            body = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{rest}"
        microseconds = _iso(body, scale)
    if not _EARLIEST <= microseconds <= _LATEST:
        raise BadValue(_OUTSIDE)
    return microseconds


def tt_from_iso(text: str) -> int:
    """Integer microseconds TT since MJD 0 of an ISO 8601 text (UTC where it names no zone)."""
    if not _ISO.fullmatch(text.strip()):
        raise BadValue(f"{shorten(text)!r} is not an ISO 8601 time such as 2010-02-01T00:00:00Z")
    return read_time(text)


def _without_scale(given: str) -> tuple[str, str | None]:
    found = _SCALE.search(given)
    if not found:
        return given, None
    scale = str(found[1] or found[2]).lower()
    if scale in _OURS or scale in _ASTROPY:
        return given[: found.start()], scale
    if scale == "ut1":
        raise BadValue("UT1 needs tables of the Earth's rotation; give the time in UTC, TT, TAI or TDB")
    return given, None


def _with_form(number: str, scale: str | None, form: str | None) -> tuple[str, str | None]:
    name, _, of_form = (form or "").partition(" ")
    if name.upper() not in {"MJD", "JD", "IJD", "GPS"}:
        near = tuple(f"{kind}{number}" for kind in ("MJD", "JD", "GPS"))
        raise BadValue(
            f"a bare number may mean several times; write {', '.join(near)} or an ISO 8601 time",
            near=near,
        )
    return name + number, scale or of_form.lower() or None


def _counted(kind: str, number: Decimal, scale: str | None) -> int:
    if kind == "GPS":
        if scale is not None:
            raise BadValue("GPS seconds have a scale of their own; leave the other out")
        return _GPS_EPOCH + to_microunits(number, _SECOND)
    if kind == "IJD":
        number, scale = add(number, _MJD_OF_IJD_0), scale or "tt"
    elif kind == "JD":
        number = add(number, -_JD_OF_MJD_0)
    if not _EARLIEST - _DAY <= number * _DAY <= _LATEST + _DAY:
        raise BadValue(_OUTSIDE)
    day = int(number.to_integral_value(ROUND_FLOOR))
    fraction = add(number, Decimal(-day))
    scale = scale or "utc"
    if scale == "utc" and day >= FIRST_DAY:
        return _utc_midnight(day) + to_microunits(fraction, day_length(day) * _SECOND)
    if scale in {"tt", "tai"}:
        return to_microunits(number, _DAY) + (_TT_MINUS_TAI if scale == "tai" else 0)
    from kg_service.model import astropy_bridge

    return astropy_bridge.tt_from_numbers(day, fraction, form="mjd", scale=scale)


def _utc_midnight(day: int) -> int:
    """0h UTC of a day (MJD, not before 1972) in microseconds TT."""
    return day * _DAY + offset_on(day) * _SECOND + _TT_MINUS_TAI


def _iso(body: str, scale: str | None) -> int:
    found = _ISO.fullmatch(body)
    if not found:
        return _unusual(body, scale)
    year, month, day_of_month, hour, minute, second, fraction, zone = found.groups()
    if zone and scale not in {None, "utc"}:
        raise BadValue(f"a zone belongs to UTC, not to {scale.upper() if scale else ''}")
    try:
        day = day_of(date(int(year), int(month), int(day_of_month)))
    except ValueError as error:
        raise BadValue(f"{year}-{month}-{day_of_month} is not a date: {error}") from None
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    micro = to_microunits(Decimal(f"0.{fraction}"), _SECOND) if fraction else 0
    if (h > 23 and (h, m, s, micro) != (24, 0, 0, 0)) or m > 59 or s > 60:
        raise BadValue(f"{hour}:{minute}:{second or '00'} is not a time of day")
    minutes = h * 60 + m - _zone_minutes(zone)
    day, minutes = day + minutes // 1440, minutes % 1440
    if s == 60 and (minutes != 1439 or scale not in {None, "utc"} or day not in LAST_DAYS):
        raise BadValue(
            "no leap second was there; second 60 exists only at the end of some days of UTC",
            near=(body.replace(":60", ":59", 1),),
        )
    within = (minutes * 60 + s) * _SECOND + micro
    if scale in {"tt", "tai"}:
        return day * _DAY + within + (_TT_MINUS_TAI if scale == "tai" else 0)
    if scale in _ASTROPY or day < FIRST_DAY:
        seconds, micro = divmod(within, _SECOND)  # as text: some days of UTC before 1972 ended with a jump
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micro:06}"
        return _unusual(f"{_calendar(day)}T{clock}", scale or "utc")
    return _utc_midnight(day) + within


def _zone_minutes(zone: str | None) -> int:
    if zone is None or zone in {"Z", "z"}:
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours * 60 + minutes > 14 * 60 or minutes > 59:
        raise BadValue(f"{zone} is not an offset from UTC; they lie between -14:00 and +14:00")
    return hours * 60 + minutes if zone[0] == "+" else -hours * 60 - minutes


def _unusual(body: str, scale: str | None) -> int:
    if _LOST_PLUS.fullmatch(body):
        raise BadValue("a plus sign is missing before the zone; in an address it is written %2B")
    if re.search("[0-9]", body) and body.isascii():
        from kg_service.model import astropy_bridge

        microseconds = astropy_bridge.tt_from_text(body, scale)
        if microseconds is not None:
            return microseconds
    raise BadValue(
        "not a time that can be read; write 2010-02-01T00:00:00Z, MJD55260.5, JD2455261.0 or GPS1126259462.4"
    )


_TT_OF_STEPS = [_utc_midnight(day) for day, _ in OFFSETS]


def _utc(microseconds: int) -> tuple[int, int]:
    """UTC day (MJD) and microseconds in it of a time not before 1972; past 86400 s in a leap second."""
    i = bisect_right(_TT_OF_STEPS, microseconds) - 1
    since = microseconds - OFFSETS[i][1] * _SECOND - _TT_MINUS_TAI
    day, within = divmod(since, _DAY)
    if i + 1 < len(OFFSETS) and day == OFFSETS[i + 1][0]:
        return day - 1, within + _DAY
    return day, within


def _parts(microseconds: int) -> tuple[str, int]:
    """UTC to the whole second as text, and the microseconds beyond it."""
    if microseconds < _TT_OF_STEPS[0]:
        from kg_service.model import astropy_bridge

        return astropy_bridge.utc_from_tt(microseconds)
    day, within = _utc(microseconds)
    seconds, rest = divmod(within, _SECOND)
    minutes = min(seconds // 60, 1439)  # second 86400 is 23:59:60
    return f"{_calendar(day)}T{minutes // 60:02}:{minutes % 60:02}:{seconds - minutes * 60:02}", rest


def _calendar(day: int) -> str:
    return (date(1858, 11, 17) + timedelta(days=day)).isoformat()


def _joined(whole: str, rest: int) -> str:
    return f"{whole}.{rest:06}".rstrip("0") if rest else whole


def iso_from_tt(microseconds: int) -> str:
    """UTC with ``Z`` and as few decimals as are needed; second 60 inside a leap second."""
    return _joined(*_parts(microseconds)) + "Z"


def datetime_literal(microseconds: int) -> str:
    """As :func:`iso_from_tt`, but a leap second is held at 59.999999: ``xsd:dateTime`` has no second 60."""
    whole, rest = _parts(microseconds)
    if whole.endswith(":60"):
        whole, rest = f"{whole[:-2]}59", 999_999
    return _joined(whole, rest) + "Z"


def time_in_format(microseconds: int, form: str) -> Decimal | str:
    """A time as an analysis wants it.

    Parameters
    ----------
    microseconds
        TT since MJD 0.
    form
        ``isot`` (UTC, text without ``Z``), ``mjd`` or ``jd`` (days UTC, TT with ``"mjd TT"``; 12 decimals),
        ``ijd`` (days TT since 2000-01-01), ``gps`` (seconds, exact).
    """
    name, _, scale = form.lower().partition(" ")
    if name == "isot":
        return iso_from_tt(microseconds).removesuffix("Z")
    if name == "gps":
        return Decimal(microseconds - _GPS_EPOCH).scaleb(-6)
    if name == "ijd" or scale == "tt":
        days = Fraction(microseconds, _DAY)
    elif microseconds >= _TT_OF_STEPS[0]:
        day, within = _utc(microseconds)
        days = day + Fraction(within, day_length(day) * _SECOND)
    else:
        from kg_service.model import astropy_bridge

        days = astropy_bridge.utc_days_from_tt(microseconds)
    picodays = round(days * 10**12)
    count = Decimal(picodays).scaleb(-12)
    return count + {"jd": _JD_OF_MJD_0, "ijd": -_MJD_OF_IJD_0}.get(name, Decimal(0))
