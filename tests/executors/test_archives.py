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
