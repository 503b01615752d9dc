"""PROV-N, the notation of PROV for people (W3C Recommendation "PROV-N: The Provenance Notation", 2013).

Written from the same triples as every other view of a history: entities, activities, agents and
the relations between them; what our own nouns add stands in attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg_service.model.terms import PREFIXES, PROV, RDFS, XSD
from kg_service.rdf.graph import Graph, Node, Term, prov, rdf_type

__all__ = ["to_provn"]

_RELATIONS: Final = frozenset(
    PROV + name
    for name in (
        "used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith", "actedOnBehalfOf", "wasInformedBy",
        "wasAttributedTo", "qualifiedUsage", "qualifiedAssociation", "startedAtTime", "endedAtTime",
        "generatedAtTime",
    )
)  # fmt: skip
_KINDS: Final = {PROV + "Entity": "entity", PROV + "Activity": "activity", PROV + "Agent": "agent"}
_BELOW: Final = {"Plan": "Entity", "SoftwareAgent": "Agent", "Person": "Agent", "Organization": "Agent"}
_PLAIN_LOCAL: Final = re.compile(r"[\w/@~&+*?#$!%-]", re.ASCII)


def to_provn(triples: Iterable[Triple], *, base: str | None = None) -> str:
    """The PROV document of a graph.

    Parameters
    ----------
    base
        The site's base IRI; names below it get the prefix ``s``.
    """
    graph, names = Graph(triples), _Names(base)
    records = [*_elements(graph, names), *_relations(graph, names)]
    head = [f"  prefix {prefix} <{namespace}>" for prefix, namespace in sorted(names.declared.items())]
    return "\n".join(["document", *head, "", *(f"  {record}" for record in records), "endDocument", ""])


class _Names:
    """Qualified names, declaring the prefixes they need (PROV-N, section 3.7.1)."""

    def __init__(self, base: str | None) -> None:
        # ``prov`` and ``xsd`` are predeclared and may not be declared again.
        known = {ns: prefix for prefix, ns in PREFIXES.items()}
        self._known = known if base is None else {base: "s", **known}
        self.declared: dict[str, str] = {}

    def of(self, address: str) -> str:
        """The qualified name of an IRI."""
        namespace = next((ns for ns in self._known if address.startswith(ns)), None)
        if namespace is None:
            cut = max(address.rfind("#"), address.rfind("/"), address.rfind(":")) + 1
            namespace = address[:cut]
            self._known[namespace] = f"ns{len(self._known)}"
        prefix = self._known[namespace]
        if prefix not in ("prov", "xsd"):
            self.declared[prefix] = namespace
        return f"{prefix}:{_escaped(address[len(namespace) :])}"


def _escaped(local: str) -> str:
    out = []
    for place, char in enumerate(local):
        inside = 0 < place < len(local) - 1
        plain = _PLAIN_LOCAL.match(char) or ord(char) > 127 or (char == "." and inside)
        if not plain or (place == 0 and char == "-"):
            out.append("\\")
        out.append(char)
    return "".join(out)


def _elements(graph: Graph, names: _Names) -> Iterator[str]:
    for kind, word in _KINDS.items():
        found = set(graph.of_type(NamedNode(kind)))
        for name, above in _BELOW.items():
            if PROV + above == kind:
                found |= set(graph.of_type(prov(name)))
        for node in sorted(found, key=lambda n: n.value):
            parts = [_node(node, names)]
            if word == "activity":
                parts += [_time(graph, node, "startedAtTime"), _time(graph, node, "endedAtTime")]
            yield f"{word}({', '.join(parts)}{_attributes(graph, node, names)})"


def _node(node: Node, names: _Names) -> str:
    return names.of(f"urn:node:{node.value}" if isinstance(node, BlankNode) else node.value)


def _time(graph: Graph, node: Node, name: str) -> str:
    return graph.text(node, prov(name)) or "-"


def _attributes(graph: Graph, node: Node, names: _Names) -> str:
    said: set[str] = set()
    for predicate, item in graph.statements(node):
        if predicate in _RELATIONS:
            continue
        if predicate == rdf_type.value:
            if item.value not in _KINDS:
                said.add(f"prov:type={_value(item, names)}")
        elif predicate == RDFS + "label":
            said.add(f"prov:label={_value(item, names)}")
        else:
            said.add(f"{names.of(predicate)}={_value(item, names)}")
    return f", [{', '.join(sorted(said))}]" if said else ""


def _value(term: Term, names: _Names) -> str:
    if not isinstance(term, Literal):
        return f"'{_node(term, names)}'"
    text = term.value.replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if term.language:
        return f'"{text}"@{term.language}'
    if term.datatype.value == XSD + "string":
        return f'"{text}"'
    return f'"{text}" %% {names.of(term.datatype.value)}'


def _relations(graph: Graph, names: _Names) -> Iterator[str]:
    for user in graph.having(prov("used")):
        usages = {graph.node(u, prov("entity")): u for u in graph.nodes(user, prov("qualifiedUsage"))}
        for entity in graph.nodes(user, prov("used")):
            usage = usages.get(entity)
            mark = "" if usage is None else f"{_node(usage, names)}; "
            role = None if usage is None else graph.text(usage, prov("hadRole"))
            said = "" if role is None else f", [prov:role='{names.of(role)}']"
            yield f"used({mark}{_node(user, names)}, {_node(entity, names)}, -{said})"
    for made, activity in _pairs(graph, "wasGeneratedBy"):
        when = _time(graph, made, "generatedAtTime")
        yield f"wasGeneratedBy({_node(made, names)}, {_node(activity, names)}, {when})"
    for activity, agent in _pairs(graph, "wasAssociatedWith"):
        plan = _plan(graph, activity, agent)
        text = "-" if plan is None else _node(plan, names)
        yield f"wasAssociatedWith({_node(activity, names)}, {_node(agent, names)}, {text})"
    for relation in ("wasDerivedFrom", "actedOnBehalfOf", "wasAttributedTo", "wasInformedBy"):
        for subject, item in _pairs(graph, relation):
            yield f"{relation}({_node(subject, names)}, {_node(item, names)})"


def _plan(graph: Graph, activity: Node, agent: Node) -> Node | None:
    for association in graph.nodes(activity, prov("qualifiedAssociation")):
        if graph.node(association, prov("agent")) == agent:
            return graph.node(association, prov("hadPlan"))
    return None


def _pairs(graph: Graph, relation: str) -> Iterator[tuple[Node, Node]]:
    for subject in graph.having(prov(relation)):
        for item in graph.nodes(subject, prov(relation)):
            yield subject, item
