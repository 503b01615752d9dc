"""Whether a query's values fit a workflow's inputs: by role, never by kind, and within the limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kg_service.model.plan import MissingCode
from kg_service.model.query import Query
from kg_service.model.terms import KG
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input
from kg_service.planning.coverage import contains, named_in
from kg_service.planning.entries import Entry, Match, Promise, Slot
from kg_service.planning.index import WorkflowIndex
from kg_service.rdf.query import argument_name
from kg_service.vocabulary.definitions import Feature

__all__ = ["ANY", "Asked", "Fit", "Refusal", "admissible", "distance", "match", "ordered"]

ANY: Final = Value(Kind.TEXT, "\x00any", None, None)
"""Stands for a value that the astronomer will name: admissible everywhere. Compared by identity."""

_NUMERIC: Final = frozenset(
    {Kind.RIGHT_ASCENSION, Kind.DECLINATION, Kind.ANGLE, Kind.TIME, Kind.DURATION, Kind.ENERGY,
     Kind.FREQUENCY, Kind.LENGTH, Kind.NUMBER, Kind.INTEGER}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """The binding that fills an input, and how well: 0 exact, 1 narrower role, 2 converted."""

    binding: int
    rank: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why bindings that fit an input by meaning cannot fill it."""

    code: MissingCode
    slot: Slot
    bindings: tuple[int, ...]


class Asked:
    """A query compiled against an index. Sets of bindings are the bits of an integer."""

    __slots__ = ("bindings", "features", "full", "index", "own", "query", "role_mask", "roles", "workflow")

    def __init__(self, query: Query, index: WorkflowIndex) -> None:
        self.query = query
        self.index = index
        self.bindings = query.bindings
        self.full = (1 << len(self.bindings)) - 1
        self.roles = tuple(index.role(b.term) for b in self.bindings)
        self.own: dict[int, tuple[str, str | None]] = {}
        self.role_mask = 0
        for number, role in enumerate(self.roles):
            if role >= 0:
                self.role_mask |= 1 << role
            elif (name := argument_name(self.bindings[number].property)) is not None:
                self.own[number] = name
        self.features: frozenset[Feature] = index.request_features(query.asks_for, query.constraints)
        self.workflow = next((c.value for c in query.constraints if c.property == _WORKFLOW), None)

    def claimed(self, root: Entry) -> frozenset[int]:
        """The parameters without a workflow's name that the last step has: no other step takes them."""
        return frozenset(n for n, (name, owner) in self.own.items() if owner is None and name in root.names)

    def fill(self, entry: Entry, slot: Slot, withheld: frozenset[int] = frozenset()) -> Fit | Refusal | None:
        """What of the query fills an input; ``None`` when nothing was given for it.

        Parameters
        ----------
        withheld
            Bindings of parameters that belong to another step.
        """
        fitting = [
            n for n, (name, owner) in self.own.items()
            if name == slot.item.name and owner in (None, entry.workflow.name) and n not in withheld
        ] if self.own and slot.goal is None else []  # fmt: skip
        if slot.role >= 0 and self.role_mask & slot.fits:
            fitting += self._by_role(entry, slot)
        if not fitting:
            return None
        if len(fitting) > 1 and len({self.bindings[n].value.key for n in fitting}) > 1:
            return Refusal(MissingCode.AMBIGUOUS, slot, tuple(fitting))
        best = min(fitting, key=lambda n: (self.rank(n, slot), n))
        if best not in self.own and self._shared(entry, slot, withheld):
            return Refusal(MissingCode.AMBIGUOUS, slot, (best,))
        value = self.bindings[best].value
        if not admissible(value, slot.item):
            return Refusal(MissingCode.VALUE_REFUSED, slot, (best,))
        side = self.index.sides.get(slot.role)
        coverage = entry.workflow.coverage
        if value is not ANY and not (
            (side is None or contains(coverage, side, value))
            and named_in(coverage, slot.item.term, value, self.index)
        ):
            return Refusal(MissingCode.NOT_COVERED, slot, (best,))
        return Fit(best, self.rank(best, slot))

    def _by_role(self, entry: Entry, slot: Slot) -> list[int]:
        taken = open_to(entry, slot)
        return [
            n for n, role in enumerate(self.roles) if role >= 0 and taken >> role & 1
        ]  # fmt: skip

    def _shared(self, entry: Entry, slot: Slot, withheld: frozenset[int]) -> bool:
        for other in entry.slots:
            if (
                other is not slot
                and other.role == slot.role
                and not any(
                    name == other.item.name and owner in (None, entry.workflow.name) and n not in withheld
                    for n, (name, owner) in self.own.items()
                )
            ):
                return True
        return False

    def rank(self, binding: int, slot: Slot) -> int:
        """How well a binding fits an input."""
        role = self.roles[binding]
        if role < 0:
            return 0
        if role != slot.role:
            return 1
        return 0 if slot.same_notation else 2

    def own_filled(self, entry: Entry, withheld: frozenset[int]) -> int:
        """The parameters given by name that this workflow takes, as bits."""
        return sum(
            1 << n for n, (name, owner) in self.own.items()
            if n not in withheld and name in entry.names and owner in (None, entry.workflow.name)
        )  # fmt: skip


