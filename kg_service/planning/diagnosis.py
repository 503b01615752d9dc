"""Which conditions of a query a workflow does not meet, each said by what the workflow does offer."""

from __future__ import annotations

from collections.abc import Iterator

from kg_service.model.plan import Missing, MissingCode
from kg_service.model.query import Binding
from kg_service.model.terms import KG
from kg_service.model.workflow import Coverage
from kg_service.planning.coverage import contains
from kg_service.planning.entries import Entry, Match, Promise, Slot, span
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import Asked, Refusal
from kg_service.planning.node import Node, declared, observed
from kg_service.planning.plan import Finder
from kg_service.planning.wording import Words, article, listed, noun
from kg_service.vocabulary.definitions import Feature

__all__ = ["diagnose"]

_PARTS = {KG + "instrument": "instrument", KG + "messenger": "messenger"}


def diagnose(entry: Entry, finder: Finder) -> tuple[Missing, ...]:
    """Every unmet condition, the output's first."""
    promise = min(entry.promises, key=lambda p: (len(finder.asked.features - p.potential), p.output.name))
    found = [*_output(entry, promise, finder)]
    inputs = _Inputs(entry, promise, finder, met=not found)
    found += inputs.missing()
    found += inputs.unused()
    if not found:
        found = [inputs.jointly()]
    return tuple(found)


def _output(entry: Entry, promise: Promise, finder: Finder) -> Iterator[Missing]:
    asked, index = finder.asked, finder.asked.index
    words = Words(index.catalogue)
    promised = promise.potential
    instruments = promise.instruments or frozenset(entry.workflow.instruments)
    whose = f" of {words.labels(instruments)}" if instruments else ""
    kind = words.kind(promise.output.term)
    wanted = index.request_features(asked.query.asks_for, ())
    if not wanted <= promised:
        message = f"gives {kind}{whose}, {_instead(wanted - promised, asked, words)}"
        yield Missing(MissingCode.NO_SUCH_OUTPUT, asked.query.asks_for, message)
    for constraint in asked.query.constraints:
        needs = index.request_features(asked.query.asks_for, (constraint,)) - wanted
        if constraint.property in _PARTS and not needs <= promised:
            offered = f"is observed with {words.labels(instruments)}" if instruments else f"gives {kind}"
            message = f"{offered}, not with {words.label(constraint.value)}"
            if constraint.property == KG + "messenger":
                message = f"gives {kind}{whose}, which does not observe {words.label(constraint.value)}"
            yield Missing(MissingCode.NO_SUCH_OUTPUT, constraint.value, message)


def _instead(lacking: frozenset[Feature], asked: Asked, words: Words) -> str:
    label = words.kind(asked.query.asks_for)
    return f"not {label}" if any(what == "class" for what, _ in lacking) else f"which is not {label}"


