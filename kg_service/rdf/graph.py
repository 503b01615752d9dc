"""Building and reading small graphs: the shorthand in which every noun of this room is written.

A record has a few hundred triples; it is read by indexing them once, not by SPARQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg_service.model.terms import DCAT, DCT, KG, PP, PROV, RDF, RDFS, SCHEMA, XSD

__all__ = ["Graph", "Node", "Term", "Writer", "dcat", "dct", "flag", "iri", "kg", "number", "pp", "prov",
           "rdf_type", "rdfs", "schema", "segment", "typed", "whole"]  # fmt: skip

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal


@lru_cache(maxsize=4096)
def _term(namespace: str, name: str) -> NamedNode:
    return NamedNode(namespace + name)


def kg(name: str) -> NamedNode:
    """A term of our ontology."""
    return _term(KG, name)


def prov(name: str) -> NamedNode:
    """A term of PROV-O."""
    return _term(PROV, name)


def pp(name: str) -> NamedNode:
    """A term of P-Plan."""
    return _term(PP, name)


def dct(name: str) -> NamedNode:
    """A term of DCMI Terms."""
    return _term(DCT, name)


def dcat(name: str) -> NamedNode:
    """A term of DCAT 3."""
    return _term(DCAT, name)


def schema(name: str) -> NamedNode:
    """A term of schema.org."""
    return _term(SCHEMA, name)


def rdfs(name: str) -> NamedNode:
    """A term of RDF Schema."""
    return _term(RDFS, name)


rdf_type = NamedNode(RDF + "type")


def iri(text: str) -> NamedNode:
    """The node of an IRI; characters that no IRI may hold are percent-encoded."""
    try:
        return NamedNode(text)
    except ValueError:
        return NamedNode(quote(text, safe=":/?#@!$&'()*+,;=-._~%"))


def segment(text: str) -> str:
    """A name as one segment of a path or as a fragment of an IRI."""
    return quote(text, safe="-._~!$&'()*+,;=:@")


def typed(text: str, datatype: str) -> Literal:
    """A literal of an XSD datatype, written as it is."""
    return Literal(text, datatype=_term(XSD, datatype))


def number(value: float) -> Literal:
    """An ``xsd:double`` in the one form that the store keeps: no negative zero."""
    return Literal(float(value) + 0.0)


def whole(value: int) -> Literal:
    """An ``xsd:integer``."""
    return typed(str(int(value)), "integer")


def flag(value: bool) -> Literal:
    """An ``xsd:boolean``."""
    return Literal(bool(value))


class Writer:
    """Collects triples; what is ``None`` is not said.

    Examples
    --------
    >>> out = Writer()
    >>> out.add(kg("GammaRay"), rdfs("label"), "gamma ray", None)
    >>> len(out.triples)
    1
    """

    def __init__(self) -> None:
        self.triples: list[Triple] = []

    def types(self, subject: NamedNode, *classes: NamedNode) -> None:
        """Say that the subject is of these classes."""
        self.triples.extend(Triple(subject, rdf_type, c) for c in classes)

    def add(self, subject: NamedNode, predicate: NamedNode, *objects: Term | str | None) -> None:
        """One statement for each object; plain text becomes an ``xsd:string``."""
        for item in objects:
            if item is not None:
                self.triples.append(
                    Triple(subject, predicate, Literal(item) if isinstance(item, str) else item)
                )


class Graph:
    """Triples indexed by subject and by predicate, for reading."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._about: dict[Node, dict[str, list[Term]]] = {}
        self._types: dict[str, list[Node]] = {}
        self._inverse: dict[str, dict[Term, list[Node]]] = {}
        for triple in triples:
            subject, predicate = triple.subject, triple.predicate.value
            if not isinstance(subject, (NamedNode, BlankNode)) or isinstance(triple.object, Triple):
                continue
            self._about.setdefault(subject, {}).setdefault(predicate, []).append(triple.object)
            if predicate == rdf_type.value and isinstance(triple.object, NamedNode):
                self._types.setdefault(triple.object.value, []).append(subject)

    def of_type(self, cls: NamedNode) -> list[Node]:
        """The subjects of a class, each once, in the order of their names."""
        return sorted(set(self._types.get(cls.value, ())), key=lambda n: n.value)

    def statements(self, subject: Node) -> Iterator[tuple[str, Term]]:
        """Every (predicate IRI, object) said of a subject."""
        for predicate, objects in self._about.get(subject, {}).items():
            for item in objects:
                yield predicate, item

    def having(self, predicate: NamedNode) -> list[Node]:
        """The subjects of which something is said with this predicate, in the order of their names."""
        found = (s for s, said in self._about.items() if predicate.value in said)
        return sorted(found, key=lambda n: n.value)

    def subjects(self, predicate: NamedNode, target: Term) -> list[Node]:
        """The subjects that have this object, in the order of their names."""
        inverse = self._inverse.get(predicate.value)
        if inverse is None:
            inverse = self._inverse[predicate.value] = {}
            for subject, said in self._about.items():
                for item in said.get(predicate.value, ()):
                    inverse.setdefault(item, []).append(subject)
        return sorted(set(inverse.get(target, ())), key=lambda n: n.value)

    def all(self, subject: Node, predicate: NamedNode) -> list[Term]:
        """The objects of a statement, each once, in the order of their text."""
        found = self._about.get(subject, {}).get(predicate.value, ())
        return sorted(set(found), key=lambda term: term.value)

    def one(self, subject: Node, predicate: NamedNode) -> Term | None:
        """The object of a statement, the first in order when there are several."""
        found = self.all(subject, predicate)
        return found[0] if found else None

    def node(self, subject: Node, predicate: NamedNode) -> Node | None:
        """The object of a statement when it is a node."""
        found = self.one(subject, predicate)
        return None if found is None or isinstance(found, Literal) else found

    def nodes(self, subject: Node, predicate: NamedNode) -> list[NamedNode]:
        """The objects of a statement that are IRIs."""
        return [item for item in self.all(subject, predicate) if isinstance(item, NamedNode)]

    def text(self, subject: Node, predicate: NamedNode) -> str | None:
        """The text of the object (of an IRI, the IRI), or ``None``."""
        found = self.one(subject, predicate)
        return None if found is None else found.value

    def texts(self, subject: Node, predicate: NamedNode) -> tuple[str, ...]:
        """The texts of all objects, sorted."""
        return tuple(item.value for item in self.all(subject, predicate))

    def real(self, subject: Node, predicate: NamedNode) -> float | None:
        """The object as a float, or ``None``."""
        found = self.text(subject, predicate)
        return None if found is None else float(found)

    def integer(self, subject: Node, predicate: NamedNode) -> int | None:
        """The object as an integer, or ``None``."""
        found = self.text(subject, predicate)
        return None if found is None else int(found)
