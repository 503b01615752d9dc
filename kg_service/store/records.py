"""The sealed records, which are the truth: graphs as canonical N-Quads, written once, never changed.

``records/<kind>/ab/<sha256>.nq`` holds one record; ``records/journal`` one line per record in order
of arrival: ``sequence kind sha256 time``. A record counts from the moment its line is synced, which
happens after its file is. A process killed in between leaves a file that nobody knows of, or nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kg_service.errors import NotFound, ServiceProblem
from kg_service.model.run import now
from kg_service.store.durable import sync_folder, write_all, write_whole
from kg_service.store.failures import storage_problem

__all__ = ["Entry", "Records"]

_KIND = re.compile(r"[a-z][a-z-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TAIL = 4096  # bytes; more than any line of the journal


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal; ``sequence`` counts from 1 without gaps, ``time`` is ISO 8601 UTC."""

    sequence: int
    kind: str
    sha256: str
    time: str

    def line(self) -> bytes:
        """As it stands in the journal."""
        return f"{self.sequence} {self.kind} {self.sha256} {self.time}\n".encode()


class Records:
    """The sealed records of a data folder; any number of processes may append at once.

    Parameters
    ----------
    path
        The folder ``records``; made at the first record.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path
        self._journal = path / "journal"

    def append(self, kind: str, content: bytes) -> str:
        """Seal a record; gives its sha256. The same bytes twice are one record.

        When this returns, the record is on disk.

        Raises
        ------
        StorageFull, ServiceProblem
            Nothing was recorded.
        """
        if not _KIND.fullmatch(kind):
            raise ServiceProblem(f"{kind!r} is not a kind of record.", value=kind)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(kind, sha256)

        def fill(file: BinaryIO) -> Path:
            write_all(file, content)
            return path

        with self._locked() as journal:
            whole = self._whole(path, content)
            if whole and self._listed(journal, sha256):
                return sha256
            if not whole:
                write_whole(self._folder, f"The record {sha256}", fill, overwrite=True)
            self._enter(journal, kind, sha256)
        return sha256

    def path(self, kind: str, sha256: str) -> Path:
        """Where a record stands."""
        return self._folder / kind / sha256[:2] / f"{sha256}.nq"

    def read(self, sha256: str) -> bytes:
        """The bytes of a record, compared with their hash.

        Raises
        ------
        NotFound
            No such record.
        ServiceProblem
            The file is damaged.
        """
        found = self._find(sha256)
        try:
            content = found.read_bytes()
        except OSError as error:
            raise storage_problem(error, f"The record {found} cannot be read") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ServiceProblem(
                f"The record {found} is damaged: its sha256 has changed. Take it from a backup.",
                value=sha256,
            )
        return content

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries whose sequence is greater than ``after``, in order of arrival.

        Raises
        ------
        ServiceProblem
            A line other than a torn last one cannot be read.
        """
        try:
            journal = self._journal.open("rb")
        except FileNotFoundError:
            return
        with journal:
            _seek(journal, after)
            for line in journal:
                if not line.endswith(b"\n"):
                    return  # being written, or torn; the next append repairs it
                entry = self._parse(line)
                if entry.sequence > after:
                    yield entry

    def last(self) -> int:
        """The sequence of the newest entry; 0 when there is none."""
        try:
            with self._journal.open("rb") as journal:
                return self._last(journal.fileno())[0]
        except FileNotFoundError:
            return 0

    def _find(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256):
            for path in self._folder.glob(f"*/{sha256[:2]}/{sha256}.nq"):
                return path
        raise NotFound(f"There is no sealed record {sha256}.", value=sha256)

    def _whole(self, path: Path, content: bytes) -> bool:
        try:
            return path.read_bytes() == content
        except FileNotFoundError:
            return False

    def _listed(self, journal: int, sha256: str) -> bool:
        """Whether the journal names a record; read as one text, for this is rare but must be right."""
        if not os.fstat(journal).st_size:
            return False
        with mmap.mmap(journal, 0, prot=mmap.PROT_READ) as content:
            return content.find(f" {sha256} ".encode()) >= 0

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            new = not self._journal.exists()
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._journal, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise storage_problem(error, f"The journal {self._journal} cannot be opened") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if new:
                sync_folder(self._folder)
                sync_folder(self._folder.parent)
            self._repair(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _repair(self, journal: int) -> None:
        """Cut off a last line that was being written when its writer was killed."""
        whole = self._last(journal)[1]
        if whole < os.fstat(journal).st_size:
            os.ftruncate(journal, whole)

    def _enter(self, journal: int, kind: str, sha256: str) -> None:
        last, size = self._last(journal)
        line = Entry(last + 1, kind, sha256, now()).line()
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(journal, rest) :]
            os.fdatasync(journal)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(journal, size)
            raise storage_problem(error, f"The journal {self._journal} cannot be written") from error

    def _last(self, journal: int) -> tuple[int, int]:
        """The newest sequence, and how many bytes of the journal are whole lines."""
        size = os.fstat(journal).st_size
        start = max(0, size - _TAIL)
        tail = os.pread(journal, size - start, start)
        whole = tail[: tail.rfind(b"\n") + 1]
        if not whole:
            return 0, 0
        line = whole[whole.rfind(b"\n", 0, -1) + 1 :]
        return self._parse(line).sequence, start + len(whole)

    def _parse(self, line: bytes) -> Entry:
        parts = line.decode(errors="replace").split()
        if len(parts) == 4 and parts[0].isdigit() and _SHA256.fullmatch(parts[2]):
            return Entry(int(parts[0]), parts[1], parts[2], parts[3])
        raise ServiceProblem(
            f"The journal {self._journal} is damaged at the line {line[:120]!r}. Take it from a backup."
        )


def _seek(journal: BinaryIO, after: int) -> None:
    """Move to the last line whose sequence is at most ``after``: lines are sorted, so by bisection."""
    low, high = 0, os.fstat(journal.fileno()).st_size
    while after and high - low > _TAIL:
        middle = (low + high) // 2
        journal.seek(middle)
        journal.readline()
        position = journal.tell()
        line = journal.readline()
        number = line.partition(b" ")[0]
        if line.endswith(b"\n") and number.isdigit() and int(number) <= after:
            low = position
        else:
            high = middle
    journal.seek(low)
