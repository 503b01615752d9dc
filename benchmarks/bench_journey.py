"""The journey's own share: the reuse decision, recording a run, whole commands, and a fresh small run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from whole_commands import settled

from kg_service.config import Settings
from kg_service.factory import House, open_house
from kg_service.intake.term import read_request
from kg_service.model.answer import AnswerStatus
from kg_service.model.query import Query
from kg_service.model.run import new_run_ident
from kg_service.model.terms import KG
from kg_service.store.oxigraph import EmbeddedStore

OBJECT = [("object", "TXS 0506+056")]
MILLION = 1_000_000


def asked(house: House, term: str, *pairs: tuple[str, str]) -> Query:
    return read_request(term, pairs, house.catalogue, house.registry.workflows)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    """A service that has answered a spectrum once."""
    folder = tmp_path_factory.mktemp("journey")
    house = open_house(Settings(data=folder / "data", online=False), lasting=True)
    answer = house.journey.wait(house.journey.ask(asked(house, "Spectrum", *OBJECT)), 120)
    assert answer.status is AnswerStatus.DONE
    yield house
    house.close()


@pytest.fixture(scope="module")
def large_house(tmp_path_factory) -> Iterator[House]:
    """The same with a million other triples in the index."""
    folder = tmp_path_factory.mktemp("large")
    house = open_house(Settings(data=folder / "data", online=False), lasting=True)
    answer = house.journey.wait(house.journey.ask(asked(house, "Spectrum", *OBJECT)), 120)
    assert answer.status is AnswerStatus.DONE
    house.close()
    key, graph = NamedNode(KG + "runKey"), NamedNode("http://localhost:8000/records/many")
    with EmbeddedStore(house.folder.index) as store:
        store.bulk(
            Quad(NamedNode(f"http://localhost:8000/products/{n}"), key, Literal(f"{n:064x}"), graph)
            for n in range(MILLION // 2)  # each stands in the default graph, too
        )
    house = open_house(Settings(data=folder / "data", online=False), lasting=True)
    yield house
    house.close()


def test_reused_answer_in_process(benchmark, house):
    query = asked(house, "Spectrum", *OBJECT)
    answer = benchmark(lambda: house.journey.ask(query))
    assert answer.reused


def test_reuse_decision_among_a_million_triples(benchmark, large_house):
    house = large_house
    query = asked(house, "Spectrum", *OBJECT)
    product = house.journey.ask(query).product
    assert product is not None
    assert benchmark(lambda: house.lookup.reusable(product.run_key)) == product


def test_reuse_decision_among_a_million_triples_after_a_write(benchmark, large_house):
    lookup = large_house.lookup
    product = large_house.journey.ask(asked(large_house, "Spectrum", *OBJECT)).product
    assert product is not None

    def decide():
        lookup.changed()
        return lookup.reusable(product.run_key)

    assert benchmark(decide) == product


@pytest.mark.parametrize("until", ["sealed and synced", "indexed"])
def test_recording_a_run(benchmark, house, until):
    answer = house.journey.ask(asked(house, "Spectrum", *OBJECT))
    run = house.lookup.run(answer.product.run)
    workflow = next(w for w in house.registry.workflows if house.site.iri(*w.path) == answer.workflow)
    query = answer.query

    def fresh():
        ident = new_run_ident()
        made = replace(answer.product, ident=ident.replace("-", ""), run=house.site.iri("runs", ident))
        products = (house.site.iri("products", made.ident),)
        return (replace(run, ident=ident, products=products), query, workflow), {
            "origins": {},
            "product": made,
        }

    def record(run, *what, **more):
        house.recorder.run(run, *what, **more)
        if until == "indexed":
            assert house.indexer.reader.ask("ASK { ?run a ?any }", run=NamedNode(run.products[0]))

    def one_alone():
        house.indexer.reader.graphs()  # the one before has been indexed
        return fresh()

    benchmark.pedantic(record, setup=one_alone, rounds=30)


def test_fresh_small_run_on_a_warm_worker(benchmark, house):
    query = asked(house, "ResolvedObject", ("object", "M 87"))
    house.journey.wait(house.journey.ask(query, fresh=True), 60)

    def run():
        return house.journey.wait(house.journey.ask(query, fresh=True), 60)

    def one_alone():
        house.indexer.reader.graphs()  # the record of the one before has been indexed

    answer = benchmark.pedantic(run, setup=one_alone, rounds=20)
    assert answer.status is AnswerStatus.DONE


def test_kg_ask_of_a_reused_product_as_a_whole_command(benchmark, tmp_path):
    kg = Path(sys.executable).with_name("kg")
    environment = settled(tmp_path / "data", tmp_path / "bytecode")

    def ask():
        command = [kg, "ask", "Spectrum", "object=TXS 0506+056"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    ask()
    assert "reused" in benchmark.pedantic(ask, rounds=10, warmup_rounds=1)
