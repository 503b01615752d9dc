"""Evaluates public SPARQL where it can be killed: in a few processes with limits of time, rows and memory."""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from kg_service.errors import Malformed, NotAcceptable, ServiceProblem, SparqlLimit, problem_from_code
from kg_service.store.child_processes import child_environment
from kg_service.store.sparql_complaints import PADDING, complaint
from kg_service.store.sparql_guard import Guarded, guard
from kg_service.store.sparql_results import GRAPH_TYPES, ROW_TYPES

__all__ = ["SparqlLimits", "SparqlPool"]

_START_SECONDS: Final = 30.0
_TICK: Final = 0.02  # s between two looks at a worker's memory
_CHUNK: Final = 1 << 20  # bytes
_HEAD: Final = struct.calcsize(">IQ")


@dataclass(frozen=True, slots=True)
class SparqlLimits:
    """Limits of one query: wall-clock seconds, rows or triples, resident bytes of its process."""

    seconds: float = 10.0
    rows: int = 1_000_000
    memory: int = 2 * 2**30


class SparqlPool:
    """A few processes that read the index and evaluate one query each at a time.

    Any thread may call :meth:`evaluate`. A process that meets a limit is killed and replaced. Each
    query sees what the writer had flushed when it started.

    Parameters
    ----------
    source
        The folder of the index, or the address of a SPARQL server. (A server goes on with a query
        that is given up here: set its own time limit, too.)
    limits
        For each query.
    workers
        How many queries are evaluated at once; more wait, as long as one may take.
    update
        As for :func:`kg_service.store.remote.addresses`.
    """

    def __init__(
        self,
        source: Path | str,
        limits: SparqlLimits | None = None,
        *,
        workers: int = 2,
        update: str | None = None,
    ) -> None:
        self._limits = limits or SparqlLimits()
        self._task = {"source": str(source), "update": update, "memory": self._limits.memory}
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._idle.put(self._start())

    def evaluate(self, text: str, media_type: str | None = None) -> bytes:
        """The answer to a query of the public.

        Parameters
        ----------
        text
            A SELECT, ASK, CONSTRUCT or DESCRIBE.
        media_type
            One that fits the form; by default SPARQL results as JSON, or Turtle for a graph.

        Raises
        ------
        SparqlRefused, Malformed, TooLarge
            As :func:`kg_service.store.sparql_guard.guard`, and for what the engine cannot read.
        NotAcceptable
            A media type that does not fit the form of the query.
        SparqlLimit
            Naming the limit that was met.
        """
        guarded = guard(text)
        request = {
            "text": guarded.text + PADDING,
            "media_type": _media_type(guarded, media_type),
            "rows": self._limits.rows,
        }
        try:
            worker = self._idle.get(timeout=self._limits.seconds)
        except queue.Empty:
            raise SparqlLimit(
                "All SPARQL workers are busy with other queries. Try again in a moment."
            ) from None
        try:
            if not worker.alive():
                worker = self._replace(worker)
            try:
                head, body = worker.ask(request, self._limits)
            except BaseException:  # an answer that nobody waits for must not meet the next query
                worker = self._replace(worker)
                raise
        finally:
            self._idle.put(worker)
        self._judge(head, guarded)
        return body

    def close(self) -> None:
        """End all processes; a query under way fails."""
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.kill()
            self._all.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise ServiceProblem("The SPARQL workers are closed.")
            worker = _Worker(self._task)
            self._all.add(worker)
            return worker

    def _replace(self, worker: _Worker) -> _Worker:
        worker.kill()
        with self._lock:
            self._all.discard(worker)
        return self._start()

    def _judge(self, head: dict[str, Any], guarded: Guarded) -> None:
        if "limit" in head and head["limit"] == "rows":
            raise SparqlLimit(
                f"The answer has more than {self._limits.rows} {head['noun']} (KG_SPARQL_ROWS). Add a LIMIT."
            )
        if "limit" in head:
            raise _memory_problem(self._limits)
        if "syntax" in head:
            raise Malformed(complaint(guarded, head["column"], head["syntax"]))
        if "problem" in head:
            raise problem_from_code(head["problem"], head["detail"])


def _media_type(guarded: Guarded, media_type: str | None) -> str:
    fitting = GRAPH_TYPES if guarded.form.gives_graph else ROW_TYPES
    if media_type is None:
        return next(iter(fitting))
    if media_type not in fitting:
        raise NotAcceptable(
            f"A {guarded.form.upper()} cannot be answered as {media_type}.", value=media_type, near=fitting
        )
    return media_type


def _memory_problem(limits: SparqlLimits) -> SparqlLimit:
    return SparqlLimit(
        f"The query needs more than {limits.memory / 2**20:.0f} MiB of memory (KG_SPARQL_MEMORY). Make it "
        "smaller: sorting and grouping need all rows, also before a LIMIT."
    )


class _Worker:
    """One process, from this side; it learns its task by the pipe, for all users see command lines."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kg_service.store.sparql_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=child_environment(),
            bufsize=0,
        )
        self._ready = False
        self._send(task)

    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], limits: SparqlLimits) -> tuple[dict[str, Any], bytes]:
        """Send a query and wait for its answer; :class:`SparqlLimit` means that it must be killed."""
        if not self._ready:
            self._read(time.monotonic() + _START_SECONDS, limits)
            self._ready = True
        deadline = time.monotonic() + limits.seconds
        self._send(request)
        return self._read(deadline, limits)

    def kill(self) -> None:
        """End the process and all it started, and forget it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, frame: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        text = json.dumps(frame).encode()
        with suppress(BrokenPipeError):  # the answer's absence says it, too
            self._process.stdin.write(struct.pack(">I", len(text)) + text)

    def _read(self, deadline: float, limits: SparqlLimits) -> tuple[dict[str, Any], bytes]:
        head_length, body_length = struct.unpack(">IQ", self._take(_HEAD, deadline, limits))
        head: dict[str, Any] = json.loads(self._take(head_length, deadline, limits))
        return head, self._take(body_length, deadline, limits)

    def _take(self, count: int, deadline: float, limits: SparqlLimits) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        pieces: list[bytes] = []
        while count:
            if poll.poll(_TICK * 1000):
                piece = os.read(descriptor, min(count, _CHUNK))
                if not piece:
                    raise self._ended(limits)
                pieces.append(piece)
                count -= len(piece)
            if time.monotonic() > deadline:
                raise SparqlLimit(
                    f"The query took longer than {limits.seconds:g} s (KG_SPARQL_SECONDS) and was stopped. "
                    "Make it narrower: patterns that share no variable multiply."
                )
            if self._resident() > limits.memory:
                raise _memory_problem(limits)
        return b"".join(pieces)

    def _ended(self, limits: SparqlLimits) -> SparqlLimit:
        """Why a worker ended by itself: mostly it could not get memory."""
        code = self._process.wait()
        if code == -signal.SIGSEGV:
            return SparqlLimit("The query is nested too deeply to be evaluated.")
        return _memory_problem(limits)

    def _resident(self) -> int:
        """Resident bytes; 0 where the system does not tell (then the address space alone is limited)."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
