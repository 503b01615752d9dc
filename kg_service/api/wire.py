"""What holds for every exchange: HEAD answers as GET does, headers for safety and for other sites' scripts.

Plain ASGI, outside of the routes, so that it holds for errors, static files and pages alike.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEAD_ASKED", "Wire"]

HEAD_ASKED: Final = "kg.head"
"""Key in the scope of a request whose answer has no body."""

_READING = ("GET", "HEAD")
_OPEN_TO_POST = ("/sparql",)
_SAFE: Final = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
_CORS: Final = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Accept-Post, Allow, Content-Location, ETag, Link, Location, Preference-Applied, Retry-After",
    ),
]
_PREFLIGHT: Final = [
    (b"access-control-allow-headers",
     b"Accept, Cache-Control, Content-Type, If-None-Match, Last-Event-ID, Prefer, Range"),
    (b"access-control-max-age", b"86400"),
]  # fmt: skip
_PAGE: Final = [
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-frame-options", b"DENY"),
]


class Wire:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method: str = scope["method"]
        shared = method in _READING or (method == "POST" and scope["path"] in _OPEN_TO_POST)
        if method == "OPTIONS" and _may_cross(scope):
            await _permit(scope, send)
            return
        head = method == "HEAD"
        if head:
            scope = {**scope, "method": "GET", HEAD_ASKED: True}
        ended = False

        async def sending(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                headers = message["headers"] = [*message["headers"], *_SAFE]
                # Why something was refused may be read by any site's script; a preflight stays refused.
                if shared or (method != "OPTIONS" and message["status"] >= HTTPStatus.BAD_REQUEST):
                    headers += _CORS
                kind = next((value for name, value in headers if name == b"content-type"), b"")
                if kind.startswith(b"text/html"):
                    headers += _PAGE
            elif head:
                if ended:
                    return
                ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._app(scope, receive, sending)


def _asked_method(scope: Scope) -> str | None:
    """The method that a preflight of CORS asks for."""
    headers = dict(scope["headers"])
    if b"origin" not in headers:
        return None
    method: bytes = headers.get(b"access-control-request-method", b"")
    return method.decode("latin-1") or None


def _may_cross(scope: Scope) -> bool:
    method = _asked_method(scope)
    return method in _READING or (method == "POST" and scope["path"] in _OPEN_TO_POST)


async def _permit(scope: Scope, send: Send) -> None:
    methods = b"GET, HEAD, POST" if scope["path"] in _OPEN_TO_POST else b"GET, HEAD"
    headers = [*_CORS, *_PREFLIGHT, (b"access-control-allow-methods", methods), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 204, "headers": headers[:-1]})
    await send({"type": "http.response.body", "body": b""})
