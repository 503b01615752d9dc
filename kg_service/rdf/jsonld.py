"""JSON-LD 1.1 without the web: contexts come from this project or from the document itself.

A document that names another context is refused: fetching it would let a stranger choose what we
connect to, and what the words in the document mean (JSON-LD 1.1, appendix "Security Considerations").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg_service.data import data_folder
from kg_service.errors import Malformed
from kg_service.model.terms import XSD
from kg_service.rdf.graph import Term, rdf_type

__all__ = ["CONTEXT_ADDRESS", "localised", "own_context", "write_jsonld"]

CONTEXT_ADDRESS: Final = "https://w3id.org/kg-service/context.jsonld"


@lru_cache(maxsize=1)
def own_context() -> Mapping[str, Any]:
    """The content of our context, from the package or from a checkout."""
    path = data_folder("ontology") / "context.jsonld"
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def localised(data: bytes, context: Mapping[str, Any] | None = None) -> bytes:
    """The document with our context written into it; any other remote context is refused."""
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_no_such_number)
    except UnicodeDecodeError as error:
        raise Malformed(f"The JSON is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise Malformed(
            f"The JSON cannot be read at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except RecursionError as error:
        raise Malformed("The JSON is nested too deeply.") from error
    if not isinstance(document, (dict, list)):
        raise Malformed("A JSON-LD document is an object or a list of objects.")
    replaced = False
    waiting: list[Any] = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            if "@import" in item:
                raise _remote(item["@import"])
            if "@context" in item:
                given = item["@context"]
                item["@context"] = _here(given, context)
                replaced = replaced or item["@context"] is not given
            waiting.extend(item.values())
    return json.dumps(document, ensure_ascii=False).encode() if replaced else data


def _no_such_number(name: str) -> float:
    raise Malformed(f"The JSON holds {name}, which is not a number.", value=name)


def _here(given: Any, context: Mapping[str, Any] | None) -> Any:
    if isinstance(given, list):
        found = [_here(part, context) for part in given]
        return given if all(a is b for a, b in zip(found, given, strict=True)) else found
    if not isinstance(given, str):
        return given
    if given.replace("http://", "https://", 1) != CONTEXT_ADDRESS:
        raise _remote(given)
    content = own_context() if context is None else context
    # A copy for each place: the walk above goes into what it put there, and must not change ours.
    return json.loads(json.dumps(content.get("@context", content)))


def _remote(name: Any) -> Malformed:
    return Malformed(
        f"The context {name!r} is not read: contexts are never fetched. Use {CONTEXT_ADDRESS}, "
        "or write the context into the document.",
        value=str(name),
        near=(CONTEXT_ADDRESS,),
    )


def write_jsonld(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> bytes:
    """A flat document, one object for each subject, with the prefixes as its own context.

    Numbers keep their text in ``@value``: as JSON numbers, long integers would lose digits.
    """
    nodes: dict[str, dict[str, Any]] = {}
    for triple in triples:
        name = _name(triple.subject)
        node = nodes.setdefault(name, {"@id": name})
        if triple.predicate == rdf_type and isinstance(triple.object, NamedNode):
            node.setdefault("@type", []).append(_short(triple.object.value, prefixes))
        else:
            key = _short(triple.predicate.value, prefixes)
            node.setdefault(key, []).append(_object(triple.object, prefixes))
    graph = [{k: _single(v) for k, v in node.items()} for node in nodes.values()]
    document = {"@context": dict(prefixes), "@graph": graph}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _single(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def _name(term: Any) -> str:
    return str(term) if isinstance(term, BlankNode) else str(term.value)


def _short(name: str, prefixes: Mapping[str, str]) -> str:
    for prefix, namespace in prefixes.items():
        local = name.removeprefix(namespace)
        if local != name and not local.startswith("//"):
            return f"{prefix}:{local}"
    return name


def _object(term: Term | Triple, prefixes: Mapping[str, str]) -> Any:
    if isinstance(term, Triple):
        raise TypeError("a statement about a statement has no place in our graphs")
    if not isinstance(term, Literal):
        return {"@id": _name(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == XSD + "string":
        return term.value
    if term.datatype.value == XSD + "boolean" and term.value in ("true", "false"):
        return term.value == "true"
    return {"@value": term.value, "@type": _short(term.datatype.value, prefixes)}
