"""A workflow that fits the question and has no data for it gives way to the next one, and that is said."""

from __future__ import annotations

from typing import Any

from journey_kg import Kg

SOURCE = "object=GRS 1716-249"  # a known source without a name in the Fermi catalogue


def _names(items: list[dict[str, Any]]) -> list[str]:
    return [item["workflow"].split("/")[-2].removeprefix("plugged-analyses-") for item in items]


def test_the_next_plan_that_has_data_answers(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    done = kg("explain", "Observability", SOURCE, "probe=x", "--json", env=env)
    assert done.code == 0, done.err
    before = done.json
    assert before["plan"][-1]["workflow"].split("/")[-2] == "plugged-analyses-near"

    answer = kg.ask("Observability", SOURCE, "probe=x", env=env)
    assert answer["product"]["label"].startswith("Archived 259.9")
    assert _names(answer["passed_over"]) == ["near", "by-name"]
    assert [p["code"] for p in answer["passed_over"]] == ["not-covered", "not-covered"]
    assert "Near has nothing of GRS 1716-249" in answer["passed_over"][0]["detail"]
    assert _names(answer["steps"]) == ["near", "names-resolve", "by-name", "archived"]
    assert [step["product"] is not None for step in answer["steps"]] == [False, True, False, True]

    # The run of the question tells the same afterwards, and holds the run that found nothing.
    phases = kg.rows(
        "PREFIX kg: <https://w3id.org/kg-service/ontology#> SELECT ?run ?phase WHERE "
        f"{{ ?run kg:partOfRun <{answer['run']}> ; kg:phase ?phase }} ORDER BY ?run"
    )
    assert [row["phase"] for row in phases] == ["ERROR", "COMPLETED", "COMPLETED"]
    assert phases[0]["run"] == answer["steps"][0]["run"]
    told = kg.rows(
        "PREFIX kg: <https://w3id.org/kg-service/ontology#> SELECT ?detail WHERE "
        f"{{ <{answer['run']}> kg:passedOver ?p . ?p kg:problemDetail ?detail ; kg:order ?n }} ORDER BY ?n"
    )
    assert [row["detail"] for row in told] == [p["detail"] for p in answer["passed_over"]]


def test_asked_again_it_is_reused(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    first = kg.ask("Observability", SOURCE, "probe=again", env=env)
    second = kg.ask("Observability", SOURCE, "probe=again", env=env)
    assert second["reused"]
    assert second["product"]["id"] == first["product"]["id"]
    assert _names(second["passed_over"]) == ["near", "by-name"]


def test_a_fresh_run_makes_no_step_twice(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    answer = kg.ask("Observability", SOURCE, "probe=fresh", "--fresh", env=env)
    assert _names(answer["steps"]) == ["near", "names-resolve", "by-name", "archived"]
    assert not any(step["reused"] for step in answer["steps"])


def test_what_is_known_not_to_have_data_is_explained(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    kg.ask("ResolvedObject", SOURCE, env=env)
    explained = kg("explain", "GammaRaySpectrum", SOURCE, "--json", env=env).json
    assert explained["plan"][-1]["workflow"].split("/")[-2] != "fermi-lat-spectrum"
    able = {_names([c])[0]: c["ok"] for c in explained["candidates"]}
    assert able["veritas-spectrum"]
    assert not able["fermi-lat-spectrum"]

    only = "workflow=fermi-lat-spectrum"
    alone = kg("explain", "GammaRaySpectrum", SOURCE, only, "--json", env=env).json
    assert alone["plan"] is None
    assert "no name in the Fermi-LAT catalogue is known" in alone["why_not"]
    assert not any(c["ok"] for c in alone["candidates"])


def test_when_none_has_data_every_reason_is_given(plugged: tuple[Kg, dict[str, str]]) -> None:
    kg, env = plugged
    done = kg("ask", "Observability", SOURCE, "probe=down", "--json", env=env)
    assert (done.code, done.json["code"]) == (2, "not-covered")
    for reason in ("Near has nothing", "no name in the Fermi-LAT catalogue", "does not answer"):
        assert reason in done.json["detail"]
    assert "Traceback" not in done.err


def test_an_unknown_name_with_a_position_says_what_it_was_taken_for(kg: Kg) -> None:
    answer = kg.ask("Spectrum", "object=My blazar", "ra=166.11", "dec=38.21")
    used = {r["term"].rpartition("#")[2]: r["used"] for r in answer["resolved"]}
    assert used["AstrophysicalObject"] == "Mrk 421"
    assert any("'My blazar' is not a known name" in caveat for caveat in answer["caveats"])
    again = kg.ask("Spectrum", "object=My blazar", "ra=166.11", "dec=38.21")
    assert again["reused"]
    assert again["caveats"] == answer["caveats"]
