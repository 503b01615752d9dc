"""The closed shape over a workflow version's complete arguments, and arguments as the graph it judges.

Forms, OpenAPI, help texts and validation read the same shape. Numbers stand in the canonical unit of
their kind; a time has its exact twin in microseconds TT, which decides limits and order. There are no
blank nodes: each property shape and list cell has an IRI below the version's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.model.notation import iso_from_tt
from kg_service.model.terms import KG, RDF, XSD, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Workflow
from kg_service.rdf.literals import to_literal
from kg_service.validation.shapes import sh
from kg_service.validation.vocabulary import TYPE

__all__ = ["arguments_to_triples", "workflow_shape"]

_FIRST, _REST, _NIL = NamedNode(RDF + "first"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")
_UNIT, _TERM = NamedNode(KG + "unit"), NamedNode(KG + "term")
_INTEGER = NamedNode(XSD + "integer")
_TWIN = "-TT"

_DATATYPES: dict[Kind, str] = {
    Kind.TIME: "dateTime",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "boolean",
    Kind.NAME: "string",
    Kind.TEXT: "string",
    Kind.FILE: "string",
    Kind.STRUCTURED: "string",
}
_NUMBER = "double"


def workflow_shape(workflow: Workflow, site: Site, kind_of: Callable[[str], Kind]) -> list[Triple]:
    """The shape ``{version}#shape`` with the target class ``{version}#Arguments``.

    Parameters
    ----------
    kind_of
        The kind of the values of a term (``Catalogue.kind``).
    """
    return _ShapeWriter(workflow, site, kind_of).write()


def arguments_to_triples(workflow: Workflow, site: Site, arguments: Mapping[str, Value]) -> list[Triple]:
    """The arguments as one node of the class ``{version}#Arguments``; an explicit none says nothing."""
    version = _version(workflow, site)
    node = NamedNode(version + "#arguments")
    triples = [Triple(node, TYPE, NamedNode(version + "#Arguments"))]
    for name, value in arguments.items():
        if value.kind is Kind.NONE:
            continue
        argument = _argument(version, name)
        triples.append(Triple(node, NamedNode(argument), to_literal(value)))
        if value.kind is Kind.TIME:
            triples.append(Triple(node, NamedNode(argument + _TWIN), Literal(value.text, datatype=_INTEGER)))
    return triples


def _version(workflow: Workflow, site: Site) -> str:
    return site.iri(*(quote(part, safe="-._~") for part in workflow.path))


def _argument(version: str, name: str) -> str:
    return f"{version}#arg-{quote(name, safe='-._~')}"


def _datatype(kind: Kind) -> NamedNode:
    return NamedNode(XSD + _DATATYPES.get(kind, _NUMBER))


