"""What the routes work with: the rooms of the site, the pages, and the processes that evaluate SPARQL."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from kg_service.api.pages import Pages
from kg_service.errors import NotFound
from kg_service.factory import House
from kg_service.model.answer import Answer, AnswerStatus
from kg_service.model.product import Product
from kg_service.model.run import ENDED
from kg_service.store.sparql_workers import SparqlPool

__all__ = ["Service", "host_of", "in_thread", "service_of"]

P = ParamSpec("P")
T = TypeVar("T")
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")
_PART = re.compile(r"[A-Za-z0-9._~-]{1,200}")
_NO_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f]|[\ud800-\udfff]|[^\x00-\ud7ff\ue000-\uffef]")
_BEGINNING = 6  # characters of an address from which those that begin so are looked up
_FIRST_LOOK, _LAST_LOOK = 0.002, 0.05  # s between two looks at a run that is waited for


class Service:
    """One site over HTTP. Anything that blocks is called in a thread.

    Parameters
    ----------
    closing
        Set when the server is about to stop: nobody waits on then.
    """

    def __init__(self, house: House, pages: Pages, closing: threading.Event) -> None:
        self.house = house
        self.pages = pages
        self.closing = closing
        self._pool: SparqlPool | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the SPARQL processes."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def sparql(self) -> SparqlPool:
        """The processes that evaluate SPARQL of the public; made when the first query comes."""
        with self._lock:
            if self._pool is None:
                self._pool = self.house.sparql_pool(self.house.settings.sparql_workers)
            return self._pool

    def iri(self, kind: str, *parts: str) -> str:
        """The IRI of a resource by the parts of its address.

        Raises
        ------
        NotFound
            A part is of a form that no address of ours has.
        """
        for part in parts:
            if not _PART.fullmatch(part):
                raise NotFound(f"Nothing in /{kind} has the name {part!r}.", value=part)
        return self.house.site.iri(kind, *parts)

    def recorded(self, kind: str, ident: str, find: Callable[[str], T]) -> T:
        """What ``find`` knows of the resource with this address.

        Raises
        ------
        NotFound
            There is none; those whose address begins so are near.
        """
        iri = self.iri(kind, ident)
        try:
            return find(iri)
        except NotFound as missing:
            if missing.value != iri or len(ident) < _BEGINNING:
                raise
            near = self._beginning(f"{kind}/{ident}")
            if not near:
                raise
            detail = f"Nothing here has the address {iri}; an address is written in full: {', '.join(near)}."
            raise NotFound(detail, value=iri, near=near) from None

    def _beginning(self, text: str) -> tuple[str, ...]:
        try:
            return (self.house.lookup.full_iri(text),)
        except NotFound as several:
            return several.near

    def full_iri(self, text: str) -> str:
        """The IRI of a product, run or query by its address or the beginning of it.

        Raises
        ------
        NotFound
            Nothing begins so, or more than one thing does.
        """
        if _NO_IRI.search(text):
            raise NotFound(f"{text!r} is no address of a product, run or query.", value=text)
        return self.house.lookup.full_iri(text)

    def made_for(self, product: Product) -> str | None:
        """The query (IRI) that a product was made for."""
        try:
            return self.house.lookup.asked_by(product)
        except NotFound:  # the run of a site whose records were taken over in part
            return None

    async def settle(self, answer: Answer, seconds: float) -> Answer:
        """The answer as it stands when its run has ended, the time is over, or the server stops."""
        if answer.status is not AnswerStatus.PENDING or answer.run is None:
            return answer
        import anyio

        ident = self.house.site.ident(answer.run)
        deadline, pause = time.monotonic() + seconds, _FIRST_LOOK
        while (left := deadline - time.monotonic()) > 0 and not self.closing.is_set():
            run = self.house.live.get(ident)
            if run is None or run.phase in ENDED:
                break
            await anyio.sleep(min(pause, left))
            pause = min(pause * 1.5, _LAST_LOOK)
        return await in_thread(self.house.journey.wait, answer, 0.0)


def service_of(request: Request) -> Service:
    """The service that a request is for."""
    service: Service = request.app.state.service
    return service


def host_of(request: Request) -> str:
    """The address of this host as the client wrote it, without a slash at its end."""
    scheme: str = request.scope.get("scheme", "http")
    named = request.headers.get("host", "")
    if _HOST.fullmatch(named):
        return f"{scheme}://{named}"
    name, port = request.scope.get("server") or ("localhost", None)
    return f"{scheme}://{name}:{port}" if port else f"{scheme}://{name}"


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call something that blocks, without holding up other requests."""
    return await run_in_threadpool(function, *args, **kwargs)


def path_of(request: Request) -> str:
    """Path and query of a request, as they were written."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
    query: Any = request.scope.get("query_string", b"").decode("ascii", "replace")
    return f"{path}?{query}" if query else path
