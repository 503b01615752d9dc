"""Translates what the operating system says about storage into the problems of the contract."""

from __future__ import annotations

import errno

from kg_service.errors import Problem, ServiceProblem, StorageFull

__all__ = ["storage_problem"]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_TEXTS = ("no space left", "file too large", "quota exceeded")


def storage_problem(error: Exception, what: str) -> Problem:
    """:class:`StorageFull` where there is no room, else a :class:`ServiceProblem`.

    Parameters
    ----------
    error
        What was raised: an ``OSError``, or the engine's ``RuntimeError``, which has the reason in its
        text only.
    what
        The beginning of the message, naming the file or folder.
    """
    text = str(error)
    if getattr(error, "errno", None) in _FULL or any(words in text.lower() for words in _FULL_TEXTS):
        return StorageFull(f"{what}: there is no room left. Free some space and try again.")
    return ServiceProblem(f"{what}: {getattr(error, 'strerror', None) or text}.")
