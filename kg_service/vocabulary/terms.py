"""The terms of the ontology with what is said of each for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kg_service.model.terms import KG, OWL, RDF, RDFS, SKOS, local_name
from kg_service.vocabulary.statements import Statements

__all__ = ["Term", "TermTable"]

_STATUS = KG + "status"
_PROPERTIES = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
_PARENT = {"class": RDFS + "subClassOf", "property": RDFS + "subPropertyOf", "individual": RDF + "type"}


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the ontology.

    ``parents`` are stated: classes of a class, properties of a property, types of an individual;
    ``sort`` is ``class``, ``property`` or ``individual``.
    """

    iri: str
    label: str
    definition: str
    parents: tuple[str, ...]
    alt_labels: tuple[str, ...]
    notations: tuple[str, ...]
    status: str
    local: str
    sort: str


class TermTable:
    """Every subject with a status is a term; each is read when it is first asked for."""

    def __init__(self, statements: Statements) -> None:
        self._said = statements
        self._known: dict[str, Term] = {}

    @cached_property
    def iris(self) -> tuple[str, ...]:
        """The IRIs of all terms, in the order of the files."""
        return tuple(s for s in self._said.subjects() if _STATUS in self._said.about(s))

    def __contains__(self, iri: object) -> bool:
        return isinstance(iri, str) and _STATUS in self._said.about(iri)

    def spellings(self, iri: str) -> list[str]:
        """Alternative labels, notations and label of a term."""
        said = self._said
        return [t for p in ("altLabel", "notation") for t in said.texts(iri, SKOS + p)] + said.texts(
            iri, RDFS + "label"
        )

    def sort(self, iri: str) -> str:
        """Whether a term is a class, a property or an individual."""
        types = self._said.iris(iri, RDF + "type")
        if OWL + "Class" in types:
            return "class"
        return "property" if any(OWL + p in types for p in _PROPERTIES) else "individual"

    def term(self, iri: str) -> Term:
        """All that is said for people of one term."""
        known = self._known.get(iri)
        if known is None:
            known = self._known[iri] = self._read(iri)
        return known

    def _read(self, iri: str) -> Term:
        said = self._said
        sort = self.sort(iri)
        return Term(
            iri=iri,
            label=said.text(iri, RDFS + "label") or "",
            definition=said.text(iri, SKOS + "definition") or "",
            parents=tuple(p for p in said.iris(iri, _PARENT[sort]) if p != OWL + "NamedIndividual"),
            alt_labels=tuple(said.texts(iri, SKOS + "altLabel")),
            notations=tuple(said.texts(iri, SKOS + "notation")),
            status=said.text(iri, _STATUS) or "",
            local=local_name(iri),
            sort=sort,
        )

    def terms(self) -> tuple[Term, ...]:
        """Every term, sorted by IRI."""
        return tuple(self.term(iri) for iri in sorted(self.iris))

    def children(self, iri: str) -> tuple[str, ...]:
        """The terms right below one, sorted."""
        return self._below.get(iri, ())

    @cached_property
    def _below(self) -> dict[str, tuple[str, ...]]:
        below: dict[str, set[str]] = {}
        for term in self.terms():
            wider = [w for p in ("within", "partOf") for w in self._said.iris(term.iri, KG + p)]
            for parent in (*term.parents, *wider):
                below.setdefault(parent, set()).add(term.iri)
        return {parent: tuple(sorted(found)) for parent, found in below.items()}
