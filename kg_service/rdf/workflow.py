"""A workflow version as RDF: a P-Plan of one step with typed variables, outputs as OWL classes.

"Whatever this workflow returns" is a class below the product class it declares and below one
restriction for each instrument; the output variable points to it by ``kg:valueClass``.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from kg_service.model.terms import KG, ODA, OWL, SKOS, Site, local_name
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow, WorkflowStatus
from kg_service.rdf.coverage import read_coverage, write_coverage
from kg_service.rdf.graph import (
    Graph,
    Node,
    Writer,
    dct,
    flag,
    iri,
    kg,
    number,
    pp,
    prov,
    rdfs,
    schema,
    segment,
    whole,
)
from kg_service.rdf.links import link
from kg_service.rdf.listing import read_list, write_list
from kg_service.rdf.literals import stamp, value_from_text

__all__ = ["from_triples", "input_iri", "output_class", "output_iri", "to_triples", "workflow_iri"]

_WORKFLOW = NamedNode(ODA + "Workflow")  # its local name belongs to the community: ours has none
_ALT_LABEL = NamedNode(SKOS + "altLabel")
_SUBCLASS = rdfs("subClassOf")
_CLASS, _RESTRICTION = NamedNode(OWL + "Class"), NamedNode(OWL + "Restriction")
_ON_PROPERTY, _HAS_VALUE = NamedNode(OWL + "onProperty"), NamedNode(OWL + "hasValue")


def workflow_iri(workflow: Workflow, site: Site) -> str:
    """The address of the version."""
    return site.iri(*(segment(part) for part in workflow.path))


def input_iri(version: str, name: str) -> str:
    """The variable of an input; ``version`` is the version's address."""
    return f"{version}#in-{segment(name)}"


def output_iri(version: str, name: str) -> str:
    """The variable of an output; ``version`` is the version's address."""
    return f"{version}#out-{segment(name)}"


def output_class(version: str, name: str) -> str:
    """The OWL class of what an output returns; ``version`` is the version's address."""
    return f"{version}#{segment(name)}-out"


def to_triples(
    workflow: Workflow, site: Site, created: str | None = None, covers: Iterable[str] = ()
) -> list[Triple]:
    """The version's record (:doc:`graphs`, "Workflow version").

    Parameters
    ----------
    created
        When it was registered, ISO 8601 UTC.
    covers
        IRIs of the bands that the declared energy range touches; derived, no part of the model.
    """
    me = iri(workflow_iri(workflow, site))
    step = iri(f"{me.value}#step")
    out = Writer()
    out.types(me, _WORKFLOW, pp("Plan"), prov("Plan"), prov("Entity"), schema("ComputationalWorkflow"))
    out.add(me, schema("name"), workflow.name)
    out.add(me, schema("version"), workflow.version)
    out.add(me, kg("digest"), workflow.digest)
    out.add(me, dct("title"), workflow.title)
    out.add(me, dct("description"), workflow.description)
    write_list(out, me, kg("observedBy"), [iri(i) for i in workflow.instruments])
    out.add(me, kg("messenger"), None if workflow.messenger is None else iri(workflow.messenger))
    out.add(me, kg("deterministic"), flag(workflow.deterministic))
    out.add(me, kg("cost"), number(workflow.cost))
    out.add(me, kg("executorKind"), workflow.executor)
    out.add(me, kg("entry"), workflow.entry)
    out.add(me, dct("license"), link(workflow.licence))
    write_list(out, me, dct("bibliographicCitation"), workflow.cite)
    out.add(me, kg("status"), workflow.status.value)
    write_list(out, me, _ALT_LABEL, workflow.alt_names)
    out.add(me, kg("covers"), *(iri(band) for band in covers))
    out.add(me, dct("created"), stamp(created))
    write_coverage(out, me, workflow.coverage)
    out.types(step, pp("Step"))
    out.add(step, pp("isStepOfPlan"), me)
    for order, item in enumerate(workflow.inputs, 1):
        _write_input(out, me, step, item, order)
    for lower, upper in workflow.inputs_together:
        out.add(iri(input_iri(me.value, lower)), kg("below"), iri(input_iri(me.value, upper)))
    for order, result in enumerate(workflow.outputs, 1):
        _write_output(out, me, step, result, order)
    return out.triples


def _write_input(out: Writer, me: NamedNode, step: NamedNode, item: Input, order: int) -> None:
    node = iri(input_iri(me.value, item.name))
    out.types(node, kg("Input"), pp("Variable"))
    out.add(node, pp("isInputVarOf"), step)
    out.add(node, pp("isVariableOfPlan"), me)
    out.add(me, pp("hasInputVar"), node)
    out.add(node, kg("name"), item.name)
    out.add(node, kg("term"), iri(item.term))
    out.add(node, kg("argument"), iri(f"{me.value}#arg-{segment(item.name)}"))
    out.add(node, rdfs("label"), item.label or None)
    out.add(node, dct("description"), item.description or None)
    out.add(node, kg("unit"), item.unit)
    out.add(node, kg("mayBeOmitted"), flag(item.optional))
    out.add(node, kg("order"), whole(order))
    out.add(node, kg("determines"), None if item.determines is None else iri(item.determines))
    out.add(node, kg("valueClass"), iri(item.term) if item.is_product else None)
    values = [v for v in (item.default, item.minimum, item.maximum, *item.allowed) if v is not None]
    for value in values:
        if value.kind is not Kind.NONE:
            # Kind and unit let the version be rebuilt from its record alone, without the ontology.
            out.add(node, kg("canonicalForm"), value.kind.value)
            out.add(node, kg("canonicalUnit"), value.unit)
            break
    out.add(node, kg("default"), _text(item.default))
    out.add(node, kg("minimum"), _text(item.minimum))
    out.add(node, kg("maximum"), _text(item.maximum))
    write_list(out, node, kg("allowed"), [value.text for value in item.allowed])


