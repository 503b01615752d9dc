"""Settings: one frozen object, read from the environment (prefix ``KG_``) at the start and handed down."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kg_service.errors import BadValue

__all__ = ["DEFAULT_BASE_IRI", "Settings"]

DEFAULT_BASE_IRI: Final = "http://localhost:8000/"

_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set from outside.

    Parameters
    ----------
    data
        ``KG_DATA``: the data folder; by default in the user's data directory.
    base_iri
        ``KG_BASE_IRI``: under which identifiers are minted, fixed in the data folder at first use;
        ``None`` takes that of the folder, or :data:`DEFAULT_BASE_IRI` for a new one.
    store
        ``KG_STORE``: the address of a SPARQL 1.1 server, or ``None`` for the embedded index. A user
        name and password may stand in it, so it is never shown.
    store_update
        ``KG_STORE_UPDATE``: where that server takes updates, if not at ``/update`` beside ``/query``.
    blobs
        ``KG_BLOBS``: a folder for the files of products, or ``None`` for ``data/blobs``.
    engine
        ``KG_ENGINE``: ``local`` or the address of another engine.
    workers
        ``KG_WORKERS``: how many runs the local engine carries out at once.
    archive_mirrors
        ``KG_ARCHIVE_MIRRORS``: folders that hold copies of archive files, separated by colons.
    cache
        ``KG_CACHE``: where files fetched from archives are kept for all data folders of a user; by
        default in the user's cache directory.
    online
        ``KG_ONLINE``: whether archives and resolvers on the network may be asked.
    run_seconds, run_memory
        ``KG_RUN_SECONDS``, ``KG_RUN_MEMORY``: limits of one run, in seconds of wall-clock time and
        in resident bytes (``4 GiB`` and the like are understood).
    sparql_seconds, sparql_rows, sparql_memory, sparql_workers
        ``KG_SPARQL_SECONDS``, ``KG_SPARQL_ROWS``, ``KG_SPARQL_MEMORY``, ``KG_SPARQL_WORKERS``: limits
        of one public SPARQL query, in seconds, rows (or triples) and resident bytes, and how many
        are evaluated at once.
    """

    data: Path
    base_iri: str | None = None
    store: str | None = field(default=None, repr=False)
    store_update: str | None = field(default=None, repr=False)
    blobs: Path | None = None
    engine: str = "local"
    workers: int = 2
    archive_mirrors: tuple[Path, ...] = ()
    cache: Path | None = None
    online: bool = True
    run_seconds: float = 600.0
    run_memory: int = 4 * 2**30
    sparql_seconds: float = 10.0
    sparql_rows: int = 1_000_000
    sparql_memory: int = 2 * 2**30
    sparql_workers: int = 2

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; a variable that is unset or blank has its default.

        Raises
        ------
        BadValue
            Naming the variable whose value cannot be used.
        """
        read = _Environment(os.environ if environ is None else environ)
        return cls(
            data=read.folder("KG_DATA") or _default_data(),
            base_iri=read.base_iri("KG_BASE_IRI"),
            store=read.address("KG_STORE"),
            store_update=read.address("KG_STORE_UPDATE"),
            blobs=read.folder("KG_BLOBS"),
            engine=read.text("KG_ENGINE") or "local",
            workers=read.whole("KG_WORKERS", 2),
            archive_mirrors=read.folders("KG_ARCHIVE_MIRRORS"),
            cache=read.folder("KG_CACHE"),
            online=read.truth("KG_ONLINE", default=True),
            run_seconds=read.seconds("KG_RUN_SECONDS", 600.0),
            run_memory=read.size("KG_RUN_MEMORY", 4 * 2**30),
            sparql_seconds=read.seconds("KG_SPARQL_SECONDS", 10.0),
            sparql_rows=read.whole("KG_SPARQL_ROWS", 1_000_000),
            sparql_memory=read.size("KG_SPARQL_MEMORY", 2 * 2**30),
            sparql_workers=read.whole("KG_SPARQL_WORKERS", 2),
        )

    def for_analyses(self) -> dict[str, str]:
        """The settings that analyses read, as environment variables in one form."""
        return {
            "KG_ARCHIVE_MIRRORS": os.pathsep.join(map(str, self.archive_mirrors)),
            "KG_ONLINE": "1" if self.online else "0",
            "KG_CACHE": str(self.cache or _default_cache()),
        }


def _default_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("kg-service", appauthor=False)


def _default_data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("kg-service", appauthor=False)


class _Environment:
    """Reads single variables; each method gives ``None`` or the default for a blank one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def folder(self, name: str) -> Path | None:
        text = self.text(name)
        if text is None:
            return None
        if "://" in text:
            raise _bad(name, text, "is an address, but this version keeps files in folders only")
        path = Path(text).expanduser()
        if path.exists() and not path.is_dir():
            raise _bad(name, text, "is a file, but must be a folder")
        return path.absolute()

    def folders(self, name: str) -> tuple[Path, ...]:
        parts = (self.text(name) or "").split(os.pathsep)
        return tuple(Path(part.strip()).expanduser().absolute() for part in parts if part.strip())

    def address(self, name: str) -> str | None:
        text = self.text(name)
        if text is not None and not _is_http(text):
            shown = re.sub(r"^([a-z0-9+.-]+://)?.*@", r"\1***@", text, flags=re.IGNORECASE)
            raise _bad(
                name, shown, "is not the address of a SPARQL server, such as http://127.0.0.1:7878/query"
            )
        return text

    def base_iri(self, name: str) -> str | None:
        text = self.text(name)
        if text is None:
            return None
        if not _is_http(text) or re.search(r'[\s<>"{}|\\^`#?]', text):
            raise _bad(name, text, f"is not a base IRI, such as {DEFAULT_BASE_IRI}")
        return text if text.endswith("/") else text + "/"

    def truth(self, name: str, *, default: bool) -> bool:
        text = self.text(name)
        if text is None or text.lower() in _TRUE | _FALSE:
            return default if text is None else text.lower() in _TRUE
        raise _bad(name, text, "is neither 0 nor 1")

    def whole(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        digits = text.replace("_", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit()) or int(digits) < 1:
            raise _bad(name, text, "is not a whole number greater than zero")
        return int(digits)

    def seconds(self, name: str, default: float) -> float:
        text = self.text(name)
        if text is None:
            return default
        try:
            number = float(text.removesuffix("s"))
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise _bad(name, text, "is not a number of seconds greater than zero")
        return number

    def size(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", text)
        if found is None or found[2].upper() not in _SIZES or float(found[1]) <= 0:
            raise _bad(name, text, "is not a size in bytes, such as 2147483648 or 2 GiB")
        return int(float(found[1]) * _SIZES[found[2].upper()])


def _is_http(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _bad(name: str, text: str, why: str) -> BadValue:
    return BadValue(f"The setting {name}={text} {why}.", parameter=name, value=text)
