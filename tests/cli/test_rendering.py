"""Answers as text: numbers with their errors, curves, and what is said of a problem."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from kg_service.cli.rendering import (
    _curve_lines,
    explanation_text,
    measure_text,
    problem_text,
    sparkline,
    table_column,
)
from kg_service.errors import UnknownTerm


@pytest.mark.parametrize(
    ("value", "error", "unit", "text"),
    [
        (2.0204, 0.0180, None, "2.020 ± 0.018"),
        (8.1298e-12, 1.497e-13, "erg", "(8.13 ± 0.15)e-12 erg"),
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


def test_a_sparkline_spans_from_lowest_to_highest_and_leaves_gaps():
    assert sparkline([0.0, float("nan"), 1.0]) == "▁ █"
    assert sparkline([1.0, 10.0, 100.0], logarithmic=True) == "▁▅█"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([]) == ""


def test_the_curve_of_a_table_is_its_column_of_fluxes(tmp_path: Path):
    table = tmp_path / "curve.ecsv"
    table.write_text('# %ECSV 1.0\n# comment\nname flux "flux error"\n"a b" 1.5 0.1\nc nan 0.2\nd "" 0.3\n')
    name, numbers = table_column(table) or ("", [])
    assert name == "flux"
    assert numbers[0] == 1.5
    assert all(math.isnan(number) for number in numbers[1:])


def track(folder: Path, loudness: list[float]) -> Path:
    table = folder / "track.ecsv"
    rows = [f"{n / 1000} {1e9 + n} 100 {value}" for n, value in enumerate(loudness)]
    table.write_text("# %ECSV 1.0\n" + "\n".join(["time gps frequency energy", *rows]) + "\n")
    return table


def test_the_curve_of_a_spectrogram_is_its_loudness_over_time(tmp_path: Path):
    quiet = [2.0] * 1000
    quiet[503] = 4.0  # one loud moment must not be lost among a thousand
    line = _curve_lines([str(tmp_path / "spectrogram.png"), str(track(tmp_path, quiet))])[0]
    name, bars, *words = line.split()
    assert (name, " ".join(words)) == ("loudness", "max over frequency")
    assert len(bars) <= 64
    assert bars.count("█") == 1
    assert abs(bars.index("█") / len(bars) - 0.503) < 0.02


def test_a_long_curve_is_shown_whole(tmp_path: Path):
    table = tmp_path / "curve.ecsv"
    numbers = [1.0] * 100 + [2.0] * 100
    table.write_text("# %ECSV 1.0\nflux\n" + "\n".join(map(str, numbers)) + "\n")
    line = _curve_lines([str(table)])[0]
    bars = line.split()[1]
    assert bars.count("▁") == bars.count("█") == 25
    assert "200 points" in line


def test_a_table_without_fluxes_has_no_curve(tmp_path: Path):
    table = tmp_path / "names.ecsv"
    table.write_text("# %ECSV 1.0\nname ra\na 1\n")
    assert table_column(table) is None


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
