"""The index follows the records over either graph store, also when several writers share a server."""

from __future__ import annotations

from pyoxigraph import RdfFormat, Triple, parse

from kg_service.store.index import Index
from kg_service.store.records import Records

BASE = "http://localhost:8000/"


def unseal(content: bytes, base: str) -> list[Triple]:
    return [q.triple for q in parse(content.decode().replace("kg-site:/", base).encode(), RdfFormat.N_QUADS)]


def record(number: int) -> bytes:
    double = "<http://www.w3.org/2001/XMLSchema#double>"
    return f'<kg-site:/runs/{number}> <http://e.org/flux> "{number}e-12"^^{double} .\n'.encode()


def test_two_writers_over_one_store_index_everything(store, tmp_path):
    records = Records(tmp_path / "records")
    writers = [Index(store, records, BASE, unseal) for _ in range(2)]
    names = set()
    for number in range(12):
        names.add(records.append("run", record(number)))
        writers[number % 2].catch_up()
    for writer in writers:
        writer.catch_up()
        writer.close()
    assert {g for g in store.graphs() if "/records/" in g} == {f"{BASE}records/{n}" for n in names}
    assert Index(store, records, BASE, unseal).position() == 12
    before = {g: set(store.graph(g)) for g in store.graphs()}
    assert Index(store, records, BASE, unseal).rebuild() == []
    assert {g: set(store.graph(g)) for g in store.graphs()} == before
