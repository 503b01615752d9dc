from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg_service.api.sparql_dataset import with_dataset
from kg_service.errors import BadValue

P = NamedNode("http://x/p")


@pytest.fixture(scope="module")
def store() -> Store:
    found = Store()
    for name in "ab":
        found.add(Quad(NamedNode(f"http://x/{name}"), P, Literal(name), NamedNode(f"http://g/{name}")))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?o WHERE { ?s ?p ?o }",
        "SELECT ?o { ?s ?p ?o } ORDER BY ?o LIMIT 5",
        "SELECT (EXISTS { ?x ?y ?z } AS ?e) ?o WHERE { ?s ?p ?o }",
        "SELECT ?o FROM <http://g/b> WHERE { ?s ?p ?o }",
        "SELECT ?o FROM <http://g/b> FROM NAMED <http://g/b> { ?s ?p ?o }",
        "PREFIX x: <http://x/> # FROM here\nSELECT ?o { ?s x:p ?o }",
    ],
)
def test_rows_come_from_the_graph_of_the_request(store, text):
    rows = store.query(with_dataset(text, ["http://g/a"], []))
    assert [row["o"].value for row in rows] == ["a"]


def test_other_forms(store):
    assert store.query(with_dataset("ASK { ?s ?p 'a' }", ["http://g/a"], []))
    assert not store.query(with_dataset("ASK { ?s ?p 'b' }", ["http://g/a"], []))
    for text in (
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } FROM <http://g/b> WHERE { ?s ?p ?o }",
        "DESCRIBE ?s WHERE { ?s ?p ?o }",
        "DESCRIBE <http://x/a>",
    ):
        assert len(list(store.query(with_dataset(text, ["http://g/a"], [])))) == 1


def test_named_graphs(store):
    text = "SELECT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert [r["g"].value for r in store.query(with_dataset(text, [], ["http://g/b"]))] == ["http://g/b"]


@pytest.mark.parametrize("graph", ["x", "", "http://x/> { } #", "a b:c"])
def test_only_iris_are_written_into_a_query(graph):
    with pytest.raises(BadValue):
        with_dataset("ASK {}", [graph], [])
