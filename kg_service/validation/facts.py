"""The graph under validation as the fast check reads it: an index in memory, and what literals mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg_service.model.terms import XSD
from kg_service.validation.vocabulary import SUBCLASS, TYPE, Vocabulary

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["Doubt", "Facts", "below", "bound_test", "lexical_test"]

DOUBLE, INTEGER, DECIMAL = NamedNode(XSD + "double"), NamedNode(XSD + "integer"), NamedNode(XSD + "decimal")
STRING, BOOLEAN, DATE_TIME = (
    NamedNode(XSD + "string"),
    NamedNode(XSD + "boolean"),
    NamedNode(XSD + "dateTime"),
)

_DOUBLE = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?").fullmatch
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)").fullmatch
_INTEGER = re.compile(r"[-+]?[0-9]+").fullmatch
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[-+][0-9]{2}:[0-9]{2})"
).fullmatch
Magnitude = float | int | Decimal | datetime
_NOTHING: Mapping[NamedNode, list[Term]] = {}


class Doubt(Exception):
    """The fast check is not certain: pyshacl decides."""


class Facts:
    """The triples by subject and property, with what the ontology lends to terms only mentioned."""

    __slots__ = ("_inverse", "_vocabulary", "out")

    def __init__(self, triples: Iterable[Triple], vocabulary: Vocabulary) -> None:
        out: dict[NamedNode | BlankNode, dict[NamedNode, list[Term]]] = {}
        for subject, predicate, value in triples:
            if isinstance(value, Triple):
                raise Doubt("a triple term")
            said = out.get(subject)
            if said is None:
                out[subject] = {predicate: [value]}
                continue
            values = said.get(predicate)
            if values is None:
                said[predicate] = [value]
            elif value not in values:
                values.append(value)
        self.out = out
        self._vocabulary = vocabulary
        self._inverse: dict[NamedNode, dict[Term, list[Term]]] = {}

    def triples(self, predicates: frozenset[NamedNode] | None = None) -> list[Triple]:
        """The triples with what the ontology lends to them; only those with the predicates, if given."""
        if predicates is not None and TYPE not in predicates and SUBCLASS not in predicates:
            return self._said(predicates)  # nothing else is lent
        said = self._said(None)
        every = said + self._vocabulary.context(said)
        return every if predicates is None else [t for t in every if t.predicate in predicates]

    def _said(self, predicates: frozenset[NamedNode] | None) -> list[Triple]:
        return [
            Triple(subject, predicate, value)
            for subject, of in self.out.items()
            for predicate, values in of.items()
            if predicates is None or predicate in predicates
            for value in values
        ]

    def about(self, node: Term) -> Mapping[NamedNode, list[Term]]:
        """Everything said of a node, by property."""
        said = None if isinstance(node, Literal) else self.out.get(node)
        if said is not None:
            return said
        if isinstance(node, NamedNode):
            return self._vocabulary.lent(node) or _NOTHING
        return _NOTHING

    def values(self, node: Term, predicate: NamedNode) -> list[Term]:
        """The objects of a property of a node."""
        return self.about(node).get(predicate, [])

    def subjects(self, predicate: NamedNode, value: Term) -> list[Term]:
        """The nodes that have the value for the property."""
        if predicate == SUBCLASS or (predicate == TYPE and value in self._vocabulary.populated):
            raise Doubt("the ontology may lend further subjects")
        inverse = self._inverse.get(predicate)
        if inverse is None:
            inverse = self._inverse[predicate] = {}
            for subject, said in self.out.items():
                for each in said.get(predicate, ()):
                    inverse.setdefault(each, []).append(subject)
        return inverse.get(value, [])

    def superclasses(self, cls: Term) -> Iterable[Term]:
        """A class and everything above it, by the graph and the ontology."""
        if not isinstance(cls, NamedNode):
            raise Doubt("a class without a name")
        if cls not in self.out:
            return self._vocabulary.superclasses(cls)
        found: dict[Term, None] = {}
        waiting: list[Term] = [cls]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = None
                waiting += self.values(each, SUBCLASS)
        return found

    def is_instance(self, node: Term, cls: NamedNode) -> bool:
        """Whether an asserted type of the node is the class or below it."""
        if isinstance(node, Literal):
            return False
        types = self.values(node, TYPE)
        return cls in types or any(cls in self.superclasses(each) for each in types)


def _fits_date_time(text: str) -> bool:
    if not _DATE_TIME(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_READABLE: dict[NamedNode, Callable[[str], object]] = {
    DOUBLE: _DOUBLE,
    INTEGER: _INTEGER,
    DECIMAL: _DECIMAL,
    DATE_TIME: _fits_date_time,
    BOOLEAN: {"true", "false"}.__contains__,
    STRING: lambda text: True,
}


def lexical_test(datatype: NamedNode) -> Callable[[Literal], bool]:
    """A function that says whether a literal has the datatype.

    It doubts a text that other readers might not take for one of the datatype, and every text of a
    datatype that is not known here.
    """
    readable = _READABLE.get(datatype)

    def test(literal: Literal) -> bool:
        if literal.datatype != datatype:
            return False
        if readable is None or not readable(literal.value):
            raise Doubt(literal.value)
        return True

    return test


@lru_cache(maxsize=4096)
def magnitude(term: Term) -> Magnitude:
    """The value of a literal that has an order: a finite number, or a time with its zone."""
    if not isinstance(term, Literal):
        raise Doubt("not a literal")
    datatype, text = term.datatype, term.value
    if datatype == DOUBLE and _DOUBLE(text):
        number = float(text)
        if number - number == 0.0:  # refuses infinity, to which 1e400 is read
            return number
    elif datatype == INTEGER and _INTEGER(text):
        return int(text)
    elif datatype == DECIMAL and _DECIMAL(text):
        return Decimal(text)
    elif datatype == DATE_TIME and _fits_date_time(text):
        return datetime.fromisoformat(text)
    raise Doubt(text)


def below(left: Term, right: Term, *, or_equal: bool) -> bool:
    """Whether one literal lies below the other; numbers with numbers, times with times."""
    a, b = magnitude(left), magnitude(right)
    if order_of(a) != order_of(b):
        raise Doubt("values of different orders")
    return bool(a <= b) if or_equal else bool(a < b)  # type: ignore[operator]


def order_of(value: Magnitude) -> str:
    """Values of one order can be compared exactly; a decimal against a double is left to pyshacl."""
    if isinstance(value, datetime):
        return "time"
    return "decimal" if isinstance(value, Decimal) else "number"


def bound_test(limit: Literal, *, lower: bool, or_equal: bool) -> Callable[[Term], bool]:
    """A function that says whether a literal lies on the right side of a limit."""
    edge = magnitude(limit)
    order = order_of(edge)

    def test(term: Term) -> bool:
        value = magnitude(term)
        if order_of(value) != order:
            raise Doubt("values of different orders")
        if value == edge:
            return or_equal
        return bool(value > edge) if lower else bool(value < edge)  # type: ignore[operator]

    return test
