"""The fast check: compiled shapes with their targets, which may only answer that a graph conforms.

A graph in which a shape that is not compiled has a target is left to pyshacl, as is every graph that
the compiled shapes do not find to conform.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from kg_service.model.terms import SH
from kg_service.validation.compiler import Body, ShapeCompiler, join
from kg_service.validation.constraints import ValueTest
from kg_service.validation.facts import Doubt, Facts
from kg_service.validation.paths import NotCompiled
from kg_service.validation.shapes import Description, Node, sh
from kg_service.validation.vocabulary import SUBCLASS, TYPE, Vocabulary

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["CompiledShapes", "compile_shapes"]

_TARGETS = {sh(n) for n in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
_KNOWN_TYPES = {sh(n) for n in (
    "NodeShape", "PropertyShape", "PropertyGroup", "SPARQLConstraint", "PrefixDeclaration",
)}  # fmt: skip
_KEPT = 10_000


@dataclass(slots=True)
class CompiledShapes:
    """The shapes of one noun with their targets.

    ``not_compiled`` gives a reason per shape, ``never`` why no graph at all is found to conform here.
    """

    vocabulary: Vocabulary
    of_class: dict[NamedNode, list[Body]] = field(default_factory=dict)
    of_node: list[tuple[Node, ValueTest]] = field(default_factory=list)
    of_subjects: dict[NamedNode, list[Body]] = field(default_factory=dict)
    of_objects: dict[NamedNode, list[Body]] = field(default_factory=dict)
    not_compiled: dict[str, str] = field(default_factory=dict)
    never: str | None = None
    _of_type: dict[NamedNode, ValueTest | None] = field(default_factory=dict)
    _of_property: dict[NamedNode, tuple[ValueTest | None, ValueTest | None]] = field(default_factory=dict)

    def finish(self) -> None:
        """Join the tests of shapes that have the same property as their target."""
        for predicate in {*self.of_subjects, *self.of_objects}:
            subjects, objects = self.of_subjects.get(predicate), self.of_objects.get(predicate)
            self._of_property[predicate] = (
                join(subjects) if subjects else None,
                join(objects) if objects else None,
            )

    def conforms(self, triples: Iterable[Triple]) -> bool:
        """Whether the graph certainly conforms, with nothing to report; ``False`` leaves it open."""
        if self.never is not None:
            return False
        try:
            return self._all(Facts(triples, self.vocabulary))
        except Doubt:
            return False

    def _all(self, facts: Facts) -> bool:
        for node, test in self.of_node:
            if not test(node, facts):
                return False
        of_property = self._of_property
        for node, said in facts.out.items():
            for cls in said.get(TYPE, ()):
                of_type = self._test_of(cls, facts)
                if of_type is not None and not of_type(node, facts):
                    return False
            for predicate in said:
                if predicate in of_property:
                    of_subject, of_object = of_property[predicate]
                    if of_subject is not None and not of_subject(node, facts):
                        return False
                    if of_object is not None and not all(
                        of_object(value, facts) for value in said[predicate]
                    ):
                        return False
        return True

    def _test_of(self, cls: Term, facts: Facts) -> ValueTest | None:
        if not isinstance(cls, NamedNode) or cls in facts.out:
            return self._joined(facts.superclasses(cls))
        if cls not in self._of_type:
            if len(self._of_type) >= _KEPT:
                self._of_type.clear()
            self._of_type[cls] = self._joined(self.vocabulary.superclasses(cls))
        return self._of_type[cls]

    def _joined(self, classes: Iterable[Term]) -> ValueTest | None:
        bodies = [
            body for cls in classes if isinstance(cls, NamedNode) for body in self.of_class.get(cls, ())
        ]
        return join(bodies) if bodies else None


def compile_shapes(triples: Iterable[Triple], vocabulary: Vocabulary) -> CompiledShapes:
    """Compiles every shape that has a target."""
    shapes = Description(triples)
    compiler = ShapeCompiler(shapes)
    compiled = CompiledShapes(vocabulary, never=_foreign(shapes))
    for node in list(shapes.subjects()):
        if _TARGETS.isdisjoint(shapes.about(node)):
            continue
        try:
            body = compiler.body(node)
        except (NotCompiled, Doubt, ValueError) as reason:
            compiled.not_compiled[str(node)] = str(reason)
            body = Body(always=[_doubtful(str(reason))])
        _aim(compiled, shapes, node, body)
    compiled.finish()
    return compiled


def _aim(compiled: CompiledShapes, shapes: Description, node: Node, body: Body) -> None:
    for cls in shapes.all(node, sh("targetClass")):
        if cls in compiled.vocabulary.populated:
            compiled.never = f"the ontology itself has individuals of {cls}"
        if isinstance(cls, NamedNode):
            compiled.of_class.setdefault(cls, []).append(body)
    compiled.of_node += [(target, join([body])) for target in shapes.all(node, sh("targetNode"))]
    for place, predicate in (
        (compiled.of_subjects, "targetSubjectsOf"),
        (compiled.of_objects, "targetObjectsOf"),
    ):
        for target in shapes.all(node, sh(predicate)):
            if target in (TYPE, SUBCLASS):
                compiled.never = f"the ontology lends {target}"
            if isinstance(target, NamedNode):
                place.setdefault(target, []).append(body)


def _foreign(shapes: Description) -> str | None:
    """Why no graph may be found to conform: constructs outside shapes that change what shapes mean."""
    if shapes.with_property(sh("target")) or shapes.with_property(sh("rule")):
        return "targets or rules of SHACL Advanced Features"
    for node in shapes.subjects():
        for cls in shapes.all(node, TYPE):
            if isinstance(cls, NamedNode) and cls.value.startswith(SH) and cls not in _KNOWN_TYPES:
                return f"the construct {cls.value}"
    return None


def _doubtful(reason: str) -> ValueTest:
    def test(node: Term, facts: Facts) -> bool:
        raise Doubt(reason)  # the shape has a target here: only pyshacl can judge it

    return test
