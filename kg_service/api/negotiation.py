"""Which media type a client gets, and the headers of every answer (RFC 9110, sections 12 and 13)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from kg_service.errors import NotAcceptable
from kg_service.rdf.formats import JSONLD, PROVN, TURTLE

__all__ = ["DATA_NAMES", "DATA_TYPES", "HTML", "JSON", "PROBLEM", "RDF_TYPES", "choose", "is_known",
           "json_bytes", "prefers_page", "reply"]  # fmt: skip

HTML: Final = "text/html"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
RDF_TYPES: Final = (TURTLE, JSONLD, "application/n-triples", "application/rdf+xml", PROVN)
DATA_NAMES: Final = {
    "fits": "application/fits",
    "votable": "application/x-votable+xml",
    "ecsv": "text/ecsv",
    "csv": "text/csv",
    "hdf5": "application/x-hdf5",
    "png": "image/png",
    "svg": "image/svg+xml",
}
"""Short names of the media types of data."""
DATA_TYPES: Final = tuple(DATA_NAMES.values())


def _accepted(header: str) -> list[tuple[str, float]]:
    """The ranges of an Accept header with their weights, in the order given."""
    ranges = []
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        if name:
            ranges.append((name.lower(), weight if 0.0 <= weight <= 1.0 else 0.0))
    return ranges


def _weight(offered: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of one type: the most specific range that fits decides."""
    best, specificity = 0.0, -1
    main = offered.partition("/")[0]
    for name, weight in ranges:
        level = 2 if name == offered else 1 if name == f"{main}/*" else 0 if name == "*/*" else -1
        if level > specificity:
            best, specificity = weight, level
    return best if specificity >= 0 else 0.0


def choose(request: Request, offered: Sequence[str]) -> str:
    """The offered media type the client likes best; the first one where it has no preference.

    Raises
    ------
    NotAcceptable
        When none fits; the answer names those there are.
    """
    header = ", ".join(request.headers.getlist("accept")).strip()
    if not header:
        return offered[0]
    ranges = _accepted(header)
    weights = [(_weight(name, ranges), -position, name) for position, name in enumerate(offered)]
    weight, _, name = max(weights)
    if weight <= 0:
        raise NotAcceptable(
            f"This address gives {', '.join(offered)}, not {header}.", value=header, near=offered
        )
    return name


def prefers_page(request: Request) -> bool:
    """Whether a person's browser asks: pages are named, and liked better than JSON."""
    ranges = _accepted(", ".join(request.headers.getlist("accept")))
    return _weight(HTML, ranges) > max(_weight(JSON, ranges), _weight(PROBLEM, ranges))


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has the content of this entity tag (in quotes) already."""
    known = ", ".join(request.headers.getlist("if-none-match")).strip()
    return known == "*" or tag in [t.strip().removeprefix("W/") for t in known.split(",")]


def json_bytes(content: Any) -> bytes:
    """Compact JSON; a number that is no number is an error here, never ``NaN`` on the wire."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def reply(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer with ETag, 304 where the client has it already, and ``Vary: Accept``."""
    tag = f'"{hashlib.sha256(media_type.encode() + body).hexdigest()[:32]}"'
    extra = {"ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache", **(headers or {})}
    if status == 200 and request.method == "GET" and is_known(request, tag):
        return Response(status_code=304, headers=extra)
    return Response(body, status_code=status, media_type=media_type, headers=extra)
