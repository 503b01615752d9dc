"""Where data come from: shipped tables first, then mirror folders, then the local cache, then the archive.

Nothing here knows single files: a table is found by its name, an archive file by the rule of its
collection (``collections.toml``). Import-light, because the service asks which datasets a run will
read before it runs.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from kg_service.errors import ArchiveUnavailable, NotFound
from kg_service.model.product import Dataset

__all__ = [
    "ArchiveFile",
    "Collection",
    "cache_folder",
    "citation",
    "collection",
    "dataset_of_table",
    "file_sha256",
    "files",
    "mirror_folders",
    "missing",
    "online",
    "rows",
    "table",
    "table_names",
    "tables",
]

_FOLDER = Path(__file__).parent / "tables"


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    with (_FOLDER / "catalogue.toml").open("rb") as file:
        return tomllib.load(file)


def table_names() -> tuple[str, ...]:
    """The shipped tables, by file name."""
    return tuple(sorted(_catalogue()))


def table(name: str) -> Path:
    """The path of a shipped table of published figures (``fermi_4fgl_dr4_selected.ecsv``)."""
    if name not in _catalogue():
        raise NotFound(
            f"No table {name!r} ships with the executors; there are {', '.join(table_names())}.",
            value=name,
            near=table_names(),
        )
    return _FOLDER / name


def citation(name: str) -> str:
    """Whom to cite for a shipped table."""
    return _catalogue()[table(name).name]["cite"]


def dataset_of_table(name: str) -> Dataset:
    """A shipped table as a dataset; its identity follows its bytes as they are now."""
    path, entry = table(name), _catalogue()[name]
    return Dataset(
        name=name,
        sha256=file_sha256(path),
        address=entry["address"],
        title=entry["title"],
        reached="embedded",
        licence=entry["licence"],
        cite=entry["cite"],
    )


def tables(*names: str) -> Callable[[Mapping[str, Any]], tuple[Dataset, ...]]:
    """For ``datasets=`` of a workflow: it always reads these shipped tables."""

    def read_tables(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
        return tuple(dataset_of_table(name) for name in names)

    return read_tables


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a shipped table as text by column, without astropy (scalar columns only).

    ECSV is comment lines that start with ``#``, then a header and rows separated by blanks, quoted as
    CSV (astropy enhancement proposal APE 6).
    """
    with table(name).open(encoding="utf-8", newline="") as file:
        content = (line for line in file if not line.startswith("#"))
        return list(csv.DictReader(content, delimiter=" "))


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, 64 hex digits; read again only when the file was written to."""
    known = path.stat()
    return _sha256(path, known.st_size, known.st_mtime_ns, known.st_ino)


@lru_cache(maxsize=1024)
def _sha256(path: Path, size: int, changed: int, inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Collection:
    """Files of one kind that an archive keeps.

    ``folder`` is theirs in a mirror, ``pattern`` matches the rest of the path; its groups say what a
    file holds. ``title`` may hold ``{name}``.
    """

    name: str
    folder: str
    pattern: re.Pattern[str]
    title: str
    archive: str
    address: str
    licence: str
    cite: str


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A file of a collection at hand: where it lies, how it was reached, what its name says."""

    path: Path
    collection: Collection
    reached: str
    named: Mapping[str, str]
    address: str

    @property
    def dataset(self) -> Dataset:
        """What a run that reads the file says it used."""
        kind = self.collection
        return Dataset(
            name=self.path.name,
            sha256=file_sha256(self.path),
            address=self.address,
            title=kind.title.format(name=self.path.name),
            reached=self.reached,
            licence=kind.licence,
            cite=kind.cite,
        )


@cache
def _collections() -> dict[str, Collection]:
    with (Path(__file__).parent / "collections.toml").open("rb") as file:
        entries = tomllib.load(file)
    return {
        name: Collection(name, **{**entry, "pattern": re.compile(entry["pattern"])})
        for name, entry in entries.items()
    }


def collection(name: str) -> Collection:
    """A collection by its name in ``collections.toml``."""
    return _collections()[name]


def files(name: str) -> list[ArchiveFile]:
    """The files of a collection at hand by name; of equal names the first mirror's, the cache's last."""
    kind = collection(name)
    places = [(folder, "mirror") for folder in mirror_folders()] + [(cache_folder(), "cache")]
    found: dict[str, ArchiveFile] = {}
    for place, reached in places:
        root = place / kind.folder
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            relative = path.relative_to(root).as_posix()
            match = kind.pattern.fullmatch(relative)
            if match and relative not in found and path.is_file():
                named = {key: text for key, text in match.groupdict().items() if text is not None}
                found[relative] = ArchiveFile(path, kind, reached, named, kind.address)
    return [found[relative] for relative in sorted(found)]


def missing(name: str, what: str, covered: str, **about: Any) -> ArchiveUnavailable:
    """The problem of data that an archive has and that cannot be had from here now.

    Parameters
    ----------
    what
        What is missing, as the beginning of a sentence: "The light curve of Mrk 421".
    covered
        A sentence that says what is at hand.
    about
        ``parameter``, ``value`` and ``near`` of the problem.
    """
    kind = collection(name)
    why = "may not be asked (KG_ONLINE is 0)" if not online() else "is not asked for these by this version"
    return ArchiveUnavailable(
        f"{what} is not kept here, and {kind.archive} ({kind.address}) {why}. {covered} More files in a "
        f"mirror (KG_ARCHIVE_MIRRORS, folder {kind.folder}/) are found by their names.",
        **about,
    )


def mirror_folders() -> tuple[Path, ...]:
    """The folders of ``KG_ARCHIVE_MIRRORS``, in order; those that do not exist are left out."""
    given = os.environ.get("KG_ARCHIVE_MIRRORS", "").split(os.pathsep)
    return tuple(Path(text).expanduser() for text in given if text and Path(text).expanduser().is_dir())


def cache_folder() -> Path:
    """Where files fetched from archives stay: ``archives`` in ``KG_CACHE``, else in the user's cache."""
    base = os.environ.get("KG_CACHE")
    return (Path(base) if base else user_cache_path("kg-service", appauthor=False)) / "archives"


def online() -> bool:
    """Whether archives may be asked: always, unless ``KG_ONLINE`` is 0 (or false, no, off)."""
    return os.environ.get("KG_ONLINE", "1").strip().lower() not in {"0", "false", "no", "off"}
