"""The ontology as requests use it: terms by name, roles, what outputs promise and requests ask.

Reads Turtle with pyoxigraph and keeps everything in memory; no reasoner is started and rdflib and
owlready2 are not imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import pyoxigraph as ox

from kg_service.errors import UnknownParameter, UnknownTerm
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.vocabulary.closure import Closure
from kg_service.vocabulary.definitions import Feature
from kg_service.vocabulary.features import FeatureCompiler
from kg_service.vocabulary.instruments import Instrument, bands_touched, read_instrument
from kg_service.vocabulary.names import NameIndex, tidy
from kg_service.vocabulary.near import near_by_words
from kg_service.vocabulary.parameters import ParameterTable, Role
from kg_service.vocabulary.statements import Statements, digest_of, ontology_files, read_triples
from kg_service.vocabulary.terms import Term, TermTable

__all__ = ["Among", "Catalogue", "Feature", "Instrument", "Role", "Term", "load"]

Among: TypeAlias = Literal["product", "role", "instrument", "messenger", "any"]
_WORDS = {"product": "product", "role": "parameter", "instrument": "instrument", "messenger": "messenger",
          "any": "term"}  # fmt: skip
_SCIENCE_PRODUCT = KG + "ScienceProduct"
_OFFERED = 6


class Catalogue:
    """The ontology in memory.

    Parameters
    ----------
    triples
        All triples of the ontology.
    """

    def __init__(self, triples: list[ox.Triple]) -> None:
        self.triples = triples
        self._statements = Statements(triples)
        self._compiler = FeatureCompiler(self._statements)
        self._classes = Closure(self._compiler.parents)
        self._parameters = ParameterTable(self._statements, self._classes)
        self._supers: dict[str, frozenset[str]] = {}
        self._terms = TermTable(self._statements)

    @cached_property
    def digest(self) -> str:
        """The sha256 (hex) of the sorted triples, independent of files and blank-node names."""
        return digest_of(self._statements)

    # -- terms by name ---------------------------------------------------------------------------

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self._terms.iris, self._terms.spellings)

    @cached_property
    def _groups(self) -> dict[str, frozenset[str]]:
        products = frozenset(c for c in self._terms.iris if self.is_product(c))
        roles = frozenset(r.term for r in self.roles())
        instruments = frozenset(self.individuals(ODA + "Instrument"))
        messengers = frozenset(self.individuals(KG + "Messenger"))
        rest = frozenset(self._terms.iris) - products - roles - instruments - messengers
        return {
            "product": products,
            "role": roles,
            "instrument": instruments,
            "messenger": messengers,
            "class": frozenset(i for i in rest if self._terms.sort(i) == "class"),
            "other": frozenset(i for i in rest if self._terms.sort(i) != "class"),
        }

    def individuals(self, cls: str) -> tuple[str, ...]:
        """The individuals stated to be of a class or of one below it, sorted."""
        below = [c for c in self._compiler.parents if self.is_a(c, cls)]
        return tuple(sorted({i for c in below for i in self._statements.instances(c)}))

    def find(self, name: str, *, among: Among = "any") -> Term:
        """The term of a name: local name, CURIE or IRI exactly, else a usual spelling in any case.

        Raises
        ------
        UnknownTerm
            With near matches among what was looked for.
        """
        name = tidy(name)
        order = (
            ["product", "role", "instrument", "messenger", "class", "other"] if among == "any" else [among]
        )
        for iri in self._names.exact(name):
            if among == "any" or iri in self._groups[among]:
                return self.term(iri)
        for group in order:
            iri_found = self._names.loose(name, self._groups[group])
            if iri_found is not None:
                return self.term(iri_found)
        candidates = frozenset().union(*(self._groups[g] for g in order if g != "other"))
        near = self._names.near(name, candidates)
        hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
        raise UnknownTerm(f"No {_WORDS[among]} is called {name!r}.{hint}", value=name, near=near)

    def parameter(self, name: str) -> Role | Term:
        """What a name in a request means: a role, or the property of a constraint.

        Accepts the role's class or companion property, the constrained class (``oda:Instrument``)
        or the constraint property, by local name, CURIE, IRI or usual spelling. For a constraint
        the term of its property (``kg:instrument``) is returned.

        Raises
        ------
        UnknownParameter
            With near matches; a kind such as ``oda:Float`` is none, as it does not say what for.
        """
        name = tidy(name)
        exact = self._names.exact(name)
        for iri in exact:
            meaning = self._meaning(iri)
            if meaning is not None:
                return meaning
        constraints = self._constraints
        allowed = self._groups["role"] | constraints.keys() | set(constraints.values())
        loose = self._names.loose(name, frozenset(allowed))
        if loose is not None and (meaning := self._meaning(loose)) is not None:
            return meaning
        roles = [self.term(iri) for iri in sorted(self._groups["role"])]
        offered = (*near_by_words(name, roles), *self._names.near(name, allowed))
        near = tuple(dict.fromkeys(offered))[:_OFFERED]
        if exact and self.is_a(exact[0], ODA + "WorkflowParameter"):
            detail = (
                f"{name!r} says how a value is written, not what it is for; use a role such as StartTime."
            )
        else:
            hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
            detail = f"Nothing here takes a parameter called {name!r}.{hint}"
        raise UnknownParameter(detail, parameter=name, near=near)

    def _meaning(self, iri: str) -> Role | Term | None:
        role = self.role_of_property(iri) or self.role(iri)
        if role is not None:
            return role
        if iri in self._constraints.values():
            return self.term(iri)
        return self.term(self._constraints[iri]) if iri in self._constraints else None

    @cached_property
    def _constraints(self) -> dict[str, str]:
        """From the class that a constraint selects by to the constraint's property."""
        predicate = KG + "constrains"
        return {c: p for p in self._terms.iris for c in self._statements.iris(p, predicate)}

    def term(self, iri: str) -> Term:
        """The term of an IRI.

        Raises
        ------
        UnknownTerm
            When the ontology does not declare it.
        """
        if iri not in self._terms:
            near = self._names.near(iri, self._terms.iris)
            raise UnknownTerm(f"The ontology has no term <{iri}>.", value=iri, near=near)
        return self._terms.term(iri)

    def terms(self) -> tuple[Term, ...]:
        """Every term, sorted by IRI."""
        return self._terms.terms()

    def children(self, iri: str) -> tuple[str, ...]:
        """The terms right below one: classes, properties, individuals, bands within a band."""
        return self._terms.children(iri)

    # -- classes ---------------------------------------------------------------------------------

    def superclasses(self, iri: str) -> frozenset[str]:
        """Every named class above a class, itself included; of products what OWL entails."""
        known = self._supers.get(iri)
        if known is None:
            features = self._compiler.promises([iri])
            known = self._supers[iri] = frozenset(c for what, c in features if what == "class")
        return known

    def is_a(self, sub: str, sup: str) -> bool:
        """Whether a class is below another, or the same."""
        known = self._supers.get(sub)
        return sup in (known if known is not None else self.superclasses(sub))

    def is_product(self, iri: str) -> bool:
        """Whether a class can be asked for (it is below ``kg:ScienceProduct``)."""
        return _SCIENCE_PRODUCT in self.superclasses(iri)

    # -- parameters ------------------------------------------------------------------------------

    def role(self, term_iri: str) -> Role | None:
        """The role of a parameter class, a notation class such as ``StartTimeMJD`` included."""
        return self._parameters.role(term_iri)

    def roles(self) -> tuple[Role, ...]:
        """Every role, sorted by IRI."""
        return self._parameters.roles()

    def role_of_property(self, iri: str) -> Role | None:
        """The role that a companion property or its exact twin states."""
        return self._parameters.role_of_property(iri)

    def kind(self, class_iri: str) -> Kind:
        """How values of a parameter class are brought to canonical form."""
        return self._parameters.kind(class_iri)

    def unit(self, class_iri: str) -> str | None:
        """The unit (VOUnit) that a parameter class writes numbers in, else the canonical unit."""
        return self._parameters.unit(class_iri)

    def canonical_unit(self, class_iri: str) -> str | None:
        """The unit (VOUnit) in which values of a parameter class are kept."""
        return self._parameters.canonical_unit(class_iri)

    def format(self, class_iri: str) -> str | None:
        """The notation that a parameter class fixes: ``mjd``, ``isot`` or ``None``."""
        return self._parameters.format(class_iri)

    def limits(self, class_iri: str) -> tuple[str | None, str | None]:
        """The limits that a parameter class inherits, as text in its unit."""
        return self._parameters.limits(class_iri)

    def allowed(self, class_iri: str) -> tuple[str, ...] | None:
        """The only values that a parameter class admits; ``None`` for any."""
        return self._parameters.allowed(class_iri)

    # -- matching --------------------------------------------------------------------------------

    def request_features(self, class_iri: str) -> frozenset[Feature]:
        """What a request for a class asks, its definition written out."""
        return self._compiler.asks(class_iri)

    def constraint_features(self, property_iri: str, value: str) -> frozenset[Feature]:
        """What a constraint asks; empty for those that are no matter of meaning (workflow, age)."""
        if property_iri == KG + "instrument":
            return frozenset({("facility", value)})
        return frozenset({("observes", value)}) if property_iri == KG + "messenger" else frozenset()

    def output_features(
        self, classes: Iterable[str], observed_with: Iterable[str], covers: Iterable[str] = ()
    ) -> frozenset[Feature]:
        """All that holds of an output of these classes, instruments and bands."""
        return self._compiler.promises(classes, observed_with, covers)

    # -- instruments and bands -------------------------------------------------------------------

    def instruments(self) -> tuple[str, ...]:
        """The IRIs of all instruments, detectors and observatories, sorted."""
        return tuple(sorted(self._groups["instrument"]))

    def messengers(self) -> tuple[str, ...]:
        """The IRIs of all messengers and bands, sorted."""
        return tuple(sorted(self._groups["messenger"]))

    def instrument(self, iri: str) -> Instrument:
        """What is known of an instrument.

        Raises
        ------
        UnknownTerm
            When the IRI is no instrument of the ontology.
        """
        if iri not in self._groups["instrument"]:
            near = self._names.near(iri, self._groups["instrument"])
            raise UnknownTerm(f"The ontology has no instrument <{iri}>.", value=iri, near=near)
        return read_instrument(self._statements, iri)

    def bands_of(self, minimum: float | None, maximum: float | None) -> tuple[str, ...]:
        """The bands of photons that energies from ``minimum`` to ``maximum`` (keV) overlap."""
        return bands_touched(self._statements, self._groups["messenger"], minimum, maximum)


def load(folder: Path) -> Catalogue:
    """Read every Turtle file below a folder."""
    return Catalogue(read_triples(ontology_files(folder)))
