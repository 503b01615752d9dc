"""Public SPARQL cannot hurt: limits kill, the pool goes on, the index is followed, nothing goes out."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, RdfFormat, Store, Variable, parse

from kg_service.errors import Malformed, NotAcceptable, ServiceProblem, SparqlLimit, SparqlRefused
from kg_service.store.oxigraph import EmbeddedStore
from kg_service.store.sparql_results import ROW_TYPES, RowCounter, TooManyRows
from kg_service.store.sparql_workers import SparqlLimits, SparqlPool

COUNT = 2000
LIMITS = SparqlLimits(seconds=1.5, rows=5000, memory=400 * 2**20)


def quad(number: int) -> Quad:
    return Quad(
        NamedNode(f"http://e.org/{number}"),
        NamedNode("http://e.org/p"),
        Literal(number),
        NamedNode("http://e.org/g"),
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    path = tmp_path_factory.mktemp("pool") / "index"
    with EmbeddedStore(path) as store:
        store.add(quad(n) for n in range(COUNT))
    return path


@pytest.fixture(scope="module")
def pool(index):
    with SparqlPool(index, LIMITS, workers=2) as pool:
        yield pool


def count(pool: SparqlPool) -> int:
    answer = json.loads(pool.evaluate("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    return int(answer["results"]["bindings"][0]["n"]["value"])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } GROUP BY ?z HAVING(COUNT(*) < 3)",
        "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c + ?f + ?i < 0) }",
    ],
)
def test_a_query_over_its_time_is_killed_and_the_next_one_answered(pool, text):
    start = time.monotonic()
    with pytest.raises(SparqlLimit, match=r"1\.5 s.*KG_SPARQL_SECONDS"):
        pool.evaluate(text)
    assert time.monotonic() - start < LIMITS.seconds + 2
    assert count(pool) == COUNT


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
        "SELECT DISTINCT (CONCAT(STR(?a), STR(?d)) AS ?x) { ?a ?b ?c . ?d ?e ?f } ORDER BY ?x",
    ],
)
def test_sorting_a_cross_product_is_stopped_by_time_or_memory(pool, text):
    with pytest.raises(SparqlLimit, match=r"KG_SPARQL_(MEMORY|SECONDS)"):
        pool.evaluate(text)
    assert count(pool) == COUNT


def test_a_memory_bomb_is_killed_by_its_memory(index):
    limits = SparqlLimits(seconds=60, rows=5000, memory=200 * 2**20)
    with SparqlPool(index, limits, workers=1) as pool:
        with pytest.raises(SparqlLimit, match=r"200 MiB.*KG_SPARQL_MEMORY"):
            pool.evaluate("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f")
        assert count(pool) == COUNT


def test_a_single_huge_allocation_is_a_memory_limit_too(index):
    doubled = "'xxxxxxxx'"
    text = f"SELECT (STRLEN(?x16) AS ?n) {{ BIND({doubled} AS ?x0) "
    text += " ".join(f"BIND(CONCAT(?x{n},?x{n},?x{n},?x{n}) AS ?x{n + 1})" for n in range(16)) + " }"
    with SparqlPool(index, SparqlLimits(seconds=60, rows=10, memory=200 * 2**20), workers=1) as pool:
        with pytest.raises(SparqlLimit, match="KG_SPARQL_MEMORY"):
            pool.evaluate(text)
        assert count(pool) == COUNT


@pytest.mark.parametrize(
    "text", ["ASK { FILTER(" + "!" * 50_000 + "true) }", "ASK { FILTER(" + "1+" * 50_000 + "1) }"]
)
def test_a_text_nested_too_deeply_ends_a_worker_not_the_service(pool, text):
    with pytest.raises((SparqlLimit, Malformed)):
        pool.evaluate(text)
    assert count(pool) == COUNT


@pytest.mark.parametrize("media_type", ROW_TYPES)
def test_too_many_rows_are_refused_and_just_enough_are_not(pool, media_type):
    with pytest.raises(SparqlLimit, match=r"5000 rows.*KG_SPARQL_ROWS"):
        pool.evaluate("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 5001", media_type)
    assert pool.evaluate("SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 5000", media_type)


def test_too_many_triples_are_refused(pool):
    with pytest.raises(SparqlLimit, match="5000 triples"):
        pool.evaluate("CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }")


def test_updates_and_other_servers_are_refused(pool):
    for text in (
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ):
        with pytest.raises(SparqlRefused):
            pool.evaluate(text)


def test_the_error_of_the_engine_is_told_at_the_place_in_the_original(pool):
    with pytest.raises(Malformed, match=r"line 3, column [25]"):
        pool.evaluate("SELECT *\n{ ?s   ?p kg:x .\n ?? }")


def test_each_form_answers_in_each_media_type_of_its_kind(pool):
    select = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?o LIMIT 2"
    rows = json.loads(pool.evaluate(select))["results"]["bindings"]
    assert [r["o"]["value"] for r in rows] == ["0", "1"]
    assert list(csv.reader(io.StringIO(pool.evaluate(select, "text/csv").decode()))) == [
        ["s", "o"], ["http://e.org/0", "0"], ["http://e.org/1", "1"]
    ]  # fmt: skip
    assert pool.evaluate(select, "text/tab-separated-values").startswith(b"?s\t?o\n<http://e.org/0>\t0\n")
    assert ET.fromstring(pool.evaluate(select, "application/sparql-results+xml")).tag.endswith("sparql")
    assert json.loads(pool.evaluate("ASK { ?s ?p 5 }"))["boolean"] is True
    for form in ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(?o = 5) }", "DESCRIBE <http://e.org/5>"):
        for media_type in (
            "text/turtle",
            "application/n-triples",
            "application/rdf+xml",
            "application/ld+json",
        ):
            body = pool.evaluate(form, media_type)
            assert [q.triple for q in parse(body, RdfFormat.from_media_type(media_type))] == [quad(5).triple]


def test_a_media_type_of_the_other_kind_is_not_acceptable(pool):
    for text, media_type in (
        ("ASK {}", "text/turtle"),
        ("DESCRIBE <a:b>", "text/csv"),
        ("ASK {}", "text/html"),
    ):
        with pytest.raises(NotAcceptable) as caught:
            pool.evaluate(text, media_type)
        assert caught.value.near


def test_a_query_waits_for_a_worker_that_is_busy(index):
    with SparqlPool(index, SparqlLimits(seconds=1.0), workers=1) as pool:
        assert count(pool) == COUNT
        slow = threading.Thread(target=run_into_the_limit, args=(pool,))
        slow.start()
        time.sleep(0.2)
        with suppress(SparqlLimit):  # where the machine is so slow that the wait is over first
            assert count(pool) == COUNT
        slow.join()
        assert count(pool) == COUNT


SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def run_into_the_limit(pool: SparqlPool) -> None:
    with suppress(SparqlLimit):
        pool.evaluate(SLOW)


def test_many_threads_share_a_pool(pool):
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(count(pool))) for _ in range(12)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert results == [COUNT] * 12


def test_a_worker_killed_from_outside_is_replaced(index):
    with SparqlPool(index, LIMITS, workers=1) as pool:
        assert count(pool) == COUNT
        [worker] = pool._all
        os.kill(worker._process.pid, 9)
        worker._process.wait()
        assert count(pool) == COUNT


def test_queries_see_what_a_running_writer_wrote_within_a_second(tmp_path):
    path = tmp_path / "index"
    with EmbeddedStore(path) as store, SparqlPool(path, LIMITS, workers=2) as pool:
        assert not json.loads(pool.evaluate("ASK { ?s ?p ?o }"))["boolean"]
        for number in range(3):
            store.add([quad(number)])
            deadline = time.monotonic() + 1.0 + 2.0 * (os.getloadavg()[0] > 2)
            while count(pool) <= number:
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_what_stands_where_the_user_stands_is_not_imported(index, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise RuntimeError('this is not the json of Python')\n")
    monkeypatch.chdir(tmp_path)
    with SparqlPool(index, LIMITS, workers=1) as pool:
        assert count(pool) == COUNT


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked at in /proc")
def test_no_secret_stands_in_the_command_line_or_the_environment_of_a_worker(monkeypatch):
    monkeypatch.setenv("KG_STORE", "http://anna:s3cret@127.0.0.1:9")
    with SparqlPool("http://anna:s3cret@127.0.0.1:9", LIMITS, workers=1) as pool:
        with pytest.raises(ServiceProblem, match=r"127\.0\.0\.1:9/query cannot be reached") as caught:
            pool.evaluate("ASK {}")
        [worker] = pool._all
        for seen in ("cmdline", "environ"):
            assert b"s3cret" not in Path(f"/proc/{worker._process.pid}/{seen}").read_bytes()
    assert "s3cret" not in caught.value.detail


def test_closing_ends_all_processes(index):
    pool = SparqlPool(index, LIMITS, workers=3)
    processes = [w._process for w in pool._all]
    pool.close()
    assert all(p.poll() is not None for p in processes)
    with pytest.raises(ServiceProblem):
        pool.evaluate("ASK {}")


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the state of a process is read from /proc")
def test_workers_end_when_the_service_is_killed(index):
    text = """
        import sys, threading, time
        from pathlib import Path
        from kg_service.store.sparql_workers import SparqlLimits, SparqlPool
        pool = SparqlPool(Path(sys.argv[1]), SparqlLimits(seconds=600), workers=1)
        pool.evaluate("ASK {}")
        threading.Thread(target=pool.evaluate, args=(sys.argv[2],), daemon=True).start()
        time.sleep(0.3)
        print(*(w._process.pid for w in pool._all), flush=True)
        time.sleep(60)
    """
    service = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), str(index), SLOW], stdout=subprocess.PIPE, text=True
    )
    worker = int(service.stdout.readline())
    os.kill(worker, 0)
    service.kill()
    service.communicate()
    deadline = time.monotonic() + 10
    while running(worker):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="the second wall is seccomp, which Linux has")
def test_behind_the_guard_the_process_cannot_open_a_socket(tmp_path):
    text = """
        import socket, sys
        from kg_service.store.no_network import forbid_sockets
        from pyoxigraph import Store
        print(forbid_sockets())
        call = "SELECT * { SERVICE <http://127.0.0.1:18999/> { ?s ?p ?o } }"
        for act in (socket.socket, lambda: list(Store().query(call))):
            try:
                act()
                print("open")
            except OSError as error:
                print("not permitted" in str(error).lower())
        left, right = socket.socketpair()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, timeout=60, check=True
    )
    if done.stdout.startswith("False"):
        pytest.skip("this kernel does not let a process restrict itself (no seccomp)")
    assert done.stdout.split() == ["True", "True", "True"]


