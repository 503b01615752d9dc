"""Sealed records: a graph as the one sequence of bytes that is hashed, kept and never changed.

The bytes are canonical N-Quads (RDF Dataset Canonicalization, W3C 2024, section 5) in the default
graph, sorted by code point, with the site's base replaced by ``kg-site:/``. Literals have the form
in which the store gives them back, so that the index and the record say the same.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

from kg_service.errors import Malformed
from kg_service.model.terms import NEUTRAL_BASE, RDF, XSD, Site

__all__ = ["as_indexed", "as_stored", "canonical_lines", "seal", "unseal"]

_KEPT: Final = {
    XSD + "dateTime": re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d(\.\d*[1-9])?Z"),
    XSD + "integer": re.compile(r"0|-?[1-9]\d*"),
    XSD + "boolean": re.compile(r"true|false"),
    XSD + "double": re.compile(r"0|-?[1-9]\d{0,14}"),
    XSD + "string": re.compile(r".*", re.DOTALL),
}
"""Lexical forms known to survive the store; any other literal is sent through one."""

_NEUTRAL: Final = f"<{NEUTRAL_BASE}"
_TYPED: Final = re.compile(r'"([^"\\]*)"\^\^<([^<>]*)> \.')


def as_stored(literal: Literal) -> Literal:
    """The literal as the store gives it back (``"007"`` is ``7``, ``"1.50"`` is ``1.5``)."""
    form = _KEPT.get(literal.datatype.value)
    if form is not None and form.fullmatch(literal.value):
        return literal
    return _through_store(literal)


@lru_cache(maxsize=4096)
def _through_store(literal: Literal) -> Literal:
    if literal.datatype.value == XSD + "double":
        try:
            return Literal(float(literal.value))
        except ValueError:
            return literal
    store = Store()
    probe = NamedNode(RDF + "value")
    store.add(Quad(probe, probe, literal))
    found = next(iter(store)).object
    return found if isinstance(found, Literal) else literal


def _kept(triple: Triple) -> Triple:
    item = triple.object
    if not isinstance(item, Literal) or item.language:
        return triple
    stored = as_stored(item)
    return triple if stored is item else Triple(triple.subject, triple.predicate, stored)


def as_indexed(triples: Iterable[Triple]) -> list[Triple]:
    """The triples of a record without blank nodes as its index gives them back: each once."""
    return list(dict.fromkeys(_kept(triple) for triple in triples))


def canonical_lines(triples: Iterable[Triple], site: Site) -> list[str]:
    """The sorted lines of the record, without their newlines."""
    given = list(triples)
    text = (serialize(given, format=RdfFormat.N_TRIPLES) or b"").decode()
    if text.startswith("_:") or "\n_:" in text or " _:" in text:
        # Names of blank nodes follow from what is hashed, so everything else is made canonical first.
        prepared = {_neutral(triple, site) for triple in given}
        dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in prepared)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        text = (serialize([q.triple for q in dataset], format=RdfFormat.N_TRIPLES) or b"").decode()
        return sorted(text.split("\n")[:-1])
    base = f"<{site.base}"
    return sorted({_canonical_line(line, base) for line in text.split("\n")[:-1]})


def _canonical_line(line: str, base: str) -> str:
    """As :func:`_neutral`, on the text: a record is made canonical ten times faster this way."""
    subject, predicate, item = line.split(" ", 2)
    if subject.startswith(base):
        subject = _NEUTRAL + subject[len(base) :]
    if predicate.startswith(base):
        predicate = _NEUTRAL + predicate[len(base) :]
    if item.startswith(base):
        item = _NEUTRAL + item[len(base) :]
    elif item.endswith("> .") and (found := _TYPED.fullmatch(item)):
        form = _KEPT.get(found[2])
        if form is None or not form.fullmatch(found[1]):
            item = f"{_through_store(Literal(found[1], datatype=NamedNode(found[2])))} ."
    return f"{subject} {predicate} {item}"


def _neutral(triple: Triple, site: Site) -> Triple:
    subject, predicate, item = triple.subject, triple.predicate, triple.object
    if isinstance(subject, NamedNode) and site.owns(subject.value):
        subject = NamedNode(site.neutral(subject.value))
    if site.owns(predicate.value):
        predicate = NamedNode(site.neutral(predicate.value))
    if isinstance(item, NamedNode):
        item = NamedNode(site.neutral(item.value)) if site.owns(item.value) else item
    elif isinstance(item, Literal) and not item.language:
        item = as_stored(item)
    return Triple(subject, predicate, item)


def seal(triples: Iterable[Triple], site: Site) -> tuple[str, bytes]:
    """The sha256 (64 hex digits) of a record, and its bytes.

    Order, repetition, names of blank nodes and the site's base do not matter.
    """
    content = "".join(line + "\n" for line in canonical_lines(triples, site)).encode()
    return hashlib.sha256(content).hexdigest(), content


def unseal(content: bytes, base: str) -> list[Triple]:
    """The triples of a record, at the site with this base."""
    try:
        local = f"<{Site(base).base}"
        text = "\n".join(_local_line(line, local) for line in content.decode().split("\n"))
        return [quad.triple for quad in parse(text, format=RdfFormat.N_QUADS, without_named_graphs=True)]
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Malformed(f"The sealed record cannot be read: {error}.") from error


def _local_line(line: str, base: str) -> str:
    """The inverse of :func:`_canonical_line`, on the text, too; a literal begins with a quote."""
    terms = line.split(" ", 2)
    return " ".join([base + t[len(_NEUTRAL) :] if t.startswith(_NEUTRAL) else t for t in terms])
