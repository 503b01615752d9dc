"""The index in this process: pyoxigraph on a folder, one writer and any number of readers.

Readers never open the folder that is written: the engine calls that undefined, and a query was seen
to run away with all memory. The writer publishes snapshots (hard links, no copies) in the background
and readers open the newest.

The default graph is the merge of all named graphs, kept so by every write (see ``updates``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self, TypeVar

from pyoxigraph import Quad, Store, Triple

from kg_service.errors import Problem, ServiceProblem
from kg_service.store.failures import storage_problem
from kg_service.store.locking import WriterLock
from kg_service.store.questions import EmbeddedQuestions
from kg_service.store.snapshots import Snapshots
from kg_service.store.updates import merged, replacement

__all__ = ["EmbeddedReader", "EmbeddedStore"]

_T = TypeVar("_T")
_ATTEMPTS = 6
_FAILURES = (OSError, RuntimeError)  # the engine reports a missing file as either
_FLUSH_PAUSE = 0.5  # s between two flushes while something is written


class EmbeddedReader(EmbeddedQuestions):
    """Reads the newest snapshot beside a writer; :meth:`refresh` follows the writer.

    An index that does not exist yet reads as empty.

    Parameters
    ----------
    path
        The folder of the index, as for :class:`EmbeddedStore`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._snapshots = Snapshots(path)
        self.reopen()

    def reopen(self) -> None:
        """See the newest snapshot."""
        for attempt in range(_ATTEMPTS):
            self.generation = self._snapshots.newest()
            if not self.generation:
                self._store = Store()
                return
            try:
                self._store = Store.read_only(str(self._snapshots.path(self.generation)))
                return
            except _FAILURES as error:
                # The snapshot was taken away between the two lines above: there is a newer one.
                if attempt == _ATTEMPTS - 1:
                    raise storage_problem(error, f"The index {self._path} cannot be opened") from error
                time.sleep(0.01 * 2**attempt)

    def refresh(self) -> bool:
        """Reopen when there is a newer snapshot; says whether there was."""
        if self._snapshots.newest() == self.generation:
            return False
        self.reopen()
        return True

    def close(self) -> None:
        """Give the files back; the reader then reads as empty."""
        self._store = Store()

    def _read(self, question: Callable[[Store], _T]) -> _T:
        attempt = 1
        while True:
            try:
                return question(self._store)
            except _FAILURES as error:
                if attempt == _ATTEMPTS or "No such file" not in str(error):
                    raise storage_problem(error, f"The index {self._path} cannot be read") from error
            self.reopen()  # the snapshot was taken away
            attempt += 1


class EmbeddedStore(EmbeddedQuestions):
    """The one writer of the index.

    Parameters
    ----------
    path
        The folder of the index; made when absent. Beside it lie ``<name>.lock`` and
        ``<name>.snapshots``.
    wait
        Seconds to wait for another writer to end.
    waiting
        Called with a sentence that names the other writer, when there is a wait.

    Raises
    ------
    Conflict
        When another process still writes after ``wait`` seconds.
    """

    def __init__(
        self, path: Path, *, wait: float = 60.0, waiting: Callable[[str], None] | None = None
    ) -> None:
        self._path = path
        self._lock = WriterLock(path.with_name(f"{path.name}.lock"))
        self._lock.acquire(wait, waiting)
        self._snapshots = Snapshots(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._store: Store | None = Store(str(path))
            if self._snapshots.stale():  # the last writer was killed
                self._snapshots.publish(self._store)
        except _FAILURES as error:
            self._lock.release()
            raise storage_problem(error, f"The index {path} cannot be opened for writing") from error
        self._dirty = threading.Event()
        self._ending = threading.Event()
        self._marking = threading.Lock()
        self._marked = False
        self._writing = 0
        self._flushing = threading.Lock()
        self._failure: Problem | None = None
        self._flusher = threading.Thread(target=self._flush_now_and_then, daemon=True, name="index-flush")
        self._flusher.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads, all or none."""
        batch = list(merged(quads))
        self._write(lambda store: store.extend(batch))

    def replace(self, graph: str, triples: Iterable[Triple]) -> None:
        """Give a named graph a new content, all or nothing."""
        text = replacement(graph, triples)
        self._write(lambda store: store.update(text))

    def remove(self, graph: str) -> None:
        """Take a named graph away; no error when there is none."""
        self.replace(graph, ())

    def bulk(self, quads: Iterable[Quad]) -> None:
        """Add very many quads quickly; not atomic, for a rebuild."""
        self._write(lambda store: store.bulk_extend(merged(quads)))

    def flush(self) -> None:
        """Write memory to disk and publish a snapshot for the readers."""
        with self._flushing:
            self._dirty.clear()
            try:
                self._snapshots.publish(self._opened())
                with self._marking:
                    if not self._dirty.is_set() and not self._writing:
                        self._marked = False
                        self._snapshots.mark(stale=False)
            except _FAILURES as error:
                raise storage_problem(error, f"The index {self._path} cannot be written") from error

    def optimize(self) -> None:
        """Compact: gives memory and disk back after many small writes; takes seconds per million triples."""
        self._write(lambda store: store.optimize())

    def backup(self, target: Path) -> None:
        """Copy the index to a folder that does not exist yet, while it is in use."""
        try:
            self._opened().backup(str(target))
        except _FAILURES as error:
            raise storage_problem(error, f"The index cannot be copied to {target}") from error

    def close(self) -> None:
        """Flush, and let the next writer in. A second call does nothing."""
        if self._store is None:
            return
        self._ending.set()
        unwritten = self._dirty.is_set()
        self._dirty.set()
        self._flusher.join()
        try:
            if unwritten:
                self.flush()
        finally:
            self._store = None
            self._lock.release()

    def _opened(self) -> Store:
        if self._store is None:
            raise ServiceProblem(f"The index {self._path} is closed.")
        return self._store

    def _read(self, question: Callable[[Store], _T]) -> _T:
        try:
            return question(self._opened())
        except _FAILURES as error:
            raise storage_problem(error, f"The index {self._path} cannot be read") from error

    def _write(self, change: Callable[[Store], None]) -> None:
        try:
            with self._marking:
                self._writing += 1
                if not self._marked:
                    self._snapshots.mark(stale=True)
                    self._marked = True
            change(self._opened())
        except _FAILURES as error:
            raise storage_problem(error, f"The index {self._path} cannot be written") from error
        finally:
            with self._marking:
                self._writing -= 1
                self._dirty.set()
        if (failure := self._failure) is not None:
            self._failure = None
            raise failure

    def _flush_now_and_then(self) -> None:
        while not self._ending.is_set():
            self._dirty.wait()
            if self._ending.wait(_FLUSH_PAUSE):
                return
            try:
                self.flush()
            except Problem as problem:
                # Nobody waits for this thread: the next write raises it.
                self._failure = problem
                self._dirty.set()
