"""A data folder: what it is for, where things lie in it, and which service holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from kg_service.errors import BadValue, Conflict, ServiceProblem
from kg_service.model.run import now
from kg_service.store.durable import process_runs, sweep, write_all, write_whole
from kg_service.store.failures import storage_problem

__all__ = ["FORMAT", "DataFolder", "Service", "open_data", "service_at"]

FORMAT: Final = 1
"""The format of data folders that this version writes; it reads no newer one."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address, process id, and the token its own user may use."""

    address: str
    pid: int
    token: str


@dataclass(frozen=True, slots=True)
class DataFolder:
    """An opened data folder. ``base`` is the base IRI of the site, ending in ``/``."""

    path: Path
    base: str
    created: str

    @property
    def index(self) -> Path:
        """The folder of the embedded index."""
        return self.path / "index"

    @property
    def records(self) -> Path:
        """The sealed records."""
        return self.path / "records"

    @property
    def blobs(self) -> Path:
        """The files of products."""
        return self.path / "blobs"

    @property
    def products(self) -> Path:
        """The files of products under their own names, for the user of this folder."""
        return self.path / "products"

    @property
    def scratch(self) -> Path:
        """Where runs that are under way write."""
        return self.path / "scratch"

    @property
    def locks(self) -> Path:
        """The locks that let equal runs happen once."""
        return self.path / "locks"

    @property
    def cache(self) -> Path:
        """What the libraries of analyses keep between runs."""
        return self.path / "cache"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that may stand in it."""
        return (self.index, self.records, self.blobs, self.products, self.scratch, self.locks, self.cache)

    def announce(self, service: Service) -> None:
        """Write ``service.json``, readable by its owner only, for commands that find the folder held."""
        content = {"address": service.address, "pid": service.pid, "token": service.token}
        _write_json(self.path / "service.json", content, mode=0o600)

    def withdraw(self) -> None:
        """Take ``service.json`` away, if it is this process's."""
        found = _service(self.path)
        if found is not None and found.pid == os.getpid():
            (self.path / "service.json").unlink(missing_ok=True)


def service_at(path: Path, *, seconds: float = 0.5) -> Service | None:
    """The service that holds a data folder; ``None`` when its process is gone or it does not answer.

    Parameters
    ----------
    seconds
        Longest wait for its address to accept a connection.
    """
    found = _service(path)
    if found is None or not process_runs(found.pid):
        return None
    parts = urlsplit(found.address)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), seconds):
            return found
    except OSError:
        return None


def open_data(
    path: Path, base_iri: str | None = None, *, default: str = "http://localhost:8000/"
) -> DataFolder:
    """Open a data folder, making it at first use.

    Parameters
    ----------
    path
        The folder (``KG_DATA``).
    base_iri
        What ``KG_BASE_IRI`` asks for; ``None`` takes what the folder says.
    default
        The base IRI of a new folder when nothing is asked for.

    Raises
    ------
    Conflict
        The folder is of a newer format, holds something else, or belongs to another base IRI.
        Nothing in it is touched then.
    """
    marker = path / "site.json"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadValue(
            f"The data folder {path} cannot be made: {error.strerror}. Choose another one with KG_DATA.",
            parameter="KG_DATA",
            value=str(path),
        ) from error
    if not marker.exists():
        _refuse_foreign(path)
        content = {"format": FORMAT, "base_iri": base_iri or default, "created": now()}
        # Of two processes that start at once, the first decides; both read what stands there.
        _write_json(marker, content, mode=0o644, overwrite=False)
    site = _read_json(marker)
    found, base, created = site.get("format"), site.get("base_iri"), site.get("created")
    if not isinstance(found, int) or not isinstance(base, str) or not isinstance(created, str):
        raise ServiceProblem(f"The file {marker} is damaged. Take it from a backup.")
    if found > FORMAT:
        raise Conflict(
            f"The data folder {path} was written by a newer version of kg-service (format {found}; this one "
            f"reads up to {FORMAT}). Update kg-service, or choose another folder with KG_DATA.",
            parameter="KG_DATA",
            value=str(path),
        )
    if base_iri is not None and base_iri != base:
        raise Conflict(
            f"The data folder {path} belongs to the site {base}, but KG_BASE_IRI is {base_iri}. The "
            f"identifiers in it would change: leave KG_BASE_IRI out, or choose another folder with KG_DATA.",
            parameter="KG_BASE_IRI",
            value=base_iri,
            near=(base,),
        )
    opened = DataFolder(path, base, created)
    for folder in (opened.blobs, opened.records):
        sweep(folder)
    return opened


def _refuse_foreign(path: Path) -> None:
    """A folder with other things in it was named by mistake."""
    ours = {folder.name for folder in DataFolder(path, base="", created="").folders}
    try:
        others = sorted(p.name for p in path.iterdir() if not p.name.startswith((".", "index.")))
    except FileNotFoundError:
        return
    except OSError as error:
        raise storage_problem(error, f"The data folder {path} cannot be read") from error
    foreign = [name for name in others if name not in ours]
    if foreign:
        raise Conflict(
            f"{path} is not a data folder of kg-service: it has no site.json, but holds {foreign[0]}. "
            "Choose an empty or new folder with KG_DATA.",
            parameter="KG_DATA",
            value=str(path),
        )


def _service(folder: Path) -> Service | None:
    path = folder / "service.json"
    if not path.exists():
        return None
    content = _read_json(path)
    address, pid, token = content.get("address"), content.get("pid"), content.get("token")
    if isinstance(address, str) and isinstance(pid, int) and isinstance(token, str):
        return Service(address, pid, token)
    return None


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise storage_problem(error, f"The file {path} cannot be read") from error
    except ValueError as error:
        raise ServiceProblem(f"The file {path} is damaged: {error}. Take it from a backup.") from error
    return content if isinstance(content, dict) else {}


def _write_json(path: Path, content: Mapping[str, object], *, mode: int, overwrite: bool = True) -> None:
    def fill(file: BinaryIO) -> Path:
        write_all(file, json.dumps(content, indent=2).encode() + b"\n")
        return path

    write_whole(path.parent, f"The file {path.name}", fill, mode=mode, overwrite=overwrite)
