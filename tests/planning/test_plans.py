"""The rules of matching and planning, one by one, on the examples of the design."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from small_catalogue import (
    DAY,
    OBSERVED_WITH,
    binding,
    gives,
    multi_messenger,
    number,
    product,
    query,
    shipped,
    text,
    workflow,
)

from kg_service.model.plan import Absent, Default, Derived, Given
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Coverage, Input, WorkflowStatus
from kg_service.planning.coverage import outside
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.plan import matches, plans
from kg_service.rdf.query import argument_property

WORLD = multi_messenger()
OBJECT, RA, DEC = ODA + "AstrophysicalObject", ODA + "PointOfInterestRA", ODA + "PointOfInterestDEC"
T1, T2, E_MIN = ODA + "StartTime", ODA + "EndTime", KG + "MinimumEnergy"
SPECTRUM, CURVE = ODA + "Spectrum", ODA + "LightCurve"


@pytest.fixture(scope="module")
def index():
    return WorkflowIndex(shipped(), WORLD)


def steps(plan):
    return [step.workflow.name for step in plan.steps]


def best(asked, index):
    found = plans(asked, index)
    return found[0] if found else None


def only(*flows):
    return WorkflowIndex(flows, WORLD)


def test_a_name_is_resolved_before_the_spectrum(index):
    found = best(query(WORLD, SPECTRUM, {OBJECT: "TXS 0506+056"}, instrument=KG + "FermiLAT"), index)
    assert steps(found) == ["resolve", "fermi-lat-spectrum"]
    assert found.last.inputs["source"] == Derived(0, "FermiCatalogueName")
    assert found.steps[0].inputs["name"].binding.value.text == "TXS 0506+056"
    assert found.last.produces == (SPECTRUM,)
    assert found.steps[0].produces == (KG + "FermiCatalogueName",)


def test_a_chain_is_found_from_types_and_the_shared_step_appears_once(index):
    found = best(query(WORLD, KG + "MultiInstrumentSpectrum", {OBJECT: "TXS 0506+056"}), index)
    assert steps(found) == ["resolve", "fermi-lat-spectrum", "veritas-spectrum", "sed-combine"]
    assert found.last.inputs == {"low": Derived(1, "spectrum"), "high": Derived(2, "spectrum")}


def test_an_event_gives_its_time_and_the_detector_its_instrument(index):
    given = {KG + "Event": "GW150914", KG + "Detector": "H1"}
    for constraint in ({}, {"instrument": KG + "H1"}, {"instrument": KG + "LIGO"},
                       {"messenger": KG + "GravitationalWave"}):  # fmt: skip
        found = best(query(WORLD, KG + "Spectrogram", given, **constraint), index)
        assert steps(found) == ["events-resolve", "ligo-spectrogram"]
    assert best(query(WORLD, KG + "Spectrogram", given, instrument=KG + "L1"), index) is None


def test_a_defined_class_is_answered_by_what_entails_it(index):
    assert steps(best(query(WORLD, KG + "GammaRayLightCurve", {OBJECT: "Mrk 421"}), index)) == [
        "resolve", "fermi-lat-light-curve"]  # fmt: skip


def test_a_threshold_never_receives_the_right_ascension():
    flow = workflow("w", [Input("threshold", ODA + "Float")], [product(SPECTRUM)])
    assert best(query(WORLD, SPECTRUM, {RA: 77.3}), only(flow)) is None
    own = Binding(argument_property("threshold"), argument_property("threshold"), number(25))
    found = best(Query(SPECTRUM, (own,)), only(flow))
    assert found.last.inputs["threshold"] == Given(own, 0)
    other = Binding(argument_property("threshold", "v"), argument_property("threshold", "v"), number(25))
    assert best(Query(SPECTRUM, (other,)), only(flow)) is None


def test_a_parameter_without_a_workflow_belongs_to_the_last_step():
    role = KG + "MainIdentifier"
    first = workflow("first", [Input("n", ODA + "Float", default=number(1))], [gives(role)])
    last = workflow("last", [Input("n", ODA + "Float"), Input("m", role)], [product(SPECTRUM)])
    own = Binding(argument_property("n"), argument_property("n"), number(7))
    found = best(Query(SPECTRUM, (own,)), only(first, last))
    assert isinstance(found.steps[0].inputs["n"], Default)
    assert isinstance(found.steps[1].inputs["n"], Given)


def test_time_instants_do_not_fill_a_start():
    flow = workflow("w", [Input("t", T1)], [product(SPECTRUM)])
    assert best(query(WORLD, SPECTRUM, {KG + "EventTime": 5}), only(flow)) is None


def test_two_bindings_that_fit_one_input_are_ambiguous():
    flow = workflow("w", [Input("o", OBJECT)], [product(SPECTRUM)])
    asked = {OBJECT: "Mrk 421", KG + "MainIdentifier": "Mrk 501"}
    assert best(query(WORLD, SPECTRUM, asked), only(flow)) is None
    taking_both = workflow("w", [Input("o", OBJECT), Input("m", KG + "MainIdentifier")], [product(SPECTRUM)])
    found = best(query(WORLD, SPECTRUM, asked), only(taking_both))
    assert [s.binding.value.text for s in found.last.inputs.values()] == ["Mrk 421", "Mrk 501"]


def test_a_name_that_two_inputs_share_is_ambiguous_until_each_is_named():
    flow = workflow("w", [Input("first", OBJECT), Input("second", OBJECT)], [product(SPECTRUM)])
    assert best(query(WORLD, SPECTRUM, {OBJECT: "Mrk 421"}), only(flow)) is None
    own = [
        Binding(argument_property(n, "w"), argument_property(n, "w"), text(n)) for n in ("first", "second")
    ]
    found = best(Query(SPECTRUM, tuple(own)), only(flow))
    assert [s.binding.value.text for s in found.last.inputs.values()] == ["first", "second"]


def test_a_refused_value_never_falls_back_to_the_default_or_a_chain(index):
    fermi = {"instrument": KG + "FermiLAT"}
    good = query(WORLD, SPECTRUM, {OBJECT: "Mrk 421", E_MIN: 50000}, **fermi)
    assert isinstance(best(good, index).last.inputs["e_min"], Given)
    bad = query(WORLD, SPECTRUM, {OBJECT: "Mrk 421", E_MIN: 49999}, **fermi)
    assert best(bad, index) is None


def test_everything_given_is_consumed_or_guaranteed(index):
    def curve(t1, t2):
        return best(query(WORLD, CURVE, {OBJECT: "Mrk 421", T1: t1 * DAY, T2: t2 * DAY}), index)

    assert steps(curve(54682, 59793)) == ["resolve", "fermi-lat-light-curve"]
    assert curve(50000, 60000).covered == pytest.approx(0.5111)
    assert curve(54683, 59793) is None
    assert curve(54682, 59792) is None
    assert best(query(WORLD, CURVE, {OBJECT: "Mrk 421", RA: 1, DEC: 2}), index) is None


def test_a_time_range_outside_the_coverage_is_refused():
    flow = workflow("w", [Input("t1", T1), Input("t2", T2)], [product(CURVE, KG + "POLAR")],
                    coverage=Coverage(time=(100, 200)))  # fmt: skip
    assert best(query(WORLD, CURVE, {T1: 150, T2: 300}), only(flow)).covered == pytest.approx(1 / 3)
    assert best(query(WORLD, CURVE, {T1: 200, T2: 300}), only(flow)) is None
    assert best(query(WORLD, CURVE, {T1: 50, T2: 100}), only(flow)) is None


def test_fixed_coverage_of_input_products_guarantees_a_range():
    low, high = KG + "HighEnergyGammaRaySpectrum", KG + "VeryHighEnergyGammaRaySpectrum"
    combine = workflow("c", [Input("a", low, is_product=True), Input("b", high, is_product=True)],
                       [product(KG + "MultiInstrumentSpectrum")])  # fmt: skip
    makers = [workflow(name, [], [product(SPECTRUM, KG + name)], coverage=Coverage(time=span))
              for name, span in (("FermiLAT", (10, 20)), ("VERITAS", (15, 30)))]  # fmt: skip
    for t2, answered in ((30, True), (29, False)):
        asked = query(WORLD, KG + "MultiInstrumentSpectrum", {T1: 10, T2: t2})
        assert (best(asked, only(combine, *makers)) is not None) is answered


def test_a_multi_instrument_product_needs_two_instruments():
    combine = workflow("c", [Input("a", SPECTRUM, is_product=True, determines=OBSERVED_WITH),
                             Input("b", SPECTRUM, is_product=True, determines=OBSERVED_WITH)],
                       [product(SPECTRUM)])  # fmt: skip
    fermi = workflow("f", [], [product(SPECTRUM, KG + "FermiLAT")])
    veritas = workflow("v", [], [product(SPECTRUM, KG + "VERITAS")])
    asked = query(WORLD, KG + "MultiInstrumentSpectrum")
    assert best(asked, only(combine, fermi)) is None
    assert sorted(steps(best(asked, only(combine, fermi, veritas)))) == ["c", "f", "v"]


def test_covered_objects_decide_for_main_identifiers_only():
    flow = workflow("w", [Input("o", KG + "MainIdentifier")], [product(SPECTRUM)],
                    coverage=Coverage(objects=("Mrk 421",)))  # fmt: skip
    assert best(query(WORLD, SPECTRUM, {KG + "MainIdentifier": "Mrk 421"}), only(flow)) is not None
    assert best(query(WORLD, SPECTRUM, {KG + "MainIdentifier": "Mrk 501"}), only(flow)) is None
    spelled = replace(flow, inputs=(Input("o", OBJECT),))
    assert best(query(WORLD, SPECTRUM, {OBJECT: "Mkn 421"}), only(spelled)) is not None
    missing = outside(flow, {"o": text("Mrk 501")}, only(flow))
    assert missing.message == "covers Mrk 421, not Mrk 501"
    assert outside(flow, {"o": text("Mrk 421")}, only(flow)) is None


def test_ranks_exact_narrower_converted_derived_default():
    def rank(flow, given):
        return best(query(WORLD, SPECTRUM, given), only(flow, *shipped()[:1])).rank

    takes = workflow("w", [Input("o", OBJECT)], [product(SPECTRUM)])
    assert rank(takes, {OBJECT: "x"}) == 0
    assert rank(takes, {KG + "MainIdentifier": "x"}) == 1
    energy = Input("e", E_MIN, unit="MeV")
    assert rank(workflow("w", [energy], [product(SPECTRUM)]), {E_MIN: 5}) == 2
    assert rank(workflow("w", [Input("ra", RA)], [product(SPECTRUM)]), {OBJECT: "x"}) == 4
    assumed = replace(energy, default=number(3, Kind.ENERGY, "keV"))
    assert rank(workflow("w", [Input("o", OBJECT), assumed], [product(SPECTRUM)]), {OBJECT: "x"}) == 9
    # The whole range, a setting and an explicit none assume nothing.
    whole = replace(assumed, minimum=number(3, Kind.ENERGY, "keV"))
    setting = Input("n", ODA + "Float", default=number(1))
    empty = replace(energy, name="none", term=KG + "MaximumEnergy", optional=True)
    flow = workflow("w", [Input("o", OBJECT), whole, setting, empty], [product(SPECTRUM)])
    assert rank(flow, {OBJECT: "x"}) == 0
    assert isinstance(best(query(WORLD, SPECTRUM, {OBJECT: "x"}), only(flow)).last.inputs["none"], Absent)


def test_a_value_that_a_step_gives_anyway_is_used_instead_of_a_default():
    position = Input("ra", RA, default=number(0, Kind.RIGHT_ASCENSION, "deg"))
    curve = workflow("w", [Input("m", KG + "MainIdentifier"), position],
                     [product(SPECTRUM)])  # fmt: skip
    resolve = shipped()[0]
    found = best(query(WORLD, SPECTRUM, {OBJECT: "x"}), only(curve, resolve))
    assert found.last.inputs["ra"] == Derived(0, "PointOfInterestRA")
    # It is no reason for one more step.
    given = query(WORLD, SPECTRUM, {KG + "MainIdentifier": "x"})
    assert isinstance(best(given, only(curve, resolve)).last.inputs["ra"], Default)


def test_an_input_with_a_default_is_derived_where_something_given_would_go_unused():
    curve = workflow("w", [Input("t1", T1, default=number(1, Kind.TIME))], [product(CURVE)])
    events = shipped()[5]
    assert steps(best(query(WORLD, CURVE, {KG + "Event": "GRB"}), only(curve, events))) == [
        "events-resolve",
        "w",
    ]


def test_a_binding_that_another_input_takes_leaves_the_wider_input_to_be_derived():
    resolve = workflow("r", [Input("ra", RA)], [gives(OBJECT)])
    both = workflow("w", [Input("o", OBJECT), Input("m", KG + "MainIdentifier")], [product(SPECTRUM)])
    found = best(query(WORLD, SPECTRUM, {RA: 1, KG + "MainIdentifier": "x"}), only(resolve, both))
    assert steps(found) == ["r", "w"]
    assert found.last.inputs["o"] == Derived(0, "AstrophysicalObject")


@pytest.mark.parametrize("depth", [4, 5])
def test_chains_go_four_steps_deep_and_stop_at_the_limit(depth):
    roles = [OBJECT, RA, T1, T2, E_MIN][:depth]
    links = [workflow(f"s{n}", [Input("x", a)], [gives(b)]) for n, (a, b) in enumerate(pairwise(roles))]
    last = workflow("last", [Input("x", roles[-1])], [product(SPECTRUM)])
    asked = query(WORLD, SPECTRUM, {OBJECT: "x"})
    assert steps(best(asked, only(*links, last))) == [*(w.name for w in links), "last"]
    assert plans(asked, only(*links, last), depth=depth - 1) == ()


def test_resolvers_that_feed_each_other_make_no_cycle():
    one = workflow("one", [Input("x", RA)], [gives(KG + "MainIdentifier")])
    two = workflow("two", [Input("x", OBJECT)], [gives(RA)])
    last = workflow("last", [Input("x", KG + "MainIdentifier")], [product(SPECTRUM)])
    assert plans(query(WORLD, SPECTRUM), only(one, two, last)) == ()
    assert steps(best(query(WORLD, SPECTRUM, {OBJECT: "x"}), only(one, two, last))) == ["two", "one", "last"]


def test_a_workflow_may_follow_another_of_its_kind_but_not_itself():
    correct = workflow("correct", [Input("s", SPECTRUM, is_product=True)], [product(SPECTRUM)])
    make = workflow("make", [], [product(SPECTRUM)])
    curve = workflow("curve", [Input("s", SPECTRUM, is_product=True)], [product(CURVE)])
    index = only(correct, make, curve)
    assert [steps(p) for p in plans(query(WORLD, SPECTRUM), index)] == [["make"], ["make", "correct"]]
    assert [steps(p) for p in plans(query(WORLD, CURVE), index)] == [
        ["make", "curve"], ["make", "correct", "curve"]]  # fmt: skip


@pytest.mark.parametrize("first", [0, 1])
def test_a_role_has_one_value_in_a_plan(first):
    identifier = KG + "MainIdentifier"
    give = [workflow(f"g{n}", [Input("x", r)], [gives(identifier)]) for n, r in enumerate([RA, OBJECT])]
    inputs = [Input("m", identifier), Input("s", CURVE, is_product=True)]
    uses = workflow("uses", inputs[::-1] if first else inputs, [product(SPECTRUM)])
    index = only(*give, uses, workflow("curve", [Input("m", identifier)], [product(CURVE)]))
    # Both bindings could be consumed only by deriving the identifier twice, from two things.
    assert plans(query(WORLD, SPECTRUM, {RA: 1, OBJECT: "x"}), index) == ()
    assert plans(query(WORLD, SPECTRUM, {RA: 1}), index)


def test_lower_and_upper_bound_have_to_be_in_order():
    bounds = [Input("a", E_MIN), Input("b", KG + "MaximumEnergy", default=number(10, Kind.ENERGY, "keV"))]
    flow = workflow("w", bounds, [product(SPECTRUM)], inputs_together=(("a", "b"),))
    assert best(query(WORLD, SPECTRUM, {E_MIN: 9}), only(flow)) is not None
    assert best(query(WORLD, SPECTRUM, {E_MIN: 10}), only(flow)) is None


def test_the_newest_version_answers_unless_another_is_named():
    old = workflow("w", [], [product(SPECTRUM)])
    new = replace(old, version="2", digest="2")
    index = only(old, new)
    assert [p.last.workflow.version for p in plans(query(WORLD, SPECTRUM), index)] == ["2"]
    for address, version in (("w", "2"), ("w/1", "1"), ("w/2", "2")):
        pinned = Query(SPECTRUM, (), (Constraint(KG + "workflow", "kg-site:/workflows/" + address),))
        assert [p.last.workflow.version for p in plans(pinned, index)] == [version]
    withdrawn = replace(new, status=WorkflowStatus.WITHDRAWN)
    assert [p.last.workflow.version for p in plans(query(WORLD, SPECTRUM), only(old, withdrawn))] == ["1"]


def test_cheaper_then_earlier_by_name():
    flows = [workflow(n, [], [product(SPECTRUM)], cost=c) for n, c in (("b", 1.0), ("a", 2.0), ("c", 1.0))]
    assert [p.last.workflow.name for p in plans(query(WORLD, SPECTRUM), only(*flows))] == ["b", "c", "a"]


def test_the_asked_kind_comes_before_a_narrower_one():
    narrow = workflow("a", [], [product(KG + "MultiInstrumentSpectrum")])
    exact = workflow("z", [], [product(SPECTRUM)], cost=9.0)
    assert [p.last.workflow.name for p in plans(query(WORLD, SPECTRUM), only(narrow, exact))] == ["z", "a"]


def test_many_equal_alternatives_do_not_explode():
    roles = [OBJECT, RA, DEC, T1, T2, E_MIN, KG + "MaximumEnergy"]
    links = [
        workflow(f"s{n}-{k}", [Input("x", a), *([Input("y", OBJECT)] if n else [])], [gives(b)])
        for n, (a, b) in enumerate(pairwise(roles))
        for k in range(12)
    ]
    last = workflow("last", [Input(f"x{n}", r) for n, r in enumerate(roles[1:5])], [product(SPECTRUM)])
    found = plans(query(WORLD, SPECTRUM, {OBJECT: "x"}), only(*links, last), limit=8)
    assert len(found[0].steps) == 5
    assert matches(query(WORLD, SPECTRUM, {OBJECT: "x"}), only(*links, last), last)


def test_binding_helper_uses_the_companion_property():
    assert binding(WORLD, OBJECT, "x").property == KG + "astrophysicalObject"
