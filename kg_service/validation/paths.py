"""Property paths of shapes, compiled to functions over the facts; and as text for reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from kg_service.validation.facts import Facts
from kg_service.validation.shapes import Description, Node, sh

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["NotCompiled", "Walk", "compile_path"]

Walk = Callable[["Term", Facts], "list[Term]"]


class NotCompiled(Exception):
    """A construct that the compiler does not know: its shape is pyshacl's alone."""


def compile_path(shapes: Description, path: Node) -> Walk:
    """A function from a node to its value nodes along a predicate, an inverse, a sequence or alternatives."""
    if isinstance(path, NamedNode):
        return _forward(path)
    if shapes.is_list(path):
        return _sequence([compile_path(shapes, step) for step in shapes.members(path)])
    said = shapes.about(path)
    if set(said) == {sh("inversePath")}:
        inner = said[sh("inversePath")][0]
        if isinstance(inner, NamedNode):
            return _backward(inner)
    elif set(said) == {sh("alternativePath")}:
        return _either(
            [compile_path(shapes, each) for each in shapes.members(said[sh("alternativePath")][0])]
        )
    raise NotCompiled("a property path other than a predicate, an inverse, a sequence or alternatives")


def _forward(predicate: NamedNode) -> Walk:
    return lambda node, facts: facts.values(node, predicate)


def _backward(predicate: NamedNode) -> Walk:
    return lambda node, facts: facts.subjects(predicate, node)


def _sequence(steps: list[Walk]) -> Walk:
    def walk(node: Term, facts: Facts) -> list[Term]:
        reached = [node]
        for step in steps:
            reached = list(dict.fromkeys(value for each in reached for value in step(each, facts)))
        return reached

    return walk


def _either(ways: list[Walk]) -> Walk:
    return lambda node, facts: list(dict.fromkeys(value for way in ways for value in way(node, facts)))
