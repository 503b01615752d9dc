"""A data folder: of one site, of a known format, held by at most one service."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys

import pytest

from kg_service.errors import BadValue, Conflict, ServiceProblem
from kg_service.store.site import FORMAT, DataFolder, Service, open_data, service_at


def listing(path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_a_new_folder_is_made_with_its_base_iri(tmp_path):
    folder = open_data(tmp_path / "deep" / "data", "http://site.example/")
    assert folder.base == "http://site.example/"
    content = json.loads((tmp_path / "deep" / "data" / "site.json").read_text())
    assert content["format"] == FORMAT
    assert content["base_iri"] == "http://site.example/"
    assert content["created"].endswith("Z")


def test_the_base_iri_is_fixed_at_first_use(tmp_path):
    open_data(tmp_path / "data", "http://site.example/")
    assert open_data(tmp_path / "data").base == "http://site.example/"
    before = listing(tmp_path)
    with pytest.raises(Conflict, match=r"http://site\.example/.*http://other\.example/") as caught:
        open_data(tmp_path / "data", "http://other.example/")
    assert caught.value.parameter == "KG_BASE_IRI"
    assert caught.value.near == ("http://site.example/",)
    assert listing(tmp_path) == before


def test_without_a_wish_the_default_is_taken(tmp_path):
    assert open_data(tmp_path / "data").base == "http://localhost:8000/"


def test_a_folder_of_a_newer_format_is_refused_and_not_touched(tmp_path):
    content = {
        "format": FORMAT + 1,
        "base_iri": "http://localhost:8000/",
        "created": "2030-01-01T00:00:00.000Z",
        "new": 1,
    }
    (tmp_path / "site.json").write_text(json.dumps(content))
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / ".new-1-abc").write_text("half")
    os.utime(tmp_path / "records" / ".new-1-abc", (0, 0))
    before = listing(tmp_path)
    with pytest.raises(Conflict, match=f"format {FORMAT + 1}.*Update kg-service"):
        open_data(tmp_path)
    assert listing(tmp_path) == before


def test_a_folder_with_other_things_is_refused_and_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(Conflict, match=r"thesis\.tex"):
        open_data(tmp_path)
    assert set(listing(tmp_path)) == {"thesis.tex"}


def test_what_commands_leave_before_there_is_a_site_is_ours(tmp_path):
    for name in ("products", "locks", "cache", "scratch", "index.snapshots"):
        (tmp_path / name).mkdir()
    assert open_data(tmp_path).products == tmp_path / "products"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": "1"}', '{"format": 1, "base_iri": 5, "created": ""}']
)
def test_a_damaged_marker_is_named(tmp_path, content):
    (tmp_path / "site.json").write_text(content)
    with pytest.raises(ServiceProblem, match=r"site\.json"):
        open_data(tmp_path)


def test_processes_that_make_it_at_once_agree(tmp_path):
    text = "import sys; from pathlib import Path; from kg_service.store.site import open_data; "
    text += "print(open_data(Path(sys.argv[1])).created)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", text, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    said = {p.communicate(timeout=30)[0] for p in processes}
    assert [p.returncode for p in processes] == [0] * 5
    assert len(said) == 1
    assert said == {open_data(tmp_path / "data").created + "\n"}


def test_scratch_files_of_killed_writers_are_swept_when_old(tmp_path):
    folder = open_data(tmp_path / "data")
    folder.blobs.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old, fresh, living = (
        folder.blobs / f".new-{pid}-x{n}" for n, pid in enumerate((gone.pid, gone.pid, os.getpid()))
    )
    for path in (old, fresh, living):
        path.write_text("half")
    for path in (old, living):
        os.utime(path, (0, 0))
    open_data(tmp_path / "data")
    assert (old.exists(), fresh.exists(), living.exists()) == (False, True, True)


@pytest.fixture
def folder(tmp_path) -> DataFolder:
    return open_data(tmp_path / "data")


@pytest.fixture
def address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_service_is_found_by_those_who_may_read_its_file(folder, address):
    assert service_at(folder.path) is None
    announced = Service(address, os.getpid(), "secret")
    folder.announce(announced)
    assert service_at(folder.path) == announced
    assert stat.S_IMODE((folder.path / "service.json").stat().st_mode) == 0o600
    folder.withdraw()
    assert service_at(folder.path) is None
    folder.withdraw()


def test_a_service_whose_process_is_gone_is_ignored(folder, address):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder.announce(Service(address, gone.pid, "secret"))
    assert service_at(folder.path) is None
    folder.withdraw()
    assert (folder.path / "service.json").exists()


def test_a_service_that_does_not_answer_is_ignored(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    folder.announce(Service(address, os.getpid(), "secret"))
    assert service_at(folder.path) is None


def test_a_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadValue, match="cannot be made") as refused:
        open_data(tmp_path / "file" / "data")
    assert refused.value.parameter == "KG_DATA"
