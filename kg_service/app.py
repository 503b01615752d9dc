"""The application: routes, pages, and the one table from problems to HTTP status codes."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from kg_service import errors
from kg_service.api import asking, health, products, queries, runs, sparql, terms, workflows
from kg_service.api.body import BodyLimit
from kg_service.api.documents import SCHEMAS
from kg_service.api.memo import Memo, journal_state
from kg_service.api.negotiation import HTML, PROBLEM, json_bytes, prefers_page
from kg_service.api.service import Service, host_of, path_of
from kg_service.api.wire import Wire
from kg_service.errors import Problem
from kg_service.factory import House
from kg_service.web import pages

__all__ = ["STATUS", "create_app"]

STATUS: Final[dict[type[Problem], int]] = {
    errors.Malformed: 400,
    errors.UnknownParameter: 400,
    errors.WrongUnit: 400,
    errors.BadValue: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.SparqlRefused: 403,
    errors.UnknownTerm: 404,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Invalid: 422,
    errors.UnresolvedObject: 422,
    errors.NotCovered: 422,
    errors.NoWorkflow: 422,
    errors.RunFailed: 500,
    errors.ServiceProblem: 500,
    errors.SparqlLimit: 503,
    errors.ArchiveUnavailable: 503,
    errors.StorageFull: 507,
}
"""The only place where a problem meets a status code."""

_ROUTERS = (asking, queries, workflows, runs, products, terms, sparql, health)


def create_app(house: House, closing: threading.Event | None = None) -> ASGIApp:
    """The service over one site.

    Parameters
    ----------
    closing
        Set when the server is about to stop, so that nobody waits on.
    """
    service = Service(house, pages.TemplatePages(house.site), closing or threading.Event())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="kg-service",
        summary="Ask for a data product by what it means; get it with its whole history.",
        version=_version(),
        default_response_class=Response,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    for room in _ROUTERS:
        app.include_router(room.router)
    app.include_router(pages.router)
    app.mount("/static", pages.static_files(), name="static")
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(Exception, _bug)
    return Memo(Wire(BodyLimit(app)), "/ask/", journal_state(house.folder.records / "journal"))


def _version() -> str:
    import importlib.metadata

    return importlib.metadata.version("kg-service")


def status_of(problem: Problem) -> int:
    """The status of a problem, or of the nearest class above it that has one."""
    return next(STATUS[cls] for cls in type(problem).__mro__ if cls in STATUS)


def _answer(
    request: Request, problem: Problem, status: int, headers: dict[str, str] | None = None
) -> Response:
    content = problem.to_json(status=status, instance=request.url.path)
    if problem.run is not None:
        content["run"] = problem.run
    extra = {"Vary": "Accept", "Cache-Control": "no-store", **(headers or {})}
    if prefers_page(request):
        service: Service = request.app.state.service
        body = service.pages.page("problem", content, host=host_of(request), path=path_of(request))
        return Response(body, status, extra, HTML)
    return Response(json_bytes(content), status, extra, PROBLEM)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    if isinstance(error, errors.UnsupportedMediaType) and request.method == "POST" and error.near:
        headers["Accept-Post"] = ", ".join(error.near)
    return _answer(request, error, status, headers)


async def _http_problem(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself."""
    assert isinstance(error, HTTPException)
    path, headers = request.url.path, dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        problem: Problem = errors.NotFound(
            f"Nothing has the address {path}. /docs lists what there is.", value=path
        )
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("Allow", headers.get("allow", ""))
        problem = errors.MethodNotAllowed(
            f"{path} does not take {request.method}; it takes {allowed or 'other methods'}.",
            value=request.method,
            near=[method.strip() for method in allowed.split(",") if method.strip()],
        )
    elif error.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        problem = errors.BadValue(str(error.detail), parameter="Range", value=request.headers.get("range"))
    elif error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        problem = errors.Malformed(str(error.detail))
    else:
        problem = errors.ServiceProblem(str(error.detail))
    return _answer(request, problem, error.status_code, headers)


async def _validation_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name, value = str(first["loc"][-1]), first.get("input")
    problem = errors.BadValue(
        f"{name}: {first['msg']}.", parameter=name, value=None if value is None else str(value)
    )
    return _answer(request, problem, STATUS[errors.BadValue])


async def _bug(request: Request, error: Exception) -> Response:
    """Not foreseen: the client gets a sentence; the error goes on to the server, whose log has it whole."""
    problem = errors.ServiceProblem(
        "The service failed at this request through a fault of its own. Its log says more; please report it."
    )
    return _answer(request, problem, HTTPStatus.INTERNAL_SERVER_ERROR)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with the schemas of the contract."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        document.setdefault("components", {})["schemas"] = dict(SCHEMAS)
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)  # the framework's own form of error, not used here
        app.openapi_schema = document
    return app.openapi_schema
