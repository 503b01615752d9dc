"""``/runs``: how far an analysis has come, its log and events, and how to stop it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import anyio
from fastapi import APIRouter, Request
from pyoxigraph import NamedNode
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from kg_service.api.asking import in_words
from kg_service.api.documents import answers, bodies, texts
from kg_service.api.files import give_file
from kg_service.api.resources import After, Limit, give, give_list, newest_page
from kg_service.api.service import Service, host_of, in_thread, service_of
from kg_service.api.wire import HEAD_ASKED
from kg_service.discovery.describe import run_json
from kg_service.errors import NotFound
from kg_service.execution.live import Event
from kg_service.model.run import ENDED, Run
from kg_service.rdf.file import read_file
from kg_service.rdf.graph import Graph

__all__ = ["router"]

router = APIRouter(tags=["runs"])
_EVENTS: Final = "text/event-stream"
_LOOK_EVERY: Final = 0.1  # s between two looks for new events
_EMPTY_LOOKS: Final = 5  # at an ended run that has nothing new
_SILENCE: Final = 15.0  # s of silence after which a comment keeps the connection open


def _run(service: Service, ident: str) -> Run:
    """The run as it stands: while it is under way from memory, afterwards from its record."""
    live = service.house.live.get(ident)
    if live is not None and live.phase not in ENDED:
        return live
    try:
        return service.recorded("runs", ident, service.house.lookup.run)
    except NotFound:
        if live is None:
            raise
        return live  # it failed before there was anything to record


@router.get("/runs", summary="Runs, newest first.", responses=bodies("RunList"))
def listed(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """Runs under way first, then those that are recorded."""
    service = service_of(request)
    site = service.house.site
    lookup = service.house.lookup
    active = sorted((site.iri("runs", run.ident) for run in service.house.live.active()), reverse=True)
    open_runs = [iri for iri in active if not lookup.knows(iri, "Run")]
    some, following = newest_page(service, "runs", limit=limit, after=after, first=open_runs)
    total = lookup.count("runs") + len(open_runs)
    runs = [_run(service, site.ident(iri)) for iri in some]
    items = [run_json(run, site, host_of(request)) for run in runs]
    return give_list(
        request, service, "runs", items, total=total, after=following,
        words=lambda: [_words(service, run) for run in runs],
    )  # fmt: skip


def _words(service: Service, run: Run) -> dict[str, Any]:
    """What a run is known by: its question, and the product it gave."""
    lookup = service.house.lookup
    asked: dict[str, Any] = {}
    with suppress(NotFound):  # a question that is recorded with the run, once that has ended
        asked = in_words(lookup.query(run.query, service.house.catalogue))
    label = lookup.product(run.products[0]).label if run.products else None
    return {**asked, "label": label}


@router.get("/runs/{ident}", summary="A run as it stands.", responses=bodies("Run", rdf=True))
def one(request: Request, ident: str) -> Response:
    """Phase, progress, steps, products, problem; as RDF its record, once it has ended."""
    service = service_of(request)
    house = service.house
    run = _run(service, ident)
    content = run_json(run, house.site, host_of(request))
    iri = service.iri("runs", ident)
    recorded = run.phase in ENDED and house.lookup.knows(iri, "Run")
    return give(
        request,
        service,
        "run",
        content,
        words=lambda: _words(service, run),
        graph=(lambda: house.lookup.record(iri)) if recorded else None,
    )


@router.delete(
    "/runs/{ident}",
    summary="Stop a run that is under way.",
    status_code=202,
    responses=answers(202, "Run", says="The run is being stopped."),
)
async def cancel(request: Request, ident: str) -> Response:
    """A run that has ended cannot be stopped: 409."""
    service = service_of(request)
    service.iri("runs", ident)  # refuses what cannot be the name of a run
    await in_thread(service.house.journey.cancel, ident)
    run = await in_thread(_run, service, ident)
    content = run_json(run, service.house.site, host_of(request))
    return give(
        request, service, "run", content, words=lambda: _words(service, run), status=202,
        headers={"Location": f"/runs/{ident}"},
    )  # fmt: skip


@router.get("/runs/{ident}/log", summary="What the analysis printed.", responses=texts("text/plain"))
def log(request: Request, ident: str) -> Response:
    """The log as it was kept; of a run under way, what there is so far."""
    service = service_of(request)
    house = service.house
    run = _run(service, ident)
    if run.phase not in ENDED:
        return PlainTextResponse(_log_so_far(service, ident), headers={"Cache-Control": "no-store"})
    iri = service.iri("runs", ident)
    address = house.lookup.run(iri).log
    if address is None:
        raise NotFound("This run left no log; a run of several steps has the logs of its steps.", value=iri)
    return give_file(request, service, read_file(Graph(house.lookup.record(iri)), NamedNode(address)))


def _log_so_far(service: Service, ident: str) -> str:
    scratch = service.house.folder.path / "scratch"
    for path in scratch.glob(f"run-{ident}-*/run.log"):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""


@router.get(
    "/runs/{ident}/events",
    summary="Events of a run as they happen: phase, progress, log, end.",
    responses=texts(_EVENTS, says="Server-sent events with ids; Last-Event-ID continues.")
    | {204: {"description": "Everything was sent before."}},
)
async def events(request: Request, ident: str) -> Response:
    """Events after ``Last-Event-ID``; an ended run gives its final phase and the end."""
    service = service_of(request)
    last = request.headers.get("last-event-id", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if service.house.live.get(ident) is None:
        run = await in_thread(_run, service, ident)
        ending = {"phase": run.phase.value, "problem": run.problem}
        both = [Event(after + 1, "phase", {"phase": run.phase.value}), Event(after + 2, "end", ending)]
        return Response(b"".join(_line(e) for e in both), media_type=_EVENTS, headers=headers)
    if HEAD_ASKED in request.scope:
        return Response(media_type=_EVENTS, headers=headers)
    found, ended = _new(service, ident, after)
    if ended and not found:
        return Response(status_code=204, headers=headers)
    return StreamingResponse(_stream(service, ident, after), media_type=_EVENTS, headers=headers)


def _new(service: Service, ident: str, after: int) -> tuple[list[Event], bool]:
    """Events that came since, without waiting; and whether there will be no more."""
    live = service.house.live
    run = live.get(ident)
    found: list[Event] = []
    if run is None:
        return found, True
    for event in live.events(ident, after, patience=0.0):
        if event is None:
            break
        found.append(event)
    return found, run.phase in ENDED


async def _stream(service: Service, ident: str, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    silent, empty = 0.0, 0
    while not service.closing.is_set():
        found, ended = _new(service, ident, after)
        for event in found:
            after, silent = event.number, 0.0
            yield _line(event)
            if event.kind == "end":
                return
        # The phase of a run changes a moment before its last event is there.
        empty = empty + 1 if ended and not found else 0
        if empty > _EMPTY_LOOKS:
            return
        await anyio.sleep(_LOOK_EVERY)
        silent += _LOOK_EVERY
        if silent >= _SILENCE:
            silent = 0.0
            yield b": still here\n\n"


def _line(event: Event) -> bytes:
    data: dict[str, Any] = event.data
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return f"id: {event.number}\nevent: {event.kind}\ndata: {text}\n\n".encode()
