"""What comes back: the product, or the run that is making it, or the problem."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kg_service.model.product import Product
from kg_service.model.query import Query

__all__ = ["Answer", "AnswerStatus", "PassedOver", "Resolved", "Reuse", "StepAnswer"]


class AnswerStatus(StrEnum):
    """Where an answer stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reuse:
    """Why an earlier product answers: when it was made, by whom, by which workflow version."""

    made: str
    by: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """One step of the plan: run, workflow version and product as IRIs (``None`` until known)."""

    run: str | None
    workflow: str
    product: str | None
    reused: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """How one given value was understood: the term, the text as given, what is used."""

    term: str
    given: str
    used: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A workflow (IRI) that fits the question but has no data for it: the code and detail of its problem."""

    workflow: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a query; ``run`` and ``workflow`` are IRIs.

    Of a reused answer ``run`` is the earlier run that made the product. ``passed_over`` are the
    workflows that would have been preferred, had their data covered what was asked. ``caveats`` are
    those of the steps on the way; those of the product itself are its ``quality``.
    """

    query: Query
    status: AnswerStatus
    product: Product | None = None
    reuse: Reuse | None = None
    run: str | None = None
    workflow: str | None = None
    steps: tuple[StepAnswer, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    problem: dict[str, Any] | None = None
    passed_over: tuple[PassedOver, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def reused(self) -> bool:
        """Whether an earlier product answers."""
        return self.reuse is not None
