"""Hypothesis strategies for values and the ways people write them, shared by the tests of several rooms."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from kg_service.model.leap_seconds import FIRST_DAY
from kg_service.model.notation import read
from kg_service.model.values import Kind, Value

__all__ = [
    "LAST_DAY",
    "decimal_texts",
    "decimals",
    "exact_energies",
    "iso_texts",
    "sexagesimal_parts",
    "spellings",
    "utc_moments",
    "values",
]

# How long something takes is judged by benchmarks; a busy machine fails no property.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

LAST_DAY = 62_502  # 2029-12-31
_ENERGY_UNITS = {
    "eV": -3,
    "keV": 0,
    "MeV": 3,
    "GeV": 6,
    "TeV": 9,
    "PeV": 12,
    "meV": -6,
}  # powers of ten in keV


@st.composite
def decimals(draw: st.DrawFn, digits: int = 12, smallest: int = -12, largest: int = 12) -> Decimal:
    """Positive decimals of up to so many digits, between powers of ten."""
    mantissa = draw(st.integers(min_value=1, max_value=10**digits - 1))
    exponent = draw(st.integers(min_value=smallest, max_value=largest))
    return Decimal(mantissa).scaleb(exponent - len(str(mantissa)) + 1)


@st.composite
def spellings(draw: st.DrawFn, number: Decimal) -> str:
    """One of the ways to write a decimal number exactly."""
    plain = format(number, "f")
    forms = [plain, format(number, "e"), format(number, "E"), "+" + plain if number >= 0 else plain]
    if "." in plain:
        forms += [plain + "000", plain.removeprefix("0")]
    else:
        forms += [plain + ".", plain + ".0", "00" + plain if number >= 0 else plain]
    text = draw(st.sampled_from(forms))
    return text.replace("-", "\u2212", 1) if draw(st.booleans()) and text.startswith("-") else text


@st.composite
def decimal_texts(draw: st.DrawFn, **limits: int) -> str:
    """A positive decimal in one of its spellings."""
    return draw(spellings(draw(decimals(**limits))))


@st.composite
def exact_energies(draw: st.DrawFn, energy: Decimal) -> object:
    """One of the ways to give an energy in keV: units, spellings, blanks, JSON."""
    unit, power = draw(st.sampled_from(sorted(_ENERGY_UNITS.items())))
    number = draw(spellings(energy.scaleb(-power)))
    form = draw(st.sampled_from(["joined", "apart", "wide", "mapping", "mapping of numbers"]))
    if form == "mapping":
        return {"value": number, "unit": unit}
    if form == "mapping of numbers":
        return {"value": Decimal(energy.scaleb(-power)), "unit": unit}
    blank = {"joined": "", "apart": " ", "wide": "   "}[form]
    return f"{' ' * draw(st.integers(0, 2))}{number}{blank}{unit}"


@st.composite
def utc_moments(draw: st.DrawFn, first: int = FIRST_DAY, last: int = LAST_DAY) -> tuple[int, int]:
    """A day of UTC (MJD) and microseconds in it; days with a leap second are no rarer than others here."""
    from kg_service.model.leap_seconds import LAST_DAYS, day_length

    some = st.integers(min_value=first, max_value=last)
    leaps = sorted(day for day in LAST_DAYS if first <= day <= last)
    day = draw(st.one_of(some, st.sampled_from(leaps)) if leaps else some)
    end = day_length(day) * 1_000_000 - 1
    near_end = st.integers(min_value=max(0, end - 3_000_000), max_value=end)
    return day, draw(st.one_of(st.integers(min_value=0, max_value=end), near_end))


def iso_texts(day: int, microseconds: int) -> list[str]:
    """ISO 8601 spellings of a moment of UTC, second 60 included."""
    from datetime import date, timedelta

    calendar = (date(1858, 11, 17) + timedelta(days=day)).isoformat()
    seconds, rest = divmod(microseconds, 1_000_000)
    minutes = min(seconds // 60, 1439)
    hour, minute, second = minutes // 60, minutes % 60, seconds - 60 * minutes
    clock = f"{hour:02}:{minute:02}:{second:02}.{rest:06}"
    compact = f"{calendar.replace('-', '')}T{hour:02}{minute:02}{second:02}.{rest:06}Z"
    found = [f"{calendar}T{clock}Z", f"{calendar} {clock}", f"{calendar}t{clock}000+00:00",
             f"{calendar}T{clock} UTC", f"{calendar}T{clock.replace('.', ',')}-00:00", compact]  # fmt: skip
    if hour < 18:
        found.append(f"{calendar}T{hour + 5:02}:{minute:02}:{second:02}.{rest:06}+0500")
    return found


def sexagesimal_parts(largest: int) -> st.SearchStrategy[tuple[int, int, Decimal]]:
    """Hours or degrees up to ``largest``, minutes, and seconds with three decimals."""
    return st.tuples(st.integers(0, largest), st.integers(0, 59), st.decimals("0", "59.999", places=3))


_NAMES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30
)
_TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(alphabet='abc \u00e9"\\\n', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcd", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def values(*kinds: Kind) -> st.SearchStrategy[Value]:
    """Canonical values of some kinds, or of any."""
    numbers = decimals()
    by_kind: dict[Kind, st.SearchStrategy[Value]] = {
        Kind.RIGHT_ASCENSION: st.decimals("0", "359.999999999", places=9).map(
            lambda d: read(d, Kind.RIGHT_ASCENSION)
        ),
        Kind.DECLINATION: st.decimals("-90", "90", places=9).map(lambda d: read(d, Kind.DECLINATION)),
        Kind.ANGLE: st.decimals("0", "180", places=9).map(lambda d: read(d, Kind.ANGLE)),
        Kind.TIME: st.integers(0, 5 * 10**15).map(
            lambda us: read(f"GPS{Decimal(us).scaleb(-6):f}", Kind.TIME)
        ),
        Kind.INTEGER: st.integers(-(2**62), 2**62).map(lambda n: read(n, Kind.INTEGER)),
        Kind.BOOLEAN: st.booleans().map(lambda b: read(b, Kind.BOOLEAN)),
        Kind.NAME: _NAMES.map(lambda text: read(text, Kind.NAME)),
        Kind.TEXT: _TEXTS.map(lambda text: read(text, Kind.TEXT)),
        Kind.FILE: st.binary(min_size=32, max_size=32).map(lambda b: read(b.hex(), Kind.FILE)),
        Kind.STRUCTURED: st.lists(_JSON, max_size=3).map(lambda j: read(j, Kind.STRUCTURED)),
        Kind.NONE: st.just(read(None, Kind.NONE)),
    }
    for kind in (Kind.DURATION, Kind.ENERGY, Kind.FREQUENCY, Kind.LENGTH, Kind.NUMBER):
        by_kind[kind] = numbers.map(lambda d, kind=kind: read(d, kind))  # type: ignore[misc]
    return st.sampled_from(kinds or tuple(Kind)).flatmap(lambda kind: by_kind[kind])
