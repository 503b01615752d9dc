"""Records are rewritten as text when sealed and read: of all they say only addresses change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from kg_service.errors import Malformed
from kg_service.model.terms import KG, NEUTRAL_BASE, XSD, Site
from kg_service.rdf.sealing import as_indexed, seal, unseal

SITE = Site("http://localhost:8000/")
ELSEWHERE = Site("https://data.example.org/kg/")
NAMES = st.sampled_from(["runs/1", "products/2", ""])
NODES = st.one_of(
    NAMES.map(lambda name: NamedNode(SITE.iri(name))),
    st.just(NamedNode("http://localhost:80/runs/1")),
    st.just(NamedNode(KG + "Run")),
)
TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            f"<{NEUTRAL_BASE}runs/1> .",
            f" <{NEUTRAL_BASE}",
            SITE.base,
            f"a\nb <{SITE.base}>",
            '"> <',
            "\u2028 .",
        ]
    ),
)
LITERALS = st.one_of(
    TEXTS.map(Literal),
    TEXTS.map(lambda text: Literal(text, language="en")),
    st.sampled_from(
        [("007", "integer"), ("1.50", "decimal"), ("1e0", "double"), ("2.5e-12", "double"), ("1", "boolean"),
         ("2026-01-01T00:00:00.500Z", "dateTime"), ("2026-01-01T02:00:00+02:00", "dateTime"), ("x", "double")]
    ).map(lambda pair: Literal(pair[0], datatype=NamedNode(XSD + pair[1]))),
)  # fmt: skip
GRAPHS = st.lists(st.builds(Triple, NODES, NODES, st.one_of(NODES, LITERALS)), min_size=1, max_size=8)


@given(GRAPHS)
def test_a_record_need_not_be_read_to_know_what_its_index_holds(triples):
    indexed = as_indexed(triples)
    assert set(unseal(seal(triples, SITE)[1], SITE.base)) == set(indexed)
    assert len(indexed) == len(set(indexed))
    assert seal(indexed, SITE) == seal(triples, SITE)


@given(GRAPHS)
def test_at_another_site_only_addresses_differ(triples):
    def moved(term):
        local = isinstance(term, NamedNode) and SITE.owns(term.value)
        return NamedNode(ELSEWHERE.local(SITE.neutral(term.value))) if local else term

    there = unseal(seal(triples, SITE)[1], ELSEWHERE.base)
    assert set(there) == {Triple(*(moved(term) for term in t)) for t in as_indexed(triples)}


@pytest.mark.parametrize("content", [b"no triple", b"<kg-site:/a> <b", b"\xff\xfe .\n"])
def test_what_is_no_record_is_malformed(content):
    with pytest.raises(Malformed, match="cannot be read"):
        unseal(content, SITE.base)
