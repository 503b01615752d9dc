"""The files of products over HTTP: whole, in part, or not at all when the client has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from kg_service.api.negotiation import is_known
from kg_service.api.service import Service
from kg_service.api.wire import HEAD_ASKED
from kg_service.errors import NotFound, ServiceProblem
from kg_service.model.product import FileRole, Product, ProductFile

__all__ = ["file_of_type", "give_file"]

_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)
_MOST_RANGES = 20
_SHOWN = ("image/", "text/", "application/json")
_CLOSED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def file_of_type(product: Product, media_type: str) -> ProductFile:
    """The product's file of a media type: the data where they have it, else a picture.

    Raises
    ------
    NotFound
        It has none.
    """
    for role in (FileRole.MAIN, FileRole.PREVIEW):
        for file in product.files:
            if file.media_type == media_type and file.role is role:
                return file
    raise NotFound(f"{product.label} has no file of the type {media_type}.", value=media_type)


def give_file(
    request: Request, service: Service, file: ProductFile, *, headers: Mapping[str, str] | None = None
) -> Response:
    """A file by its sha256, or the range of it that was asked for."""
    tag = f'"{file.sha256}"'
    disposition = "inline" if file.media_type.startswith(_SHOWN) else "attachment"
    extra = {
        "ETag": tag,
        "Vary": "Accept",
        "Cache-Control": "no-cache",
        "Content-Disposition": f"{disposition}; filename*=utf-8''{quote(file.name)}",
        # A picture that came from an analysis is no page of ours: scripts in it never run.
        "Content-Security-Policy": _CLOSED,
        **(headers or {}),
    }
    if is_known(request, tag):
        return Response(status_code=304, headers=extra)
    path = service.house.blobs.path(file.sha256)
    if not path.is_file():
        raise ServiceProblem(
            f"The file {file.name} is recorded, but its content is missing here. Take it from a backup.",
            value=file.sha256,
        )
    _judge_range(request, file, tag)
    if HEAD_ASKED in request.scope:
        length = {"Content-Length": str(file.size), "Accept-Ranges": "bytes"}
        return Response(media_type=file.media_type, headers=extra | length)
    return FileResponse(path, media_type=file.media_type, headers=extra)


def _judge_range(request: Request, file: ProductFile, tag: str) -> None:
    """A range that is none is left aside (RFC 9110, section 14.2); one beyond the end cannot be had."""
    wanted = request.headers.get("range")
    if wanted is None:
        return
    ranges = _ranges(wanted)
    if not ranges or request.headers.get("if-range", tag) != tag:
        request.scope["headers"] = [(n, v) for n, v in request.scope["headers"] if n != b"range"]
    elif all(first >= file.size if first is not None else last == 0 for first, last in ranges):
        raise HTTPException(
            416,
            f"{file.name} has {file.size} bytes; {wanted} lies beyond its end.",
            headers={"Content-Range": f"bytes */{file.size}"},
        )


def _ranges(wanted: str) -> list[tuple[int | None, int | None]]:
    """First and last byte of each range of a header; nothing when it is not of that form."""
    unit, _, text = wanted.partition("=")
    found: list[tuple[int | None, int | None]] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if unit.strip().lower() != "bytes" or match is None or len(found) >= _MOST_RANGES:
            return []
        first, last = (int(digits) if digits else None for digits in match.groups())
        if (first is None and last is None) or (first is not None and last is not None and last < first):
            return []
        found.append((first, last))
    return found
