"""The SPARQL updates that writing a graph needs; each is one request, hence all or nothing.

The default graph holds every triple of every named graph, once. Engines offer a union of named graphs
as default graph, but there a triple that stands in two graphs counts twice, and there is no standard
way to ask a server for it; so each write keeps the merge itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

__all__ = ["insertion", "merged", "replacement"]


def merged(quads: Iterable[Quad]) -> Iterator[Quad]:
    """The quads, each followed by itself in the default graph."""
    for quad in quads:
        yield quad
        yield Quad(quad.subject, quad.predicate, quad.object)


def insertion(quads: Iterable[Quad]) -> str:
    """``INSERT DATA`` for quads of any graphs."""
    graphs: dict[str, list[str]] = {}
    for quad in merged(quads):
        name = "" if isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
        graphs.setdefault(name, []).append(f"{quad.triple} .")
    parts = [
        "\n".join(lines) if not name else f"GRAPH {name} {{\n" + "\n".join(lines) + "\n}"
        for name, lines in graphs.items()
    ]
    return "INSERT DATA {\n" + "\n".join(parts) + "\n}"


def replacement(graph: str, triples: Iterable[Triple]) -> str:
    """Drop a named graph and fill it anew; what only it said leaves the default graph, too."""
    name = NamedNode(graph)
    alone = f"FILTER NOT EXISTS {{ GRAPH ?other {{ ?s ?p ?o }} FILTER(?other != {name}) }}"
    drop = (
        f"DELETE {{ ?s ?p ?o }} WHERE {{ GRAPH {name} {{ ?s ?p ?o }} {alone} }} ;\nDROP SILENT GRAPH {name}"
    )
    lines = "\n".join(f"{triple} ." for triple in triples)
    return drop if not lines else f"{drop} ;\nINSERT DATA {{\n{lines}\nGRAPH {name} {{\n{lines}\n}} }}"
