"""Writes a file so that it is whole or absent, also when the process or the machine stops."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kg_service.store.failures import storage_problem

__all__ = ["SCRATCH", "process_runs", "sweep", "sync_folder", "write_all", "write_whole"]

SCRATCH = ".new-"
"""How the name of a file begins that is not whole yet."""


@contextmanager
def _scratch(folder: Path, what: str, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{SCRATCH}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            yield path, file
    except OSError as error:
        raise storage_problem(error, f"{what} cannot be written to {folder}") from error
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _name(scratch: Path, final: Path) -> bool:
    """Give a file its name unless something has it already; of two processes exactly one succeeds."""
    try:
        os.link(scratch, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        scratch.rename(final)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(file: BinaryIO, content: bytes) -> None:
    """Write all bytes to an unbuffered file, which may take a part only and say why at the next call."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def sweep(folder: Path, *, older_than: float = 3600.0) -> list[Path]:
    """Delete the scratch files of writers that were killed; gives their paths.

    Parameters
    ----------
    older_than
        Seconds since the last write to it: a writer on another machine may share the folder, and its
        process id says nothing here.
    """
    gone = []
    for path in folder.glob(f"{SCRATCH}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime >= older_than and not _runs(path.name):
                path.unlink()
                gone.append(path)
    return gone


def _runs(name: str) -> bool:
    number = name.removeprefix(SCRATCH).partition("-")[0]
    return number.isdigit() and process_runs(int(number))


def process_runs(pid: int) -> bool:
    """Whether a process of this machine has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_whole(
    folder: Path,
    what: str,
    write: Callable[[BinaryIO], Path],
    *,
    mode: int = 0o644,
    overwrite: bool = False,
) -> Path:
    """Write a scratch file in ``folder``, sync it, give it its name.

    Parameters
    ----------
    folder
        Where the file will stand, or a folder of the same file system above it.
    what
        The subject of an error message: ``"The product file spectrum.fits"``.
    write
        Writes the content and says under which path it shall stand (which may depend on the content).
    overwrite
        Whether a file that stands there already is replaced, otherwise it is kept.

    Raises
    ------
    StorageFull, ServiceProblem
        Nothing half-written remains.
    """
    with _scratch(folder, what, mode) as (scratch, file):
        final = write(file)
        if not overwrite and final.exists():
            return final
        os.fsync(file.fileno())
        made = [p for p in (final.parent, *final.parent.parents) if not p.exists()]
        final.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            scratch.rename(final)
        elif not _name(scratch, final):
            return final
        sync_folder(final.parent)
        for new in made:
            sync_folder(new.parent)
        return final
