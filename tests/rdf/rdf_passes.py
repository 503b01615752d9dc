"""The ways a graph travels before it is read again."""

from __future__ import annotations

from pyoxigraph import Quad, Store
from rdf_strategies import SITE

from kg_service.rdf.formats import parse, serialise
from kg_service.rdf.sealing import seal, unseal


def as_written(triples):
    return list(triples)


def through_store(triples):
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    return [quad.triple for quad in store]


def through_seal(triples):
    return unseal(seal(triples, SITE)[1], SITE.base)


def through_turtle(triples):
    return parse(serialise(triples, "text/turtle", base=SITE.base), "text/turtle")


def through_jsonld(triples):
    return parse(serialise(triples, "application/ld+json", base=SITE.base), "application/ld+json")


PASSES = [as_written, through_store, through_seal, through_turtle, through_jsonld]
