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
        Where lock files live; a file left behind by a process that died locks nothing.
    stop
        Asked while waiting; when it says yes the context begins without the lock.
    waiting
        Told once, when somebody else holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{key}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    told = False
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stop():
                    break
                if not told:
                    waiting()
                    told = True
                time.sleep(_LOOK_EVERY)
        yield
    finally:
        os.close(descriptor)
