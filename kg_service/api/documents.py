"""The OpenAPI document: the JSON of the contract as schemas, and which answers an address gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kg_service.api.negotiation import HTML, JSON, PROBLEM, RDF_TYPES

__all__ = ["ASKED", "SCHEMAS", "answers", "bodies", "texts"]

_Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

_TEXT: Final[_Schema] = {"type": "string"}
_TRUTH: Final[_Schema] = {"type": "boolean"}
_WHOLE: Final[_Schema] = {"type": "integer"}
_NUMBER: Final[_Schema] = {"type": "number"}
_ANY: Final[_Schema] = {}
_TEXTS: Final[_Schema] = {"type": "array", "items": _TEXT}


def _or_null(schema: _Schema) -> _Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**members: _Schema) -> _Schema:
    """An object in which all members are always present; others may be added."""
    return {"type": "object", "properties": members, "required": list(members)}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _many(schema: _Schema) -> _Schema:
    return {"type": "array", "items": schema}


def _list_of(name: str) -> _Schema:
    return _object(items=_many(_ref(name)), total=_WHOLE, next=_or_null(_TEXT))


_TEXT_OR_NULL: Final = _or_null(_TEXT)
_NUMBER_OR_NULL: Final = _or_null(_NUMBER)
_COVERAGE: Final = _object(
    time=_or_null(_TEXTS),
    energy=_or_null(_many(_NUMBER_OR_NULL)),
    objects=_or_null(_TEXTS),
    sky=_TEXT_OR_NULL,
)
_FILE: Final = _object(name=_TEXT, url=_TEXT, media_type=_TEXT, size=_WHOLE, sha256=_TEXT, role=_TEXT)

SCHEMAS: Final[Mapping[str, _Schema]] = {
    "Problem": _object(
        type=_TEXT, title=_TEXT, status=_or_null(_WHOLE), detail=_TEXT, instance=_TEXT_OR_NULL, code=_TEXT,
        parameter=_TEXT_OR_NULL, value=_TEXT_OR_NULL, near=_TEXTS, report=_TEXT_OR_NULL,
    ),
    "Answer": _object(
        query=_TEXT,
        ask=_TEXT,
        where={"type": "object"},
        status={"enum": ["pending", "done", "failed", "cancelled"]},
        reused=_TRUTH,
        reuse=_or_null(_object(made=_TEXT, by=_TEXT, version=_TEXT, why=_TEXT)),
        product=_or_null(_ref("Product")),
        run=_TEXT_OR_NULL,
        workflow=_TEXT_OR_NULL,
        steps=_many(_object(run=_TEXT_OR_NULL, workflow=_TEXT, product=_TEXT_OR_NULL, reused=_TRUTH)),
        resolved=_many(_object(term=_TEXT, given=_TEXT, used=_TEXT, name=_TEXT, text=_TEXT_OR_NULL)),
        passed_over=_many(_object(workflow=_TEXT, code=_TEXT, detail=_TEXT)),
        caveats=_TEXTS,
        files=_or_null(_TEXTS),
        problem=_or_null(_ref("Problem")),
    ),
    "Product": _object(
        id=_TEXT, url=_TEXT, types=_TEXTS, label=_TEXT, query=_TEXT_OR_NULL, run=_TEXT_OR_NULL,
        workflow=_TEXT_OR_NULL, created=_TEXT_OR_NULL, coverage=_COVERAGE, quality=_TEXTS, used=_TEXTS,
        derived_from=_TEXTS, stale=_TRUTH, files=_many(_FILE),
        values={"type": "object",
                "additionalProperties": _object(value=_ANY, error=_NUMBER_OR_NULL, unit=_TEXT_OR_NULL)},
        cite=_TEXTS,
    ),
    "Run": _object(
        id=_TEXT, url=_TEXT,
        phase={"enum": ["PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED"]},
        query=_TEXT, workflow=_TEXT_OR_NULL, created=_TEXT, started=_TEXT_OR_NULL, ended=_TEXT_OR_NULL,
        progress=_object(fraction=_NUMBER_OR_NULL, message=_TEXT), steps=_TEXTS, products=_TEXTS,
        problem=_or_null(_ref("Problem")), log=_TEXT_OR_NULL, events=_TEXT,
    ),
    "Explanation": _object(
        query=_TEXT,
        plan=_or_null(_many(_object(workflow=_TEXT, inputs={"type": "object"}, produces=_TEXTS, why=_TEXT))),
        would_reuse=_TEXT_OR_NULL,
        candidates=_many(_object(
            workflow=_TEXT, ok=_TRUTH, rank=_or_null(_WHOLE), reasons=_TEXTS,
            missing=_many(_object(code=_TEXT, term=_TEXT, message=_TEXT)),
            remedy=_many(_object(
                edit={"enum": ["add", "drop", "replace"]}, term=_TEXT, value=_ANY, name=_TEXT, text=_TEXT,
            )),
        )),
        why_not=_TEXT_OR_NULL,
    ),
    "Workflow": _object(
        id=_TEXT, url=_TEXT, name=_TEXT, version=_TEXT, digest=_TEXT, title=_TEXT, description=_TEXT,
        instrument=_TEXT_OR_NULL, messenger=_TEXT_OR_NULL,
        inputs=_many(_object(
            name=_TEXT, term=_TEXT, unit=_TEXT_OR_NULL, default=_ANY, minimum=_ANY, maximum=_ANY,
            allowed=_or_null(_many(_ANY)), optional=_TRUTH, label=_TEXT,
        )),
        outputs=_many(_object(name=_TEXT, term=_TEXT, inferred=_TEXTS)),
        coverage=_COVERAGE, deterministic=_TRUTH, licence=_TEXT_OR_NULL, cite=_TEXTS, status=_TEXT,
    ),
    "Query": _object(id=_TEXT, url=_TEXT, ask=_TEXT, where={"type": "object"}, fresh=_TRUTH),
    "Term": _object(
        id=_TEXT, url=_TEXT, name=_TEXT, label=_TEXT, definition=_TEXT, sort=_TEXT, group=_TEXT, status=_TEXT,
        parents=_TEXTS, children=_TEXTS, alt_labels=_TEXTS, notations=_TEXTS,
        role=_or_null(_object(property=_TEXT, kind=_TEXT, unit=_TEXT_OR_NULL)),
    ),
    "Instrument": _object(
        id=_TEXT, url=_TEXT, name=_TEXT, label=_TEXT, description=_TEXT, kind=_TEXT_OR_NULL, observes=_TEXTS,
        part_of=_TEXTS, parts=_TEXTS, start=_TEXT_OR_NULL, end=_TEXT_OR_NULL, energy=_many(_NUMBER_OR_NULL),
        alt_labels=_TEXTS, workflows=_TEXTS,
    ),
    "Shape": _object(id=_TEXT, url=_TEXT, name=_TEXT, label=_TEXT),
    "Dataset": _object(
        id=_TEXT, url=_TEXT, name=_TEXT, title=_TEXT, sha256=_TEXT, address=_TEXT_OR_NULL, reached=_TEXT,
        accessed=_TEXT_OR_NULL, licence=_TEXT_OR_NULL, cite=_TEXT_OR_NULL,
    ),
    "Health": _object(
        status={"enum": ["ok", "degraded"]}, version=_TEXT, base=_TEXT, workflows=_WHOLE, records=_WHOLE,
        active_runs=_WHOLE, broken={"type": "object", "additionalProperties": _TEXT}, uptime=_NUMBER,
        index=_object(behind=_or_null(_WHOLE)),
    ),
    "ShortQuery": {
        "type": "object",
        "properties": {"ask": _TEXT, "where": {"type": "object"}, "fresh": _TRUTH},
        "required": ["ask"],
        "additionalProperties": False,
        "example": {"ask": "Spectrum", "where": {"object": "Mrk 421", "e_min": {"value": 20, "unit": "keV"}}},
    },
    **{f"{name}List": _list_of(name)
       for name in ("Product", "Run", "Workflow", "Query", "Term", "Instrument", "Dataset", "Shape")},
}  # fmt: skip

ASKED: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "given",
            "in": "query",
            "description": "What is known, as name=value: ontology terms, usual names, a workflow's own.",
            "style": "form",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": _TEXT},
            "example": {"object": "TXS 0506+056"},
        }
    ]
}

_PROBLEMS: Final[dict[str, Any]] = {
    "description": "A problem, with what would have been understood.",
    "content": {PROBLEM: {"schema": _ref("Problem")}, HTML: {"schema": _TEXT}},
}


def answers(status: int, name: str, *, also: Sequence[str] = (), says: str = "") -> Responses:
    """One status: JSON of a schema, a page, and other media types."""
    content: dict[str, Any] = {JSON: {"schema": _ref(name)}, HTML: {"schema": _TEXT}}
    content |= {kind: {} for kind in also}
    return {status: {"description": says or f"{name}.", "content": content}, "default": _PROBLEMS}


def bodies(name: str, *, rdf: bool = False) -> Responses:
    """What an address that describes something gives."""
    return answers(200, name, also=RDF_TYPES if rdf else ())


def texts(*kinds: str, status: int = 200, says: str = "The content.") -> Responses:
    """What an address gives that is no JSON."""
    return {
        status: {"description": says, "content": {kind: {} for kind in kinds}},
        "default": _PROBLEMS,
    }
