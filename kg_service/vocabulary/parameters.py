"""Parameter classes read apart: role (what for), kind (how written), unit and format (notation)."""

from __future__ import annotations

from dataclasses import dataclass

from kg_service.model.terms import KG, ODA, OWL, RDFS, SKOS
from kg_service.model.values import Kind
from kg_service.vocabulary.closure import Closure
from kg_service.vocabulary.statements import Statements

__all__ = ["ParameterTable", "Role"]

_ROLE_OF = KG + "roleOf"
_HAS_UNIT = ODA + "has_unit"
_HAS_FORMAT = ODA + "has_format"


@dataclass(frozen=True, slots=True)
class Role:
    """What a value is for, and how a query states it.

    ``term`` is the role's class, ``property`` its companion property, ``exact_twin`` the property
    that states a time as integer microseconds TT; ``unit`` the canonical unit as VOUnit text;
    ``photon`` whether a wavelength or a frequency may be given for the energy.
    """

    term: str
    property: str
    exact_twin: str | None
    kind: Kind
    unit: str | None
    label: str
    alt_names: tuple[str, ...] = ()
    photon: bool = False


class ParameterTable:
    """The role, kind, unit and format of every parameter class.

    Parameters
    ----------
    statements
        The ontology.
    classes
        The closure of its named classes.
    """

    def __init__(self, statements: Statements, classes: Closure) -> None:
        self._statements = statements
        self._classes = classes
        self._companion: dict[str, str] = {}
        for prop in statements.instances(OWL + "DatatypeProperty"):
            for term in statements.iris(prop, _ROLE_OF):
                self._companion[term] = prop
        self._roles: dict[str, Role | None] = {}
        self._by_property: dict[str, str] = {p: t for t, p in self._companion.items()}
        for prop in list(self._by_property):
            for twin in statements.iris(prop, KG + "exactTwin"):
                self._by_property[twin] = self._by_property[prop]

    def roles(self) -> tuple[Role, ...]:
        """Every role, sorted by the IRI of its class."""
        return tuple(role for term in sorted(self._companion) if (role := self.role(term)) is not None)

    def role(self, cls: str) -> Role | None:
        """The role a class has, itself or by the most specific superclass; ``None`` for a kind."""
        if cls in self._roles:
            return self._roles[cls]
        named = self._classes.most_specific(t for t in self._classes.above(cls) if t in self._companion)
        self._roles[cls] = self._make(named[0]) if named else None
        return self._roles[cls]

    def role_of_property(self, prop: str) -> Role | None:
        """The role that a companion property, or its exact twin, states."""
        term = self._by_property.get(prop)
        return None if term is None else self.role(term)

    def kind(self, cls: str) -> Kind:
        """How values of a class are brought to canonical form; text when nothing says more."""
        said = self._nearest(cls, KG + "canonicalForm")
        return Kind(said) if said is not None else Kind.TEXT

    def canonical_unit(self, cls: str) -> str | None:
        """The unit (VOUnit) in which values of a class are kept."""
        return self._nearest(cls, KG + "canonicalUnit")

    def unit(self, cls: str) -> str | None:
        """The unit (VOUnit) a class writes numbers in: its own, else the canonical one."""
        fixed = self._fixed(cls, _HAS_UNIT)
        own = None if fixed is None else self._statements.text(fixed, KG + "vounit")
        return own if own is not None else self.canonical_unit(cls)

    def format(self, cls: str) -> str | None:
        """The notation a class writes values in (``mjd``, ``isot``); ``None`` when it fixes none."""
        fixed = self._fixed(cls, _HAS_FORMAT)
        return None if fixed is None else self._statements.text(fixed, ODA + "symbol")

    def limits(self, cls: str) -> tuple[str | None, str | None]:
        """The tightest limits that a class inherits, as text in the unit of the class."""
        low = [t for c in self._classes.above(cls) for t in self._statements.texts(c, ODA + "lower_limit")]
        high = [t for c in self._classes.above(cls) for t in self._statements.texts(c, ODA + "upper_limit")]
        return max(low, key=float, default=None), min(high, key=float, default=None)

    def allowed(self, cls: str) -> tuple[str, ...] | None:
        """The values a class admits, common to all classes above that list any; ``None`` for any."""
        stated = [
            set(texts)
            for c in self._classes.above(cls)
            if (texts := self._statements.texts(c, ODA + "allowed_value"))
        ]
        return tuple(sorted(set.intersection(*stated))) if stated else None

    def _make(self, term: str) -> Role:
        prop = self._companion[term]
        twins = self._statements.iris(prop, KG + "exactTwin")
        return Role(
            term=term,
            property=prop,
            exact_twin=twins[0] if twins else None,
            kind=self.kind(term),
            unit=self.canonical_unit(term),
            label=self._statements.text(term, RDFS + "label") or "",
            alt_names=tuple(self._statements.texts(term, SKOS + "altLabel")),
            photon=self._nearest(term, KG + "photonEnergy") == "true",
        )

    def _nearest(self, cls: str, predicate: str) -> str | None:
        """What the most specific superclass says; where two say something, the first by IRI."""
        saying = [c for c in self._classes.above(cls) if self._statements.text(c, predicate) is not None]
        nearest = self._classes.most_specific(saying)
        return self._statements.text(nearest[0], predicate) if nearest else None

    def _fixed(self, cls: str, prop: str) -> str | None:
        """The individual that a ``hasValue`` restriction above a class fixes."""
        for above in sorted(self._classes.above(cls)):
            for node in self._statements.nodes(above, RDFS + "subClassOf"):
                if prop in self._statements.iris(node, OWL + "onProperty"):
                    values = self._statements.iris(node, OWL + "hasValue")
                    if values:
                        return values[0]
        return None
