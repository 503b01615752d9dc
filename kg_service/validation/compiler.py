"""Compiles a shape from its Turtle to a Python function over the facts; what is not known here is refused.

No constraint is written twice: the shapes in Turtle are the only source, and pyshacl reads the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from kg_service.model.terms import OWL, RDFS, SH
from kg_service.validation.constraints import SET_TESTS, VALUE_TESTS, SetTest, ValueTest
from kg_service.validation.facts import Facts
from kg_service.validation.paths import NotCompiled, Walk, compile_path
from kg_service.validation.shapes import Description, Node, sh
from kg_service.validation.sparql_constraint import compile_sparql
from kg_service.validation.vocabulary import TYPE

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["Body", "ShapeCompiler", "join"]

_SILENT = {
    sh(name)
    for name in (
        *("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "path", "deactivated", "flags"),
        *(
            "name",
            "description",
            "message",
            "severity",
            "order",
            "group",
            "defaultValue",
            "ignoredProperties",
        ),
    )
}
_LOGIC = {sh(n) for n in ("or", "and", "xone", "not")}
_CLASS_TYPES = {NamedNode(RDFS + "Class"), NamedNode(OWL + "Class")}


@dataclass(slots=True)
class Body:
    """What is tested of one focus node: always, or only where a property has values."""

    always: list[ValueTest] = field(default_factory=list)
    of_property: dict[NamedNode, list[SetTest]] = field(default_factory=dict)


class ShapeCompiler:
    """Compiles the shapes of one description.

    Every method raises :class:`~kg_service.validation.paths.NotCompiled` at a construct it does not know.
    """

    def __init__(self, shapes: Description) -> None:
        self.shapes = shapes
        self._done: dict[Node, ValueTest] = {}
        self._open: set[Node] = set()

    def shape(self, node: Node) -> ValueTest:
        """The test of one node against a shape, compiled once."""
        if node not in self._done:
            if node in self._open:
                raise NotCompiled("a shape that refers to itself")
            self._open.add(node)
            try:
                self._done[node] = join([self.body(node)])
            finally:
                self._open.discard(node)
        return self._done[node]

    def body(self, node: Node) -> Body:
        """The tests of a shape, for joining them with those of other shapes of the same target."""
        said = self.shapes.about(node)
        if not said:
            raise NotCompiled(f"the shape {node}, which is not there")
        if any(isinstance(v, Literal) and v.value == "true" for v in said.get(sh("deactivated"), ())):
            return Body()
        if said.get(TYPE) and not _CLASS_TYPES.isdisjoint(said[TYPE]):
            raise NotCompiled("a shape that is its own target class")
        body = Body()
        if sh("path") in said:
            self._add_property(body, node)
        else:
            body.always += self._value_tests(node, body)
        return body

    def _add_property(self, body: Body, node: Node) -> None:
        """Adds a property shape's tests to those of the node shape it belongs to."""
        said = self.shapes.about(node)
        if any(isinstance(v, Literal) and v.value == "true" for v in said.get(sh("deactivated"), ())):
            return
        path = said[sh("path")][0]
        walk = compile_path(self.shapes, path)
        tests: list[SetTest] = [_each(test) for test in self._value_tests(node, None)]
        needed: list[SetTest] = []
        for parameter, values in said.items():
            if parameter in SET_TESTS:
                compile_test, without_values = SET_TESTS[parameter]
                (needed if without_values else tests).extend(compile_test(value) for value in values)
        body.always += [_along(walk, test) for test in needed]
        if isinstance(path, NamedNode):
            body.of_property.setdefault(path, []).extend(tests)
        else:
            body.always += [_along(walk, test) for test in tests]

    def _value_tests(self, node: Node, body: Body | None) -> list[ValueTest]:
        """The tests of one value node; property shapes go into the body of a node shape at once."""
        tests: list[ValueTest] = []
        for parameter, values in self.shapes.about(node).items():
            if parameter in VALUE_TESTS:
                tests += [VALUE_TESTS[parameter](self.shapes, node, value) for value in values]
            elif parameter == sh("property") and body is not None:
                for value in values:
                    self._add_property(body, value)
            elif parameter in (sh("property"), sh("node")):
                tests += [self.shape(value) for value in values]
            elif parameter in _LOGIC:
                tests += [self._logical(parameter, value) for value in values]
            elif parameter == sh("closed"):
                tests += self._closed(node, values[0])
            elif parameter == sh("sparql") and body is not None:
                tests += [compile_sparql(self.shapes, value) for value in values]
            elif parameter == sh("hasValue") and body is not None:
                tests += [_is(value) for value in values]
            elif not self._silent(parameter, property_shape=body is None):
                raise NotCompiled(f"the construct {parameter.value}")
        return tests

    @staticmethod
    def _silent(parameter: NamedNode, *, property_shape: bool) -> bool:
        if not parameter.value.startswith(SH):
            return True
        return parameter in _SILENT or (property_shape and parameter in SET_TESTS)

    def _logical(self, parameter: NamedNode, value: Node) -> ValueTest:
        if parameter == sh("not"):
            inner = self.shape(value)
            return lambda v, facts: not inner(v, facts)
        members = [self.shape(member) for member in self.shapes.members(value)]
        if parameter == sh("or"):
            return lambda v, facts: any(test(v, facts) for test in members)
        if parameter == sh("and"):
            return lambda v, facts: all(test(v, facts) for test in members)
        return lambda v, facts: sum(test(v, facts) for test in members) == 1

    def _closed(self, node: Node, value: Node) -> list[ValueTest]:
        if not isinstance(value, Literal) or value.value != "true":
            return []
        allowed: set[Node] = set()
        for ignored in self.shapes.all(node, sh("ignoredProperties")):
            allowed.update(self.shapes.members(ignored))
        for each in self.shapes.all(node, sh("property")):
            allowed.update(self.shapes.all(each, sh("path")))
        return [lambda v, facts: allowed.issuperset(facts.about(v))]


def _is(value: Node) -> ValueTest:
    return lambda v, facts: v == value


def _each(test: ValueTest) -> SetTest:
    def judge(focus: Term, values: list[Term], facts: Facts) -> bool:
        for value in values:  # noqa: SIM110  # a generator costs as much as the test itself
            if not test(value, facts):
                return False
        return True

    return judge


def _along(walk: Walk, test: SetTest) -> ValueTest:
    return lambda node, facts: test(node, walk(node, facts), facts)


def join(bodies: Iterable[Body]) -> ValueTest:
    """One test for one node out of the tests of one shape or of several."""
    bodies = list(bodies)
    always = tuple(check for body in bodies for check in body.always)
    merged: dict[NamedNode, list[SetTest]] = {}
    for body in bodies:
        for predicate, tests in body.of_property.items():
            merged.setdefault(predicate, []).extend(tests)
    of_property = {predicate: tuple(tests) for predicate, tests in merged.items()}

    def test(node: Term, facts: Facts) -> bool:
        for check in always:
            if not check(node, facts):
                return False
        if of_property:
            for predicate, values in facts.about(node).items():
                for judge in of_property.get(predicate, ()):
                    if not judge(node, values, facts):
                        return False
        return True

    return test
