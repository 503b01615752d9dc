"""Whether the shapes themselves are in order: by SHACL's own shapes, and by what our reports rely on."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Triple

from kg_service.model.terms import SH
from kg_service.validation.constraints import SET_TESTS, VALUE_TESTS
from kg_service.validation.shapes import Description, Node, ShapeFolder, sh
from kg_service.validation.vocabulary import TYPE

__all__ = ["check_shapes"]

_TARGETS = {sh(n) for n in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
_MEMBERS = {sh(n) for n in ("or", "and", "xone")}
_SINGLE = {sh(n) for n in ("property", "node", "not", "qualifiedValueShape")}
_OTHERS = {
    sh(name)
    for name in (
        *(
            "name",
            "description",
            "message",
            "severity",
            "order",
            "group",
            "defaultValue",
            "deactivated",
            "path",
        ),
        *(
            "flags",
            "closed",
            "ignoredProperties",
            "sparql",
            "select",
            "prefixes",
            "declare",
            "prefix",
            "namespace",
        ),
        *("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath", "uniqueLang"),
        *("languageIn", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint"),
    )
}
_VOCABULARY = _TARGETS | _MEMBERS | _SINGLE | _OTHERS | set(VALUE_TESTS) | set(SET_TESTS)
_OWN_CONSTRAINTS = _MEMBERS | {sh("not"), sh("closed")} | set(VALUE_TESTS) | set(SET_TESTS)


def check_shapes(folder: Path) -> list[str]:
    """What is wrong with the shapes of a folder, one sentence each; nothing when all is well.

    The files are read, judged by the shapes of SHACL (pyshacl), and held to our rules: only words of
    SHACL, a target or a user for each named shape, and a message wherever a report may come from.
    """
    files = ShapeFolder(folder)
    found: list[str] = []
    together: list[Triple] = []
    for noun in files.nouns:
        try:
            triples = files.closure(noun)
        except SyntaxError as problem:
            found.append(f"shapes/{noun}.ttl cannot be read: {problem}.")
            continue
        own = files.file(noun)
        found += [f"shapes/{noun}.ttl: {text}" for text in _own_rules(Description(own), Description(triples))]
        together += own
    return found + _by_shacl(together)


def _by_shacl(triples: list[Triple]) -> list[str]:
    import pyshacl.entrypoints

    from kg_service.validation.referee import to_rdflib

    conforms, _, text = pyshacl.entrypoints.meta_validate(to_rdflib(triples), inference="rdfs")
    return (
        []
        if conforms
        else [f"The shapes are not well formed by the shapes of SHACL: {' '.join(str(text).split())}"]
    )


def _own_rules(shapes: Description, with_imports: Description) -> list[str]:
    found = [
        f"{predicate.value} is no word of SHACL that is known here."
        for node in shapes.subjects()
        for predicate in shapes.about(node)
        if predicate.value.startswith(SH) and predicate not in _VOCABULARY
    ]
    used = _used(with_imports)
    reporting = _reporting(shapes)
    for node in shapes.subjects():
        said = shapes.about(node)
        is_shape = any(t in (sh("NodeShape"), sh("PropertyShape")) for t in shapes.all(node, TYPE))
        if is_shape and _TARGETS.isdisjoint(said) and node not in used:
            found.append(f"{node} has no target and no shape uses it: it would never be applied.")
        if node in reporting and not _OWN_CONSTRAINTS.isdisjoint(said) and sh("message") not in said:
            found.append(f"{_where(shapes, node)} has no sh:message.")
    return found


def _used(shapes: Description) -> set[Node]:
    """Shapes that other shapes refer to."""
    found: set[Node] = set()
    for node in shapes.subjects():
        for predicate, values in shapes.about(node).items():
            if predicate in _SINGLE:
                found.update(values)
            elif predicate in _MEMBERS:
                found.update(member for value in values for member in shapes.members(value))
    return found


def _reporting(shapes: Description) -> set[Node]:
    """Shapes whose message reaches a report: those with a target, and property shapes below them."""
    found = {node for node in shapes.subjects() if not _TARGETS.isdisjoint(shapes.about(node))}
    waiting = list(found)
    while waiting:
        for value in shapes.all(waiting.pop(), sh("property")):
            if value not in found:
                found.add(value)
                waiting.append(value)
    return found


def _where(shapes: Description, node: Node) -> str:
    path = shapes.one(node, sh("path"))
    return f"The property shape of {path}" if path is not None else str(node)
