"""The constraint components of SHACL Core that look at values, each compiled to a function.

A function answers exactly: ``True`` conforms, ``False`` does not; where it cannot be certain it raises
:class:`~kg_service.validation.facts.Doubt`. What is not listed here is not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode

from kg_service.model.terms import SH
from kg_service.validation.facts import Facts, below, bound_test, lexical_test
from kg_service.validation.paths import NotCompiled
from kg_service.validation.shapes import Description, Node, sh

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["SET_TESTS", "VALUE_TESTS", "SetTest", "ValueTest"]

ValueTest = Callable[["Term", Facts], bool]
"""Judges one value node."""
SetTest = Callable[["Term", "list[Term]", Facts], bool]
"""Judges the value nodes of one focus node together."""

_KINDS: dict[str, tuple[type, ...]] = {
    "IRI": (NamedNode,),
    "Literal": (Literal,),
    "BlankNode": (BlankNode,),
    "BlankNodeOrIRI": (BlankNode, NamedNode),
    "BlankNodeOrLiteral": (BlankNode, Literal),
    "IRIOrLiteral": (NamedNode, Literal),
}


def _text(node: Node | None) -> str:
    if not isinstance(node, Literal):
        raise NotCompiled("a literal is missing")
    return node.value


def _named(node: Node) -> NamedNode:
    if not isinstance(node, NamedNode):
        raise NotCompiled("an IRI is missing")
    return node


def _datatype(shapes: Description, shape: Node, value: Node) -> ValueTest:
    test = lexical_test(_named(value))
    return lambda v, facts: isinstance(v, Literal) and test(v)


def _node_kind(shapes: Description, shape: Node, value: Node) -> ValueTest:
    kinds = _KINDS.get(_named(value).value.removeprefix(SH))
    if kinds is None:
        raise NotCompiled(f"the node kind {value}")
    return lambda v, facts: isinstance(v, kinds)


def _class(shapes: Description, shape: Node, value: Node) -> ValueTest:
    cls = _named(value)
    return lambda v, facts: facts.is_instance(v, cls)


def _bound(*, lower: bool, or_equal: bool) -> Callable[[Description, Node, Node], ValueTest]:
    def compile_bound(shapes: Description, shape: Node, value: Node) -> ValueTest:
        if not isinstance(value, Literal):
            raise NotCompiled("a limit that is no literal")
        test = bound_test(value, lower=lower, or_equal=or_equal)
        return lambda v, facts: test(v)

    return compile_bound


def _pattern(shapes: Description, shape: Node, value: Node) -> ValueTest:
    flags = {_text(each) for each in shapes.all(shape, sh("flags"))}
    if flags - {"i"}:
        raise NotCompiled(f"the pattern flags {sorted(flags)}")
    try:
        search = re.compile(_text(value), re.IGNORECASE if flags else 0).search
    except re.error as problem:
        raise NotCompiled(f"the pattern {value}") from problem
    return lambda v, facts: not isinstance(v, BlankNode) and search(v.value) is not None


def _length(*, longest: bool) -> Callable[[Description, Node, Node], ValueTest]:
    def compile_length(shapes: Description, shape: Node, value: Node) -> ValueTest:
        limit = int(_text(value))
        if longest:
            return lambda v, facts: not isinstance(v, BlankNode) and len(v.value) <= limit
        return lambda v, facts: limit == 0 or (not isinstance(v, BlankNode) and len(v.value) >= limit)

    return compile_length


def _in(shapes: Description, shape: Node, value: Node) -> ValueTest:
    allowed = frozenset(shapes.members(value))
    return lambda v, facts: v in allowed


VALUE_TESTS: dict[NamedNode, Callable[[Description, Node, Node], ValueTest]] = {
    sh("datatype"): _datatype,
    sh("nodeKind"): _node_kind,
    sh("class"): _class,
    sh("minInclusive"): _bound(lower=True, or_equal=True),
    sh("minExclusive"): _bound(lower=True, or_equal=False),
    sh("maxInclusive"): _bound(lower=False, or_equal=True),
    sh("maxExclusive"): _bound(lower=False, or_equal=False),
    sh("pattern"): _pattern,
    sh("minLength"): _length(longest=False),
    sh("maxLength"): _length(longest=True),
    sh("in"): _in,
}
"""Constraints on one value node, by the SHACL parameter."""


def _count(*, largest: bool) -> Callable[[Node], SetTest]:
    def compile_count(value: Node) -> SetTest:
        limit = int(_text(value))
        if largest:
            return lambda focus, values, facts: len(values) <= limit
        return lambda focus, values, facts: len(values) >= limit

    return compile_count


def _has_value(value: Node) -> SetTest:
    return lambda focus, values, facts: value in values


def _before(*, or_equal: bool) -> Callable[[Node], SetTest]:
    def compile_before(value: Node) -> SetTest:
        other = _named(value)

        def test(focus: Term, values: list[Term], facts: Facts) -> bool:
            for high in facts.values(focus, other):
                for low in values:
                    if not below(low, high, or_equal=or_equal):
                        return False
            return True

        return test

    return compile_before


def _equals(value: Node) -> SetTest:
    other = _named(value)
    return lambda focus, values, facts: set(values) == set(facts.values(focus, other))


def _disjoint(value: Node) -> SetTest:
    other = _named(value)
    return lambda focus, values, facts: set(values).isdisjoint(facts.values(focus, other))


SET_TESTS: dict[NamedNode, tuple[Callable[[Node], SetTest], bool]] = {
    sh("minCount"): (_count(largest=False), True),
    sh("maxCount"): (_count(largest=True), False),
    sh("hasValue"): (_has_value, True),
    sh("equals"): (_equals, True),
    sh("disjoint"): (_disjoint, False),
    sh("lessThan"): (_before(or_equal=False), False),
    sh("lessThanOrEquals"): (_before(or_equal=True), False),
}
"""Constraints on all value nodes of a property; the flag says that having no value may violate them."""
