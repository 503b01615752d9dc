"""The log of a run while it is written: what it gained is passed on, and its size is bounded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["RunLog"]

_AT_ONCE: Final = 16_384
"""Bytes that are passed on at once at most."""


class RunLog:
    """The log of one run; the analysis appends to it, and would fill the disk if it were let.

    Parameters
    ----------
    path
        The file; whoever writes to it must append (``O_APPEND``), as it is cut while it is written.
    limit
        Bytes that are kept: the beginning, and the end, where the reason of a failure stands.
    """

    def __init__(self, path: Path, limit: int = 10_000_000) -> None:
        self.path = path
        self._limit = limit
        self._told = 0
        self._dropped = 0

    def gained(self) -> str:
        """What has been written since this was asked last; nothing beyond the limit."""
        if self._told >= self._limit or not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(self._told)
            gained = file.read(_AT_ONCE)
        self._told += len(gained)
        return gained.decode("utf-8", "replace")

    def bound(self) -> None:
        """Keep the file from growing far beyond the limit while the run goes on."""
        size = self._size()
        if size > 2 * self._limit:
            os.truncate(self.path, self._limit // 2)
            self._dropped += size - self._limit // 2

    def close(self) -> Path | None:
        """Cut the log of a run that has ended, which says so itself; ``None`` when there is none."""
        size = self._size()
        if size > self._limit or self._dropped:
            half = self._limit // 2
            with self.path.open("r+b") as file:
                start = max(half, size - half)
                file.seek(start)
                end = file.read()
                dropped = self._dropped + start - half
                file.seek(half)
                file.write(f"\n[... {dropped} bytes of this log were left out here ...]\n".encode() + end)
                file.truncate()
        return self.path if self.path.exists() else None

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0