values = st.one_of(
    st.builds(Literal, st.text(st.sampled_from('},{"\\\n\r\t<result>&;x'), max_size=12)),
    st.builds(Literal, st.sampled_from(["},{", "}},{", '},{"', "},{}", "{}", ",", '"', "\n", "<result>"])),
    st.just(NamedNode("a:b")),
)


@given(
    rows=st.lists(st.tuples(st.none() | values, st.none() | values), min_size=1, max_size=12),
    step=st.integers(1, 9),
)
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("media_type", ROW_TYPES)
def test_rows_are_counted_whatever_stands_in_them(media_type, rows, step):
    """The counter refuses exactly when there are more rows than the limit, however the bytes arrive."""
    text = "SELECT ?a ?b { VALUES (?a ?b) { "
    text += " ".join(f"({a or 'UNDEF'} {b or 'UNDEF'})" for a, b in rows) + " } }"
    body = Store().query(text).serialize(format=ROW_TYPES[media_type])

    def feed(limit: int) -> bytes:
        counter = RowCounter(media_type, limit)
        for start in range(0, len(body), step):
            counter.write(body[start : start + step])
        return counter.content()

    if (
        all(any(v is not None for v in row) for row in rows)
        or media_type != "application/sparql-results+json"
    ):
        assert feed(len(rows)) == body
        with pytest.raises(TooManyRows):
            feed(len(rows) - 1)
    else:
        assert feed(len(rows)) == body


def test_the_solutions_themselves_are_untouched(pool):
    found = parse_rows(pool.evaluate("SELECT ?o { <http://e.org/7> ?p ?o }"))
    assert found == [Literal(7)]


def parse_rows(body: bytes) -> list[object]:
    from pyoxigraph import parse_query_results

    return [row[Variable("o")] for row in parse_query_results(body, QueryResultsFormat.JSON)]
