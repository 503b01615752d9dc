"""Small analyses for tests of the engine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from kg_service.authoring import Coverage, Measure, OutputFile, Result, log, oda, progress, workflow
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


@workflow(title="Hands back odd things")
def odd(how: oda.String = "nan") -> oda.Spectrum:
    """Hand back what is no plain finite number."""
    import numpy as np

    plain = Result(
        "odd",
        values={"flux": Measure(np.float32(0.5), np.float64(0.25), "Jy"), "n": Measure(np.int64(3)),
                "found": Measure(np.bool_(True))},
        gives={"ra": np.float32(1.5)},
        points=[{"energy_reference": np.float32(2.0), "flux": np.float64(3.0)}],
        coverage=Coverage(energy=(np.float32(1.0), np.int64(4))),
        seed=np.int32(7),
    )  # fmt: skip
    return {
        "scalars": plain,
        "nan": replace(plain, values={"flux": Measure(float("nan"))}),
        "error": replace(plain, values={"flux": Measure(1.0, np.inf)}),
        "gives": replace(plain, gives={"ra": np.nan}),
        "point": replace(
            plain, points=[{"energy_reference": 1.0}, {"energy_reference": 1.0, "flux": np.nan}]
        ),
        "array": replace(plain, values={"flux": Measure(np.array([1.0, 2.0]))}),  # type: ignore[arg-type]
        "masked": replace(plain, values={"flux": Measure(np.ma.masked)}),  # type: ignore[arg-type]
        "label": replace(plain, label=Path("a path")),  # type: ignore[arg-type]
    }[how]


@workflow(title="Says no more")
def fall_silent(seconds: oda.Float = 60.0) -> oda.Spectrum:
    """Close every line to the engine, and go on."""
    os.closerange(3, 100)
    time.sleep(seconds)
    return Result("never heard")


@workflow(title="Talks much")
def talk(lines: oda.Integer = 1) -> oda.Spectrum:
    """Write so many lines of 1000 bytes, then fail."""
    for number in range(lines):
        log(f"{number:<999}")
    raise ValueError("the fit did not converge")
