"""Bodies of requests: never more than a limit is held in memory, whatever was announced."""

from __future__ import annotations

from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg_service.errors import Malformed, TooLarge

__all__ = ["LIMIT", "BodyLimit", "content_type", "read_body"]

LIMIT: Final = 16 * 2**20
"""Bytes of a body that are read at most."""


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body of a request may have {limit // 2**20} MiB at most.")


class BodyLimit:
    """Refuses bodies beyond the limit: by their announced length before reading, else while reading.

    The refusal is raised where the body is read, so that it is answered like every other problem.
    """

    def __init__(self, app: ASGIApp, limit: int = LIMIT) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body counted."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        announced = next((v for n, v in scope["headers"] if n == b"content-length"), b"0")
        too_large = not announced.isdigit() or int(announced) > self._limit
        taken = 0

        async def receiving() -> Message:
            nonlocal taken
            if too_large:
                raise _too_large(self._limit)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise _too_large(self._limit)
            return message

        await self._app(scope, receiving, send)


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises
    ------
    TooLarge
        It exceeds the limit.
    Malformed
        The client went away in the middle.
    """
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise Malformed("The body of the request ended early.") from error


def content_type(request: Request) -> str:
    """The bare media type of the body, in lower case; empty when none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
