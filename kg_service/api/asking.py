"""``/ask`` and ``/explain``: a question by ontology term, answered by the product itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from kg_service.api.documents import ASKED, answers, bodies
from kg_service.api.files import file_of_type, give_file
from kg_service.api.memo import KEEP
from kg_service.api.negotiation import DATA_TYPES, HTML, JSON, RDF_TYPES, json_bytes, reply
from kg_service.api.preferences import Preferences, read_preferences
from kg_service.api.resources import FORM, form_of, give
from kg_service.api.service import Service, host_of, in_thread, path_of, service_of
from kg_service.discovery.describe import answer_json
from kg_service.discovery.explained import explanation_json
from kg_service.discovery.understood import labels_of
from kg_service.errors import Malformed, Problem, problem_from_code
from kg_service.intake.term import read_request
from kg_service.model.answer import Answer, AnswerStatus, PassedOver
from kg_service.model.query import Constraint, Query
from kg_service.model.terms import NEUTRAL_BASE, local_name
from kg_service.rdf.formats import serialise

__all__ = ["answer_content", "in_words", "passed_over_json", "problem_of", "router"]

router = APIRouter(tags=["asking"])
_PAGE_WAIT: Final = 2.0
"""Seconds that a page waits for its answer; it then shows how far the run has come."""
_MOST_PAIRS: Final = 200


def read_pairs(request: Request) -> list[tuple[str, str]]:
    """The names and values of the address.

    Raises
    ------
    Malformed
        They are too many, or no UTF-8.
    """
    query: bytes = request.scope.get("query_string", b"")
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PAIRS
        )
    except UnicodeDecodeError as error:
        raise Malformed("The names and values of the address are not percent-encoded UTF-8.") from error
    except ValueError as error:
        raise Malformed(f"The address gives too many values; at most {_MOST_PAIRS} are read.") from error


def read_query(service: Service, term: str, request: Request) -> Query:
    """The query of an address; what chooses the form of the answer is no part of it."""
    house = service.house
    pairs = [(name, value) for name, value in read_pairs(request) if name != FORM]
    return read_request(term, pairs, house.catalogue, house.registry.workflows)


def problem_of(answer: Answer) -> Problem:
    """The problem of an answer that failed or was cancelled, with its run."""
    said: Mapping[str, Any] = answer.problem or {
        "code": "run-failed",
        "detail": "The run left no answer. Ask again.",
    }
    members = {name: said[name] for name in ("parameter", "value", "near", "report") if name in said}
    problem = problem_from_code(said["code"], said["detail"], **members)
    problem.run = answer.run
    return problem


def answer_content(service: Service, answer: Answer, host: str) -> dict[str, Any]:
    """The answer as JSON."""
    house, product = service.house, answer.product
    made_for = None
    if product is not None:
        made_for = service.made_for(product) if answer.reused else None
        answer = replace(answer, caveats=answer.caveats or house.lookup.caveats_behind(product))
    return answer_json(
        answer, house.site, host, stale=house.is_stale, made_for=made_for, label=labels_of(house.catalogue)
    )


def passed_over_json(passed: Sequence[PassedOver]) -> list[dict[str, str]]:
    """The workflows that an answer passed over, and why."""
    return [{"workflow": p.workflow, "code": p.code, "detail": p.detail} for p in passed]


def in_words(query: Query) -> dict[str, Any]:
    """The question as its asker wrote it, for pages that say how to repeat it."""
    bound = [
        (b.name or local_name(b.term), b.given or f"{b.value.plain} {b.value.unit or ''}".strip())
        for b in query.bindings
    ]
    limited = [(c.name or local_name(c.property), c.given or _written(c)) for c in query.constraints]
    return {"asked": {"term": local_name(query.asks_for), "given": [*sorted(bound), *limited]}}


def _written(constraint: Constraint) -> str:
    """The value of a constraint as a request gives it: a workflow by name and version, a term by name."""
    name = constraint.value.removeprefix(NEUTRAL_BASE + "workflows/")
    return name if name != constraint.value else local_name(name)


@router.get(
    "/ask/{term:path}",
    summary="Ask for a product of the class TERM; what is known is given as name=value.",
    openapi_extra=ASKED,
    responses=answers(200, "Answer", also=(*RDF_TYPES, *DATA_TYPES)) | answers(202, "Answer"),
)
async def ask(request: Request, term: str) -> Response:
    """The product when it exists or is ready within the wait, otherwise 202 and the run that makes it."""
    service = service_of(request)
    kind = form_of(request, (JSON, HTML, *RDF_TYPES, *DATA_TYPES))
    preferences = read_preferences(request.headers)
    if kind == HTML and not preferences.applied:
        preferences = replace(preferences, wait=_PAGE_WAIT)

    def begin() -> Answer:
        return service.house.journey.ask(read_query(service, term, request), fresh=preferences.fresh)

    answer = await service.settle(await in_thread(begin), preferences.wait)
    return await in_thread(_answered, request, service, answer, preferences)


def _answered(request: Request, service: Service, answer: Answer, preferences: Preferences) -> Response:
    if answer.status is AnswerStatus.PENDING:
        return _pending(request, service, answer, preferences)
    product = answer.product
    if answer.status is not AnswerStatus.DONE or product is None:
        raise problem_of(answer)
    types = tuple(f.media_type for f in product.files if f.media_type in DATA_TYPES)
    kind = form_of(request, (JSON, HTML, *RDF_TYPES, *types))
    headers = {"Content-Location": f"/products/{product.ident}", **preferences.headers}
    site = service.house.site
    if answer.reused and KEEP in request.scope:
        request.scope[KEEP].append(True)
    if kind == JSON:
        content = answer_content(service, answer, host_of(request))
        return reply(request, json_bytes(content), kind, headers=headers)
    if kind == HTML:
        content = answer_content(service, answer, host_of(request))
        content |= in_words(answer.query)
        body = service.pages.page("answer", content, host=host_of(request), path=path_of(request))
        return reply(request, body, kind, headers=headers)
    if kind in RDF_TYPES:
        record = service.house.lookup.record(site.iri("products", product.ident))
        return reply(request, serialise(record, kind, base=site.base), kind, headers=headers)
    return give_file(request, service, file_of_type(product, kind), headers=headers)


def _pending(request: Request, service: Service, answer: Answer, preferences: Preferences) -> Response:
    assert answer.run is not None
    content = answer_content(service, answer, host_of(request))
    headers = {
        "Location": f"/runs/{service.house.site.ident(answer.run)}",
        "Vary": "Accept",
        **preferences.headers,
    }
    if form_of(request, (JSON, HTML, *RDF_TYPES, *DATA_TYPES)) == HTML:
        content |= in_words(answer.query)
        body = service.pages.page("pending", content, host=host_of(request), path=path_of(request))
        return reply(request, body, HTML, status=202, headers=headers | {"Retry-After": "2"})
    return reply(request, json_bytes(content), JSON, status=202, headers=headers | {"Retry-After": "1"})


@router.get(
    "/explain/{term:path}",
    summary="Which workflows can answer, and why each other one cannot. Nothing is run.",
    openapi_extra=ASKED,
    responses=bodies("Explanation"),
)
def explain(request: Request, term: str) -> Response:
    """The plan, the product that would be reused, and the smallest change that would let others answer."""
    service = service_of(request)
    site = service.house.site
    explained = service.house.journey.explain(read_query(service, term, request))
    iri = site.iri("queries", explained.query.ident)
    content = explanation_json(explained.explanation, site, query=iri, would_reuse=explained.would_reuse)
    return give(request, service, "explanation", content, words=lambda: in_words(explained.query))
