"""Where a command finds its answers: in the local data folder, or at a service over HTTP.

A service that holds the data folder says so in ``service.json``; then commands talk to it.
Both kinds of session answer with the JSON of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from kg_service.config import Settings
from kg_service.model.run import Watch

__all__ = ["Session", "open_session"]


class Session(Protocol):
    """What a command may ask for; everything is JSON or bytes."""

    def ask(
        self,
        term: str,
        pairs: Sequence[tuple[str, str]],
        *,
        fresh: bool,
        wait: bool,
        out: Path | None,
        watch: Watch,
    ) -> dict[str, Any]: ...
    def explain(self, term: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]: ...
    def workflows(self, text: str, produces: str | None, consumes: str | None) -> dict[str, Any]: ...
    def provenance(self, iri: str, media_type: str) -> bytes: ...
    def sparql(self, text: str, media_type: str) -> bytes: ...
    def file(self, product: str, media_types: Sequence[str]) -> bytes: ...
    def here(self, iri: str) -> str: ...
    def close(self) -> None: ...


def open_session(server: str | None = None, *, say: Callable[[str], None] = lambda _: None) -> Session:
    """The session for this command.

    Parameters
    ----------
    server
        The address of a service; without it the service that holds the data folder, else the folder.
    say
        Told what takes long at the start (publishing workflows, waiting for another writer).
    """
    settings = Settings.from_environment()
    if server is None:
        from kg_service.store.site import service_at

        service = service_at(settings.data)
        server = service.address if service is not None else None
    if server is not None:
        from kg_service.client.session import RemoteSession

        return RemoteSession(server, files=settings.data)
    from kg_service.cli.local_session import LocalSession

    return LocalSession(settings, say)
