"""The dataset that a protocol request names, written into the query: it takes the place of ``FROM``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kg_service.errors import BadValue
from kg_service.store.sparql_tokens import Token, tokens

__all__ = ["with_dataset"]

_AFTER: Final = frozenset({"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


def with_dataset(text: str, graphs: Sequence[str], named: Sequence[str]) -> str:
    """The query over the dataset of the request (SPARQL 1.1 Protocol, section 2.1.4).

    Parameters
    ----------
    graphs, named
        ``default-graph-uri`` and ``named-graph-uri``.

    Raises
    ------
    BadValue
        For what is no absolute IRI.
    """
    clause = "".join(f" FROM <{_iri(g, 'default-graph-uri')}>" for g in graphs)
    clause += "".join(f" FROM NAMED <{_iri(g, 'named-graph-uri')}>" for g in named)
    found = list(tokens(text))
    start, end = _place(found, text)
    return f"{text[:start]}{clause} {text[end:]}"


def _iri(text: str, parameter: str) -> str:
    if ":" not in text or any(c <= " " or c in '<>"{}|^`\\' for c in text):
        raise BadValue(
            f"{parameter} takes the IRI of a graph, not {text!r}.", parameter=parameter, value=text
        )
    return text


def _place(found: Sequence[Token], text: str) -> tuple[int, int]:
    """Where the dataset clause stands, or where it belongs; the part between is replaced."""
    depth, form, template = 0, "", False
    position = 0
    while position < len(found):
        token = found[position]
        if not depth and token.upper in _FORMS and not form:
            form = token.upper
            template = form == "CONSTRUCT" and position + 1 < len(found) and found[position + 1].text == "{"
        elif not depth and form and token.upper == "FROM":
            return token.start, _end_of_clause(found, position, text)
        elif not depth and form and (token.upper in _AFTER or (token.text == "{" and not template)):
            return token.start, token.start
        if token.kind == "punct":
            depth += (token.text in "([{") - (token.text in ")]}")
            template = template and not (token.text == "}" and depth == 0)
        position += 1
    return len(text), len(text)


def _end_of_clause(found: Sequence[Token], position: int, text: str) -> int:
    while position < len(found) and found[position].upper == "FROM":
        position += 2 if position + 1 < len(found) and found[position + 1].upper == "NAMED" else 1
        position += 1
    return found[position].start if position < len(found) else len(text)
