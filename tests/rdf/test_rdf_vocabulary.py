"""Every term that the graphs use is declared, and every record is a graph without blank nodes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from pyoxigraph import BlankNode, NamedNode
from rdf_strategies import SITE, agents, datasets, products, runs, workflows

import kg_service.rdf
from kg_service.data import data_folder
from kg_service.errors import UnknownTerm
from kg_service.model.terms import KG, ODA
from kg_service.rdf import agent, answer, dataset, plan, product, run, workflow

RECORDS = (
    workflows().map(lambda w: workflow.to_triples(w, SITE, "2026-11-23T00:00:00.000Z", [KG + "HardXray"]))
    | products().map(lambda p: product.to_triples(p, SITE))
    | runs().map(lambda r: run.to_triples(r, SITE))
    | datasets.map(lambda d: dataset.to_triples(d, SITE))
    | agents.map(lambda a: agent.to_triples(a, SITE))
)


@pytest.fixture(scope="module")
def catalogue():
    from kg_service.vocabulary.catalogue import load

    return load(data_folder("ontology"))


@settings(max_examples=60)
@given(record=RECORDS)
def test_records_have_no_blank_nodes_and_sealable_names(record):
    for triple in record:
        assert not isinstance(triple.subject, BlankNode)
        assert not isinstance(triple.object, BlankNode)


def written_terms():
    """The local names of our terms in the texts of the room."""
    folder = Path(kg_service.rdf.__file__).parent
    names = set()
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r'\bkg\("(\w+)"\)', text)) | set(re.findall(r'\bKG \+ "(\w+)"', text))
        names |= set(re.findall(r'write_instant\(out, me, KG, "(\w+)"', text))
    names |= set(product._POINT.values()) | set(run._RESOURCES.values()) | set(run._PROBLEM.values())
    return sorted(names | {"dataset", "inputProduct", "argumentOfRun", *agent._OWN_PROPERTY})


@pytest.mark.parametrize("name", written_terms())
def test_every_term_of_ours_is_in_the_ontology(catalogue, name):
    try:
        catalogue.term(KG + name)
    except UnknownTerm as problem:
        pytest.fail(f"{problem} Near: {problem.near}")


def test_the_class_of_workflows_is_the_community_s():
    from kg_service.model.workflow import Output, Workflow

    item = Workflow("w", "1", "0" * 64, "t", "d", (), (Output("o", ODA + "Spectrum"),))
    types = {
        t.object
        for t in workflow.to_triples(item, SITE)
        if t.subject == NamedNode(SITE.iri("workflows", "w", "1"))
    }
    assert NamedNode(ODA + "Workflow") in types


def test_parts_have_addresses_below_their_owner():
    assert plan.to_triples(
        SITE.iri("runs", "1"), SITE.iri("queries", "q"), [plan.PlanStep(SITE.iri("workflows", "w"))]
    )
    record = answer.ReuseRecord(
        SITE.iri("queries", "q"), SITE.iri("products", "3f"), "2026-11-23T00:00:00.000Z"
    )
    assert answer.answer_iri(record, SITE) == SITE.iri("queries", "q#answer-3f")
    assert product.file_iri("3f", "a b/c.ecsv", SITE) == SITE.iri("products", "3f", "files", "a%20b%2Fc.ecsv")
