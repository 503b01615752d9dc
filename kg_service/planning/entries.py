"""The parts of a compiled workflow: inputs by role, outputs by features; the ends of ranges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from kg_service.model.terms import KG, ODA
from kg_service.model.workflow import Coverage, Input, Output, Workflow
from kg_service.vocabulary.definitions import Feature

if TYPE_CHECKING:
    from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Entry", "Match", "Promise", "Side", "Slot", "Span", "sides_of", "span"]

Span = tuple[float, float]
"""An interval: microseconds TT since MJD 0, or keV."""


class Side(NamedTuple):
    """Which end of which range a role is: ``dimension`` is ``time`` or ``energy``."""

    dimension: str
    is_start: bool


_RANGES: Final = {
    ODA + "StartTime": Side("time", True),
    ODA + "EndTime": Side("time", False),
    KG + "MinimumEnergy": Side("energy", True),
    KG + "MaximumEnergy": Side("energy", False),
}


def sides_of(term: str, catalogue: Catalogue) -> Side | None:
    """The end of a range that a role bounds, if it bounds one."""
    return next((side for root, side in _RANGES.items() if catalogue.is_a(term, root)), None)


def span(coverage: Coverage, dimension: str) -> Span | None:
    """The declared interval in one dimension, or ``None``."""
    return coverage.time if dimension == "time" else coverage.energy


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


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A workflow that can answer in kind; ``bound`` is the best to hope for of its place in the order."""

    entry: Entry
    promise: Promise
    bound: tuple[int, int, int, int, float, float, str] = (0, 0, 0, 0, 0.0, 0.0, "")
