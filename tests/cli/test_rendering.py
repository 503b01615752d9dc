"""Answers as text: numbers with their errors, reasons, addresses, and what is said of a problem."""

from __future__ import annotations

import pytest

from kg_service.cli.rendering import (
    _value_lines,
    answer_text,
    explanation_text,
    measure_text,
    problem_text,
)
from kg_service.errors import UnknownTerm


@pytest.mark.parametrize(
    ("value", "error", "unit", "text"),
    [
        (2.0204, 0.0180, None, "2.020 ± 0.018"),
        (8.1298e-12, 1.497e-13, "erg", "(8.13 ± 0.15) \N{MULTIPLICATION SIGN} 10⁻¹² erg"),
        (1126259462.42290, 0.0024, "s", "1126259462.4229 ± 0.0024 s"),
        (159.2, 28.1, "Hz", "159 ± 28 Hz"),
        (76.00489, None, None, "76.0049"),
        (8, None, None, "8"),
        ("log-parabola", None, None, "log-parabola"),
        (0.0, 0.5, None, "0.00 ± 0.50"),
    ],
)
def test_a_number_has_the_digits_its_error_allows(value, error, unit, text):
    assert measure_text({"value": value, "error": error, "unit": unit}) == text


def values(*names: str, **texts: str):
    """Values with an error, then texts."""
    measured = {n: {"value": 2.0, "error": 0.5 if n[0] != "-" else None, "unit": None} for n in names}
    return {n.lstrip("-"): m for n, m in measured.items()} | {
        n: {"value": t, "error": None, "unit": None} for n, t in texts.items()
    }


def names_of(lines):
    return [line[12:].split(" = ")[0].strip() for line in lines if " = " in line]


def test_an_amplitude_is_followed_by_the_energy_it_is_given_at():
    lines = _value_lines(values("lp_index", "lp_beta", "lp_amplitude", "pl_index", "-reference_energy"))
    assert names_of(lines) == ["lp_index", "lp_beta", "lp_amplitude", "reference_energy"]
    assert "and 1 more" in lines[-1]
    found = values("index_1", "amplitude_1", "index_2", "-reference_energy_1", "-reference_energy_2")
    assert names_of(_value_lines(found)) == ["index_1", "amplitude_1", "reference_energy_1", "index_2"]
    combined = values("veritas_amplitude", "x", "y", "-reference_energy", "-veritas_reference_energy")
    assert names_of(_value_lines(combined))[1] == "veritas_reference_energy"


def test_only_a_value_that_says_why_is_a_reason():
    names = "a long list of other names of this source, and of more"
    lines = _value_lines(values("a", "b", "c", other_names=names, preferred_because="it fits better"))
    assert [line for line in lines if "because" in line] == ["  because   it fits better"]
    assert names not in "".join(lines)


def answer(**members):
    product = {
        "id": "http://localhost:8000/products/aa", "url": "http://127.0.0.1:8123/products/aa",
        "label": "Spectrum", "values": {}, "quality": [], "stale": False, "cite": [],
    }  # fmt: skip
    found = {"resolved": [], "reused": False, "steps": [], "passed_over": [], "caveats": [], "files": []}
    return found | {"product": product, "status": "done", "run": "http://localhost:8000/runs/r"} | members


def test_the_address_that_answers_comes_first_and_the_name_beside_it():
    assert answer_text(answer()).splitlines()[1:] == [
        "  http://127.0.0.1:8123/products/aa",
        "  named     http://localhost:8000/products/aa",
    ]
    waiting = answer_text(answer(product=None, status="pending"), lambda iri: iri.replace("8000", "8123"))
    assert "http://localhost:8123/runs/r" in waiting


def test_what_was_read_otherwise_is_told_by_the_name_of_the_request():
    told = {
        "term": "t",
        "given": "MJD57754",
        "used": "2017-01-01T00:00:00Z",
        "name": "t1",
        "text": "2017-01-01",
    }
    same = {"term": "t", "given": "1 GeV", "used": "1000000 keV", "name": "e_min", "text": None}
    lines = [line for line in answer_text(answer(resolved=[told, same])).splitlines() if "read" in line]
    assert lines == ["  read      t1=MJD57754 as 2017-01-01"]


def test_near_names_that_the_sentence_has_are_not_repeated():
    said = problem_text(UnknownTerm("There are A and B.", near=("A", "B")).to_json())
    assert "near" not in said


def test_a_problem_names_its_near_matches():
    text = problem_text(UnknownTerm("No product is called 'Spectrun'.", near=("Spectrum",)).to_json())
    assert text.startswith("kg: Unknown term: No product")
    assert "near: Spectrum" in text


def test_an_explanation_speaks_in_names_and_says_a_reason_once():
    kg = "https://w3id.org/kg-service/ontology#"
    missing = {"code": "not-consumed", "term": kg + "x", "message": "takes no time range"}
    candidate = {
        "workflow": "http://localhost:8000/workflows/fermi-lat-light-curve/1a2b",
        "ok": False,
        "rank": None,
        "reasons": [],
        "missing": [missing, missing],
        "remedy": [
            {"edit": "replace", "term": kg + "instrument", "value": kg + "FermiLAT",
             "name": "instrument", "text": "Fermi-LAT"},
            {"edit": "replace", "term": kg + "asksFor", "value": kg + "LightCurve",
             "name": "ask", "text": "LightCurve"},
            {"edit": "drop", "term": kg + "startTime", "value": None, "name": "t1", "text": ""},
        ],
    }  # fmt: skip
    text = explanation_text({"plan": None, "would_reuse": None, "why_not": "No.", "candidates": [candidate]})
    assert text.count("takes no time range") == 1
    assert "with instrument=Fermi-LAT, asked for LightCurve, without t1" in text
