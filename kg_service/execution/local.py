"""The local engine: a few warm worker processes, each with a process group of its own.

Not ``concurrent.futures``: there, one killed worker breaks the pool for every run. Here a run that
is cancelled, too long or too large takes its own group with it, grandchildren too, and nothing else.
"""

from __future__ import annotations

import contextlib
import logging
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
from kg_service.execution.run_log import RunLog
from kg_service.ports import Limits, Listener, Outcome, Task
from kg_service.store.child_processes import child_environment

__all__ = ["LocalEngine"]

_LOOK_EVERY = 0.2
"""Seconds between two looks at the time and memory of a run."""
_TO_END = 2.0
"""Seconds that a worker which says no more has to end."""

_log = logging.getLogger(__name__)


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
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self.process.pid)
            for process in (leader, *leader.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
        return total

    def kill(self) -> None:
        """Stop the whole group, and descendants that left it."""
        import psutil

        descendants: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            descendants = psutil.Process(self.process.pid).children(recursive=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for process in descendants:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()
        self._selector.close()
        os.close(self._replies)
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()


class LocalEngine:
    """Runs tasks on this machine; nothing is started before the first one comes.

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
        self._workers = workers
        self._cache = cache
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._active: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def submit(self, task: Task, listener: Listener | None = None) -> Future[Outcome]:
        """Queue a task; the future holds its outcome and never raises."""
        job = _Job(task, listener)
        job.future.set_running_or_notify_cancel()  # only ``cancel`` stops a run
        with self._lock:
            self._active[task.run] = job
            while len(self._threads) < self._workers:
                self._threads.append(threading.Thread(target=self._serve, daemon=True))
                self._threads[-1].start()
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
            try:
                worker, outcome = self._carry_out(worker, job)
            except Exception as error:  # noqa: BLE001 - somebody waits for this run, and others will come
                _log.exception("The engine gave up the run %s.", job.task.run)
                worker, outcome = None, Outcome(problem=_given_up(error).to_json())
            self._finish(job, outcome)
        if worker is not None:
            worker.kill()

    def _carry_out(self, worker: _Worker | None, job: _Job) -> tuple[_Worker | None, Outcome]:
        """Carry out a job with this worker or a new one; which worker there is afterwards."""
        log = RunLog(job.task.scratch / "run.log")
        if worker is None or worker.process.poll() is not None:
            if worker is not None:
                worker.kill()
            worker = self._start()
        healthy = False
        try:
            outcome, healthy = self._attend(worker, job, log)
        finally:
            if not healthy:
                worker.kill()
        return worker if healthy else None, replace(outcome, log=log.close())

    def _start(self) -> _Worker:
        self._cache.mkdir(parents=True, exist_ok=True)
        return _Worker(child_environment() | {
            "MPLCONFIGDIR": str(self._cache / "matplotlib"),
            "XDG_CACHE_HOME": str(self._cache),
            "XDG_CONFIG_HOME": str(self._cache / "config"),
            "MPLBACKEND": "Agg",
            "PYTHONUNBUFFERED": "1",
        })  # fmt: skip

    def _finish(self, job: _Job, outcome: Outcome) -> None:
        with self._lock:
            self._active.pop(job.task.run, None)
        job.future.set_result(outcome)

    def _attend(self, worker: _Worker, job: _Job, log: RunLog) -> tuple[Outcome, bool]:
        """Send one job and watch it to its end; says also whether the worker may be used again."""
        task = job.task
        started = time.monotonic()
        peak = 0
        try:
            worker.send(write_line(task_to_json(task, log.path, self._codes.get(task.workflow.entry, ""))))
        except BrokenPipeError:
            return _stopped(_died(worker), started, peak), False
        next_look = started
        while True:
            lines = worker.lines(_LOOK_EVERY)
            if job.listener is not None and (gained := log.gained()):
                job.listener(task.run, gained)
            if lines is None:
                return _stopped(_died(worker), started, peak), False
            for line in lines:
                message = read_line(line)
                if "outcome" in message:
                    return outcome_from_json(message["outcome"]), True
                if job.listener is not None:
                    job.listener(task.run, progress_from_json(message["progress"]))
            if job.cancelled.is_set():
                return replace(_stopped(_cancelled(), started, peak), cancelled=True), False
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + _LOOK_EVERY
                peak = max(peak, worker.resident())
                log.bound()
                broken = _broken_limit(task.limits, time.monotonic() - started, peak)
                if broken is not None:
                    return _stopped(broken, started, peak), False


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


def _given_up(error: Exception) -> Problem:
    return RunFailed(
        f"The engine could not carry out this run ({type(error).__name__}: {error}). Its log says more."
    )


def _died(worker: _Worker) -> Problem:
    try:
        status = worker.process.wait(_TO_END)
    except subprocess.TimeoutExpired:
        return RunFailed("The process of the analysis closed its line to the engine; see the log.")
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return RunFailed(f"The process of the analysis ended by itself ({how}); see the log.")


def _stopped(problem: Problem, started: float, peak: int) -> Outcome:
    return Outcome(
        problem=problem.to_json(),
        resources={"wall_seconds": time.monotonic() - started, "peak_bytes": float(peak)},
    )
