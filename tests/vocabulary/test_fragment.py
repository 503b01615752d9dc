"""Definitions that matching could not decide are refused, each for the reason it names."""

from __future__ import annotations

import pytest

from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.check import check_ontology
from kg_service.vocabulary.fragment import outside_fragment
from kg_service.vocabulary.statements import Statements

OBSERVES = "[ a owl:Restriction ; owl:onProperty kg:observes ; owl:hasValue kg:%s ]"
COUNT = '[ a owl:Restriction ; owl:onProperty kg:%s ; owl:%sCardinality "%d"^^xsd:nonNegativeInteger ]'
SOME = "[ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:someValuesFrom %s ]"
CIRCLE = """x:A a owl:Class ; owl:equivalentClass x:B . x:B a owl:Class ; rdfs:subClassOf kg:ScienceProduct ;
    owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( x:A oda:Spectrum ) ] ."""


def _defined(condition: str) -> str:
    return (
        "x:New a owl:Class ; rdfs:subClassOf kg:ScienceProduct ; "
        f"owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( oda:Spectrum {condition} ) ] ."
    )


def test_the_shipped_ontology_stays_in_the_fragment(catalogue: Catalogue):
    assert outside_fragment(Statements(catalogue.triples)) == []


@pytest.mark.parametrize(
    "text",
    [
        _defined(SOME % (OBSERVES % "GammaRay")),
        _defined("[ a owl:Restriction ; owl:onProperty kg:facility ; owl:hasValue kg:INTEGRAL ]"),
        _defined("[ a owl:Restriction ; owl:onProperty kg:covers ; owl:hasValue kg:HardXray ]"),
        _defined(COUNT % ("observedWith", "min", 2)),
        _defined("kg:GammaRayProduct"),
    ],
)
def test_what_is_allowed(catalogue: Catalogue, turtle, text: str):
    assert outside_fragment(Statements([*catalogue.triples, *turtle(text)])) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_defined("[ a owl:Class ; owl:unionOf ( kg:UpperLimit oda:Image ) ]"), "a union"),
        (_defined("[ a owl:Class ; owl:complementOf kg:GammaRayProduct ]"), "a complement"),
        (
            _defined(
                "[ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:allValuesFrom oda:Instrument ]"
            ),
            "'only'",
        ),
        (
            _defined(COUNT % ("observedWith", "max", 1)),
            "at most",
        ),
        (
            _defined(COUNT % ("observedWith", "min", 3)),
            "at least 2",
        ),
        (
            _defined(COUNT % ("facility", "min", 2)),
            "counts facility",
        ),
        (_defined(SOME % "oda:Instrument"), "exactly one 'observes'"),
        (
            _defined(
                SOME % f"[ a owl:Class ; owl:intersectionOf ( {OBSERVES % 'GammaRay'} {OBSERVES % 'Xray'} ) ]"
            ),
            "several conditions",
        ),
        (
            _defined(
                "[ a owl:Restriction ; owl:onProperty kg:facility ; owl:someValuesFrom oda:Instrument ]"
            ),
            "some facility",
        ),
        (
            _defined("[ a owl:Restriction ; owl:onProperty oda:has_unit ; owl:hasValue unit:keV ]"),
            "no property of products",
        ),
        (
            CIRCLE,
            "goes in a circle",
        ),
        (
            "x:A a owl:Class ; rdfs:subClassOf x:B . x:B a owl:Class ; rdfs:subClassOf x:A .",
            "below each other",
        ),
        ("oda:Float owl:equivalentClass oda:Angle .", "only product classes"),
        ("[] a owl:Class ; owl:complementOf oda:Image ; rdfs:subClassOf oda:Spectrum .", "anonymous class"),
        ("kg:observedWith a owl:TransitiveProperty .", "cannot be counted"),
        ("kg:observedWith owl:propertyChainAxiom ( kg:observedWith kg:partOf ) .", "cannot be counted"),
        ("x:p a owl:ObjectProperty ; rdfs:subPropertyOf kg:observedWith .", "does not follow"),
        ("x:p a owl:ObjectProperty ; owl:inverseOf kg:observes .", "does not follow"),
        ("kg:H1 owl:sameAs kg:L1 .", "merges"),
        (
            "x:i a [ a owl:Restriction ; owl:onProperty kg:observes ; owl:hasValue kg:Radio ] .",
            "anonymous type",
        ),
        ("x:p a owl:ObjectProperty . x:v x:p kg:GammaRayLightCurve .", "lose the class"),
        ("oda:isUsing a owl:ObjectProperty .", "for import only"),
    ],
)
def test_what_is_refused(catalogue: Catalogue, turtle, text: str, reason: str):
    findings = outside_fragment(Statements([*catalogue.triples, *turtle(text)]))
    assert any(reason in f for f in findings), findings


def test_a_value_class_that_is_a_relation_is_refused(catalogue: Catalogue, turtle):
    kept = [
        t for t in catalogue.triples if t.subject.value != "https://w3id.org/kg-service/ontology#valueClass"
    ]
    findings = outside_fragment(Statements([*kept, *turtle("kg:valueClass a owl:ObjectProperty .")]))
    assert any(f.startswith("valueClass points to classes") for f in findings)


def test_the_reasoner_is_not_asked_about_what_matching_cannot_decide(changed, monkeypatch):
    monkeypatch.setattr("kg_service.vocabulary.check.reason", None)
    findings = check_ontology(changed(_defined("[ a owl:Class ; owl:unionOf ( kg:UpperLimit oda:Image ) ]")))
    assert any("a union" in f for f in findings)
