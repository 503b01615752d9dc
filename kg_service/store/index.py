"""Keeps the index in step with the sealed records, which are the truth.

The triples of each record stand in a graph of their own, ``<base>records/<sha256>``, so indexing a
record twice changes nothing. How far the index has come stands in the index itself, in the graph
``<base>graphs/index``: an index that is lost or behind is brought up by whoever writes next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg_service.errors import NotFound, Problem, ServiceProblem
from kg_service.model.terms import KG, Site
from kg_service.ports import GraphStore
from kg_service.store.records import Entry, Records

__all__ = ["Index", "Unseal"]

INDEXED_UP_TO: Final = NamedNode(KG + "indexedUpTo")
_BATCH: Final = 5000  # quads written at once
_REMEMBER: Final = 0.5  # s between two notes of the position


class Unseal(Protocol):
    """Reads a sealed record: its bytes and the site's base IRI give its triples."""

    def __call__(self, content: bytes, base: str, /) -> list[Triple]:  # noqa: D102 - said by the class
        ...


class Index:
    """Writes records into a graph store.

    One writer may hold several threads; :meth:`catch_up` takes its turn.

    Parameters
    ----------
    store
        The index, for writing.
    records
        The sealed records.
    base
        The site's base IRI.
    unseal
        ``kg_service.rdf.sealing.unseal``.
    derive
        Gives what follows from a record, for graphs that are no record's.
    """

    def __init__(
        self,
        store: GraphStore,
        records: Records,
        base: str,
        unseal: Unseal,
        derive: Callable[[Entry, list[Triple]], Iterable[Quad]] = lambda _entry, _triples: (),
    ) -> None:
        self._store = store
        self._records = records
        self._site = Site(base)
        self._unseal = unseal
        self._derive = derive
        self._turn = threading.Lock()
        self._position: int | None = None
        self._noted = 0
        self._noted_at = 0.0

    @property
    def graph(self) -> str:
        """The graph that holds the position."""
        return self._site.iri("graphs", "index")

    def graph_of(self, sha256: str) -> str:
        """The graph of a record."""
        return self._site.iri("records", sha256)

    def position(self) -> int:
        """The sequence up to which all records are in the index (0: none)."""
        if self._position is None:
            numbers = [
                int(t.object.value) for t in self._store.graph(self.graph) if isinstance(t.object, Literal)
            ]
            self._position = self._noted = max(numbers, default=0)
        return self._position

    def behind(self) -> int:
        """How many records are not in the index yet."""
        return self._records.last() - self.position()

    def catch_up(self) -> int:
        """Index the records that arrived since, also those of other processes; gives their number.

        Raises
        ------
        ServiceProblem
            A damaged record, by its file; those before it are indexed.
        """
        with self._turn:
            if self._records.last() < self.position():
                # The records are another, shorter history (restored from a backup): start anew.
                self._forget()
            return self._apply(self._records.entries(self.position()), None)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> list[Problem]:
        """Make the record graphs again from the records alone; graphs of other kinds stay.

        Parameters
        ----------
        progress
            Called with how many records are done, and of how many.

        Returns
        -------
        list
            One problem per record that is damaged or missing; all others are indexed.
        """
        with self._turn:
            self._forget()
            problems: list[Problem] = []
            total = self._records.last()

            def told(entries: Iterable[Entry]) -> Iterator[Entry]:
                for entry in entries:
                    if progress is not None:
                        progress(entry.sequence, total)
                    yield entry

            self._apply(told(self._records.entries()), problems)
            self._note(force=True)
            self._store.flush()
            return problems

    def close(self) -> None:
        """Note the position; the store stays open."""
        with self._turn:
            self._note(force=True)

    def _forget(self) -> None:
        self._store.remove(self.graph)
        self._position = self._noted = 0
        prefix = self.graph_of("")
        for name in self._store.graphs():
            if name.startswith(prefix):
                self._store.remove(name)

    def _apply(self, entries: Iterable[Entry], problems: list[Problem] | None) -> int:
        done, batch, last = 0, list[Quad](), self.position()
        try:
            for entry in entries:
                try:
                    batch += self._quads(entry)
                except (ServiceProblem, NotFound) as problem:
                    if problems is None:
                        raise
                    problems.append(problem)
                last = entry.sequence
                done += 1
                if len(batch) >= _BATCH:
                    self._write(batch, last)
                    batch = []
        finally:
            if last != self._position:
                self._write(batch, last)
        return done

    def _quads(self, entry: Entry) -> list[Quad]:
        name = NamedNode(self.graph_of(entry.sha256))
        content = self._records.read(entry.sha256)
        try:
            triples = self._unseal(content, self._site.base)
        except Problem as problem:
            raise ServiceProblem(
                f"The record {self._records.path(entry.kind, entry.sha256)} cannot be read: {problem.detail}",
                value=entry.sha256,
            ) from problem
        quads = [Quad(t.subject, t.predicate, t.object, name) for t in triples]
        return [*quads, *self._derive(entry, triples)]

    def _write(self, batch: list[Quad], last: int) -> None:
        self._store.add(batch)
        self._position = last
        self._note(force=False)

    def _note(self, *, force: bool) -> None:
        """Write the position down now and then: one that lags costs only indexing a few records again."""
        due = force or time.monotonic() - self._noted_at >= _REMEMBER
        if self._position is None or self._position == self._noted or not due:
            return
        name = NamedNode(self.graph)
        self._store.replace(self.graph, [Triple(name, INDEXED_UP_TO, Literal(self._position))])
        self._noted, self._noted_at = self._position, time.monotonic()