class _ShapeWriter:
    def __init__(self, workflow: Workflow, site: Site, kind_of: Callable[[str], Kind]) -> None:
        self._workflow = workflow
        self._kind_of = kind_of
        self._version = _version(workflow, site)
        self._shape = NamedNode(self._version + "#shape")
        self._triples: list[Triple] = []

    def write(self) -> list[Triple]:
        shape, names = self._shape, [item.name for item in self._workflow.inputs]
        self._say(shape, TYPE, sh("NodeShape"))
        self._say(shape, sh("targetClass"), NamedNode(self._version + "#Arguments"))
        self._say(shape, sh("closed"), Literal(True))
        self._say(shape, sh("ignoredProperties"), self._list("ignored", [TYPE]))
        takes = "It takes: " + ", ".join(names) + "." if names else "It takes no input."
        self._say(shape, sh("message"), Literal(f"{self._workflow.name} has no such input. {takes}"))
        for order, item in enumerate(self._workflow.inputs, 1):
            self._input(order, item)
        for lower, upper in self._workflow.inputs_together:
            self._together(lower, upper)
        places: dict[object, int] = {}
        return sorted(self._triples, key=lambda t: places.setdefault(t.subject, len(places)))

    def _say(self, subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal) -> None:
        self._triples.append(Triple(subject, predicate, value))

    def _list(self, name: str, members: Sequence[NamedNode | Literal]) -> NamedNode:
        """An RDF list whose cells have names."""
        cells = [NamedNode(f"{self._version}#{name}-{n}") for n in range(1, len(members) + 1)]
        for cell, rest, member in zip(cells, [*cells[1:], _NIL], members, strict=True):
            self._say(cell, _FIRST, member)
            self._say(cell, _REST, rest)
        return cells[0] if cells else _NIL

    def _property(self, name: str, path: str, message: str) -> NamedNode:
        node = NamedNode(f"{self._version}#shape-{quote(name, safe='-._~')}")
        self._say(self._shape, sh("property"), node)
        self._say(node, TYPE, sh("PropertyShape"))
        self._say(node, sh("path"), NamedNode(path))
        self._say(node, sh("message"), Literal(message))
        return node

    def _input(self, order: int, item: Input) -> None:
        kind = Kind.FILE if item.is_product else self._kind(item)
        path = _argument(self._version, item.name)
        node = self._property(item.name, path, self._message(item, kind))
        self._say(node, sh("order"), Literal(str(order), datatype=_INTEGER))
        self._say(node, sh("name"), Literal(item.label or item.name))
        if item.description:
            self._say(node, sh("description"), Literal(item.description))
        self._say(node, _TERM, NamedNode(item.term))
        unit = _unit_of(item)
        if unit:
            self._say(node, _UNIT, Literal(unit))
        self._counts(node, item)
        self._say(node, sh("datatype"), _datatype(kind))
        self._limits(node, item, to_literal)
        if item.default is not None and item.default.kind is not Kind.NONE:
            self._say(node, sh("defaultValue"), to_literal(item.default))
        if item.allowed:
            self._say(
                node, sh("in"), self._list(f"allowed-{item.name}", [to_literal(v) for v in item.allowed])
            )
        if kind is Kind.TIME:
            twin = self._property(item.name + _TWIN, path + _TWIN, self._message(item, kind))
            self._counts(twin, item)
            self._say(twin, sh("datatype"), _INTEGER)
            self._limits(twin, item, lambda value: Literal(value.text, datatype=_INTEGER))
        elif _datatype(kind) == NamedNode(XSD + _NUMBER):
            # Not a number and infinity are xsd:double too, and no limit refuses the former.
            self._say(node, sh("pattern"), Literal("^[-+]?[0-9.]"))

    def _kind(self, item: Input) -> Kind:
        known = [v.kind for v in (item.default, item.minimum, item.maximum, *item.allowed) if v is not None]
        return next((kind for kind in known if kind is not Kind.NONE), None) or self._kind_of(item.term)

    def _counts(self, node: NamedNode, item: Input) -> None:
        may_lack = item.optional or (item.default is not None and item.default.kind is Kind.NONE)
        if not may_lack:
            self._say(node, sh("minCount"), Literal("1", datatype=_INTEGER))
        self._say(node, sh("maxCount"), Literal("1", datatype=_INTEGER))

    def _limits(self, node: NamedNode, item: Input, literal: Callable[[Value], Literal]) -> None:
        if item.minimum is not None:
            self._say(node, sh("minInclusive"), literal(item.minimum))
        if item.maximum is not None:
            self._say(node, sh("maxInclusive"), literal(item.maximum))

    def _together(self, lower: str, upper: str) -> None:
        twin = _TWIN if self._kind(self._workflow.input(lower)) is Kind.TIME else ""
        message = (
            f"{self._workflow.name}: {lower} ({self._workflow.input(lower).label or lower}) must lie below "
            f"{upper} ({self._workflow.input(upper).label or upper})."
        )
        path = _argument(self._version, lower) + twin
        node = self._property(f"{lower}-below-{upper}", path, message)
        self._say(node, sh("lessThan"), NamedNode(_argument(self._version, upper) + twin))

    def _message(self, item: Input, kind: Kind) -> str:
        unit = _unit_of(item)
        what = f"{item.name} ({item.label})" if item.label and item.label != item.name else item.name
        text = f"{self._workflow.name}: {what} is one {_NOUNS.get(kind, 'number')}"
        text += f" in {unit}" if unit else ""
        low, high = item.minimum, item.maximum
        if low is not None and high is not None:
            text += f" between {_shown(low)} and {_shown(high)}"
        elif low is not None:
            text += f", at least {_shown(low)}"
        elif high is not None:
            text += f", at most {_shown(high)}"
        if item.allowed:
            text += ", one of: " + ", ".join(_shown(value) for value in item.allowed)
        return text + (", or is left out." if item.optional else ".")


_NOUNS: dict[Kind, str] = {
    Kind.TIME: "time in UTC",
    Kind.INTEGER: "whole number",
    Kind.BOOLEAN: "truth value, true or false",
    Kind.NAME: "name",
    Kind.TEXT: "text",
    Kind.FILE: "product or file",
    Kind.STRUCTURED: "structured value",
}


def _unit_of(item: Input) -> str | None:
    """The canonical unit in which the shape's numbers stand, where a value of the input tells it."""
    values: Iterable[Value | None] = (item.default, item.minimum, item.maximum, *item.allowed)
    return next((value.unit for value in values if value is not None and value.unit), None)


def _shown(value: Value) -> str:
    return iso_from_tt(int(value.text)) if value.kind is Kind.TIME else value.text
