"""What every graph store does, whatever is behind it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg_service.errors import Malformed

E = "http://e.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"


def n(name: str) -> NamedNode:
    return NamedNode(E + name)


def quad(s: str, p: str, o, g: str) -> Quad:
    return Quad(n(s), n(p), o, n(g))


ODD_LITERALS = [
    Literal("plain"),
    Literal(""),
    Literal('she said "no" \\ and left'),
    Literal("two\nlines\r\nand\ttab \b\f"),
    Literal("Ly\u03b1 1216 Å \U0001d6fe-ray \u2028 \u00a0"),
    Literal("'''\"\"\""),
    Literal("} SERVICE <http://x> { # ?v"),
    Literal("lumière", language="fr-CA"),
    Literal("2010-02-01T00:00:00Z", datatype=NamedNode(XSD + "dateTime")),
    Literal("4774982466184000", datatype=NamedNode(XSD + "integer")),
    Literal("2.5", datatype=NamedNode(XSD + "double")),
    Literal("true", datatype=NamedNode(XSD + "boolean")),
    Literal("POINT(1 2)", datatype=NamedNode(E + "wkt")),
]


@pytest.mark.parametrize("literal", ODD_LITERALS, ids=repr)
def test_any_literal_is_kept_and_found_by_binding_it(store, literal):
    store.add([quad("s", "p", literal, "g"), quad("other", "p", Literal("something else"), "g")])
    assert store.select("SELECT ?s WHERE { ?s ?p ?v }", v=literal) == [{"s": n("s")}]
    assert store.ask("ASK { ?s ?p ?v }", v=literal)
    assert Triple(n("s"), n("p"), literal) in store.graph(E + "g")
    assert store.construct("CONSTRUCT { ?s ?p ?v } WHERE { ?s ?p ?v }", v=literal) == [
        Triple(n("s"), n("p"), literal)
    ]


NUMBERS = [
    "2.5E-12",
    "1e0",
    "0.1",
    "77.358185e0",
    "4.774982466184e15",
    "1.7976931348623157e308",
    "5e-324",
    "-0.0",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_double_keeps_its_value_though_not_its_text(store, text):
    literal = Literal(text, datatype=NamedNode(XSD + "double"))
    store.add([quad("s", "p", literal, "g")])
    [triple] = store.graph(E + "g")
    assert float(triple.object.value) == float(text)
    assert triple.object.datatype.value == XSD + "double"
    assert store.ask("ASK { ?s ?p ?v }", v=literal)


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_goes_in_and_comes_out_unchanged(store, text):
    store.replace(E + "texts", [Triple(n("s"), n("p"), Literal(text))])
    [row] = store.select("SELECT ?s ?v WHERE { ?s ?p ?v }", v=Literal(text))
    assert row == {"s": n("s"), "v": Literal(text)}


def test_a_query_sees_the_union_of_all_graphs(store):
    store.add([quad("a", "p", n("b"), "g1"), quad("b", "p", n("c"), "g2")])
    assert store.select("SELECT ?c WHERE { ?a <http://e.org/p>/<http://e.org/p> ?c }") == [{"c": n("c")}]


def test_graph_in_the_text_means_that_graph(store):
    store.add([quad("a", "p", n("b"), "g1"), quad("b", "p", n("c"), "g2")])
    rows = store.select("SELECT ?s ?g WHERE { GRAPH ?g { ?s ?p ?o } }", g=n("g2"))
    assert rows == [{"s": n("b"), "g": n("g2")}]


COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def count(store):
    return int(store.select(COUNT)[0]["n"].value)


def test_a_triple_of_two_graphs_counts_once_and_stays_until_none_says_it(store):
    store.add([quad("a", "p", n("b"), "g1"), quad("a", "p", n("b"), "g2"), quad("c", "p", n("d"), "g2")])
    assert count(store) == 2
    store.remove(E + "g2")
    assert count(store) == 1
    store.replace(E + "g1", [Triple(n("x"), n("p"), n("y"))])
    assert store.select("SELECT ?s WHERE { ?s ?p ?o }") == [{"s": n("x")}]
    store.remove(E + "g1")
    assert count(store) == 0


BINDINGS = [
    ("SELECT ?s { ?s e:p ?v }", {"a", "b"}),
    ("SELECT ?s { ?s e:p ?w FILTER(?w = ?v) }", {"a", "b"}),
    ("SELECT ?s { ?s e:q ?w { ?s e:p ?w2 FILTER(?w2 = ?v) } }", {"b"}),
    ("SELECT ?s { { SELECT ?s { ?s e:p ?v } } }", {"a", "b"}),
    ("SELECT ?s { ?s e:p ?w FILTER NOT EXISTS { ?s e:p ?v } }", {"c"}),
    ("SELECT ?s { ?s e:p ?w MINUS { ?s e:p ?v } }", {"c"}),
    ("SELECT ?s { { ?s e:p ?v } UNION { ?s e:q ?z FILTER(?v = 1) } }", {"a", "b", "c"}),
    ("SELECT ?s { ?s e:p ?w OPTIONAL { ?s e:q ?z FILTER(?v = 1) } FILTER(BOUND(?z)) }", {"b", "c"}),
    ("SELECT ?s { ?s e:p ?w FILTER(BOUND(?v) && ?w < ?v+1) }", {"a", "b"}),
    ("SELECT ?s { ?s e:p ?v } GROUP BY ?s ?v ORDER BY ?v ?s", {"a", "b"}),
    ("SELECT ?s { ?s e:p ?w BIND(?v AS ?x) FILTER(?x = ?w) }", {"a", "b"}),
    ("SELECT ?s { ?s e:p ?w . VALUES ?w { 1 2 } FILTER(?w>?v) }", {"c"}),
    ("# ?v\nSELECT ?s { ?s e:p ?v . FILTER(STR(?v) != '?v') }", {"a", "b"}),
]


@pytest.mark.parametrize(("text", "expected"), BINDINGS, ids=[t for t, _ in BINDINGS])
def test_a_bound_variable_is_its_term_wherever_it_stands(store, text, expected):
    one, two = Literal(1), Literal(2)
    store.add([quad("a", "p", one, "g"), quad("b", "p", one, "g"), quad("c", "p", two, "g"),
               quad("b", "q", n("x"), "g"), quad("c", "q", n("x"), "g")])  # fmt: skip
    rows = store.select(f"PREFIX e: <{E}> {text}", v=one)
    assert {row["s"].value.removeprefix(E) for row in rows} == expected
    assert all(set(row) == {"s"} for row in rows)


def test_a_projected_bound_variable_has_its_value_in_each_row(store):
    store.add([quad("a", "p", Literal(1), "g")])
    assert store.select("SELECT ?s ?v WHERE { ?s ?p ?v }", v=Literal(1)) == [{"s": n("a"), "v": Literal(1)}]
    assert store.select("SELECT * WHERE { ?s ?p ?v }", v=Literal(1)) == [
        {"s": n("a"), "p": n("p"), "v": Literal(1)}
    ]


def test_counting_with_a_bound_variable_counts_its_matches_only(store):
    store.add([quad(name, "p", Literal(number), "g") for name, number in (("a", 1), ("b", 1), ("c", 2))])
    assert store.select("SELECT (COUNT(?s) AS ?n) WHERE { ?s ?p ?v }", v=Literal(1)) == [{"n": Literal(2)}]
    assert store.select("SELECT ?v (COUNT(?s) AS ?n) WHERE { ?s ?p ?v } GROUP BY ?v", v=Literal(1)) == [
        {"v": Literal(1), "n": Literal(2)}
    ]


def test_a_variable_that_the_text_assigns_cannot_be_bound(store):
    for text in ("SELECT ?s { ?s ?p ?o BIND(1 AS ?v) }", "SELECT ?s { VALUES ?v { 1 } }",
                 "SELECT ?s { VALUES (?s ?v) { (1 2) } }", "SELECT (1 AS ?v) { ?s ?p ?o }"):  # fmt: skip
        with pytest.raises(Malformed, match=r"\?v"):
            store.select(text, v=Literal(1))


def test_a_blank_node_cannot_be_bound(store):
    with pytest.raises(Malformed, match="blank node"):
        store.ask("ASK { ?s ?p ?v }", v=BlankNode("x"))


def test_unbound_variables_are_left_out_of_a_row(store):
    store.add([quad("a", "p", n("b"), "g")])
    assert store.select("SELECT ?s ?z WHERE { ?s ?p ?o OPTIONAL { ?o ?q ?z } }") == [{"s": n("a")}]


def test_describe_gives_the_triples_of_the_bound_resource(store):
    store.add([quad("a", "p", n("b"), "g"), quad("b", "p", n("c"), "g")])
    assert store.construct("DESCRIBE ?x", x=n("a")) == [Triple(n("a"), n("p"), n("b"))]


def test_a_triple_in_two_graphs_is_constructed_once(store):
    store.add([quad("a", "p", n("b"), "g1"), quad("a", "p", n("b"), "g2")])
    assert store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }") == [Triple(n("a"), n("p"), n("b"))]


def test_graphs_lists_names_and_graph_reads_one(store):
    store.add([quad("a", "p", n("b"), "g2"), quad("a", "p", n("c"), "g1")])
    assert store.graphs() == [E + "g1", E + "g2"]
    assert store.graph(E + "g1") == [Triple(n("a"), n("p"), n("c"))]
    assert store.graph(E + "absent") == []


def test_adding_twice_changes_nothing(store):
    store.add([quad("a", "p", n("b"), "g")])
    store.add([quad("a", "p", n("b"), "g"), quad("a", "p", n("c"), "g")])
    store.add([])
    assert len(store.graph(E + "g")) == 2


def test_the_default_graph_itself_can_be_written(store):
    store.add([Quad(n("a"), n("p"), n("b"), DefaultGraph())])
    assert E not in store.graphs()


def test_replace_gives_a_graph_a_new_content_and_leaves_the_others(store):
    store.add([quad("a", "p", n("b"), "g"), quad("a", "p", n("b"), "other")])
    store.replace(E + "g", [Triple(n("x"), n("p"), Literal('new "one"'))])
    assert store.graph(E + "g") == [Triple(n("x"), n("p"), Literal('new "one"'))]
    assert store.graph(E + "other") == [Triple(n("a"), n("p"), n("b"))]
    store.replace(E + "fresh", [Triple(n("x"), n("p"), n("y"))])
    assert E + "fresh" in store.graphs()


def test_remove_takes_a_graph_away_and_forgives_an_absent_one(store):
    store.add([quad("a", "p", n("b"), "g"), quad("a", "p", n("b"), "other")])
    store.remove(E + "g")
    store.remove(E + "g")
    assert store.graphs() == [E + "other"]
    store.replace(E + "other", [])
    assert store.graphs() == []


def test_text_that_is_no_sparql_is_malformed(store):
    with pytest.raises(Malformed):
        store.select("SELECT * WHERE { ?s ?p }")
    with pytest.raises(Malformed):
        store.ask("SELECT * WHERE { ?s ?p ?o }")
    with pytest.raises(Malformed):
        store.select("ASK { ?s ?p ?o }")
    with pytest.raises(Malformed):
        store.construct("ASK { ?s ?p ?o }")


def test_reading_methods_cannot_write(store):
    for text in ("INSERT DATA { <a:b> <a:b> <a:b> }", "DROP ALL"):
        for method in (store.select, store.ask, store.construct):
            with pytest.raises(Malformed):
                method(text)
    assert store.graphs() == []
