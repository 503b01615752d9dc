"""Commands at a service answer as commands on the data folder do, and problems arrive as they were."""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import threading
import uuid
from pathlib import Path

import pytest
from live_service import environment, kg, start, stop

from kg_service.client.connection import Connection
from kg_service.client.session import RemoteSession
from kg_service.errors import (
    BadValue,
    Conflict,
    NotAcceptable,
    NotFound,
    RunFailed,
    ServiceProblem,
    UnknownTerm,
)

SOURCE = [("object", "TXS 0506+056")]


@pytest.fixture
def session(live, tmp_path):
    with contextlib.closing(RemoteSession(live.address, tmp_path)) as found:
        yield found


def ask(session, term, pairs, **options):
    usual = {"fresh": False, "wait": True, "out": None, "watch": lambda _: None}
    return session.ask(term, pairs, **(usual | options))


def test_an_answer_with_its_files(session, tmp_path):
    answer = ask(session, "Spectrum", SOURCE)
    assert answer["status"] == "done"
    names = {file["name"] for file in answer["product"]["files"]}
    assert {Path(f).name for f in answer["files"]} == names
    assert all(Path(f).is_relative_to(tmp_path) and Path(f).stat().st_size for f in answer["files"])


def test_files_go_where_they_are_wanted(session, tmp_path):
    answer = ask(session, "Spectrum", SOURCE, out=tmp_path / "here")
    assert {Path(f).parent for f in answer["files"]} == {tmp_path / "here"}
    assert not list((tmp_path / "here").glob(".*"))


def test_progress_is_watched(session):
    seen = []
    answer = ask(
        session, "Observability", [("object", uuid.uuid4().hex), ("seconds", "0.4")], watch=seen.append
    )
    assert answer["status"] == "done"
    assert answer["reused"] is False
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)
    assert any("part" in p.message for p in seen)


def test_without_waiting_the_run_is_named(session):
    answer = ask(session, "Observability", [("object", uuid.uuid4().hex), ("seconds", "30")], wait=False)
    assert (answer["status"], answer["files"]) == ("pending", None)
    session._connection.request("DELETE", "/runs/" + answer["run"].rpartition("/")[2])


def test_fresh_runs_anew(session):
    pairs = [("object", uuid.uuid4().hex)]
    first, second = ask(session, "Observability", pairs), ask(session, "Observability", pairs, fresh=True)
    assert second["reused"] is False
    assert second["product"]["id"] != first["product"]["id"]


def test_the_words_of_this_question_are_kept(session):
    name = uuid.uuid4().hex
    first = ask(session, "Observability", [("object", name), ("seconds", "0.25")])
    again = ask(session, "Observability", [("object", name), ("seconds", "2.5e-1")], fresh=True)
    assert again["query"] == first["query"]
    assert "2.5e-1" in {r["given"] for r in again["resolved"]}


def test_a_failed_run_is_told_with_its_run(session):
    answer = ask(session, "Observability", [("object", uuid.uuid4().hex), ("outcome", "oops")])
    assert (answer["status"], answer["problem"]["code"]) == ("failed", "run-failed")
    assert answer["run"]


def test_an_interrupt_cancels_the_run(session):
    def interrupt(_):
        raise KeyboardInterrupt

    answer = ask(session, "Observability", [("object", uuid.uuid4().hex), ("seconds", "30")], watch=interrupt)
    assert answer["status"] == "cancelled"


def test_problems_arrive_as_they_were(session):
    with pytest.raises(UnknownTerm) as caught:
        ask(session, "Spectrm", SOURCE)
    assert "Spectrum" in caught.value.near
    with pytest.raises(Conflict):
        ask(session, "Spectrum", [*SOURCE, *SOURCE])
    with pytest.raises(NotFound):
        session.provenance("zzzz", "text/turtle")


def test_data_for_pipes(session):
    product = ask(session, "Spectrum", SOURCE)["product"]["id"]
    assert session.file(product, ("text/ecsv",)).startswith(b"# %ECSV")
    assert json.loads(session.file(product, ("application/json",)))
    with pytest.raises(NotAcceptable) as caught:
        session.file(product, ("application/x-hdf5",))
    assert "text/ecsv" in caught.value.near


def test_looking_around(session):
    product = ask(session, "Spectrum", SOURCE)["product"]["id"]
    assert b"wasGeneratedBy" in session.provenance(product, "text/turtle")
    assert session.provenance(product.rpartition("/")[2][:10], "text/provenance-notation").startswith(
        b"document"
    )
    assert session.explain("Spectrum", SOURCE)["would_reuse"] == product
    found = session.workflows("", None, None)
    assert found["total"] == len(found["items"]) >= 8
    assert json.loads(session.sparql("ASK {}", "application/sparql-results+json"))["boolean"] is True


def test_an_idle_connection_that_was_closed_is_opened_again(session):
    session.explain("Spectrum", SOURCE)
    assert session._connection._connection is not None
    session._connection._connection.sock.close()
    session._connection._connection.sock = None
    session.explain("Spectrum", SOURCE)


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://x:port", ""])
def test_what_is_no_address(address):
    with pytest.raises(BadValue):
        Connection(address)


def test_nobody_there():
    with pytest.raises(ServiceProblem, match="kg serve"):
        Connection("127.0.0.1:9").request("GET", "/health")


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (500, b"oops"), (404, b'{"detail": "Not Found"}')]
)
def test_another_program_at_the_address(status, body, tmp_path):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        session = RemoteSession(f"http://127.0.0.1:{server.server_address[1]}", tmp_path)
        try:
            with pytest.raises(ServiceProblem, match="kg-service"):
                session.explain("Spectrum", [])
        finally:
            session.close()
            server.shutdown()
            thread.join()


