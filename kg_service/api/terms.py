"""``/terms``, ``/instruments``, ``/ontology`` and ``/shapes``: what the words of a request mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.responses import Response

from kg_service.api.documents import bodies, texts
from kg_service.api.negotiation import HTML, RDF_TYPES
from kg_service.api.resources import After, Limit, give, give_graph, give_list, page_of
from kg_service.api.service import Service, host_of, service_of
from kg_service.data import data_folder
from kg_service.discovery.instruments import instruments_of, with_wholes
from kg_service.errors import NotFound
from kg_service.model.terms import KG, OWL, RDFS
from kg_service.rdf.formats import TURTLE, parse
from kg_service.vocabulary.catalogue import Catalogue, Role, Term

__all__ = ["router"]

router = APIRouter(tags=["vocabulary"])


def _words(catalogue: Catalogue, term: Term) -> str:
    return " ".join((term.local, term.label, *term.alt_labels, *term.notations)).casefold()


def _path_name(catalogue: Catalogue, term: Term) -> str:
    """The shortest name that means the term: no local name is in two of our namespaces."""
    return quote(term.local, safe="") if term.local else quote(term.iri, safe="")


def _term(service: Service, term: Term, host: str) -> dict[str, Any]:
    catalogue = service.house.catalogue
    role = catalogue.role(term.iri) or catalogue.role_of_property(term.iri)
    return {
        "id": term.iri,
        "url": f"{host}/terms/{_path_name(catalogue, term)}",
        "name": term.local,
        "label": term.label,
        "definition": term.definition,
        "sort": term.sort,
        "group": _group_of(catalogue, term),
        "status": term.status,
        "parents": list(term.parents),
        "children": list(catalogue.children(term.iri)),
        "alt_labels": list(term.alt_labels),
        "notations": list(term.notations),
        "role": None if role is None else _role(role),
        "product": term.sort == "class" and catalogue.is_product(term.iri),
    }


def _role(role: Role) -> dict[str, Any]:
    return {"term": role.term, "property": role.property, "kind": role.kind.value, "unit": role.unit}


def _about(catalogue: Catalogue, iri: str) -> list[Triple]:
    """What the ontology states of a term, class expressions included."""
    wanted: list[NamedNode | BlankNode] = [NamedNode(iri)]
    found: list[Triple] = []
    by_subject: dict[Any, list[Triple]] = {}
    for triple in catalogue.triples:
        by_subject.setdefault(triple.subject, []).append(triple)
    seen = set(wanted)
    while wanted:
        for triple in by_subject.get(wanted.pop(), ()):
            found.append(triple)
            if isinstance(triple.object, BlankNode) and triple.object not in seen:
                seen.add(triple.object)
                wanted.append(triple.object)
    return found


@router.get("/terms", summary="Terms of the ontology.", responses=bodies("TermList"))
def listed(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words of name or label.")] = "",
    among: Annotated[
        str | None, Query(pattern="^(product|role|instrument|messenger|class|property|individual)$")
    ] = None,
    limit: Limit = 100,
    after: After = None,
) -> Response:
    """``among`` keeps what can be asked for, given, observed with, or observed; these come first."""
    service = service_of(request)
    catalogue = service.house.catalogue
    words = q.casefold().split()
    found = [
        t
        for t in _in_groups(catalogue)
        if among in (None, _group_of(catalogue, t)) and all(w in _words(catalogue, t) for w in words)
    ]
    some, following = page_of(found, lambda t: t.iri, limit=limit, after=after)
    items = [_term(service, term, host_of(request)) for term in some]
    return give_list(request, service, "terms", items, total=len(found), after=following)


@cache
def _groups(catalogue: Catalogue) -> dict[str, str]:
    """Each term (IRI) and the first of the groups that it is in."""
    terms = catalogue.terms()
    found = {
        "product": {t.iri for t in terms if t.sort == "class" and catalogue.is_product(t.iri)},
        "role": {role.term for role in catalogue.roles()},
        "instrument": set(catalogue.instruments()),
        "messenger": set(catalogue.messengers()),
    }
    return {t.iri: next((name for name, iris in found.items() if t.iri in iris), t.sort) for t in terms}


def _group_of(catalogue: Catalogue, term: Term) -> str:
    return _groups(catalogue)[term.iri]


@cache
def _in_groups(catalogue: Catalogue) -> tuple[Term, ...]:
    """What a request may name first; in each group by label."""
    order = ("product", "role", "instrument", "messenger", "class", "property")
    groups = _groups(catalogue)

    def place(term: Term) -> tuple[int, str, str]:
        group = groups[term.iri]
        return order.index(group) if group in order else len(order), term.label.casefold(), term.iri

    return tuple(sorted(catalogue.terms(), key=place))


@router.get("/terms/{name:path}", summary="A term of the ontology.", responses=bodies("Term", rdf=True))
def one(request: Request, name: str) -> Response:
    """Found by local name, CURIE, IRI or a usual spelling."""
    service = service_of(request)
    catalogue = service.house.catalogue
    term = catalogue.find(name)
    content = _term(service, term, host_of(request))
    return give(request, service, "term", content, graph=lambda: _about(catalogue, term.iri))


@router.get(
    "/instruments", summary="Instruments, detectors and observatories.", responses=bodies("InstrumentList")
)
def instruments(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """Those with a workflow and those without one."""
    service = service_of(request)
    catalogue = service.house.catalogue
    found = sorted(catalogue.instruments(), key=lambda iri: catalogue.instrument(iri).label.casefold())
    some, following = page_of(found, str, limit=limit, after=after)
    using = _workflows_using(service)
    items = [_instrument(service, iri, host_of(request), using) for iri in some]
    return give_list(request, service, "instruments", items, total=len(found), after=following)


@router.get("/instruments/{name:path}", summary="An instrument.", responses=bodies("Instrument", rdf=True))
def instrument(request: Request, name: str) -> Response:
    """What it observes, when it does, and which workflows use it."""
    service = service_of(request)
    iri = service.house.catalogue.find(name, among="instrument").iri
    content = _instrument(service, iri, host_of(request), _workflows_using(service))
    return give(request, service, "instrument", content, graph=lambda: _about(service.house.catalogue, iri))


def _workflows_using(service: Service) -> dict[str, list[str]]:
    """The workflows (IRIs) of each instrument; those of a detector are also those of its observatory."""
    house = service.house
    using: dict[str, list[str]] = {}
    for workflow in house.registry.workflows:
        for iri in with_wholes(instruments_of(workflow, house.catalogue), house.catalogue):
            using.setdefault(iri, []).append(house.site.iri(*workflow.path))
    return using


def _instrument(service: Service, iri: str, host: str, using: Mapping[str, list[str]]) -> dict[str, Any]:
    house = service.house
    catalogue = house.catalogue
    found = catalogue.instrument(iri)
    term = catalogue.term(iri)
    return {
        "id": iri,
        "url": f"{host}/instruments/{_path_name(catalogue, term)}",
        "name": term.local,
        "label": found.label,
        "description": found.description,
        "kind": found.kind or None,
        "observes": list(found.observes),
        "part_of": list(found.part_of),
        "parts": [other for other in catalogue.instruments() if iri in catalogue.instrument(other).part_of],
        "start": found.start,
        "end": found.end,
        "energy": [found.lowest, found.highest],
        "alt_labels": list(found.alt_names),
        "workflows": using.get(iri, []),
    }


@router.get("/ontology", summary="The whole ontology.", responses=texts(*RDF_TYPES, HTML))
def ontology(request: Request) -> Response:
    """The namespace of the terms, as this instance holds it."""
    service = service_of(request)
    return give_graph(request, service, service.house.catalogue.triples, f"The ontology <{KG}>")


@router.get("/shapes", summary="The nouns that have SHACL shapes.", responses=bodies("ShapeList"))
def nouns_with_shapes(request: Request, limit: Limit = 100, after: After = None) -> Response:
    """What is judged before it is written."""
    service = service_of(request)
    nouns = _shape_files()
    some, following = page_of(list(nouns), str, limit=limit, after=after)
    items = [_shape(noun, nouns[noun], host_of(request)) for noun in some]
    return give_list(request, service, "shapes", items, total=len(nouns), after=following)


def _shape_files() -> dict[str, Path]:
    return {path.stem: path for path in sorted(data_folder("shapes").glob("*.ttl"))}


def _shape(noun: str, path: Path, host: str) -> dict[str, Any]:
    graph, _ = _read(path)
    me = next(t.subject for t in graph if getattr(t.object, "value", "") == OWL + "Ontology")
    labels = [t.object for t in graph if t.subject == me and t.predicate.value == RDFS + "label"]
    assert isinstance(me, NamedNode)
    label = next((label.value for label in labels if isinstance(label, Literal)), noun)
    return {"id": me.value, "url": f"{host}/shapes/{noun}", "name": noun, "label": label}


@router.get("/shapes/{noun}", summary="The SHACL shapes of a noun.", responses=texts(*RDF_TYPES, HTML))
def shapes(request: Request, noun: str) -> Response:
    """What makes a query, workflow, run, product or dataset well formed."""
    nouns = _shape_files()
    if noun not in nouns:
        raise NotFound(
            f"There are no shapes for {noun!r}; there are for {', '.join(nouns)}.", value=noun, near=nouns
        )
    graph, turtle = _read(nouns[noun])
    return give_graph(request, service_of(request), graph, f"Shapes for {noun}", turtle=turtle)


@cache  # the names of blank nodes are new at each reading, and would change the entity tag
def _read(path: Path) -> tuple[list[Triple], bytes]:
    """The graph, and its Turtle with the comments of its authors."""
    content = path.read_bytes()
    return parse(content, TURTLE, None), content
