"""What declared coverage decides: intervals of time and energy, lists of objects: code, not reasoning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from kg_service.model.plan import Missing, MissingCode
from kg_service.model.terms import KG
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Workflow
from kg_service.planning.entries import Side, Span, span
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.wording import Words

__all__ = ["contains", "guarantees", "measure", "named_in", "objects_decide", "outside", "overlap"]

_IDENTIFIERS: Final = (KG + "MainIdentifier", KG + "EventIdentifier")


def measure(value: Value) -> float:
    """A bound as a number: microseconds TT since MJD 0 for a time, keV for an energy."""
    if value.kind is Kind.TIME:
        return int(value.text)
    if value.unit not in (None, "keV") and value.kind is Kind.ENERGY:
        from kg_service.model.notation import convert

        return float(convert(value, "keV"))
    return float(value.text)


def contains(coverage: Coverage, side: Side, value: Value) -> bool:
    """Whether a range bounded by the value on that side can overlap what is covered."""
    declared = span(coverage, side.dimension)
    if declared is None:
        return True
    bound = measure(value)
    return bound < declared[1] if side.is_start else bound > declared[0]


def guarantees(declared: Span | None, side: Side, value: Value) -> bool:
    """Whether what is given lies on the asked side of the bound, though no step takes the bound."""
    if declared is None:
        return False
    bound = measure(value)
    return declared[0] >= bound if side.is_start else declared[1] <= bound


def overlap(declared: Span | None, asked: tuple[float | None, float | None], dimension: str) -> float:
    """The fraction of the asked range that is declared; 1 where either is open.

    Bands are compared by decades of energy: on a linear scale only the last decade would count.
    """
    start, end = asked
    if declared is None or start is None or end is None or end <= start:
        return 1.0
    low, high = declared
    if dimension == "energy" and min(start, low) > 0:
        start, end, low, high = (math.log10(number) for number in (start, end, low, high))
    return max(0.0, min(end, high) - max(start, low)) / (end - start)


def objects_decide(term: str, index: WorkflowIndex) -> bool:
    """Whether names in this role are the last word, so that absence from a list means "not covered".

    Any other name may be another spelling of an object that is listed; the run finds out.
    """
    return any(index.catalogue.is_a(term, identifier) for identifier in _IDENTIFIERS)


def named_in(coverage: Coverage, term: str, value: Value, index: WorkflowIndex) -> bool:
    """Whether a name is, or may turn out to be, one of the covered objects."""
    if coverage.objects is None or value.kind is not Kind.NAME or value.text in coverage.objects:
        return True
    return not objects_decide(term, index)


def outside(workflow: Workflow, arguments: Mapping[str, Value], index: WorkflowIndex) -> Missing | None:
    """What an argument asks for that the workflow does not cover, known only after names are resolved.

    Parameters
    ----------
    arguments
        Canonical values by input name; inputs that hold products may be left out.
    """
    for item in workflow.inputs:
        value = arguments.get(item.name)
        role = index.role(item.term)
        if value is None or role < 0:
            continue
        side = index.sides.get(role)
        covered = named_in(workflow.coverage, item.term, value, index) and (
            side is None or contains(workflow.coverage, side, value)
        )
        if not covered:
            message = Words(index.catalogue).not_covered(workflow.coverage, side, value)
            return Missing(MissingCode.NOT_COVERED, item.term, message)
    return None
