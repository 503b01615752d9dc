"""The smallest change of a query that makes a workflow answer it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from kg_service.model.plan import Edit, EditKind, MissingCode
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG
from kg_service.model.values import Value
from kg_service.planning.coverage import guarantees
from kg_service.planning.entries import Entry, Match, Slot, span
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import ANY, Asked, Refusal
from kg_service.planning.nearest import replacements
from kg_service.planning.plan import Finder
from kg_service.planning.search import DEPTH, WIDTH
from kg_service.rdf.query import argument_property

__all__ = ["LARGEST", "Remedies", "apply_edits", "behind", "cost"]

LARGEST: Final = 3
"""Edits at most: beyond these it is another question."""

ASKS_FOR: Final = KG + "asksFor"
_INSTRUMENT: Final = KG + "instrument"
_MESSENGER: Final = KG + "messenger"
_COSTS: Final = {EditKind.REPLACE: 1, EditKind.ADD: 2, EditKind.DROP: 3}
_OTHER_CLASS: Final = 4
_BEHIND: Final = 60
"""Workflows looked at behind one: a remedy that needs an input farther away is not found."""

_Bears = Callable[[Edit], bool]


def cost(edit: Edit) -> int:
    """How much an edit changes the question: replace a value < add < drop < another class."""
    return _OTHER_CLASS if edit.term == ASKS_FOR else _COSTS[edit.edit]


def apply_edits(query: Query, edits: Iterable[Edit], index: WorkflowIndex) -> Query:
    """The query after the edits; an added binding without a value stands for any that fits."""
    asks_for, bindings, constraints = query.asks_for, list(query.bindings), list(query.constraints)
    for edit in edits:
        if edit.term == ASKS_FOR:
            asks_for = str(edit.value)
        elif edit.old is not None:
            place = next(
                n for n, c in enumerate(constraints) if (c.property, c.value) == (edit.term, edit.old)
            )
            old = constraints.pop(place)
            if edit.edit is EditKind.REPLACE:
                constraints.insert(place, replace(old, value=str(edit.value), given=""))
        elif edit.edit is EditKind.ADD:
            value = edit.value if isinstance(edit.value, Value) else ANY
            role = index.catalogue.role(edit.term)
            bindings.append(Binding(role.property if role is not None else edit.term, edit.term, value))
        else:
            place = next(n for n, b in enumerate(bindings) if b.term == edit.term)
            known = bindings.pop(place)
            if edit.edit is EditKind.REPLACE and isinstance(edit.value, Value):
                bindings.insert(place, replace(known, value=edit.value, given=""))
    return Query(asks_for, tuple(bindings), tuple(constraints))


def behind(entry: Entry, index: WorkflowIndex) -> list[tuple[Entry, Slot]]:
    """The inputs of a workflow and of the workflows that could stand behind one of them, nearest first."""
    found: list[tuple[Entry, Slot]] = []
    seen: set[int] = {entry.number}
    waiting = deque([entry])
    while waiting:
        item = waiting.popleft()
        for slot in item.slots:
            found.append((item, slot))
            more: Sequence[tuple[Entry, object]] = (
                index.candidates(slot.goal) if slot.goal is not None
                else index.providers(slot.role) if slot.role >= 0 else ()
            )  # fmt: skip
            for other, _ in more:
                if other.number not in seen and len(seen) < _BEHIND:
                    seen.add(other.number)
                    waiting.append(other)
    return found


class Remedies:
    """The search for the smallest set of edits for one query and one workflow.

    It grows sets of edits one by one and only by edits that bear on a condition that still fails: an
    edit that cannot change a failing condition cannot be the next one needed.
    """

    def __init__(
        self, query: Query, entry: Entry, index: WorkflowIndex, *, depth: int = DEPTH, width: int = WIDTH
    ) -> None:
        self.query = query
        self.entry = entry
        self.index = index
        self._depth = depth
        self._width = width
        self._inputs = behind(entry, index)
        self.edits = self._universe()

    def smallest(self, largest: int = LARGEST) -> tuple[Edit, ...] | None:
        """The fewest edits, the cheapest among those, that make the workflow match.

        Empty when it matches already, ``None`` when ``largest`` edits are not enough.
        """
        for size in range(largest + 1):
            seen: set[frozenset[int]] = set()
            found: list[tuple[int, ...]] = []
            self._grow((), size, seen, found)
            if found:
                best = min(found, key=lambda chosen: (sum(cost(self.edits[n]) for n in chosen), chosen))
                return tuple(self.edits[n] for n in best)
        return None

    def _grow(
        self, chosen: tuple[int, ...], left: int, seen: set[frozenset[int]], found: list[tuple[int, ...]]
    ) -> None:
        query = apply_edits(self.query, (self.edits[n] for n in chosen), self.index)
        finder = Finder(query, self.index, depth=self._depth, width=self._width)
        if not left:
            if self._answers(finder):
                found.append(tuple(sorted(chosen)))
            return
        bearing = self._bearing(finder.asked, left)
        touched = {(self.edits[n].term, self.edits[n].old) for n in chosen}
        for number, edit in enumerate(self.edits):
            if (edit.term, edit.old) in touched or (bearing is not None and number not in bearing):
                continue
            grown = frozenset((*chosen, number))
            if grown not in seen:
                seen.add(grown)
                self._grow((*chosen, number), left - 1, seen, found)

    def _answers(self, finder: Finder) -> bool:
        features = finder.asked.features
        return any(
            True
            for promise in self.entry.promises
            if features <= promise.potential
            for _ in finder.answers(Match(self.entry, promise))
        )

    # -- the edits that are considered ---------------------------------------------------------------

    def _universe(self) -> list[Edit]:
        edits = [
            *self._other_classes(),
            *(edit for c in self.query.constraints for edit in self._constraint_edits(c)),
            *(edit for b in self.query.bindings for edit in self._binding_edits(b)),
            *self._additions(),
        ]
        return sorted(dict.fromkeys(edits), key=self._preference)

    def _preference(self, edit: Edit) -> tuple[object, ...]:
        role = self.index.catalogue.role(edit.term) if edit.edit is EditKind.ADD else None
        uncommon = 0 if role is None or role.alt_names else 1
        by_role = role is not None or edit.edit is not EditKind.ADD
        far = by_role and self.index.role(edit.term) not in {slot.role for slot in self.entry.slots}
        # Of the names of one thing the broadest is what people have: the object, not its catalogue number.
        breadth = self.index.breadth(edit.term) if edit.edit is EditKind.ADD else 0
        return (cost(edit), not by_role, uncommon, -breadth, far, edit.term)

    def _other_classes(self) -> list[Edit]:
        terms = dict.fromkeys(promise.output.term for promise in self.entry.promises)
        return [Edit(EditKind.REPLACE, ASKS_FOR, term) for term in terms if term != self.query.asks_for]

    def _constraint_edits(self, constraint: Constraint) -> list[Edit]:
        if constraint.property not in (_INSTRUMENT, _MESSENGER):
            return []
        wanted = "observedWith" if constraint.property == _INSTRUMENT else "observes"
        own = sorted({i for p in self.entry.promises for i in p.instruments})
        values = own if constraint.property == _INSTRUMENT and own else sorted(
            {item for p in self.entry.promises for what, item in p.potential if what == wanted}
        )  # fmt: skip
        return [
            Edit(EditKind.DROP, constraint.property, None, constraint.value),
            *(Edit(EditKind.REPLACE, constraint.property, v, constraint.value)
              for v in values if v != constraint.value),
        ]  # fmt: skip

    def _binding_edits(self, binding: Binding) -> list[Edit]:
        values = replacements(binding, self.entry, self._inputs, self.index)
        return [
            Edit(EditKind.DROP, binding.term),
            *(Edit(EditKind.REPLACE, binding.term, value) for value in values),
        ]

    def _additions(self) -> list[Edit]:
        given = {binding.term for binding in self.query.bindings}
        roles = {self.index.role_terms[slot.role] for _, slot in self._inputs if slot.role >= 0}
        own = [
            argument_property(slot.item.name, entry.workflow.name)
            for entry, slot in self._inputs
            if slot.goal is None
        ]
        return [Edit(EditKind.ADD, term) for term in sorted({*roles, *own} - given)]

    # -- which of them can matter --------------------------------------------------------------------

    def _bearing(self, asked: Asked, left: int) -> set[int] | None:
        """The edits that bear on one failing condition; ``None`` when any edit may matter.

        An empty set says that more edits are needed than are left.
        """
        unfit = all(asked.features - promise.potential for promise in self.entry.promises)
        stray = self._stray(asked)
        if len(stray) + unfit > left:
            return set()
        if stray:
            return self._touching({asked.bindings[stray[0]].term})
        if unfit:
            return self._numbers(lambda e: e.term == ASKS_FOR or e.old is not None)
        return self._bearing_on_inputs(asked)

    def _bearing_on_inputs(self, asked: Asked) -> set[int] | None:
        withheld: frozenset[int] = frozenset()
        for slot in self.entry.slots:
            fill = asked.fill(self.entry, slot, withheld)
            if isinstance(fill, Refusal) and fill.code is not MissingCode.AMBIGUOUS:
                # Nothing added can turn a refusal into a fit: the refused binding itself has to change.
                return self._touching({asked.bindings[n].term for n in fill.bindings})
            if fill is None and slot.required and slot.role < 0 and slot.goal is None:
                return self._touching({argument_property(slot.item.name, self.entry.workflow.name)})
        return None

    def _numbers(self, bears: _Bears) -> set[int]:
        return {number for number, edit in enumerate(self.edits) if bears(edit)}

    def _touching(self, terms: set[str]) -> set[int]:
        return self._numbers(lambda edit: edit.term in terms)

    def _stray(self, asked: Asked) -> list[int]:
        """The bindings that nothing behind this workflow could ever take, and no coverage guarantees."""
        takes = self.entry.takes
        names = {(e.workflow.name, s.item.name) for e, s in self._inputs if s.goal is None}
        for slot in self.entry.slots:
            takes |= self.index.reach(slot)
        stray = []
        for number in range(len(asked.bindings)):
            role = asked.roles[number]
            if role >= 0 and not takes >> role & 1 and not self._may_guarantee(asked, number):
                stray.append(number)
            elif role < 0 and number in asked.own:
                name, owner = asked.own[number]
                if not any(n == name and owner in (None, w) for w, n in names):
                    stray.append(number)
            elif role < 0 and number not in asked.own:
                stray.append(number)
        return stray if all(asked.bindings[n].value is not ANY for n in stray) else []

    def _may_guarantee(self, asked: Asked, number: int) -> bool:
        binding, coverage = asked.bindings[number], self.entry.workflow.coverage
        side = self.index.sides.get(asked.roles[number])
        if side is None:
            return coverage.objects == (binding.value.text,)
        declared = span(coverage, side.dimension)
        behind_products = declared is None and any(slot.goal is not None for slot in self.entry.slots)
        return behind_products or guarantees(declared, side, binding.value)
