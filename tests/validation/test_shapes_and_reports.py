"""The shapes themselves are in order, reports read like sentences, and texts reach pyshacl unchanged."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from example_graphs import GRAPHS, ROOT, SHAPES, read
from pyoxigraph import Literal, NamedNode, Triple

from kg_service.errors import BadValue, Invalid, Malformed, NotFound
from kg_service.model.terms import KG, XSD
from kg_service.validation.judge import Judge, Report, require
from kg_service.validation.referee import to_rdflib
from kg_service.validation.report import Finding, Severity
from kg_service.validation.wellformed import check_shapes

DECLINATION = GRAPHS / "violating" / "query" / "declination-91.ttl"


def test_the_shipped_shapes_are_in_order():
    assert check_shapes(SHAPES) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("sh:maxCount 1 ; sh:nodeKind sh:IRI ;", "sh:maxCont 1 ;", "maxCont is no word of SHACL"),
        ("sh:maxCount 1 ;", "sh:maxCount 'one' ;", "not well formed by the shapes of SHACL"),
        ("sh:targetClass kg:Query ;", "", "it would never be applied"),
        (
            'sh:message "A query asks for exactly one product class: give one kg:asksFor." ',
            "",
            "has no sh:message",
        ),
        ("kg:QueryShape a sh:NodeShape ;", "kg:QueryShape a sh:NodeShape", "cannot be read"),
    ],
)
def test_a_faulty_shape_file_is_found(tmp_path: Path, old: str, new: str, complaint: str):
    path = tmp_path / "query.ttl"
    text = (SHAPES / "query.ttl").read_text()
    start = text.index("kg:QueryShape a")
    assert old in text[start:]
    path.write_text(text[:start] + text[start:].replace(old, new, 1))
    assert any(complaint in found for found in check_shapes(tmp_path))


def test_the_whole_ontology_conforms_to_its_shapes(judge: Judge, catalogue):
    report = judge.check(catalogue.triples, "ontology")
    assert report.conforms, report.findings[:5]


def test_a_refusal_names_value_property_and_the_way_out(judge: Judge):
    with pytest.raises(Invalid) as refusal:
        require(judge.check(read(DECLINATION), "query"))
    problem = refusal.value.to_json()
    assert problem["code"] == "invalid"
    assert problem["detail"] == "Declination is one number of degrees (ICRS) between -90 and +90."
    assert (problem["parameter"], float(problem["value"])) == ("declination", 91)
    assert "sh:conforms" in problem["report"]


def test_a_refusal_is_short_when_much_is_wrong():
    findings = tuple(
        Finding("f", f"{KG}p{n}", f"Reason {n}.", Severity.VIOLATION, None, "s") for n in range(5)
    )
    with pytest.raises(Invalid, match=r"^Reason 0\. Reason 1\. Reason 2\. \(and 2 more\)$") as refusal:
        require(Report(False, findings, "turtle"))
    assert refusal.value.parameter == "p0"
    with pytest.raises(Invalid) as named:
        require(Report(False, findings, "turtle"), {f"{KG}p0": ("dec", "91d")})
    assert (named.value.parameter, named.value.value) == ("dec", "91d")


def test_a_value_at_fault_by_itself_is_a_bad_value_where_its_user_named_it(judge: Judge):
    said = {f"{KG}declination": ("dec", "91d")}
    with pytest.raises(BadValue) as refusal:
        require(judge.check(read(DECLINATION), "query"), said)
    problem = refusal.value
    assert (problem.parameter, problem.value) == ("dec", "91d")
    assert problem.detail == "dec = 91d: Declination is one number of degrees (ICRS) between -90 and +90."
    assert problem.report
    empty = read(GRAPHS / "violating" / "query" / "band-empty.ttl")
    with pytest.raises(Invalid):
        require(judge.check(empty, "query"), {f"{KG}minimumEnergy": ("e_min", "2 keV")})


def test_warnings_let_a_graph_pass_and_are_reported(judge: Judge):
    report = judge.check(read(GRAPHS / "violating" / "product" / "warns-neighbours-differ.ttl"), "product")
    assert report.conforms
    assert not report.violations
    assert [f.severity for f in report.warnings] == [Severity.WARNING]
    assert report.warnings[0].value == "http://localhost:8000/products/3fa9#point-1"
    assert report.turtle
    require(report)


def test_findings_come_in_one_order(judge: Judge):
    triples = read(GRAPHS / "violating" / "workflow" / "two-workflows.ttl")
    first = judge.check(triples, "workflow").findings
    assert len(first) > 5
    assert judge.check(list(reversed(triples)), "workflow").findings == first


def test_literals_reach_pyshacl_with_their_text():
    me = NamedNode(KG + "x")
    texts = [
        ("2010-02-01T00:00:00Z", "dateTime"),
        ("20e0", "double"),
        ("007", "integer"),
        ("1.50", "decimal"),
    ]
    triples = [Triple(me, me, Literal(text, datatype=NamedNode(XSD + name))) for text, name in texts]
    triples += [Triple(me, me, Literal("plain")), Triple(me, me, Literal("wort", language="de"))]
    found = {str(value) for value in to_rdflib(triples).objects()}
    assert found == {text for text, _ in texts} | {"plain", "wort"}


def test_triple_terms_are_refused(judge: Judge):
    me = NamedNode(KG + "x")
    with pytest.raises(Malformed, match="statements about statements"):
        judge.check([Triple(me, me, Triple(me, me, me))], "query")


def test_an_unreadable_date_leaves_no_traceback_in_the_log(judge: Judge, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        judge.check(read(GRAPHS / "violating" / "query" / "start-on-no-day.ttl"), "query")
    assert caplog.records == []
    assert not logging.getLogger("rdflib.term").disabled


def test_an_unknown_noun_offers_near_ones(judge: Judge):
    with pytest.raises(NotFound, match="product") as missing:
        judge.check([], "products")
    assert missing.value.near == ("product",)


def test_an_individual_that_the_graph_describes_itself_is_lent_nothing(judge: Judge):
    triples = read(GRAPHS / "conforming" / "query" / "full.ttl")
    assert judge.check(triples, "query").conforms
    redefined = Triple(NamedNode(KG + "FermiLAT"), NamedNode(KG + "name"), Literal("an invented one"))
    assert not judge.check([*triples, redefined], "query").conforms


def test_terms_added_to_the_ontology_are_known_without_code(tmp_path: Path):
    from kg_service.vocabulary.catalogue import load

    shutil.copytree(ROOT / "ontology", tmp_path / "ontology")
    (tmp_path / "ontology" / "added.ttl").write_text("""
@prefix kg: <https://w3id.org/kg-service/ontology#> .
@prefix oda: <http://odahub.io/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
kg:NewTelescope a owl:NamedIndividual , oda:Instrument ; kg:observes kg:Neutrino ;
    rdfs:label "new telescope"@en ; skos:definition "An instrument of tomorrow."@en ; kg:status "testing" .
""")
    new = Judge(SHAPES, load(tmp_path / "ontology"))
    old = Judge(SHAPES, load(ROOT / "ontology"))
    triples = [
        Triple(t.subject, t.predicate, NamedNode(KG + "NewTelescope"))
        if t.predicate.value == KG + "instrument"
        else t
        for t in read(GRAPHS / "conforming" / "query" / "full.ttl")
    ]
    assert new.check(triples, "query").decided_by == "compiled"
    assert not old.check(triples, "query").conforms
