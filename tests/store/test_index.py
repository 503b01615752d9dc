"""The index follows the records: whoever sealed them, however often, from nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg_service.errors import Malformed, ServiceProblem
from kg_service.store.index import Index
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore
from kg_service.store.records import Records

BASE = "http://localhost:8000/"


def unseal(content: bytes, base: str) -> list[Triple]:
    """As the real one: N-Quads with a neutral base."""
    try:
        return [
            q.triple for q in parse(content.decode().replace("kg-site:/", base).encode(), RdfFormat.N_QUADS)
        ]
    except SyntaxError as error:
        raise Malformed(str(error)) from error


def record(number: int) -> bytes:
    return f'<kg-site:/runs/{number}> <http://e.org/number> "{number}" .\n'.encode()


def contents(store) -> dict[str, list[str]]:
    """Everything but the position."""
    return {g: sorted(map(str, store.graph(g))) for g in store.graphs() if not g.endswith("graphs/index")}


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "records")


@pytest.fixture
def store(tmp_path):
    with EmbeddedStore(tmp_path / "index") as store:
        yield store


def test_each_record_becomes_a_graph_under_the_base(store, records):
    sha256 = records.append("run", record(7))
    assert Index(store, records, BASE, unseal).catch_up() == 1
    assert store.graph(f"{BASE}records/{sha256}") == [
        Triple(NamedNode(f"{BASE}runs/7"), NamedNode("http://e.org/number"), Literal("7"))
    ]


def test_catching_up_takes_only_what_is_new(store, records):
    index = Index(store, records, BASE, unseal)
    records.append("run", record(1))
    assert (index.behind(), index.catch_up(), index.catch_up(), index.behind()) == (1, 1, 0, 0)
    assert Index(store, records, BASE, unseal).position() == 1
    records.append("run", record(2))
    records.append("run", record(3))
    assert index.behind() == 2
    assert index.catch_up() == 2


def test_a_record_of_another_process_is_indexed_by_the_next_writer(store, records, tmp_path):
    index = Index(store, records, BASE, unseal)
    records.append("run", record(1))
    index.catch_up()
    text = "import sys, pathlib; from kg_service.store.records import Records\n"
    text += f"Records(pathlib.Path(sys.argv[1])).append('run', {record(2)!r})"
    subprocess.run([sys.executable, "-c", text, str(tmp_path / "records")], check=True, timeout=30)
    assert index.catch_up() == 1
    assert store.ask("ASK { ?s ?p '2' }")


def test_the_position_is_found_again_after_closing(tmp_path, records):
    for number in range(5):
        records.append("run", record(number))
    with EmbeddedStore(tmp_path / "index") as store:
        index = Index(store, records, BASE, unseal)
        index.catch_up()
        index.close()
    with EmbeddedStore(tmp_path / "index") as store:
        index = Index(store, records, BASE, unseal)
        assert index.position() == 5
        assert index.catch_up() == 0


def test_a_writer_killed_at_any_point_leaves_an_index_that_catches_up(tmp_path, records):
    text = """
        import os, sys, signal
        from pathlib import Path
        sys.path.insert(0, sys.argv[3])
        from test_index import BASE, record, unseal
        from kg_service.store.index import Index
        from kg_service.store.oxigraph import EmbeddedStore
        from kg_service.store.records import Records
        folder, left = Path(sys.argv[1]), int(sys.argv[2])
        store = EmbeddedStore(folder / "index")
        for name in ("add", "replace"):
            real = getattr(store, name)
            def deadly(*args, real=real):
                global left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args)
            setattr(store, name, deadly)
        index = Index(store, Records(folder / "records"), BASE, unseal)
        for _ in range(3):
            Records(folder / "records").append("run", record(1000 * left + _))
            index.catch_up()
        index.close()
    """
    from pathlib import Path

    for left in range(1, 6):
        subprocess.run(
            [
                sys.executable,
                "-c",
                textwrap.dedent(text),
                str(tmp_path),
                str(left),
                str(Path(__file__).parent),
            ],
            timeout=60,
            check=False,
        )
        with EmbeddedStore(tmp_path / "index") as store:
            Index(store, records, BASE, unseal).catch_up()
            assert set(contents(store)) == {f"{BASE}records/{e.sha256}" for e in records.entries()}


def test_rebuilding_from_the_records_alone_gives_the_same_graphs(tmp_path, store, records):
    index = Index(store, records, BASE, unseal)
    for number in range(40):
        records.append("run", record(number))
        index.catch_up()
    with EmbeddedStore(tmp_path / "new") as new:
        heard = []
        assert (
            Index(new, records, BASE, unseal).rebuild(lambda done, total: heard.append((done, total))) == []
        )
        assert contents(new) == contents(store)
        assert heard[-1] == (40, 40)
        assert Index(new, records, BASE, unseal).catch_up() == 0


def test_rebuilding_drops_what_no_record_says_and_keeps_other_graphs(store, records):
    sha256 = records.append("run", record(1))
    index = Index(store, records, BASE, unseal)
    index.catch_up()
    false = Triple(NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("invented"))
    store.replace(f"{BASE}records/{sha256}", [false])
    store.replace(f"{BASE}records/{'0' * 64}", [false])
    store.replace(f"{BASE}graphs/ontology", [false])
    index.rebuild()
    assert set(contents(store)) == {f"{BASE}records/{sha256}", f"{BASE}graphs/ontology"}
    assert store.ask("ASK { ?s ?p '1' }")


def test_a_damaged_record_stops_catching_up_and_is_named(store, records):
    records.append("run", record(1))
    bad = records.append("run", record(2))
    records.append("run", record(3))
    records.path("run", bad).write_bytes(b"damaged")
    index = Index(store, records, BASE, unseal)
    with pytest.raises(ServiceProblem, match=bad):
        index.catch_up()
    assert index.position() == 1
    assert store.ask("ASK { ?s ?p '1' }")


def test_rebuilding_reports_damaged_and_missing_records_and_indexes_the_others(store, records):
    names = [records.append("run", record(n)) for n in range(4)]
    records.path("run", names[1]).write_bytes(b"damaged")
    records.path("run", names[2]).unlink()
    problems = Index(store, records, BASE, unseal).rebuild()
    assert [names[1] in problems[0].detail, names[2] in problems[1].detail] == [True, True]
    assert set(contents(store)) == {f"{BASE}records/{names[n]}" for n in (0, 3)}


def test_a_record_that_is_no_graph_is_named(store, records):
    sha256 = records.append("run", b"no n-quads\n")
    with pytest.raises(ServiceProblem, match=sha256):
        Index(store, records, BASE, unseal).catch_up()


def test_records_restored_from_an_older_backup_are_indexed_anew(tmp_path, store):
    longer, shorter = Records(tmp_path / "a"), Records(tmp_path / "b")
    for number in range(3):
        longer.append("run", record(number))
    kept = shorter.append("run", record(9))
    first = Index(store, longer, BASE, unseal)
    first.catch_up()
    first.close()
    Index(store, shorter, BASE, unseal).catch_up()
    assert set(contents(store)) == {f"{BASE}records/{kept}"}


def test_readers_see_the_graphs_after_a_flush(tmp_path, store, records):
    records.append("run", record(1))
    Index(store, records, BASE, unseal).catch_up()
    store.flush()
    assert EmbeddedReader(tmp_path / "index").ask("ASK { ?s ?p '1' }")
