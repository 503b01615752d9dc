"""Graphs as bytes: what is read, what is refused and where, and that writing is stable."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Dataset, Literal, NamedNode, Quad, Store, Triple
from rdf_passes import through_store
from rdf_strategies import SITE, products, runs, workflows

from kg_service.errors import Malformed, NotAcceptable, TooLarge, UnsupportedMediaType
from kg_service.model.terms import XSD, Site
from kg_service.rdf import product, run, sealing, workflow
from kg_service.rdf.formats import READABLE, WRITABLE, media_type, parse, serialise
from kg_service.rdf.graph import number, typed
from kg_service.rdf.jsonld import CONTEXT_ADDRESS
from kg_service.rdf.sealing import as_stored, seal, unseal

A, P = NamedNode("http://localhost:8000/a"), NamedNode("http://x/p")
TEXTS = [
    "plain",
    'a "quoted" \\ text',
    "two\nlines\tand a tab",
    "é \u2028 \U0001f52d",
    "<http://localhost:8000/a>",
    "",
]
TRIPLES = [Triple(A, P, Literal(text)) for text in TEXTS] + [
    Triple(A, P, A),
    Triple(A, P, Literal(20.0)),
    Triple(A, P, Literal(True)),
    Triple(A, P, Literal("chat", language="fr")),
    Triple(A, P, typed("4774982466184000", "integer")),
    Triple(A, P, typed("2010-02-01T00:00:00.5Z", "dateTime")),
]


@pytest.mark.parametrize("kind", READABLE)
def test_what_is_written_is_read_again(kind):
    assert set(parse(serialise(TRIPLES, kind, base=SITE.base), kind)) == set(TRIPLES)


def test_every_readable_type_is_written_and_provenance_notation_only_written():
    assert set(WRITABLE) - set(READABLE) == {"text/provenance-notation"}


@pytest.mark.parametrize("kind", WRITABLE)
def test_the_bytes_do_not_depend_on_the_order_of_triples(kind):
    shuffled = TRIPLES * 2
    random.Random(7).shuffle(shuffled)
    assert serialise(shuffled, kind) == serialise(TRIPLES, kind)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_rdflib_reads_the_same_json_ld():
    rdflib = pytest.importorskip("rdflib", reason="rdflib is the second reader")
    graph = rdflib.Graph().parse(data=serialise(TRIPLES, "application/ld+json"), format="json-ld")
    lines = {line for line in graph.serialize(format="nt").splitlines() if line}
    ours = rdflib.Graph().parse(data=serialise(TRIPLES, "application/n-triples"), format="nt")
    assert lines == {line for line in ours.serialize(format="nt").splitlines() if line}


def test_only_prefixes_in_use_are_declared():
    text = serialise([Triple(A, P, Literal(1.5))], "text/turtle", base=SITE.base).decode()
    assert "@prefix s: <http://localhost:8000/>" in text
    assert "@prefix xsd:" in text
    assert "prov" not in text


@pytest.mark.parametrize("name", ["text/turtle; charset=utf-8", "TEXT/TURTLE", "application/x-turtle"])
def test_media_types_are_known_with_parameters_and_by_other_names(name):
    assert media_type(name) == "text/turtle"


def test_unknown_media_types_are_refused_with_those_there_are():
    with pytest.raises(UnsupportedMediaType) as caught:
        parse(b"", "text/plain")
    assert "text/turtle" in caught.value.near
    with pytest.raises(UnsupportedMediaType):
        parse(b"", "text/provenance-notation")
    with pytest.raises(NotAcceptable):
        serialise([], "text/plain")


def test_a_graph_larger_than_the_limit_is_not_read():
    with pytest.raises(TooLarge):
        parse(b"#" * 101, "text/turtle", limit=100)
    assert parse(b"#" * 100, "text/turtle", limit=100) == []


@pytest.mark.parametrize(
    ("kind", "data", "place"),
    [
        ("text/turtle", b"@prefix a: <http://x/> .\na:b a:c\n a:d a:e .", "line 3, column 6"),
        ("text/turtle", b"\xff\xfe", "line 1, column 1"),
        ("application/n-triples", b"<http://x/a> <http://x/b> <bad iri> .", "line 1, column 27"),
        ("application/ld+json", b'{"a":\n 1,,}', "line 2, column 4"),
        ("application/ld+json", b"\xff", "byte 0"),
        ("application/rdf+xml", b"<rdf", ""),
        ("application/ld+json", b'{"@id": NaN}', "NaN"),
        ("application/ld+json", b'"text"', "an object or a list"),
        ("application/ld+json", b"[" * 100_000, "deeply"),
        ("application/trig", b"<http://x/g> { <http://x/a> <http://x/b> 1 }", ""),
    ],
)
def test_syntax_errors_say_where(kind, data, place):
    with pytest.raises(Malformed) as caught:
        parse(data, kind)
    assert place in caught.value.detail
    assert kind.partition("/")[2].removesuffix("+xml").split("+")[-1] in caught.value.detail.lower()


def test_entities_of_xml_are_never_expanded():
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'
    with pytest.raises(Malformed, match="line 2"):
        parse(bomb.encode(), "application/rdf+xml")


OURS = {"@context": {"obs": "http://x/p", "kg": "http://kg/"}}


@pytest.mark.parametrize("address", [CONTEXT_ADDRESS, CONTEXT_ADDRESS.replace("https", "http")])
@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: [{"@vocab": "http://v/"}, c]])
def test_our_own_context_is_read_without_the_network(address, wrap):
    document = json.dumps({"@context": wrap(address), "@id": "http://x/a", "obs": "y"}).encode()
    assert parse(document, "application/ld+json", context=OURS) == [
        Triple(NamedNode("http://x/a"), P, Literal("y"))
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://schema.org/", "@id": "http://x/a"},
        {"@context": [{"a": "http://x/"}, "https://schema.org/"]},
        {"@id": "http://x/a", "http://x/p": [{"@context": "https://schema.org/", "@id": "http://x/b"}]},
        {"@context": {"a": {"@id": "http://x/p", "@context": "https://schema.org/"}}},
        {"@context": {"@import": "https://schema.org/"}},
    ],
)
def test_other_remote_contexts_are_refused_by_name(document):
    with pytest.raises(Malformed) as caught:
        parse(json.dumps(document).encode(), "application/ld+json", context=OURS)
    assert caught.value.value == "https://schema.org/"
    assert CONTEXT_ADDRESS in caught.value.near


def test_relative_names_are_resolved_against_the_base():
    assert parse(b"<a> <http://x/p> <#b> .", "text/turtle", SITE.base)[0].object == NamedNode(
        SITE.base + "#b"
    )


records = (
    workflows().map(lambda w: workflow.to_triples(w, SITE))
    | products().map(lambda p: product.to_triples(p, SITE))
    | runs().map(lambda r: run.to_triples(r, SITE))
)


@given(records, st.randoms())
def test_a_seal_ignores_order_and_repetition(triples, order):
    shuffled = [*triples, *triples[:3]]
    order.shuffle(shuffled)
    assert seal(shuffled, SITE) == seal(triples, SITE)


@given(records)
def test_what_we_write_is_what_the_store_keeps(triples):
    assert set(through_store(triples)) == set(triples)


@given(records)
def test_a_seal_is_the_same_after_the_store(triples):
    assert seal(through_store(triples), SITE) == seal(triples, SITE)


@given(records)
def test_a_seal_is_sorted_lines_named_by_their_sha256_and_opens_again(triples):
    name, content = seal(triples, SITE)
    assert name == hashlib.sha256(content).hexdigest()
    lines = content.decode().split("\n")
    assert lines.pop() == ""
    assert lines == sorted(set(lines))
    assert set(unseal(content, SITE.base)) == set(triples)
    assert Dataset(Quad(t.subject, t.predicate, t.object) for t in unseal(content, SITE.base)) is not None


def test_a_seal_does_not_depend_on_the_site():
    name, content = seal(TRIPLES, SITE)
    elsewhere = unseal(content, "https://other.example/kg/")
    assert Triple(NamedNode("https://other.example/kg/a"), P, Literal("plain")) in elsewhere
    assert seal(elsewhere, Site("https://other.example/kg/")) == (name, content)
    assert b"<kg-site:/a> <http://x/p> <kg-site:/a> ." in content
    assert content.count(b"localhost") == 1  # in a text, which is left alone


@given(records)
def test_sealing_text_is_sealing_terms(triples):
    """The quick way gives what the way by terms gives."""
    by_terms = {sealing._neutral(triple, SITE) for triple in triples}
    expected = serialise(by_terms, "application/n-triples").decode().split("\n")[:-1]
    assert sealing.canonical_lines(triples, SITE) == sorted(expected)


def test_zero_has_one_sign():
    assert number(-0.0) == number(0.0)


def test_texts_that_look_like_addresses_of_the_site_are_left_alone():
    _, content = seal(TRIPLES, SITE)
    assert b'"<http://localhost:8000/a>"' in content


def test_names_of_blank_nodes_do_not_matter():
    def ring(names):
        nodes = [BlankNode(name) for name in names]
        return [Triple(a, P, b) for a, b in zip(nodes, nodes[1:] + nodes[:1], strict=True)] + [
            Triple(nodes[0], P, Literal("here"))
        ]

    first, second = ring(["a", "b", "c"]), ring(["z", "x", "y"])
    assert seal(first, SITE) == seal(list(reversed(second)), SITE)
    assert seal(first, SITE) != seal([*first, Triple(A, P, A)], SITE)


@given(
    st.sampled_from(
        [
            ("007", "integer"),
            ("1.50", "decimal"),
            ("1", "boolean"),
            ("20e0", "double"),
            ("-0", "double"),
            ("INF", "double"),
            ("1E400", "double"),
            ("abc", "double"),
            ("2010-02-01T00:00:00.000Z", "dateTime"),
            ("2010-02-01T24:00:00Z", "dateTime"),
            ("2010-02-01T00:00:00+00:00", "dateTime"),
            ("PT3600S", "duration"),
            ("7", "nonNegativeInteger"),
            ("x", "anyURI"),
            ("-05", "double"),
            ("123456789012345678", "double"),
            ("12345678901234567890123", "integer"),
        ]
    )
)
def test_literals_take_the_form_that_the_store_gives_back(pair):
    lexical, datatype = pair
    literal = Literal(lexical, datatype=NamedNode(XSD + datatype))
    store = Store()
    store.add(Quad(A, P, literal))
    stored = next(iter(store)).object
    assert as_stored(literal) == stored
    assert unseal(seal([Triple(A, P, literal)], SITE)[1], SITE.base) == [Triple(A, P, stored)]


def test_a_broken_record_is_refused():
    with pytest.raises(Malformed):
        unseal(b"<a> <b>", SITE.base)
