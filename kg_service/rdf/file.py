"""A file of a product or run as RDF: its name, media type, size and sha256."""

from __future__ import annotations

from pyoxigraph import NamedNode

from kg_service.model.product import FileRole, ProductFile
from kg_service.rdf.graph import Graph, Node, Writer, dcat, kg, whole

__all__ = ["read_file", "write_file"]


def write_file(out: Writer, me: NamedNode, file: ProductFile, order: int | None = None) -> None:
    """Say what a file is; ``order`` keeps the place its author gave it."""
    out.types(me, kg("File"))
    out.add(me, kg("name"), file.name)
    out.add(me, dcat("mediaType"), file.media_type)
    out.add(me, dcat("byteSize"), whole(file.size))
    out.add(me, kg("sha256"), file.sha256)
    out.add(me, kg("fileRole"), file.role.value)
    out.add(me, kg("order"), None if order is None else whole(order))


def read_file(graph: Graph, me: Node) -> ProductFile:
    """What :func:`write_file` wrote."""
    return ProductFile(
        name=graph.text(me, kg("name")) or "",
        media_type=graph.text(me, dcat("mediaType")) or "",
        size=graph.integer(me, dcat("byteSize")) or 0,
        sha256=graph.text(me, kg("sha256")) or "",
        role=FileRole(graph.text(me, kg("fileRole")) or FileRole.MAIN),
    )
