"""Class expressions read into atomic conditions, for the fragment that matching decides without a reasoner.

The fragment is: a named class; an intersection of these; ``hasValue`` on a property of products;
``some observedWith (hasValue observes m)`` with that one condition inside; ``min 2 observedWith``.
Anything else is refused, because the flat set of conditions would then differ from what OWL entails.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from kg_service.model.terms import KG, OWL, local_name
from kg_service.vocabulary.statements import Node, Statements

__all__ = [
    "FEATURE_OF_PROPERTY",
    "OBSERVED_WITH",
    "TWO_INSTRUMENTS",
    "Feature",
    "OutsideFragment",
    "read_expression",
]

Feature: TypeAlias = "tuple[str, str]"
"""One atomic condition: ``("class", iri)``, ``("observedWith", iri)``, ``("facility", iri)``,
``("observes", iri)``, ``("covers", iri)`` or ``("instruments>=2", "")``."""

OBSERVED_WITH: Final = KG + "observedWith"
TWO_INSTRUMENTS: Final[Feature] = ("instruments>=2", "")
FEATURE_OF_PROPERTY: Final = {KG + name: name for name in ("observedWith", "facility", "covers")}

_OBSERVES = KG + "observes"
_NAMES = {
    OWL + "unionOf": "a union (or)",
    OWL + "complementOf": "a complement (not)",
    OWL + "oneOf": "an enumeration",
    OWL + "allValuesFrom": "an 'only' restriction",
    OWL + "maxCardinality": "an 'at most' restriction",
    OWL + "cardinality": "an 'exactly' restriction",
    OWL + "minQualifiedCardinality": "a qualified count",
    OWL + "hasSelf": "a self restriction",
}


class OutsideFragment(ValueError):
    """A construct that matching cannot decide; the message names it."""


def read_expression(statements: Statements, node: Node) -> frozenset[Feature]:
    """The atomic conditions of a class expression, all of which must hold.

    Raises
    ------
    OutsideFragment
        Naming the construct that matching cannot decide.
    """
    if not isinstance(node, str):
        raise OutsideFragment("a literal stands where a class belongs")
    if not node.startswith("_:"):
        return frozenset({("class", node)})
    about = statements.about(node)
    for construct, words in _NAMES.items():
        if construct in about:
            raise OutsideFragment(f"it uses {words}")
    if OWL + "intersectionOf" in about:
        conditions: set[Feature] = set()
        for head in statements.nodes(node, OWL + "intersectionOf"):
            for member in statements.sequence(head):
                conditions |= read_expression(statements, member)
        return frozenset(conditions)
    on = statements.nodes(node, OWL + "onProperty")
    if len(on) != 1:
        raise OutsideFragment("it has an anonymous class that is no restriction on one property")
    return frozenset({_restriction(statements, node, on[0])})


def _restriction(statements: Statements, node: str, on: str) -> Feature:
    about = statements.about(node)
    if OWL + "hasValue" in about:
        values = statements.iris(node, OWL + "hasValue")
        if on not in FEATURE_OF_PROPERTY:
            raise OutsideFragment(f"it fixes a value of {local_name(on)}, which is no property of products")
        if len(values) != 1:
            raise OutsideFragment(f"it fixes {local_name(on)} to something that is not one named thing")
        return (FEATURE_OF_PROPERTY[on], values[0])
    if OWL + "someValuesFrom" in about:
        return _some(statements, node, on)
    if OWL + "minCardinality" in about:
        if on != OBSERVED_WITH or statements.texts(node, OWL + "minCardinality") != ["2"]:
            raise OutsideFragment(
                f"it counts {local_name(on)}; only 'at least 2 observedWith' can be decided"
            )
        return TWO_INSTRUMENTS
    raise OutsideFragment(f"its restriction on {local_name(on)} is of no kind that can be decided")


def _some(statements: Statements, node: str, on: str) -> Feature:
    inner = statements.nodes(node, OWL + "someValuesFrom")
    if on != OBSERVED_WITH or len(inner) != 1:
        raise OutsideFragment(f"it asks for some {local_name(on)}; only 'some observedWith' can be decided")
    about = statements.about(inner[0])
    wanted = statements.iris(inner[0], OWL + "hasValue")
    if statements.nodes(inner[0], OWL + "onProperty") != [_OBSERVES] or len(wanted) != 1:
        what = (
            "several conditions" if OWL + "intersectionOf" in about else "something else than one messenger"
        )
        raise OutsideFragment(f"inside 'some observedWith' it has {what}; exactly one 'observes' is allowed")
    return ("observes", wanted[0])
