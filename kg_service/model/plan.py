"""How a query is answered: a plan of steps with the source of every input; or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kg_service.model.query import Binding
from kg_service.model.terms import Site
from kg_service.model.values import Value
from kg_service.model.workflow import Workflow

__all__ = ["Absent", "Candidate", "Default", "Derived", "Edit", "EditKind", "Explanation", "Given", "Missing",
           "MissingCode", "Plan", "Source", "Step"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """The input takes what the astronomer gave.

    ``rank`` is 0 for the input's own role and unit, 1 for a narrower role, 2 when unit or format
    is converted.
    """

    binding: Binding
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Derived:
    """The input takes an output of an earlier step: ``step`` counts from 0 in the plan's order."""

    step: int
    output: str


@dataclass(frozen=True, slots=True)
class Default:
    """Nothing was given; the workflow's own default is used."""

    value: Value


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was given and the optional input stays empty."""


Source = Given | Derived | Default | Absent


@dataclass(frozen=True, slots=True)
class Step:
    """One workflow version with the source of each of its inputs.

    ``produces`` lists the terms of the outputs that the plan uses: product class or roles.
    """

    workflow: Workflow
    inputs: Mapping[str, Source]
    produces: tuple[str, ...]
    why: str = ""

    def to_json(self, site: Site) -> dict[str, Any]:
        """The step as in the contract's *Explain*."""
        return {
            "workflow": site.iri(*self.workflow.path),
            "inputs": {name: _source_json(source) for name, source in self.inputs.items()},
            "produces": list(self.produces),
            "why": self.why,
        }


def _source_json(source: Source) -> dict[str, Any]:
    if isinstance(source, Given):
        binding = source.binding
        return {
            "from": "given",
            "term": binding.term,
            "value": binding.value.plain,
            "unit": binding.value.unit,
        }
    if isinstance(source, Derived):
        return {"from": "step", "step": source.step, "output": source.output}
    if isinstance(source, Default):
        return {"from": "default", "value": source.value.plain, "unit": source.value.unit}
    return {"from": "absent"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order in which they can run; the last one makes the product asked for.

    ``output`` names the output of the last step that answers; ``rank`` is how badly the worst input
    of the last step is met (0 exact, 1 narrower, 2 converted, 3 + steps derived, 9 default);
    ``reasons`` the terms of the order among plans, in words; ``cost`` expected seconds;
    ``covered`` the fraction of the asked range that is covered, in [0, 1].
    """

    steps: tuple[Step, ...]
    output: str
    rank: int
    reasons: tuple[str, ...] = ()
    cost: float = 0.0
    covered: float = 1.0

    @property
    def last(self) -> Step:
        """The step that makes the product asked for."""
        return self.steps[-1]


class MissingCode(StrEnum):
    """Why a workflow cannot answer."""

    NO_SUCH_OUTPUT = "no-such-output"
    MISSING_INPUT = "missing-input"
    VALUE_REFUSED = "value-refused"
    AMBIGUOUS = "ambiguous"
    NOT_CONSUMED = "not-consumed"
    NOT_COVERED = "not-covered"


@dataclass(frozen=True, slots=True)
class Missing:
    """One condition that a workflow does not meet; ``message`` says what it does offer."""

    code: MissingCode
    term: str
    message: str


class EditKind(StrEnum):
    """What an edit does to a query."""

    ADD = "add"
    DROP = "drop"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a query.

    ``term`` is the role or parameter of a binding, the property of a constraint, or ``kg:asksFor``;
    ``value`` a canonical value for a binding (``None``: whatever the astronomer knows), an IRI for
    a constraint or a class. ``old`` tells two constraints of one property apart. ``name`` and
    ``text`` are how a request says ``term`` and ``value``, once that is worked out for an answer.
    """

    edit: EditKind
    term: str
    value: Value | str | None = None
    old: str | None = None
    name: str = field(default="", compare=False)
    text: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """The edit as in the contract's *Explain*."""
        value = self.value.plain if isinstance(self.value, Value) else self.value
        if isinstance(self.value, Value) and value is None:
            value = self.value.text
        return {
            "edit": self.edit.value,
            "term": self.term,
            "value": value,
            "name": self.name,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow that was considered. ``rank`` counts from 1, the best; ``None`` when it cannot answer.

    Applying the whole ``remedy`` to the query makes the workflow match; no smaller remedy does. It
    is empty when three edits are not enough.
    """

    workflow: Workflow
    ok: bool
    rank: int | None = None
    reasons: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    remedy: tuple[Edit, ...] = ()

    def to_json(self, site: Site) -> dict[str, Any]:
        """The candidate as in the contract's *Explain*."""
        return {
            "workflow": site.iri(*self.workflow.path),
            "ok": self.ok,
            "rank": self.rank,
            "reasons": list(self.reasons),
            "missing": [{"code": m.code.value, "term": m.term, "message": m.message} for m in self.missing],
            "remedy": [edit.to_json() for edit in self.remedy],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which workflows can answer, the best plan with its alternatives, or why none can."""

    plan: Plan | None
    candidates: tuple[Candidate, ...]
    why_not: str | None
    alternatives: tuple[Plan, ...] = field(default=())

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Every plan, best first."""
        return () if self.plan is None else (self.plan, *self.alternatives)

    def to_json(self, site: Site, *, query: str, would_reuse: str | None = None) -> dict[str, Any]:
        """The contract's *Explain*; ``query`` and ``would_reuse`` are IRIs."""
        return {
            "query": query,
            "plan": None if self.plan is None else [step.to_json(site) for step in self.plan.steps],
            "would_reuse": would_reuse,
            "candidates": [candidate.to_json(site) for candidate in self.candidates],
            "why_not": self.why_not,
        }
