from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.model.terms import KG, ODA, Site
from kg_service.web.words import Addresses, marked, repeat_curl, repeat_kg, short, size, standing, unit


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


def test_backticks_are_code_and_all_else_is_escaped():
    assert (
        marked("needs `t0` or ``ra``, not <b>") == "needs <code>t0</code> or <code>ra</code>, not &lt;b&gt;"
    )
    assert marked("`<script>`") == "<code>&lt;script&gt;</code>"
    assert marked("one ` alone") == "one ` alone"
    assert marked(None) == ""


@pytest.mark.parametrize(
    ("phase", "code", "words"),
    [
        ("ERROR", "unresolved-object", "refused: the object is not known"),
        ("ERROR", "run-failed", "failed: the run failed"),
        ("ERROR", "archive-unavailable", "failed: the archive cannot be reached"),
        ("COMPLETED", None, "completed"),
        ("ABORTED", "run-failed", "cancelled"),
        ("ERROR", None, "error"),
    ],
)
def test_how_a_run_stands_in_words(phase, code, words):
    assert standing(phase, {"code": code, "detail": "x"} if code else None) == words


def test_long_hashes_are_shortened():
    assert short("http://x/products/" + "a" * 32) == "a" * 10
    assert short(KG + "VeryHighEnergyGammaRayLightCurve") == "VeryHighEnergyGammaRayLightCurve"
