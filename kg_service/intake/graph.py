"""A request as a posted graph: Turtle, JSON-LD or another RDF format that holds one ``kg:Query``."""

from __future__ import annotations

from collections.abc import Sequence

from kg_service.model.query import Query
from kg_service.model.terms import Site
from kg_service.model.workflow import Workflow
from kg_service.rdf.formats import LIMIT, parse
from kg_service.rdf.query import from_triples
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["read_graph"]


def read_graph(
    data: bytes,
    content_type: str,
    site: Site,
    catalogue: Catalogue,
    workflows: Sequence[Workflow] = (),
    *,
    limit: int = LIMIT,
) -> Query:
    """The query of a graph; relative IRIs are those of the site.

    Raises
    ------
    UnsupportedMediaType, TooLarge, Malformed
        The bytes cannot be read, or hold no query or several.
    UnknownTerm, UnknownParameter, Conflict, BadValue, WrongUnit
        As for a request by term.
    """
    return from_triples(parse(data, content_type, site.base, limit=limit), catalogue, site, workflows)
