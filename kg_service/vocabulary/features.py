"""What an output promises and what a request asks, as sets of atomic conditions.

A request is answerable in kind exactly when its conditions are a subset of the output's. Both sets
are computed here from the ontology and equal what OWL entails, as long as definitions stay in the
fragment of ``definitions``.
"""

from __future__ import annotations

from collections.abc import Iterable

from kg_service.model.terms import KG, OWL, RDFS
from kg_service.vocabulary.closure import Closure
from kg_service.vocabulary.definitions import (
    OBSERVED_WITH,
    TWO_INSTRUMENTS,
    Feature,
    OutsideFragment,
    read_expression,
)
from kg_service.vocabulary.statements import Statements

__all__ = ["FeatureCompiler"]


class FeatureCompiler:
    """Compiles classes and instruments to atomic conditions.

    Parameters
    ----------
    statements
        The ontology. Definitions outside the fragment are left out here and reported by
        ``check.check_ontology``.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        classes = statements.instances(OWL + "Class")
        self._parents: dict[str, tuple[str, ...]] = {}
        self._implied: dict[str, frozenset[Feature]] = {}
        self._definitions: dict[str, list[frozenset[Feature]]] = {}
        for cls in classes:
            if not cls.startswith("_:"):
                self._read_class(cls)
        self._within = _relation(statements, KG + "within")
        self._part_of = _relation(statements, KG + "partOf")
        self._domains = [("class", d) for d in statements.iris(OBSERVED_WITH, RDFS + "domain")]
        self._facility_domains = [("class", d) for d in statements.iris(KG + "facility", RDFS + "domain")]
        self._cover_domains = [("class", d) for d in statements.iris(KG + "covers", RDFS + "domain")]
        self._ordered = [(("class", c), d) for c, ds in self._definitions.items() for d in ds]
        self._steps: dict[Feature, tuple[Feature, ...]] = {}
        self._promises: dict[tuple[frozenset[str], ...], frozenset[Feature]] = {}
        self._asks: dict[str, frozenset[Feature]] = {}

    def _read_class(self, cls: str) -> None:
        above: list[str] = []
        implied: set[Feature] = set()
        for node in self._statements.nodes(cls, RDFS + "subClassOf"):
            if not node.startswith("_:"):
                above += [node] if node != OWL + "Thing" else []
                continue
            try:
                implied |= read_expression(self._statements, node)
            except OutsideFragment:
                continue  # restrictions of parameter classes; of product classes check_ontology complains
        for node in self._statements.nodes(cls, OWL + "equivalentClass"):
            try:
                conditions = read_expression(self._statements, node)
            except OutsideFragment:
                continue
            self._definitions.setdefault(cls, []).append(conditions)
            above += [iri for what, iri in conditions if what == "class"]
            implied |= conditions
        self._parents[cls] = tuple(dict.fromkeys(above))
        if implied:
            self._implied[cls] = frozenset(implied)

    @property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """The named classes right above each class, those of its definition included."""
        return self._parents

    @property
    def definitions(self) -> dict[str, list[frozenset[Feature]]]:
        """The conditions that define each defined class."""
        return self._definitions

    def facilities(self, instrument: str) -> frozenset[str]:
        """An instrument and all that it is part of."""
        return self._part_of.above(instrument)

    def promises(
        self, classes: Iterable[str], observed_with: Iterable[str] = (), covers: Iterable[str] = ()
    ) -> frozenset[Feature]:
        """Every atomic condition that holds of an output of these classes, instruments and bands."""
        key = (frozenset(classes), frozenset(observed_with), frozenset(covers))
        known = self._promises.get(key)
        if known is not None:
            return known
        features: set[Feature] = set()
        self._spread(features, [("class", c) for c in key[0]])
        self._spread(features, [("observedWith", i) for i in key[1]])
        self._spread(features, [("covers", b) for b in key[2]])
        while True:
            if TWO_INSTRUMENTS not in features and sum(f[0] == "observedWith" for f in features) > 1:
                self._spread(features, [TWO_INSTRUMENTS])
            new = [c for c, conditions in self._ordered if c not in features and conditions <= features]
            if not new:
                break
            self._spread(features, new)
        self._promises[key] = frozenset(features)
        return self._promises[key]

    def _spread(self, features: set[Feature], new: Iterable[Feature]) -> None:
        waiting = list(new)
        while waiting:
            feature = waiting.pop()
            if feature in features:
                continue
            features.add(feature)
            step = self._steps.get(feature)
            if step is None:
                step = self._steps[feature] = tuple(self._consequences(feature))
            waiting += step

    def _consequences(self, feature: Feature) -> list[Feature]:
        what, iri = feature
        if what == "class":
            return [("class", p) for p in self._parents.get(iri, ())] + list(self._implied.get(iri, ()))
        if what == "observedWith":
            found: list[Feature] = [("facility", f) for f in self.facilities(iri)]
            direct = self._statements.iris(iri, KG + "observes")
            return [*found, *(("observes", m) for m in direct), *self._domains]
        if what == "observes":
            return [*(("observes", m) for m in self._within.above(iri)), *self._domains]
        if what == "covers":
            return [*(("covers", b) for b in self._within.above(iri)), *self._cover_domains]
        return self._facility_domains if what == "facility" else self._domains

    def asks(self, cls: str) -> frozenset[Feature]:
        """The atomic conditions of a request for a class: its definition written out."""
        known = self._asks.get(cls)
        if known is not None:
            return known
        conditions: set[Feature] = set()
        seen: set[str] = set()
        waiting: list[Feature] = [("class", cls)]
        while waiting:
            what, iri = waiting.pop()
            definitions = self._definitions.get(iri) if what == "class" else None
            if not definitions:
                conditions.add((what, iri))
            elif iri not in seen:
                seen.add(iri)
                waiting += definitions[0]
        self._asks[cls] = frozenset(self._without_implied(conditions))
        return self._asks[cls]

    def _without_implied(self, conditions: set[Feature]) -> set[Feature]:
        """Leave out what another condition implies, so that a reason is said once."""
        kept = set(conditions)
        for feature in sorted(conditions):
            if feature not in kept:
                continue
            above: set[Feature] = set()
            self._spread(above, [feature])
            kept -= {f for f in above if f != feature}
        return kept


def _relation(statements: Statements, predicate: str) -> Closure:
    return Closure(
        {s: statements.iris(s, predicate) for s in statements.subjects() if predicate in statements.about(s)}
    )
