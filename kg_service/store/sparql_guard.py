"""Decides what SPARQL of the public may be evaluated, and writes it anew so that nothing can hide in it.

The engine follows ``SERVICE`` over the network and has no switch against it. Its parser has no
separate tokens: it reads ``trueSERVICE ex:x {}`` and ``SERVICEex:x {}`` as calls of a service, and
``?a<#>`` at one place as an IRI, at another as a comparison and a comment. So a text that was found
harmless is not handed on as it came, but written from its tokens: blanks between all of them, no
comments, prefixes and blank nodes under names of ours, strings on one line, words from a list only.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kg_service.errors import Malformed, SparqlRefused, TooLarge
from kg_service.model.terms import PREFIXES
from kg_service.store.sparql_tokens import Token, place, quote, tokens, unescape

__all__ = ["MAX_CHARACTERS", "Form", "Guarded", "guard"]

MAX_CHARACTERS: Final = 1_000_000
_MAX_DEPTH: Final = 256  # open brackets; deeper texts exhaust the stack of a parser


class Form(StrEnum):
    """The four forms of a query."""

    SELECT = "select"
    ASK = "ask"
    CONSTRUCT = "construct"
    DESCRIBE = "describe"

    @property
    def gives_graph(self) -> bool:
        """Whether the answer is a graph (else rows or a truth value)."""
        return self in (Form.CONSTRUCT, Form.DESCRIBE)


_FORMS = {form.value.upper(): form for form in Form}
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "WITH"})
_WORDS = frozenset(  # a list of a hundred quoted words would be harder to compare with the grammar
    """
    A ABS ADJUST AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS COUNT
    DATATYPE DAY DESC DESCRIBE DISTINCT ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH GROUP
    GROUP_CONCAT HASLANG HASLANGDIR HAVING HOURS IF IN IRI ISBLANK ISIRI ISLITERAL ISNUMERIC ISTRIPLE
    ISURI LANG LANGDIR LANGMATCHES LATERAL LCASE LIMIT MAX MD5 MIN MINUS MINUTES MONTH NAMED NOT NOW
    OBJECT OFFSET OPTIONAL ORDER PREDICATE PREFIX RAND REDUCED REGEX REPLACE ROUND SAMETERM SAMPLE
    SECONDS SELECT SEPARATOR SHA1 SHA256 SHA384 SHA512 STR STRAFTER STRBEFORE STRDT STRENDS STRLANG
    STRLANGDIR STRLEN STRSTARTS STRUUID SUBJECT SUBSTR SUM TIMEZONE TRIPLE TRUE TZ UCASE UNDEF UNION
    URI UUID VALUES VERSION WHERE YEAR
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A query that may be evaluated: its form, and the text to evaluate instead of the original."""

    form: Form
    text: str
    original: str
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def place(self, column: int) -> str:
        """Where in the original a column (from 1) of ``text`` comes from."""
        return place(self.original, self.source(column))

    def source(self, column: int) -> int:
        """The character (from 0) of the original that a column (from 1) of ``text`` comes from."""
        index = bisect_right(self.starts, column - 1) - 1
        return self.sources[index] if index >= 0 else 0


def guard(text: str, prefixes: Mapping[str, str] = PREFIXES) -> Guarded:
    """Let a query through or refuse it.

    Parameters
    ----------
    text
        SPARQL of the public.
    prefixes
        Prefixes that may be used without declaring them.

    Raises
    ------
    SparqlRefused
        For updates, ``SERVICE`` and ``LOAD``.
    Malformed
        For what cannot be a query, with line and column. (The engine has the last word on grammar.)
    TooLarge
        For more than a million characters.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"The SPARQL text has {len(text)} characters; at most {MAX_CHARACTERS} are read.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"The SPARQL text holds half a character at {place(text, error.start)}.") from error
    found = list(tokens(text))
    for token in found:
        _judge_word(token, text)
    form = _form(found, text)
    _judge_depth(found, text)
    return _Writer(text, prefixes).write(form, found)


