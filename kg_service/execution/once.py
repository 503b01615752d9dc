"""Equal work is done once: a lock per key that holds across threads and processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["once"]

_LOOK_EVERY = 0.05


@contextlib.contextmanager
def once(folder: Path, key: str, *, stop: Callable[[], bool], waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of ``key`` (a hash) while the context lasts.

    Parameters
    ----------
    folder
        Where lock files live; one left behind by a process that died locks nothing.
    stop
        Asked while waiting; when it says yes the context begins without the lock.
    waiting
        Told once, when somebody else holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}.lock"
    told = False
    while (held := _take(path)) is None and not stop():
        if not told:
            waiting()
            told = True
        time.sleep(_LOOK_EVERY)
    try:
        yield
    finally:
        if held is not None:
            path.unlink(missing_ok=True)  # while it is held: whoever waits looks whether it is still there
            os.close(held)


def _take(path: Path) -> int | None:
    """The descriptor of the lock file if it could be locked and is not one that was taken away meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    os.close(descriptor)
    return None
