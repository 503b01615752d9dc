"""The store: writing a run, looking up at a million triples, sealing, and the way to a fresh reader."""

from __future__ import annotations

import json
import os

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg_service.store.blobs import FolderBlobs
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore
from kg_service.store.records import Records
from kg_service.store.sparql_guard import guard
from kg_service.store.sparql_workers import SparqlLimits, SparqlPool

KG = "https://w3id.org/kg-service/ontology#"
BASE = "http://localhost:8000/"
PER_RUN = 60
LOOKUP = f"SELECT ?product WHERE {{ ?product <{KG}runKey> ?key ; a <{KG}Product> }}"


def run_quads(number: int) -> list[Quad]:
    """As many triples as a run's record has, in its own graph, some shared with other runs."""
    graph = NamedNode(f"{BASE}records/{number:064x}")
    product = NamedNode(f"{BASE}products/{number:032x}")
    quads = [
        Quad(
            product,
            NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
            NamedNode(KG + "Product"),
            graph,
        ),
        Quad(product, NamedNode(KG + "runKey"), Literal(f"{number:064x}"), graph),
    ]
    if number:
        before = NamedNode(f"{BASE}products/{number - 1:032x}")
        quads.append(Quad(product, NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom"), before, graph))
    quads += [
        Quad(
            NamedNode(f"{product.value}#part-{k}"),
            NamedNode(f"{KG}property{k % 20}"),
            Literal(f"{k} of {number % 97}"),
            graph,
        )
        for k in range(PER_RUN - len(quads))
    ]
    return quads


@pytest.fixture(scope="session")
def million(tmp_path_factory):
    """An index of a million triples, loaded in bulk."""
    path = tmp_path_factory.mktemp("million") / "index"
    with EmbeddedStore(path) as store:
        store.bulk(quad for number in range(1_000_000 // PER_RUN) for quad in run_quads(number))
        store.optimize()
    return path


@pytest.fixture(scope="module")
def store(million):
    with EmbeddedStore(million) as store:
        yield store


@pytest.fixture(scope="module")
def numbers():
    return iter(range(10_000_000, 20_000_000))


def test_insert_a_run_of_sixty_triples_into_a_million(benchmark, store, numbers):
    benchmark(lambda: store.add(run_quads(next(numbers))))


def test_find_a_product_by_its_run_key_in_a_million(benchmark, store):
    key = Literal(f"{12345:064x}")
    assert len(benchmark(lambda: store.select(LOOKUP, key=key))) == 1


def test_ask_for_a_run_key_that_is_not_there(benchmark, store):
    text = f"ASK {{ ?product <{KG}runKey> ?key }}"
    assert not benchmark(lambda: store.ask(text, key=Literal("none")))


def test_lineage_over_eleven_ancestors_in_a_million(benchmark, store):
    text = "SELECT ?from WHERE { ?product (<http://www.w3.org/ns/prov#wasDerivedFrom>)+ ?from }"
    product = NamedNode(f"{BASE}products/{11:032x}")
    assert len(benchmark(lambda: store.select(text, product=product))) == 11


def test_open_a_reader_of_a_million(benchmark, million, store):
    benchmark(lambda: EmbeddedReader(million).close())


def test_publish_a_snapshot_after_one_run(benchmark, store, numbers):
    def publish() -> None:
        store.add(run_quads(next(numbers)))
        store.flush()

    benchmark.pedantic(publish, rounds=20)


def test_seal_a_record_of_seven_kilobytes(benchmark, tmp_path):
    records = Records(tmp_path / "records")
    benchmark(lambda: records.append("run", os.urandom(3500).hex().encode()))


def test_open_a_journal_of_ten_thousand_at_its_end(benchmark, tmp_path):
    records = Records(tmp_path / "records")
    records.append("run", b"first")
    journal = tmp_path / "records" / "journal"
    line = journal.read_bytes().partition(b" ")[2]
    journal.write_bytes(b"".join(b"%d %s" % (n, line) for n in range(1, 10_001)))
    assert len(list(benchmark(lambda: list(records.entries(9_990))))) == 10


def test_keep_a_file_of_a_hundred_kilobytes(benchmark, tmp_path):
    blobs = FolderBlobs(tmp_path / "blobs")
    benchmark(lambda: blobs.put(os.urandom(100_000)))


def test_guard_a_public_query(benchmark):
    text = (
        "SELECT ?p ?f WHERE { ?p a kg:Product ; kg:file ?f . ?f kg:name ?n FILTER(?n = 'a.fits') } LIMIT 10"
    )
    benchmark(lambda: guard(text))


def test_a_public_query_through_a_worker(benchmark, million):
    text = f"SELECT ?p WHERE {{ ?p kg:runKey '{12345:064x}' }}"
    with SparqlPool(million, SparqlLimits(seconds=30), workers=1) as pool:
        body = benchmark(lambda: pool.evaluate(text))
    assert len(json.loads(body)["results"]["bindings"]) == 1
