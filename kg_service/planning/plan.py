"""Plans for a query, best first: which steps, in which order, and where every input comes from."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kg_service.model.plan import Absent, Default, Derived, Given, Plan, Source, Step
from kg_service.model.query import Query
from kg_service.model.workflow import Workflow
from kg_service.planning.coverage import measure, overlap
from kg_service.planning.entries import Match, Promise
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import ANY, Asked, distance, match
from kg_service.planning.node import UNFILLED, Node, declared
from kg_service.planning.search import DEPTH, WIDTH, Search
from kg_service.planning.wording import Words, article, listed, noun

__all__ = ["ALTERNATIVES", "Finder", "Found", "in_turn", "matches", "plans"]

ALTERNATIVES: Final = 8
"""Plans kept for one query."""


_MET: Final = {
    0: "every input is given as it is taken",
    1: "an input is met by a narrower term",
    2: "a value is converted to the unit or format of the input",
    9: "an input takes its default",
}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A way to answer the whole query: the last step, its output, and the key of its place in the order."""

    node: Node
    promise: Promise
    key: tuple[object, ...]


class Finder:
    """The search for one query; searches that see the same query share what they found."""

    def __init__(self, query: Query, index: WorkflowIndex, *, depth: int = DEPTH, width: int = WIDTH) -> None:
        self.asked = Asked(query, index)
        self._depth = depth
        self._width = width
        self._searches: dict[tuple[frozenset[int], int], Search] = {}

    def search(self, found: Match) -> Search:
        """The search in which this workflow is the last step."""
        claimed = self.asked.claimed(found.entry) if self.asked.own else frozenset[int]()
        key = (claimed, found.entry.number if claimed else -1)
        search = self._searches.get(key)
        if search is None:
            search = self._searches[key] = Search(
                self.asked, root=found.entry, withheld=claimed, depth=self._depth, width=self._width
            )
        return search

    def ways(self, found: Match) -> Iterator[Node]:
        """The ways to run a workflow so that it has the asked features, whatever is left unconsumed."""
        search = self.search(found)
        goal = self.asked.features
        for node in search.nodes(found.entry, self._depth):
            if search.promised(node, found.promise, goal) and (found.entry.number, goal) not in node.pairs:
                yield node

    def answers(self, found: Match) -> Iterator[Found]:
        """The ways that leave nothing given unused."""
        search = self.search(found)
        for node in self.ways(found):
            if not search.unconsumed(node):
                yield Found(node, found.promise, self._key(node, found.promise))

    def best(self, limit: int) -> list[Found]:
        """The best answers of the whole catalogue in order."""
        kept: list[Found] = []
        for found in match(self.asked):
            if len(kept) == limit and found.bound > kept[-1].key[: len(found.bound)]:
                break
            for answer in self.answers(found):
                bisect.insort(kept, answer, key=_key_of)
            del kept[limit:]
        return kept

    def _key(self, node: Node, promise: Promise) -> tuple[object, ...]:
        """The order of plans; every term but the last two is a reason shown to the astronomer."""
        workflow = node.entry.workflow
        return (
            distance(self.asked, promise),
            node.worst,
            len(node.steps),
            node.defaults,
            -self.covered(node),
            node.cost,
            workflow.name,
            -node.entry.recency,
            tuple(sorted(step.entry.tie for step in node.steps)),
            node.number,
        )

    def covered(self, node: Node) -> float:
        """The fraction of the asked time and energy range that is covered, in [0, 1]."""
        asked: dict[str, list[float | None]] = {}
        for binding, role in zip(self.asked.bindings, self.asked.roles, strict=True):
            side = self.asked.index.sides.get(role)
            if side is not None and binding.value is not ANY:
                asked.setdefault(side.dimension, [None, None])[0 if side.is_start else 1] = measure(
                    binding.value
                )
        fraction = 1.0
        for dimension, (start, end) in asked.items():
            fraction *= overlap(declared(node, dimension), (start, end), dimension)
        return fraction


def _key_of(found: Found) -> tuple[object, ...]:
    return found.key


def plans(
    query: Query, index: WorkflowIndex, *, limit: int = ALTERNATIVES, depth: int = DEPTH, width: int = WIDTH
) -> tuple[Plan, ...]:
    """The plans that answer a query, best first; empty when nothing can.

    Parameters
    ----------
    limit
        How many alternatives to keep.
    depth
        Steps on the longest chain of a plan.
    width
        Alternatives kept for an intermediate goal.
    """
    finder = Finder(query, index, depth=depth, width=width)
    return tuple(to_plan(found, finder) for found in finder.best(limit))


