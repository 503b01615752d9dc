"""Lists in a set of triples: the values as plain statements, their order beside them.

What a reader compares stands as it always did, one statement for each value. Where the order is not
that of the texts, every value also has a place of its own (``kg:Place``).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode

from kg_service.model.terms import local_name
from kg_service.rdf.graph import Graph, Node, Term, Writer, kg, whole

__all__ = ["read_list", "write_list"]


def write_list(out: Writer, me: NamedNode, predicate: NamedNode, items: Sequence[NamedNode | str]) -> None:
    """Say every value of a list, and its place where text order would not give it back."""
    terms: list[Term] = [Literal(item) if isinstance(item, str) else item for item in items]
    out.add(me, predicate, *terms)
    texts = [term.value for term in terms]
    if texts == sorted(set(texts)):
        return
    mark = "-" if "#" in me.value else "#"
    for place, term in enumerate(terms, 1):
        node = NamedNode(f"{me.value}{mark}{local_name(predicate.value)}-{place}")
        out.types(node, kg("Place"))
        out.add(me, kg("place"), node)
        out.add(node, kg("about"), predicate)
        out.add(node, kg("listed"), term)
        out.add(node, kg("order"), whole(place))


def read_list(graph: Graph, me: Node, predicate: NamedNode) -> tuple[str, ...]:
    """The texts of a list in its order; those of which no place is said follow in text order."""
    stated = graph.texts(me, predicate)
    places = [
        (graph.integer(node, kg("order")) or 0, graph.text(node, kg("listed")) or "")
        for node in graph.nodes(me, kg("place"))
        if graph.text(node, kg("about")) == predicate.value
    ]
    placed = tuple(text for _, text in sorted(places) if text in stated)
    return placed + tuple(text for text in stated if text not in placed)
