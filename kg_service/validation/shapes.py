"""Reads the shapes folder: which files judge which noun, and a file's triples by subject and property."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg_service.errors import NotFound
from kg_service.model.terms import OWL, RDF, SH

__all__ = ["Description", "ShapeFolder", "sh"]

_FIRST, _REST, _NIL = NamedNode(RDF + "first"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")
_IMPORTS = NamedNode(OWL + "imports")
_BASE = "https://w3id.org/kg-service/shapes/"

Node = NamedNode | BlankNode | Literal


def sh(name: str) -> NamedNode:
    """A term of the SHACL vocabulary."""
    return NamedNode(SH + name)


class Description:
    """Triples by subject and property: how the compiler reads shapes."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(triples)
        self._said: dict[Node, dict[NamedNode, list[Node]]] = {}
        for triple in self.triples:
            if isinstance(triple.subject, Triple) or isinstance(triple.object, Triple):
                continue  # shapes are not written with triple terms
            said = self._said.setdefault(triple.subject, {})
            said.setdefault(triple.predicate, []).append(triple.object)

    def about(self, node: Node) -> dict[NamedNode, list[Node]]:
        """Everything said of a node."""
        return self._said.get(node, {})

    def all(self, node: Node, predicate: NamedNode) -> list[Node]:
        """The values of a property."""
        return self.about(node).get(predicate, [])

    def one(self, node: Node, predicate: NamedNode) -> Node | None:
        """The value of a property that has at most one."""
        found = self.all(node, predicate)
        return found[0] if found else None

    def members(self, head: Node) -> list[Node]:
        """The members of an RDF list."""
        found: list[Node] = []
        while head != _NIL:
            first, rest = self.one(head, _FIRST), self.one(head, _REST)
            if first is None or rest is None:
                raise ValueError(f"{head} is not a well-formed list")
            found.append(first)
            head = rest
        return found

    def is_list(self, node: Node) -> bool:
        """Whether the node is a list cell."""
        return node == _NIL or _FIRST in self.about(node)

    def subjects(self) -> Iterable[Node]:
        """Every node that something is said of."""
        return self._said

    def with_property(self, predicate: NamedNode) -> list[Node]:
        """The nodes that have the property."""
        return [node for node, said in self._said.items() if predicate in said]


class ShapeFolder:
    """The shape files by noun.

    A file names others that belong to its judgement by ``owl:imports`` (``<.../run> owl:imports
    <.../product>``): the last part of the IRI is the file's name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nouns = tuple(sorted(path.stem for path in folder.glob("*.ttl")))
        self._files: dict[str, list[Triple]] = {}

    def file(self, noun: str) -> list[Triple]:
        """The triples of one file."""
        if noun not in self._files:
            if noun not in self.nouns:
                near = difflib.get_close_matches(noun, self.nouns)
                known = ", ".join(self.nouns)
                raise NotFound(
                    f"There are no shapes for {noun!r}; there are for: {known}.", value=noun, near=near
                )
            path = self.folder / f"{noun}.ttl"
            quads = parse(path.read_bytes(), RdfFormat.TURTLE, base_iri=_BASE + noun, rename_blank_nodes=True)
            self._files[noun] = [quad.triple for quad in quads]
        return self._files[noun]

    def closure(self, noun: str) -> list[Triple]:
        """The triples of a noun's file and of the files it imports."""
        found: dict[str, list[Triple]] = {}
        waiting = [noun]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = self.file(each)
                imports = [t.object for t in found[each] if t.predicate == _IMPORTS]
                waiting += [iri.value.rpartition("/")[2] for iri in imports if isinstance(iri, NamedNode)]
        return [triple for triples in found.values() for triple in triples]
