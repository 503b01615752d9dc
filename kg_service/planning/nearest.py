"""The admissible values nearest to one that was refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from kg_service.model.query import Binding
from kg_service.model.values import Kind, Value
from kg_service.planning.coverage import contains, guarantees, named_in, objects_decide
from kg_service.planning.entries import Entry, Slot, span
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import ANY, admissible

__all__ = ["replacements"]

_MOST: Final = 6
_WORDS: Final = frozenset({Kind.NAME, Kind.TEXT})


def replacements(
    binding: Binding, root: Entry, inputs: Iterable[tuple[Entry, Slot]], index: WorkflowIndex
) -> list[Value]:
    """Values that some input would take, or that declared coverage would guarantee, nearest first.

    Only inputs that refuse the value as it is have something to offer.
    """
    if binding.value is ANY or binding.value.kind is Kind.NONE:
        return []
    role = index.role(binding.term)
    found: list[Value] = []
    for entry, slot in inputs:
        own = role < 0 and binding.property.endswith(f"#arg-{slot.item.name}")
        if own or (role >= 0 and slot.fits >> role & 1):
            found += _taken(binding.value, entry, slot, index)
    found += _guaranteed(binding.value, role, [root, *(entry for entry, _ in inputs)], index)
    unique = {value.key: value for value in found if value.key != binding.value.key}
    return sorted(unique.values(), key=lambda v: (_distance(binding.value, v), v.key))[:_MOST]


def _taken(value: Value, entry: Entry, slot: Slot, index: WorkflowIndex) -> list[Value]:
    """What an input offers instead of a value that it refuses."""
    item, coverage = slot.item, entry.workflow.coverage
    offered: list[Value] = []
    if not admissible(value, item):
        offered += item.allowed or (limit for limit in (item.minimum, item.maximum) if limit is not None)
    side = index.sides.get(slot.role)
    if side is not None and not contains(coverage, side, value):
        declared = span(coverage, side.dimension)
        assert declared is not None
        offered.append(_as_bound(value, declared[0] if side.is_start else declared[1]))
    if not named_in(coverage, item.term, value, index) and objects_decide(item.term, index):
        offered += (Value(Kind.NAME, name, None, name) for name in coverage.objects or ())
    return [candidate for candidate in offered if admissible(candidate, item)]


def _guaranteed(value: Value, role: int, entries: Iterable[Entry], index: WorkflowIndex) -> list[Value]:
    """The ends of fixed coverage: asked for exactly these, a workflow without such an input answers."""
    side = index.sides.get(role)
    found = []
    for entry in dict.fromkeys(entries):
        coverage = entry.workflow.coverage
        if side is None:
            if coverage.objects is not None and len(coverage.objects) == 1 and value.kind is Kind.NAME:
                found.append(Value(Kind.NAME, coverage.objects[0], None, coverage.objects[0]))
            continue
        declared = span(coverage, side.dimension)
        if declared is not None and not guarantees(declared, side, value):
            found.append(_as_bound(value, declared[0] if side.is_start else declared[1]))
    return found


def _as_bound(like: Value, number: float) -> Value:
    """A bound of declared coverage as a canonical value of the same kind."""
    if like.kind is Kind.TIME:
        from kg_service.model.notation import iso_from_tt

        return Value(Kind.TIME, str(int(number)), like.unit, iso_from_tt(int(number)))
    from kg_service.model.notation import from_text

    return from_text(repr(float(number)), like.kind, "keV")


def _distance(value: Value, other: Value) -> Decimal:
    if value.kind in _WORDS or other.kind in _WORDS:
        likeness = difflib.SequenceMatcher(None, value.text.casefold(), other.text.casefold()).ratio()
        return Decimal(1 - likeness)
    try:
        return abs(Decimal(value.text) - Decimal(other.text))
    except InvalidOperation:
        return Decimal(0)
