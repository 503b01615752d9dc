"""What engine and worker say to each other: one JSON object per line, in both directions.

Engine to worker: a task. Worker to engine: ``{"progress": ...}`` any number of times, then one
``{"outcome": ...}``. Only plain JSON crosses: no pickles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kg_service.model.product import Dataset, FluxPoint, Measure
from kg_service.model.run import Progress
from kg_service.model.workflow import Coverage
from kg_service.ports import Outcome, OutputFile, Task

__all__ = ["outcome_from_json", "outcome_to_json", "progress_from_json", "read_line", "task_to_json",
           "write_line"]  # fmt: skip


def write_line(content: Mapping[str, Any]) -> bytes:
    """One message as a line of UTF-8 JSON."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def read_line(line: bytes) -> dict[str, Any]:
    """The message of a line."""
    content: dict[str, Any] = json.loads(line)
    return content


def task_to_json(task: Task, log: Path, code: str) -> dict[str, Any]:
    """What a worker needs to know of a task; ``code`` is the digest its code must have."""
    return {
        "run": task.run,
        "executor": task.workflow.executor,
        "entry": task.workflow.entry,
        "code": code,
        "arguments": dict(task.arguments),
        "scratch": str(task.scratch),
        "log": str(log),
    }


def progress_from_json(content: Mapping[str, Any]) -> Progress:
    """A progress report."""
    return Progress(content["fraction"], content["message"])


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON; paths become text."""
    content = asdict(outcome)
    content["files"] = [{**asdict(f), "path": str(f.path)} for f in outcome.files]
    content["log"] = str(outcome.log) if outcome.log else None
    return content


def outcome_from_json(content: Mapping[str, Any]) -> Outcome:
    """The inverse of :func:`outcome_to_json`."""
    coverage = content["coverage"]
    return Outcome(
        label=content["label"],
        values={k: Measure(**m) for k, m in content["values"].items()},
        gives=content["gives"],
        quality=tuple(content["quality"]),
        points=tuple(FluxPoint(**p) for p in content["points"]),
        coverage=Coverage(
            time=tuple(coverage["time"]) if coverage["time"] else None,
            energy=tuple(coverage["energy"]) if coverage["energy"] else None,
            objects=tuple(coverage["objects"]) if coverage["objects"] is not None else None,
            sky=coverage["sky"],
        ),
        observed_with=tuple(content["observed_with"]),
        types=tuple(content["types"]),
        files=tuple(OutputFile(Path(f["path"]), f["media_type"], f["role"]) for f in content["files"]),
        datasets=tuple(Dataset(**d) for d in content["datasets"]),
        cite=tuple(content["cite"]),
        seed=content["seed"],
        log=Path(content["log"]) if content["log"] else None,
        resources=content["resources"],
        environment=content["environment"],
        problem=content["problem"],
        cancelled=content["cancelled"],
    )
