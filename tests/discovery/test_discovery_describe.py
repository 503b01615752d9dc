"""The JSON of the contract: these keys, no NaN, absent is null."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.discovery.describe import answer_json, product_json, query_json, run_json
from kg_service.discovery.described_workflow import workflow_json
from kg_service.model.answer import Answer, AnswerStatus, Resolved, Reuse, StepAnswer
from kg_service.model.product import FileRole, Measure, Product, ProductFile
from kg_service.model.query import Binding, Query
from kg_service.model.run import Phase, Progress, Run
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow

SITE = Site("http://localhost:8000/")
HOST = "http://127.0.0.1:9123/"
QUERY = Query(
    ODA + "Spectrum",
    (Binding(KG + "object", ODA + "AstrophysicalObject", Value(Kind.NAME, "Crab", None, "Crab")),),
)
PRODUCT = Product(
    "3f",
    "A spectrum",
    (ODA + "Spectrum",),
    SITE.iri("runs", "1"),
    SITE.iri("workflows", "w", "1"),
    "k",
    "2026-11-23T00:00:00.000Z",
    files=(ProductFile("a b.ecsv", "text/ecsv", 5, "c" * 64, FileRole.MAIN),),
    values={"chi2": Measure(8.0, None, ""), "lost": Measure(float("nan"), float("inf"))},
    coverage=Coverage(time=(0, 86_400_000_000), energy=(1.0, float("inf"))),
)
WORKFLOW = Workflow(
    "w",
    "1",
    "d" * 64,
    "t",
    "d",
    (
        Input("e_min", KG + "MinimumEnergy", "from", "", "MeV", Value(Kind.ENERGY, "100000", "keV", 1e5)),
        Input("x", KG + "Detector"),
    ),
    (Output("s", ODA + "Spectrum", "", True, (KG + "FermiLAT",)),),
    (KG + "FermiLAT",),
)

KEYS = {
    "answer": "query status reused reuse product run workflow steps resolved files problem",
    "product": "id url types label query run workflow created coverage quality used derived_from stale files "
    "values cite",
    "run": "id url phase query workflow created started ended progress steps products problem log events",
    "workflow": "id url name version digest title description instrument messenger inputs outputs coverage "
    "deterministic licence cite status",
    "query": "ask where fresh",
}


def described():
    run = Run(
        "1",
        SITE.iri("queries", "q"),
        None,
        Phase.PENDING,
        "2026-11-23T00:00:00.000Z",
        progress=Progress(float("nan")),
    )
    return {
        "answer": answer_json(Answer(QUERY, AnswerStatus.DONE, PRODUCT), SITE, HOST),
        "product": product_json(PRODUCT, SITE, HOST, stale=True),
        "run": run_json(run, SITE, HOST),
        "workflow": workflow_json(WORKFLOW, SITE, HOST),
        "query": query_json(QUERY, SITE, HOST),
    }


@pytest.mark.parametrize("noun", KEYS)
def test_every_key_of_the_contract_is_there_and_nothing_is_nan(noun):
    document = described()[noun]
    assert set(KEYS[noun].split()) <= set(document)
    json.dumps(document, allow_nan=False)


def test_identifiers_are_under_the_site_and_addresses_on_the_host():
    product = product_json(PRODUCT, SITE, HOST)
    assert product["id"] == "http://localhost:8000/products/3f"
    assert product["url"] == "http://127.0.0.1:9123/products/3f"
    assert product["files"][0]["url"] == "http://127.0.0.1:9123/products/3f/files/a%20b.ecsv"
    assert product["run"] == "http://localhost:8000/runs/1"
    assert product_json(PRODUCT, SITE)["url"] == product["id"]


def test_what_is_no_number_is_null():
    product = product_json(PRODUCT, SITE, HOST)
    assert product["values"]["lost"] == {"value": None, "error": None, "unit": None}
    assert product["values"]["chi2"] == {"value": 8.0, "error": None, "unit": ""}
    assert product["coverage"]["energy"] == [1.0, None]
    assert product["coverage"]["time"][0].endswith("Z")


def test_inputs_are_described_in_their_own_unit():
    first, second = workflow_json(WORKFLOW, SITE)["inputs"]
    assert set(first) >= {
        "name",
        "term",
        "unit",
        "default",
        "minimum",
        "maximum",
        "allowed",
        "optional",
        "label",
    }
    assert (first["default"], first["unit"], first["optional"]) == (100.0, "MeV", True)
    assert (second["default"], second["allowed"], second["optional"]) == (None, None, False)


def test_outputs_tell_what_reasoning_found():
    from kg_service.data import data_folder
    from kg_service.vocabulary.catalogue import load

    assert workflow_json(WORKFLOW, SITE)["outputs"][0]["inferred"] == []
    output = workflow_json(WORKFLOW, SITE, catalogue=load(data_folder("ontology")))["outputs"][0]
    assert KG + "GammaRaySpectrum" in output["inferred"]
    assert ODA + "Spectrum" not in output["inferred"]


def test_an_answer_says_all_that_it_knows():
    reuse = Reuse("2026-11-23T00:00:00.000Z", "anna", "1", "equal inputs")
    steps = (StepAnswer(None, "w", "p", reused=True),)
    answer = Answer(QUERY, AnswerStatus.DONE, PRODUCT, reuse, "r", "w", steps, (Resolved("t", "g", "u"),))
    document = answer_json(answer, SITE, stale=lambda p: p is PRODUCT, files=["a"])
    assert document["reused"] is True
    assert document["reuse"] == {"made": reuse.made, "by": "anna", "version": "1", "why": "equal inputs"}
    assert document["steps"] == [{"run": None, "workflow": "w", "product": "p", "reused": True}]
    assert document["resolved"] == [{"term": "t", "given": "g", "used": "u", "name": "t", "text": "u"}]
    assert document["product"]["stale"] is True
    assert document["product"]["query"] is None
    assert document["files"] == ["a"]
    assert (
        answer_json(Answer(QUERY, AnswerStatus.DONE, PRODUCT), SITE)["product"]["query"] == document["query"]
    )
    pending = answer_json(Answer(QUERY, AnswerStatus.PENDING), SITE)
    assert (pending["reused"], pending["reuse"], pending["product"], pending["files"]) == (
        False,
        None,
        None,
        None,
    )


@settings(deadline=None)
@given(st.decimals("1e-20", "1e20", allow_nan=False))
def test_a_number_with_more_digits_than_a_double_is_written_as_text(number):
    text = f"{number:f}"
    value = Value(Kind.ENERGY, text, "keV", float(text))
    query = Query(ODA + "Spectrum", (Binding(KG + "minimumEnergy", KG + "MinimumEnergy", value),))
    written = query_json(query, SITE)["where"][KG + "MinimumEnergy"]["value"]
    assert str(written) == text or float(text) == written
    assert isinstance(written, str) or number == type(number)(repr(written))
