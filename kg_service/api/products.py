"""``/products`` and ``/datasets``: what came out, its files, its history, and what went in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pyoxigraph import Triple
from starlette.responses import Response

from kg_service.api.asking import in_words, passed_over_json
from kg_service.api.documents import answers, bodies, texts
from kg_service.api.files import file_of_type, give_file
from kg_service.api.negotiation import DATA_TYPES, HTML, JSON, RDF_TYPES
from kg_service.api.resources import After, Limit, form_of, give, give_graph, give_list, newest_page, page_of
from kg_service.api.service import Service, host_of, service_of
from kg_service.discovery.describe import product_json, said_beside
from kg_service.discovery.history import history_tree
from kg_service.errors import NotFound
from kg_service.model.product import Dataset, Product

__all__ = ["router"]

router = APIRouter(tags=["products"])


def _content(service: Service, product: Product, host: str) -> dict[str, Any]:
    return product_json(
        product, service.house.site, host, service.house.is_stale(product), query=service.made_for(product)
    )


@router.get("/products", summary="Products, newest first.", responses=bodies("ProductList"))
def listed(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """Products with their values and files."""
    service = service_of(request)
    house = service.house
    some, following = newest_page(service, "products", limit=limit, after=after)
    items = [_content(service, house.lookup.product(iri), host_of(request)) for iri in some]
    return give_list(
        request, service, "products", items, total=house.lookup.count("products"), after=following
    )


@router.get(
    "/products/{ident}",
    summary="A product: described, as its sealed record, or its data.",
    responses=answers(200, "Product", also=(*RDF_TYPES, *DATA_TYPES)),
)
def one(request: Request, ident: str) -> Response:
    """JSON describes it, RDF types give its record, data types its file of that type."""
    service = service_of(request)
    house = service.house
    iri = service.iri("products", ident)
    product = service.recorded("products", ident, house.lookup.product)
    types = tuple(f.media_type for f in product.files if f.media_type in DATA_TYPES)
    kind = form_of(request, (JSON, HTML, *RDF_TYPES, *types))
    if kind in types:
        return give_file(request, service, file_of_type(product, kind))
    content = _content(service, product, host_of(request))
    headers = {"Link": f'</products/{ident}/provenance>; rel="http://www.w3.org/ns/prov#has_provenance"'}
    return give(
        request,
        service,
        "product",
        content,
        words=lambda: _words(service, product, content["query"]),
        graph=lambda: house.lookup.record(iri),
        headers=headers,
    )


def _words(service: Service, product: Product, query: str | None) -> dict[str, Any]:
    """The question that the product answered first, and what its making tells beside it."""
    house = service.house
    asked = {} if query is None else in_words(house.lookup.query(query, house.catalogue))
    return asked | {
        "caveats": said_beside(house.lookup.caveats_behind(product), product.quality),
        "passed_over": passed_over_json(house.lookup.passed_over_for(product)),
    }


@router.get(
    "/products/{ident}/files/{name:path}",
    summary="A file of a product; parts of it by Range.",
    responses=texts("*/*", says="The file."),
)
def file(request: Request, ident: str, name: str) -> Response:
    """The bytes as they were written; ETag is their sha256."""
    service = service_of(request)
    product = service.recorded("products", ident, service.house.lookup.product)
    for found in product.files:
        if found.name == name:
            return give_file(request, service, found)
    names = [f.name for f in product.files]
    raise NotFound(
        f"{product.label} has no file {name!r}; it has {', '.join(names) or 'none'}.", value=name, near=names
    )


@router.get(
    "/products/{ident}/provenance",
    summary="The records of a product and of everything it was derived from.",
    responses=texts(*RDF_TYPES, HTML),
)
def provenance(request: Request, ident: str) -> Response:
    """The whole history as one graph; PROV-N too."""
    service = service_of(request)
    lineage = service.recorded("products", ident, service.house.lookup.lineage)
    return _history(request, service, lineage, service.iri("products", ident))


@router.get(
    "/provenance",
    summary="The history of a product or run named by its address or by the beginning of it.",
    responses=texts(*RDF_TYPES, HTML),
)
def history(request: Request, of: str) -> Response:
    """As ``kg provenance`` gives it."""
    service = service_of(request)
    iri = service.full_iri(of)
    return _history(request, service, service.house.lookup.lineage(iri), iri)


def _history(request: Request, service: Service, lineage: list[Triple], iri: str) -> Response:
    """A lineage; people see it as a tree, and below it the graph."""

    def tree() -> dict[str, Any]:
        return {"tree": history_tree(lineage, iri), "of": iri}

    return give_graph(request, service, lineage, "History", page="history", words=tree)


@router.get("/datasets", summary="Datasets that runs used.", responses=bodies("DatasetList"))
def datasets(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """Those that a run used last come first."""
    service = service_of(request)
    house = service.house
    found = house.lookup.datasets()
    some, following = page_of(found, house.site.ident, limit=limit, after=after)
    here = f"{host_of(request)}/datasets/"
    items = [_dataset(house.lookup.dataset(iri), iri, here + house.site.ident(iri)) for iri in some]
    return give_list(request, service, "datasets", items, total=len(found), after=following)


@router.get("/datasets/{ident}", summary="A dataset that runs used.", responses=bodies("Dataset", rdf=True))
def dataset(request: Request, ident: str) -> Response:
    """What was read: where it comes from, its sha256, licence and citation."""
    service = service_of(request)
    house = service.house
    iri = service.iri("datasets", ident)
    found = service.recorded("datasets", ident, house.lookup.dataset)
    content = _dataset(found, iri, f"{host_of(request)}/datasets/{ident}")

    def graph() -> list[Triple]:
        return [t for t in house.lookup.record(iri) if getattr(t.subject, "value", "") == iri]

    return give(request, service, "dataset", content, graph=graph)


def _dataset(found: Dataset, iri: str, url: str) -> dict[str, Any]:
    return {
        "id": iri,
        "url": url,
        "name": found.name,
        "title": found.title,
        "sha256": found.sha256,
        "address": found.address or None,
        "reached": found.reached,
        "accessed": found.accessed or None,
        "licence": found.licence or None,
        "cite": found.cite or None,
    }
