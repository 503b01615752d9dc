"""Backward chaining: the ways to run a workflow from what is given, kept few and each valid by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from kg_service.planning.coverage import guarantees
from kg_service.planning.entries import Entry, Promise, Slot
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import ANY, Asked, Fit, Refusal
from kg_service.planning.node import (
    UNFILLED,
    Draft,
    Filler,
    Link,
    Node,
    bounds_in_order,
    declared,
    draft_order,
    observed,
)
from kg_service.vocabulary.definitions import Feature

__all__ = ["DEPTH", "WIDTH", "Search"]

DEPTH: Final = 5
"""Steps on the longest chain of a plan, the last one included."""

WIDTH: Final = 6
"""Alternatives kept for one goal among those that consume the same bindings."""

_SORTS: Final = 8
_NOTHING: Final[frozenset[str]] = frozenset()


class Search:
    """The ways to run workflows for one query.

    Parameters
    ----------
    withheld
        Bindings that only the last step may take, and ``root`` that step.
    """

    def __init__(
        self, asked: Asked, *, root: Entry, withheld: frozenset[int], depth: int = DEPTH, width: int = WIDTH
    ) -> None:
        self.asked = asked
        self.index: WorkflowIndex = asked.index
        self.root = root
        self.withheld = withheld
        self.depth = depth
        self.width = width
        self._made: dict[tuple[object, ...], Node] = {}
        self._nodes: dict[tuple[int, int], list[Node]] = {}
        self._goals: dict[tuple[object, int, bool], list[Link]] = {}

    # -- one workflow --------------------------------------------------------------------------------

    def nodes(self, entry: Entry, depth: int) -> list[Node]:
        """The ways to run a workflow with at most ``depth`` steps on the longest chain, best first."""
        key = (entry.number, depth)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = self._run(entry, depth)
        return found

    def _run(self, entry: Entry, depth: int) -> list[Node]:
        if depth < 1:
            return []
        withheld = self.withheld if entry is not self.root else frozenset()
        fillers: list[Filler] = [UNFILLED] * len(entry.slots)
        mask = worst = 0
        instruments: set[str] = set()
        required: list[int] = []
        spare: list[int] = []
        for place, slot in enumerate(entry.slots):
            fill = self.asked.fill(entry, slot, withheld)
            if isinstance(fill, Refusal):
                return []
            if fill is not None:
                fillers[place] = fill.binding
                mask |= 1 << fill.binding
                worst = max(worst, fill.rank)
                if slot.contributes:
                    instruments |= self._named(fill)
                continue
            derivable = slot.role >= 0 or slot.goal is not None
            if slot.required and not derivable:
                return []
            (required if slot.required else spare).append(place)
            if not slot.required:
                worst = max(worst, 9 if slot.defaulted else 0)
                if slot.contributes and slot.item.default is not None:
                    instruments |= self._instrument(slot)
        draft = Draft(fillers, mask, worst, frozenset(), {}, frozenset(), frozenset(instruments))
        drafts = [draft]
        for place in required:
            slot = entry.slots[place]
            drafts = self._thin(self._extend(drafts, entry, place, self.options(slot, depth - 1)))
            if not drafts:
                return []
        if spare:
            drafts = self._fill_spare(drafts, entry, spare, depth)
        return self._finish(entry, drafts)

    def _named(self, fill: Fit) -> set[str]:
        value = self.asked.bindings[fill.binding].value
        found = self.index.instrument_of(value)
        return set() if found is None or value is ANY else {found}

    def _instrument(self, slot: Slot) -> set[str]:
        assert slot.item.default is not None
        found = self.index.instrument_of(slot.item.default)
        return set() if found is None else {found}

    def _extend(
        self, drafts: Iterable[Draft], entry: Entry, place: int, options: list[Link]
    ) -> Iterator[Draft]:
        slot = entry.slots[place]
        for draft in drafts:
            for link in options:
                joined = self._join(draft, slot, place, link)
                if joined is not None:
                    yield joined

    def _join(self, draft: Draft, slot: Slot, place: int, link: Link) -> Draft | None:
        """The draft with one more link, unless a role would get two values in one plan."""
        node = link[0]
        roles = draft.roles
        if node.roles or slot.role >= 0:
            if roles and any(roles.get(role, other) != other for role, other in node.roles.items()):
                return None
            roles = {**roles, **node.roles}
            if slot.role >= 0:
                if roles.get(slot.role, link) != link:
                    return None
                roles[slot.role] = link
        pairs = draft.pairs | node.pairs
        if slot.goal is not None:
            pairs |= {(node.entry.number, slot.goal)}
        steps = draft.steps | node.steps
        fillers = draft.fillers.copy()
        fillers[place] = link
        return Draft(
            fillers,
            draft.mask | node.mask,
            # An input with a default is no better met by a chain than by the default.
            draft.worst if slot.defaulted else max(draft.worst, 3 + len(node.steps)),
            steps,
            roles,
            pairs,
            draft.instruments | observed(link) if slot.contributes else draft.instruments,
        )

    def _fill_spare(self, drafts: list[Draft], entry: Entry, spare: list[int], depth: int) -> list[Draft]:
        """Derive an input that has a default only where this consumes a binding, or costs no step."""
        given = self.asked.full
        for place in spare:
            slot = entry.slots[place]
            if slot.role < 0 and slot.goal is None:
                continue
            grown = list(drafts)
            for draft in drafts:
                if self._worthwhile(slot, given & ~draft.mask):
                    grown += self._useful(draft, slot, place, depth)
            drafts = self._thin(grown) if len(grown) > len(drafts) else drafts
        return [self._free(draft, entry, spare) for draft in drafts]

    def _worthwhile(self, slot: Slot, unconsumed: int) -> bool:
        if slot.goal is not None and slot.contributes:
            return True
        if not unconsumed:
            return False
        reach = self.index.reach(slot)
        roles = self.asked.roles
        return any(unconsumed >> n & 1 and (r < 0 or reach >> r & 1) for n, r in enumerate(roles))

    def _useful(self, draft: Draft, slot: Slot, place: int, depth: int) -> Iterator[Draft]:
        for link in self.options(slot, depth - 1):
            joined = self._join(draft, slot, place, link)
            if joined is not None and (joined.mask != draft.mask or joined.instruments != draft.instruments):
                yield joined

    def _free(self, draft: Draft, entry: Entry, spare: list[int]) -> Draft:
        """Take values that steps of the draft give anyway, before falling back to defaults."""
        for place in spare:
            slot = entry.slots[place]
            if draft.fillers[place] != UNFILLED or slot.role < 0 or not draft.steps:
                continue
            link = draft.roles.get(slot.role)
            links = [link] if link is not None else [
                (node, name) for node in sorted(draft.steps, key=_by_number)
                for role, name in node.entry.gives if role == slot.role
            ]  # fmt: skip
            for candidate in links:
                joined = self._join(draft, slot, place, candidate)
                if joined is not None and slot.role not in candidate[0].roles:
                    draft = joined
                    break
        return draft

    def _thin(self, drafts: Iterable[Draft]) -> list[Draft]:
        """The best few of those that consume and contribute the same."""
        groups: dict[tuple[int, frozenset[str]], list[Draft]] = {}
        for draft in drafts:
            groups.setdefault((draft.mask, draft.instruments), []).append(draft)
        if all(len(group) <= self.width for group in groups.values()):
            return [draft for group in groups.values() for draft in group]
        return [d for group in groups.values() for d in sorted(group, key=draft_order)[: self.width]]

    def _finish(self, entry: Entry, drafts: list[Draft]) -> list[Node]:
        nodes = []
        for draft in drafts:
            if not bounds_in_order(entry, draft, self.asked):
                continue
            key = (entry.number, *((f[0].number, f[1]) if isinstance(f, tuple) else f for f in draft.fillers))
            node = self._made.get(key)
            if node is None:
                depth = 1 + max((f[0].depth for f in draft.fillers if isinstance(f, tuple)), default=0)
                node = self._made[key] = Node(len(self._made), entry, draft, depth)
            if node not in nodes:
                nodes.append(node)
        return sorted(nodes, key=_node_order) if len(nodes) > 1 else nodes

    # -- goals ---------------------------------------------------------------------------------------

    def options(self, slot: Slot, depth: int) -> list[Link]:
        """The links that fill an open input with at most ``depth`` steps on the longest chain."""
        key = (slot.goal if slot.goal is not None else slot.role, depth, slot.contributes)
        found = self._goals.get(key)
        if found is None:
            if depth < 1:
                links: Iterable[Link] = ()
            elif slot.goal is not None:
                links = self._products(slot.goal, depth)
            else:
                links = self._values(slot.role, depth)
            found = self._goals[key] = self._best(links, told_apart=slot.contributes)
        return found

    def _values(self, role: int, depth: int) -> Iterator[Link]:
        providers = self.index.providers(role)
        giving = {entry for entry, _ in providers}
        for entry, name in providers:
            for node in self.nodes(entry, depth):
                # What a step already gives is not looked up again from its results: the name of whatever
                # lies at the position of a named object may be the name of another object.
                if role not in node.roles and not any(s.entry in giving for s in node.steps if s is not node):
                    yield (node, name)

    def _products(self, goal: frozenset[Feature], depth: int) -> Iterator[Link]:
        for entry, promise in self.index.candidates(goal):
            for node in self.nodes(entry, depth):
                if self.promised(node, promise, goal) and (entry.number, goal) not in node.pairs:
                    yield (node, promise.output.name)

    def promised(self, node: Node, promise: Promise, goal: frozenset[Feature]) -> bool:
        """Whether the output really has the features, now that it is known what is bound."""
        if promise.fixed:
            return goal <= promise.potential
        instruments = promise.instruments | node.instruments
        if promise.asserts_many and len(instruments) == 1:
            return False
        return goal <= self.index.output_features(promise.classes, instruments, promise.covers)

    def _best(self, links: Iterable[Link], *, told_apart: bool) -> list[Link]:
        """The best few of every sort; a sort is what is consumed and, where it matters, the instruments."""
        sorts: dict[tuple[int, frozenset[str]], list[Link]] = {}
        for link in links:
            sorts.setdefault((link[0].mask, observed(link) if told_apart else _NOTHING), []).append(link)
        ranked = (
            (place, _link_order(link), link)
            for sort in sorts.values()
            for place, link in enumerate(sorted(sort, key=_link_order)[: self.width])
        )
        # The best of every sort comes before the second of any, where there are too many to keep.
        kept = sorted(ranked, key=_place_and_order)[: _SORTS * self.width]
        return sorted((link for _, _, link in kept), key=_link_order)

    # -- the whole query -----------------------------------------------------------------------------

    def unconsumed(self, node: Node) -> int:
        """The bindings that neither a step takes nor declared coverage guarantees, as bits."""
        left = self.asked.full & ~node.mask
        if not left:
            return 0
        for number in range(len(self.asked.bindings)):
            if left >> number & 1 and self._guaranteed(node, number):
                left &= ~(1 << number)
        return left

    def _guaranteed(self, node: Node, number: int) -> bool:
        binding, role = self.asked.bindings[number], self.asked.roles[number]
        side = self.index.sides.get(role)
        if binding.value is ANY:
            return False
        if side is not None:
            return guarantees(declared(node, side.dimension), side, binding.value)
        return role >= 0 and node.entry.workflow.coverage.objects == (binding.value.text,)


_by_number = attrgetter("number")
_node_order = attrgetter("order")


def _place_and_order(item: tuple[int, tuple[object, ...], Link]) -> tuple[int, tuple[object, ...]]:
    return item[:2]


def _link_order(link: Link) -> tuple[object, ...]:
    return (*link[0].order, link[1])
