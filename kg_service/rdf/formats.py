"""RDF as bytes: media types, reading within limits, writing in a stable order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple
from pyoxigraph import parse as parse_rdf
from pyoxigraph import serialize as serialize_rdf

from kg_service.errors import Malformed, NotAcceptable, TooLarge, UnsupportedMediaType
from kg_service.model.terms import PREFIXES
from kg_service.rdf.graph import rdf_type
from kg_service.rdf.jsonld import localised, write_jsonld

__all__ = ["EXTENSIONS", "JSONLD", "LIMIT", "PROVN", "READABLE", "TURTLE", "WRITABLE", "media_type", "parse",
           "serialise"]  # fmt: skip

TURTLE: Final = "text/turtle"
JSONLD: Final = "application/ld+json"
PROVN: Final = "text/provenance-notation"
LIMIT: Final = 16 * 2**20
"""Bytes of a graph that are read at most, unless the caller says otherwise."""

_FORMATS: Final[dict[str, RdfFormat]] = {
    TURTLE: RdfFormat.TURTLE,
    JSONLD: RdfFormat.JSON_LD,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/trig": RdfFormat.TRIG,
}
_OTHER_NAMES: Final = {"application/x-turtle": TURTLE, "text/n3": TURTLE, "text/rdf+n3": TURTLE}
READABLE: Final = tuple(_FORMATS)
WRITABLE: Final = (*_FORMATS, PROVN)
EXTENSIONS: Final = {
    "turtle": TURTLE,
    "ttl": TURTLE,
    "jsonld": JSONLD,
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "rdf": "application/rdf+xml",
    "xml": "application/rdf+xml",
    "trig": "application/trig",
    "provn": PROVN,
}
"""Short names of the writable media types, as file names and ``--as`` have them."""


def media_type(text: str) -> str:
    """The bare media type of a header: lower case, without parameters, one name per format."""
    bare = text.partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(bare, bare)


def parse(
    data: bytes,
    content_type: str,
    base: str | None = None,
    *,
    limit: int = LIMIT,
    context: Mapping[str, Any] | None = None,
) -> list[Triple]:
    """Read a graph.

    Parameters
    ----------
    data
        The bytes as they came.
    content_type
        Its media type; parameters are ignored.
    base
        The IRI against which relative IRIs are resolved.
    limit
        Largest number of bytes that is read.
    context
        Stands in for our own JSON-LD context; by default the one in ``ontology/``.

    Raises
    ------
    TooLarge, UnsupportedMediaType
        Before anything is read.
    Malformed
        With line and column where the syntax breaks; also for remote JSON-LD contexts, XML document
        types (an entity may grow to any size) and named graphs.
    """
    if len(data) > limit:
        raise TooLarge(f"The graph has {len(data)} bytes; at most {limit} are read.")
    kind = media_type(content_type)
    if kind not in _FORMATS:
        raise UnsupportedMediaType(
            f"{content_type!r} is not read here; send one of {', '.join(READABLE)}.",
            value=content_type,
            near=READABLE,
        )
    if kind == JSONLD:
        data = localised(data, context)
    elif kind == "application/rdf+xml":
        _refuse_document_type(data)
    try:
        quads = parse_rdf(data, format=_FORMATS[kind], base_iri=base, without_named_graphs=True)
        return [quad.triple for quad in quads]
    except SyntaxError as error:
        raise Malformed(f"The {kind} cannot be read{_place(error)}: {_reason(error)}.") from error
    except ValueError as error:
        raise Malformed(f"The {kind} cannot be read: {error}.", value=base) from error


def _refuse_document_type(data: bytes) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The application/rdf+xml is not UTF-8 at byte {error.start}.") from error
    found = re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise Malformed(
            f"The application/rdf+xml has a document type at line {line}; declare namespaces with xmlns "
            "attributes instead, entities are not expanded here."
        )


_PLACE: Final = re.compile(r"^Parser error at line \d+ (between columns \d+ and \d+|column \d+): ")


def _place(error: SyntaxError) -> str:
    if not error.lineno:
        return ""
    return f" at line {error.lineno}, column {error.offset}"


def _reason(error: SyntaxError) -> str:
    reason = _PLACE.sub("", str(error.msg))
    reason = re.sub(r"\s*\(line \d+\)$", "", reason)
    return reason.rstrip(".") or "it ends too early"


def serialise(triples: Iterable[Triple], content_type: str, *, base: str | None = None) -> bytes:
    """Write a graph in an order that depends on the triples alone, with our prefixes.

    ``base`` gets the prefix ``s:`` where the format has prefixes: the IRIs of the site.
    """
    kind = media_type(content_type)
    ordered = sorted(set(triples), key=_order)
    if kind == PROVN:
        from kg_service.rdf.provn import to_provn

        return to_provn(ordered, base=base).encode()
    if kind not in _FORMATS:
        raise NotAcceptable(
            f"A graph cannot be written as {content_type!r}; ask for one of {', '.join(WRITABLE)}.",
            value=content_type,
            near=WRITABLE,
        )
    prefixes = _used_prefixes(ordered, base)
    if kind == JSONLD:
        return write_jsonld(ordered, prefixes)
    return serialize_rdf(ordered, format=_FORMATS[kind], prefixes=prefixes) or b""


def _order(triple: Triple) -> tuple[str, bool, str, str]:
    predicate = triple.predicate
    return (str(triple.subject), predicate != rdf_type, predicate.value, str(triple.object))


def _used_prefixes(triples: Iterable[Triple], base: str | None) -> dict[str, str]:
    names: set[str] = set()
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, NamedNode):
                names.add(term.value)
            elif isinstance(term, Literal):
                names.add(term.datatype.value)
    known = dict(PREFIXES) if base is None else {**PREFIXES, "s": base}
    return {p: ns for p, ns in known.items() if any(name.startswith(ns) for name in names)}
