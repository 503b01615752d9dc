"""The questions that both embedded adapters answer, the writer and the reader beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store, Triple

from kg_service.errors import Malformed
from kg_service.store.binding import Term, bind
from kg_service.store.sparql_results import write_graph, write_rows

__all__ = ["EmbeddedQuestions"]

_T = TypeVar("_T")


class EmbeddedQuestions(ABC):
    """Reads with SPARQL and by graph; how the engine's store is reached is left to the adapters."""

    @abstractmethod
    def _read(self, question: Callable[[Store], _T]) -> _T:
        """The answer of a store to a question, with the engine's failures as problems of ours."""

    def select(self, sparql: str, **bound: Term) -> list[dict[str, Term]]:
        """The rows, each a dictionary of the variables that have a value."""
        text = bind(sparql, bound)
        extra = dict(bound) if text.star else {}

        def question(store: Store) -> list[dict[str, Term]]:
            result = _evaluate(store, text.text)
            if not isinstance(result, QuerySolutions):
                raise Malformed("This SPARQL is not a SELECT.")
            names = [v.value for v in result.variables]
            return [
                extra | {n: t for n, t in zip(names, row, strict=True) if t is not None} for row in result
            ]

        return self._read(question)

    def ask(self, sparql: str, **bound: Term) -> bool:
        """Whether there is a solution."""
        text = bind(sparql, bound).text

        def question(store: Store) -> bool:
            result = _evaluate(store, text)
            if not isinstance(result, QueryBoolean):
                raise Malformed("This SPARQL is not an ASK.")
            return bool(result)

        return self._read(question)

    def construct(self, sparql: str, **bound: Term) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE, each once."""
        text = bind(sparql, bound).text

        def question(store: Store) -> list[Triple]:
            result = _evaluate(store, text)
            if not isinstance(result, QueryTriples):
                raise Malformed("This SPARQL is neither a CONSTRUCT nor a DESCRIBE.")
            return list(dict.fromkeys(result))

        return self._read(question)

    def graph(self, name: str) -> list[Triple]:
        """The triples of one named graph; none when there is no such graph."""
        node = NamedNode(name)
        return self._read(lambda store: [q.triple for q in store.quads_for_pattern(None, None, None, node)])

    def graphs(self) -> list[str]:
        """The names of all graphs, sorted."""
        return self._read(lambda store: sorted(g.value for g in store.named_graphs()))

    def evaluate(self, text: str, media_type: str, rows: int) -> bytes:
        """A query's answer in a media type of the standard (see ``sparql_results``).

        Raises
        ------
        TooManyRows
            Beyond ``rows`` rows or triples.
        SyntaxError
            As the engine tells it.
        """

        def question(store: Store) -> bytes:
            result = store.query(text)
            if isinstance(result, QueryTriples):
                return write_graph(result, media_type, rows)
            return write_rows(result, media_type, rows)

        return self._read(question)


def _evaluate(store: Store, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
    try:
        return store.query(text)
    except SyntaxError as error:
        raise Malformed(f"The SPARQL text cannot be read: {error}.") from error
