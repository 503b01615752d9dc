"""SPARQL constraints of shapes, evaluated over the facts by the store's own SPARQL engine.

A row is a violation, as SHACL-SPARQL says (section 5.3); ``$this`` is the focus node. Constructs whose
pre-binding differs between engines (subqueries, ``MINUS``, ``VALUES``, ``SERVICE``) are not compiled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Store, Variable

from kg_service.model.terms import OWL
from kg_service.validation.constraints import ValueTest
from kg_service.validation.facts import Doubt, Facts
from kg_service.validation.paths import NotCompiled
from kg_service.validation.shapes import Description, Node, sh
from kg_service.validation.vocabulary import TYPE

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["compile_sparql"]

_KNOWN = {sh("select"), sh("prefixes"), sh("message"), sh("deactivated")}
_DIFFERENT = re.compile(
    r"[$?](PATH|SHAPESGRAPH|CURRENTSHAPE)\b|\b(MINUS|VALUES|SERVICE|GRAPH|FROM|CONSTRUCT|DESCRIBE)\b"
)
_THIS = Variable("this")
_TOKENS = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
    |(?P<literal>\"\"\".*?\"\"\"|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[0-9][0-9.eE]*)
    |(?P<iri><[^<>\s]*>)
    |(?P<variable>[?$]\w+)
    |(?P<name>[A-Za-z][\w.-]*)?:(?P<local>[\w-]*)
    |(?P<word>@?[A-Za-z]\w*)
    |(?P<sign>!=|\^\^|&&|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)


def compile_sparql(shapes: Description, constraint: Node) -> ValueTest:
    """A function that says whether the constraint's query finds nothing for a focus node."""
    said = shapes.about(constraint)
    unknown = {p for p in said if p.value.startswith(sh("").value)} - _KNOWN
    select = shapes.one(constraint, sh("select"))
    if unknown or not isinstance(select, Literal):
        raise NotCompiled(f"a SPARQL constraint with {sorted(p.value for p in unknown)}")
    if any(isinstance(v, Literal) and v.value == "true" for v in shapes.all(constraint, sh("deactivated"))):
        return lambda node, facts: True
    tokens = [m for m in _TOKENS.finditer(select.value) if m.lastgroup != "skip"]
    words = [m.group().upper() for m in tokens if m.lastgroup in ("word", "variable")]
    if words.count("SELECT") != 1 or _DIFFERENT.search(" ".join(words)):
        raise NotCompiled("a SPARQL constraint with a construct that engines pre-bind differently")
    prefixes = _prefixes(shapes, constraint)
    query = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in prefixes.items()) + select.value
    predicates = _predicates(tokens, prefixes)

    def test(node: Term, facts: Facts) -> bool:
        if isinstance(node, BlankNode):
            raise Doubt("blank nodes cannot be bound")
        store = Store()
        store.extend(Quad(*triple) for triple in facts.triples(predicates))
        solutions = store.query(query, substitutions={_THIS: node})
        if not isinstance(solutions, QuerySolutions):
            raise Doubt("not a SELECT")
        return next(solutions, None) is None

    return test


def _prefixes(shapes: Description, constraint: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for holder in shapes.all(constraint, sh("prefixes")):
        if shapes.all(holder, NamedNode(OWL + "imports")):
            raise NotCompiled("prefixes that are imported")
        for declaration in shapes.all(holder, sh("declare")):
            prefix = shapes.one(declaration, sh("prefix"))
            namespace = shapes.one(declaration, sh("namespace"))
            if not isinstance(prefix, Literal) or not isinstance(namespace, Literal):
                raise NotCompiled("a prefix without its namespace")
            found[prefix.value] = namespace.value
    return found


def _predicates(tokens: list[re.Match[str]], prefixes: dict[str, str]) -> frozenset[NamedNode] | None:
    """The predicates that a query can look at: every IRI in it, or ``None`` where it may look at any.

    The latter holds when a variable may stand for a predicate (after a subject or a semicolon), or
    when the text has a negation of properties or its own prologue.
    """
    found: set[NamedNode] = set()
    opened, before, last = False, "start", "start"
    for token in tokens:
        kind, text = token.lastgroup, token.group()
        opened = opened or text == "{"
        if text == "!" or text.upper() in ("PREFIX", "BASE"):
            return None
        if kind in ("iri", "local") or text == "a":
            found.add(_expand(token, prefixes))
            kind = "term"
        if opened and kind == "variable" and _may_be_subject(before, last):
            return None
        before, last = last, kind if kind in ("term", "variable", "literal") else text
    return frozenset(found)


def _may_be_subject(before: str, last: str) -> bool:
    """Whether the token before a variable may be the subject of a triple, so that it is the predicate."""
    if last == "term":
        return before in ("start", "{", "}", ".", ")")
    return last in ("variable", "literal", ";", "]")


def _expand(token: re.Match[str], prefixes: dict[str, str]) -> NamedNode:
    if token.lastgroup == "iri":
        return NamedNode(token.group()[1:-1])
    if token.group() == "a":
        return TYPE
    prefix = token.group("name") or ""
    if prefix not in prefixes:
        raise NotCompiled(f"the prefix {prefix!r}, which the constraint does not declare")
    return NamedNode(prefixes[prefix] + token.group("local"))
