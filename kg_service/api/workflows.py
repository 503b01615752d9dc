"""``/workflows``: what can be run, found by words and by meaning."""

from __future__ import annotations

import difflib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kg_service.api.documents import bodies, texts
from kg_service.api.negotiation import HTML, RDF_TYPES
from kg_service.api.resources import After, Limit, give, give_graph, give_list, page_of
from kg_service.api.service import Service, host_of, service_of
from kg_service.discovery.described_workflow import workflow_json
from kg_service.discovery.search import find_workflows, near_words
from kg_service.errors import NotFound
from kg_service.model.workflow import Workflow
from kg_service.validation.workflow_shape import workflow_shape

__all__ = ["router"]

router = APIRouter(tags=["workflows"])
_Term = Annotated[str | None, Query(max_length=400)]


@router.get(
    "/workflows",
    summary="Workflows that new requests may use, by words and meaning.",
    responses=bodies("WorkflowList"),
)
def listed(
    request: Request,
    q: Annotated[str, Query(max_length=400, description="Words of it and of what it is about.")] = "",
    produces: _Term = None,
    consumes: _Term = None,
    limit: Limit = 100,
    after: After = None,
) -> Response:
    """``produces`` asks for what a product is entailed to be, ``consumes`` for what is taken."""
    service = service_of(request)
    house = service.house
    found = find_workflows(house.registry.workflows, house.catalogue, q, produces or None, consumes or None)
    some, following = page_of(found, lambda w: w.name, limit=limit, after=after)
    items = [workflow_json(w, house.site, host_of(request), catalogue=house.catalogue) for w in some]
    near = () if found else near_words(house.registry.workflows, house.catalogue, q)
    return give_list(request, service, "workflows", items, total=len(found), after=following, near=near)


def _active(service: Service, name: str) -> Workflow:
    registry = service.house.registry
    found = registry.named(name)
    if found is None:
        names = [w.name for w in registry.workflows]
        near = difflib.get_close_matches(name, names, n=3)
        raise NotFound(f"There is no workflow {name!r}.", value=name, near=near)
    return found


def _version(service: Service, name: str, version: str) -> Workflow:
    found = service.house.registry.named(name)
    if found is not None and found.version == version:
        return found
    return service.house.lookup.workflow(service.iri("workflows", name, version))


def _give(request: Request, service: Service, workflow: Workflow) -> Response:
    house = service.house
    iri = house.site.iri(*workflow.path)
    here = f"{host_of(request)}/workflows/{workflow.name}/"
    versions = sorted(
        v for v in house.lookup.versions() if v.startswith(house.site.iri("workflows", workflow.name, ""))
    )
    content = {
        **workflow_json(workflow, house.site, host_of(request), catalogue=house.catalogue),
        "shape": f"{here}{workflow.version}/shape",
        "versions": versions,
        "active": iri in house.active,
    }
    return give(
        request,
        service,
        "workflow",
        content,
        graph=lambda: house.lookup.record(iri),
        headers={"Content-Location": f"/workflows/{workflow.name}/{workflow.version}"},
    )


@router.get(
    "/workflows/{name}", summary="The version that new requests use.", responses=bodies("Workflow", rdf=True)
)
def newest(request: Request, name: str) -> Response:
    """Content-Location names the version."""
    service = service_of(request)
    return _give(request, service, _active(service, name))


@router.get(
    "/workflows/{name}/{version}",
    summary="One version of a workflow.",
    responses=bodies("Workflow", rdf=True),
)
def one(request: Request, name: str, version: str) -> Response:
    """Earlier versions stay: products point to them."""
    service = service_of(request)
    return _give(request, service, _version(service, name, version))


@router.get(
    "/workflows/{name}/{version}/shape",
    summary="The SHACL shape over its complete arguments.",
    responses=texts(*RDF_TYPES, HTML),
)
def shape(request: Request, name: str, version: str) -> Response:
    """Names, units, defaults, limits and allowed values, for forms and validators."""
    service = service_of(request)
    house = service.house
    workflow = _version(service, name, version)
    graph = workflow_shape(workflow, house.site, house.catalogue.kind)
    return give_graph(request, service, graph, f"Shape of {workflow.name}")
