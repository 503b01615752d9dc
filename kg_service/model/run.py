"""One execution: its phase, the moves between phases, and what is known of it when it ends."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["ENDED", "MOVES", "Phase", "Progress", "Run", "Watch", "new_run_ident", "now"]


class Phase(StrEnum):
    """The phases of IVOA UWS 1.1, section 2.1.3, that a run can be in."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"


ENDED = frozenset({Phase.COMPLETED, Phase.ERROR, Phase.ABORTED})
MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.PENDING: frozenset({Phase.QUEUED, Phase.EXECUTING, Phase.ERROR, Phase.ABORTED}),
    Phase.QUEUED: frozenset({Phase.EXECUTING, Phase.ERROR, Phase.ABORTED}),
    Phase.EXECUTING: ENDED,
    Phase.COMPLETED: frozenset(),
    Phase.ERROR: frozenset(),
    Phase.ABORTED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: ``fraction`` in [0, 1] or ``None`` when unknown."""

    fraction: float | None = None
    message: str = ""


Watch = Callable[[Progress], None]
"""Told how far a run has come."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a workflow version, or of a plan (then ``steps`` holds its runs).

    ``arguments`` maps input names to canonical value keys, complete with defaults; times are ISO
    8601 UTC; ``resources`` holds ``wall_seconds``, ``cpu_seconds``, ``peak_bytes``; ``environment``
    versions and platform; ``problem`` the problem object of a failed run.
    """

    ident: str
    query: str
    workflow: str | None
    phase: Phase
    created: str
    started: str | None = None
    ended: str | None = None
    run_key: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    progress: Progress = field(default_factory=Progress)
    problem: dict[str, Any] | None = None
    log: str | None = None
    resources: dict[str, float] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    seed: int | None = None


def new_run_ident() -> str:
    """A UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | (0x7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=number))


def now() -> str:
    """The present as ISO 8601 UTC with milliseconds and ``Z``."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1_000_000:03d}Z"
