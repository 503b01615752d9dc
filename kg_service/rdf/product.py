"""A product as RDF: an entity with its classes, files, scalar results, flux points and derivation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.model.product import FluxPoint, Measure, Product, RoleValue
from kg_service.model.terms import KG, PP, PROV, Site
from kg_service.model.workflow import Workflow
from kg_service.rdf.coverage import read_coverage, write_coverage
from kg_service.rdf.file import read_file, write_file
from kg_service.rdf.graph import (
    Graph,
    Node,
    Writer,
    dct,
    iri,
    kg,
    prov,
    rdf_type,
    rdfs,
    segment,
    typed,
    whole,
)
from kg_service.rdf.listing import read_list, write_list
from kg_service.rdf.literals import (
    measure_literal,
    plain_of_literal,
    read_stamp,
    stamp,
    to_literal,
    value_from_key,
)
from kg_service.rdf.sealing import as_stored
from kg_service.rdf.workflow import output_iri

__all__ = ["FLUX_UNIT", "SKY_FRAME", "TIME_SCALE", "file_iri", "from_triples", "product_iri", "to_triples"]

FLUX_UNIT: Final = "erg.cm**-2.s**-1"
"""VOUnit of every flux of a point (E^2 dN/dE)."""
SKY_FRAME: Final = "ICRS"
TIME_SCALE: Final = "TT"

_NOT_ASSERTED: Final = frozenset({KG + "Product", PROV + "Entity", PP + "Entity"})
_POINT: Final = {
    "energy_reference": "energyReference",
    "energy_low": "energyLow",
    "energy_high": "energyHigh",
    "flux": "flux",
    "flux_error_low": "fluxErrorLow",
    "flux_error_high": "fluxErrorHigh",
    "upper_limit": "upperLimit",
    "confidence_level": "confidenceLevel",
}


def product_iri(product: Product | str, site: Site) -> str:
    """The address of a product, or of the product with that ident."""
    return site.iri("products", product if isinstance(product, str) else product.ident)


def file_iri(product: Product | str, name: str, site: Site) -> str:
    """The address of a file of a product."""
    return f"{product_iri(product, site)}/files/{segment(name)}"


def to_triples(product: Product, site: Site, workflow: Workflow | None = None) -> list[Triple]:
    """The product's part of its run's record (:doc:`graphs`, "Product").

    ``workflow`` is the version that made it: it names the output that the product is.
    """
    me = iri(product_iri(product, site))
    out = Writer()
    out.types(me, kg("Product"), prov("Entity"), NamedNode(PP + "Entity"))
    write_list(out, me, rdf_type, [iri(t) for t in product.types])
    out.add(me, rdfs("label"), product.label)
    write_list(out, me, kg("observedWith"), [iri(i) for i in product.observed_with])
    if workflow is not None:
        out.add(me, kg("ofOutput"), iri(output_iri(product.workflow, workflow.product.name)))
    out.add(me, prov("wasGeneratedBy"), iri(product.run))
    out.add(me, prov("generatedAtTime"), stamp(product.created))
    write_list(out, me, prov("wasDerivedFrom"), [iri(a) for a in (*product.used, *product.derived_from)])
    out.add(me, kg("runKey"), product.run_key)
    out.add(me, kg("contentHash"), product.content)
    write_list(out, me, kg("quality"), product.quality)
    write_list(out, me, dct("bibliographicCitation"), product.cite)
    out.add(me, kg("sameContent"), None if product.same_content is None else iri(product.same_content))
    write_coverage(out, me, product.coverage)
    for order, file in enumerate(product.files, 1):
        node = iri(file_iri(product, file.name, site))
        out.add(me, kg("file"), node)
        write_file(out, node, file, order)
    for order, (name, measure) in enumerate(product.values.items(), 1):
        _write_measure(out, me, name, measure, order)
    for order, gift in enumerate(product.gives, 1):
        _write_role_value(out, me, product.workflow, gift, order)
    if product.points:
        out.add(me, kg("fluxUnit"), FLUX_UNIT)
        out.add(me, kg("skyFrame"), SKY_FRAME)
        out.add(me, kg("timeScale"), TIME_SCALE)
    for point in product.points:
        _write_point(out, me, point)
    return out.triples


def _write_measure(out: Writer, me: NamedNode, name: str, measure: Measure, order: int) -> None:
    node = iri(f"{me.value}#value-{segment(name)}")
    out.add(me, kg("value"), node)
    out.types(node, kg("Measure"))
    out.add(node, kg("name"), name)
    out.add(node, prov("value"), measure_literal(measure.value, name))
    out.add(node, kg("error"), None if measure.error is None else measure_literal(float(measure.error), name))
    out.add(node, kg("unit"), measure.unit)
    out.add(node, kg("order"), whole(order))


def _write_role_value(out: Writer, me: NamedNode, workflow: str, gift: RoleValue, order: int) -> None:
    node = iri(f"{me.value}#gives-{segment(gift.name)}")
    out.add(me, kg("gives"), node)
    out.types(node, kg("RoleValue"), prov("Entity"))
    out.add(node, kg("name"), gift.name)
    out.add(node, kg("term"), iri(gift.term))
    out.add(node, prov("value"), to_literal(gift.value))
    out.add(node, kg("valueKey"), gift.value.key)
    out.add(node, kg("ofOutput"), iri(output_iri(workflow, gift.name)))
    out.add(node, kg("order"), whole(order))


def _write_point(out: Writer, me: NamedNode, point: FluxPoint) -> None:
    node = iri(f"{me.value}#point-{point.order}")
    out.add(me, kg("point"), node)
    out.types(node, kg("FluxPoint"))
    out.add(node, kg("order"), whole(point.order))
    for attribute, name in _POINT.items():
        amount: float | None = getattr(point, attribute)
        if amount is not None:
            out.add(node, kg(name), measure_literal(float(amount), f"point {point.order} {attribute}"))
    for epoch, name in ((point.epoch_start, "epochStart"), (point.epoch_end, "epochEnd")):
        out.add(node, kg(name), None if epoch is None else as_stored(typed(epoch, "dateTime")))
    out.add(node, kg("ofSpectrum"), point.spectrum or None)
    out.add(node, kg("observedWith"), None if point.observed_with is None else iri(point.observed_with))


def from_triples(triples: Iterable[Triple], site: Site) -> list[Product]:
    """Every product of a graph, in the order of their addresses."""
    graph = Graph(triples)
    return [_read(graph, me, site) for me in graph.of_type(kg("Product"))]


def _read(graph: Graph, me: Node, site: Site) -> Product:
    sources = read_list(graph, me, prov("wasDerivedFrom"))
    datasets = site.iri("datasets", "")
    run = graph.node(me, prov("wasGeneratedBy"))
    files = graph.nodes(me, kg("file"))
    values = graph.nodes(me, kg("value"))
    return Product(
        ident=site.ident(me.value),
        label=graph.text(me, rdfs("label")) or "",
        types=_asserted(graph, me),
        run="" if run is None else run.value,
        workflow=_workflow(graph, me, run),
        run_key=graph.text(me, kg("runKey")) or "",
        created=read_stamp(graph, me, prov("generatedAtTime")) or "",
        files=tuple(read_file(graph, n) for n in _ordered(graph, files)),
        values={graph.text(n, kg("name")) or "": _read_measure(graph, n) for n in _ordered(graph, values)},
        gives=tuple(_read_role_value(graph, n) for n in _ordered(graph, graph.nodes(me, kg("gives")))),
        points=tuple(_read_point(graph, n) for n in _ordered(graph, graph.nodes(me, kg("point")))),
        quality=read_list(graph, me, kg("quality")),
        coverage=read_coverage(graph, me),
        observed_with=read_list(graph, me, kg("observedWith")),
        used=tuple(s for s in sources if s.startswith(datasets)),
        derived_from=tuple(s for s in sources if not s.startswith(datasets)),
        cite=read_list(graph, me, dct("bibliographicCitation")),
        same_content=graph.text(me, kg("sameContent")),
    )


def _asserted(graph: Graph, me: Node) -> tuple[str, ...]:
    """The product classes in their order, without the classes that every product has."""
    return tuple(cls for cls in read_list(graph, me, rdf_type) if cls not in _NOT_ASSERTED)


def _workflow(graph: Graph, me: Node, run: Node | None) -> str:
    output = graph.text(me, kg("ofOutput"))
    if output is not None:
        return output.partition("#")[0]
    return "" if run is None else graph.text(run, kg("ofWorkflow")) or ""


def _ordered(graph: Graph, nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda n: (graph.integer(n, kg("order")) or 0, n.value))


def _read_measure(graph: Graph, node: Node) -> Measure:
    literal = graph.one(node, prov("value"))
    return Measure(
        value=plain_of_literal(literal) if isinstance(literal, Literal) else None,
        error=graph.real(node, kg("error")),
        unit=graph.text(node, kg("unit")),
    )


def _read_role_value(graph: Graph, node: Node) -> RoleValue:
    return RoleValue(
        name=graph.text(node, kg("name")) or "",
        term=graph.text(node, kg("term")) or "",
        value=value_from_key(graph.text(node, kg("valueKey")) or ""),
    )


def _read_point(graph: Graph, node: Node) -> FluxPoint:
    amounts = {attribute: graph.real(node, kg(name)) for attribute, name in _POINT.items()}
    reference = amounts.pop("energy_reference")
    return FluxPoint(
        order=graph.integer(node, kg("order")) or 0,
        energy_reference=0.0 if reference is None else reference,
        epoch_start=graph.text(node, kg("epochStart")),
        epoch_end=graph.text(node, kg("epochEnd")),
        spectrum=graph.text(node, kg("ofSpectrum")) or "",
        observed_with=graph.text(node, kg("observedWith")),
        **amounts,
    )
