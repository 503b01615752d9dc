"""Energies and numbers for people: handy units, powers of ten, and no digit lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.model.notation import tt_from_iso
from kg_service.model.readable import energy, energy_range, instant, number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.000000000001924", "1.924e-12"),
        ("1126259462.42290", "1126259462.4229"),
        ("1000000", "1000000"),
        ("1e30", "1e30"),
        ("-0.00001234", "-1.234e-5"),
        ("0.0", "0"),
        ("2.5", "2.5"),
        ("INF", "INF"),
        ("no number", "no number"),
    ],
)
def test_a_number_has_a_power_of_ten_where_that_is_shorter(text, shown):
    assert number(text) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(value):
    assert float(number(repr(value))) == value


def test_a_number_too_long_for_decimal_arithmetic_stays_as_it_is():
    assert number("1." + "3" * 40) == "1." + "3" * 40


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (50_000.0, 1e9, "50 MeV to 1 TeV"),
        (3.0, 35.0, "3 to 35 keV"),
        (None, 3.0, "up to 3 keV"),
        (2.0, None, "from 2 keV"),
        (None, None, ""),
    ],
)
def test_a_band_is_written_in_handy_units(low, high, text):
    assert energy_range(low, high) == text


def test_an_energy_and_an_instant():
    assert energy(Decimal(1_000_000)) == "1 GeV"
    assert instant(tt_from_iso("2017-01-01T00:00:00Z")) == "2017-01-01"
    assert instant(tt_from_iso("2017-01-01T00:00:01Z")).startswith("2017-01-01T00:00:01")
