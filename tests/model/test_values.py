"""One meaning, one key; another meaning, another key."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import decimal_texts, decimals, exact_energies, spellings, values

from kg_service.errors import BadValue, WrongUnit
from kg_service.model import notation
from kg_service.model.decimals import quotient_to_places
from kg_service.model.notation import convert, from_literal, from_text, order_band, read, to_plain
from kg_service.model.query import Binding, Query
from kg_service.model.terms import XSD
from kg_service.model.values import Kind, Value


@given(st.data(), decimals(digits=30))
def test_paraphrases_of_an_energy_have_one_key(data: st.DataObject, energy: Decimal):
    first, second = data.draw(exact_energies(energy)), data.draw(exact_energies(energy))
    one, other = read(first, Kind.ENERGY), read(second, Kind.ENERGY)
    assert one.key == other.key
    assert Decimal(one.text) == energy
    assert one.plain == float(one.text) == float(energy)


@given(decimals(digits=20), decimals(digits=20))
def test_different_energies_have_different_keys(one: Decimal, other: Decimal):
    same = read(f"{one} keV", Kind.ENERGY).key == read(f"{other} keV", Kind.ENERGY).key
    assert same == (one == other)


@given(st.data(), decimals(digits=25, smallest=-200, largest=200), st.booleans())
def test_canonical_text_is_exact_and_unique(data: st.DataObject, number: Decimal, negative: bool):
    number = -number if negative else number
    value = read(data.draw(spellings(number)), Kind.ENERGY)
    assert Decimal(value.text) == number
    assert value == read(value.text, Kind.ENERGY) == from_text(value.text, Kind.ENERGY, "keV")
    mantissa, _, exponent = value.text.partition("e")
    assert not mantissa.startswith("+")
    assert not ("." in mantissa and mantissa.endswith("0"))
    assert bool(exponent) == (not -7 < number.adjusted() < 21)


@pytest.mark.parametrize(
    ("given_text", "text"),
    [
        ("20", "20"), ("-0", "0"), ("0e5", "0"), ("0.020", "0.02"), ("15e-13", "1.5e-12"),
        ("1e-6", "0.000001"),
        ("1e-7", "1e-7"), ("1e20", "100000000000000000000"), ("1e21", "1e21"), ("-12.50e30", "-1.25e31"),
    ],
)  # fmt: skip
def test_the_canonical_text_of_a_number(given_text: str, text: str):
    assert read(given_text, Kind.ENERGY).text == text


def test_a_plain_number_keeps_fifteen_digits_rounded_half_to_even():
    assert read("0.1234567890123445", Kind.NUMBER).text == "0.123456789012344"
    assert read("0.1234567890123455", Kind.NUMBER).text == "0.123456789012346"
    assert read(0.1 + 0.2, Kind.NUMBER) == read("0.3", Kind.NUMBER)


def test_a_quotient_is_rounded_once():
    just_above_a_tie = Decimal("0.0000000015" + "0" * 989 + "3")
    assert quotient_to_places(just_above_a_tie, Decimal(3), Decimal("1e-9")) == Decimal("1e-9")
    assert quotient_to_places(Decimal("0.0000000015"), Decimal(3), Decimal("1e-9")) == 0


def test_the_noise_of_a_float_is_no_other_energy():
    noisy = [1.1 * 1.1, 0.1 + 0.2, 1e3 * 1.005]
    assert [read(x, Kind.ENERGY).text for x in noisy] == ["1.21", "0.3", "1005"]


def test_no_digit_of_an_exactly_convertible_quantity_is_lost():
    assert read("12345678901234567890.5 eV", Kind.ENERGY).text == "12345678901234567.8905"


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.ENERGY, Kind.INTEGER, Kind.RIGHT_ASCENSION, Kind.TIME])
def test_a_truth_value_is_not_a_number(kind: Kind):
    with pytest.raises(BadValue):
        read(True, kind)


@pytest.mark.parametrize(
    ("kind", "given_value", "text"),
    [
        (Kind.INTEGER, "5.0", "5"), (Kind.INTEGER, 5.0, "5"), (Kind.INTEGER, "5e0", "5"),
        (Kind.INTEGER, 5, "5"),
        (Kind.INTEGER, "-0", "0"), (Kind.INTEGER, 2.0**60, "1152921504606846976"),
        (Kind.INTEGER, "1e22", "10000000000000000000000"),
        (Kind.BOOLEAN, "YES", "true"), (Kind.BOOLEAN, 0, "false"), (Kind.BOOLEAN, " False ", "false"),
        (Kind.NAME, "  Mrk \u00a0 421\n", "Mrk 421"), (Kind.NAME, "e\u0301ta Car", "\u00e9ta Car"),
        (Kind.NAME, "mrk 421", "mrk 421"), (Kind.TEXT, " e\u0301  B ", " \u00e9  B "), (Kind.TEXT, "", ""),
        (Kind.FILE, "sha256:" + "AB" * 32, "ab" * 32),
        (Kind.STRUCTURED, '{"b": 1.0, "a": [2.50, true, null]}', '{"a":[2.5,true,null],"b":1}'),
        (Kind.STRUCTURED, [1, "1", True, 1e-12], '[1,"1",true,1e-12]'),
    ],
)  # fmt: skip
def test_canonical_text_of_other_kinds(kind: Kind, given_value: object, text: str):
    assert read(given_value, kind).text == text


@pytest.mark.parametrize(
    ("kind", "given_value"),
    [
        (Kind.INTEGER, "5.5"), (Kind.INTEGER, 5.5), (Kind.BOOLEAN, "maybe"), (Kind.BOOLEAN, 2),
        (Kind.BOOLEAN, 1.0),
        (Kind.NAME, ""), (Kind.NAME, " \n "), (Kind.NAME, "Mrk\t421"), (Kind.NAME, "a\u200bb"),
        (Kind.NAME, "\x00"),
        (Kind.NAME, "\udc80"), (Kind.NAME, 2.5), (Kind.NAME, "x" * 1001), (Kind.TEXT, "a\0b"),
        (Kind.TEXT, "\ud800"),
        (Kind.TEXT, ["a"]), (Kind.FILE, "/data/events.fits"), (Kind.FILE, "ab" * 31),
        (Kind.STRUCTURED, "[1,"),
        (Kind.STRUCTURED, "[NaN]"), (Kind.STRUCTURED, '{"a":1,"a":1}'), (Kind.STRUCTURED, "[" * 100_000),
        (Kind.STRUCTURED, [[[[]]] * 2, {1: 2}]), (Kind.STRUCTURED, "[1e999999999]"),
        (Kind.STRUCTURED, {"a": {1}}),
        (Kind.NONE, "something"),
    ],
)  # fmt: skip
def test_what_is_no_value_of_a_kind_is_refused(kind: Kind, given_value: object):
    with pytest.raises(BadValue) as caught:
        read(given_value, kind, parameter="p")
    assert caught.value.parameter == "p"
    assert caught.value.detail.startswith("p = ")


@pytest.mark.parametrize(
    "number",
    [
        "nan", "NaN", "inf", "-inf", "+Infinity", "nan keV", float("nan"), float("inf"), Decimal("NaN"),
        Decimal("-Infinity"), "1e999999999", "1e-999999999", "1e99999999999999999999999", "1e301",
        "9" * 401, 10**400,
        Fraction(1, 10**400), "1,000", "1 000 keV", "1\u202f000", "1_000", "0,5 keV", "", " ", "keV",
        "twenty keV",
        "--5", "5..0", "0x10", "1e", "1e300 TeV", "\u0665", [20], {"value": 20, "unit": "keV", "error": 1},
        {"unit": "keV"}, {"value": {"value": 1}}, {"value": 20, "unit": 5}, {"value": "20 keV",
        "unit": "MeV"},
        "5" + " " * 600 + "keV",
    ],
)  # fmt: skip
def test_numbers_that_are_refused(number: object):
    with pytest.raises((BadValue, WrongUnit)) as caught:
        read(number, Kind.ENERGY, parameter="e_min")
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,000 keV", "thousands separators"),
        ("0,5 keV", "decimal point, not a comma: 0.5"),
        ("12,5 GeV", "decimal point, not a comma: 12.5"),
        ("12,500,000 keV", "separators: 12500000, not 12,500,000"),
        ("NaN", "finite"),
        ("", "number is needed"),
    ],
)
def test_the_message_says_the_way_out(text: str, hint: str):
    with pytest.raises(BadValue, match=hint):
        read(text, Kind.ENERGY)


def test_none_is_distinct_from_empty_text_from_absent_and_from_every_other_value():
    none = read(None, Kind.TEXT)
    assert none.kind is Kind.NONE
    assert none == read(None, Kind.ENERGY) == read("none", Kind.ENERGY) == read("None", Kind.TIME)
    others = {read("", Kind.TEXT).key, read("none", Kind.TEXT).key, read("none", Kind.NAME).key}
    assert none.key not in others
    assert len(others) == 3
    asked = [
        Query("kg:X"),
        Query("kg:X", (Binding("p", "t", none),)),
        Query("kg:X", (Binding("p", "t", read("", Kind.TEXT)),)),
    ]
    assert len({query.ident for query in asked}) == 3


@given(values(), values())
def test_keys_are_equal_exactly_when_values_are(one: Value, other: Value):
    assert (one.key == other.key) == (one == other)
    assert "\n" not in one.key


def test_a_text_cannot_pose_as_a_second_statement():
    honest = Query("c", (Binding("p", "t", read("x", Kind.TEXT)), Binding("q", "t", read("y", Kind.TEXT))))
    forged = Query("c", (Binding("p", "t", Value(Kind.TEXT, "x \n<q> text y")),))
    assert honest.ident != forged.ident
    assert Value(Kind.TEXT, "a\\nb").key != Value(Kind.TEXT, "a\nb").key


@given(values())
def test_a_canonical_text_reads_as_itself(value: Value):
    again = from_text(value.text, value.kind, value.unit)
    assert again == value
    assert again.plain == value.plain


@given(values(Kind.ENERGY, Kind.DURATION, Kind.NUMBER, Kind.RIGHT_ASCENSION, Kind.DECLINATION, Kind.ANGLE))
def test_a_double_of_a_graph_gives_the_value_back(value: Value):
    for lexical in (repr(float(value.text)), f"{float(value.text):.16E}"):
        assert from_literal(lexical, XSD + "double", value.kind, value.unit) == value


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-250, max_value=1e250))
def test_a_double_with_seventeen_digits_is_kept_whole(number: float):
    value = from_literal(repr(number), XSD + "double", Kind.ENERGY, "keV")
    assert float(value.text) == number == value.plain
    assert from_literal(repr(float(value.text)), XSD + "double", Kind.ENERGY, "keV") == value


@pytest.mark.parametrize(
    ("lexical", "datatype", "kind", "text"),
    [
        ("2010-02-01T00:00:00Z", "dateTime", Kind.TIME, "4771699266184000"),
        ("4771699266184000", "integer", Kind.TIME, "4771699266184000"),
        ("2.0E1", "double", Kind.ENERGY, "20"), ("20", "decimal", Kind.ENERGY, "20"),
        ("1.152921504606847E18", "double", Kind.INTEGER, "1152921504606846976"),
        ("true", "boolean", Kind.BOOLEAN, "true"), ("Mrk 421", "string", Kind.NAME, "Mrk 421"),
    ],
)  # fmt: skip
def test_literals(lexical: str, datatype: str, kind: Kind, text: str):
    assert from_literal(lexical, XSD + datatype, kind).text == text


@pytest.mark.parametrize("lexical", ["INF", "-INF", "NaN", "1E400", "x"])
def test_literals_that_are_no_numbers_are_refused(lexical: str):
    with pytest.raises(BadValue):
        from_literal(lexical, XSD + "double", Kind.ENERGY, "keV", parameter="e_min")


def test_what_an_analysis_receives():
    energy = read("20 keV", Kind.ENERGY)
    assert (to_plain(energy), to_plain(energy, "MeV")) == (20.0, 0.02)
    assert convert(energy, "MeV") == Decimal("0.02")
    assert to_plain(read("7", Kind.INTEGER)) == 7
    assert to_plain(read("no", Kind.BOOLEAN)) is False
    assert to_plain(read(None, Kind.ENERGY), "MeV") is None
    assert to_plain(read("Mrk 421", Kind.NAME)) == "Mrk 421"
    assert to_plain(read('{"b": [1, 2.5], "a": null}', Kind.STRUCTURED)) == {"a": None, "b": [1, 2.5]}
    assert isinstance(to_plain(read("7", Kind.INTEGER)), int)
    with pytest.raises(WrongUnit):
        to_plain(energy, "s")
    with pytest.raises(BadValue):
        convert(read("x", Kind.NAME), "s")


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**90), 2**90) | st.text("ab\u00e9 ", max_size=4)
    | st.floats(-1e9, 1e9).filter(lambda x: not 0 < abs(x) < 1e-299),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("xyz", max_size=3), inner, max_size=4),
))  # fmt: skip
def test_structured_values_have_one_text_whatever_their_layout(data: object):
    data = data if isinstance(data, (dict, list)) else [data]
    one = read(data, Kind.STRUCTURED)
    assert one == read(one.text, Kind.STRUCTURED)
    assert one == read(json.dumps(json.loads(one.text), indent=3), Kind.STRUCTURED)
    if isinstance(data, dict):
        assert one == read(dict(reversed(data.items())), Kind.STRUCTURED)


def test_the_order_of_a_list_matters_and_an_empty_list_is_something():
    assert read([1, 2], Kind.STRUCTURED) != read([2, 1], Kind.STRUCTURED)
    assert read([], Kind.STRUCTURED) != read(None, Kind.STRUCTURED)


def test_a_band_given_in_wavelengths_is_put_in_order_of_energy():
    def energy(text: str) -> Value:
        return read(text, Kind.ENERGY, photon=True)

    low, high = energy("0.1 nm"), energy("1 nm")
    assert order_band(low, high, low_given="0.1 nm", high_given="1 nm") == (high, low)
    assert order_band(high, low, low_given="1 nm", high_given="0.1 nm") == (high, low)
    assert order_band(low, None, low_given="0.1 nm", high_given=None) == (low, None)
    ten, five = energy("10 keV"), energy("5 keV")
    assert order_band(ten, five, low_given="10 keV", high_given="5 keV") == (
        ten,
        five,
    )  # an error for others to tell


def test_every_kind_has_a_reader():
    assert set(notation._READERS) == set(Kind)


@given(decimal_texts(digits=15))
def test_a_bare_number_is_in_the_unit_of_the_role(text: str):
    assert read(text, Kind.ENERGY, unit="MeV") == read(f"{text} MeV", Kind.ENERGY, unit="MeV")
    assert read(text, Kind.NUMBER, unit="Crab") == read(f"{text} Crab", Kind.NUMBER, unit="Crab")
