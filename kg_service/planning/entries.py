"""The parts of a compiled workflow: inputs by role, outputs by features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kg_service.model.terms import KG
from kg_service.model.workflow import Input, Output, Workflow

__all__ = ["MANY", "OBSERVED_WITH", "Entry", "Feature", "Promise", "Slot"]

Feature = tuple[str, str]
"""What an output promises or a request asks: ``("class", iri)``, ``("observes", iri)`` and the like."""

OBSERVED_WITH: Final = KG + "observedWith"
MANY: Final[Feature] = ("instruments>=2", "")


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A compiled input: ``role`` is its role's number (-1: none), ``fits`` the set of roles that fill it.

    ``goal`` holds the features a product must have; ``required`` says there is neither default nor
    leave to stay empty; ``defaulted`` that a default stands for something an astronomer could have
    given; ``contributes`` that what is bound decides instruments of the output.
    """

    item: Input
    role: int
    same_notation: bool
    fits: int
    goal: frozenset[Feature] | None
    required: bool
    defaulted: bool
    contributes: bool


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """A product output as it stands before anything is bound. ``potential`` is all it can become."""

    output: Output
    classes: frozenset[str]
    instruments: frozenset[str]
    covers: tuple[str, ...]
    fixed: bool
    asserts_many: bool
    potential: frozenset[Feature]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A compiled workflow. Sets of roles are the bits of an integer.

    ``names`` are the inputs that a request can give by name: products are made, not given.
    """

    number: int
    workflow: Workflow
    recency: int
    slots: tuple[Slot, ...]
    promises: tuple[Promise, ...]
    gives: tuple[tuple[int, str], ...]
    exact: int
    takes: int
    names: frozenset[str]

    @property
    def tie(self) -> tuple[str, str]:
        """What orders workflows that are equal in everything else."""
        return (self.workflow.name, self.workflow.version)
