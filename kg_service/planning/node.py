"""A step of a plan in the making: a workflow with the filler of every input, and what that implies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kg_service.model.values import Kind
from kg_service.planning.entries import Entry, Slot, Span, span
from kg_service.planning.match import ANY, Asked, ordered
from kg_service.vocabulary.definitions import Feature

__all__ = ["UNFILLED", "Draft", "Filler", "Link", "Node", "Pair", "bounds_in_order", "declared",
           "draft_order", "observed"]  # fmt: skip

UNFILLED: Final = -1
"""Nothing fills the input: it takes its default or stays empty."""

Link = tuple["Node", str]
"""A step and the name of its output that is used."""

Filler = int | Link
"""The number of a binding, a link to an earlier step, or :data:`UNFILLED`."""

Pair = tuple[int, frozenset[Feature]]


class Node:
    """A workflow with the filler of every input, and all that this implies for the steps behind it.

    ``mask`` is the set of bindings consumed here and behind; ``steps`` all steps in it; ``roles`` which
    link gives each role that was derived; ``pairs`` the (workflow, product goal) pairs behind it.
    """

    __slots__ = ("cost", "defaulted", "defaults", "depth", "entry", "fillers", "instruments", "mask",
                 "number", "pairs", "roles", "steps", "tie", "worst")  # fmt: skip

    def __init__(self, number: int, entry: Entry, draft: Draft, depth: int) -> None:
        self.number = number
        self.entry = entry
        self.fillers = tuple(draft.fillers)
        self.mask = draft.mask
        self.roles = draft.roles
        self.pairs = draft.pairs
        self.instruments = draft.instruments
        self.steps = draft.steps | {self}
        self.depth = depth
        self.worst = draft.worst
        self.defaulted = sum(map(_is_default, draft.fillers, entry.slots))
        self.defaults = self.defaulted + sum(step.defaulted for step in draft.steps)
        self.cost = entry.workflow.cost + sum(s.entry.workflow.cost for s in draft.steps)
        self.tie = (entry.number, tuple(sorted(s.entry.number for s in self.steps)))

    @property
    def order(self) -> tuple[object, ...]:
        """The order among alternatives for one goal, as far as it can be known there."""
        return (self.worst, len(self.steps), self.defaults, self.cost, self.tie, self.number)


@dataclass(slots=True)
class Draft:
    """A node whose inputs are being filled."""

    fillers: list[Filler]
    mask: int
    worst: int
    steps: frozenset[Node]
    roles: dict[int, Link]
    pairs: frozenset[Pair]
    instruments: frozenset[str]


def observed(link: Link) -> frozenset[str]:
    """The instruments that the linked product was observed with."""
    node, name = link
    promise = next((p for p in node.entry.promises if p.output.name == name), None)
    if promise is None:
        return frozenset()
    return promise.instruments if promise.fixed else promise.instruments | node.instruments


def declared(node: Node, dimension: str) -> Span | None:
    """The interval a product lies in: what its workflow declares, else the hull of its input products."""
    own = span(node.entry.workflow.coverage, dimension)
    if own is not None:
        return own
    behind = [
        declared(filler[0], dimension)
        for filler, slot in zip(node.fillers, node.entry.slots, strict=True)
        if slot.goal is not None and isinstance(filler, tuple)
    ]
    spans = [s for s in behind if s is not None]
    if not spans or len(spans) < len(behind):
        return None
    return (min(s[0] for s in spans), max(s[1] for s in spans))


def bounds_in_order(entry: Entry, draft: Draft, asked: Asked) -> bool:
    """Whether inputs that belong together (lower and upper energy) are in order, as far as they are known."""
    if not entry.workflow.inputs_together:
        return True
    places = {slot.item.name: place for place, slot in enumerate(entry.slots)}
    for lower, upper in entry.workflow.inputs_together:
        values = []
        for name in (lower, upper):
            filler = draft.fillers[places[name]]
            default = entry.slots[places[name]].item.default
            value = default if filler == UNFILLED else None
            if isinstance(filler, int) and filler >= 0:
                value = asked.bindings[filler].value
            values.append(value)
        first, second = values
        if first is None or second is None or first is ANY or second is ANY:
            continue
        if Kind.NONE in (first.kind, second.kind):
            continue  # an optional side that is left open
        if not ordered(first, second) or first.key == second.key:
            return False
    return True


def _is_default(filler: Filler, slot: Slot) -> bool:
    return filler == UNFILLED and slot.defaulted


def draft_order(draft: Draft) -> tuple[object, ...]:
    """The order among drafts that consume the same."""
    tie = [(f[0].tie, f[1]) if isinstance(f, tuple) else ((f, ()), "") for f in draft.fillers]
    return (draft.worst, len(draft.steps), sum(f == UNFILLED for f in draft.fillers), tie)