def _text(value: Value | None) -> str | None:
    return None if value is None or value.kind is Kind.NONE else value.text


def _write_output(out: Writer, me: NamedNode, step: NamedNode, item: Output, order: int) -> None:
    node = iri(output_iri(me.value, item.name))
    out.types(node, kg("Output"), pp("Variable"))
    out.add(node, pp("isOutputVarOf"), step)
    out.add(node, pp("isVariableOfPlan"), me)
    out.add(me, pp("hasOutputVar"), node)
    out.add(node, kg("name"), item.name)
    out.add(node, rdfs("label"), item.label or None)
    out.add(node, kg("order"), whole(order))
    if not item.is_product:
        out.add(node, kg("term"), iri(item.term))
        return
    cls = iri(output_class(me.value, item.name))
    out.add(node, kg("valueClass"), cls)
    out.types(cls, _CLASS)
    out.add(cls, _SUBCLASS, iri(item.term))
    restrictions = [iri(f"{me.value}#with-{segment(local_name(i))}") for i in item.observed_with]
    write_list(out, cls, _SUBCLASS, restrictions)
    for instrument, restriction in zip(item.observed_with, restrictions, strict=True):
        out.types(restriction, _RESTRICTION)
        out.add(restriction, _ON_PROPERTY, kg("observedWith"))
        out.add(restriction, _HAS_VALUE, iri(instrument))


def from_triples(triples: Iterable[Triple], site: Site) -> list[Workflow]:
    """Every workflow version in a graph."""
    graph = Graph(triples)
    return [_read(graph, me) for me in graph.of_type(_WORKFLOW) if site.owns(me.value)]


def _read(graph: Graph, me: Node) -> Workflow:
    inputs = _ordered(graph, graph.subjects(pp("isVariableOfPlan"), me), kg("Input"))
    outputs = _ordered(graph, graph.subjects(pp("isVariableOfPlan"), me), kg("Output"))
    names = {node: graph.text(node, kg("name")) or "" for node in inputs}
    below = [(names[a], names[b]) for a in inputs for b in graph.nodes(a, kg("below")) if b in names]
    return Workflow(
        name=graph.text(me, schema("name")) or "",
        version=graph.text(me, schema("version")) or "",
        digest=graph.text(me, kg("digest")) or "",
        title=graph.text(me, dct("title")) or "",
        description=graph.text(me, dct("description")) or "",
        inputs=tuple(_read_input(graph, node) for node in inputs),
        outputs=tuple(_read_output(graph, node) for node in outputs),
        instruments=read_list(graph, me, kg("observedBy")),
        messenger=graph.text(me, kg("messenger")),
        coverage=read_coverage(graph, me),
        deterministic=graph.text(me, kg("deterministic")) == "true",
        cost=graph.real(me, kg("cost")) or 0.0,
        licence=graph.text(me, dct("license")) or "",
        cite=read_list(graph, me, dct("bibliographicCitation")),
        executor=graph.text(me, kg("executorKind")) or "",
        entry=graph.text(me, kg("entry")) or "",
        inputs_together=tuple(sorted(below)),
        status=WorkflowStatus(graph.text(me, kg("status")) or "active"),
        alt_names=read_list(graph, me, _ALT_LABEL),
    )


def _ordered(graph: Graph, nodes: Iterable[Node], cls: NamedNode) -> list[Node]:
    members = set(graph.of_type(cls))
    return sorted((n for n in nodes if n in members), key=lambda n: graph.integer(n, kg("order")) or 0)


def _read_input(graph: Graph, node: Node) -> Input:
    kind = Kind(graph.text(node, kg("canonicalForm")) or Kind.TEXT)
    unit = graph.text(node, kg("canonicalUnit"))

    def value(name: str) -> Value | None:
        text = graph.text(node, kg(name))
        return None if text is None else value_from_text(kind, text, unit)

    default = value("default")
    optional = graph.text(node, kg("mayBeOmitted")) == "true"
    if optional and default is None:
        default = value_from_text(Kind.NONE, "none", None)
    allowed = (value_from_text(kind, text, unit) for text in read_list(graph, node, kg("allowed")))
    return Input(
        name=graph.text(node, kg("name")) or "",
        term=graph.text(node, kg("term")) or "",
        label=graph.text(node, rdfs("label")) or "",
        description=graph.text(node, dct("description")) or "",
        unit=graph.text(node, kg("unit")),
        default=default,
        minimum=value("minimum"),
        maximum=value("maximum"),
        allowed=tuple(allowed),
        optional=optional,
        determines=graph.text(node, kg("determines")),
        is_product=graph.node(node, kg("valueClass")) is not None,
    )


def _read_output(graph: Graph, node: Node) -> Output:
    name, label = graph.text(node, kg("name")) or "", graph.text(node, rdfs("label")) or ""
    cls = graph.node(node, kg("valueClass"))
    if cls is None:
        return Output(name, graph.text(node, kg("term")) or "", label, is_product=False)
    above = [iri(text) for text in read_list(graph, cls, _SUBCLASS)]
    restrictions = [n for n in above if graph.node(n, _ON_PROPERTY) is not None]
    observed = [graph.text(n, _HAS_VALUE) or "" for n in restrictions]
    terms = [n.value for n in above if n not in restrictions]
    return Output(
        name=name,
        term=terms[0] if terms else KG + "ScienceProduct",
        label=label,
        observed_with=tuple(observed),
    )
