"""Analyses that wait, fail or draw on demand; a service under test loads them as a plug-in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from kg_service.authoring import Measure, OutputFile, Result, kg, limits, log, oda, progress, workflow
from kg_service.errors import ArchiveUnavailable, NotCovered, StorageFull
from kg_service.model.product import FileRole

PROBLEMS = {"unavailable": ArchiveUnavailable, "uncovered": NotCovered, "full": StorageFull}
# The smallest PNG: one grey pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


@workflow(title="Waits and says so", cost=0.5)
def waiting(
    object: oda.AstrophysicalObject,  # noqa: A002 - as it is called in requests
    seconds: Annotated[oda.Float, limits(0.0, 100.0)] = 0.0,
    outcome: oda.String = "good",
) -> kg.Observability:
    """Waits as many seconds as asked, reports how far it has come, and ends as asked."""
    log(f"waiting {seconds} s for {object}")
    for tenth in range(10):
        progress(tenth / 10, f"part {tenth}")
        time.sleep(seconds / 10)
    if outcome in PROBLEMS:
        raise PROBLEMS[outcome]("It was asked to end so.", parameter="outcome", value=outcome)
    if outcome != "good":
        raise ValueError(outcome)
    Path("table.csv").write_text("time,value\n" + "".join(f"{i},{i * i}\n" for i in range(2000)))
    Path("<bold> & plain.json").write_text('{"waited": true}')
    Path("picture.png").write_bytes(PIXEL)
    return Result(
        label=f"Waited for {object} <b>boldly</b>",
        files=[
            OutputFile("table.csv", "text/csv"),
            OutputFile("<bold> & plain.json", "application/json"),
            OutputFile("picture.png", "image/png", FileRole.PREVIEW),
        ],
        values={"waited": Measure(float(seconds), 0.01, "s"), "good": Measure(True)},
        quality=["only a test"],
        cite=["nobody 2026"],
    )
