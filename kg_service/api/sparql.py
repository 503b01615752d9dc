"""``/sparql``: the SPARQL 1.1 Protocol for queries; nothing here can write or reach the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from pyoxigraph import Literal, NamedNode, Triple
from starlette.responses import Response

from kg_service.api.body import content_type, read_body
from kg_service.api.documents import texts
from kg_service.api.negotiation import HTML, RDF_TYPES, choose, reply
from kg_service.api.service import Service, host_of, in_thread, path_of, service_of
from kg_service.api.sparql_dataset import with_dataset
from kg_service.errors import Malformed, NotAcceptable, SparqlRefused, UnsupportedMediaType
from kg_service.model.terms import RDF
from kg_service.rdf.formats import serialise
from kg_service.store.sparql_guard import guard
from kg_service.store.sparql_results import GRAPH_TYPES, ROW_TYPES

__all__ = ["router"]

router = APIRouter(tags=["graph"])
_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS: Final = "http://www.w3.org/ns/formats/"
_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
_NAMES: Final = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/ld+json": "JSON-LD",
    "application/rdf+xml": "RDF_XML",
}
# Clients that ask for plain JSON or XML mean the results in that form.
_ALSO: Final = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
}

_ASKED: Final = {
    "parameters": [
        {
            "name": "query",
            "in": "query",
            "schema": {"type": "string"},
            "example": "SELECT ?product WHERE { ?product a kg:Product }",
        },
        {
            "name": "default-graph-uri",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
        },
        {"name": "named-graph-uri", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
    ]
}
_POSTED: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _QUERY: {"schema": {"type": "string"}},
            _FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"query": {"type": "string"}},
                    "required": ["query"],
                }
            },
        },
    }
}
_GIVEN: Final = texts(*ROW_TYPES, *GRAPH_TYPES, HTML, says="Rows, a truth value or a graph.")


@router.get(
    "/sparql",
    summary="Query the graph; without a query, what is offered.",
    openapi_extra=_ASKED,
    responses=_GIVEN,
)
async def get(request: Request) -> Response:
    """SPARQL 1.1 Protocol, query by GET."""
    pairs = _pairs(request.scope.get("query_string", b""))
    if any(name == "update" for name, _ in pairs):
        raise _refused()
    if not any(name == "query" for name, _ in pairs):
        return _description(request, service_of(request))
    return await _answer(request, pairs)


@router.post("/sparql", summary="Query the graph.", openapi_extra=_POSTED, responses=_GIVEN)
async def post(request: Request) -> Response:
    """SPARQL 1.1 Protocol, query by POST of a form or of the query itself."""
    kind = content_type(request)
    pairs = _pairs(request.scope.get("query_string", b""))
    if kind == _UPDATE:
        raise _refused()
    if kind not in (_FORM, _QUERY):
        raise UnsupportedMediaType(
            f"A query is posted as {_QUERY} or {_FORM}, not {kind or 'without a Content-Type'}.",
            value=kind or None, near=(_QUERY, _FORM),
        )  # fmt: skip
    data = await read_body(request)
    if kind == _QUERY:
        try:
            pairs = [(n, v) for n, v in pairs if n != "query"] + [("query", data.decode())]
        except UnicodeDecodeError as error:
            raise Malformed(f"The query is not UTF-8 at byte {error.start}.") from error
    else:
        pairs += _pairs(data)
        if any(name == "update" for name, _ in pairs):
            raise _refused()
    return await _answer(request, pairs)


def _refused() -> SparqlRefused:
    return SparqlRefused("Updates are not taken here; this address only answers queries.")


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError as error:
        raise Malformed("The parameters are not percent-encoded UTF-8.") from error
    except ValueError as error:
        raise Malformed("The form has more than 1000 fields.") from error


async def _answer(request: Request, pairs: list[tuple[str, str]]) -> Response:
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) != 1:
        raise Malformed(f"The request holds {len(queries)} queries; it needs one.", parameter="query")
    service = service_of(request)
    graphs = [value for name, value in pairs if name == "default-graph-uri"]
    named = [value for name, value in pairs if name == "named-graph-uri"]
    text = with_dataset(queries[0], graphs, named) if graphs or named else queries[0]
    form = guard(text).form
    types = GRAPH_TYPES if form.gives_graph else ROW_TYPES
    kind = choose(request, (*types, *(() if form.gives_graph else _ALSO), HTML))
    if kind == HTML and not form.gives_graph:
        return await _table(request, service, text)
    evaluated = next(iter(types)) if kind == HTML else _ALSO.get(kind, kind)
    body = await in_thread(lambda: service.sparql().evaluate(text, evaluated))
    if kind == HTML:
        content = {"name": "A graph by SPARQL", "turtle": body.decode()}
        return _page(request, service, "graph", content)
    return reply(request, body, kind)


async def _table(request: Request, service: Service, text: str) -> Response:
    import json

    body = await in_thread(lambda: service.sparql().evaluate(text, next(iter(ROW_TYPES))))
    return _page(request, service, "rows", {"query": text, "results": json.loads(body)})


def _page(request: Request, service: Service, name: str, content: Mapping[str, Any]) -> Response:
    return reply(
        request, service.pages.page(name, content, host=host_of(request), path=path_of(request)), HTML
    )


def _description(request: Request, service: Service) -> Response:
    """The service description (SPARQL 1.1 Service Description, section 3), or a form for people."""
    kind = choose(request, (*RDF_TYPES, HTML))
    if kind not in (*RDF_TYPES, HTML):
        raise NotAcceptable(f"The description of this endpoint is RDF or a page, not {kind}.", near=RDF_TYPES)
    if kind == HTML:
        return _page(request, service, "sparql", {"prefixes": _prefixes()})
    me = NamedNode(f"{host_of(request)}/sparql")
    types = sorted({*ROW_TYPES, *GRAPH_TYPES})
    dataset = NamedNode(me.value + "#dataset")
    graph = NamedNode(me.value + "#default-graph")
    said: list[tuple[NamedNode, str, NamedNode | Literal]] = [
        (me, RDF + "type", NamedNode(_SD + "Service")),
        (me, _SD + "endpoint", me),
        (me, _SD + "supportedLanguage", NamedNode(_SD + "SPARQL11Query")),
        (me, _SD + "feature", NamedNode(_SD + "UnionDefaultGraph")),
        *((me, _SD + "resultFormat", NamedNode(_FORMATS + _NAMES[name])) for name in types),
        (me, _SD + "defaultDataset", dataset),
        (dataset, RDF + "type", NamedNode(_SD + "Dataset")),
        (dataset, _SD + "defaultGraph", graph),
        (graph, RDF + "type", NamedNode(_SD + "Graph")),
        (dataset, "http://purl.org/dc/terms/title", Literal("All public graphs of this site")),
    ]
    triples = [Triple(s, NamedNode(p), o) for s, p, o in said]
    return reply(request, serialise(triples, kind), kind)


def _prefixes() -> dict[str, str]:
    from kg_service.model.terms import PREFIXES

    return dict(PREFIXES)