_WORKFLOW: Final = KG + "workflow"


def open_to(entry: Entry, slot: Slot) -> int:
    """The roles that fill an input: its own and narrower ones, without those another input takes exactly."""
    return slot.fits & ~entry.exact | 1 << slot.role if slot.role >= 0 else 0


def admissible(value: Value, item: Input) -> bool:
    """Whether a canonical value lies within the limits and among the allowed values of an input."""
    if value is ANY:
        return True
    if value.kind is Kind.NONE:
        return item.optional
    if item.allowed and value.key not in {a.key for a in item.allowed}:
        return False
    return not (
        (item.minimum is not None and not ordered(item.minimum, value))
        or (item.maximum is not None and not ordered(value, item.maximum))
    )


def ordered(lower: Value, upper: Value) -> bool:
    """Whether two values of one quantity are in order (equal counts); values without order always are."""
    if lower.kind not in _NUMERIC or upper.kind not in _NUMERIC:
        return True
    if lower.unit == upper.unit or lower.unit is None or upper.unit is None:
        return Decimal(lower.text) <= Decimal(upper.text)
    from kg_service.model.notation import convert

    return Decimal(lower.text) <= convert(upper, lower.unit)


def match(asked: Asked) -> tuple[Match, ...]:
    """The workflows whose outputs have the asked features and whose inputs are not hopeless.

    The answer depends on the class, the constraints and which roles are given, not on values, and is
    remembered for that shape; the most promising come first.
    """
    index = asked.index
    shape = (asked.features, asked.query.asks_for, asked.workflow, asked.role_mask, tuple(asked.own.values()))
    found = index.shapes.get(shape)
    if found is None:
        found = index.shapes[shape] = tuple(_match(asked))
    return found


def _match(asked: Asked) -> list[Match]:
    found = [
        Match(entry, promise, bound)
        for entry, promise in _pinned(asked)
        if (bound := _bound(asked, entry, promise)) is not None
    ]
    return sorted(found, key=lambda m: (m.bound, m.entry.tie))


def _pinned(asked: Asked) -> list[tuple[Entry, Promise]]:
    index = asked.index
    if asked.workflow is None:
        return list(index.candidates(asked.features))
    return [
        (entry, promise)
        for entry in index.named(asked.workflow)
        for promise in entry.promises
        if asked.features <= promise.potential
    ]


def _bound(
    asked: Asked, entry: Entry, promise: Promise
) -> tuple[int, int, int, int, float, float, str] | None:
    """A lower bound of the place in the order (:mod:`.plan`), or ``None`` if the workflow is hopeless."""
    index, given = asked.index, asked.role_mask
    loose = given & ~entry.takes
    worst, steps, defaults = 0, 1, 0
    own = (
        {name for name, owner in asked.own.values() if owner in (None, entry.workflow.name)}
        if asked.own
        else ()
    )
    for slot in entry.slots:
        if given & open_to(entry, slot) or slot.item.name in own:
            continue
        if not slot.required:
            if slot.defaulted:
                worst, defaults = 9, defaults + 1
        elif not (index.providers(slot.role) if slot.goal is None else index.candidates(slot.goal)):
            return None
        else:
            worst, steps = max(worst, 4), max(steps, 2)
        if loose:
            loose &= ~index.reach(slot)
    declared = entry.workflow.coverage
    nothing_declared = declared.time is None and declared.energy is None and declared.objects is None
    if loose and nothing_declared and not any(slot.goal is not None for slot in entry.slots):
        return None
    workflow = entry.workflow
    defaults = defaults if steps == 1 else 0
    return (distance(asked, promise), worst, steps, defaults, -1.0, workflow.cost, workflow.name)


def distance(asked: Asked, promise: Promise) -> int:
    """0 when the output is of the asked kind itself, 1 when of a narrower kind."""
    term = promise.output.term
    return 0 if term == asked.query.asks_for or ("class", term) in asked.features else 1
