"""A query as RDF: one property per role, no blank nodes, the user's own words kept beside it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.errors import BadValue, Conflict, Malformed, NotFound, UnknownParameter
from kg_service.model import notation
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, NEUTRAL_BASE, RDF, XSD, Site, local_name
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Workflow
from kg_service.rdf.graph import Graph, Node, Term, Writer, dct, iri, kg, segment, typed
from kg_service.rdf.literals import (
    TWIN,
    is_exact,
    read_instant,
    stamp,
    to_literal,
    value_from_key,
    value_from_text,
    write_instant,
)
from kg_service.rdf.sealing import as_stored

__all__ = ["ARGUMENT", "CONSTRAINTS", "argument_name", "argument_property", "from_triples", "in_order",
           "query_iri", "read_constraint", "to_triples"]  # fmt: skip

CONSTRAINTS: Final = ("instrument", "messenger", "workflow", "newerThan")
"""Local names (``kg:``) of the properties that constrain the answer."""


class Vocabulary(Protocol):
    """What reading a query needs of the ontology; the catalogue of ``vocabulary`` gives it."""

    def find(self, name: str, *, among: Any = "any") -> Any:
        """The term of a name, with its ``iri``."""
        ...

    def role_of_property(self, iri: str) -> Any:
        """The role (``term``, ``property``, ``kind`` ...) of a property or its twin, or ``None``."""
        ...

    def roles(self) -> Iterable[Any]:
        """All roles."""
        ...

    def kind(self, class_iri: str) -> Kind:
        """How values of a class are brought to canonical form."""
        ...

    def canonical_unit(self, class_iri: str) -> str | None:
        """The unit in which values of a class are kept."""
        ...


ARGUMENT: Final = "#arg-"
_BESIDE: Final = frozenset({RDF + "type", KG + "asksFor", KG + "given", dct("created").value})


def argument_property(name: str, workflow: str | None = None) -> str:
    """The property of a parameter that is no role, the same in every version and at every site.

    ``kg-site:/workflows#arg-n`` is the parameter ``n`` of whichever workflow answers;
    ``kg-site:/workflows/{workflow}#arg-n`` that of one workflow, where several mean different things.
    """
    owner = "workflows" if workflow is None else f"workflows/{segment(workflow)}"
    return f"{NEUTRAL_BASE}{owner}{ARGUMENT}{segment(name)}"


def argument_name(prop: str) -> tuple[str, str | None] | None:
    """The parameter's name, and its workflow's if it has one; ``None`` for other properties."""
    owner, found, name = prop.partition(ARGUMENT)
    path = owner.removeprefix(NEUTRAL_BASE).split("/")
    if not found or path[0] != "workflows" or owner == prop:
        return None
    return unquote(name), unquote(path[1]) if len(path) > 1 else None


def query_iri(query: Query, site: Site) -> str:
    """The address of a query."""
    return site.iri("queries", query.ident)


def to_triples(query: Query, site: Site, created: str | None = None) -> list[Triple]:
    """The query's record (:doc:`graphs`, "Query").

    Parameters
    ----------
    created
        When it was asked, ISO 8601 UTC; no part of the identity, nor is the text as given.
    """
    me = iri(query_iri(query, site))
    out = Writer()
    out.types(me, kg("Query"))
    out.add(me, kg("asksFor"), iri(site.local(query.asks_for)))
    out.add(me, dct("created"), stamp(created))
    for binding in query.bindings:
        prop = iri(site.local(binding.property))
        if binding.value.kind is Kind.TIME:
            write_instant(out, me, "", prop.value, int(binding.value.text))
        else:
            out.add(me, prop, to_literal(binding.value))
        # The key is needed where the literal cannot hold the value, or its property not the kind.
        own = argument_name(binding.property) is not None
        key = binding.value.key if own or not is_exact(binding.value) else None
        _write_given(out, me, prop, _Given(binding.name, binding.given, key))
    for constraint in query.constraints:
        newer = constraint.property == KG + "newerThan"
        value = typed(constraint.value, "dateTime") if newer else iri(site.local(constraint.value))
        prop = iri(constraint.property)
        out.add(me, prop, value)
        _write_given(out, me, prop, _Given(constraint.name, constraint.given))
    return out.triples


class _Given(NamedTuple):
    """What the user wrote, and the exact key where the literal does not hold it."""

    name: str = ""
    text: str = ""
    key: str | None = None


def _write_given(out: Writer, me: NamedNode, about: NamedNode, given: _Given) -> None:
    if given == _Given():
        return
    label = given.name or local_name(about.value)
    node = iri(f"{me.value}#given-{segment(label)}")
    out.types(node, kg("GivenText"))
    out.add(node, kg("name"), label)
    out.add(node, kg("text"), given.text)
    out.add(node, kg("about"), about)
    out.add(node, kg("valueKey"), given.key)
    out.add(me, kg("given"), node)


def from_triples(
    triples: Iterable[Triple],
    catalogue: Vocabulary,
    site: Site | None = None,
    workflows: Sequence[Workflow] = (),
) -> Query:
    """Read a graph that holds exactly one query, under any name.

    Parameters
    ----------
    catalogue
        Knows the properties of roles, and the names that come near to a wrong one.
    site
        Its base is dropped from IRIs; needed for workflows' own parameters and ``kg:workflow``.
    workflows
        Give kind and unit to parameters that are no roles.

    Raises
    ------
    Malformed, UnknownTerm, UnknownParameter, Conflict, BadValue, WrongUnit
    """
    graph = Graph(triples)
    found = graph.of_type(kg("Query"))
    if len(found) != 1:
        raise Malformed(f"The graph holds {len(found)} of kg:Query (<{KG}Query>); exactly one is needed.")
    me = found[0]
    said: dict[str, list[Term]] = {}
    for prop, item in graph.statements(me):
        said.setdefault(prop if site is None else site.neutral(prop), []).append(item)
    given = _given_texts(graph, me, site)
    bindings: list[Binding] = []
    constraints: list[Constraint] = []
    for prop in sorted({_without_twin(prop, catalogue) for prop in said} - _BESIDE):
        name, text, key = given.get(prop, _Given())
        if prop.removeprefix(KG) in CONSTRAINTS and prop.startswith(KG):
            for item in said[prop]:
                value = read_constraint(prop.removeprefix(KG), item.value, catalogue, workflows)
                constraints.append(Constraint(prop, value, name, text))
            continue
        meaning = _meaning(prop, catalogue, workflows, key)
        exact = _exact_time(graph, me, meaning, site)
        known = _value(meaning, said.get(prop, []), key, exact)
        bindings.append(Binding(prop, meaning.term, known, name, text))
    return Query(_asked(graph, me, catalogue), tuple(bindings), in_order(constraints))


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a property of a query takes."""

    property: str
    term: str
    label: str
    kind: Kind
    unit: str | None