def in_turn(query: Query, index: WorkflowIndex) -> Iterator[Plan]:
    """The same plans one after the other; the second is looked for only when it is asked for.

    Where hundreds of workflows match, to find the best one alone takes a twentieth of the time.
    """
    best = plans(query, index, limit=1)
    yield from best
    if best:
        yield from plans(query, index)[1:]


def matches(
    query: Query, index: WorkflowIndex, workflow: Workflow, *, depth: int = DEPTH, width: int = WIDTH
) -> bool:
    """Whether some plan that ends with this workflow answers the query."""
    finder = Finder(query, index, depth=depth, width=width)
    return any(
        True
        for found in match(finder.asked)
        if found.entry.workflow is workflow
        for _ in finder.answers(found)
    )


def to_plan(found: Found, finder: Finder) -> Plan:
    """The answer as a plan: steps in an order in which they can run."""
    order = _in_order(found.node)
    places = {node: place for place, node in enumerate(order)}
    used: dict[Node, list[tuple[str, Node]]] = {node: [] for node in order}
    for node in order:
        for filler in node.fillers:
            if isinstance(filler, tuple):
                used[filler[0]].append((filler[1], node))
    words = Words(finder.asked.index.catalogue)
    steps = tuple(_step(node, places, used[node], found, finder.asked, words) for node in order)
    covered = finder.covered(found.node)
    return Plan(
        steps=steps,
        output=found.promise.output.name,
        rank=found.node.worst,
        reasons=_reasons(found, covered, words),
        cost=found.node.cost,
        covered=covered,
    )


def _in_order(root: Node) -> list[Node]:
    """Every step after those it needs; each once."""
    order: list[Node] = []

    def visit(node: Node) -> None:
        for filler in node.fillers:
            if isinstance(filler, tuple) and filler[0] not in order:
                visit(filler[0])
        order.append(node)

    visit(root)
    return order


def _step(
    node: Node,
    places: dict[Node, int],
    used: list[tuple[str, Node]],
    found: Found,
    asked: Asked,
    words: Words,
) -> Step:
    workflow = node.entry.workflow
    inputs = {
        slot.item.name: _source(node, number, places, asked) for number, slot in enumerate(node.entry.slots)
    }
    names = (
        [found.promise.output.name] if node is found.node else list(dict.fromkeys(name for name, _ in used))
    )
    terms = {output.name: output.term for output in workflow.outputs}
    produces = tuple(terms[name] for name in names)
    what = listed(article(noun(words.label(term))) for term in produces)
    given = [words.given(s.binding) for s in inputs.values() if isinstance(s, Given)]
    if node is found.node:
        whose = f" of {words.labels(workflow.instruments)}" if workflow.instruments else ""
        why = f"makes {what}{whose}"
    else:
        why = f"gives {what} for {listed(dict.fromkeys(n.entry.workflow.name for _, n in used))}"
    if given:
        why += f" from {listed(given)}"
    found_by: dict[int, list[str]] = {}
    for slot in node.entry.slots:
        source = inputs[slot.item.name]
        if isinstance(source, Derived) and slot.required and slot.goal is None:
            found_by.setdefault(source.step + 1, []).append(article(noun(words.label(slot.item.term))))
    for number, what_is_needed in found_by.items():
        why += f", if step {number} finds {listed(what_is_needed)}"
    return Step(workflow, inputs, produces, why)


def _source(node: Node, number: int, places: dict[Node, int], asked: Asked) -> Source:
    filler, slot = node.fillers[number], node.entry.slots[number]
    if isinstance(filler, tuple):
        return Derived(places[filler[0]], filler[1])
    if filler != UNFILLED:
        return Given(asked.bindings[filler], asked.rank(filler, slot))
    return Default(slot.item.default) if slot.item.default is not None else Absent()


def _reasons(found: Found, covered: float, words: Words) -> tuple[str, ...]:
    node = found.node
    kind = words.label(found.promise.output.term)
    steps = len(node.steps)
    reasons = [
        f"its output is {article(noun(kind))}" + ("" if found.key[0] == 0 else ", a kind of what is asked"),
        _MET.get(node.worst, "an input is derived by other steps"),
        "one step" if steps == 1 else f"{steps} steps",
        f"{node.defaults or 'no'} default{'' if node.defaults == 1 else 's'} used",
    ]
    if covered < 1:
        reasons.append(f"covers {covered:.0%} of the asked range")
    reasons.append(f"about {node.cost:g} s")
    return tuple(reasons)
