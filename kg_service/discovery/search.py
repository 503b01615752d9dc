"""Finds workflows by words, by what they produce and by what they take."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from kg_service.errors import UnknownParameter
from kg_service.model.workflow import Workflow
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["find_workflows"]


def find_workflows(
    workflows: Iterable[Workflow], catalogue: Catalogue, text: str = "", produces: str | None = None,
    consumes: str | None = None,
) -> list[Workflow]:  # fmt: skip
    """The workflows that fit all conditions, in the order given.

    Parameters
    ----------
    text
        Words that must all occur in name, title, description or instrument, whatever their case.
    produces
        A product class: workflows whose product is entailed to be one.
    consumes
        A role or product class: workflows that take it, or something wider.

    Raises
    ------
    UnknownTerm
        When ``produces`` or ``consumes`` is no term.
    """
    wanted = catalogue.request_features(catalogue.find(produces, among="product").iri) if produces else None
    taken = _consumed(consumes, catalogue) if consumes else None
    words = _folded(text).split()
    return [
        workflow
        for workflow in workflows
        if (wanted is None or _gives(workflow, catalogue, wanted))
        and (taken is None or any(_takes(i.term, taken, catalogue) for i in workflow.inputs))
        and all(word in _words_of(workflow, catalogue) for word in words)
    ]


def _takes(term: str, taken: str, catalogue: Catalogue) -> bool:
    """Whether an input of a class can be met by the role, directly or after it is resolved."""
    return catalogue.is_a(taken, term) or catalogue.is_a(term, taken)


def _consumed(name: str, catalogue: Catalogue) -> str:
    """The role that a name in a request means (``object``), else the class of that name."""
    try:
        meant = catalogue.parameter(name)
    except UnknownParameter:
        return catalogue.find(name).iri
    return getattr(meant, "term", None) or catalogue.find(name).iri


def _gives(workflow: Workflow, catalogue: Catalogue, wanted: frozenset[tuple[str, str]]) -> bool:
    return any(
        wanted <= catalogue.output_features([o.term], o.observed_with)
        for o in workflow.outputs
        if o.is_product
    )


def _words_of(workflow: Workflow, catalogue: Catalogue) -> str:
    instruments = " ".join(catalogue.term(i).label for i in workflow.instruments)
    return _folded(f"{workflow.name} {workflow.title} {workflow.description} {instruments}")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
