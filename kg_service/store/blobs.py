"""Bytes by their sha256 in a folder: the files of products."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kg_service.errors import NotFound, ServiceProblem
from kg_service.store.durable import write_all, write_whole
from kg_service.store.failures import storage_problem

__all__ = ["FolderBlobs"]

_CHUNK = 1 << 20  # bytes
_MODE = 0o444  # also a link to a blob cannot be edited in place by mistake
_SHA256 = re.compile(r"[0-9a-f]{64}")


class FolderBlobs:
    """Keeps files under ``<folder>/ab/abcd...``, named by the 64 hexadecimal digits of their sha256.

    A blob is never changed, so a reader needs no lock. Two processes that put the same bytes at once
    both succeed.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path

    def put(self, content: bytes | Path) -> tuple[str, int]:
        """Keep bytes, or a copy of a file; gives sha256 and size in bytes.

        Raises
        ------
        StorageFull
            No room; nothing half-written remains.
        """
        if isinstance(content, Path):
            return self._copy(content)
        name = hashlib.sha256(content).hexdigest()
        final = self.path(name)
        if not final.exists():

            def fill(target: BinaryIO) -> Path:
                write_all(target, content)
                return final

            write_whole(self._folder, f"The product file {name}", fill, mode=_MODE)
        return name, len(content)

    def _copy(self, source: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0

        def copy(target: BinaryIO) -> Path:
            nonlocal size
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                write_all(target, chunk)
            return self.path(digest.hexdigest())

        try:
            file = source.open("rb")
        except OSError as error:
            raise storage_problem(error, f"The file {source} cannot be read") from error
        with file:
            write_whole(self._folder, f"The product file {source.name}", copy, mode=_MODE)
        return digest.hexdigest(), size

    def open(self, sha256: str, *, verify: bool = False) -> BinaryIO:
        """The content for reading in binary; ``verify`` reads it once before and compares the hash.

        Raises
        ------
        NotFound
            No such blob.
        ServiceProblem
            The content does not have its hash any more.
        """
        path = self.path(sha256)
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"No file with sha256 {sha256} is kept here.", value=sha256) from error
        if verify:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            if found != sha256:
                file.close()
                raise ServiceProblem(
                    f"The file {path} is damaged: its sha256 is {found}. Take it from a backup.", value=sha256
                )
        return file

    def path(self, sha256: str) -> Path:
        """Where the blob stands (whether or not it exists)."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound(f"{sha256!r} is not a sha256: 64 hexadecimal digits in lower case.", value=sha256)
        return self._folder / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        """Whether the blob is kept here."""
        return bool(_SHA256.fullmatch(sha256)) and self.path(sha256).is_file()

    def names(self) -> Iterator[str]:
        """The sha256 of every blob, in order."""
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            yield from sorted(p.name for p in folder.iterdir() if _SHA256.fullmatch(p.name))
