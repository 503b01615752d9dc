"""The whole journey with the index on a SPARQL 1.1 server (``oxigraph serve``)."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from journey_kg import Kg

OXIGRAPH = Path(sys.executable).with_name("oxigraph")


@pytest.fixture
def store(tmp_path: Path, need: Callable[[object, str], None]) -> Iterator[str]:
    """The address of a server that starts empty."""
    need(OXIGRAPH.exists(), "needs the package oxigraph")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [OXIGRAPH, "serve", "--location", tmp_path / "server", "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end, "oxigraph did not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_ask_reuse_history_and_sparql_work_alike(new_kg: Callable[[str], Kg], store: str) -> None:
    kg, env = new_kg("data"), {"KG_STORE": store}
    first = kg.ask("MultiInstrumentSpectrum", "object=TXS 0506+056", env=env)
    assert first["status"] == "done"
    again = kg.ask("MultiInstrumentSpectrum", "object=4FGL J0509.4+0542", env=env)
    assert again["reused"]
    assert again["product"]["id"] == first["product"]["id"]
    history = kg("provenance", first["product"]["id"], env=env)
    assert "prov:wasDerivedFrom" in history.out
    sparql = "SELECT (COUNT(*) AS ?n) WHERE { ?p a kg:GammaRaySpectrum }"
    done = kg("sparql", sparql, "--json", env=env)
    assert done.code == 0, done.err
    assert int(done.json["results"]["bindings"][0]["n"]["value"]) == 3  # Fermi-LAT, VERITAS, both together
    assert not (kg.data / "index").exists()


def test_an_index_that_was_lost_is_made_again(new_kg: Callable[[str], Kg], store: str) -> None:
    kg = new_kg("data")
    first = kg.ask("LightCurve", "object=Mrk 421")  # in the embedded index
    moved = kg.ask("LightCurve", "object=Mrk 421", env={"KG_STORE": store})  # the server knows nothing yet
    assert moved["reused"]
    assert moved["product"]["id"] == first["product"]["id"]


def test_a_server_that_cannot_be_reached_is_named(new_kg: Callable[[str], Kg]) -> None:
    done = new_kg("data")(
        "ask", "Spectrum", "object=Mrk 421", "--json", env={"KG_STORE": "http://127.0.0.1:9"}
    )
    assert done.code == 1
    assert "127.0.0.1:9" in done.json["detail"]
    assert "Traceback" not in done.out + done.err
