"""The index on a SPARQL 1.1 server, reached by SPARQLWrapper.

An update is one request, which the standard asks servers to treat as atomic (SPARQL 1.1 Update,
section 3) and Oxigraph does. The default graph is the merge of all named graphs, kept so by every
write (see ``updates``): a server needs no set-up of its own, and must not add a union itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit

from pyoxigraph import (
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from kg_service.errors import Malformed, Problem, ServiceProblem, StorageFull
from kg_service.store.binding import Term, bind
from kg_service.store.sparql_results import GRAPH_TYPES, RowCounter, write_graph
from kg_service.store.updates import insertion, replacement

__all__ = ["RemoteStore", "addresses"]


def addresses(store: str, update: str | None = None) -> tuple[str, str]:
    """Where queries and updates go.

    Parameters
    ----------
    store
        ``KG_STORE``: the address of the server (``http://127.0.0.1:7878``) or of its query service
        (ending in ``/query`` or ``/sparql``).
    update
        The address for updates where it is not ``/update`` beside the query service; ``store`` is then
        the query address as it stands.
    """
    if update is not None:
        return store, update
    root, _, last = store.rstrip("/").rpartition("/")
    if last in ("query", "sparql"):
        return store, f"{root}/update"
    return f"{store.rstrip('/')}/query", f"{store.rstrip('/')}/update"


class RemoteStore:
    """Reads and writes graphs on a server.

    Parameters
    ----------
    store, update
        As for :func:`addresses`; a user name and password may stand before the host.
    seconds
        Longest wait for an answer, in seconds.

    Raises
    ------
    ServiceProblem
        From every method, when the server cannot be reached or fails; its address is named.
    """

    def __init__(self, store: str, update: str | None = None, *, seconds: float = 30.0) -> None:
        parts = urlsplit(store)
        self._user = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._query_address, self._update_address = (_public(a) for a in addresses(store, update))
        self._seconds = seconds

    def select(self, sparql: str, **bound: Term) -> list[dict[str, Term]]:
        """The rows, each a dictionary of the variables that have a value."""
        text = bind(sparql, bound)
        result = self._results(text.text)
        if not isinstance(result, QuerySolutions):
            raise Malformed("This SPARQL is not a SELECT.")
        extra = dict(bound) if text.star else {}
        names = [v.value for v in result.variables]
        return [extra | {n: t for n, t in zip(names, row, strict=True) if t is not None} for row in result]

    def ask(self, sparql: str, **bound: Term) -> bool:
        """Whether there is a solution."""
        result = self._results(bind(sparql, bound).text)
        if not isinstance(result, QueryBoolean):
            raise Malformed("This SPARQL is not an ASK.")
        return bool(result)

    def construct(self, sparql: str, **bound: Term) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE, each once."""
        body, media = self._send(bind(sparql, bound).text, "application/n-triples")
        if media != "application/n-triples":
            raise Malformed(f"This SPARQL is neither a CONSTRUCT nor a DESCRIBE (the answer is {media}).")
        return list(dict.fromkeys(q.triple for q in parse(body, RdfFormat.N_TRIPLES)))

    def evaluate(self, text: str, media_type: str, rows: int) -> bytes:
        """A query's answer in a media type of the standard; ``TooManyRows`` beyond ``rows``."""
        if media_type in GRAPH_TYPES:
            return write_graph(self.construct(text), media_type, rows)
        body, found = self._send(text, media_type)
        if found != media_type:
            raise ServiceProblem(
                f"The SPARQL server {self._query_address} answered as {found}, not {media_type}."
            )
        RowCounter(media_type, rows).write(body)
        return body

    def graph(self, name: str) -> list[Triple]:
        """The triples of one named graph; none when there is no such graph."""
        return self.construct(
            "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?graph { ?s ?p ?o } }", graph=NamedNode(name)
        )

    def graphs(self) -> list[str]:
        """The names of all graphs, sorted."""
        rows = self.select("SELECT DISTINCT ?graph WHERE { GRAPH ?graph { } }")
        return sorted(g.value for row in rows if isinstance(g := row["graph"], NamedNode))

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads, all or none."""
        batch = list(quads)
        if batch:
            self._update(insertion(batch))

    def replace(self, graph: str, triples: Iterable[Triple]) -> None:
        """Give a named graph a new content, all or nothing."""
        self._update(replacement(graph, triples))

    def remove(self, graph: str) -> None:
        """Take a named graph away; no error when there is none."""
        self.replace(graph, ())

    def flush(self) -> None:
        """Nothing to do: what a server has accepted is its to keep."""

    def close(self) -> None:
        """Nothing to do: each request has its own connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _results(self, text: str) -> QuerySolutions | QueryBoolean:
        body, media = self._send(text, "application/sparql-results+json")
        if media != "application/sparql-results+json":
            raise Malformed(f"This SPARQL is neither a SELECT nor an ASK (the answer is {media}).")
        return parse_query_results(body, QueryResultsFormat.JSON)

    def _send(self, text: str, accept: str) -> tuple[bytes, str]:
        from SPARQLWrapper import SELECT, SPARQLWrapper

        request = SPARQLWrapper(self._query_address)
        self._fill(request, text)
        # SPARQLWrapper guesses from the text and would send an update as one: a reader must not write.
        request.queryType = SELECT
        request.addCustomHttpHeader("Accept", accept)
        return self._answer(request, self._query_address)

    def _update(self, text: str) -> None:
        from SPARQLWrapper import INSERT, SPARQLWrapper

        request = SPARQLWrapper(self._query_address, self._update_address)
        self._fill(request, text)
        request.queryType = INSERT
        self._answer(request, self._update_address)

    def _fill(self, request: Any, text: str) -> None:
        from SPARQLWrapper import POST, POSTDIRECTLY

        request.setQuery(text)
        request.setMethod(POST)
        request.setRequestMethod(POSTDIRECTLY)
        request.timeout = self._seconds  # setTimeout would cut it to whole seconds
        if any(self._user):
            request.setCredentials(*self._user)

    def _answer(self, request: Any, address: str) -> tuple[bytes, str]:
        """Send, read all, and give the body with its media type."""
        with _translated(address, self._seconds):
            response = request.query().response
            with response:
                media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return response.read(), media


@contextmanager
def _translated(address: str, seconds: float) -> Iterator[None]:
    from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, SPARQLWrapperException

    try:
        yield
    except QueryBadFormed as error:
        raise Malformed(f"The SPARQL text cannot be read: {_reason(error)}.") from error
    except SPARQLWrapperException as error:
        raise _server_problem(address, _reason(error)) from error
    except HTTPError as error:
        with error:
            text = error.read(2000).decode(errors="replace").strip()
        if error.code == 406:
            raise Malformed("The SPARQL text is of another form than was asked for.") from error
        raise _server_problem(address, f"{error.code} {text or error.reason}") from error
    except TimeoutError as error:
        raise ServiceProblem(f"The SPARQL server {address} did not answer within {seconds:g} s.") from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, TimeoutError):
            raise ServiceProblem(
                f"The SPARQL server {address} did not answer within {seconds:g} s."
            ) from error
        raise ServiceProblem(
            f"The SPARQL server {address} cannot be reached: {reason}. Start it, or set KG_STORE to another."
        ) from error


def _server_problem(address: str, reason: str) -> Problem:
    if "no space left" in reason.lower() or reason.startswith("507"):
        return StorageFull(f"The SPARQL server {address} has no room left: {reason}.")
    return ServiceProblem(f"The SPARQL server {address} refused: {reason}.")


def _reason(error: Exception) -> str:
    """What the server said, without SPARQLWrapper's frame around it."""
    text = str(error)
    _, _, said = text.partition("Response:\n")
    return (said.removeprefix("b'").removeprefix('b"').rstrip("'\"") or text).strip()


def _public(address: str) -> str:
    """An address without user name and password, which stay out of messages and logs."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))
