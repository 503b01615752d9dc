"""A dataset as RDF: what was read, from where, by its sha256, under which licence."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Triple

from kg_service.model.product import Dataset
from kg_service.model.terms import Site
from kg_service.rdf.graph import Graph, Node, Writer, dcat, dct, iri, kg, prov
from kg_service.rdf.links import link
from kg_service.rdf.literals import read_stamp, stamp

__all__ = ["dataset_iri", "from_triples", "to_triples"]


def dataset_iri(dataset: Dataset, site: Site) -> str:
    """The address of a dataset: by its content, so the same at every access."""
    return site.iri("datasets", dataset.ident)


def to_triples(dataset: Dataset, site: Site) -> list[Triple]:
    """The dataset, as a part of the record of the run that used it."""
    me = iri(dataset_iri(dataset, site))
    out = Writer()
    out.types(me, kg("Dataset"), prov("Entity"), dcat("Dataset"))
    out.add(me, kg("name"), dataset.name)
    out.add(me, dct("title"), dataset.title or None)
    out.add(me, kg("sha256"), dataset.sha256)
    out.add(me, dcat("accessURL"), link(dataset.address))
    out.add(me, kg("reached"), dataset.reached)
    out.add(me, kg("accessed"), stamp(dataset.accessed or None))
    out.add(me, dct("license"), link(dataset.licence))
    out.add(me, dct("bibliographicCitation"), dataset.cite or None)
    return out.triples


def from_triples(triples: Iterable[Triple]) -> list[Dataset]:
    """Every dataset of a graph, in the order of their addresses."""
    graph = Graph(triples)
    return [_read(graph, node) for node in graph.of_type(kg("Dataset"))]


def _read(graph: Graph, me: Node) -> Dataset:
    return Dataset(
        name=graph.text(me, kg("name")) or "",
        sha256=graph.text(me, kg("sha256")) or "",
        address=graph.text(me, dcat("accessURL")) or "",
        title=graph.text(me, dct("title")) or "",
        reached=graph.text(me, kg("reached")) or "",
        accessed=read_stamp(graph, me, kg("accessed")) or "",
        licence=graph.text(me, dct("license")) or "",
        cite=graph.text(me, dct("bibliographicCitation")) or "",
    )
