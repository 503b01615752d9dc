"""Matching and planning among 1e4 and 1e5 synthetic workflows over the shipped ontology.

Targets: a match at most 10 us (1e4) and 50 us (1e5), a plan of four steps in a chain at most 300 us (1e4).
"""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise

import pytest

from kg_service.data import data_folder
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import Asked, match
from kg_service.planning.plan import plans
from kg_service.planning.runkey import run_key
from kg_service.planning.whynot import explain
from kg_service.vocabulary.catalogue import load

KINDS = [
    *(ODA + kind for kind in ("Spectrum", "LightCurve", "Image")),
    *(KG + kind for kind in ("Spectrogram", "UpperLimit", "SourceList", "EventList", "Photometry")),
    *(KG + kind for kind in ("Periodogram", "SkyMap")),
]
NEEDS = [ODA + "StartTime", ODA + "EndTime", KG + "MinimumEnergy", KG + "MaximumEnergy", KG + "SearchRadius"]
OBJECT = ODA + "AstrophysicalObject"
CHAIN = [OBJECT, KG + "MainIdentifier", KG + "EventIdentifier", KG + "EventTime"]


@cache
def catalogue():
    return load(data_folder("ontology"))


def flow(name, needs, outputs, **more):
    inputs = tuple(Input(f"p{n}", term, **kind) for n, (term, kind) in enumerate(needs))
    return Workflow(name, "1", name, name, "", inputs, tuple(outputs), **more)


@cache
def index(size):
    """Products of all kinds and instruments from random inputs; one workflow in a hundred gives a role."""
    rng = random.Random(7)
    instruments = [i for i in catalogue().instruments() if catalogue().instrument(i).observes]
    one = Value(Kind.NUMBER, "1", None, 1)
    flows = []
    for n in range(size - 4):
        if n % 100 == 0:
            gives = rng.sample([ODA + "PointOfInterestRA", KG + "Redshift", KG + "FermiCatalogueName"], 2)
            flows.append(flow(f"r{n}", [(rng.choice([OBJECT, KG + "Event"]), {})],
                              [Output(g, g, is_product=False) for g in gives]))  # fmt: skip
            continue
        needs = [
            (t, {"default": one} if rng.random() < 0.5 else {}) for t in rng.sample(NEEDS, rng.randint(0, 3))
        ]
        needs.append((rng.choice([OBJECT, OBJECT, KG + "FermiCatalogueName", ODA + "PointOfInterestRA"]), {}))
        seen = (rng.choice(instruments),)
        flows.append(flow(f"w{n}", needs, [Output("out", rng.choice(KINDS), observed_with=seen)],
                          cost=rng.uniform(1, 100)))  # fmt: skip
    for have, gets in pairwise(CHAIN):
        flows.append(flow(f"to-{gets[len(KG) :]}", [(have, {})], [Output("v", gets, is_product=False)]))
    flows.append(flow("chained", [(CHAIN[-1], {})], [Output("out", KG + "TriggerList")]))
    return WorkflowIndex(flows, catalogue())


def query(asks_for, given, instrument=None):
    roles = catalogue()
    bindings = tuple(Binding(roles.role(t).property, t, v) for t, v in given.items())
    constraints = () if instrument is None else (Constraint(KG + "instrument", instrument),)
    return Query(asks_for, bindings, constraints)


NAME = Value(Kind.NAME, "Mrk 421", None, "Mrk 421")
T1, T2 = (Value(Kind.TIME, str(d * 86_400_000_000), None, "") for d in (55000, 56000))
ASKED = (KG + "GammaRayLightCurve", {OBJECT: NAME, ODA + "StartTime": T1, ODA + "EndTime": T2})


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_match(benchmark, size):
    catalogued = index(size)
    found = benchmark(lambda q: match(Asked(q, catalogued)), query(*ASKED))
    assert found
    assert len(found) > size / 2000


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_features_never_seen_before(benchmark, size):
    catalogued = index(size)
    features = catalogued.request_features(KG + "GammaRayLightCurve", ())

    def ask():
        catalogued._candidate_memo.pop(features, None)
        return catalogued.candidates(features)

    assert len(benchmark(ask)) > size / 2000


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_match_never_seen_before(benchmark, size):
    catalogued = index(size)

    def ask(q):
        catalogued._candidate_memo.clear()
        catalogued.shapes.clear()
        return match(Asked(q, catalogued))

    assert benchmark(ask, query(*ASKED))


def test_plan_four_steps_deep(benchmark):
    found = benchmark(plans, query(KG + "TriggerList", {OBJECT: NAME}), index(10_000))
    assert [s.workflow.name for s in found[0].steps][-1] == "chained"
    assert len(found[0].steps) == 4


def test_plan_among_hundreds_that_match(benchmark):
    assert len(benchmark(plans, query(*ASKED), index(10_000))) == 8


def test_plan_with_resolvers(benchmark):
    asked = query(ODA + "Spectrum", {OBJECT: NAME}, KG + "FermiLAT")
    assert len(benchmark(plans, asked, index(10_000))) == 8


def test_explain_why_not(benchmark):
    asked = query(KG + "TriggerList", {OBJECT: NAME, ODA + "StartTime": T1}, KG + "POLAR")
    assert benchmark(explain, asked, index(10_000)).plan is None


def test_run_key(benchmark):
    workflow = next(e.workflow for e in index(10_000).entries if len(e.slots) > 2)
    arguments = {i.name: NAME for i in workflow.inputs}
    assert len(benchmark(run_key, workflow, arguments)) == 64


@pytest.mark.parametrize("size", [10_000, 100_000])
def test_compile(benchmark, size):
    flows = [e.workflow for e in index(size).entries]
    benchmark.pedantic(WorkflowIndex, (flows, catalogue()), rounds=1)
