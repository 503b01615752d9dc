"""A plan while it is carried out: what was asked, on what terms, and what each step has made so far."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from kg_service.model.answer import StepAnswer
from kg_service.model.plan import Plan
from kg_service.model.product import Product
from kg_service.model.query import Query

__all__ = ["Performance", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms earlier products may answer: none when ``fresh``; none made before ``newer_than``."""

    fresh: bool = False
    newer_than: str | None = None


@dataclass(slots=True)
class Performance:
    """A plan being carried out: what each step made, and how it was come by."""

    query: Query
    query_iri: str
    plan: Plan
    terms: Terms
    run: str
    made: list[Product] = field(default_factory=list)
    steps: list[StepAnswer] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    current: str | None = None

    @property
    def many(self) -> bool:
        """Whether the plan has a run of its own beside those of its steps."""
        return len(self.plan.steps) > 1
