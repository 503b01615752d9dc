"""The leap seconds of UTC since 1972, as announced in IERS Bulletin C (up to Bulletin C 72, July 2026)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Final

__all__ = ["FIRST_DAY", "LAST_DAYS", "OFFSETS", "day_length", "day_of", "offset_on"]

_DAY_OF_ORDINAL_ZERO = -678_576  # 1858-11-17 is MJD 0


def day_of(moment: date) -> int:
    """The Modified Julian Date of a calendar date (proleptic Gregorian)."""
    return moment.toordinal() + _DAY_OF_ORDINAL_ZERO


# From each of these dates on TAI - UTC is one second larger than before; on the first it became 10 s.
_STEPS = (
    "1972-01-01", "1972-07-01", "1973-01-01", "1974-01-01", "1975-01-01", "1976-01-01", "1977-01-01",
    "1978-01-01", "1979-01-01", "1980-01-01", "1981-07-01", "1982-07-01", "1983-07-01", "1985-07-01",
    "1988-01-01", "1990-01-01", "1991-01-01", "1992-07-01", "1993-07-01", "1994-07-01", "1996-01-01",
    "1997-07-01", "1999-01-01", "2006-01-01", "2009-01-01", "2012-07-01", "2015-07-01", "2017-01-01",
)  # fmt: skip

OFFSETS: Final[tuple[tuple[int, int], ...]] = tuple(
    (day_of(date.fromisoformat(step)), 10 + i) for i, step in enumerate(_STEPS)
)
"""(first day as MJD, TAI - UTC in seconds), in order; the last holds for the future as far as is known."""

FIRST_DAY: Final = OFFSETS[0][0]
"""1972-01-01 as MJD: before it UTC ran at another rate."""

LAST_DAYS: Final = frozenset(day - 1 for day, _ in OFFSETS[1:])
"""Days (MJD) that end with a leap second."""

_DAYS = [day for day, _ in OFFSETS]


def offset_on(day: int) -> int:
    """TAI - UTC in seconds on a day (MJD) not before :data:`FIRST_DAY`."""
    return OFFSETS[bisect_right(_DAYS, day) - 1][1]


def day_length(day: int) -> int:
    """The length of a UTC day (MJD) in SI seconds: 86401 when it ends with a leap second."""
    return 86_401 if day in LAST_DAYS else 86_400
