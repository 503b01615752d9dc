"""Sealed records: order of arrival, one entry per content, nothing half-written after a kill."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.errors import NotFound, ServiceProblem
from kg_service.store.records import Records


def run(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text), *arguments], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path / "records")


def test_a_record_is_read_back_by_its_hash(records):
    content = b'<kg-site:/queries/1> <http://e.org/p> "x" .\n'
    sha256 = records.append("query", content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert records.read(sha256) == content
    assert records.path("query", sha256).read_bytes() == content


def test_entries_come_in_order_of_arrival_with_kind_and_time(records):
    names = [records.append(kind, kind.encode()) for kind in ("query", "workflow", "run")]
    entries = list(records.entries())
    assert [(e.sequence, e.kind, e.sha256) for e in entries] == [
        (1, "query", names[0]),
        (2, "workflow", names[1]),
        (3, "run", names[2]),
    ]
    assert all(e.time.endswith("Z") for e in entries)
    assert records.last() == 3


def test_the_same_bytes_twice_are_one_entry(records):
    assert records.append("run", b"a") == records.append("run", b"a")
    records.append("run", b"b")
    records.append("run", b"a")
    assert records.last() == 2


@given(after=st.integers(min_value=0, max_value=320), torn=st.booleans())
@settings(max_examples=40, deadline=None)
def test_entries_after_a_sequence_are_exactly_the_later_ones(long_journal, after, torn):
    records, path = long_journal
    whole = path.read_bytes()
    if torn:
        path.write_bytes(whole + b"3")
    try:
        assert [e.sequence for e in records.entries(after)] == list(range(after + 1, 301))
    finally:
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory):
    records = Records(tmp_path_factory.mktemp("long") / "records")
    for number in range(300):
        records.append("run", str(number).encode())
    return records, records._journal


def test_nothing_recorded_reads_as_empty(records):
    assert list(records.entries()) == []
    assert records.last() == 0
    with pytest.raises(NotFound):
        records.read("0" * 64)
    with pytest.raises(NotFound):
        records.read("../../secret")


def test_a_damaged_record_is_named(records):
    sha256 = records.append("run", b"flux")
    records.path("run", sha256).write_bytes(b"flax")
    with pytest.raises(ServiceProblem, match=sha256):
        records.read(sha256)


def test_sealing_again_mends_a_damaged_record(records):
    sha256 = records.append("run", b"flux")
    records.path("run", sha256).write_bytes(b"flax")
    assert records.append("run", b"flux") == sha256
    assert records.read(sha256) == b"flux"


@pytest.mark.parametrize("cut", [1, 2, 40, 90])
def test_a_torn_last_line_is_ignored_and_then_repaired(records, cut):
    records.append("run", b"a")
    records.append("run", b"b")
    journal = records._journal
    os.truncate(journal, journal.stat().st_size - cut)
    assert [e.sequence for e in records.entries()] == [1]
    records.append("run", b"c")
    assert [(e.sequence, e.sha256) for e in records.entries()][1] == (2, hashlib.sha256(b"c").hexdigest())
    # The record whose line was torn was never promised; sealing it again enters it.
    records.append("run", b"b")
    assert records.last() == 3


def test_a_damaged_line_inside_is_an_error(records):
    for number in range(3):
        records.append("run", bytes([number]))
    content = records._journal.read_bytes()
    records._journal.write_bytes(content[:10] + b"\0\0\0" + content[13:])
    with pytest.raises(ServiceProblem, match="journal"):
        list(records.entries())


def test_several_processes_append_at_once(tmp_path):
    text = """
        import sys
        from pathlib import Path
        from kg_service.store.records import Records
        records = Records(Path(sys.argv[1]))
        for number in range(60):
            records.append("run", f"{sys.argv[2]} {number}".encode())
            records.append("run", f"shared {number}".encode())
    """
    writers = [run(text, str(tmp_path / "records"), name) for name in "abc"]
    assert [w.wait(60) for w in writers] == [0, 0, 0]
    for w in writers:
        w.stdout.close()
    records = Records(tmp_path / "records")
    entries = list(records.entries())
    assert [e.sequence for e in entries] == list(range(1, 241))
    assert len({e.sha256 for e in entries}) == 240
    for entry in entries:
        records.read(entry.sha256)


# Each step of an append that changes the disk; the process kills itself just before it.
STEPS = ["os.open", "os.fsync", "pathlib.Path.rename", "os.fdatasync", "os.write"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("at", [1, 2])
def test_killed_between_any_two_steps_a_record_is_whole_or_absent(tmp_path, step, at):
    text = """
        import os, pathlib, signal, sys
        from kg_service.store.records import Records
        records = Records(pathlib.Path(sys.argv[1]))
        records.append("run", b"first")
        owner, name = (pathlib.Path, "rename") if "Path" in sys.argv[2] else (os, sys.argv[2][3:])
        real, left = getattr(owner, name), int(sys.argv[3])
        def deadly(*args, **kwargs):
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        setattr(owner, name, deadly)
        records.append("run", b"second")
        print("survived")
    """
    process = run(text, str(tmp_path / "records"), step, str(at))
    out, _ = process.communicate(timeout=30)
    assert process.returncode == -9 or "survived" in out
    records = Records(tmp_path / "records")
    contents = [records.read(e.sha256) for e in records.entries()]
    assert contents[0] == b"first"
    assert contents in ([b"first"], [b"first", b"second"])
    records.append("run", b"second")
    records.append("run", b"third")
    assert [records.read(e.sha256) for e in records.entries()] == [b"first", b"second", b"third"]


def test_a_full_disk_is_storage_full_and_nothing_is_recorded(tmp_path):
    text = """
        import resource, sys
        from pathlib import Path
        from kg_service.errors import StorageFull
        from kg_service.store.records import Records
        records = Records(Path(sys.argv[1]))
        records.append("run", b"small")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        for content in (b"x" * 5000, *(str(n).encode() for n in range(20))):
            try:
                records.append("run", content)
            except StorageFull as problem:
                print(problem.code)
                if len(content) < 5000:
                    break
    """
    process = run(text, str(tmp_path / "records"))
    out, _ = process.communicate(timeout=30)
    # The large record does not fit; later the journal itself is full.
    assert out == "storage-full\nstorage-full\n"
    records = Records(tmp_path / "records")
    entries = list(records.entries())
    assert 1 < len(entries) < 20
    for entry in entries:
        records.read(entry.sha256)
    assert not list((tmp_path / "records").glob(".new-*"))
