"""The local engine: a few warm worker processes, each with a process group of its own.

Not ``concurrent.futures``: there, one killed worker breaks the pool for every run. Here a run that
is cancelled, too long or too large takes its own group with it, grandchildren too, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg_service.errors import Problem, RunFailed
from kg_service.execution.messages import (
    outcome_from_json,
    progress_from_json,
    read_line,
    task_to_json,
    write_line,
)
from kg_service.ports import Limits, Listener, Outcome, Task

__all__ = ["LocalEngine"]

_LOOK_EVERY = 0.2
"""Seconds between two looks at the time and memory of a run."""
_LOG_AT_ONCE = 16_384
"""Bytes of a log that one event carries at most."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "KG_ARCHIVE_MIRRORS", "KG_ONLINE", "KG_CACHE",
              "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "OMP_NUM_THREADS")  # fmt: skip
"""The only environment variables an analysis sees: no secret of the service is among them."""


@dataclass(slots=True)
class _Job:
    task: Task
    listener: Listener | None
    future: Future[Outcome] = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)


class _Worker:
    """One worker process and the two pipes to it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._replies, theirs = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kg_service.execution.worker", str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs,),
            start_new_session=True,
            env=dict(environment),
        )
        os.close(theirs)
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._replies, selectors.EVENT_READ)

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def lines(self, timeout: float) -> list[bytes] | None:
        """Whole lines that arrived within ``timeout`` seconds; ``None`` when the worker is gone."""
        if not self._selector.select(timeout):
            return []
        chunk = os.read(self._replies, 1 << 16)
        if not chunk:
            return None
        *whole, self._buffer = (self._buffer + chunk).split(b"\n")
        return whole

    def resident(self) -> int:
        """Resident bytes of the worker and everything it started."""
        import psutil

        total = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            leader = psutil.Process(self.process.pid)
            for process in (leader, *leader.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += process.memory_info().rss
        return total

    def kill(self) -> None:
        """Stop the whole group, and descendants that left it."""
        import psutil

        descendants: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            descendants = psutil.Process(self.process.pid).children(recursive=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for process in descendants:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        self._selector.close()
        os.close(self._replies)
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()


class LocalEngine:
    """Runs tasks on this machine.

    Parameters
    ----------
    codes
        The code digest that each workflow entry must have when it runs (entry -> sha256).
    workers
        How many tasks run at the same time.
    cache
        A folder for what libraries keep between runs (fonts, time tables).
    """

    def __init__(self, codes: Mapping[str, str], *, workers: int = 2, cache: Path) -> None:
        self._codes = codes
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._active: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        cache.mkdir(parents=True, exist_ok=True)
        self._environment = {k: os.environ[k] for k in _PASSED_ON if k in os.environ} | {
            "MPLCONFIGDIR": str(cache / "matplotlib"),
            "XDG_CACHE_HOME": str(cache),
            "XDG_CONFIG_HOME": str(cache / "config"),
            "MPLBACKEND": "Agg",
            "PYTHONUNBUFFERED": "1",
            "PYTHONSAFEPATH": "1",  # a folder named like a package, where the user stands, is not imported
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task, listener: Listener | None = None) -> Future[Outcome]:
        """Queue a task; the future holds its outcome and never raises."""
        job = _Job(task, listener)
        with self._lock:
            self._active[task.run] = job
        self._jobs.put(job)
        return job.future

    def cancel(self, run: str) -> bool:
        """Ask a run to stop; ``False`` when it is not active here."""
        with self._lock:
            job = self._active.get(run)
        if job is None:
            return False
        job.cancelled.set()
        return True

    def close(self) -> None:
        """Stop every run and every worker."""
        self._closing.set()
        with self._lock:
            for job in self._active.values():
                job.cancelled.set()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        """One thread per worker: takes jobs, watches them, replaces a worker that was killed."""
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            if job.cancelled.is_set():
                self._finish(job, Outcome(cancelled=True, problem=_cancelled().to_json()))
                continue
            if worker is None or worker.process.poll() is not None:
                if worker is not None:
                    worker.kill()
                worker = _Worker(self._environment)
            outcome, healthy = self._attend(worker, job)
            if not healthy:
                worker.kill()
                worker = None
            self._finish(job, outcome)
        if worker is not None:
            worker.kill()

    def _finish(self, job: _Job, outcome: Outcome) -> None:
        with self._lock:
            self._active.pop(job.task.run, None)
        job.future.set_result(outcome)

    def _attend(self, worker: _Worker, job: _Job) -> tuple[Outcome, bool]:
        """Send one job and watch it to its end; says also whether the worker may be used again."""
        task = job.task
        log = task.scratch / "run.log"
        started = time.monotonic()
        peak = 0
        try:
            worker.send(write_line(task_to_json(task, log, self._codes.get(task.workflow.entry, ""))))
        except BrokenPipeError:
            return _stopped(_died(worker), log, started, peak), False
        next_look = started
        told = 0
        while True:
            lines = worker.lines(_LOOK_EVERY)
            if job.listener is not None:
                told = _tell_log(log, told, job)
            if lines is None:
                return _stopped(_died(worker), log, started, peak), False
            for line in lines:
                message = read_line(line)
                if "outcome" in message:
                    return outcome_from_json(message["outcome"]), True
                if job.listener is not None:
                    job.listener(task.run, progress_from_json(message["progress"]))
            if job.cancelled.is_set():
                return replace(_stopped(_cancelled(), log, started, peak), cancelled=True), False
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + _LOOK_EVERY
                peak = max(peak, worker.resident())
                broken = _broken_limit(task.limits, time.monotonic() - started, peak)
                if broken is not None:
                    return _stopped(broken, log, started, peak), False


def _tell_log(log: Path, told: int, job: _Job) -> int:
    """Pass on what the log has gained since ``told`` bytes; how far it then was told."""
    if job.listener is None or not log.exists():
        return told
    with log.open("rb") as file:
        file.seek(told)
        gained = file.read(_LOG_AT_ONCE)
    if gained:
        job.listener(job.task.run, gained.decode("utf-8", "replace"))
    return told + len(gained)


def _broken_limit(limits: Limits, seconds: float, resident: int) -> Problem | None:
    if seconds > limits.seconds:
        return RunFailed(
            f"The run took longer than its limit of {limits.seconds:g} s (KG_RUN_SECONDS) and was stopped."
        )
    if resident > limits.memory:
        return RunFailed(
            f"The run used more memory than its limit of {limits.memory / 2**20:.0f} MiB "
            "(KG_RUN_MEMORY) and was stopped."
        )
    return None


def _cancelled() -> Problem:
    return RunFailed("The run was cancelled.")


def _died(worker: _Worker) -> Problem:
    status = worker.process.wait()
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return RunFailed(f"The process of the analysis ended by itself ({how}); see the log.")


def _stopped(problem: Problem, log: Path, started: float, peak: int) -> Outcome:
    return Outcome(
        problem=problem.to_json(),
        log=log if log.exists() else None,
        resources={"wall_seconds": time.monotonic() - started, "peak_bytes": float(peak)},
    )
