"""Asking for products: the right answers, found by meaning, with files that can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from journey_kg import Kg

TXS = "object=TXS 0506+056"


def value(answer: Any, name: str) -> float:
    number: float = answer["product"]["values"][name]["value"]
    return number


def test_a_spectrum_is_analysed_from_the_published_figures(kg: Kg, tmp_path: Path) -> None:
    answer = kg.ask("Spectrum", TXS, "--out", str(tmp_path))
    assert answer["status"] == "done"
    # Recomputed independently from the catalogue's band fluxes, which are rounded to 4 digits.
    assert value(answer, "lp_index") == pytest.approx(2.020, abs=0.02)
    assert value(answer, "lp_beta") == pytest.approx(0.054, abs=0.004)
    assert value(answer, "lp_chi2") == pytest.approx(8.0, abs=0.2)
    assert value(answer, "lp_dof") == 5
    assert value(answer, "pl_chi2") == pytest.approx(76, abs=1)
    assert answer["product"]["values"]["catalogue_lp_index"]["value"] == 2.027
    assert [Path(f).suffix for f in answer["files"]] == [".ecsv", ".fits", ".vot", ".json", ".png"]
    assert all(Path(f).stat().st_size > 0 for f in answer["files"])


def test_a_light_curve_is_found_by_reasoning(kg: Kg) -> None:
    answer = kg.ask("GammaRayLightCurve", "object=Mrk 421")
    assert value(answer, "fractional_variability") == pytest.approx(0.271, abs=0.005)
    workflow = kg("workflows", "--produces", "GammaRayLightCurve", "--json").json["items"]
    curve = next(w for w in workflow if w["name"] == "fermi-lat-light-curve")
    assert curve["outputs"][0]["term"].endswith("#LightCurve")  # what its author wrote
    assert any(c.endswith("#GammaRayLightCurve") for c in curve["outputs"][0]["inferred"])


def test_a_chain_is_found_from_types_alone(kg: Kg) -> None:
    answer = kg.ask("MultiInstrumentSpectrum", TXS)
    names = [step["workflow"].split("/")[-2] for step in answer["steps"]]
    assert names[0] == "names-resolve"
    assert set(names[1:3]) == {"fermi-lat-spectrum", "veritas-spectrum"}
    assert names[3] == "multi-instrument-spectrum"
    assert {"not simultaneous", "not corrected for EBL absorption"} <= set(answer["product"]["quality"])
    assert len(answer["product"]["derived_from"]) >= 2


def test_the_lineage_reaches_the_resolved_name_and_every_table(kg: Kg) -> None:
    product = kg.ask("MultiInstrumentSpectrum", TXS)["product"]["id"]
    path = "(prov:wasDerivedFrom|prov:wasGeneratedBy/prov:used)+"
    kinds = {row["c"] for row in kg.rows(f"SELECT DISTINCT ?c WHERE {{ <{product}> {path} ?x . ?x a ?c }}")}
    assert {"ResolvedObject", "Spectrum", "Dataset"} <= {kind.rpartition("#")[2] for kind in kinds}
    names = {
        row["n"]
        for row in kg.rows(f"SELECT ?n WHERE {{ <{product}> {path} ?x . ?x a kg:Dataset ; kg:name ?n }}")
    }
    assert names >= {"sources.ecsv", "fermi_4fgl_dr4_selected.ecsv", "veritas_sed_points.ecsv"}


def test_a_band_wider_than_the_data_takes_all_of_them(kg: Kg) -> None:
    answer = kg.ask("Spectrum", "object=CTA 102", "e_min=20 keV", "e_max=10 TeV")
    assert answer["workflow"].split("/")[-2] == "fermi-lat-spectrum"
    assert answer["product"]["values"]["bands"]["value"] == 8


def test_the_spectrogram_peaks_at_the_merger(kg: Kg) -> None:
    answer = kg.ask("Spectrogram", "event=GW150914", "detector=H1")
    assert value(answer, "peak_gps") == pytest.approx(1126259462.42, abs=0.020)


def test_the_same_in_other_words_is_reuse_and_says_so(kg: Kg) -> None:
    first = kg.ask("Spectrum", TXS, "e_min=100 MeV")
    second = kg.ask("Spectrum", "object=4FGL  J0509.4+0542", "e_min=100000 keV")
    assert second["reused"]
    assert second["product"]["id"] == first["product"]["id"]
    assert second["query"] != first["query"]
    assert second["run"] == first["steps"][-1]["run"] == first["product"]["run"]
    assert set(second["reuse"]) == {"made", "by", "version", "why"}
    third = kg.ask("http://odahub.io/ontology#Spectrum", TXS, "MinimumEnergy=1e5")
    assert third["query"] == first["query"]
    assert third["reused"]


def test_a_time_in_another_notation_is_the_same_request(kg: Kg) -> None:
    iso = kg.ask("LightCurve", "object=Mrk 421", "t1=2008-08-01T00:00:00+00:00", "t2=2023-01-01")
    mjd = kg.ask("LightCurve", "object=Mrk 421", "t1=MJD54679", "t2=MJD 59945.000")
    assert mjd["reused"]
    assert (mjd["query"], mjd["product"]["id"]) == (iso["query"], iso["product"]["id"])


def test_a_fresh_run_makes_a_new_product_with_the_same_content(kg: Kg) -> None:
    first = kg.ask("LightCurve", "object=3C 273")
    again = kg.ask("LightCurve", "object=3C 273", "--fresh")
    assert not again["reused"]
    assert again["product"]["id"] != first["product"]["id"]
    assert {f["sha256"] for f in again["product"]["files"]} == {
        f["sha256"] for f in first["product"]["files"]
    }
    same = kg.rows(f"SELECT ?old WHERE {{ <{again['product']['id']}> kg:sameContent ?old }}")
    assert same == [{"old": first["product"]["id"]}]
    third = kg.ask("LightCurve", "object=3C 273")
    assert third["product"]["id"] == again["product"]["id"]  # reuse answers the newest valid one


@pytest.mark.parametrize(
    ("form", "start"),
    [("votable", b"<?xml"), ("fits", b"SIMPLE"), ("table", b"# %ECSV"), ("png", b"\x89PNG")],
)
def test_a_product_goes_to_standard_output_for_pipes(kg: Kg, form: str, start: bytes) -> None:
    import subprocess

    from journey_kg import KG, environment

    done = subprocess.run(
        [KG, "ask", "Spectrum", TXS, "--as", form], env=environment(kg.data), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(start)


def test_a_terminal_reads_like_a_result(kg: Kg) -> None:
    done = kg("ask", "Spectrum", TXS)
    assert done.code == 0
    assert "lp_index" in done.out
    assert "2.020 ± 0.018" in done.out
    assert any(bar in done.out for bar in "▁▂▃▄▅▆▇█")
    for word in ("caveat", "files", "cite"):
        assert word in done.out


def test_without_an_instrument_that_cannot_another_one_answers(kg: Kg) -> None:
    done = kg("explain", "LightCurve", "object=Mrk 421", "instrument=POLAR", "--json")
    assert done.code == 0
    explained = done.json
    assert explained["plan"] is None
    for part in ("POLAR", "2016-09", "2017-0", "burst", "Fermi-LAT"):
        assert part in explained["why_not"]
    free = kg("explain", "LightCurve", "object=Mrk 421", "--json").json
    assert free["plan"][-1]["workflow"].split("/")[-2] == "fermi-lat-light-curve"