def _judge_word(token: Token, text: str) -> None:
    if token.kind != "word" or token.upper in _WORDS:
        return
    where = place(text, token.start)
    if token.upper == "SERVICE":
        raise SparqlRefused(
            f"SERVICE at {where} would ask another server; only data of this site are queried here."
        )
    if token.upper in _UPDATES:
        raise SparqlRefused(f"{token.upper} at {where} would change data; this address only answers queries.")
    near = difflib.get_close_matches(token.upper, sorted(_WORDS), n=3)
    raise Malformed(f"{token.text!r} at {where} is no word of SPARQL.", value=token.text, near=near)


def _form(found: list[Token], text: str) -> Form:
    for token in found:
        if token.upper in _FORMS:
            return _FORMS[token.upper]
        if token.kind not in ("pname", "iri", "string") and token.upper not in ("BASE", "PREFIX", "VERSION"):
            raise Malformed(
                f"A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, but at {place(text, token.start)} "
                f"stands {token.text[:40]!r}."
            )
    raise Malformed("The SPARQL text holds no SELECT, ASK, CONSTRUCT or DESCRIBE.")


def _judge_depth(found: list[Token], text: str) -> None:
    depth = 0
    for token in found:
        if token.kind == "punct":
            depth += (token.text[0] in "([{") - (token.text[-1] in ")]}")
            if depth > _MAX_DEPTH:
                raise Malformed(f"More than {_MAX_DEPTH} brackets are open at {place(text, token.start)}.")


def _joined(before: str, piece: str) -> bool:
    """Whether no blank may stand between: a string and its language or datatype, a function's bracket."""
    return piece[0] == "@" or "^^" in (piece, before) or (piece == "(" and before.isidentifier())


class _Writer:
    """Writes tokens so that they can be read in one way only."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self._text = text
        self._known = prefixes
        self._labels: dict[str, str] = {}
        self._declared: set[str] = set()
        self._nodes: dict[str, str] = {}
        self._added: list[str] = []

    def write(self, form: Form, found: list[Token]) -> Guarded:
        pieces: list[tuple[str, int]] = []
        for index, token in enumerate(found):
            declares = index > 0 and found[index - 1].upper == "PREFIX"
            pieces.append((self._piece(token, declares=declares), token.start))
        written = " ".join(self._added)
        starts, sources = [], []
        before = ""
        for piece, source in pieces:
            written += "" if _joined(before, piece) else " "
            before = piece
            starts.append(len(written))
            sources.append(source)
            written += piece
        return Guarded(form, written, self._text, tuple(starts), tuple(sources))

    def _piece(self, token: Token, *, declares: bool) -> str:
        if token.kind == "string":
            width = 3 if token.text[:3] in ('"""', "'''") else 1
            return quote(unescape(token.text[width:-width], self._text, token.start))
        if token.kind == "iri":
            return self._iri(token)
        if token.kind == "pname":
            return self._pname(token, declares=declares)
        if token.kind == "bnode":
            return self._nodes.setdefault(token.text, f"_:b{len(self._nodes)}")
        return token.text

    def _iri(self, token: Token) -> str:
        iri = unescape(token.text[1:-1], self._text, token.start) if "\\" in token.text else token.text[1:-1]
        if any(c <= " " or c in '<>"{}|^`\\' for c in iri):
            raise Malformed(
                f"{token.text[:80]} at {place(self._text, token.start)} is no IRI.", value=token.text
            )
        return f"<{iri}>"

    def _pname(self, token: Token, *, declares: bool) -> str:
        label, _, local = token.text.partition(":")
        new = label not in self._labels
        written = self._labels.setdefault(label, f"p{len(self._labels)}")
        if declares:
            self._declared.add(label)
        elif new or label not in self._declared:
            self._declare(label, written, token)
        return f"{written}:{local}"

    def _declare(self, label: str, written: str, token: Token) -> None:
        if label not in self._known:
            near = difflib.get_close_matches(label, [*self._declared, *self._known], n=3)
            raise Malformed(
                f"The prefix {label}: at {place(self._text, token.start)} is not declared.",
                value=f"{label}:",
                near=[f"{n}:" for n in near],
            )
        self._declared.add(label)
        self._added.append(f"PREFIX {written}: <{self._known[label]}>")
