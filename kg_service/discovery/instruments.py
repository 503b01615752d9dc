"""Which instruments a workflow can use: those it declares, and those that one of its inputs chooses."""

from __future__ import annotations

from collections.abc import Iterable

from kg_service.errors import UnknownTerm
from kg_service.model.terms import KG
from kg_service.model.workflow import Workflow
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["instruments_of", "with_wholes"]


def instruments_of(workflow: Workflow, catalogue: Catalogue) -> tuple[str, ...]:
    """The IRIs of the instruments declared, then of those that may be chosen (``detector=H1``)."""
    chosen = [
        value.text
        for item in workflow.inputs
        if item.determines == KG + "observedWith"
        for value in item.allowed
    ]
    found = dict.fromkeys(workflow.instruments)
    for name in chosen:
        try:
            found[catalogue.find(name, among="instrument").iri] = None
        except UnknownTerm:  # a choice that is no instrument, such as "all"
            continue
    return tuple(found)


def with_wholes(instruments: Iterable[str], catalogue: Catalogue) -> tuple[str, ...]:
    """Instruments and, after each, what it is part of: a detector, its observatory, their network."""
    found: dict[str, None] = {}
    waiting = list(instruments)
    while waiting:
        iri = waiting.pop(0)
        if iri not in found:
            found[iri] = None
            waiting[:0] = catalogue.instrument(iri).part_of
    return tuple(found)
