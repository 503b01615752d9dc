"""The service over HTTP: a reused answer on one and on 32 connections, and its start."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from whole_commands import settled

KG = Path(sys.executable).with_name("kg")
PATH = "/ask/Spectrum?object=TXS%200506%2B056"
CONNECTIONS, EACH = 32, 200


def start(data: Path) -> tuple[subprocess.Popen[str], str]:
    environment = settled(data, data.with_name("bytecode"))
    process = subprocess.Popen(
        [KG, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline()
    return process, urlsplit(next(word for word in line.split() if word.startswith("http"))).netloc


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    process.stdout.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder in which the spectrum exists."""
    folder = tmp_path_factory.mktemp("http") / "data"
    environment = settled(folder, folder.with_name("bytecode"))
    subprocess.run(
        [KG, "ask", "Spectrum", "object=TXS 0506+056"], env=environment, capture_output=True, check=True
    )
    return folder


@pytest.fixture(scope="module")
def host(data) -> Iterator[str]:
    process, host = start(data)
    yield host
    stop(process)


def test_reused_answer_on_one_connection(benchmark, host):
    connection = http.client.HTTPConnection(host)

    def ask():
        connection.request("GET", PATH)
        return connection.getresponse().read()

    assert json.loads(benchmark(ask))["reused"]
    connection.close()


async def one_client(host: str) -> None:
    name, port = host.split(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    request = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    for _ in range(EACH):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()
    await writer.wait_closed()


def test_thousands_of_reused_answers_on_32_connections(benchmark, host):
    """Divide CONNECTIONS * EACH by the time for requests per second; the client shares the machine."""

    async def all_clients():
        await asyncio.gather(*(one_client(host) for _ in range(CONNECTIONS)))

    benchmark.pedantic(lambda: asyncio.run(all_clients()), rounds=5)


def test_start_to_first_answer(benchmark, data, tmp_path):
    own = shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns("service.json"))

    def first():
        process, host = start(own)
        connection = http.client.HTTPConnection(host)
        connection.request("GET", PATH)
        answer = connection.getresponse().read()
        connection.close()
        stop(process)
        return answer

    assert json.loads(benchmark.pedantic(first, rounds=5, warmup_rounds=1))["reused"]
