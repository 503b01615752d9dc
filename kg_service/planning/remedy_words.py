"""How a remedy is said: each edit as a request would write it, and all of them as one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg_service.model.plan import Edit, EditKind
from kg_service.model.query import Query
from kg_service.model.terms import local_name
from kg_service.model.values import Value
from kg_service.planning.remedy import ASKS_FOR
from kg_service.planning.wording import Words, listed
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["as_requested", "in_a_sentence"]

_UNKNOWN = "..."
"""Stands for a value that only the astronomer knows."""


def as_requested(edits: Iterable[Edit], query: Query, catalogue: Catalogue) -> tuple[Edit, ...]:
    """The edits with ``name`` and ``text`` filled in: the names the query used, else the shortest."""
    words = Words(catalogue)
    names = {b.term: b.name for b in query.bindings} | {c.property: c.name for c in query.constraints}
    return tuple(
        replace(edit, name=names.get(edit.term) or _name(edit.term, catalogue), text=_text(edit, words))
        for edit in edits
    )


def _name(term: str, catalogue: Catalogue) -> str:
    role = catalogue.role(term)
    return role.alt_names[0] if role is not None and role.alt_names else local_name(term).removeprefix("arg-")


def _text(edit: Edit, words: Words) -> str:
    if edit.edit is EditKind.DROP:
        return ""
    if isinstance(edit.value, Value):
        return words.value(edit.value)
    if edit.value is None:
        return _UNKNOWN
    return local_name(edit.value) if edit.term == ASKS_FOR else words.label(edit.value)


def in_a_sentence(edits: Sequence[Edit], words: Words) -> str:
    """The beginning of a sentence that says when something answers; the edits have names and texts.

    "With `object="..."` and `e_max="1 TeV"` and without `instrument`".
    """
    asked = [f"asked for {words.kind(str(e.value))}," for e in edits if e.term == ASKS_FOR]
    given = [
        f"`{e.name}={_quoted(e.text)}`" for e in edits if e.term != ASKS_FOR and e.edit is not EditKind.DROP
    ]
    dropped = [f"`{e.name}`" for e in edits if e.edit is EditKind.DROP]
    parts = [f"with {listed(given)}"] if given else []
    parts += [f"without {listed(dropped)}"] if dropped else []
    text = " ".join([" and ".join(parts), *asked] if parts else asked)
    return text[:1].upper() + text[1:]


def _quoted(text: str) -> str:
    return f'"{text}"' if text == _UNKNOWN or any(c.isspace() for c in text) else text
