"""The registered workflows compiled for matching: features of outputs, who takes and who gives which role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from kg_service.errors import UnknownTerm
from kg_service.model.query import Constraint
from kg_service.model.terms import KG
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow, WorkflowStatus
from kg_service.planning.entries import Entry, Match, Promise, Side, Slot, sides_of
from kg_service.vocabulary.definitions import OBSERVED_WITH, TWO_INSTRUMENTS, Feature
from kg_service.vocabulary.promises import bands_covered

if TYPE_CHECKING:
    from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["WorkflowIndex"]


class WorkflowIndex:
    """The active workflows, ready to be matched.

    Parameters
    ----------
    workflows
        In order of registration: of two versions of one name the later is the newer, and the older
        answers only a query that names it (``kg:workflow``).
    catalogue
        The compiled ontology.
    """

    def __init__(self, workflows: Iterable[Workflow], catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._roles: dict[str, int] = {}
        self._below: list[int] = []
        self._above: list[tuple[int, ...]] = []
        self.role_terms: list[str] = []
        self._output_memo: dict[
            tuple[frozenset[str], frozenset[str], tuple[str, ...]], frozenset[Feature]
        ] = {}
        self._instrument_memo: dict[str, str | None] = {}
        self._candidate_memo: dict[frozenset[Feature], tuple[tuple[Entry, Promise], ...]] = {}
        self._request_memo: dict[tuple[str, tuple[tuple[str, str], ...]], frozenset[Feature]] = {}
        self._reach_memo: dict[object, int] = {}
        self.shapes: dict[tuple[object, ...], tuple[Match, ...]] = {}
        self._compile_roles()
        self._compile(list(workflows))

    # -- compiling ---------------------------------------------------------------------------------

    def _compile_roles(self) -> None:
        self.role_terms = sorted(role.term for role in self.catalogue.roles())
        self._roles = {term: number for number, term in enumerate(self.role_terms)}
        self._below = [0] * len(self.role_terms)
        above: list[tuple[int, ...]] = []
        for term, number in self._roles.items():
            supers = sorted(self._roles[s] for s in self.catalogue.superclasses(term) if s in self._roles)
            above.append(tuple(supers))
            for upper in supers:
                self._below[upper] |= 1 << number
        self._above = above
        self.sides: dict[int, Side] = {
            number: side
            for term, number in self._roles.items()
            if (side := sides_of(term, self.catalogue)) is not None
        }

    def _compile(self, workflows: Sequence[Workflow]) -> None:
        latest: dict[str, int] = {}
        active = [w for w in workflows if w.status is WorkflowStatus.ACTIVE]
        for position, workflow in enumerate(active):
            latest[workflow.name] = position
        self._instruments = frozenset(self.catalogue.instruments())
        ordered = sorted(range(len(active)), key=lambda p: (active[p].name, -p))
        newest: list[Entry] = []
        self.older: list[Entry] = []
        for number, position in enumerate(ordered):
            entry = self._entry(number, active[position], position)
            (newest if latest[entry.workflow.name] == position else self.older).append(entry)
        self.entries: tuple[Entry, ...] = tuple(newest)
        self._by_features(newest)
        self._by_role(newest)

    def _entry(self, number: int, workflow: Workflow, position: int) -> Entry:
        many = any(self._needs_more_instruments(o) for o in workflow.outputs if o.is_product)
        slots = tuple(self._slot(item, many) for item in workflow.inputs)
        gives: dict[int, str] = {}
        for output in workflow.outputs:
            if not output.is_product:
                for upper in self._above[self.role(output.term)] if self.role(output.term) >= 0 else ():
                    # The output of the role itself wins over one of a narrower role.
                    if upper not in gives or self.role(output.term) == upper:
                        gives[upper] = output.name
        return Entry(
            number=number,
            workflow=workflow,
            recency=position,
            slots=slots,
            promises=tuple(self._promise(workflow, o, slots) for o in workflow.outputs if o.is_product),
            gives=tuple(gives.items()),
            exact=_union(1 << s.role for s in slots if s.role >= 0),
            takes=_union(s.fits for s in slots),
            names=frozenset(s.item.name for s in slots if s.goal is None),
        )

    def _slot(self, item: Input, many: bool) -> Slot:
        role = -1 if item.is_product else self.role(item.term)
        return Slot(
            item=item,
            role=role,
            same_notation=role < 0 or self._same_notation(item, role),
            fits=self._below[role] if role >= 0 else 0,
            goal=frozenset(self.catalogue.request_features(item.term)) if item.is_product else None,
            required=item.default is None and not item.optional,
            defaulted=self._assumes(item, role),
            contributes=item.determines == OBSERVED_WITH or (item.is_product and many),
        )

    def _assumes(self, item: Input, role: int) -> bool:
        """Whether the default stands for something that an astronomer could have meant otherwise.

        Settings of the analysis (kinds), an explicit none and a range left wholly open assume nothing.
        """
        default = item.default
        if default is None or default.kind is Kind.NONE or (role < 0 and not item.is_product):
            return False
        side = self.sides.get(role)
        return side is None or default != (item.minimum if side.is_start else item.maximum)

    def _same_notation(self, item: Input, role: int) -> bool:
        known = self.catalogue.role(self.role_terms[role])
        unit = known.unit if known is not None else None
        return item.term == self.role_terms[role] and item.unit in (None, unit)

    def _needs_more_instruments(self, output: Output) -> bool:
        """Whether the class asserts several instruments that are not named: the inputs bring them."""
        bare = self.output_features(frozenset((output.term,)), frozenset(), ())
        return TWO_INSTRUMENTS in bare and len(set(output.observed_with)) < 2

    def _promise(self, workflow: Workflow, output: Output, slots: tuple[Slot, ...]) -> Promise:
        classes = frozenset((output.term,))
        instruments = frozenset(output.observed_with)
        covers = bands_covered(workflow, self.catalogue)
        possible = self._possible(slots)
        base = self.output_features(classes, instruments, covers)
        return Promise(
            output=output,
            classes=classes,
            instruments=instruments,
            covers=covers,
            fixed=not any(slot.contributes for slot in slots),
            asserts_many=self._needs_more_instruments(output),
            potential=self.output_features(classes, instruments | possible, covers) if possible else base,
        )

    def _possible(self, slots: tuple[Slot, ...]) -> frozenset[str]:
        """The instruments that may be added by what is bound."""
        possible: set[str] = set()
        for slot in slots:
            if slot.contributes and slot.item.allowed:
                possible |= {i for v in slot.item.allowed if (i := self.instrument_of(v)) is not None}
            elif slot.contributes:
                possible |= self._instruments
        return frozenset(possible)

    def _by_features(self, entries: Sequence[Entry]) -> None:
        groups: dict[frozenset[Feature], list[tuple[Entry, Promise]]] = {}
        for entry in entries:
            for promise in entry.promises:
                groups.setdefault(promise.potential, []).append((entry, promise))
        self._groups = list(groups.values())
        self._bits: dict[Feature, int] = {}
        for number, features in enumerate(groups):
            for feature in features:
                self._bits[feature] = self._bits.get(feature, 0) | 1 << number

    def _by_role(self, entries: Sequence[Entry]) -> None:
        providers: dict[int, list[tuple[Entry, str]]] = {}
        for entry in entries:
            for role, name in entry.gives:
                providers.setdefault(role, []).append((entry, name))
        self._providers = {role: tuple(found) for role, found in providers.items()}

    # -- asking ------------------------------------------------------------------------------------

    def role(self, term: str) -> int:
        """The number of the role a class belongs to (notation classes belong to their role), or -1."""
        number = self._roles.get(term)
        if number is not None:
            return number
        role = self.catalogue.role(term)
        return -1 if role is None else self._roles.get(role.term, -1)

    def output_features(
        self, classes: frozenset[str], instruments: frozenset[str], covers: Sequence[str]
    ) -> frozenset[Feature]:
        """The saturated features of an output with these instruments."""
        key = (classes, instruments, tuple(covers))
        found = self._output_memo.get(key)
        if found is None:
            found = frozenset(self.catalogue.output_features(classes, instruments, covers))
            self._output_memo[key] = found
        return found

    def instrument_of(self, value: Value) -> str | None:
        """The instrument that a value of a determining input names, if it names one."""
        if value.text not in self._instrument_memo:
            try:
                found: str | None = self.catalogue.find(value.text, among="instrument").iri
            except UnknownTerm:
                found = None
            self._instrument_memo[value.text] = found
        return self._instrument_memo[value.text]

    def request_features(self, asks_for: str, constraints: Sequence[Constraint]) -> frozenset[Feature]:
        """What an output must promise: the class unfolded, instrument and messenger added."""
        kept = tuple((c.property, c.value) for c in constraints if c.property not in _NOT_FEATURES)
        found = self._request_memo.get((asks_for, kept))
        if found is None:
            features = set(self.catalogue.request_features(asks_for))
            for prop, value in kept:
                features |= self.catalogue.constraint_features(prop, value)
            found = self._request_memo[asks_for, kept] = frozenset(features)
        return found

    def constraint_features(self, constraints: Sequence[Constraint]) -> frozenset[Feature]:
        """What constraints alone ask of an output."""
        return frozenset(
            feature
            for c in constraints
            if c.property not in _NOT_FEATURES
            for feature in self.catalogue.constraint_features(c.property, c.value)
        )

    def candidates(self, features: frozenset[Feature]) -> tuple[tuple[Entry, Promise], ...]:
        """The outputs that have all the features, or can have them by what is bound."""
        found = self._candidate_memo.get(features)
        if found is None:
            found = self._candidate_memo[features] = tuple(self._find(features))
        return found

    def _find(self, features: frozenset[Feature]) -> Iterator[tuple[Entry, Promise]]:
        bits = -1
        for feature in features:
            bits &= self._bits.get(feature, 0)
            if not bits:
                break
        for number in _numbers(bits) if bits > 0 else (range(len(self._groups)) if bits else ()):
            yield from self._groups[number]

    def named(self, address: str) -> list[Entry]:
        """The workflow of an address ``.../workflows/{name}[/{version}]``; without a version the newest."""
        name, _, version = address.rpartition("workflows/")[2].partition("/")
        known = (*self.entries, *(self.older if version else ()))
        return [
            e for e in known if e.workflow.name == name and (not version or e.workflow.version == version)
        ]

    def providers(self, role: int) -> tuple[tuple[Entry, str], ...]:
        """The workflows that give a value of the role, with the name of the output."""
        return self._providers.get(role, ())

    def breadth(self, term: str) -> int:
        """How many roles a role's class holds, itself included; 0 for what is no role."""
        number = self.role(term)
        return 0 if number < 0 else self._below[number].bit_count()

    def reach(self, slot: Slot) -> int:
        """The roles that some chain of workflows behind this input could take, and the input's own."""
        key: object = slot.goal if slot.goal is not None else slot.role
        if slot.goal is None and slot.role < 0:
            return 0
        found = self._reach_memo.get(key)
        if found is None:
            found = self._reach_memo[key] = self._closure(slot)
        return found

    def _closure(self, start: Slot) -> int:
        reached, seen, waiting = 0, set[object](), [start]
        while waiting:
            slot = waiting.pop()
            reached |= slot.fits
            key: object = slot.goal if slot.goal is not None else slot.role
            if key in seen or (slot.goal is None and slot.role < 0):
                continue
            seen.add(key)
            found: Iterable[tuple[Entry, object]] = (
                self.candidates(slot.goal) if slot.goal is not None else self.providers(slot.role)
            )
            for entry, _ in found:
                waiting.extend(s for s in entry.slots if s.goal is not None or s.role >= 0)
        return reached


_NOT_FEATURES: Final = frozenset({KG + "workflow", KG + "newerThan"})


def _union(masks: Iterable[int]) -> int:
    total = 0
    for mask in masks:
        total |= mask
    return total


def _numbers(bits: int) -> Iterator[int]:
    """The positions of the set bits, by bytes: shifting a long integer bit by bit is quadratic."""
    for offset, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        rest = byte
        while rest:
            low = rest & -rest
            yield offset * 8 + low.bit_length() - 1
            rest ^= low
