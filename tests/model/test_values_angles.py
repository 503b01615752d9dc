"""Angles: sexagesimal and decimal notations, wrapping, limits, and astropy's reading of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from astropy.coordinates import Angle
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import sexagesimal_parts

from kg_service.errors import BadValue, WrongUnit
from kg_service.model.notation import read, to_plain
from kg_service.model.values import Kind

RA, DEC, ANGLE = Kind.RIGHT_ASCENSION, Kind.DECLINATION, Kind.ANGLE


@given(sexagesimal_parts(23))
def test_spellings_of_a_right_ascension_have_one_key(hms: tuple[int, int, Decimal]):
    h, m, s = hms
    texts = [
        f"{h}h{m}m{s}s",
        f"{h:02}h {m:02}m {s:.5f}s",
        f"{h}:{m}:{s}",
        f"+{h:02} {m:02} {s}",
        f"{h}H{m}M{s}S",
    ]
    if not s:
        texts += [f"{h}h{m}m", f"{h}:{m}"]
    keys = {read(text, RA).key for text in texts}
    degrees = Decimal(h * 15) + Decimal(m) / 4 + s / 240
    keys |= {read(f"{degrees:.20f}", RA).key, read(f"{degrees - 360:.20f} deg", RA).key}
    keys.add(read({"value": f"{degrees * 60:.20f}", "unit": "arcmin"}, RA).key)
    assert len(keys) == 1


@given(st.sampled_from(["+", "-", "\u2212", ""]), sexagesimal_parts(89))
def test_spellings_of_a_declination_have_one_key(sign: str, dms: tuple[int, int, Decimal]):
    d, m, s = dms
    texts = [f"{sign}{d}d{m}m{s}s", f"{sign}{d}:{m}:{s}", f"{sign}{d}\u00b0{m}\u2032{s}\u2033",
             f"{sign}{d} {m} {s}", f"{sign}{d}\u00b0 {m}' {s}\"", f" {sign}{d}D{m}M{s}S "]  # fmt: skip
    degrees = (-1 if sign in {"-", "\u2212"} else 1) * (Decimal(d) + Decimal(m) / 60 + s / 3600)
    keys = {read(text, DEC).key for text in [*texts, f"{degrees:.20f}", f"{degrees * 3600:.20f} arcsec"]}
    assert len(keys) == 1


@given(
    st.sampled_from([RA, DEC, ANGLE]),
    st.sampled_from(["", "-"]),
    sexagesimal_parts(23),
    st.sampled_from("hd:"),
)
def test_astropy_reads_the_same_angle(kind: Kind, sign: str, hms: tuple[int, int, Decimal], form: str):
    h, m, s = hms
    assume(not (form == "h" and kind is DEC))
    text = f"{sign}{h}:{m}:{s}" if form == ":" else f"{sign}{h}{form}{m}m{s}s"
    unit = ("hourangle" if kind is RA else "deg") if form == ":" else None
    theirs = Angle(text, unit=unit).degree % (360 if kind is RA else 1e9)
    if kind is not RA and sign:
        theirs = Angle(text, unit=unit).degree
    ours = read(text, kind).plain
    assert ours == pytest.approx(theirs, abs=1.01e-9) or abs(ours - theirs) == pytest.approx(360, abs=1e-8)


@given(st.decimals("-1e6", "1e6", places=15))
def test_a_right_ascension_is_wrapped_and_has_nine_decimals(degrees: Decimal):
    value = read(f"{degrees:f}", RA)
    number = Decimal(value.text)
    assert 0 <= number < 360
    assert number == number.quantize(Decimal("1e-9"))
    turn = (number - degrees) % 360
    assert min(abs(turn), abs(360 - abs(turn))) <= Decimal("5e-10")
    assert read(f"{degrees + 720:f}", RA) == value


def test_a_grid_of_right_ascensions_has_as_many_keys():
    keys = {read(f"{i / 10:.1f}", RA).key for i in range(3600)}
    assert len(keys) == 3600
    assert keys == {read(i / 10, RA).key for i in range(3600)}
    assert read("257.8", RA).key != read("275.8", RA).key


@pytest.mark.parametrize(
    ("text", "kind", "degrees"),
    [
        ("359.9999999995", RA, "0"), ("359.9999999994", RA, "359.999999999"), ("360", RA, "0"),
        ("-0.0", RA, "0"),
        ("0.0000000005", DEC, "0"), ("0.0000000015", DEC, "2e-9"), ("24h", RA, "0"), ("-1h", RA, "345"),
        ("11h", RA, "165"),
        ("38d", DEC, "38"), ("-0:30", DEC, "-0.5"), ("-00d00m01s", DEC, "-0.000277778"), ("90", DEC, "90"),
        ("90.0000000001", DEC, "90"), ("-90:00:00", DEC, "-90"), ("5'", ANGLE, "0.083333333"),
        ("30\u2033", ANGLE, "0.008333333"),
        ("0.5", ANGLE, "0.5"), ("30 arcmin", ANGLE, "0.5"), ("1800arcsec", ANGLE, "0.5"),
        ("1 rad", ANGLE, "57.295779513"),
        ("11.07 hourangle", RA, "166.05"), ("725", ANGLE, "725"), ("1h", ANGLE, "15"),
        ("38.2\u00b0", DEC, "38.2"),
        ("11h4s", RA, "165.016666667"), ("38d12m32sN", DEC, "38.208888889"),
        ("38d12m32sS", DEC, "-38.208888889"),
    ],
)  # fmt: skip
def test_angles_in_degrees(text: str, kind: Kind, degrees: str):
    assert read(text, kind).text == degrees
    assert read(text, kind).unit == "deg"


def test_colons_are_hours_in_right_ascension_and_degrees_elsewhere():
    assert [read("11:04:27", kind).text for kind in (RA, DEC, ANGLE)] == [
        "166.1125",
        "11.074166667",
        "11.074166667",
    ]


@pytest.mark.parametrize("text", ["91", "-90.000000001", "90:00:00.1", "-100 deg", "2 rad", "324001 arcsec"])
def test_a_declination_beyond_the_poles_is_refused_by_name(text: str):
    with pytest.raises(BadValue, match="declination lies between -90 and \\+90") as caught:
        read(text, DEC, parameter="dec")
    assert (caught.value.parameter, caught.value.value) == ("dec", text)
    assert "dec" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11h04m", DEC), ("11h60m", RA), ("11:04:60", RA), ("11.5:04", RA), ("11h4.5m3s", RA),
        ("11:04:27:30", RA),
        ("abc", RA), ("11h04m27sX", RA), ("nan", DEC), ("inf", RA), ("", DEC), ("1e301", RA), ("12 34", RA),
        (True, RA),
        ("11:-4:27", RA), ("38d12m32sE7", DEC),
    ],
)  # fmt: skip
def test_angles_that_cannot_be_read(text: object, kind: Kind):
    with pytest.raises(BadValue):
        read(text, kind)


@pytest.mark.parametrize("text", ["11 h", "38 d", "10 m", "5 keV", "5 sr", {"value": 11, "unit": "h"}])
def test_the_units_of_time_and_length_are_no_angles(text: object):
    with pytest.raises(WrongUnit):
        read(text, RA)


def test_an_angle_whose_role_has_another_unit():
    assert read("0.5 deg", ANGLE, unit="arcmin").key == "angle 30 arcmin"
    assert read("30", ANGLE, unit="arcmin").text == "30"
    assert read("0d30m", ANGLE, unit="arcmin").text == "30"
    assert read("180 deg", ANGLE, unit="rad").text == "3.14159265358979"
    assert read("12", RA, unit="hourangle").key == "right-ascension 180 deg"
    assert to_plain(read("180", RA), "hourangle") == 12.0
    assert read({"value": "11h04m27s"}, RA) == read("11h04m27s", RA)
