"""Fills the templates, and the addresses that only people need: start, forms, the list of addresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from kg_service.api.negotiation import HTML, JSON, choose, json_bytes, reply
from kg_service.api.service import host_of, path_of, service_of
from kg_service.discovery.measures import measured
from kg_service.errors import BadValue
from kg_service.model.readable import energy_range
from kg_service.model.terms import Site
from kg_service.web import words
from kg_service.web.again import again, near_links

__all__ = ["TemplatePages", "router", "static_files"]

_ROOM: Final = Path(__file__).parent
_NEWEST: Final = 6
router = APIRouter(include_in_schema=False)


class TemplatePages:
    """Pages from the templates of this room; everything they show is escaped."""

    def __init__(self, site: Site) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_ROOM / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        addresses = words.Addresses(site)
        self._templates.filters.update(
            here=addresses.here, short=words.short, unit=words.unit, size=words.size, kg_line=words.repeat_kg,
            marked=words.marked, text=words.term_text,
        )  # fmt: skip
        self._templates.globals.update(
            measure=measured,
            standing=words.standing,
            energies=energy_range,
            again=again,
            near_links=near_links,
        )

    def page(self, name: str, content: Mapping[str, Any], *, host: str, path: str) -> bytes:
        """The page ``name`` of some JSON content."""
        template = self._templates.get_template(f"{name}.html")
        curl = partial(words.repeat_curl, host=host)
        return template.render(page=content, host=host, path=path, curl_line=curl).encode()


def static_files() -> StaticFiles:
    """Style and scripts."""
    return StaticFiles(directory=_ROOM / "static")


@router.get("/")
def start(request: Request) -> Response:
    """What one can ask, and what was made lately."""
    service = service_of(request)
    house = service.house
    catalogue = house.catalogue
    outputs = {o.term for w in house.registry.workflows for o in w.outputs if o.is_product}
    inferred = {c for term in outputs for c in catalogue.superclasses(term)}
    askable = sorted({catalogue.term(iri).local for iri in outputs | inferred if catalogue.is_product(iri)})
    roles = sorted({name for r in catalogue.roles() for name in (*r.alt_names, catalogue.term(r.term).local)})
    products = [house.lookup.product(iri) for iri in house.lookup.newest("products", _NEWEST)]
    content = {
        "askable": askable,
        "names": [*roles, "instrument"],
        "workflows": [{"name": w.name, "title": w.title} for w in house.registry.workflows],
        "products": [
            {"id": house.site.iri("products", p.ident), "label": p.label, "created": p.created}
            for p in products
        ],
    }
    kind = choose(request, (HTML, JSON))
    if kind == JSON:
        return reply(request, json_bytes(_index(host_of(request))), kind)
    return reply(
        request, service.pages.page("start", content, host=host_of(request), path=path_of(request)), kind
    )


def _index(host: str) -> dict[str, str]:
    names = (
        "queries", "workflows", "runs", "products", "datasets", "terms", "instruments", "shapes", "ontology",
        "sparql", "health", "docs",
    )  # fmt: skip
    return {name: f"{host}/{name}" for name in names} | {"openapi": f"{host}/openapi.json"}


@router.get("/go")
def go(request: Request) -> Response:
    """From the form to the address of the question."""
    fields = request.query_params
    term = fields.get("term", "").strip()
    if not term:
        raise BadValue("Name the product you want, such as Spectrum.", parameter="term")
    pairs = [
        (name.strip(), value.strip())
        for name, value in zip(fields.getlist("name"), fields.getlist("value"), strict=False)
        if name.strip() and value.strip()
    ]
    what = "explain" if fields.get("what") == "explain" else "ask"
    query = f"?{urlencode(pairs)}" if pairs else ""
    return RedirectResponse(f"/{what}/{quote(term, safe='')}{query}", 303)


@router.get("/docs")
def documentation(request: Request) -> Response:
    """Every address, from the same description as the OpenAPI document."""
    service = service_of(request)
    content = {"paths": request.app.openapi()["paths"]}
    return reply(
        request, service.pages.page("docs", content, host=host_of(request), path=path_of(request)), HTML
    )


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return reply(request, json_bytes(request.app.openapi()), JSON)
