"""The history as a tree for people: what it tells, how it is drawn, and that nothing is told twice."""

from __future__ import annotations

import io

import pytest

from kg_service.cli.history import history_text
from kg_service.cli.terminal import shown
from kg_service.discovery.history import history_tree, root_of
from kg_service.rdf.formats import TURTLE, parse

BASE = "http://localhost:8000/"
GRAPH = """
@prefix kg: <https://w3id.org/kg-service/ontology#> . @prefix prov: <http://www.w3.org/ns/prov#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@base <http://localhost:8000/> .
<products/aa01> a kg:Product ; rdfs:label "Sum" ; prov:wasGeneratedBy <runs/1> ;
    kg:quality "not simultaneous" ; prov:wasDerivedFrom <products/bb02> , <products/bb03> .
<products/bb02> a kg:Product ; rdfs:label "Spectrum" ; prov:wasGeneratedBy <runs/2> ;
    prov:wasDerivedFrom <datasets/d> , <products/cc04> .
<products/bb03> a kg:Product ; rdfs:label "Points" ; prov:wasGeneratedBy <runs/3> ;
    prov:wasDerivedFrom <datasets/d> , <products/cc04> .
<products/cc04> a kg:Product ; rdfs:label "Name" ; prov:wasGeneratedBy <runs/4> .
<datasets/d> a kg:Dataset ; kg:name "t.ecsv" ; dct:title "Table" ; kg:reached "embedded" ;
    kg:sha256 "0123456789abcdef" ; dcat:accessURL <https://archive.example/t> ;
    dct:bibliographicCitation "Someone 2020" .
<runs/1> a kg:Run ; kg:phase "COMPLETED" ; kg:ofWorkflow <workflows/sum/1a> ; kg:wallSeconds 90e0 ;
    prov:used <runs/1#arg-part> .
<runs/1#arg-part> a kg:Argument ; kg:name "part" ; prov:value "beef" ; kg:valueKey "file beef " ;
    kg:ofInput <workflows/sum/1a#in-part> .
<workflows/sum/1a#in-part> kg:valueClass kg:Spectrum .
<runs/2> a kg:Run ; kg:phase "COMPLETED" ; kg:ofWorkflow <workflows/fit/2b> ; kg:wallSeconds 2.04e0 ;
    prov:endedAtTime "2026-11-23T03:24:14.085Z"^^xsd:dateTime ; prov:wasAssociatedWith <agents/engine> ;
    prov:used <runs/2#arg-z> , <runs/2#arg-a> , <runs/2#arg-n> , <runs/2#arg-d> , <runs/2#arg-o> .
<runs/2#arg-z> a kg:Argument ; kg:name "first" ; prov:value 1e3 ; kg:unit "MeV" ; kg:valueKey "k" ;
    kg:origin "given" ; kg:ofInput <workflows/fit/2b#in-z> .
<runs/2#arg-a> a kg:Argument ; kg:name "second" ; prov:value 2e0 ; kg:valueKey "k" ; kg:origin "given" ;
    kg:ofInput <workflows/fit/2b#in-a> .
<runs/2#arg-n> a kg:Argument ; kg:name "left" ; prov:value "none" ; kg:valueKey "none none " .
<runs/2#arg-d> a kg:Argument ; kg:name "index" ; prov:value 4e0 ; kg:valueKey "k" ; kg:origin "default" .
<runs/2#arg-o> a kg:Argument ; kg:name "source" ; prov:value "4FGL" ; kg:valueKey "k" ; kg:origin "derived" .
<workflows/fit/2b> dct:title "A fit" .
<workflows/fit/2b#in-z> kg:order 1 . <workflows/fit/2b#in-a> kg:order 2 .
<agents/engine> rdfs:label "kg-service 1" ; prov:actedOnBehalfOf <agents/anna> .
<agents/anna> rdfs:label "anna" .
<runs/3> a kg:Run ; kg:phase "COMPLETED" . <runs/4> a kg:Run ; kg:phase "COMPLETED" .
<runs/5> a kg:Run ; kg:phase "ERROR" ; kg:ofWorkflow <workflows/fit/2b> ; kg:problemDetail "No data." ;
    prov:used <datasets/d> .
<runs/6> a kg:Run ; kg:phase "ERROR" ; kg:hasStep <runs/5> .
"""


@pytest.fixture(scope="module")
def triples():
    return parse(GRAPH.encode(), TURTLE, None)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")


def test_a_product_tells_when_by_whom_how_long_and_from_what(triples):
    lines = history_text(triples, "products/bb02").splitlines()
    assert lines[:3] == [
        "Spectrum",
        f"│  {BASE}products/bb02",
        "├─ made 2026-11-23 03:24:14 UTC in 2 s by anna (kg-service 1)",
    ]
    assert "├─ workflow fit 2b: A fit" in lines
    assert "├─ inputs first = 1000 MeV, second = 2; found out: source = 4FGL; by default: index = 4" in lines
    data = lines.index("├─ data Table")
    assert lines[data + 1 : data + 4] == [
        "│  ├─ t.ecsv, embedded, sha256 0123456789ab",
        "│  ├─ from https://archive.example/t",
        "│  └─ cite Someone 2020",
    ]
    assert "└─ derived from Name" in lines
    assert "--as turtle" in lines[-1]
    assert f"{BASE}products/bb02" in lines[-1]


def test_products_are_told_down_to_the_data_and_each_once(triples):
    text = history_text(triples, f"{BASE}products/aa01")
    assert text.count(f"{BASE}products/cc04") == 1
    assert text.count("data Table\n") == 1
    assert "derived from Name (told above)" in text
    assert "data Table (told above)" in text
    assert "in 2 min" in text
    assert "caveat: not simultaneous" in text
    assert "beef" not in text  # an input that is a product is told by its history


def test_a_terminal_without_box_characters_gets_plain_lines(triples):
    plain = shown(history_text(triples, "aa01"), io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert plain.isascii()
    assert "\n|- " in plain
    assert "\n`- derived from" in plain


def test_the_lines_of_a_tree_know_what_they_tell_of(triples):
    tree = history_tree(triples, "bb02")
    assert (tree.text, tree.about, tree.named) == ("Spectrum", f"{BASE}products/bb02", True)
    about = {branch.text.split()[0]: branch.about for branch in tree.below}
    assert about["workflow"] == f"{BASE}workflows/fit/2b"
    assert about["data"] == f"{BASE}datasets/d"
    data = next(branch for branch in tree.below if branch.text == "data Table")
    assert "https://archive.example/t" in {branch.about for branch in data.below}


def test_a_run_that_failed_tells_its_problem_and_what_it_read(triples):
    text = history_text(triples, "runs/6")
    assert text.startswith("run, error")
    assert "problem: No data." in text
    assert "used data Table" in text or "data Table" in text


def test_a_run_tells_what_it_gave(triples):
    text = history_text(triples, f"{BASE}runs/2")
    assert text.startswith("run, completed")
    assert "gave Spectrum" in text
    assert text.count("inputs first") == 1


@pytest.mark.parametrize(
    ("name", "root"),
    [("aa", "products/aa01"), ("products/bb03", "products/bb03"), (BASE + "runs/2", "runs/2")],
)
def test_the_root_is_what_was_named(triples, name, root):
    assert root_of(triples, name) == BASE + root


def test_long_lines_are_wrapped_below_their_branch(triples, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = history_text(triples, "bb02").splitlines()[:-1]
    assert all(len(line) <= 60 for line in lines)
    start = next(i for i, line in enumerate(lines) if line.startswith("├─ inputs"))
    assert lines[start + 1].startswith("│     ")
