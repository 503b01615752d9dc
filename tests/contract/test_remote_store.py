"""What only a server can do wrong: be away, be slow, refuse, not answer from the union."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg_service.errors import ServiceProblem, StorageFull
from kg_service.store.remote import RemoteStore, addresses

QUAD = Quad(
    NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("é"), NamedNode("http://e.org/g")
)


@contextmanager
def server(answer):
    """A server of our own; ``answer(path, headers, body)`` gives status, media type and body."""
    seen: list[tuple[str, dict[str, str], bytes]] = []
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, media, content = answer(self.path, body, ending)
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client that no longer waits
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}", seen
    finally:
        ending.set()
        http.shutdown()
        thread.join()
        http.server_close()


def rows(*found: str) -> tuple[int, str, bytes]:
    return 200, "application/sparql-results+json; charset=utf-8", ("".join(found)).encode()


@pytest.mark.parametrize(
    ("store", "update", "expected"),
    [
        ("http://h:1", None, ("http://h:1/query", "http://h:1/update")),
        ("http://h:1/", None, ("http://h:1/query", "http://h:1/update")),
        ("http://h/ds/query", None, ("http://h/ds/query", "http://h/ds/update")),
        ("http://h/ds/sparql", None, ("http://h/ds/sparql", "http://h/ds/update")),
        ("http://h/repositories/kg", "http://h/repositories/kg/statements",
         ("http://h/repositories/kg", "http://h/repositories/kg/statements")),
    ],
)  # fmt: skip
def test_addresses_of_usual_servers(store, update, expected):
    assert addresses(store, update) == expected


def test_a_server_that_is_away_is_named(port):
    store = RemoteStore(f"http://anna:secret@127.0.0.1:{port}")
    for act in (
        lambda: store.ask("ASK {}"),
        lambda: store.add([QUAD]),
        store.graphs,
        lambda: store.remove("a:b"),
    ):
        with pytest.raises(ServiceProblem, match=f"127.0.0.1:{port}.*cannot be reached.*KG_STORE") as caught:
            act()
        assert "secret" not in caught.value.detail


def test_a_server_that_is_slow_is_given_up():
    def answer(path, body, ending):
        ending.wait(20)
        return rows('{"head":{},"boolean":true}')

    with server(answer) as (address, _), pytest.raises(ServiceProblem, match=r"did not answer within 0\.3 s"):
        RemoteStore(address, seconds=0.3).ask("ASK {}")


def test_a_refusal_is_told_in_the_words_of_the_server():
    with (
        server(lambda *_: (500, "text/plain", b"the disk of this server is tired")) as (address, _),
        pytest.raises(ServiceProblem, match="is tired"),
    ):
        RemoteStore(address).add([QUAD])
    with (
        server(lambda *_: (503, "text/plain", b"come back later")) as (address, _),
        pytest.raises(ServiceProblem, match="503 come back later"),
    ):
        RemoteStore(address).add([QUAD])


def test_a_full_server_is_storage_full():
    with (
        server(lambda *_: (500, "text/plain", b"IO error: No space left on device")) as (address, _),
        pytest.raises(StorageFull),
    ):
        RemoteStore(address).add([QUAD])


def test_a_query_never_reaches_the_server_as_an_update():
    with server(lambda *_: rows('{"head":{},"boolean":true}')) as (address, seen):
        RemoteStore(address).ask("# ASK\nINSERT DATA { <a:b> <a:b> <a:b> }")
    assert {headers["content-type"] for _, headers, _ in seen} == {"application/sparql-query"}


def test_the_name_and_password_of_the_address_are_sent_as_credentials():
    with server(lambda *_: (204, "", b"")) as (address, seen):
        RemoteStore(address.replace("//", "//anna:s%40cret@")).add([QUAD])
    [(path, headers, body)] = seen
    assert headers["authorization"] == "Basic YW5uYTpzQGNyZXQ="
    assert path.startswith("/update")
    assert '"é"' in body.decode()


def test_one_change_is_one_request():
    with server(lambda *_: (204, "", b"")) as (address, seen):
        store = RemoteStore(address)
        store.add([QUAD] * 1000)
        store.replace("http://e.org/g", [QUAD.triple])
        store.add([])
    assert len(seen) == 2
