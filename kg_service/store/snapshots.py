"""Snapshots of the embedded index: what readers open while the index itself is being written.

A snapshot is a folder of hard links made by the engine; it is complete when its number stands in
``<index>.snapshots/newest``. A few older ones stay for readers that are just opening them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pyoxigraph import Store

__all__ = ["Snapshots"]

_KEPT: Final = 3


class Snapshots:
    """The snapshots beside an index; only the holder of the writer lock publishes.

    Parameters
    ----------
    index
        The folder of the index.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self._folder = index.with_name(f"{index.name}.snapshots")
        self._pointer = self._folder / "newest"
        self._mark = self._folder / "stale"

    def newest(self) -> int:
        """The number of the newest snapshot, which grows; 0 when there is none."""
        try:
            return int(self._pointer.read_bytes())
        except FileNotFoundError:
            return 0

    def path(self, number: int) -> Path:
        """The folder of a snapshot."""
        return self._folder / str(number)

    def stale(self) -> bool:
        """Whether the index may hold more than its newest snapshot."""
        return self._mark.exists() or (not self.newest() and (self._index / "CURRENT").exists())

    def mark(self, *, stale: bool) -> None:
        """Note whether the index holds more than its newest snapshot."""
        if stale:
            self._folder.mkdir(exist_ok=True)
            self._mark.touch()
        else:
            self._mark.unlink(missing_ok=True)

    def publish(self, store: Store) -> None:
        """Make a snapshot of the present state, and take old ones away."""
        self._folder.mkdir(exist_ok=True)
        number = self.newest() + 1
        target = self.path(number)
        shutil.rmtree(target, ignore_errors=True)  # of a writer that was killed while it published
        store.backup(str(target))
        written = self._folder / "newest.new"
        written.write_bytes(str(number).encode())
        written.replace(self._pointer)
        for folder in self._folder.iterdir():
            if folder.name.isdigit() and int(folder.name) <= number - _KEPT:
                # A reader of another process may be adding its log file at this moment.
                shutil.rmtree(folder, ignore_errors=True)
