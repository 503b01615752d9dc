"""Lists of recorded things: each once, newest first, whatever was recorded twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg_service.discovery.lookup import Lookup
from kg_service.model.terms import KG, RDF, XSD, Site
from kg_service.store.oxigraph import EmbeddedStore

SITE = Site("http://localhost:8000/")
CREATED = "http://purl.org/dc/terms/created"


def stamp(second: int) -> Literal:
    return Literal(f"2026-11-23T00:00:{second:02}.000Z", datatype=NamedNode(XSD + "dateTime"))


@pytest.fixture
def lookup(tmp_path: Path) -> Lookup:
    store = EmbeddedStore(tmp_path / "index")
    moments = {"a": (1,), "b": (2, 5), "c": (3, 3), "d": (3,), "e": (4,)}  # b was asked twice at a time
    for name, seconds in moments.items():
        query = NamedNode(SITE.iri("queries", name))
        for number, second in enumerate(seconds):
            graph = NamedNode(SITE.iri("records", f"{name}{number}"))
            store.add(
                [
                    Quad(query, NamedNode(RDF + "type"), NamedNode(KG + "Query"), graph),
                    Quad(query, NamedNode(CREATED), stamp(second), graph),
                ]
            )
    return Lookup(store, SITE)


def test_what_was_recorded_twice_is_listed_once(lookup):
    assert [SITE.ident(iri) for iri in lookup.newest("queries", 10)] == ["e", "c", "d", "b", "a"]


def test_pages_come_to_an_end(lookup):
    seen, after = [], None
    for _ in range(20):
        page = lookup.newest("queries", 1, after)
        if not page:
            break
        after = page[0]
        seen.append(SITE.ident(after))
    assert seen == ["e", "c", "d", "b", "a"]
    assert lookup.count("queries") == len(seen)
