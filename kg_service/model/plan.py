"""How a query is answered: a plan of steps with the source of every input; or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kg_service.model.query import Binding
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
