"""Writes results of SPARQL in the media types of the standard, up to a number of rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, Triple, serialize

from kg_service.model.terms import PREFIXES

__all__ = ["GRAPH_TYPES", "ROW_TYPES", "RowCounter", "TooManyRows", "write_graph", "write_rows"]

ROW_TYPES: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPH_TYPES: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}


class TooManyRows(Exception):
    """There are more rows or triples than allowed."""


class RowCounter:
    """Collects what a serialiser writes and counts the rows in it.

    Parameters
    ----------
    media_type
        One of :data:`ROW_TYPES`.
    limit
        The largest number of rows.
    """

    def __init__(self, media_type: str, limit: int) -> None:
        self._chunks: list[bytes] = []
        self._limit = limit
        self._tail = b""
        self._quoted = False
        self._rows = 0
        self._count = {
            "application/sparql-results+json": self._in_json,
            "application/sparql-results+xml": self._in_xml,
            "text/csv": self._in_csv,
            "text/tab-separated-values": self._in_tsv,
        }[media_type]
        # One line of a table is the header; between n JSON objects there are n - 1 borders.
        self._offset = {
            "text/csv": -1,
            "text/tab-separated-values": -1,
            "application/sparql-results+json": 1,
        }.get(media_type, 0)

    def write(self, chunk: bytes) -> int:
        """Take a piece; called by the serialiser."""
        self._chunks.append(bytes(chunk))
        self._rows += self._count(bytes(chunk))
        if self._rows + self._offset > self._limit:
            raise TooManyRows
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back."""

    def content(self) -> bytes:
        """Everything that was written."""
        return b"".join(self._chunks)

    def _in_tsv(self, chunk: bytes) -> int:
        return chunk.count(b"\n")  # line ends inside values are escaped

    def _in_csv(self, chunk: bytes) -> int:
        rows = 0
        for index, part in enumerate(chunk.split(b'"')):
            self._quoted = self._quoted ^ (index > 0)
            rows += 0 if self._quoted else part.count(b"\n")
        return rows

    def _in_xml(self, chunk: bytes) -> int:
        return self._with_tail(chunk, b"<result>")  # in values "<" is escaped

    def _in_json(self, chunk: bytes) -> int:
        """Borders before rows that have a value (rows without any are too short to do harm).

        Such a border goes on with a variable's name in quotes. The same characters at the end of a
        text value are followed by the closing quote and then ``}`` or ``,``; inside a text value a
        quote has a backslash before it.
        """
        before, joined = self._tail, self._tail + chunk
        self._tail = joined[-8:]
        # What follows decides: a border is counted when the byte after it has arrived.
        borders = joined[:-1].count(b'},{"') - before[:-1].count(b'},{"')
        ends = sum(joined.count(end) - before.count(end) for end in (b'},{"}', b'},{",'))
        return borders - ends

    def _with_tail(self, chunk: bytes, mark: bytes) -> int:
        joined = self._tail + chunk
        found = joined.count(mark) - self._tail.count(mark)
        self._tail = joined[-8:]
        return found


def write_rows(result: QuerySolutions | QueryBoolean, media_type: str, limit: int) -> bytes:
    """Serialise rows or a truth value; :class:`TooManyRows` beyond ``limit``."""
    if isinstance(result, QueryBoolean):
        return result.serialize(format=ROW_TYPES[media_type]) or b""
    counter = RowCounter(media_type, limit)
    result.serialize(counter, ROW_TYPES[media_type])  # type: ignore[arg-type]
    return counter.content()


def write_graph(triples: Iterable[Triple], media_type: str, limit: int) -> bytes:
    """Serialise a graph, each triple once; :class:`TooManyRows` beyond ``limit``."""
    found = dict.fromkeys(islice(triples, limit + 1))
    if len(found) > limit:
        raise TooManyRows
    return serialize(found, format=GRAPH_TYPES[media_type], prefixes=PREFIXES) or b""
