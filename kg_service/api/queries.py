"""``/queries``: a question as a graph or as short JSON, and what became of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from kg_service.api.asking import answer_content, in_words
from kg_service.api.body import content_type, read_body
from kg_service.api.documents import answers, bodies
from kg_service.api.negotiation import HTML, JSON, choose, json_bytes, reply
from kg_service.api.preferences import read_preferences
from kg_service.api.resources import After, Limit, give, give_list, newest_page
from kg_service.api.service import Service, host_of, in_thread, path_of, service_of
from kg_service.discovery.describe import query_json
from kg_service.errors import UnsupportedMediaType
from kg_service.intake.graph import read_graph
from kg_service.intake.short import read_short
from kg_service.model.answer import Answer
from kg_service.model.query import Query
from kg_service.rdf import query as query_rdf
from kg_service.rdf.formats import READABLE, media_type

__all__ = ["router"]

router = APIRouter(tags=["asking"])
_READ = (JSON, *READABLE)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/ShortQuery"}},
            **{kind: {"schema": {"type": "string"}} for kind in READABLE},
        },
    }
}


@router.post(
    "/queries",
    summary="Ask by a graph that holds one kg:Query, or by short JSON.",
    status_code=201,
    openapi_extra=_BODY,
    responses=answers(201, "Answer", says="A new query, and its answer.")
    | answers(200, "Answer", says="A known query, and its answer."),
)
async def post(request: Request) -> Response:
    """The query is recorded under its own address and answered as ``/ask`` answers."""
    service = service_of(request)
    kind = choose(request, (JSON, HTML))
    preferences = read_preferences(request.headers)
    data = await read_body(request)
    query, fresh = await in_thread(_read, service, data, content_type(request))
    iri = query_rdf.query_iri(query, service.house.site)

    def begin() -> tuple[bool, Answer]:
        known = service.house.lookup.knows(iri, "Query")
        return known, service.house.journey.ask(query, fresh=fresh or preferences.fresh)

    known, answer = await in_thread(begin)
    answer = await service.settle(answer, preferences.wait)
    content = await in_thread(answer_content, service, answer, host_of(request))
    headers = {"Location": f"/queries/{query.ident}", **preferences.headers}
    body = json_bytes(content)
    if kind == HTML:
        body = service.pages.page(
            "answer", {**content, **in_words(query)}, host=host_of(request), path=path_of(request)
        )
    return reply(request, body, kind, status=200 if known else 201, headers=headers)


def _read(service: Service, data: bytes, kind: str) -> tuple[Query, bool]:
    house = service.house
    if kind == JSON:
        return read_short(data, house.catalogue, house.registry.workflows)
    if media_type(kind) not in READABLE:
        given = f"A query as {kind} is not read here" if kind else "The body has no Content-Type"
        raise UnsupportedMediaType(
            f"{given}; send one of {', '.join(_READ)}.", value=kind or None, near=_READ
        )
    return read_graph(data, kind, house.site, house.catalogue, house.registry.workflows), False


@router.get("/queries", summary="Recorded queries, newest first.", responses=bodies("QueryList"))
def listed(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """Queries as short JSON."""
    service = service_of(request)
    house = service.house
    some, following = newest_page(service, "queries", limit=limit, after=after)
    queries = [house.lookup.query(iri, house.catalogue) for iri in some]
    items = [query_json(query, house.site, host_of(request)) for query in queries]
    return give_list(request, service, "queries", items, total=house.lookup.count("queries"), after=following)


@router.get(
    "/queries/{ident}",
    summary="A query's newest answer; as RDF, the query.",
    responses=bodies("Answer", rdf=True),
)
def one(request: Request, ident: str) -> Response:
    """The answer as it stands. JSON and RDF can be posted back: they hold the question."""
    service = service_of(request)
    house = service.house
    answer = service.recorded("queries", ident, house.journey.answer)
    content = answer_content(service, answer, host_of(request))
    headers = {}
    if answer.product is not None:
        headers["Link"] = f'</products/{answer.product.ident}>; rel="item"'
    return give(
        request,
        service,
        "answer",
        content,
        words=lambda: in_words(answer.query),
        graph=lambda: query_rdf.to_triples(answer.query, house.site),
        headers=headers,
    )
