"""What is handed to the reasoner: the logic of the ontology and the output classes of workflows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

import pyoxigraph as ox

from kg_service.errors import Invalid
from kg_service.model.terms import KG, ODA, OWL, PP, RDF, RDFS
from kg_service.vocabulary.names import UNIT
from kg_service.vocabulary.statements import Statements

__all__ = ["all_different", "logic_of", "output_axioms"]

_LOGIC = {RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")} | {
    RDF + name for name in ("type", "first", "rest")
}
_HEADER = (OWL + "versionIRI", OWL + "versionInfo")
_DIFFERENT_KINDS: Final = (ODA + "Instrument", KG + "Messenger", UNIT + "Unit", ODA + "ParameterFormat")
"""Classes whose individuals are all different things, whether the Turtle says so or not."""


def logic_of(triples: list[ox.Triple]) -> Iterator[ox.Triple]:
    """The triples that mean something to a reasoner."""
    said = Statements(triples)
    relations = {p for p in said.instances(OWL + "ObjectProperty") if not p.startswith("_:")}
    annotations = set(said.instances(OWL + "AnnotationProperty"))
    facts = set(said.instances(OWL + "DatatypeProperty"))
    for triple in triples:
        predicate = triple.predicate.value
        subject = getattr(triple.subject, "value", "")
        if predicate not in _LOGIC and predicate not in relations and not predicate.startswith(OWL):
            continue
        if subject not in annotations and subject not in facts and predicate not in _HEADER:
            yield triple


def output_axioms(workflow: Statements) -> Iterator[ox.Triple]:
    """The output classes of workflows, each restriction written out as a blank node of its own.

    Records name restrictions by IRI, since they have no blank nodes; OWL wants blank ones. Bands
    that a version covers become restrictions of its outputs.
    """
    fresh = (ox.BlankNode(f"restriction{n}") for n in count())
    below = ox.NamedNode(RDFS + "subClassOf")
    kind = ox.NamedNode(RDF + "type")
    for cls in workflow.instances(OWL + "Class"):
        if cls.startswith("_:"):
            continue
        me = ox.NamedNode(cls)
        yield ox.Triple(me, kind, ox.NamedNode(OWL + "Class"))
        for node in workflow.nodes(cls, RDFS + "subClassOf"):
            on = workflow.iris(node, OWL + "onProperty")
            values = workflow.iris(node, OWL + "hasValue")
            if on and values:
                yield from _fixed(me, next(fresh), on[0], values[0])
            elif not on and not node.startswith("_:"):
                yield ox.Triple(me, below, ox.NamedNode(node))
            else:
                raise Invalid(
                    f"The output {cls} is described by something else than named classes and fixed values.",
                    value=cls,
                )
        for band in _bands(workflow, cls):
            yield from _fixed(me, next(fresh), KG + "covers", band)


def _fixed(cls: ox.NamedNode, node: ox.BlankNode, on: str, value: str) -> Iterator[ox.Triple]:
    yield ox.Triple(cls, ox.NamedNode(RDFS + "subClassOf"), node)
    yield ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(OWL + "Restriction"))
    yield ox.Triple(node, ox.NamedNode(OWL + "onProperty"), ox.NamedNode(on))
    yield ox.Triple(node, ox.NamedNode(OWL + "hasValue"), ox.NamedNode(value))


def _bands(workflow: Statements, cls: str) -> list[str]:
    variables = [v for v in workflow.instances(KG + "Output") if cls in workflow.iris(v, KG + "valueClass")]
    plans = {p for v in variables for p in workflow.iris(v, PP + "isVariableOfPlan")}
    return sorted({band for plan in plans for band in workflow.iris(plan, KG + "covers")})


def all_different(triples: list[ox.Triple]) -> Iterator[ox.Triple]:
    """Say that individuals of one kind are different: OWL would otherwise let two be one."""
    said = Statements(triples)
    children: dict[str, list[str]] = {}
    for cls in said.instances(OWL + "Class"):
        for parent in said.iris(cls, RDFS + "subClassOf"):
            children.setdefault(parent, []).append(cls)
    first, rest, kind = (ox.NamedNode(RDF + n) for n in ("first", "rest", "type"))
    for number, top in enumerate(_DIFFERENT_KINDS):
        classes = [top]
        for cls in classes:
            classes += [c for c in children.get(cls, ()) if c not in classes]
        members = sorted({i for cls in classes for i in said.instances(cls)})
        if len(members) < 2:
            continue
        node = ox.BlankNode(f"different{number}")
        cells = [ox.BlankNode(f"different{number}of{k}") for k in range(len(members))]
        yield ox.Triple(node, kind, ox.NamedNode(OWL + "AllDifferent"))
        yield ox.Triple(node, ox.NamedNode(OWL + "distinctMembers"), cells[0])
        for cell, member, after in zip(cells, members, [*cells[1:], None], strict=True):
            yield ox.Triple(cell, first, ox.NamedNode(member))
            yield ox.Triple(cell, rest, ox.NamedNode(RDF + "nil") if after is None else after)
