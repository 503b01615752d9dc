"""Tables, mirrors and the rules by which files are found."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from astropy.table import Table

from executors import archives
from kg_service.errors import NotFound


@pytest.mark.parametrize("name", [n for n in archives.table_names() if n.endswith(".ecsv")])
def test_every_table_is_read_as_astropy_reads_it(name):
    table = Table.read(archives.table(name), format="ascii.ecsv")
    rows = archives.rows(name)
    assert len(rows) == len(table)
    assert list(rows[0]) == table.colnames
    for column in [c for c in table.colnames if table[c].dtype.kind == "f" and table[c].ndim == 1]:
        ours = [float(row[column] or "nan") for row in rows]
        theirs = [float(v) for v in Table(table, masked=True)[column].filled(float("nan"))]
        assert ours == pytest.approx(theirs, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("name", archives.table_names())
def test_every_table_has_licence_citation_and_the_hash_of_its_bytes(name):
    dataset = archives.dataset_of_table(name)
    assert dataset.sha256 == hashlib.sha256(archives.table(name).read_bytes()).hexdigest()
    assert dataset.licence.startswith("https://")
    assert dataset.address.startswith("https://")
    assert len(dataset.cite) > 20
    assert dataset.reached == "embedded"


def test_every_file_beside_the_catalogue_is_in_it():
    folder = archives.table(archives.table_names()[0]).parent
    found = {path.name for path in folder.iterdir() if path.suffix in {".ecsv", ".toml"}} - {"catalogue.toml"}
    assert found == set(archives.table_names())


def test_one_byte_makes_another_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = archives.dataset_of_table("sources.ecsv")
    copy = tmp_path / "sources.ecsv"
    copy.write_bytes(archives.table("sources.ecsv").read_bytes() + b"#")
    monkeypatch.setattr(archives, "_FOLDER", tmp_path)
    assert archives.dataset_of_table("sources.ecsv").ident != before.ident


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(NotFound, match=r"sources\.ecsv"):
        archives.table("source.ecsv")


def test_mirrors_are_the_folders_that_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a").mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", f"{tmp_path / 'none'}:{tmp_path / 'a'}:")
    assert archives.mirror_folders() == (tmp_path / "a",)
    monkeypatch.delenv("KG_ARCHIVE_MIRRORS")
    assert archives.mirror_folders() == ()


@pytest.fixture
def two_mirrors(tmp_path, monkeypatch):
    first, second, cached = tmp_path / "a", tmp_path / "b", tmp_path / "cache"
    for place, content in ((first, "1"), (second, "2"), (cached / "archives", "3")):
        (place / "gw").mkdir(parents=True)
        (place / "gw" / "H-H1_LOSC_4_V2-1126259446-32.hdf5").write_text(content)
    (second / "gw" / "L-L1_LOSC_4_V2-1126259446-32.hdf5").write_text("4")
    (second / "gw" / "notes.txt").write_text("no strain")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", f"{first}:{second}")
    monkeypatch.setenv("KG_CACHE", str(cached))
    return first, second


def test_files_are_found_by_rule_and_the_first_mirror_counts(two_mirrors):
    found = archives.files("gw_strain")
    assert [(f.named["detector"], f.named["start"], f.reached) for f in found] == [
        ("H1", "1126259446", "mirror"), ("L1", "1126259446", "mirror")]  # fmt: skip
    assert found[0].path.is_relative_to(two_mirrors[0])
    assert found[0].dataset.sha256 == hashlib.sha256(b"1").hexdigest()
    assert found[0].dataset.reached == "mirror"


def test_a_changed_file_has_another_sha256(two_mirrors):
    path = archives.files("gw_strain")[0].path
    before = archives.file_sha256(path)
    path.write_text("other content")
    assert archives.file_sha256(path) != before


@pytest.mark.parametrize("name", sorted(archives._collections()))
def test_every_collection_says_where_it_is_from_and_whom_to_cite(name):
    kind = archives.collection(name)
    assert kind.address.startswith("https://")
    assert kind.cite
    assert kind.licence
    assert "{name}" in kind.title
