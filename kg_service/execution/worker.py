"""The process that carries out tasks, one after the other; started by the local engine.

It leads a process group of its own. When the engine goes away its standard input ends, and the
whole group with it: no analysis outlives the service that asked for it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points, version
from pathlib import Path
from types import ModuleType
from typing import Any

from kg_service.errors import Problem, RunFailed, StorageFull
from kg_service.execution.messages import outcome_to_json, read_line, write_line
from kg_service.intake.digest import code_digest
from kg_service.model.run import Progress
from kg_service.ports import Outcome

__all__ = ["main"]

_REPORTED_PACKAGES = ("kg-service", "numpy", "scipy", "astropy", "matplotlib", "gwpy", "gwosc", "h5py")
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_reply_lock = threading.Lock()


def _send(reply: int, content: dict[str, Any]) -> None:
    line = write_line(content)
    with _reply_lock:
        while line:
            line = line[os.write(reply, line) :]


@cache
def _runtime(kind: str) -> ModuleType:
    """The module that loads and runs workflows of a kind (``load(entry)``, ``run(loaded, ...)``)."""
    for point in entry_points(group="kg_service.runtimes", name=kind):
        module: ModuleType = point.load()
        return module
    raise RunFailed(
        f"No runtime for workflows of kind {kind!r} is installed.", parameter="executor", value=kind
    )


def _problem(error: Exception) -> Problem:
    """The problem an exception stands for; the traceback is in the log already."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        return StorageFull(
            f"No room to write {error.filename or 'a file of the product'}: free some space and ask again."
        )
    where = traceback.extract_tb(error.__traceback__)[-1]
    return RunFailed(
        f"{type(error).__name__}: {error} "
        f"(in {where.name}, {Path(where.filename).name} line {where.lineno}; see the log)"
    )


@cache
def _version(package: str) -> str:
    return version(package)


def _environment() -> dict[str, str]:
    """Versions of what took part, for the provenance of the run."""
    found = {"python": platform.python_version(), "platform": platform.platform(), "host": platform.node()}
    for name in _REPORTED_PACKAGES:
        if name.replace("-", "_") in sys.modules:
            found[name] = _version(name)
    return found


def _check_code(function: Any, promised: str) -> None:
    """Provenance names a digest: what is run must be what was promised."""
    if code_digest(function) != promised:
        raise RunFailed("The code of this analysis changed while the service was running: start it again.")


def _carry_out(task: Mapping[str, Any], reply: int) -> dict[str, Any]:
    """The outcome of a task as JSON."""
    scratch = Path(task["scratch"])
    os.chdir(scratch)

    def report(progress: Progress) -> None:
        _send(reply, {"progress": {"fraction": progress.fraction, "message": progress.message}})

    try:
        runtime = _runtime(task["executor"])
        loaded = runtime.load(task["entry"])
        _check_code(loaded, task["code"])
        outcome: dict[str, Any] = outcome_to_json(runtime.run(loaded, task["arguments"], scratch, report))
        write_line(outcome)  # what a runtime hands back may not be JSON, and then it is this run that fails
        return outcome
    except Exception as error:  # noqa: BLE001 - every failure of an analysis becomes a recorded problem
        traceback.print_exc()
        return outcome_to_json(Outcome(problem=_problem(error).to_json()))


def _reset_peak() -> None:
    """Forget the peak of earlier tasks (Linux: writing 5 resets the high-water mark, proc(5))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> float:
    """Largest resident size since :func:`_reset_peak`; since the start where there is no ``/proc``."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return float(int(line.split()[1]) * 1024)


def _with_log(task: Mapping[str, Any], reply: int) -> dict[str, Any]:
    """Carry out a task with its output in the run's log; adds resources and environment."""
    log = os.open(task["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    _reset_peak()
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    outcome = _carry_out(task, reply)
    sys.stdout.flush()
    sys.stderr.flush()
    after = resource.getrusage(resource.RUSAGE_SELF)
    outcome["log"] = task["log"]
    outcome["environment"] = _environment()
    outcome["resources"] = {
        "wall_seconds": time.monotonic() - begun,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_bytes": _peak_bytes(),
    }
    return outcome


def main() -> None:
    """Read tasks from standard input until it ends; answer on the descriptor given as argument."""
    reply = int(sys.argv[1])
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            tasks.put(read_line(line))
        os.killpg(0, signal.SIGKILL)  # the engine is gone: nothing of ours may stay

    threading.Thread(target=listen, daemon=True).start()
    while True:
        task = tasks.get()
        _send(reply, {"outcome": _with_log(task, reply)})


if __name__ == "__main__":
    main()
