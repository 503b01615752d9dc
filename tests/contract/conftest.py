"""Both graph adapters: the embedded one on a new folder, the remote one on a server of our own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg_service.store.oxigraph import EmbeddedStore
from kg_service.store.remote import RemoteStore


def oxigraph_program() -> str:
    beside = Path(sys.executable).with_name("oxigraph")
    found = str(beside) if beside.exists() else shutil.which("oxigraph")
    if not found:
        pytest.skip("the oxigraph server (PyPI: oxigraph) is not installed")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_oxigraph(folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    process = subprocess.Popen(
        [oxigraph_program(), "serve", "--location", str(folder), "--bind", f"127.0.0.1:{port}", *options],
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError("oxigraph serve did not start")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def oxigraph_server(tmp_path_factory):
    """The address of a server whose default graph is not the union: the adapter must ask for that."""
    process, address = start_oxigraph(tmp_path_factory.mktemp("server"))
    yield address
    stop(process)


@pytest.fixture
def start_server(tmp_path):
    """Starts a server with options; gives its address."""
    started = []

    def start(*options: str) -> str:
        process, address = start_oxigraph(tmp_path / f"server{len(started)}", *options)
        started.append(process)
        return address

    yield start
    for process in started:
        stop(process)


@pytest.fixture
def port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    return free_port()


@pytest.fixture(params=["embedded", "remote"])
def store(request, tmp_path):
    """An empty store."""
    if request.param == "embedded":
        with EmbeddedStore(tmp_path / "index") as embedded:
            yield embedded
        return
    remote = RemoteStore(request.getfixturevalue("oxigraph_server"))
    for name in remote.graphs():
        remote.remove(name)
    yield remote
