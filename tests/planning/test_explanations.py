"""What an explanation says: plan, candidates, the smallest remedy, and the words for it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from small_catalogue import DAY, multi_messenger, product, query, shipped, workflow

from kg_service.discovery.explained import explanation_json
from kg_service.errors import Conflict, NotCovered, NoWorkflow
from kg_service.model.plan import EditKind, MissingCode
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.workflow import Coverage, Input
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.remedy import apply_edits
from kg_service.planning.whynot import explain, refusal
from kg_service.planning.wording import energy

WORLD = multi_messenger()
OBJECT, CURVE, SPECTRUM = ODA + "AstrophysicalObject", ODA + "LightCurve", ODA + "Spectrum"
T1, T2 = ODA + "StartTime", ODA + "EndTime"


@pytest.fixture(scope="module")
def index():
    return WorkflowIndex(shipped(), WORLD)


def candidate(explanation, name):
    return next(c for c in explanation.candidates if c.workflow.name == name)


def said(candidate):
    return [(m.code.value, m.message) for m in candidate.missing]


def test_polar_has_no_light_curve(index):
    found = explain(query(WORLD, CURVE, {OBJECT: "Mrk 421"}, instrument=KG + "POLAR"), index)
    assert found.plan is None
    assert found.why_not == (
        "No registered workflow of POLAR gives a light curve. "
        "POLAR is a gamma-ray burst detector that observed 2016-09-24 to 2017-03-31. "
        "Without `instrument` Fermi-LAT answers."
    )
    fermi = candidate(found, "fermi-lat-light-curve")
    assert said(fermi) == [("no-such-output", "is observed with Fermi-LAT, not with POLAR")]
    assert [(e.edit, e.term, e.value) for e in fermi.remedy] == [
        (EditKind.REPLACE, KG + "instrument", KG + "FermiLAT")]  # fmt: skip


def test_a_range_that_nothing_takes_says_what_is_given_instead(index):
    asked = query(WORLD, CURVE, {OBJECT: "Mrk 421", T1: 55000 * DAY, T2: 60000 * DAY})
    fermi = candidate(explain(asked, index), "fermi-lat-light-curve")
    assert said(fermi) == [("not-consumed", "takes no time range; it gives 2008-08-03 to 2022-08-01")]
    assert [(e.edit, e.term, e.value.text) for e in fermi.remedy] == [
        (EditKind.REPLACE, T1, str(54682 * DAY))]  # fmt: skip
    beyond = query(WORLD, CURVE, {OBJECT: "Mrk 421", T1: 60000 * DAY, T2: 60010 * DAY})
    assert said(candidate(explain(beyond, index), "fermi-lat-light-curve"))[0][0] == "not-covered"


def test_the_nearest_admissible_value_is_offered_in_the_unit_of_the_input(index):
    asked = query(WORLD, SPECTRUM, {KG + "FermiCatalogueName": "4FGL", KG + "MinimumEnergy": 1000})
    fermi = candidate(explain(asked, index), "fermi-lat-spectrum")
    assert said(fermi) == [
        ("value-refused", "takes 50 MeV to 1000000 MeV for minimum energy (`e_min`), not 1 MeV")]  # fmt: skip
    assert fermi.remedy[0].value.text == "50000"


def test_one_binding_can_meet_several_needs(index):
    sed = candidate(explain(query(WORLD, KG + "MultiInstrumentSpectrum"), index), "sed-combine")
    assert {m.code for m in sed.missing} == {MissingCode.MISSING_INPUT}
    assert len(sed.missing) == 2
    assert [(e.edit, e.term, e.value) for e in sed.remedy] == [(EditKind.ADD, OBJECT, None)]


def test_the_allowed_values_are_named(index):
    asked = query(WORLD, KG + "Spectrogram", {KG + "Event": "GW150914", KG + "Detector": "L2"})
    ligo = candidate(explain(asked, index), "ligo-spectrogram")
    assert said(ligo) == [("value-refused", "takes one of H1, L1 for detector, not L2")]
    assert ligo.remedy[0].value.text == "L1"


def test_what_is_missing_says_from_what_it_could_be_derived(index):
    ligo = candidate(
        explain(query(WORLD, KG + "Spectrogram", {KG + "Detector": "H1"}), index), "ligo-spectrogram"
    )
    assert said(ligo) == [("missing-input", "needs an event, or an event time (`t0`)")]


def test_a_product_that_nobody_makes_is_said_to_be_so(index):
    found = explain(query(WORLD, KG + "UpperLimit", {OBJECT: "Mrk 421"}), index)
    assert found.why_not.startswith("No registered workflow gives an upper limit.")
    assert {m.code for c in found.candidates for m in c.missing} == {MissingCode.NO_SUCH_OUTPUT}
    assert len(found.candidates) <= 5
    assert all(c.remedy[-1].term == KG + "asksFor" for c in found.candidates)


def test_hopeless_workflows_are_not_listed_by_the_hundred():
    flows = [workflow(f"w{n}", [Input("t", T1)], [product(SPECTRUM)]) for n in range(300)]
    found = explain(query(WORLD, SPECTRUM, {OBJECT: "x"}), WorkflowIndex(flows, WORLD))
    assert len(found.candidates) == 20


def test_ambiguous_bindings_are_both_named():
    index = WorkflowIndex([workflow("w", [Input("o", OBJECT)], [product(SPECTRUM)])], WORLD)
    found = explain(query(WORLD, SPECTRUM, {OBJECT: "Mrk 421", KG + "MainIdentifier": "Mrk 501"}), index)
    missing = found.candidates[0].missing[0]
    assert missing.code is MissingCode.AMBIGUOUS
    assert "Mrk 421" in missing.message
    assert "Mrk 501" in missing.message
    assert isinstance(refusal(found), Conflict)


def test_the_problem_says_whether_nobody_covers_it_or_nobody_can():
    flow = workflow("w", [Input("t1", T1), Input("t2", T2)], [product(CURVE, KG + "POLAR")],
                    coverage=Coverage(time=(57655 * DAY, 57843 * DAY)))  # fmt: skip
    index = WorkflowIndex([flow], WORLD)
    late = explain(query(WORLD, CURVE, {T1: 58000 * DAY, T2: 58001 * DAY}), index)
    problem = refusal(late)
    assert isinstance(problem, NotCovered)
    assert "covers 2016-09-23 to 2017-03-30" in problem.detail
    assert isinstance(refusal(explain(query(WORLD, SPECTRUM), index)), NoWorkflow)


def test_the_json_has_the_keys_of_the_contract(index):
    site = Site("http://localhost:8000/")
    asked = query(WORLD, SPECTRUM, {OBJECT: "Mrk 421", KG + "MinimumEnergy": 60000})
    found = explanation_json(explain(asked, index), site, query="q")
    assert list(found) == ["query", "plan", "would_reuse", "candidates", "why_not"]
    step = found["plan"][-1]
    assert step["workflow"] == "http://localhost:8000/workflows/fermi-lat-spectrum/1"
    assert set(step) == {"workflow", "inputs", "produces", "why"}
    assert step["inputs"]["source"] == {"from": "step", "step": 0, "output": "FermiCatalogueName"}
    assert step["inputs"]["e_min"]["value"] == 60000
    assert step["inputs"]["threshold"] == {"from": "default", "value": 25, "unit": None}
    for item in found["candidates"]:
        assert set(item) == {"workflow", "ok", "rank", "reasons", "missing", "remedy"}
        assert item["ok"] == (item["rank"] is not None) == (not item["missing"])
        for edit in item["remedy"]:
            assert set(edit) == {"edit", "term", "value", "name", "text"}
    assert found["why_not"] is None
    assert [c["rank"] for c in found["candidates"] if c["ok"]] == [1, 2]


def test_edits_change_only_what_they_say(index):
    asked = query(WORLD, CURVE, {OBJECT: "Mrk 421"}, instrument=KG + "POLAR")
    fermi = candidate(explain(asked, index), "fermi-lat-light-curve")
    changed = apply_edits(asked, fermi.remedy, index)
    assert changed.bindings == asked.bindings
    assert changed.asks_for == asked.asks_for
    assert [c.value for c in changed.constraints] == [KG + "FermiLAT"]


def test_edits_are_said_as_a_request_would_write_them(index):
    high = explain(query(WORLD, SPECTRUM, {OBJECT: "Mrk 421", KG + "MinimumEnergy": 1000}), index)
    assert 'With `e_min="50 MeV"`' in high.why_not
    nothing = explain(query(WORLD, SPECTRUM), index)
    assert 'With `object="..."`' in nothing.why_not
    both = explain(query(WORLD, CURVE, {OBJECT: "Mrk 421", T1: 55000 * DAY, T2: 56000 * DAY}), index)
    assert "it gives 2008-08-03 to 2022-08-01. Without `t1` and `t2` Fermi-LAT answers." in both.why_not
    assert both.why_not.count("takes no time range") == 1


@pytest.mark.parametrize(
    ("kev", "said"),
    [("0.5", "500 eV"), ("20", "20 keV"), ("50000", "50 MeV"), ("1e9", "1 TeV"), ("1036900", "1.0369 GeV"),
     ("1e14", "100 PeV"), ("0.000123", "0.123 eV")],
)  # fmt: skip
def test_energies_are_said_in_a_handy_unit(kev, said):
    assert energy(Decimal(kev)) == said
