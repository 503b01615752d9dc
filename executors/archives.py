"""Where data come from: shipped tables first, then mirror folders, then the local cache.

Nothing here knows single files: a table is found by its name, an archive file by a rule on its
name. Import-light, because the service asks which datasets a run will read before it runs.
"""

from __future__ import annotations

import csv
import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from kg_service.errors import NotFound
from kg_service.model.product import Dataset

__all__ = [
    "cache_folder",
    "citation",
    "dataset_of_table",
    "file_sha256",
    "mirror_folders",
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
    """The sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
