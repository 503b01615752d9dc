"""A log is passed on as it grows, and cut in the middle when it grows too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg_service.execution.run_log import RunLog


@pytest.fixture
def log(tmp_path: Path) -> RunLog:
    return RunLog(tmp_path / "run.log", limit=100)


def write(log: RunLog, text: str) -> None:
    with log.path.open("a") as file:
        file.write(text)


def test_a_run_without_a_log_has_none(log: RunLog) -> None:
    assert log.gained() == ""
    log.bound()
    assert log.close() is None


def test_each_text_is_passed_on_once_and_a_short_log_stays_as_it_is(log: RunLog) -> None:
    write(log, "one\n")
    assert log.gained() == "one\n"
    write(log, "two\n")
    assert log.gained() == "two\n"
    assert log.gained() == ""
    assert log.close() == log.path
    assert log.path.read_text() == "one\ntwo\n"


def test_a_log_at_its_limit_is_not_cut(log: RunLog) -> None:
    write(log, "x" * 100)
    log.close()
    assert log.path.read_text() == "x" * 100


def test_beginning_and_end_are_kept(log: RunLog) -> None:
    write(log, "a" * 50 + "b" * 30 + "c" * 50)
    log.close()
    notice = "\n[... 30 bytes of this log were left out here ...]\n"
    assert log.path.read_text() == "a" * 50 + notice + "c" * 50


def test_a_log_is_cut_while_it_is_written_and_all_is_counted(log: RunLog) -> None:
    write(log, "a" * 50)
    for _ in range(10):
        write(log, "b" * 151)
        log.bound()
        assert log.path.stat().st_size == 50
    write(log, "the end")
    log.close()
    assert log.path.read_text() == "a" * 50 + "\n[... 1510 bytes of this log were left out here ...]\nthe end"


def test_no_more_is_passed_on_than_is_kept(log: RunLog) -> None:
    told = ""
    for _ in range(20):
        write(log, "x" * 40)
        told += log.gained()
    assert len(told) < 200
