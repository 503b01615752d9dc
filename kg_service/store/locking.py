"""Who may write the index."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kg_service.errors import Conflict

__all__ = ["WriterLock"]

_PAUSE = 0.02  # s between two attempts


class WriterLock:
    """An advisory lock on a file of ours, held by the one process that writes.

    The file says who holds it (process id and command) and is left behind when the lock ends: only
    the kernel's lock counts, which a killed process loses at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, seconds: float, waiting: Callable[[str], None] | None = None) -> None:
        """Take the lock, waiting for at most ``seconds``.

        Parameters
        ----------
        seconds
            Longest wait in seconds; 0 tries once.
        waiting
            Called once, when there is a wait, with a sentence that names the holder.

        Raises
        ------
        Conflict
            When the lock is still held after that time.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + seconds
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = self.holder()
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise Conflict(
                    f"The index {self._path.with_suffix('')} is being written by {holder}; "
                    f"waited {seconds:g} s. Try again when it has ended, or ask that service with --server."
                )
            if waiting is not None and not told:
                waiting(f"Waiting for the index, which is being written by {holder}.")
                told = True
            time.sleep(_PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {_command()}\n".encode(errors="replace"), 0)
        self._descriptor = descriptor

    def holder(self) -> str:
        """Who wrote the lock file last: ``process 4711 (kg serve)``."""
        try:
            number, _, command = self._path.read_text(errors="replace").strip().partition(" ")
        except OSError:
            number, command = "", ""
        return f"process {number} ({command})" if number else "another process"

    def release(self) -> None:
        """Let the next writer in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _command() -> str:
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
    return " ".join([program, *sys.argv[1:2]])
