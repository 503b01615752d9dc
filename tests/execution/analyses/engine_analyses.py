"""Small analyses for tests of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from kg_service.authoring import Measure, OutputFile, Result, log, oda, progress, workflow
from kg_service.errors import NotCovered


@workflow(title="Adds one")
def add_one(number: oda.Float = 1.0) -> oda.Spectrum:
    """Add one and write a file."""
    progress(0.5, "adding")
    log("adding one")
    Path("sum.txt").write_text(f"{number + 1}\n")
    return Result("sum", files=[OutputFile("sum.txt", "text/plain")], values={"sum": Measure(number + 1)})


@workflow(title="Sleeps")
def sleep_long(seconds: oda.Float = 60.0, note: oda.String = "") -> oda.Spectrum:
    """Sleep, with a child that sleeps too; the note is a file that gets the child's process id."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if note:
        Path(note).write_text(f"{os.getpid()} {child.pid}")
    progress(0.1, "sleeping")
    time.sleep(seconds)
    child.kill()
    child.wait()
    return Result("slept")


@workflow(title="Eats memory")
def eat_memory(mebibytes: oda.Integer = 1) -> oda.Spectrum:
    """Hold memory until stopped."""
    held = bytearray(os.urandom(1024)) * (1024 * mebibytes)
    time.sleep(30)
    return Result(str(len(held)))


@workflow(title="Fails")
def fail(how: oda.String = "error") -> oda.Spectrum:
    """Fail in one of several ways."""
    if how == "problem":
        raise NotCovered("No data of that night.", parameter="t1", value="2010", near=["2011"])
    if how == "die":
        os._exit(3)
    if how == "big file":
        Path("big.bin").write_bytes(b"x" * 10_000_000)
    if how == "secret":
        return Result(os.environ.get("KG_SECRET_TOKEN", "nothing"))
    if how == "missing file":
        return Result("x", files=[OutputFile("never.fits", "application/fits")])
    raise ValueError("the fit did not converge")
