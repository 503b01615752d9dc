"""A question while it is carried out: its plans, how fresh, and what was done for it so far."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kg_service.errors import ArchiveUnavailable, NotCovered, Problem, UnresolvedObject
from kg_service.model.answer import PassedOver, StepAnswer
from kg_service.model.plan import Derived, Plan, Step
from kg_service.model.product import Product
from kg_service.model.query import Query

__all__ = ["NO_DATA", "Freshness", "Performance", "no_data"]

NO_DATA: Final = (NotCovered, ArchiveUnavailable)
"""The problems that say nothing against the question: another plan may have the data."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which earlier products may answer: none when ``fresh``; none made before ``newer_than`` (ISO 8601)."""

    fresh: bool = False
    newer_than: str | None = None


@dataclass(slots=True)
class Performance:
    """A question being carried out by the best of its plans that turns out to have data.

    ``others`` are the further plans, best first. ``made`` are the products of the plan's steps so far
    and ``places`` where these steps stand in ``steps``: all that was done for the question, with
    ``after``, the numbers (from 1) of the steps each one rests on; plans that were given up are
    included. ``known`` keeps by run key what was made, or why it could not be, so that no step is
    done twice.
    """

    query: Query
    query_iri: str
    plan: Plan
    freshness: Freshness
    run: str
    others: Iterator[Plan]
    passed_over: list[PassedOver] = field(default_factory=list)
    made: list[Product] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    steps: list[StepAnswer] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)
    known: dict[str, tuple[int, Product] | Problem] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    current: str | None = None
    _following: Plan | None = None

    @property
    def many(self) -> bool:
        """Whether the question has a run of its own beside those of its steps."""
        return len(self.plan.steps) > 1 or bool(self.passed_over)

    def note(self, step: Step, done: StepAnswer) -> int:
        """Note what became of a step of the plan; its place among all that was done."""
        rests_on = {s.step for s in step.inputs.values() if isinstance(s, Derived)}
        self.after.append(tuple(sorted(self.places[n] + 1 for n in rests_on)))
        self.steps.append(done)
        return len(self.steps) - 1

    def lacks_data(self, problem: Problem) -> bool:
        """Whether a problem of the plan says nothing against the question.

        A name that only a later plan has to resolve does not take the place of the first plan's reason.
        """
        return isinstance(problem, NO_DATA) or (
            bool(self.passed_over) and isinstance(problem, UnresolvedObject)
        )

    def may_turn(self, problem: Problem) -> bool:
        """Whether the question can go on with another plan, which is looked for only now."""
        if not self.lacks_data(problem):
            return False
        self._following = self._following or next(self.others, None)
        return self._following is not None

    def turn(self, passed: PassedOver) -> None:
        """Go on with the next best plan, after :meth:`may_turn` found one."""
        assert self._following is not None
        self.passed_over.append(passed)
        self.plan, self._following = self._following, None
        self.made = []
        self.places = []


def no_data(problem: Problem, passed_over: Sequence[PassedOver]) -> Problem:
    """The problem of a question that every plan gave up: the preferred plan's code, with all the reasons."""
    reasons = list(dict.fromkeys((*(p.detail for p in passed_over), problem.detail)))
    if len(reasons) == 1:
        return problem
    first = passed_over[0].code if passed_over else problem.code
    kind = ArchiveUnavailable if first == ArchiveUnavailable.code else NotCovered
    numbered = " ".join(f"({number}) {reason}" for number, reason in enumerate(reasons, start=1))
    return kind(
        f"None of the workflows that could answer has the data. {numbered}",
        parameter=problem.parameter,
        value=problem.value,
        near=problem.near,
    )