def in_order(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Constraints in the order of every query, each once."""
    return tuple(sorted(set(constraints), key=lambda c: (c.property, c.value)))


def _without_twin(prop: str, catalogue: Vocabulary) -> str:
    role = catalogue.role_of_property(prop)
    if role is not None:
        return str(role.property)
    return prop.removesuffix(TWIN) if argument_name(prop.removesuffix(TWIN)) is not None else prop


def _given_texts(graph: Graph, me: Node, site: Site | None) -> dict[str, _Given]:
    found: dict[str, _Given] = {}
    for node in graph.all(me, kg("given")):
        if isinstance(node, Literal):
            continue
        about = graph.text(node, kg("about")) or ""
        found[about if site is None else site.neutral(about)] = _Given(
            graph.text(node, kg("name")) or "",
            graph.text(node, kg("text")) or "",
            graph.text(node, kg("valueKey")),
        )
    return found


def _asked(graph: Graph, me: Node, catalogue: Vocabulary) -> str:
    asked = graph.all(me, kg("asksFor"))
    if len(asked) != 1:
        raise Malformed(f"The query has {len(asked)} kg:asksFor; it asks for exactly one product class.")
    return str(catalogue.find(asked[0].value, among="product").iri)


def _meaning(prop: str, catalogue: Vocabulary, workflows: Sequence[Workflow], key: str | None) -> _Meaning:
    role = catalogue.role_of_property(prop)
    if role is not None:
        return _Meaning(prop, role.term, role.label, role.kind, role.unit)
    own = argument_name(prop)
    if own is None:
        known = {r.property: r for r in catalogue.roles()}
        near = difflib.get_close_matches(prop, known, n=3, cutoff=0.8)
        raise UnknownParameter(
            f"A query has no property <{prop}>; every thing known is given by the property of its role.",
            parameter=prop,
            near=near,
        )
    name, owner = own
    if key is not None:
        value = value_from_key(key)
        return _Meaning(prop, prop, name, value.kind, value.unit)
    for workflow in workflows:
        for item in workflow.inputs:
            if item.name == name and owner in (None, workflow.name):
                return _Meaning(
                    prop, prop, name, catalogue.kind(item.term), catalogue.canonical_unit(item.term)
                )
    names = sorted({i.name for w in workflows for i in w.inputs})
    raise UnknownParameter(
        f"No workflow has the parameter {name!r}.",
        parameter=name,
        near=difflib.get_close_matches(name, names, n=3),
    )


def _value(meaning: _Meaning, items: Sequence[Term], key: str | None, exact: int | None) -> Value:
    distinct = sorted({str(item): item for item in items}.values(), key=str)
    if len(distinct) > 1:
        texts = " and ".join(item.value for item in distinct)
        raise Conflict(f"{meaning.label} is given twice: {texts}.", parameter=meaning.label, value=texts)
    if distinct and not isinstance(distinct[0], Literal):
        raise BadValue(
            f"{meaning.label} takes a value written as text or number, not a node.",
            parameter=meaning.label,
            value=distinct[0].value,
        )
    if exact is not None:
        return value_from_text(Kind.TIME, str(exact), None)
    literal = distinct[0]
    assert isinstance(literal, Literal)
    if key is not None:
        kept = value_from_key(key)
        same = kept.kind is meaning.kind and to_literal(kept) == as_stored(literal)
        if same or kept.kind is Kind.NONE:
            return _canonical(kept, meaning)
    if literal.datatype.value == XSD + "string" or literal.language:
        return notation.read(literal.value, meaning.kind, unit=meaning.unit, parameter=meaning.label)
    return notation.from_literal(literal.value, literal.datatype.value, meaning.kind, meaning.unit)


def _exact_time(graph: Graph, me: Node, meaning: _Meaning, site: Site | None) -> int | None:
    if meaning.kind is not Kind.TIME:
        return None
    prop = meaning.property if site is None else site.local(meaning.property)
    twin = graph.text(me, iri(prop + TWIN))
    if twin is None:
        return None
    try:
        return read_instant(graph, me, "", prop)
    except ValueError as error:
        raise BadValue(
            f"{meaning.label}: {twin!r} is not a whole number of microseconds.",
            parameter=meaning.label,
            value=twin,
        ) from error


def _canonical(value: Value, meaning: _Meaning) -> Value:
    """A key that came from outside may be written in another than the canonical way."""
    if value.kind is Kind.TIME:
        return value_from_text(Kind.TIME, str(int(value.text)), None)
    if value.kind in (Kind.NONE, Kind.FILE, Kind.STRUCTURED):
        return value
    return notation.read(value.text, value.kind, unit=value.unit, parameter=meaning.label)


def read_constraint(name: str, text: str, catalogue: Vocabulary, workflows: Sequence[Workflow]) -> str:
    """The value of a constraint: the IRI that a name means, or an ISO time for ``newerThan``."""
    if name == "newerThan":
        value = notation.read(text, Kind.TIME, unit=None, parameter=name)
        return notation.iso_from_tt(int(value.text))
    if name == "instrument":
        return str(catalogue.find(text, among="instrument").iri)
    if name == "messenger":
        return str(catalogue.find(text, among="messenger").iri)
    # A workflow is known by its name: an address of it, here or elsewhere, ends in name and version.
    path = text.rpartition("workflows/")[2] if ":" in text else text
    wanted, _, version = path.strip("/").partition("/")
    known = sorted({w.name for w in workflows})
    fitting = [w for w in workflows if wanted in (w.name, *w.alt_names) and version in ("", w.version)]
    if workflows and not fitting:
        raise NotFound(
            f"There is no workflow {text!r}.",
            parameter="workflow",
            value=text,
            near=difflib.get_close_matches(wanted, known, n=3),
        )
    found = fitting[0].name if fitting else wanted
    return NEUTRAL_BASE + "/".join(["workflows", found, *([version] if version else [])])
