"""Whether an ontology stays where matching decides exactly as OWL does; what leaves it is named."""

from __future__ import annotations

from collections.abc import Iterator

from kg_service.model.terms import KG, ODA, OWL, RDF, RDFS, local_name
from kg_service.vocabulary.closure import Closure
from kg_service.vocabulary.definitions import OBSERVED_WITH, OutsideFragment, read_expression
from kg_service.vocabulary.features import FeatureCompiler
from kg_service.vocabulary.statements import Statements

__all__ = ["outside_fragment"]

_SCIENCE_PRODUCT = KG + "ScienceProduct"
_CHAINED = (KG + "facility", KG + "observes", KG + "covers")
_MATCHING = (OBSERVED_WITH, *_CHAINED, KG + "within", KG + "partOf")
_CLASS_VALUED = ("valueClass", "asksFor", "entailsType", "term", "roleOf", "constrains")
_INFERRING = ("isUsing", "isRequesting", "isRequestingAstroObject", "isRequestingParameter")


def outside_fragment(statements: Statements) -> list[str]:
    """One sentence for each construct that matching could not decide, or that makes reasoning go wrong."""
    compiler = FeatureCompiler(statements)
    classes = Closure(compiler.parents)
    return [
        *_definitions(statements, classes),
        *_circles(compiler, classes),
        *_anonymous(statements),
        *_properties(statements),
        *_individuals(statements),
    ]


def _definitions(statements: Statements, classes: Closure) -> Iterator[str]:
    for cls in sorted(statements.instances(OWL + "Class")):
        if cls.startswith("_:"):
            continue
        product = _SCIENCE_PRODUCT in classes.above(cls) or _mentions_product(statements, cls)
        about = statements.about(cls)
        if OWL + "disjointUnionOf" in about or OWL + "hasKey" in about:
            yield f"{local_name(cls)} is defined by a disjoint union or a key, which matching cannot decide."
        for node in statements.nodes(cls, OWL + "equivalentClass"):
            if not product:
                name = local_name(cls)
                yield f"{name} has a definition, but only product classes are matched by definition."
                break
            yield from _readable(statements, cls, node, "is defined by")
        for node in statements.nodes(cls, RDFS + "subClassOf"):
            if product and node.startswith("_:"):
                yield from _readable(statements, cls, node, "is restricted by")


def _mentions_product(statements: Statements, cls: str) -> bool:
    """Whether a definition too strange to be read still speaks of what products are observed with."""
    waiting = statements.nodes(cls, OWL + "equivalentClass")
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node in (OBSERVED_WITH, _SCIENCE_PRODUCT, *_CHAINED):
            return True
        if node.startswith("_:") and node not in seen:
            seen.add(node)
            waiting += [v for vs in statements.about(node).values() for v in vs if isinstance(v, str)]
    return False


def _readable(statements: Statements, cls: str, node: str, how: str) -> Iterator[str]:
    try:
        read_expression(statements, node)
    except OutsideFragment as reason:
        yield f"{local_name(cls)} {how} an expression that matching cannot decide: {reason}."


def _circles(compiler: FeatureCompiler, classes: Closure) -> Iterator[str]:
    uses = {
        cls: {iri for conditions in found for what, iri in conditions if what == "class"}
        for cls, found in compiler.definitions.items()
    }
    defining = Closure(uses)
    for cls in sorted(uses):
        if cls in uses[cls] or any(cls in defining.above(used) for used in uses[cls]):
            yield f"The definition of {local_name(cls)} goes in a circle."
    stated = [c for c in classes.circles() if c not in uses]
    if stated:
        yield f"These classes are below each other: {', '.join(local_name(c) for c in stated)}."


def _anonymous(statements: Statements) -> Iterator[str]:
    for subject in statements.subjects():
        about = statements.about(subject)
        if subject.startswith("_:") and (RDFS + "subClassOf" in about or OWL + "equivalentClass" in about):
            names = [local_name(cls) for cls in statements.iris(subject, RDFS + "subClassOf")]
            above = ", ".join(names) or "another class"
            yield f"An anonymous class is placed below {above}: make it the definition of a named class."


def _properties(statements: Statements) -> Iterator[str]:
    simple = OWL + "TransitiveProperty" not in statements.iris(OBSERVED_WITH, RDF + "type")
    if not simple or OWL + "propertyChainAxiom" in statements.about(OBSERVED_WITH):
        yield "observedWith has a chain or is transitive, so it cannot be counted; chains belong to facility."
    for subject in statements.subjects():
        for above in statements.iris(subject, RDFS + "subPropertyOf"):
            if above in _MATCHING and (subject, above) != (OBSERVED_WITH, KG + "facility"):
                yield f"{local_name(subject)} is below {local_name(above)}, which matching does not follow."
        for other in statements.iris(subject, OWL + "inverseOf"):
            if subject in _MATCHING or other in _MATCHING:
                pair = f"{local_name(subject)} is the inverse of {local_name(other)}"
                yield f"{pair}, which matching does not follow."
    for name in _CLASS_VALUED:
        if OWL + "AnnotationProperty" not in statements.iris(KG + name, RDF + "type"):
            yield f"{name} points to classes: unless it is an annotation property, entailments are lost."
    for name in _INFERRING:
        if statements.about(ODA + name):
            yield f"oda:{name} makes whatever it points to an object and a coordinate; it is for import only."


def _individuals(statements: Statements) -> Iterator[str]:
    relations = {p for p in statements.instances(OWL + "ObjectProperty") if not p.startswith("_:")}
    classes = {c for c in statements.instances(OWL + "Class") if not c.startswith("_:")}
    for subject in statements.subjects():
        about = statements.about(subject)
        if OWL + "sameAs" in about:
            yield f"{local_name(subject)} is said to be the same as another thing, which merges the two."
        if any(t.startswith("_:") for t in statements.nodes(subject, RDF + "type")):
            yield f"{local_name(subject)} has an anonymous type, which matching does not follow."
        for prop in sorted(relations & about.keys()):
            for value in statements.iris(subject, prop):
                if value in classes:
                    yield (
                        f"{local_name(subject)} points to the class {local_name(value)} by "
                        f"{local_name(prop)}, a relation between things: the reasoner would lose the class."
                    )
