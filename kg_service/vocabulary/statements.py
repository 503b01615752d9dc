"""The triples of an ontology, indexed by subject; a digest that does not depend on blank-node names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from kg_service.errors import Malformed
from kg_service.model.terms import RDF

__all__ = ["Node", "Statements", "digest_of", "ontology_files", "read_triples"]

Node: TypeAlias = "str | ox.Literal"
"""An IRI or a blank node (``_:name``) as text, or a literal."""

_TYPE = RDF + "type"


def ontology_files(folder: Path) -> list[Path]:
    """The Turtle files below a folder, in a fixed order."""
    return sorted(folder.rglob("*.ttl"))


def read_triples(files: Iterable[Path]) -> list[ox.Triple]:
    """Parse Turtle files; a syntax error names the file and the line."""
    triples: list[ox.Triple] = []
    for file in files:
        try:
            quads = ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
            triples += [quad.triple for quad in quads]
        except SyntaxError as error:
            where = f"{file.name}, line {error.lineno}" if error.lineno else file.name
            raise Malformed(f"The ontology cannot be read ({where}): {error.msg}.") from error
    return triples


class Statements:
    """Triples by subject and predicate, order of the files kept.

    Parameters
    ----------
    triples
        Triples without quoted triples.
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._facts: dict[str, dict[str, list[Node]]] = {}
        self._instances: dict[str, list[str]] = {}
        named = ox.NamedNode
        literal = ox.Literal
        facts = self._facts
        for triple in triples:
            subject, predicate, value = triple
            node: Node
            if isinstance(value, named):
                node = value.value
            elif isinstance(value, literal):
                node = value
            else:
                node = str(value)
            key = subject.value if isinstance(subject, named) else str(subject)
            relation = predicate.value
            about = facts.get(key)
            if about is None:
                about = facts[key] = {}
            values = about.get(relation)
            if values is None:
                about[relation] = [node]
            else:
                values.append(node)
            if relation == _TYPE and isinstance(node, str):
                self._instances.setdefault(node, []).append(key)

    def subjects(self) -> Iterator[str]:
        """Every subject, blank nodes included."""
        return iter(self._facts)

    def about(self, subject: str) -> dict[str, list[Node]]:
        """All that is said of a subject, by predicate."""
        return self._facts.get(subject, {})

    def nodes(self, subject: str, predicate: str) -> list[str]:
        """The IRIs and blank nodes that a subject points to."""
        return [v for v in self.about(subject).get(predicate, ()) if isinstance(v, str)]

    def iris(self, subject: str, predicate: str) -> list[str]:
        """The IRIs that a subject points to."""
        return [v for v in self.nodes(subject, predicate) if not v.startswith("_:")]

    def texts(self, subject: str, predicate: str) -> list[str]:
        """The lexical forms of the literals of a subject."""
        return [v.value for v in self.about(subject).get(predicate, ()) if isinstance(v, ox.Literal)]

    def text(self, subject: str, predicate: str) -> str | None:
        """The first literal, if there is one."""
        return next(iter(self.texts(subject, predicate)), None)

    def instances(self, cls: str) -> list[str]:
        """The subjects stated to be of a class."""
        return list(self._instances.get(cls, ()))

    def sequence(self, head: str) -> list[Node]:
        """The members of an RDF list."""
        members: list[Node] = []
        seen: set[str] = set()
        while head != RDF + "nil" and head not in seen:
            seen.add(head)
            members += self.about(head).get(RDF + "first", [])
            head = next(iter(self.nodes(head, RDF + "rest")), RDF + "nil")
        return members


def digest_of(statements: Statements) -> str:
    """The sha256 (hex) of the sorted statements; a blank node counts as what it says, not as its name.

    The blank nodes of an ontology are class expressions and lists: trees, so each is written out
    where it is used.
    """
    written: dict[str, str] = {}

    def write(node: Node, path: frozenset[str]) -> str:
        if not isinstance(node, str):
            return str(node)
        if not node.startswith("_:"):
            return f"<{node}>"
        if node in path:
            raise Malformed("The ontology has a circle of blank nodes, so it has no digest.")
        if node not in written:
            inner = path | {node}
            about = statements.about(node)
            parts = [f"<{p}> {write(o, inner)}" for p, values in about.items() for o in values]
            written[node] = "[" + " ; ".join(sorted(parts)) + "]"
        return written[node]

    used = {
        o
        for s in statements.subjects()
        for values in statements.about(s).values()
        for o in values
        if isinstance(o, str)
    }
    lines = []
    for subject in statements.subjects():
        if subject.startswith("_:"):
            if subject not in used:
                lines.append(write(subject, frozenset()))
            continue
        for predicate, values in statements.about(subject).items():
            lines += [f"<{subject}> <{predicate}> {write(o, frozenset())}" for o in values]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
