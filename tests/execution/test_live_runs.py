"""Runs under way: allowed moves, events in order, waiting, following from where one left."""

from __future__ import annotations

import threading

import pytest

from kg_service.errors import Conflict
from kg_service.execution.live import LiveRuns
from kg_service.execution.once import once
from kg_service.model.run import Phase, Progress, Run, now


@pytest.fixture
def live() -> LiveRuns:
    runs = LiveRuns()
    runs.begin(Run("r", "q", None, Phase.PENDING, now()))
    return runs


def test_events_tell_the_whole_run_in_order(live: LiveRuns) -> None:
    live.move("r", Phase.EXECUTING)
    live.progress("r", Progress(0.5, "half"))
    live.log("r", "a line\n")
    live.move("r", Phase.COMPLETED)
    events = [e for e in live.events("r") if e is not None]
    assert [e.kind for e in events] == ["phase", "phase", "progress", "log", "phase", "end"]
    assert [e.number for e in events] == [1, 2, 3, 4, 5, 6]
    assert [e.kind for e in live.events("r", after=4) if e is not None] == ["phase", "end"]
    assert list(live.events("r", after=6, patience=0.01)) == []


def test_silence_is_told_and_the_run_followed_on(live: LiveRuns) -> None:
    events = live.events("r", after=1, patience=0.05)
    assert next(events) is None
    live.move("r", Phase.EXECUTING)
    event = next(events)
    assert event is not None
    assert event.data == {"phase": "EXECUTING"}


def test_a_move_that_uws_does_not_know_is_refused(live: LiveRuns) -> None:
    live.move("r", Phase.EXECUTING)
    live.move("r", Phase.ABORTED)
    with pytest.raises(Conflict):
        live.move("r", Phase.EXECUTING)


def test_waiting_ends_with_the_run(live: LiveRuns) -> None:
    assert live.wait("r", 0.01).phase is Phase.PENDING  # type: ignore[union-attr]
    threading.Timer(0.1, lambda: live.move("r", Phase.ERROR, problem={"code": "run-failed"})).start()
    ended = live.wait("r", 10)
    assert ended is not None
    assert ended.problem == {"code": "run-failed"}
    assert live.wait("unknown", 0) is None


def test_equal_work_waits_for_its_turn(tmp_path) -> None:
    order: list[str] = []
    inside, waits = threading.Event(), threading.Event()

    def second() -> None:
        inside.wait()
        with once(tmp_path, "key", stop=lambda: False, waiting=waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with once(tmp_path, "key", stop=lambda: False, waiting=lambda: None):
        inside.set()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_other_keys_do_not_wait_and_who_is_stopped_goes_on(tmp_path) -> None:
    with once(tmp_path, "one", stop=lambda: False, waiting=lambda: None):
        with once(tmp_path, "two", stop=lambda: False, waiting=lambda: pytest.fail("it waited")):
            pass
        with once(tmp_path, "one", stop=lambda: True, waiting=lambda: None):
            pass
