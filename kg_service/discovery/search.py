"""Finds workflows by words, by what they produce and by what they take.

The words of a workflow are its own and those of everything it is about: the terms of its inputs and
outputs with what they are entailed to be, its instruments, its messenger with what emits it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from kg_service.discovery.instruments import instruments_of, with_wholes
from kg_service.errors import UnknownParameter, UnknownTerm
from kg_service.model.workflow import Workflow
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.promises import promised, promised_classes

__all__ = ["find_workflows", "near_words"]

_WORD = re.compile(r"[^\W_][\w+-]{2,}")
_ALIKE = 0.7
"""From which likeness (``difflib``) a word is offered for one that occurs nowhere."""


def find_workflows(
    workflows: Iterable[Workflow], catalogue: Catalogue, text: str = "", produces: str | None = None,
    consumes: str | None = None,
) -> list[Workflow]:  # fmt: skip
    """The workflows that fit all conditions, in the order given.

    Parameters
    ----------
    text
        Words that must all occur among those of the workflow, whatever their case.
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
    return any(wanted <= promised(workflow, output, catalogue) for output in workflow.outputs)


def near_words(workflows: Iterable[Workflow], catalogue: Catalogue, text: str) -> tuple[str, ...]:
    """For the words of a text that no workflow has: words that some have and that look alike."""
    known = set(_WORD.findall(" ".join(_words_of(w, catalogue) for w in workflows)))
    missing = [w for w in _folded(text).split() if not any(w in word for word in known)]
    return tuple(
        dict.fromkeys(near for w in missing for near in difflib.get_close_matches(w, known, 3, _ALIKE))
    )


def _words_of(workflow: Workflow, catalogue: Catalogue) -> str:
    return _folded(" ".join(_texts(workflow, catalogue)))


def _texts(workflow: Workflow, catalogue: Catalogue) -> Iterator[str]:
    yield from (workflow.name, workflow.title, workflow.description, *workflow.alt_names)
    yield from workflow.coverage.objects or ()
    for item in workflow.inputs:
        yield from (item.name, item.label, *_term_words(item.term, catalogue))
    for output in workflow.outputs:
        yield from (output.name, output.label)
        for cls in {output.term, *promised_classes(workflow, output, catalogue)}:
            yield from _term_words(cls, catalogue)
    observed = [workflow.messenger] if workflow.messenger else []
    used = instruments_of(workflow, catalogue)
    for iri in with_wholes(used, catalogue):
        instrument = catalogue.instrument(iri)
        observed += instrument.observes
        # What an observatory or a network also consists of is no matter of this workflow.
        own = instrument.description if iri in used else ""
        yield from (*_term_words(iri, catalogue), instrument.kind, own)
    for messenger in dict.fromkeys(observed):
        term = catalogue.term(messenger)
        yield from (*_term_words(messenger, catalogue), term.definition)
        for wider in term.parents:
            yield from _term_words(wider, catalogue)


def _term_words(iri: str, catalogue: Catalogue) -> tuple[str, ...]:
    try:
        term = catalogue.term(iri)
    except UnknownTerm:  # a class of another vocabulary that ours is aligned to
        return ()
    return (term.local, term.label, *term.alt_labels)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
