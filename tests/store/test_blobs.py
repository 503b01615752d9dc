"""Bytes by hash: whole or absent, whatever happens."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.errors import NotFound, ServiceProblem
from kg_service.store.blobs import FolderBlobs


@pytest.fixture
def blobs(tmp_path):
    return FolderBlobs(tmp_path / "blobs")


@given(content=st.binary(max_size=5000))
@settings(max_examples=25, deadline=None)
def test_what_is_put_can_be_opened_under_its_hash(tmp_path_factory, content):
    blobs = FolderBlobs(tmp_path_factory.mktemp("b") / "blobs")
    assert blobs.put(content) == (hashlib.sha256(content).hexdigest(), len(content))
    with blobs.open(hashlib.sha256(content).hexdigest(), verify=True) as file:
        assert file.read() == content


def test_a_file_is_copied(blobs, tmp_path):
    source = tmp_path / "spectrum.fits"
    source.write_bytes(b"SIMPLE" * 500_000)
    sha256, size = blobs.put(source)
    assert (sha256, size) == (hashlib.sha256(source.read_bytes()).hexdigest(), 3_000_000)
    source.unlink()
    assert blobs.path(sha256).read_bytes() == b"SIMPLE" * 500_000


def test_the_same_content_twice_is_not_written_again(blobs, tmp_path):
    sha256, _ = blobs.put(b"curve")
    before = blobs.path(sha256).stat()
    (tmp_path / "f").write_bytes(b"curve")
    blobs.put(b"curve")
    blobs.put(tmp_path / "f")
    after = blobs.path(sha256).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(blobs.names()) == [sha256]
    assert not [p for p in (tmp_path / "blobs").iterdir() if p.name.startswith(".new-")]


def test_names_lists_everything_in_order(blobs):
    expected = sorted(blobs.put(bytes([n]))[0] for n in range(30))
    assert list(blobs.names()) == expected


def test_an_absent_blob_is_not_found(blobs):
    absent = "0" * 64
    assert not blobs.exists(absent)
    with pytest.raises(NotFound, match=absent):
        blobs.open(absent)


@pytest.mark.parametrize("name", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 63 + "/", "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_reaches_no_file(blobs, name):
    assert not blobs.exists(name)
    with pytest.raises(NotFound):
        blobs.path(name)


def test_damage_is_seen_when_asked_for(blobs):
    sha256, _ = blobs.put(b"flux 1.0")
    blobs.path(sha256).chmod(0o644)
    blobs.path(sha256).write_bytes(b"flux 2.0")
    with pytest.raises(ServiceProblem, match="damaged"):
        blobs.open(sha256, verify=True)


@pytest.mark.parametrize("how", ["bytes", "path"])
def test_nobody_may_write_to_a_blob_or_a_link_to_it_but_copies_and_folders_are_the_users(
    blobs, tmp_path, how
):
    (tmp_path / "curve").write_bytes(b"curve")
    sha256, _ = blobs.put(b"curve" if how == "bytes" else tmp_path / "curve")
    folder = tmp_path / "products"
    folder.mkdir()
    os.link(blobs.path(sha256), folder / "link")
    shutil.copyfile(blobs.path(sha256), folder / "copy")
    assert not stat.S_IMODE((folder / "link").stat().st_mode) & 0o222
    (folder / "copy").write_bytes(b"mine")
    shutil.rmtree(folder)
    assert blobs.path(sha256).read_bytes() == b"curve"


def test_an_absent_source_is_named(blobs, tmp_path):
    with pytest.raises(ServiceProblem, match=r"nowhere\.fits"):
        blobs.put(tmp_path / "nowhere.fits")


@pytest.mark.parametrize("how", ["bytes", "path"])
def test_a_full_disk_is_storage_full_and_leaves_nothing(tmp_path, how):
    """RLIMIT_FSIZE makes the kernel refuse the write in the middle of the file."""
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    text = """
        import resource, sys
        from pathlib import Path
        from kg_service.errors import StorageFull
        from kg_service.store.blobs import FolderBlobs
        folder, how = Path(sys.argv[1]), sys.argv[2]
        blobs = FolderBlobs(folder / "blobs")
        kept, _ = blobs.put(b"small")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
        big = folder / "big"
        try:
            blobs.put(big if how == "path" else big.read_bytes())
        except StorageFull as problem:
            assert list(blobs.names()) == [kept]
            print("full", problem.code)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text), str(tmp_path), how],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "full storage-full\n"
    files = [p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]
    assert [p.name for p in files] == [hashlib.sha256(b"small").hexdigest()]
