"""One resource in the form that the client likes: JSON, a page, or its graph; and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from pyoxigraph import Triple
from starlette.requests import Request
from starlette.responses import Response

from kg_service.api.negotiation import DATA_NAMES, HTML, JSON, RDF_TYPES, choose, json_bytes, reply
from kg_service.api.service import Service, host_of, path_of
from kg_service.errors import BadValue, NotAcceptable, NotFound
from kg_service.rdf.formats import EXTENSIONS, TURTLE, serialise

__all__ = ["FORM", "After", "Limit", "form_of", "give", "give_graph", "give_list", "newest_page", "page_of"]

T = TypeVar("T")
FORM: Final = "as"
"""The name in an address that chooses the form. Python reserves the word: no analysis has such an input."""
_NAMES = {"json": JSON, "html": HTML, **DATA_NAMES, **EXTENSIONS}

Limit = Annotated[int, Query(ge=1, le=1000, description="How many items are given at most.")]
After = Annotated[
    str | None, Query(max_length=200, description="The last item of the page before, as `next` names it.")
]


def form_of(request: Request, offered: Sequence[str]) -> str:
    """The media type that ``?as=`` names, for links on pages; otherwise what the client likes best.

    Raises
    ------
    NotAcceptable
        It is not given here.
    """
    name = request.query_params.get(FORM)
    if name is None:
        return choose(request, offered)
    names = {short: kind for short, kind in _NAMES.items() if kind in offered}
    if name not in names:
        raise NotAcceptable(
            f"This address gives {', '.join(names)}, not {name!r}.", parameter=FORM, value=name, near=names
        )
    return names[name]


def give(
    request: Request,
    service: Service,
    page: str,
    content: Mapping[str, Any],
    *,
    words: Callable[[], Mapping[str, Any]] = dict,
    graph: Callable[[], Iterable[Triple]] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A resource as JSON, as the page of that name or, where it has a graph, as RDF.

    Parameters
    ----------
    words
        What only the page says beside the content.
    """
    offered = (JSON, HTML, *(RDF_TYPES if graph is not None else ()))
    kind = form_of(request, offered)
    if kind == JSON:
        body = json_bytes(content)
    elif kind == HTML:
        body = service.pages.page(page, {**content, **words()}, host=host_of(request), path=path_of(request))
    else:
        assert graph is not None
        body = serialise(graph(), kind, base=service.house.site.base)
    return reply(request, body, kind, status=status, headers=headers)


def give_graph(
    request: Request,
    service: Service,
    graph: Iterable[Triple],
    name: str,
    *,
    turtle: bytes | None = None,
    page: str = "graph",
    words: Callable[[], Mapping[str, Any]] = dict,
) -> Response:
    """Something that is a graph and nothing else; people see it as Turtle on a page.

    Parameters
    ----------
    turtle
        The Turtle as its authors wrote it, where there is such.
    page, words
        The page that shows it, and what only that page says.
    """
    kind = form_of(request, (*RDF_TYPES, HTML))
    base = service.house.site.base
    written = kind if kind != HTML else TURTLE
    body = turtle if turtle is not None and written == TURTLE else serialise(graph, written, base=base)
    if kind == HTML:
        content = {"name": name, "turtle": body.decode(), **words()}
        body = service.pages.page(page, content, host=host_of(request), path=path_of(request))
    return reply(request, body, kind)


def page_of(
    items: Sequence[T], key: Callable[[T], str], *, limit: int, after: str | None
) -> tuple[Sequence[T], str | None]:
    """The items after the one with the key ``after``, and the key of the last of them if more follow.

    Raises
    ------
    BadValue
        No item has that key.
    """
    start = 0
    if after is not None:
        start = next((i for i, item in enumerate(items, 1) if key(item) == after), 0)
        if not start:
            raise _no_item(after)
    found = items[start : start + limit]
    return found, key(found[-1]) if start + limit < len(items) else None


def newest_page(
    service: Service, kind: str, *, limit: int, after: str | None, first: Sequence[str] = ()
) -> tuple[Sequence[str], str | None]:
    """A page of recorded things (IRIs), newest first, and the ident of the last of them if more follow.

    Parameters
    ----------
    first
        What comes before them in the list, as it is not recorded yet.

    Raises
    ------
    BadValue
        ``after`` is none of them.
    """
    lookup, site = service.house.lookup, service.house.site
    idents = [site.ident(iri) for iri in first]
    if after is None or after in idents:
        waiting = first if after is None else first[idents.index(after) + 1 :]
        found = [*waiting, *lookup.newest(kind, limit + 1)]
    else:
        try:
            last = service.iri(kind, after)
            lookup.record_of(last)
        except NotFound as unknown:
            raise _no_item(after) from unknown
        found = lookup.newest(kind, limit + 1, last)
    some = found[:limit]
    return some, site.ident(some[-1]) if len(found) > limit else None


def _no_item(after: str) -> BadValue:
    return BadValue(
        f"The list has no item {after!r}; begin it again without `after`.", parameter="after", value=after
    )


def give_list(
    request: Request,
    service: Service,
    noun: str,
    items: Sequence[Any],
    *,
    total: int,
    after: str | None,
    near: Sequence[str] | None = None,
    words: Callable[[], Sequence[Mapping[str, Any]]] | None = None,
) -> Response:
    """A page of a list; ``after`` is the key of its last item when there are more.

    Parameters
    ----------
    near
        Of a search: words that would have found something; ``None`` for lists that are not searched.
    words
        What only the page says of each item.
    """
    following = None
    if after is not None:
        kept = [(n, v) for n, v in parse_qsl(request.url.query, keep_blank_values=True) if n != "after"]
        following = f"{host_of(request)}{request.url.path}?{urlencode([*kept, ('after', after)])}"
    content: dict[str, Any] = {"items": list(items), "total": total, "next": following}
    if near is not None:
        content["near"] = list(near)
    headers = {} if following is None else {"Link": f'<{following}>; rel="next"'}
    kind = form_of(request, (JSON, HTML))
    if kind == JSON:
        return reply(request, json_bytes(content), kind, headers=headers)
    shown = {**content, "noun": noun}
    if words is not None:
        shown["items"] = [{**item, **said} for item, said in zip(items, words(), strict=True)]
    body = service.pages.page("list", shown, host=host_of(request), path=path_of(request))
    return reply(request, body, kind, headers=headers)
