"""Canonical values as literals, and back; what a literal cannot hold exactly stands beside it.

Numbers that people compare are ``xsd:double``, times ``xsd:dateTime`` in UTC with an exact twin in
microseconds TT. The key of a value (:attr:`kg_service.model.values.Value.key`) is its exact text.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg_service.errors import Conflict, Invalid, Malformed
from kg_service.model.notation import datetime_literal, iso_from_tt, tt_from_iso
from kg_service.model.terms import XSD
from kg_service.model.values import Kind, Value
from kg_service.rdf.graph import Graph, Node, Writer, flag, number, typed, whole
from kg_service.rdf.sealing import as_stored

__all__ = ["NUMERIC", "TWIN", "is_exact", "measure_literal", "plain_of_literal", "read_instant",
           "read_stamp", "stamp", "time_literal", "to_literal", "value_from_key", "value_from_text",
           "write_instant"]  # fmt: skip

TWIN: Final = "TT"
"""What the name of a time property gets for its exact twin: ``kg:startTime``, ``kg:startTimeTT``."""

NUMERIC: Final = frozenset({
    Kind.RIGHT_ASCENSION, Kind.DECLINATION, Kind.ANGLE, Kind.DURATION, Kind.ENERGY, Kind.FREQUENCY,
    Kind.LENGTH, Kind.NUMBER,
})  # fmt: skip
"""Kinds whose canonical text is a decimal number."""


def time_literal(microseconds: int) -> Literal:
    """The ``xsd:dateTime`` of a time in microseconds TT since MJD 0.

    A leap second (``23:59:60``) becomes the last microsecond before it: few programs read second
    60, and the twin holds the exact time.
    """
    return typed(datetime_literal(microseconds), "dateTime")


def to_literal(value: Value) -> Literal:
    """A value as people and SPARQL compare it."""
    if value.kind is Kind.TIME:
        return time_literal(int(value.text))
    if value.kind in NUMERIC:
        return number(float(value.text))
    if value.kind is Kind.INTEGER:
        return whole(int(value.text))
    if value.kind is Kind.BOOLEAN:
        return flag(value.text == "true")
    return Literal(value.text)


def is_exact(value: Value) -> bool:
    """Whether the literal alone tells the whole value (its kind known)."""
    if value.kind is Kind.NONE:
        return False
    if value.kind in NUMERIC:
        return Decimal(value.text) == Decimal(repr(float(value.text)))
    return True


def value_from_text(kind: Kind, text: str, unit: str | None) -> Value:
    """The value of a canonical text."""
    plain: str | float | int | bool | None = text
    if kind is Kind.TIME:
        plain = iso_from_tt(int(text))
    elif kind in NUMERIC:
        plain = float(text)
    elif kind is Kind.INTEGER:
        plain = int(text)
    elif kind is Kind.BOOLEAN:
        plain = text == "true"
    elif kind is Kind.NONE:
        plain = None
    return Value(kind, text, unit, plain)


def value_from_key(key: str) -> Value:
    """The value of a key: kind, text and unit with blanks between (a text may hold more of them)."""
    kind, _, rest = key.partition(" ")
    text, blank, unit = rest.rpartition(" ")
    if not blank or kind not in Kind.__members__.values():
        raise Malformed(f"{key!r} is not the key of a value: it reads 'kind text unit'.", value=key)
    return value_from_text(Kind(kind), _ESCAPED.sub(_unescaped, text), unit or None)


_ESCAPED: Final = re.compile(r"\\([\\nr])")


def _unescaped(found: re.Match[str]) -> str:
    return {"\\": "\\", "n": "\n", "r": "\r"}[found[1]]


def measure_literal(value: float | int | str | bool | None, name: str) -> Literal | None:
    """A scalar result as a literal; a result that is not a finite number is refused."""
    if value is None:
        return None
    if isinstance(value, bool):
        return flag(value)
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, str):
        return Literal(value)
    if not math.isfinite(value):
        raise Invalid(
            f"The result {name!r} is {value}; leave a value that could not be found empty (None).",
            parameter=name,
            value=str(value),
        )
    return number(value)


def plain_of_literal(literal: Literal) -> float | int | str | bool:
    """What :func:`measure_literal` wrote."""
    kind = literal.datatype.value.removeprefix(XSD)
    if kind == "boolean":
        return literal.value in ("true", "1")
    if kind == "integer":
        return int(literal.value)
    if kind in ("double", "decimal", "float"):
        return float(literal.value)
    return literal.value


def stamp(text: str | None) -> Literal | None:
    """The clock's time of an event (ISO 8601 UTC) as the store keeps it."""
    return None if text is None else as_stored(typed(text, "dateTime"))


def read_stamp(graph: Graph, subject: Node, predicate: NamedNode) -> str | None:
    """A time that :func:`stamp` wrote, with milliseconds: texts of one width sort as times."""
    text = graph.text(subject, predicate)
    found = None if text is None else re.fullmatch(r"(.*:\d\d)(?:\.(\d{1,3}))?Z", text)
    return text if found is None else f"{found[1]}.{(found[2] or '').ljust(3, '0')}Z"


def write_instant(out: Writer, subject: NamedNode, namespace: str, name: str, microseconds: int) -> None:
    """A time with its exact twin: ``kg:coverageStart`` and ``kg:coverageStartTT``."""
    out.add(subject, NamedNode(namespace + name), time_literal(microseconds))
    out.add(subject, NamedNode(namespace + name + TWIN), whole(microseconds))


def read_instant(graph: Graph, subject: Node, namespace: str, name: str) -> int | None:
    """The microseconds TT of a time property: its twin, or the ``xsd:dateTime`` when alone."""
    text = graph.text(subject, NamedNode(namespace + name))
    exact = graph.integer(subject, NamedNode(namespace + name + TWIN))
    if exact is None:
        return None if text is None else tt_from_iso(text)
    if text is not None and time_literal(exact).value != text and tt_from_iso(text) != exact:
        raise Conflict(
            f"{name} says {text} and {name}{TWIN} says {time_literal(exact).value}; leave one out.",
            parameter=name,
            value=text,
        )
    return exact
