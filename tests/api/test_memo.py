"""Kept answers: given only to the same request, while nothing was recorded, and not for long."""

from __future__ import annotations

import asyncio

import pytest

from kg_service.api import memo
from kg_service.api.memo import KEEP, Memo


class Application:
    """Counts how often it is asked, and says so."""

    def __init__(self, keep: bool = True, status: int = 200) -> None:
        self.asked = 0
        self.keep = keep
        self.status = status

    async def __call__(self, scope, receive, send):
        self.asked += 1
        if self.keep and KEEP in scope:
            scope[KEEP].append(True)
        body = b"answer %d" % self.asked
        headers = [(b"etag", b'"%d"' % self.asked), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:]})


class Asker:
    def __init__(self, application: Application) -> None:
        self.state = 1
        self.memo = Memo(application, "/ask/", lambda: self.state)

    def __call__(self, path="/ask/X", query=b"a=b", method="GET", **headers: str):
        raw = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
        scope |= {"raw_path": path.encode(), "query_string": query}
        sent = []

        async def send(message):
            sent.append(message)

        asyncio.run(self.memo(scope, None, send))
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


def test_the_same_request_meets_the_same_answer():
    ask = Asker(Application())
    assert [ask(), ask(), ask()] == [(200, b"answer 1")] * 3


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/ask/Y"},
        {"query": b"a=c"},
        {"accept": "text/turtle"},
        {"host": "other"},
        {"x_forwarded_proto": "https"},
        {"cache_control": "no-cache"},
        {"prefer": "respond-async"},
        {"range": "bytes=0-1"},
        {"authorization": "x"},
        {"method": "POST"},
    ],
)
def test_another_request_is_asked(other):
    ask = Asker(Application())
    ask()
    assert ask(**other) == (200, b"answer 2")


def test_a_new_record_ends_it():
    ask = Asker(Application())
    ask()
    ask.state = 2
    assert ask() == (200, b"answer 2")


def test_age_ends_it(monkeypatch):
    ask = Asker(Application())
    ask()
    later = memo.time.monotonic() + 5
    monkeypatch.setattr(memo.time, "monotonic", lambda: later)
    assert ask() == (200, b"answer 2")


def test_while_one_looks_again_the_others_are_not_held_up(monkeypatch):
    ask = Asker(Application())
    ask()
    later = memo.time.monotonic() + 5
    monkeypatch.setattr(memo.time, "monotonic", lambda: later)

    class Slow(Application):
        async def __call__(self, scope, receive, send):
            assert ask_in_loop_result == []
            ask_in_loop_result.append(await ask_again())
            await super().__call__(scope, receive, send)

    ask_in_loop_result: list[bytes] = []

    async def ask_again() -> bytes:
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/ask/X", "headers": []}
        await ask.memo({**scope, "raw_path": b"/ask/X", "query_string": b"a=b"}, None, send)
        return b"".join(m.get("body", b"") for m in sent[1:])

    slow = Slow()
    slow.asked = 1
    ask.memo._app = slow
    assert ask() == (200, b"answer 2")
    assert ask_in_loop_result == [b"answer 1"]


def test_what_may_no_longer_be_kept_is_dropped(monkeypatch):
    application = Application()
    ask = Asker(application)
    ask()
    later = memo.time.monotonic() + 5
    monkeypatch.setattr(memo.time, "monotonic", lambda: later)
    application.keep = False
    assert [ask()[1], ask()[1]] == [b"answer 2", b"answer 3"]


def test_a_client_that_has_it_keeps_it_fresh(monkeypatch):
    class Known(Application):
        async def __call__(self, scope, receive, send):
            if not any(name == b"if-none-match" for name, _ in scope["headers"]):
                await super().__call__(scope, receive, send)
                return
            self.asked += 1
            scope[KEEP].append(True)
            await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", b'"1"')]})
            await send({"type": "http.response.body", "body": b""})

    ask = Asker(Known())
    ask()
    later = memo.time.monotonic() + 5
    monkeypatch.setattr(memo.time, "monotonic", lambda: later)
    assert ask(if_none_match='"1"') == (304, b"")
    assert ask() == (200, b"answer 1")


@pytest.mark.parametrize("application", [Application(keep=False), Application(status=404)])
def test_only_what_may_be_kept_is_kept(application):
    ask = Asker(application)
    ask()
    assert ask()[1] == b"answer 2"


def test_head_and_not_modified_from_what_is_kept():
    ask = Asker(Application())
    ask()
    assert ask(method="HEAD") == (200, b"")
    assert ask(if_none_match='"1"') == (304, b"")
    assert ask(if_none_match='"2"') == (200, b"answer 1")


def test_other_addresses_pass_by():
    class Plain(Application):
        async def __call__(self, scope, receive, send):
            assert KEEP not in scope
            await super().__call__({**scope, KEEP: []}, receive, send)

    ask = Asker(Plain())
    ask(path="/terms/X")
    assert ask(path="/terms/X")[1] == b"answer 2"


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(memo, "_MOST", 3)
    ask = Asker(Application())
    for number in range(10):
        ask(query=b"%d" % number)
    assert len(ask.memo._kept) <= 3


def test_the_journal_tells_when_something_was_recorded(tmp_path):
    state = memo.journal_state(tmp_path / "journal")
    before = state()
    (tmp_path / "journal").write_text("1 query\n")
    assert state() != before
