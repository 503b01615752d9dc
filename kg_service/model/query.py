"""What is asked: a product class, the things already known, and constraints."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from kg_service.model.values import Value

__all__ = ["Binding", "Constraint", "Query", "content_hash"]


def content_hash(lines: Iterable[str]) -> str:
    """32 hexadecimal digits of the sha256 of the sorted lines (UTF-8, joined by newlines)."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Binding:
    """One thing already known: a role (or a workflow's own parameter) and its canonical value.

    ``property`` is the companion property of the role (``kg:startTime``), or the IRI of a
    workflow's own parameter; ``term`` the role class (``oda:StartTime``), or again that parameter.
    ``name`` and ``given`` keep what the user wrote; they never enter an identity.
    """

    property: str
    term: str
    value: Value
    name: str = field(default="", compare=False)
    given: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on the answer.

    ``property`` is ``kg:instrument``, ``kg:messenger``, ``kg:workflow`` or ``kg:newerThan``;
    ``value`` an IRI (for ``newerThan`` an ISO time).
    """

    property: str
    value: str
    name: str = field(default="", compare=False)
    given: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """An astronomer's question. Two queries are equal when they mean the same.

    ``asks_for`` is the IRI of a product class.
    """

    asks_for: str
    bindings: tuple[Binding, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def key_lines(self) -> list[str]:
        """The lines that are hashed: one per statement, values in key form, order irrelevant."""
        lines = [f"asksFor <{self.asks_for}>"]
        lines += [f"<{b.property}> {b.value.key}" for b in self.bindings]
        lines += [f"<{c.property}> <{c.value}>" for c in self.constraints]
        return lines

    @property
    def ident(self) -> str:
        """Content hash of the query, independent of order, notation and site."""
        return content_hash(self.key_lines())
