from __future__ import annotations

import math
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.model.terms import KG, ODA, Site
from kg_service.web.words import Addresses, measure, repeat_curl, repeat_kg, short, size, unit


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2.0204, 0.0183, "2.020 ± 0.018"),
        (8.13e-12, 1.5e-13, "(8.13 ± 0.15) \N{MULTIPLICATION SIGN} 10⁻¹²"),
        (-3.78e-5, None, "\N{MINUS SIGN}3.78 \N{MULTIPLICATION SIGN} 10\N{SUPERSCRIPT MINUS}⁵"),
        (1255.3, 40.0, "1255 ± 40"),
        (0.0, 0.5, "0.00 ± 0.50"),
        (1126259462.42, None, "1126259462.42"),
        (57000.25, None, "57000.2"),
        (1036.9, None, "1036.9"),
        (8, None, "8"),
        (True, None, "yes"),
        ("log-parabola", None, "log-parabola"),
        (None, None, "\N{EN DASH}"),
        (math.inf, None, "\N{EN DASH}"),
    ],
)
def test_numbers_at_the_digits_that_the_error_allows(value, error, text):
    assert measure(value, error) == text


@given(st.floats(allow_nan=True), st.none() | st.floats(min_value=0, allow_nan=False))
def test_any_number_can_be_written(value, error):
    assert measure(value, error)


def test_units():
    assert unit("erg.cm**-2.s**-1") == "erg cm⁻² s⁻¹"
    assert unit("Hz**(-1/2)") == "Hz\N{SUPERSCRIPT MINUS}¹/²"
    assert unit(None) == ""


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**10, "20.0 GB")]
)
def test_sizes(count, text):
    assert size(count) == text


def test_addresses_stay_on_this_host():
    here = Addresses(Site("https://data.example/kg/")).here
    assert here("https://data.example/kg/products/3fa9") == "/products/3fa9"
    assert here(KG + "FermiLAT") == "/terms/FermiLAT"
    assert here(ODA + "Spectrum") == "/terms/Spectrum"
    assert here("https://spdx.org/licenses/Apache-2.0") == "https://spdx.org/licenses/Apache-2.0"
    assert here("javascript:alert(1)") == ""
    assert here(None) == ""


@given(st.text(), st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=3))
def test_lines_can_be_pasted_into_a_shell(term, given_):
    asked = {"term": term, "given": given_}
    assert shlex.split(repeat_kg(asked)) == ["kg", "ask", term, *(f"{n}={v}" for n, v in given_)]
    words = shlex.split(repeat_curl(asked, "http://h:1"))
    assert len(words) == 2
    assert words[1].startswith("http://h:1/ask/")


def test_long_hashes_are_shortened():
    assert short("http://x/products/" + "a" * 32) == "a" * 10
    assert short(KG + "VeryHighEnergyGammaRayLightCurve") == "VeryHighEnergyGammaRayLightCurve"
