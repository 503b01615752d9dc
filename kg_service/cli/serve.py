"""``kg serve``: the service over one data folder, until it is told to stop."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kg_service.cli.commands import Output, reports_problems
from kg_service.config import Settings
from kg_service.errors import BadValue, Conflict
from kg_service.store.site import Service, service_at

if TYPE_CHECKING:
    from kg_service.factory import House

__all__ = ["serve"]

_PATIENCE = 5
"""Seconds that requests under way have when the service is told to stop."""


@click.command(short_help="The service: pages, REST, SPARQL over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port; 0 takes any free one.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder; otherwise that of KG_DATA.",
)
@click.option("--workers", type=click.IntRange(1), help="How many runs are carried out at once.")
@reports_problems
def serve(host: str, port: int, data: Path | None, workers: int | None, output: Output) -> None:
    """Answer over HTTP until stopped: pages for people, REST by ontology term, SPARQL.

    Open the address that it prints in a browser; /docs lists all addresses. Other kg commands on this
    data folder ask the service while it runs. Ctrl-C or SIGTERM stops it: runs under way are cancelled,
    and their records say so.

    \b
    kg serve
    kg serve --port 8080 --data ./data
    curl "http://127.0.0.1:8000/ask/Spectrum?object=Mrk%20421&as=ecsv"
    """
    settings = Settings.from_environment()
    if data is not None:
        settings = replace(settings, data=data.absolute())
    if workers is not None:
        settings = replace(settings, workers=workers)
    with _listening(host, port) as listener, _stopped_by_signals(), _held(settings) as house:
        address = _address(host, listener.getsockname()[1])

        def ready() -> None:
            token = secrets.token_urlsafe(32)
            house.folder.announce(Service(address, os.getpid(), token))
            output.show({"address": address, "data": str(settings.data), "pid": os.getpid()}, _ready_text)

        _run(house, listener, ready)


def _ready_text(content: dict[str, Any]) -> str:
    return f"kg-service is at {content['address']} (data in {content['data']}); Ctrl-C stops it."


def _address(host: str, port: int) -> str:
    """Where this machine reaches the service: a service at every address is here, too."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - not bound to
    return f"http://[{name}]:{port}" if ":" in name and not name.startswith("[") else f"http://{name}:{port}"


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket, taken before anything is opened, so that a port in use is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise _cannot_listen(error, host, port) from error
        listener.listen(2048)
        listener.set_inheritable(False)
        yield listener


def _cannot_listen(error: OSError, host: str, port: int) -> Conflict | BadValue:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Port {port} of {host} is in use by another program, perhaps by a kg serve. Choose another with "
            f"`kg serve --port {port + 1 if port < 65535 else 8001}`, or `--port 0` for any free one.",
            parameter="--port",
            value=str(port),
        )
    if error.errno == errno.EACCES:
        return Conflict(
            f"Port {port} is for privileged programs only. Choose one above 1023 with --port.",
            parameter="--port",
            value=str(port),
        )
    return BadValue(
        f"This machine has no address {host} to listen at ({error.strerror or error}). Choose one with "
        "--host: 127.0.0.1 for this machine alone, 0.0.0.0 for every address.",
        parameter="--host",
        value=host,
    )


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """A signal ends what is inside in good order, also while it is being opened."""

    def stop(*_: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _held(settings: Settings) -> Iterator[House]:
    """The house of the data folder, held for writing from beginning to end."""
    from kg_service.factory import open_house
    from kg_service.store.site import open_data

    folder = open_data(settings.data, settings.base_iri)
    other = service_at(folder.path)
    if other is not None:
        raise Conflict(
            f"The data folder {settings.data} is served already, at {other.address} (process {other.pid}). "
            "Use that service, stop it, or choose another folder with --data.",
            parameter="--data",
            value=str(settings.data),
        )
    house = open_house(settings, lasting=True, say=lambda message: click.echo(message, err=True))
    try:
        yield house
    finally:
        house.folder.withdraw()
        house.close()


def _run(house: House, listener: socket.socket, ready: Any) -> None:
    import uvicorn

    from kg_service.app import create_app

    closing = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

        def handle_exit(self, sig: int, frame: Any) -> None:
            closing.set()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        create_app(house, closing),
        http="httptools",
        loop="uvloop",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=_PATIENCE,
        h11_max_incomplete_event_size=None,
    )
    Server(config).run(sockets=[listener])
