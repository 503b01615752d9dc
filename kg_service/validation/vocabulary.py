"""What the ontology lends to a graph under validation: the types and superclasses of the terms it mentions.

Both judges see the same: the fast check asks here term by term, pyshacl receives the same statements
as triples. A node that the graph describes itself is never lent anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import NamedNode, Triple

from kg_service.model.terms import RDF, RDFS

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["SUBCLASS", "TYPE", "NoTerms", "Terms", "Vocabulary"]

TYPE = NamedNode(RDF + "type")
SUBCLASS = NamedNode(RDFS + "subClassOf")


class Terms(Protocol):
    """The part of the catalogue that validation needs."""

    @property
    def triples(self) -> Sequence[Triple]:
        """All triples of the ontology."""

    def superclasses(self, iri: str) -> frozenset[str]:
        """The named superclasses of a class, transitive, with itself."""


class NoTerms:
    """Lends nothing: for judging the ontology itself, which describes all that it mentions."""

    triples: Sequence[Triple] = ()

    def superclasses(self, iri: str) -> frozenset[str]:
        """The class alone."""
        return frozenset((iri,))


class Vocabulary:
    """Types and superclasses of the ontology's terms, closed, looked up when first needed."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._types: dict[NamedNode, list[NamedNode]] = {}
        self._classes: set[NamedNode] = set()
        for subject, predicate, value in terms.triples:
            if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode):
                continue
            if predicate == TYPE:
                self._types.setdefault(subject, []).append(value)
            elif predicate == SUBCLASS:
                self._classes.update((subject, value))
        self._superclasses: dict[NamedNode, tuple[NamedNode, ...]] = {}
        self._lent: dict[NamedNode, Mapping[NamedNode, list[Term]] | None] = {}
        self.populated = frozenset(
            sup for types in self._types.values() for t in types for sup in self.superclasses(t)
        )
        """Classes that have individuals in the ontology."""

    def superclasses(self, iri: NamedNode) -> tuple[NamedNode, ...]:
        """The class and everything above it; of an unknown class the class alone."""
        known = self._superclasses.get(iri)
        if known is None:
            names = self._terms.superclasses(iri.value) if iri in self._classes or iri in self._types else ()
            known = tuple(dict.fromkeys((iri, *(NamedNode(name) for name in sorted(names)))))
            self._superclasses[iri] = known
        return known

    def lent(self, iri: NamedNode) -> Mapping[NamedNode, list[Term]] | None:
        """What a graph that only mentions the term may know of it, by property; ``None`` for strangers."""
        if iri not in self._lent:
            self._lent[iri] = self._describe(iri)
        return self._lent[iri]

    def _describe(self, iri: NamedNode) -> Mapping[NamedNode, list[Term]] | None:
        said: dict[NamedNode, list[Term]] = {}
        types = {sup: None for t in self._types.get(iri, ()) for sup in self.superclasses(t)}
        if types:
            said[TYPE] = list(types)
        if iri in self._classes:
            said[SUBCLASS] = list(self.superclasses(iri))
        return said or None

    def context(self, triples: Iterable[Triple]) -> list[Triple]:
        """The lent statements for everything the triples mention and do not describe themselves."""
        triples = list(triples)
        done: set[object] = {triple.subject for triple in triples}
        waiting = [triple.object for triple in triples if isinstance(triple.object, NamedNode)]
        lent: list[Triple] = []
        while waiting:
            iri = waiting.pop()
            if iri in done:
                continue
            done.add(iri)
            for predicate, values in (self.lent(iri) or {}).items():
                lent += [Triple(iri, predicate, value) for value in values]
                waiting += [value for value in values if isinstance(value, NamedNode)]
        return lent
