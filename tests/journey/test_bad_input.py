"""Bad input: a problem with the right code, no traceback, and nothing half-written."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable

import pytest
from journey_kg import Kg

OBJECT = "object=TXS 0506+056"

REQUESTS = [
    (("ask", "Spectrun", OBJECT), "unknown-term", 2),
    (("ask", "StartTime", OBJECT), "unknown-term", 2),
    (("ask", "Spectrum", "objct=TXS 0506+056"), "unknown-parameter", 2),
    (("ask", "Spectrum", OBJECT, "e_min=5 m/s"), "wrong-unit", 2),
    (("ask", "Spectrum", OBJECT, "e_min=5 kev"), "wrong-unit", 2),
    (("ask", "Spectrum", "ra=77.36", "dec=91"), "bad-value", 2),
    (("ask", "Spectrum", OBJECT, "e_min=NaN"), "bad-value", 2),
    (("ask", "Spectrum", OBJECT, "e_min=inf keV"), "bad-value", 2),
    (("ask", "LightCurve", OBJECT, "t1=55000"), "bad-value", 2),
    (("ask", "LightCurve", OBJECT, "t1=2020-01-01", "t2=2019-01-01"), "invalid", 2),
    (("ask", "Spectrum", OBJECT, "e_min=1 GeV", "e_max=1 GeV"), "invalid", 2),
    (("ask", "Spectrum", "ra=77.36"), "invalid", 2),
    (("ask", "Spectrum", "object=Nobody 123"), "unresolved-object", 2),
    (("ask", "Spectrogram", "event=GW999999", "detector=H1"), "unresolved-object", 2),
    (("ask", "Spectrum", "object=AT2017gfo"), "not-covered", 2),
    (("ask", "VeryHighEnergyGammaRaySpectrum", "object=M 87"), "not-covered", 2),
    (("ask", "Spectrogram", "event=GW150914", "detector=V1"), "not-covered", 2),
    (("ask", "Spectrogram", "event=GW151226", "detector=H1"), "archive-unavailable", 1),
    (("ask", "Spectrum", OBJECT, "object=Mrk 421"), "conflict", 2),
    (("ask", "Spectrum", OBJECT, "source=Mrk 421"), "conflict", 2),
    (("ask", "LightCurve", OBJECT, "instrument=POLAR"), "no-workflow", 2),
    (("ask", "Spectrum", OBJECT, "e_min"), "bad-value", 2),
    (("sparql", "SELECT ?s WHERE { ?s ?p "), "malformed", 2),
    (("sparql", "INSERT DATA { <a:a> <a:b> <a:c> }"), "sparql-refused", 2),
    (("sparql", "SELECT * WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"), "sparql-refused", 2),
    (("provenance", "products/0000"), "not-found", 2),
]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"), REQUESTS, ids=[" ".join(a) for a, _, _ in REQUESTS]
)
def test_bad_input_is_answered_with_a_problem(
    kg: Kg, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    done = kg(*arguments, "--json")
    problem = done.json
    assert (problem["code"], done.code) == (code, exit_code), problem
    assert set(problem) >= {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "parameter",
        "value",
        "near",
        "report",
    }
    assert "Traceback" not in done.out + done.err
    plain = kg(*arguments)
    assert plain.code == exit_code
    assert plain.err.startswith("kg: ")
    assert "Traceback" not in plain.out + plain.err


def test_near_matches_are_offered(kg: Kg) -> None:
    assert "Spectrum" in kg("ask", "Spectrun", OBJECT, "--json").json["near"]
    assert "object" in kg("ask", "Spectrum", "objct=x", "--json").json["near"]
    assert any("Mrk 421" in near for near in kg("ask", "Spectrum", "object=Mrk 412", "--json").json["near"])


def test_the_shacl_report_comes_with_an_invalid_request(kg: Kg) -> None:
    problem = kg("ask", "LightCurve", OBJECT, "t1=2020-01-01", "t2=2019-01-01", "--json").json
    assert "sh:ValidationReport" in problem["report"]
    assert "before" in problem["detail"]


def test_a_source_outside_the_table_never_gets_another_sources_data(kg: Kg) -> None:
    spectra = "SELECT ?p WHERE { ?p a oda:Spectrum }"
    before = kg.rows(spectra)
    done = kg("ask", "Spectrum", "object=AT2017gfo", "--json")
    assert (done.code, done.json["code"]) == (2, "not-covered")
    assert "AT2017gfo" in done.json["detail"]
    assert kg.rows(spectra) == before


def test_a_failed_run_is_recorded_and_never_reused(kg: Kg) -> None:
    first = kg("ask", "VeryHighEnergyGammaRaySpectrum", "object=M 87", "--json").json
    second = kg("ask", "VeryHighEnergyGammaRaySpectrum", "object=M 87", "--json").json
    assert first["run"] != second["run"]
    rows = kg.rows(f"SELECT ?code WHERE {{ <{first['run']}> kg:problemCode ?code }}")
    assert rows == [{"code": "not-covered"}]


def test_a_data_folder_of_a_newer_version_is_left_alone(new_kg: Callable[[str], Kg]) -> None:
    kg = new_kg("newer")
    kg.data.mkdir()
    site = kg.data / "site.json"
    site.write_text(
        json.dumps({"format": 999, "base_iri": "http://localhost:8000/", "created": "2030-01-01T00:00:00Z"})
    )
    before = site.read_text()
    done = kg("ask", "Spectrum", OBJECT, "--json")
    assert (done.code, done.json["code"]) == (2, "conflict")
    assert "newer" in done.json["detail"]
    assert site.read_text() == before
    assert [p.name for p in kg.data.iterdir()] == ["site.json"]


def test_a_full_disk_leaves_nothing_half_written(new_kg: Callable[[str], Kg]) -> None:
    kg = new_kg("full")
    kg.ask("ResolvedObject", "object=M 87")  # publishes, and makes the folders
    blobs = {p.name for p in (kg.data / "blobs").rglob("*") if p.is_file()}

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # smaller than the picture

    done = kg("ask", "Spectrum", OBJECT, "--json", preexec_fn=small_files)
    assert (done.code, done.json["code"]) == (1, "storage-full"), done.out + done.err
    assert "Traceback" not in done.out + done.err
    left = {p.name for p in (kg.data / "blobs").rglob("*") if p.is_file()}
    assert not [name for name in left - blobs if len(name) != 64]  # whole blobs or nothing
    assert kg.rows("SELECT ?p WHERE { ?p a oda:Spectrum }") == []
    assert not kg.ask("Spectrum", OBJECT)["reused"]  # and with room again it works
