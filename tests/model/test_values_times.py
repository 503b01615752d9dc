"""Times: notations, scales, leap seconds, and astropy's reading of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import erfa
import pytest
from astropy.time import Time
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import iso_texts, utc_moments

from kg_service.errors import BadValue, WrongUnit
from kg_service.model import leap_seconds
from kg_service.model.leap_seconds import FIRST_DAY, LAST_DAYS, OFFSETS, day_length
from kg_service.model.notation import convert, datetime_literal, iso_from_tt, read, to_plain, tt_from_iso
from kg_service.model.values import Kind

pytestmark = pytest.mark.filterwarnings("ignore:ERFA function")  # "dubious year" of a far past or future

DAY = 86_400_000_000
SHORTER_DAYS = {37_511, 39_887}  # UTC was set back at the end of 1961-07-31 and 1968-01-31


def tt(text: object, unit: str | None = None) -> int:
    return int(read(text, Kind.TIME, unit=unit).text)


def astropy_microseconds(time: Time) -> Fraction:
    """Microseconds TT since MJD 0 as astropy has it, not rounded."""
    moment = time.tt
    days = Fraction(float(moment.jd1)) + Fraction(float(moment.jd2)) - Fraction("2400000.5")
    return days * DAY


def test_our_leap_seconds_are_those_of_erfa():
    theirs = {(int(year), int(month)): float(offset) for year, month, offset in erfa.leap_seconds.get()}
    since_1972 = {moment: offset for moment, offset in theirs.items() if moment >= (1972, 1)}
    ours = {
        (int(step[:4]), int(step[5:7])): offset
        for step, (_, offset) in zip(leap_seconds._STEPS, OFFSETS, strict=True)
    }
    assert ours == since_1972
    assert all(step.endswith("-01") for step in leap_seconds._STEPS)


@given(st.data(), utc_moments())
def test_spellings_of_a_moment_have_one_key(data: st.DataObject, moment: tuple[int, int]):
    day, within = moment
    texts = iso_texts(day, within)
    one = tt(data.draw(st.sampled_from(texts)))
    assert one == tt(data.draw(st.sampled_from(texts)))
    gps = Decimal(one - tt("1980-01-06")).scaleb(-6)
    assert one == tt(f"GPS{gps:f}") == tt(f"gps {gps}") == tt({"value": f"{gps:f}", "unit": "gps"})
    fraction = Decimal(within) / (day_length(day) * 1_000_000)
    assert one == tt(f"MJD{day + fraction:.25f}") == tt(f"JD {day + fraction + Decimal('2400000.5'):.25f}")
    assert one == tt(f"MJD{Decimal(one) / DAY:.25f} TT") == tt(f"mjd{Decimal(one) / DAY:.25f}(tt)")
    assert one == tt(f"IJD{Decimal(one) / DAY - 51544:.25f}")


@given(utc_moments())
def test_astropy_reads_the_same_moment(moment: tuple[int, int]):
    day, within = moment
    iso = iso_texts(day, within)[1]
    theirs = Time(iso, scale="utc")
    assert abs(astropy_microseconds(theirs) - tt(iso)) < Fraction(1, 20)
    assert Time(theirs, precision=6).utc.iso == iso


@given(
    st.sampled_from(["utc", "tt", "tai", "tdb"]),
    st.sampled_from(["mjd", "jd"]),
    utc_moments(),
    st.integers(0, 10**12),
)
def test_astropy_reads_the_same_days(scale: str, form: str, moment: tuple[int, int], picodays: int):
    day, fraction = moment[0], Decimal(picodays % 10**12).scaleb(-12)
    whole = day if form == "mjd" else day + 2_400_000
    theirs = astropy_microseconds(Time(float(whole), float(fraction), format=form, scale=scale))
    assume(abs(theirs % 1 - Fraction(1, 2)) > Fraction(1, 20))  # a tie may go either way
    assert tt(f"{form.upper()}{whole + fraction} {scale.upper()}") == round(theirs)


@given(st.integers(0, 2 * 10**15))
def test_astropy_reads_the_same_gps_seconds(microseconds: int):
    whole, rest = divmod(microseconds, 1_000_000)
    theirs = astropy_microseconds(Time(float(whole), rest / 1e6, format="gps"))
    assert abs(theirs - tt(f"GPS{whole}.{rest:06}")) < Fraction(1, 20)


@given(utc_moments())
def test_iso_text_and_microseconds_are_inverse(moment: tuple[int, int]):
    microseconds = tt(iso_texts(*moment)[0])
    text = iso_from_tt(microseconds)
    assert tt_from_iso(text) == microseconds == tt(text)
    assert text.endswith("Z")
    assert not text.endswith("0Z") or "." not in text
    assert read(text, Kind.TIME).plain == text


@settings(max_examples=50)
@given(utc_moments(first=30_000, last=FIRST_DAY - 1))
def test_before_1972_astropy_decides_and_the_text_survives(moment: tuple[int, int]):
    assume(moment[0] not in SHORTER_DAYS)
    iso = iso_texts(*moment)[1]
    assert abs(astropy_microseconds(Time(iso, scale="utc")) - tt(iso)) <= Fraction(11, 20)
    value = read(iso, Kind.TIME)
    assert iso_from_tt(int(value.text)) == iso_from_tt(tt(iso_from_tt(int(value.text))))
    assert abs(tt(iso_from_tt(int(value.text))) - int(value.text)) <= 1
    assert abs(tt(f"MJD{convert(value, 'mjd')}") - int(value.text)) <= 1


def test_the_seconds_of_a_day_and_gps_and_mjd_steps_have_as_many_keys():
    seconds = {tt(f"2016-12-31T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z") for s in range(86_400)} | {
        tt("2016-12-31T23:59:60Z")
    }
    assert len(seconds) == 86_401
    assert len({read(f"GPS1126259462.{ms:03}", Kind.TIME).key for ms in range(1000)}) == 1000
    step = Decimal(1) / 86_400_000_000
    mjds = {read(f"MJD{Decimal('55260.5') + i * step:.16f}", Kind.TIME).key for i in range(1000)}
    assert len(mjds) == 1000


def test_a_float_mjd_still_holds_a_microsecond():
    moments = range(0, DAY, 977_777_777)
    assert all(tt(55260 + us / DAY, "mjd") == tt("2010-03-05") + us for us in moments)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2010-02-01", 4_771_699_266_184_000), ("MJD0 TT", 0),
        ("1977-01-01T00:00:00 TAI", 43_144 * DAY + 32_184_000),
        ("GPS0", 44_244 * DAY + 51_184_000), ("2017-01-01T00:00:00Z", 57_754 * DAY + 69_184_000),
        ("2016-12-31T23:59:60Z", 57_754 * DAY + 68_184_000),
        ("2016-12-31T23:59:60.999999Z", 57_754 * DAY + 69_183_999),
        ("2017-01-01T05:29:60+05:30", 57_754 * DAY + 68_184_000),
        ("2016-12-31T18:59:60-05:00", 57_754 * DAY + 68_184_000),
        ("2010-01-31T24:00:00Z", 4_771_699_266_184_000), ("2010-02-01T02:00+02", 4_771_699_266_184_000),
        ("2010-02-01T00:00:00.0000005", 4_771_699_266_184_000),
        ("2010-02-01T00:00:00.0000015", 4_771_699_266_184_002),
        ("2010-02-01T00:00:00.00000050000000000000000000001", 4_771_699_266_184_001),
        ("2016-12-31T23:59:59.9999999Z", 57_754 * DAY + 68_184_000),
        ("20100201T000000Z", 4_771_699_266_184_000),
        ("2010:032:00:00:00", 4_771_699_266_184_000), ("J2000.0", 51_544 * DAY + DAY // 2),
        ("MJD57753.5", 57_753 * DAY + 68_184_000 + 43_200_500_000),  # half of a day of 86401 s
    ],
)  # fmt: skip
def test_moments(text: str, microseconds: int):
    assert tt(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "2015-12-31T23:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T22:59:60Z", "2016-12-31T23:59:60 TT",
        "2016-12-31T23:59:61Z", "2016-12-31T24:00:01Z", "2016-12-31T25:00:00Z", "2016-12-31T23:60:00Z",
        "2010-02-30",
        "2010-13-01", "0000-01-01", "10000-01-01", "2010-02-01T00:00:00+15:00", "2010-02-01T00:00:00+01:75",
        "2010-02-01T00:00:00Z TT", "2010-02-01T00:00:00 UT1", "GPS10 TT", "MJD1e9", "GPS1e20", "GPS-1e12",
        "MJDnan", "GPSinf",
        "MJD", "tomorrow", "next week 5", "", "2010-02", "2010-02-01T", "2010-02-01T00:00:00 02:00",
        "12:30", "1e400", True,
        [1], {"value": None}, float("nan"), "9" * 500, "MJD" + "5" * 399, "20 keV",
    ],
)  # fmt: skip
def test_times_that_cannot_be_are_refused(text: object):
    with pytest.raises(BadValue) as caught:
        read(text, Kind.TIME, parameter="t1")
    assert caught.value.parameter == "t1"


@pytest.mark.parametrize("number", ["55260.5", 55260.5, 1126259462, "2010", {"value": 55260.5}])
def test_a_bare_number_is_refused_with_what_it_may_mean(number: object):
    with pytest.raises(BadValue) as caught:
        read(number, Kind.TIME, parameter="t1")
    shown = number["value"] if isinstance(number, dict) else number
    assert caught.value.near == (f"MJD{shown}", f"JD{shown}", f"GPS{shown}")
    assert "ISO 8601" in caught.value.detail


def test_the_offer_of_a_refused_leap_second_is_a_time():
    with pytest.raises(BadValue) as caught:
        read("2015-12-31T23:59:60Z", Kind.TIME)
    assert caught.value.near == ("2015-12-31T23:59:59Z",)


def test_a_plus_sign_lost_in_an_address_is_recognised():
    with pytest.raises(BadValue, match="%2B"):
        read("2010-02-01T00:00:00 02:00", Kind.TIME)


@pytest.mark.parametrize(
    ("text", "iso", "literal"),
    [
        ("2010-02-01", "2010-02-01T00:00:00Z", "2010-02-01T00:00:00Z"),
        ("2010-02-01T00:00:00.120", "2010-02-01T00:00:00.12Z", "2010-02-01T00:00:00.12Z"),
        ("2016-12-31T23:59:59.999999", "2016-12-31T23:59:59.999999Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T23:59:60.5", "2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999Z"),
        ("2017-01-01", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_texts_of_a_time(text: str, iso: str, literal: str):
    assert iso_from_tt(tt(text)) == iso
    assert datetime_literal(tt(text)) == literal


@given(utc_moments())
def test_a_literal_never_has_second_sixty(moment: tuple[int, int]):
    literal = datetime_literal(tt(iso_texts(*moment)[0]))
    assert ":60" not in literal
    assert tt(literal) <= tt(iso_texts(*moment)[0])


def test_a_day_is_longer_only_where_a_leap_second_was():
    for day, offset in OFFSETS[1:]:
        assert tt(f"MJD{day}") - tt(f"MJD{day - 1}") == DAY + 1_000_000
        assert tt(f"MJD{day + 1}") - tt(f"MJD{day}") == DAY
        assert tt(f"MJD{day}") == day * DAY + (offset * 1000 + 32_184) * 1000
    assert len(LAST_DAYS) == 27


def test_what_an_analysis_receives():
    value = read("2015-09-14T09:50:45.4Z", Kind.TIME)
    assert to_plain(value) == "2015-09-14T09:50:45.4Z"
    assert to_plain(value, "isot") == "2015-09-14T09:50:45.4"
    assert to_plain(value, "gps") == 1126259462.4
    assert convert(value, "gps") == Decimal("1126259462.4")
    assert Time(to_plain(value, "mjd"), format="mjd", scale="utc").gps == pytest.approx(
        1126259462.4, abs=2e-6
    )
    assert to_plain(value, "jd") == pytest.approx(to_plain(value, "mjd") + 2400000.5, abs=1e-9)
    assert to_plain(value, "mjd TT") == pytest.approx(int(value.text) / DAY, abs=1e-11)
    assert to_plain(value, "ijd") == pytest.approx(int(value.text) / DAY - 51544, abs=1e-11)
    with pytest.raises(WrongUnit):
        to_plain(value, "s")
    with pytest.raises(WrongUnit):
        convert(value, "isot")


@given(utc_moments(), st.sampled_from(["mjd", "jd", "ijd", "gps", "mjd TT", "jd TT"]))
def test_a_time_survives_the_format_of_an_analysis(moment: tuple[int, int], form: str):
    value = read(iso_texts(*moment)[0], Kind.TIME)
    assert read(f"{convert(value, form):f}", Kind.TIME, unit=form) == value


def test_the_jump_at_the_end_of_1971():
    assert iso_from_tt(tt("1971-12-31T23:59:59.5")) == "1971-12-31T23:59:59.5Z"
    assert tt("1972-01-01") - tt("1971-12-31T23:59:59") == 1_107_758  # TAI - UTC became 10 s exactly


def test_a_time_before_1972_in_days():
    value = read("1965-03-01T12:00:00", Kind.TIME)
    assert convert(value, "mjd") == pytest.approx(Decimal("38820.5"), abs=Decimal("1e-10"))
