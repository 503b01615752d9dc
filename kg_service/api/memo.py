"""Reused answers once more, before the routes: the same request meets the same answer.

An answer is kept only when its route allows it (it was answered by reuse), only while nothing new was
recorded, and looked at again every second: a table that was changed in place is noticed that soon.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["KEEP", "Memo", "journal_state"]

KEEP: Final = "kg.keep"
"""Key in the scope by which a route allows its answer to be kept: a list that it appends to."""

_SECONDS: Final = 1.0
_MOST: Final = 1024
_LARGEST: Final = 2**18  # bytes of one answer
_DECIDES: Final = frozenset({b"accept", b"host", b"x-forwarded-proto"})
_ANEW: Final = frozenset({b"cache-control", b"prefer", b"authorization", b"range", b"pragma"})

_Key = tuple[bytes, bytes, bytes]


class _Kept(NamedTuple):
    state: int
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tag: bytes


def journal_state(journal: Path) -> Callable[[], int]:
    """A number that changes when something was recorded: the length of the journal in bytes."""
    name = os.fspath(journal)

    def state() -> int:
        try:
            return os.stat(name).st_size  # noqa: PTH116 - this is asked for every request
        except FileNotFoundError:
            return 0

    return state


class Memo:
    """Wraps the application.

    Parameters
    ----------
    prefix
        Paths that begin so may be kept.
    state
        Anything that differs once an answer may differ.
    """

    def __init__(self, app: ASGIApp, prefix: str, state: Callable[[], int]) -> None:
        self._app = app
        self._prefix = prefix
        self._state = state
        self._kept: dict[_Key, _Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, or pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        decisive, known = b"", b""
        for name, value in scope["headers"]:
            if name in _DECIDES:
                decisive += name + b":" + value + b"\n"
            elif name == b"if-none-match":
                known = value
            elif name in _ANEW:
                decisive = b"\0"
                break
        if decisive == b"\0" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        key = (scope["raw_path"], scope["query_string"], decisive)
        state = self._state()
        kept = self._kept.get(key)
        if kept is not None and kept.state == state:
            now = time.monotonic()
            if now < kept.until:
                await _give(kept, known, scope["method"], send)
                return
            # One request looks again; those that come meanwhile still meet what is kept.
            self._kept[key] = kept._replace(until=now + _SECONDS)
        await self._ask(key, state, scope, receive, send)

    async def _ask(self, key: _Key, state: int, scope: Scope, receive: Receive, send: Send) -> None:
        allowed: list[bool] = []
        start: Message = {}
        pieces: list[bytes] = []

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if not allowed:
                    self._kept.pop(key, None)
            elif allowed and message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))
                if not message.get("more_body") and scope["method"] == "GET":
                    self._keep(key, state, start, b"".join(pieces))
            await send(message)

        await self._app({**scope, KEEP: allowed}, receive, sending)

    def _keep(self, key: _Key, state: int, start: Message, body: bytes) -> None:
        headers = list(start["headers"])
        tag = next((value for name, value in headers if name.lower() == b"etag"), b"")
        until = time.monotonic() + _SECONDS
        before = self._kept.pop(key, None)
        if start["status"] == HTTPStatus.NOT_MODIFIED and before is not None and before.tag == tag:
            self._kept[key] = before._replace(state=state, until=until)
        elif start["status"] == HTTPStatus.OK and len(body) <= _LARGEST:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[key] = _Kept(state, until, headers, body, tag)


async def _give(kept: _Kept, known: bytes, method: str, send: Send) -> None:
    if known and kept.tag and (known.strip() == b"*" or kept.tag in known):
        headers = [(n, v) for n, v in kept.headers if n not in (b"content-length", b"content-type")]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
    await send({"type": "http.response.body", "body": kept.body if method == "GET" else b""})
