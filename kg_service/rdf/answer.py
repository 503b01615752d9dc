"""The record of an answer by reuse: which earlier product answered which query, and when."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Triple

from kg_service.model.terms import Site
from kg_service.rdf.graph import Writer, dct, iri, kg, prov
from kg_service.rdf.literals import stamp

__all__ = ["ReuseRecord", "answer_iri", "to_triples"]


@dataclass(frozen=True, slots=True)
class ReuseRecord:
    """``query`` and ``product`` are IRIs; ``created`` is ISO 8601 UTC."""

    query: str
    product: str
    created: str


def answer_iri(record: ReuseRecord, site: Site) -> str:
    """The address of the answer: a part of the query, one for each product."""
    return f"{record.query}#answer-{site.ident(record.product)}"


def to_triples(record: ReuseRecord, site: Site) -> list[Triple]:
    """The answer (:doc:`graphs`, "Answer")."""
    me = iri(answer_iri(record, site))
    out = Writer()
    out.types(me, kg("Answer"), prov("Entity"))
    out.add(me, kg("toQuery"), iri(record.query))
    out.add(me, kg("reused"), iri(record.product))
    out.add(me, dct("created"), stamp(record.created))
    return out.triples
