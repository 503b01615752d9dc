"""Gives values to variables of a SPARQL text, the same way for every adapter.

A bound variable is replaced by its term, token by token, wherever the grammar allows a term; in a
projection it becomes ``(term AS ?name)``. Terms are written by pyoxigraph's own serialiser, so no
character of a value can end its token. Two other ways were tried and given up: pyoxigraph's
``substitutions`` refuse a variable that a SELECT does not project, and a trailing VALUES block is
joined only after aggregation (SPARQL 1.1, section 18.2.4.3) and is not seen inside subqueries,
EXISTS, MINUS and the filters of nested groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode

from kg_service.errors import Malformed
from kg_service.store.sparql_tokens import Token, tokens

__all__ = ["Bound", "Term", "bind"]

Term = NamedNode | Literal | BlankNode

_CLAUSES = frozenset(
    {"SELECT", "WHERE", "FROM", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "VALUES", "DESCRIBE"}
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A SPARQL text without the bound variables.

    ``star`` says that a ``SELECT *`` asks for all variables: the bound ones are then added to each
    row by the adapter.
    """

    text: str
    star: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    projected: bool = False
    grouped: bool = False

    def write(self, term: str) -> str:
        if self.projected:
            return f" ({term} AS ?{self.name}) "
        return f" ({term}) " if self.grouped else f" {term} "


def bind(sparql: str, bound: Mapping[str, Term]) -> Bound:
    """The text with each variable of ``bound`` (names without ``?``) replaced by its term.

    Raises
    ------
    Malformed
        For a blank node (in SPARQL it would be a variable again), and where the text itself assigns
        the variable (``AS ?name``, ``VALUES``).
    """
    if not bound:
        return Bound(sparql, star=False)
    written: dict[str, str] = {}
    for name, term in bound.items():
        if isinstance(term, BlankNode):
            raise Malformed(f"The variable ?{name} cannot stand for a blank node.", parameter=name)
        written[name] = str(term)
    pieces, star = _template(sparql, frozenset(bound))
    text = "".join(p if isinstance(p, str) else p.write(written[p.name]) for p in pieces)
    return Bound(text, star)


@lru_cache(maxsize=1024)
def _template(sparql: str, names: frozenset[str]) -> tuple[tuple[str | _Slot, ...], bool]:
    pieces: list[str | _Slot] = []
    seen: list[Token] = []
    clauses: list[str] = [""]
    star = False
    written = 0
    for token in tokens(sparql):
        star = star or _is_star(token, seen)
        _follow(clauses, token)
        if token.kind == "var" and token.text[1:] in names:
            start, slot = _slot(token, seen, clauses[-1])
            pieces += [sparql[written:start], slot]
            written = token.end
        seen.append(token)
    pieces.append(sparql[written:])
    return tuple(pieces), star


def _is_star(token: Token, seen: list[Token]) -> bool:
    if token.text != "*" or not seen or any(t.text == "{" for t in seen):
        return False
    return seen[-1].upper in ("SELECT", "DISTINCT", "REDUCED")


def _follow(clauses: list[str], token: Token) -> None:
    """Keep the clause of every open bracket; a parenthesis is an expression (no clause)."""
    if token.kind == "punct":
        if token.text in ("{", "(", "["):
            # VALUES (?a ?b) { ... } still assigns inside its parentheses.
            clauses.append("VALUES" if token.text == "(" and clauses[-1] == "VALUES" else "")
        elif token.text in ("}", ")", "]") and len(clauses) > 1:
            clauses.pop()
            if token.text == "}":
                clauses[-1] = ""
    elif token.upper in _CLAUSES:
        clauses[-1] = token.upper


def _slot(token: Token, seen: list[Token], clause: str) -> tuple[int, str | _Slot]:
    """Where the replaced text starts, and what replaces it."""
    name = token.text[1:]
    before = seen[-1].upper if seen else ""
    if before == "AS" or clause == "VALUES":
        raise Malformed(f"The variable ?{name} cannot be bound: the SPARQL text assigns it.", parameter=name)
    if len(seen) > 1 and seen[-1].text == "(" and seen[-2].upper == "BOUND":
        return seen[-2].start, "(true"
    return token.start, _Slot(name, projected=clause == "SELECT", grouped=clause in ("GROUP", "ORDER"))
