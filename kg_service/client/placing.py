"""Files of a product in a folder of the user's: which are whole there, and what to say when none can be."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

from kg_service.errors import BadValue, Problem, StorageFull

__all__ = ["is_there", "not_placed"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_there(path: Path, sha256: str) -> bool:
    """Whether a file is there with the content that it must have."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def not_placed(folder: Path, error: OSError) -> Problem:
    """The problem of files that cannot be written to a folder."""
    detail = f"The files cannot be written to {folder}: {error.strerror or error}."
    if error.errno in _FULL:
        return StorageFull(f"{detail} Free some space and ask again.", value=str(folder))
    return BadValue(f"{detail} Choose another folder with --out.", parameter="--out", value=str(folder))