def test_problems_keep_their_run(live):
    connection = Connection(live.address)
    with contextlib.closing(connection), pytest.raises(RunFailed) as caught:
        connection.request(
            "GET", f"/ask/Observability?object={uuid.uuid4().hex}&outcome=oops", headers={"Prefer": "wait=60"}
        )
    assert "/runs/" in (caught.value.run or "")


def triples(turtle: str) -> set:
    from pyoxigraph import RdfFormat, parse

    return {quad.triple for quad in parse(turtle, RdfFormat.TURTLE)}


def without_addresses(content, address):
    """The same but for where it is: ``url`` and the like begin with the host."""
    text = json.dumps(content).replace(address + "/", "http://localhost:8000/")
    return json.loads(text)


@pytest.mark.slow
def test_the_same_commands_say_the_same(live, tmp_path):
    """Every command on a copy of the data folder without a service, and at the service."""
    asked = ("ask", "Spectrum", "object=TXS 0506+056", "--json")
    assert kg(*asked, environ=live.environ).returncode == 0
    product = json.loads(kg(*asked, environ=live.environ).stdout)["product"]["id"]
    commands = [
        asked,
        ("explain", "LightCurve", "object=Mrk 421", "instrument=POLAR", "--json"),
        ("workflows", "spectrum", "--produces", "GammaRaySpectrum", "--json"),
        ("provenance", product, "--as", "turtle"),
        ("sparql", "SELECT DISTINCT ?w WHERE { ?w a oda:Workflow } ORDER BY ?w", "--json"),
        ("ask", "Spectrm", "object=x", "--json"),
        ("ask", "Spectrum", "object=nobody knows", "--json"),
        ("sparql", "DROP ALL", "--json"),
    ]
    remote = [kg(*command, "--server", live.address, environ=live.environ) for command in commands]
    copy = tmp_path / "copy"
    shutil.copytree(live.data, copy, ignore=shutil.ignore_patterns("service.json", "index*"))
    alone = live.environ | {"KG_DATA": str(copy)}
    for command, far in zip(commands, remote, strict=True):
        near = kg(*command, environ=alone)
        assert near.returncode == far.returncode, (command, near.stderr, far.stderr, near.stdout[:500])
        if command[-1] != "--json":
            assert triples(near.stdout) == triples(far.stdout)
            continue
        here, there = json.loads(near.stdout), without_addresses(json.loads(far.stdout), live.address)
        for content in (here, there):
            for changing in ("files", "run", "instance", "status"):
                content.pop(changing, None)
            if content.get("product"):
                content["product"].pop("query")
        assert here == there, command


def test_a_service_is_found_by_its_folder(live):
    done = kg("ask", "Observability", f"object={uuid.uuid4().hex}", "--json", environ=live.environ)
    assert done.returncode == 0, done.stderr
    assert live.address in json.loads(done.stdout)["product"]["url"]


@pytest.mark.slow
def test_a_service_stops_in_good_order_and_begins_where_it_ended(tmp_path):
    import httpx

    data = tmp_path / "data"
    first = start(data)
    announced = data / "service.json"
    assert json.loads(announced.read_text())["pid"] == first.process.pid
    assert announced.stat().st_mode & 0o777 == 0o600
    with httpx.Client(base_url=first.address, timeout=60) as client:
        made = client.get(
            "/ask/ResolvedObject", params={"object": "Mrk 421"}, headers={"Prefer": "wait=60"}
        ).json()
    second = kg("serve", "--port", "0", environ=environment(data))
    assert second.returncode == 2
    assert "is served already" in " ".join(second.stderr.split())
    taken = kg("serve", "--port", str(first.port), environ=environment(tmp_path / "other"))
    assert taken.returncode == 2
    assert "--port" in taken.stderr
    assert "Traceback" not in taken.stderr
    assert stop(first) == 0
    assert not announced.exists()
    again = start(data)
    try:
        with httpx.Client(base_url=again.address, timeout=60) as client:
            reused = client.get("/ask/ResolvedObject", params={"object": "Mrk 421"}).json()
            run = "/runs/" + made["run"].rpartition("/")[2]
            events = client.get(f"{run}/events").text
        assert reused["reused"] is True
        assert reused["product"]["id"] == made["product"]["id"]
        assert [line for line in events.splitlines() if line.startswith("event:")] == [
            "event: phase",
            "event: end",
        ]
        assert "COMPLETED" in events
    finally:
        assert stop(again, 2) == 0


def test_stopping_does_not_wait_for_who_waits(tmp_path, live):
    """A request that waits and a stream of events end when the service is told to stop."""
    import time

    import httpx
    from live_service import plug_in

    data = tmp_path / "data"
    service = start(data, environ=environment(data, plug_in(tmp_path / "plug-in")))
    ends = []

    def wait(path: str) -> None:
        with contextlib.suppress(httpx.HTTPError):
            ends.append(
                httpx.get(service.address + path, headers={"Prefer": "wait=60"}, timeout=60).status_code
            )

    asked = threading.Thread(target=wait, args=("/ask/Observability?object=x&seconds=60",))
    asked.start()
    until = time.monotonic() + 20
    while not (runs := httpx.get(f"{service.address}/runs").json()["items"]) and time.monotonic() < until:
        time.sleep(0.1)
    events = threading.Thread(target=wait, args=(f"/runs/{runs[0]['id'].rpartition('/')[2]}/events",))
    events.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert stop(service) == 0
    assert time.monotonic() - started < 10
    asked.join(10)
    events.join(10)
    assert sorted(ends) == [200, 202]
    # The cancelled run is on record.
    record = kg("sparql", "SELECT ?phase { ?run kg:phase ?phase }", "--json", environ=service.environ)
    assert "ABORTED" in record.stdout
