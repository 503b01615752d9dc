"""Runs that are under way: their phase, progress and events, for people who watch.

Nothing here survives the process; what lasts is in the sealed records.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from kg_service.errors import Conflict
from kg_service.model.run import ENDED, MOVES, Phase, Progress, Run

__all__ = ["Event", "LiveRuns"]

_KEPT_AFTER_END = 600.0
"""Seconds for which the events of an ended run can still be followed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a run: ``kind`` is ``phase``, ``progress``, ``log`` or ``end``."""

    number: int
    kind: str
    data: dict[str, Any]


@dataclass(slots=True)
class _Watched:
    run: Run
    events: list[Event] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended_at: float | None = None


def _more_than(events: list[Event], number: int) -> bool:
    return len(events) > number


class LiveRuns:
    """All runs of this process that are under way or ended a short while ago."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()

    def begin(self, run: Run) -> None:
        """Start to watch a run."""
        with self._lock:
            horizon = time.monotonic() - _KEPT_AFTER_END
            for ident in [i for i, w in self._watched.items() if w.ended_at and w.ended_at < horizon]:
                del self._watched[ident]
            self._watched[run.ident] = _Watched(run)
        self._announce(run.ident, "phase", {"phase": run.phase.value})

    def get(self, ident: str) -> Run | None:
        """The run as it stands, if it is watched here."""
        watched = self._watched.get(ident)
        return watched.run if watched else None

    def active(self) -> list[Run]:
        """Runs that have not ended."""
        with self._lock:
            return [w.run for w in self._watched.values() if w.run.phase not in ENDED]

    def move(self, ident: str, phase: Phase, **changes: Any) -> Run:
        """Move a run to a phase.

        Raises
        ------
        Conflict
            When UWS does not allow the move.
        """
        watched = self._watched[ident]
        if phase not in MOVES[watched.run.phase]:
            raise Conflict(f"A run that is {watched.run.phase} cannot become {phase}.", value=ident)
        watched.run = replace(watched.run, phase=phase, **changes)
        self._announce(ident, "phase", {"phase": phase.value})
        if phase in ENDED:
            watched.ended_at = time.monotonic()
            self._announce(ident, "end", {"phase": phase.value, "problem": watched.run.problem})
        return watched.run

    def update(self, ident: str, **changes: Any) -> None:
        """Change facts of a run that are no phase (its steps, its query)."""
        watched = self._watched[ident]
        watched.run = replace(watched.run, **changes)

    def progress(self, ident: str, progress: Progress) -> None:
        """Note how far a run has come."""
        watched = self._watched.get(ident)
        if watched is None:
            return
        watched.run = replace(watched.run, progress=progress)
        self._announce(ident, "progress", {"fraction": progress.fraction, "message": progress.message})

    def log(self, ident: str, text: str) -> None:
        """Announce new text of a run's log."""
        if ident in self._watched:
            self._announce(ident, "log", {"text": text})

    def _announce(self, ident: str, kind: str, data: dict[str, Any]) -> None:
        watched = self._watched[ident]
        with watched.changed:
            watched.events.append(Event(len(watched.events) + 1, kind, data))
            watched.changed.notify_all()

    def wait(self, ident: str, seconds: float | None) -> Run | None:
        """Wait until the run ends or the time is over; the run as it then stands."""
        watched = self._watched.get(ident)
        if watched is None:
            return None
        with watched.changed:
            watched.changed.wait_for(lambda: watched.run.phase in ENDED, seconds)
        return watched.run

    def events(self, ident: str, after: int = 0, *, patience: float = 15.0) -> Iterator[Event | None]:
        """Events of a run after number ``after``; ``None`` every ``patience`` seconds of silence."""
        watched = self._watched[ident]
        position = after
        while True:
            with watched.changed:
                arrived = watched.changed.wait_for(partial(_more_than, watched.events, position), patience)
            if not arrived:
                if watched.run.phase in ENDED:
                    return
                yield None
                continue
            for event in watched.events[position:]:
                position = event.number
                yield event
                if event.kind == "end":
                    return
