"""What only the embedded index promises: one writer, readers beside it, a counter that moves."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from kg_service.errors import Conflict, Malformed, ServiceProblem
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore


def quad(number: int, graph: str = "http://e.org/g") -> Quad:
    return Quad(
        NamedNode(f"http://e.org/s{number}"), NamedNode("http://e.org/p"), Literal(number), NamedNode(graph)
    )


def program(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )


HOLD = """
    import sys
    from pathlib import Path
    from pyoxigraph import *
    from kg_service.store.oxigraph import EmbeddedStore
    store = EmbeddedStore(Path(sys.argv[1]))
    store.add([Quad(NamedNode("http://e.org/other"), NamedNode("http://e.org/p"), Literal(1), NamedNode("http://e.org/g"))])
    print("ready", flush=True)
    sys.stdin.readline()
    store.close()
"""


def test_an_index_that_does_not_exist_reads_as_empty_and_is_not_made(tmp_path):
    reader = EmbeddedReader(tmp_path / "index")
    assert reader.graphs() == []
    assert not reader.ask("ASK { ?s ?p ?o }")
    assert not (tmp_path / "index").exists()


def test_a_reader_follows_the_writer_within_a_second(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        reader = EmbeddedReader(tmp_path / "index")
        store.add([quad(1)])
        deadline = time.monotonic() + 1.0
        while not (reader.refresh() and reader.graphs()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not reader.refresh()


def test_a_writer_waits_names_the_holder_and_then_gives_up(tmp_path):
    path = tmp_path / "index"
    other = program(HOLD, str(path))
    try:
        assert other.stdout.readline() == "ready\n"
        heard: list[str] = []
        with pytest.raises(Conflict, match=f"process {other.pid} "):
            EmbeddedStore(path, wait=0.1, waiting=heard.append)
        assert len(heard) == 1
        assert f"process {other.pid} " in heard[0]
    finally:
        other.communicate("\n", timeout=20)


def test_a_writer_gets_its_turn_when_the_other_ends(tmp_path):
    path = tmp_path / "index"
    other = program(HOLD, str(path))
    assert other.stdout.readline() == "ready\n"
    timer = threading.Timer(0.3, lambda: other.communicate("\n"))
    timer.start()
    with EmbeddedStore(path, wait=20) as store:
        assert store.ask("ASK { <http://e.org/other> ?p ?o }")
    timer.join()


def test_the_lock_of_a_killed_writer_is_free_and_its_writes_are_there(tmp_path):
    path = tmp_path / "index"
    other = program(HOLD, str(path))
    assert other.stdout.readline() == "ready\n"
    before = EmbeddedReader(path).generation
    other.kill()
    other.communicate()
    with EmbeddedStore(path, wait=0) as store:
        assert store.ask("ASK { <http://e.org/other> ?p ?o }")
    assert EmbeddedReader(path).generation > before


def test_a_failed_addition_adds_nothing(tmp_path):
    def broken():
        yield quad(1)
        raise RuntimeError("the source of quads broke")

    with EmbeddedStore(tmp_path / "index") as store:
        with pytest.raises(RuntimeError):
            store.add(broken())
        assert store.graphs() == []


def test_flushes_happen_in_the_background_at_most_twice_a_second(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        start = EmbeddedReader(tmp_path / "index").generation
        end = time.monotonic() + 1.3
        number = 0
        while time.monotonic() < end:
            store.add([quad(number)])
            number += 1
        moved = EmbeddedReader(tmp_path / "index").generation - start
    assert 1 <= moved <= 3


def test_many_threads_write_and_read_one_store(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:

        def work(first: int) -> None:
            for number in range(first, first + 20):
                store.add([quad(number)])
                assert store.ask("ASK { ?s ?p ?o }", s=NamedNode(f"http://e.org/s{number}"))

        threads = [threading.Thread(target=work, args=(k * 100,)) for k in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert len(store.graph("http://e.org/g")) == 80


def test_opening_and_reading_beside_a_busy_writer_always_sees_whole_additions(tmp_path):
    """Reading the folder that is written ran away with all memory within seconds; snapshots do not."""
    text = """
        import sys, time
        from pathlib import Path
        from pyoxigraph import *
        from kg_service.store.oxigraph import EmbeddedStore
        store = EmbeddedStore(Path(sys.argv[1]))
        end, n = time.monotonic() + 5, 0
        while time.monotonic() < end:
            p, g = NamedNode("a:p"), NamedNode(f"a:{n}")
            store.add([Quad(NamedNode(f"a:{n}/{k}"), p, Literal(k), g) for k in range(60)])
            n += 1
            if n % 20 == 0:
                store.flush()
        store.close()
        print(n * 60)
    """
    writer = program(text, str(tmp_path / "index"))
    reader, seen, opened = EmbeddedReader(tmp_path / "index"), 0, 0
    while writer.poll() is None:
        reader.reopen()
        [row] = reader.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        now = int(row["n"].value)
        assert now >= seen
        assert now % 60 == 0
        seen, opened = now, opened + 1
    out, _ = writer.communicate()
    reader.refresh()
    assert len(reader.select("SELECT ?s { ?s ?p ?o }")) == int(out)
    assert opened > 5


def test_old_snapshots_are_taken_away(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        for number in range(8):
            store.add([quad(number)])
            store.flush()
    kept = [p.name for p in (tmp_path / "index.snapshots").iterdir() if p.is_dir()]
    assert len(kept) == 3
    assert not (tmp_path / "index.snapshots" / "stale").exists()


def test_a_closed_store_says_so_and_closes_twice(tmp_path):
    store = EmbeddedStore(tmp_path / "index")
    store.add([quad(1)])
    store.close()
    store.close()
    with pytest.raises(ServiceProblem, match="is closed"):
        store.graphs()
    assert EmbeddedReader(tmp_path / "index").graphs() == ["http://e.org/g"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "index").write_text("a file")
    with pytest.raises(ServiceProblem, match="index"):
        EmbeddedStore(tmp_path / "index", wait=0)


def test_a_full_disk_while_indexing_is_storage_full_and_leaves_the_index_readable(tmp_path):
    text = """
        import resource, sys
        from pathlib import Path
        from pyoxigraph import *
        from kg_service.errors import StorageFull
        from kg_service.store.oxigraph import EmbeddedStore
        store = EmbeddedStore(Path(sys.argv[1]))
        p, g, text = NamedNode("http://e.org/p"), NamedNode("http://e.org/g"), Literal("x" * 1000)
        def add(n):
            store.add([Quad(NamedNode(f"http://e.org/{n}/{i}"), p, text, g) for i in range(100)])
        add(0)
        store.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        try:
            for n in range(1, 50):
                add(n)
        except StorageFull as problem:
            print("full:", problem.detail, flush=True)
        import os
        os._exit(0)
    """
    other = program(text, str(tmp_path / "index"))
    out, _ = other.communicate(timeout=60)
    assert out.startswith("full: The index")
    with EmbeddedStore(tmp_path / "index") as store:
        assert len(store.graph("http://e.org/g")) >= 100
        store.add([quad(1)])


def test_text_that_is_no_sparql_is_malformed(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        with pytest.raises(Malformed):
            store.select("SELECT * { ?s ?p }")
        with pytest.raises(Malformed):
            store.ask("SELECT * { ?s ?p ?o }")


def test_bulk_and_backup_make_an_index_that_opens(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        store.bulk(quad(n) for n in range(1000))
        store.optimize()
        store.backup(tmp_path / "copy")
    copy = Store.read_only(str(tmp_path / "copy"))
    for graph in (NamedNode("http://e.org/g"), DefaultGraph()):
        assert len(list(copy.quads_for_pattern(None, None, None, graph))) == 1000


def test_the_lock_file_says_who_writes(tmp_path):
    with EmbeddedStore(tmp_path / "index"):
        assert (tmp_path / "index.lock").read_text().startswith(f"{os.getpid()} ")
