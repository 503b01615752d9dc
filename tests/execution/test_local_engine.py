"""The local engine: results, progress, logs, limits, and stopping one run without touching another."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from kg_service.execution.local import LocalEngine
from kg_service.intake.digest import code_digest
from kg_service.model.run import Progress
from kg_service.model.workflow import Output, Workflow
from kg_service.ports import Limits, Task

ANALYSES = Path(__file__).parent / "analyses"


def description(name: str) -> Workflow:
    return Workflow(
        name=name, version="1", digest="0" * 64, title=name, description="", inputs=(),
        outputs=(Output("out", "http://odahub.io/ontology#Spectrum"),), entry=f"engine_analyses:{name}",
    )  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEngine]:
    monkeypatch.syspath_prepend(str(ANALYSES))
    monkeypatch.setenv("KG_SECRET_TOKEN", "do not tell")
    import engine_analyses

    names = ("add_one", "sleep_long", "eat_memory", "fail", "odd", "fall_silent", "talk")
    codes = {f"engine_analyses:{n}": code_digest(getattr(engine_analyses, n)) for n in names}
    engine = LocalEngine(codes, workers=2, cache=tmp_path / "cache")
    with contextlib.closing(engine):
        yield engine


def task(tmp_path: Path, name: str, run: str = "r1", limits: Limits | None = None, **arguments: Any) -> Task:
    scratch = tmp_path / run
    scratch.mkdir()
    return Task(run, description(name), arguments, scratch, limits or Limits())


def until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_result_comes_with_files_values_log_progress_and_resources(
    engine: LocalEngine, tmp_path: Path
) -> None:
    heard: list[Progress | str] = []
    outcome = engine.submit(task(tmp_path, "add_one", number=2.5), lambda _, p: heard.append(p)).result(30)
    assert outcome.problem is None
    assert outcome.values["sum"].value == 3.5
    assert outcome.files[0].path.read_text() == "3.5\n"
    assert outcome.log is not None
    assert "adding one" in outcome.log.read_text()
    assert Progress(0.5, "adding") in heard
    assert "".join(news for news in heard if isinstance(news, str)) == "adding one\n"
    assert 0 < outcome.resources["wall_seconds"] < 30
    assert outcome.resources["peak_bytes"] > 1e6
    assert outcome.environment["python"].startswith("3.")


def test_cancel_kills_one_run_with_its_children_and_the_other_finishes(
    engine: LocalEngine, tmp_path: Path
) -> None:
    note = tmp_path / "pids"
    doomed = engine.submit(task(tmp_path, "sleep_long", "doomed", note=str(note)))
    other = engine.submit(task(tmp_path, "sleep_long", "other", seconds=3.0))
    until(lambda: note.exists() and len(note.read_text().split()) == 2)
    pids = [int(pid) for pid in note.read_text().split()]
    assert all(running(pid) for pid in pids)
    assert engine.cancel("doomed")
    outcome = doomed.result(10)
    assert outcome.cancelled
    assert outcome.problem is not None
    until(lambda: not any(running(pid) for pid in pids), 5)
    assert other.result(20).label == "slept"
    assert not engine.cancel("other")


def test_a_run_past_its_time_is_stopped_and_the_engine_goes_on(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "sleep_long", "slow", Limits(seconds=1.0))).result(15)
    assert outcome.problem is not None
    assert "KG_RUN_SECONDS" in outcome.problem["detail"]
    assert engine.submit(task(tmp_path, "add_one", "next", number=1.0)).result(30).values["sum"].value == 2.0


def test_a_run_past_its_memory_is_stopped(engine: LocalEngine, tmp_path: Path) -> None:
    limits = Limits(memory=300 * 2**20)
    outcome = engine.submit(task(tmp_path, "eat_memory", "big", limits, mebibytes=500)).result(20)
    assert outcome.problem is not None
    assert "KG_RUN_MEMORY" in outcome.problem["detail"]
    assert outcome.resources["peak_bytes"] > 300 * 2**20


def test_an_exception_is_a_problem_with_its_place_and_the_traceback_in_the_log(
    engine: LocalEngine, tmp_path: Path
) -> None:
    outcome = engine.submit(task(tmp_path, "fail", how="error")).result(30)
    assert outcome.problem is not None
    assert outcome.problem["code"] == "run-failed"
    assert "the fit did not converge" in outcome.problem["detail"]
    assert "engine_analyses.py line" in outcome.problem["detail"]
    assert outcome.log is not None
    assert "Traceback" in outcome.log.read_text()


def test_a_problem_keeps_its_code_and_members(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "fail", how="problem")).result(30)
    assert outcome.problem is not None
    assert (outcome.problem["code"], outcome.problem["parameter"]) == ("not-covered", "t1")
    assert outcome.problem["near"] == ["2011"]


def test_a_process_that_dies_is_a_failed_run(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "fail", how="die")).result(30)
    assert outcome.problem is not None
    assert "exit status 3" in outcome.problem["detail"]


def test_an_announced_file_that_was_not_written_is_a_failed_run(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "fail", how="missing file")).result(30)
    assert outcome.problem is not None
    assert "never.fits" in outcome.problem["detail"]


def test_no_secret_of_the_service_reaches_an_analysis(engine: LocalEngine, tmp_path: Path) -> None:
    assert engine.submit(task(tmp_path, "fail", how="secret")).result(30).label == "nothing"


def test_code_that_differs_from_what_was_promised_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ANALYSES))
    with contextlib.closing(
        LocalEngine({"engine_analyses:add_one": "f" * 64}, workers=1, cache=tmp_path)
    ) as engine:
        outcome = engine.submit(task(tmp_path, "add_one", number=1.0)).result(30)
    assert outcome.problem is not None
    assert "changed while" in outcome.problem["detail"]


def test_scalars_of_numpy_become_plain_numbers(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "odd", how="scalars")).result(30)
    assert outcome.problem is None
    assert {n: (m.value, m.error) for n, m in outcome.values.items()} == {
        "flux": (0.5, 0.25), "n": (3, None), "found": (True, None)
    }  # fmt: skip
    assert type(outcome.values["n"].value) is int
    assert outcome.gives == {"ra": 1.5}
    assert (outcome.points[0].energy_reference, outcome.points[0].flux) == (2.0, 3.0)
    assert (outcome.coverage.energy, outcome.seed) == ((1.0, 4), 7)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("nan", "nan as flux:"),
        ("error", "inf as the error of flux:"),
        ("gives", "nan as ra:"),
        ("point", "nan as flux of the flux point 2:"),
        ("array", "flux as ndarray"),
        ("masked", "flux as MaskedConstant"),
        ("label", "PosixPath"),
    ],
)
def test_what_is_no_finite_number_is_named_and_the_worker_lives_on(
    engine: LocalEngine, tmp_path: Path, how: str, said: str
) -> None:
    outcome = engine.submit(task(tmp_path, "odd", how=how)).result(30)
    assert outcome.problem is not None
    assert outcome.problem["code"] == "run-failed"
    assert said in outcome.problem["detail"]
    assert "ended by itself" not in outcome.problem["detail"]
    assert outcome.environment["python"].startswith("3.")  # the worker told it, so it is there


def test_a_worker_that_closed_its_line_is_stopped_soon(engine: LocalEngine, tmp_path: Path) -> None:
    started = time.monotonic()
    outcome = engine.submit(task(tmp_path, "fall_silent")).result(30)
    assert outcome.problem is not None
    assert "closed its line" in outcome.problem["detail"]
    assert time.monotonic() - started < 20


def test_a_fault_of_the_engine_ends_one_run_and_its_thread_lives_on(
    engine: LocalEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def listener(*_: object) -> None:
        raise KeyError("nobody listens")

    doomed = [engine.submit(task(tmp_path, "add_one", f"r{n}", number=1.0), listener) for n in range(3)]
    for future in doomed:  # more than there are threads
        outcome = future.result(30)
        assert outcome.problem is not None
        assert outcome.problem["code"] == "run-failed"
        assert "nobody listens" in outcome.problem["detail"]
    assert "Traceback" in caplog.text
    assert engine.submit(task(tmp_path, "add_one", "next", number=1.0)).result(30).problem is None


def test_a_long_log_is_cut_and_keeps_its_end(engine: LocalEngine, tmp_path: Path) -> None:
    outcome = engine.submit(task(tmp_path, "talk", lines=25_000)).result(60)
    assert outcome.problem is not None
    assert outcome.log is not None
    assert outcome.log.stat().st_size < 10_001_000
    text = outcome.log.read_text()
    assert text.startswith("0 ")
    assert "bytes of this log were left out here" in text
    assert text.rstrip().endswith("the fit did not converge")


def test_an_engine_without_tasks_starts_nothing(tmp_path: Path) -> None:
    threads = threading.active_count()
    with contextlib.closing(LocalEngine({}, workers=4, cache=tmp_path / "cache")) as engine:
        assert not engine.cancel("r1")
        assert threading.active_count() == threads
    assert not (tmp_path / "cache").exists()


def test_closing_the_engine_leaves_no_process(engine: LocalEngine, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    future = engine.submit(task(tmp_path, "sleep_long", note=str(note)))
    until(lambda: note.exists() and len(note.read_text().split()) == 2)
    pids = [int(pid) for pid in note.read_text().split()]
    engine.close()
    assert future.result(5).cancelled
    until(lambda: not any(running(pid) for pid in pids), 5)
    assert os.getpid() not in pids
