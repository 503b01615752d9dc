"""Says in one line what is wrong with a SPARQL text that the engine cannot read.

The engine tells the farthest place it looked at, and every word it would have read there. It tries a
keyword by taking as many characters as it has, so the place lies up to a word too far, and is often
the end of the text; blanks behind the text (``PADDING``) keep it from stumbling over that end.
"""

from __future__ import annotations

import re
from typing import Final

from kg_service.store.sparql_guard import Guarded
from kg_service.store.sparql_tokens import Token, place, tokens

__all__ = ["PADDING", "complaint"]

PADDING: Final = " " * 24
"""More blanks than the longest keyword has letters."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ANYTHING: Final = "[_]"
_SHOWN: Final = 30
_LONGEST_REASON: Final = 200
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


def complaint(guarded: Guarded, column: int, reason: str) -> str:
    """What is wrong, and where in the text as it was written.

    Parameters
    ----------
    column, reason
        As the engine tells them of ``guarded.text`` with ``PADDING``; column 0 where it tells none.
    """
    original = guarded.original
    loose = _loose_bracket(original)
    if loose:
        return loose
    if not reason.startswith("expected") or not column:
        where = f" at {guarded.place(column)}" if column else ""
        return f"The SPARQL text cannot be read{where}: {reason.splitlines()[0][:_LONGEST_REASON]}."
    expected = reason.removeprefix("expected ").removeprefix("one of ").split(", ")
    said = next((text for text in expected if " " in text and text[0].isalpha()), None)
    if said is not None:
        return f"The SPARQL text cannot be evaluated: {said}."
    words = [len(text) for text in expected if _WORD.fullmatch(text)]
    exact = any(not _WORD.fullmatch(text) and text != _ANYTHING for text in expected)
    at = column if exact or not words else column - min(words)
    if at > len(guarded.text):
        return f"The query ends too early at {_end(original)}."
    start = guarded.source(at)
    stands = " ".join(original[start : start + _SHOWN + 1].split())
    stands = stands if len(stands) <= _SHOWN else stands[:_SHOWN] + "..."
    return f"The SPARQL text cannot be read at {place(original, start)}, where stands {stands!r}."


def _end(text: str) -> str:
    return place(text, len(text.rstrip()))


def _loose_bracket(text: str) -> str:
    """The first bracket that is not closed, or closes nothing."""
    waiting: list[Token] = []
    for token in tokens(text):
        if token.kind != "punct":
            continue
        if token.text in _PAIRS:
            waiting.append(token)
        elif token.text in _PAIRS.values():
            if not waiting:
                return f"The {token.text} at {place(text, token.start)} closes nothing."
            opened = waiting.pop()
            if _PAIRS[opened.text] != token.text:
                return (
                    f"The {opened.text} at {place(text, opened.start)} is not closed before the "
                    f"{token.text} at {place(text, token.start)}."
                )
    if waiting:
        return (
            f"The query ends too early at {_end(text)}: the {waiting[-1].text} at "
            f"{place(text, waiting[-1].start)} is not closed."
        )
    return ""
