"""The compiled check is made from the Turtle alone, leaves to pyshacl what it does not know, loads little."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from example_graphs import GRAPHS, ROOT, SHAPES, read
from pyoxigraph import RdfFormat, Triple, parse

from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import Catalogue

QUERY = GRAPHS / "conforming" / "query" / "full.ttl"
PREFIXES = """
@prefix kg: <https://w3id.org/kg-service/ontology#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/> .
"""


def judge_with(folder: Path, catalogue: Catalogue, added: str, noun: str = "query") -> Judge:
    shutil.copytree(SHAPES, folder / "shapes")
    path = folder / "shapes" / f"{noun}.ttl"
    path.write_text(path.read_text() + PREFIXES + added)
    return Judge(folder / "shapes", catalogue)


def graph(turtle: str) -> list[Triple]:
    return [quad.triple for quad in parse((PREFIXES + turtle).encode(), RdfFormat.TURTLE)]


def test_a_constraint_added_to_a_shape_file_is_seen_by_both(
    judge: Judge, catalogue: Catalogue, tmp_path: Path
):
    added = """kg:AddedShape a sh:NodeShape ; sh:targetClass kg:Query ;
        sh:property [ sh:path kg:searchRadius ; sh:maxInclusive 0.1e0 ; sh:message "Too wide." ] ."""
    changed = judge_with(tmp_path, catalogue, added)
    triples = read(QUERY)
    assert judge.check(triples, "query").decided_by == "compiled"
    assert changed.not_compiled("query") == {}
    for report in (changed.check(triples, "query"), changed.judge(triples, "query")):
        assert [f.message for f in report.violations] == ["Too wide."]
    narrow = [t for t in triples if not t.predicate.value.endswith("searchRadius")]
    assert changed.check(narrow, "query").decided_by == "compiled"


@pytest.mark.parametrize(
    "construct",
    [
        "sh:property [ sh:path kg:object ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape kg:AnswerShape ]",
        "sh:property [ sh:path kg:object ; sh:uniqueLang true ]",
        "sh:property [ sh:path kg:object ; sh:pattern 'MRK' ; sh:flags 'im' ]",
        "sh:property [ sh:path [ sh:zeroOrMorePath kg:given ] ; sh:minCount 1 ]",
        "sh:equals kg:nothing ; sh:deactivated false",
        "sh:sparql [ sh:select 'SELECT $this WHERE { $this a ?t MINUS { $this a ?t } }' ]",
        "sh:sparql [ sh:ask 'ASK { $this a ?t }' ; sh:select 'SELECT $this { $this <http://x.org/no> 1 }' ]",
        "sh:sparql [ sh:select 'SELECT $this WHERE { { SELECT $this WHERE { $this ex:none 1 } } }' ]",
        "sh:node kg:MissingShape",
        "sh:property [ sh:path kg:object ; sh:wholeNewConstraint 3 ]",
    ],
)
def test_an_unknown_construct_is_left_to_pyshacl(
    catalogue: Catalogue, tmp_path: Path, construct: str, monkeypatch: pytest.MonkeyPatch
):
    added = f"kg:AddedShape a sh:NodeShape ; sh:targetClass kg:Query ; sh:message 'no' ; {construct} ."
    changed = judge_with(tmp_path, catalogue, added)
    asked: list[int] = []
    monkeypatch.setattr("kg_service.validation.referee.judge", lambda data, shapes: asked.append(1))
    changed.check(read(QUERY), "query")
    assert asked == [1]
    assert len(changed.not_compiled("query")) == 1
    answer = read(GRAPHS / "conforming" / "query" / "answer-by-reuse.ttl")
    assert changed.check(answer, "query").decided_by == "compiled", "a graph without a target stays quick"


@pytest.mark.parametrize(
    "added",
    [
        "kg:AddedShape a sh:NodeShape ; sh:target [ a sh:SPARQLTarget ] ; sh:nodeKind sh:IRI .",
        "kg:Component a sh:ConstraintComponent .",
        "kg:AddedShape a sh:NodeShape ; sh:targetClass kg:Messenger ; sh:nodeKind sh:IRI .",
        "kg:AddedShape a sh:NodeShape ; sh:targetSubjectsOf rdf:type ; sh:nodeKind sh:IRI .",
    ],
)
def test_what_changes_the_meaning_of_all_shapes_leaves_everything_to_pyshacl(
    catalogue: Catalogue, tmp_path: Path, added: str
):
    changed = judge_with(tmp_path, catalogue, added)
    assert changed.not_compiled("query")[""]
    assert not changed._noun("query").compiled.conforms(read(QUERY))


# Each row: a shape, graphs that conform, graphs that do not. Both judges are asked.
CORE = {
    "xone": (
        "sh:xone ( [ sh:path ex:a ; sh:minCount 1 ] [ sh:path ex:b ; sh:minCount 1 ] )",
        ["ex:x ex:a 1 .", "ex:x ex:b 1 ."],
        ["ex:x ex:a 1 ; ex:b 1 .", "ex:x ex:c 1 ."],
    ),
    "and, node": (
        "sh:and ( kg:HasA [ sh:node kg:HasA ; sh:property [ sh:path ex:b ; sh:minCount 1 ] ] )",
        ["ex:x ex:a 1 ; ex:b 1 ."],
        ["ex:x ex:a 1 .", "ex:x ex:b 1 ."],
    ),
    "not, nested property": (
        "sh:not [ sh:path ex:a ; sh:minCount 1 ; sh:property [ sh:path ex:b ; sh:minCount 1 ] ]",
        ["ex:x ex:c 1 .", "ex:x ex:a ex:y . ex:y ex:c 1 ."],
        ["ex:x ex:a ex:y . ex:y ex:b 1 ."],
    ),
    "closed": (
        "sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:property [ sh:path ex:a ]",
        ["ex:x ex:a 1 , 2 ."],
        ["ex:x ex:a 1 ; ex:b 2 ."],
    ),
    "open when closed is false": (
        "sh:closed false ; sh:property [ sh:path ex:a ; sh:minCount 1 ]",
        ["ex:x ex:a 1 ; ex:b 2 ."],
        ["ex:x ex:b 2 ."],
    ),
    "equals and disjoint": (
        "sh:property [ sh:path ex:a ; sh:equals ex:b ] ; sh:property [ sh:path ex:a ; sh:disjoint ex:c ]",
        ["ex:x ex:a 1 ; ex:b 1 .", "ex:x ex:c 1 ."],
        ["ex:x ex:a 1 ; ex:b 2 .", "ex:x ex:b 1 .", "ex:x ex:a 1 ; ex:b 1 ; ex:c 1 ."],
    ),
    "hasValue on a node, in": (
        "sh:hasValue ex:x ; sh:property [ sh:path ex:a ; sh:in ( 1 'b' ex:c ) ]",
        ["ex:x ex:a 1 , 'b' , ex:c ."],
        ["ex:y a ex:T . ex:x ex:a 1 .", "ex:x ex:a 2 .", "ex:x ex:a 'b'@en ."],
    ),
    "node kinds and lengths": (
        "sh:property [ sh:path ex:a ; sh:nodeKind sh:IRIOrLiteral ; sh:minLength 2 ; sh:maxLength 4 ]",
        ["ex:x ex:a 'ab' , 1234 ."],
        ["ex:x ex:a [ ] .", "ex:x ex:a 'a' .", "ex:x ex:a 'abcde' .", "ex:x ex:a ex:long ."],
    ),
    "exclusive bounds": (
        "sh:property [ sh:path ex:a ; sh:minExclusive 0e0 ; sh:maxExclusive 1e0 ]",
        ["ex:x ex:a 0.5e0 ."],
        ["ex:x ex:a 0e0 .", "ex:x ex:a 1e0 .", "ex:x ex:a 'text' ."],
    ),
    "alternative path, flags": (
        """sh:property [ sh:path [ sh:alternativePath ( ex:a ex:b ) ] ;
            sh:maxCount 1 ; sh:pattern '^AB' ; sh:flags 'i' ]""",
        ["ex:x ex:a 'abc' .", "ex:x ex:b 'ABC' .", "ex:x ex:a 'ab' ; ex:b 'ab' ."],
        ["ex:x ex:a 'ab' ; ex:b 'abc' .", "ex:x ex:b 'ba' ."],
    ),
    "deactivated": (
        """sh:property [ sh:path ex:a ; sh:maxCount 0 ; sh:deactivated true ] ;
            sh:property [ sh:path ex:b ; sh:maxCount 0 ]""",
        ["ex:x ex:a 1 ."],
        ["ex:x ex:b 1 ."],
    ),
    "subclasses of the graph": (
        "sh:property [ sh:path ex:a ; sh:class ex:Top ]",
        ["ex:x ex:a ex:y . ex:y a ex:Low . ex:Low rdfs:subClassOf ex:Top ."],
        ["ex:x ex:a ex:y . ex:y a ex:Low .", "ex:x ex:a 1 ."],
    ),
    "SPARQL over types that the ontology lends": (
        """sh:sparql [ sh:prefixes kg:P ; sh:select '''SELECT $this WHERE {
            $this ex:a ?i . ?i a <https://w3id.org/kg-service/ontology#Messenger> }''' ]""",
        ["ex:x ex:a kg:FermiLAT ."],
        ["ex:x ex:a kg:GammaRay ."],
    ),
    "SPARQL with a variable for the property": (
        "sh:sparql [ sh:select 'SELECT $this ?value WHERE { $this ?p ?value . ?value ?q ?z }' ]",
        ["ex:x ex:a 1 ."],
        ["ex:x ex:a ex:y . ex:y ex:b 1 ."],
    ),
}


@pytest.mark.parametrize("row", CORE.values(), ids=CORE)
def test_both_judges_read_a_construct_alike(
    catalogue: Catalogue, tmp_path: Path, row: tuple[str, list[str], list[str]]
):
    shape, conforming, violating = row
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "thing.ttl").write_text(f"""{PREFIXES}
        kg:P sh:declare [ sh:prefix "ex" ; sh:namespace "http://example.org/"^^xsd:anyURI ] .
        kg:HasA a sh:NodeShape ; sh:property [ sh:path ex:a ; sh:minCount 1 ] .
        kg:TestShape a sh:NodeShape ; sh:targetClass ex:T ; {shape} .""")
    thing = Judge(tmp_path / "shapes", catalogue)
    assert thing.not_compiled("thing") == {}
    for text in conforming:
        triples = graph(f"ex:x a ex:T . {text}")
        assert thing.judge(triples, "thing").conforms, text
        assert thing.check(triples, "thing").decided_by == "compiled", text
    for text in violating:
        triples = graph(f"ex:x a ex:T . {text}")
        assert not thing.judge(triples, "thing").conforms, text
        assert not thing.check(triples, "thing").conforms, text


@pytest.mark.parametrize(
    "text",
    [
        "ex:x ex:a 'NaN'^^xsd:double .",
        "ex:x ex:a '1e400'^^xsd:double .",
        "ex:x ex:a 0.5 .",
        "ex:x ex:a '2010-02-01T00:00:00'^^xsd:dateTime .",
        "ex:x ex:a '0.5'^^xsd:float .",
        "ex:x ex:a '1_0'^^xsd:integer .",
    ],
)
def test_a_value_that_is_not_certain_to_compare_is_left_to_pyshacl(
    catalogue: Catalogue, tmp_path: Path, text: str
):
    added = """kg:AddedShape a sh:NodeShape ; sh:targetClass ex:T ;
        sh:property [ sh:path ex:a ; sh:minInclusive 0e0 ] ."""
    changed = judge_with(tmp_path, catalogue, added)
    assert not changed._noun("query").compiled.conforms(graph(f"ex:x a ex:T . {text}"))


def test_the_shipped_shapes_are_compiled_entirely(judge: Judge):
    assert {noun: judge.not_compiled(noun) for noun in judge.nouns} == {noun: {} for noun in judge.nouns}


def test_a_conforming_graph_is_judged_without_loading_rdflib_or_pyshacl():
    program = f"""
import sys
from pathlib import Path
from pyoxigraph import RdfFormat, parse
from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import load
judge = Judge(Path({str(SHAPES)!r}), load(Path({str(ROOT / "ontology")!r})))
for path in Path({str(GRAPHS / "conforming")!r}).rglob("*.ttl"):
    triples = [q.triple for q in parse(path.read_bytes(), RdfFormat.TURTLE, base_iri="http://localhost/")]
    assert judge.check(triples, path.parent.name).conforms
heavy = {{"rdflib", "pyshacl", "astropy", "numpy", "owlready2", "pydantic", "fastapi", "httpx", "scipy"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
