"""Keeps the index up to date with the sealed records: in passing (commands) or for good (a service).

The records are the truth. Whoever writes to the index first applies every record it lacks, so a
process that was killed between sealing and indexing loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg_service.discovery import inference
from kg_service.discovery.lookup import text_of
from kg_service.errors import Problem
from kg_service.model.terms import Site
from kg_service.ports import GraphReader, GraphStore
from kg_service.rdf import product as product_rdf
from kg_service.rdf import workflow as workflow_rdf
from kg_service.rdf.graph import kg, rdf_type
from kg_service.rdf.sealing import unseal
from kg_service.store.index import Index
from kg_service.store.oxigraph import EmbeddedReader
from kg_service.store.records import Entry, Records
from kg_service.vocabulary.catalogue import Catalogue

if TYPE_CHECKING:
    from kg_service.ports import Term

__all__ = ["Indexer", "LastingIndexer", "PassingIndexer", "RecordIndex"]

_ONTOLOGY = "graphs/ontology"
_TOLD = (rdf_type, kg("observedWith"))
"""All that the classes of a product follow from."""
_GRACE = 0.02
"""Seconds for which indexing lets the answer go first."""

_log = logging.getLogger(__name__)


class RecordIndex:
    """How the records of a site become its index: a named graph each, and what reasoning adds.

    Parameters
    ----------
    catalogue
        The ontology; an index made with another one is made anew.
    """

    def __init__(self, records: Records, site: Site, catalogue: Catalogue) -> None:
        self._records = records
        self._site = site
        self._catalogue = catalogue

    def over(self, store: GraphStore) -> Index:
        """The index in a store, with the ontology in place."""
        index = Index(store, self._records, self._site.base, unseal, self._derive)
        if not self._same_ontology(store):
            self.rebuild(store, index)
        return index

    def rebuild(self, store: GraphStore, index: Index | None = None) -> int:
        """Make the index anew from the records alone; how many records there are.

        Raises
        ------
        ServiceProblem
            When a record is damaged; all others are indexed then.
        """
        index = index or Index(store, self._records, self._site.base, unseal, self._derive)
        store.replace(self._site.iri(_ONTOLOGY), self._catalogue.triples)
        store.replace(self._site.iri(inference.INFERRED), inference.header(self._site, self._catalogue))
        damaged = index.rebuild()
        if damaged:
            raise damaged[0]
        return index.position()

    def behind(self, reader: GraphReader) -> bool:
        """Whether there are records that the index lacks, or it was made with another ontology."""
        rows = reader.select(text_of("indexed"))
        indexed = int(rows[0]["number"].value) if rows else 0
        return indexed < self._records.last() or not self._same_ontology(reader)

    def _derive(self, entry: Entry, triples: list[Triple]) -> Iterator[Quad]:
        inferred = NamedNode(self._site.iri(inference.INFERRED))
        for triple in self._follows(entry, triples):
            yield Quad(triple.subject, triple.predicate, triple.object, inferred)

    def _follows(self, entry: Entry, triples: list[Triple]) -> Iterator[Triple]:
        if entry.kind == "workflow":
            for workflow in workflow_rdf.from_triples(triples, self._site):
                yield from inference.of_workflow(workflow, self._site, self._catalogue)
        elif entry.kind == "run":
            told = [t for t in triples if t.predicate in _TOLD]
            for product in product_rdf.from_triples(told, self._site):
                yield from inference.of_product(product, self._site, self._catalogue)

    def _same_ontology(self, reader: GraphReader) -> bool:
        return reader.ask(
            text_of("ontology_used"),
            inferred=NamedNode(self._site.iri(inference.INFERRED)),
            digest=Literal(self._catalogue.digest),
        )


class Indexer(Protocol):
    """The index as the journey sees it."""

    @property
    def reader(self) -> GraphReader:
        """Reads what is indexed."""

    def refresh(self) -> None:
        """Apply the records the index lacks."""

    def follow(self) -> None:
        """See what other processes have indexed meanwhile."""

    def close(self) -> None:
        """Give the files back."""


class PassingIndexer:
    """For commands: reads beside any writer, and opens the index for writing only to catch up."""

    def __init__(
        self, index: RecordIndex, reader: EmbeddedReader, open_writer: Callable[[], GraphStore]
    ) -> None:
        self._index = index
        self._reader = reader
        self._open_writer = open_writer
        if index.behind(reader):
            self.refresh()

    @property
    def reader(self) -> GraphReader:
        """Reads what is indexed."""
        return self._reader

    def refresh(self) -> None:
        """Apply the records the index lacks."""
        writer = self._open_writer()
        try:
            index = self._index.over(writer)
            index.catch_up()
            index.close()
        finally:
            writer.close()
        self._reader.refresh()

    def follow(self) -> None:
        """See what other processes have indexed meanwhile."""
        self._reader.refresh()

    def close(self) -> None:
        """Give the files back."""
        self._reader.close()


class LastingIndexer:
    """For a service: holds the index for writing from beginning to end, and indexes behind the answers.

    A thread applies new records a moment after they were sealed. Who reads before does it at once, so
    that everybody sees what was sealed before, and nobody waits who does not read.
    """

    def __init__(self, index: RecordIndex, store: GraphStore) -> None:
        self._store = store
        self._index = index.over(store)
        self._index.catch_up()
        self._told = self._done = 0  # of how many arrivals it was told, and how many are indexed
        self._telling = threading.Lock()
        self._turn = threading.Lock()
        self._arrived = threading.Event()
        self._ending = threading.Event()
        self._reader = _CaughtUp(store, self._catch_up)
        self._thread = threading.Thread(target=self._index_behind, daemon=True, name="index")
        self._thread.start()

    @property
    def reader(self) -> GraphReader:
        """Reads all that was sealed when the question comes."""
        return self._reader

    def refresh(self) -> None:
        """There are new records."""
        self.follow()
        self._arrived.set()

    def follow(self) -> None:
        """Other processes that share a server may have sealed records, too."""
        with self._telling:
            self._told += 1

    def close(self) -> None:
        """Index what is left, and give the files back."""
        self._ending.set()
        self._arrived.set()
        self._thread.join()
        self._catch_up()
        self._index.close()
        self._store.close()

    def _catch_up(self) -> None:
        if self._done == self._told:
            return
        with self._turn:
            told = self._told
            if self._done == told:
                return
            try:
                self._index.catch_up()
            except Problem as problem:
                # The records are safe, and the index is tried again with the next one.
                _log.warning("The index is behind its records: %s", problem.detail)
            self._done = told

    def _index_behind(self) -> None:
        while not self._ending.is_set():
            self._arrived.wait()
            self._arrived.clear()
            self._ending.wait(_GRACE)
            self._catch_up()


class _CaughtUp:
    """A reader before whose questions the index is brought up to date."""

    def __init__(self, reader: GraphReader, catch_up: Callable[[], None]) -> None:
        self._behind = reader
        self._catch_up = catch_up

    @property
    def _reader(self) -> GraphReader:
        self._catch_up()
        return self._behind

    def select(self, sparql: str, **bound: Term) -> list[dict[str, Term]]:
        return self._reader.select(sparql, **bound)

    def ask(self, sparql: str, **bound: Term) -> bool:
        return self._reader.ask(sparql, **bound)

    def construct(self, sparql: str, **bound: Term) -> list[Triple]:
        return self._reader.construct(sparql, **bound)

    def graph(self, name: str) -> list[Triple]:
        return self._reader.graph(name)

    def graphs(self) -> list[str]:
        return self._reader.graphs()

    def close(self) -> None:
        self._behind.close()