class _Inputs:
    """The inputs of one workflow against one query."""

    def __init__(self, entry: Entry, promise: Promise, finder: Finder, *, met: bool) -> None:
        self.entry = entry
        self.finder = finder
        self.asked: Asked = finder.asked
        self.index: WorkflowIndex = finder.asked.index
        self.words = Words(self.index.catalogue)
        match = Match(entry, promise)
        self.search = finder.search(match)
        self.nodes: list[Node] = list(
            finder.ways(match) if met else self.search.nodes(entry, self.search.depth)
        )

    def missing(self) -> Iterator[Missing]:
        """Inputs of the workflow itself that are refused or cannot be had."""
        for slot in self.entry.slots:
            fill = self.asked.fill(self.entry, slot)
            if isinstance(fill, Refusal):
                yield self._refused(fill, self.entry)
            elif fill is None and slot.required and not self.search.options(slot, self.search.depth - 1):
                yield from self._deeper(slot) or [self._needed(slot)]

    def _needed(self, slot: Slot) -> Missing:
        item = slot.item
        wanted = article(noun(self.words.label(item.term))) if item.is_product else self._name(slot)
        ways = self._ways_to(slot)
        return Missing(MissingCode.MISSING_INPUT, item.term, f"needs {', or '.join([*ways, wanted])}")

    def _name(self, slot: Slot) -> str:
        return article(self.words.asked_name(slot.item))

    def _ways_to(self, slot: Slot) -> list[str]:
        """The inputs from which another workflow derives what this input needs, each way as a phrase."""
        if slot.role < 0:
            return []
        sets = [
            [self._name(s) for s in entry.slots if s.required]
            for entry, _ in self.index.providers(slot.role)
            if not any(s.required and (s.role == slot.role or s.goal is not None) for s in entry.slots)
        ]
        return list(dict.fromkeys(listed(s) for s in sorted(sets, key=len) if s))[:2]

    def _deeper(self, slot: Slot) -> list[Missing]:
        """Refusals by the workflows that would derive the input, where a given value is the reason."""
        providers = (
            self.index.candidates(slot.goal) if slot.goal is not None else self.index.providers(slot.role)
        )
        found: list[Missing] = []
        for entry, _ in providers:
            for inner in entry.slots:
                fill = self.asked.fill(entry, inner, self.search.withheld)
                if isinstance(fill, Refusal):
                    missing = self._refused(fill, entry)
                    message = f"{missing.message} ({entry.workflow.name})"
                    found.append(Missing(missing.code, missing.term, message))
        return found[:3]

    def _refused(self, refusal: Refusal, entry: Entry) -> Missing:
        item, words = refusal.slot.item, self.words
        bindings = [self.asked.bindings[n] for n in refusal.bindings]
        first = bindings[0]
        if refusal.code is MissingCode.AMBIGUOUS:
            return Missing(refusal.code, item.term, self._ambiguous(refusal, bindings, entry))
        if refusal.code is MissingCode.NOT_COVERED:
            side = self.index.sides.get(refusal.slot.role)
            return Missing(
                refusal.code, first.term, words.not_covered(entry.workflow.coverage, side, first.value)
            )
        refused = words.value(first.value, item.unit)
        message = f"takes {words.limits(item)} for {words.asked_name(item)}, not {refused}"
        return Missing(refusal.code, first.term, message)

    def _ambiguous(self, refusal: Refusal, bindings: list[Binding], entry: Entry) -> str:
        if len(bindings) > 1:
            both = listed(self.words.given(b) for b in bindings)
            return f"{both} both fit {refusal.slot.item.name}; give one of them"
        names = listed(s.item.name for s in entry.slots if s.role == refusal.slot.role)
        return f"{self.words.given(bindings[0])} fits {names}; give each by its own name"

    # -- what was given and is not used --------------------------------------------------------------

    def unused(self) -> Iterator[Missing]:
        """Bindings that the best way to run the workflow leaves unused."""
        for number in self._left():
            binding = self.asked.bindings[number]
            yield self._not_consumed(binding, self.asked.roles[number])

    def _left(self) -> list[int]:
        if self.nodes:
            bits = min(
                (self.search.unconsumed(node) for node in self.nodes), key=lambda b: (b.bit_count(), b)
            )
            return [n for n in range(len(self.asked.bindings)) if bits >> n & 1]
        takes = self.entry.takes
        for slot in self.entry.slots:
            takes |= self.index.reach(slot)
        own = self.asked.own_filled(self.entry, frozenset())
        return [
            n for n, role in enumerate(self.asked.roles)
            if not (takes >> role & 1 if role >= 0 else own >> n & 1)
            and not self._fixed_inside(n)
        ]  # fmt: skip

    def _fixed_inside(self, number: int) -> bool:
        """Whether the workflow's own coverage guarantees a binding that nothing takes."""
        node = self.nodes[0] if self.nodes else None
        return node is not None and not self.search.unconsumed(node) >> number & 1

    def _not_consumed(self, binding: Binding, role: int) -> Missing:
        coverage = self._coverage()
        side = self.index.sides.get(role)
        label = (
            noun(self.words.label(binding.term)) if role >= 0 else f"parameter {binding.name or binding.term}"
        )
        if side is None:
            only = f"; it covers {listed(coverage.objects[:4])}" if coverage.objects else ""
            return Missing(MissingCode.NOT_CONSUMED, binding.term, f"takes no {label}{only}")
        what = f"takes no {side.dimension} range"
        if span(coverage, side.dimension) is None:
            return Missing(MissingCode.NOT_CONSUMED, binding.term, what)
        message = f"{what}; it gives {self.words.span(coverage, side.dimension)}"
        code = (
            MissingCode.NOT_CONSUMED if contains(coverage, side, binding.value) else MissingCode.NOT_COVERED
        )
        return Missing(code, binding.term, message)

    def _coverage(self) -> Coverage:
        own = self.entry.workflow.coverage
        if not self.nodes:
            return own
        time, energy = declared(self.nodes[0], "time"), declared(self.nodes[0], "energy")
        return Coverage(
            time=None if time is None else (int(time[0]), int(time[1])), energy=energy, objects=own.objects
        )

    def jointly(self) -> Missing:
        """The reason where every condition could be met, but not all at once."""
        made = self.search.nodes(self.entry, self.search.depth)
        if made:
            outputs = [p.output.name for p in self.entry.promises]
            seen = {i for node in made for name in outputs for i in observed((node, name))}
            wanted = [c.value for c in self.asked.query.constraints if c.property in _PARTS]
            offered = f"is observed with {self.words.labels(seen)}" if seen else "has no instrument"
            term = wanted[0] if wanted else self.asked.query.asks_for
            instead = (
                f"not with {self.words.labels(wanted)}"
                if wanted
                else f"so it makes no {noun(self.words.label(term))}"
            )
            return Missing(MissingCode.NO_SUCH_OUTPUT, term, f"{offered}, {instead}")
        required = next((s for s in self.entry.slots if s.required), None)
        term = required.item.term if required is not None else self.asked.query.asks_for
        return Missing(
            MissingCode.MISSING_INPUT, term, "has inputs that cannot all be had together from what is given"
        )
