"""A lock per key: one holder at a time among threads and processes, and no file stays behind."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from kg_service.execution.once import once

KEY = "ab" * 16


def never() -> bool:
    return False


def test_no_file_stays_behind(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    with once(folder, KEY, stop=never, waiting=pytest.fail):
        assert [p.name for p in folder.iterdir()] == [f"{KEY}.lock"]
    assert list(folder.iterdir()) == []


def test_a_file_left_by_a_process_that_died_locks_nothing_and_goes(tmp_path: Path) -> None:
    (tmp_path / f"{KEY}.lock").touch()
    with once(tmp_path, KEY, stop=never, waiting=pytest.fail):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_gives_up_waiting_leaves_the_lock_to_its_holder(tmp_path: Path) -> None:
    told: list[bool] = []
    with once(tmp_path, KEY, stop=never, waiting=pytest.fail):
        with once(tmp_path, KEY, stop=lambda: bool(told), waiting=lambda: told.append(True)):
            pass
        assert told == [True]
        assert (tmp_path / f"{KEY}.lock").exists()


def test_threads_hold_it_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg_service.execution.once._LOOK_EVERY", 0.0005)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(60):
            with once(tmp_path, KEY, stop=never, waiting=lambda: None):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 360
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []


def test_processes_hold_it_one_after_the_other(tmp_path: Path) -> None:
    text = """
        import sys
        from pathlib import Path
        from kg_service.execution import once as room
        room._LOOK_EVERY = 0.0005
        folder, count = Path(sys.argv[1]), Path(sys.argv[2])
        for _ in range(100):
            with room.once(folder, "ab", stop=lambda: False, waiting=lambda: None):
                count.write_text(str(int(count.read_text()) + 1))
    """
    count = tmp_path / "count"
    count.write_text("0")
    arguments = [sys.executable, "-c", textwrap.dedent(text), str(tmp_path / "locks"), str(count)]
    processes = [subprocess.Popen(arguments) for _ in range(4)]
    assert [p.wait(60) for p in processes] == [0] * 4
    assert count.read_text() == "400"
    assert list((tmp_path / "locks").iterdir()) == []
