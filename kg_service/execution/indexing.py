"""Keeps the index up to date with the sealed records: in passing (commands) or for good (a service).

The records are the truth. Whoever writes to the index first applies every record it lacks, so a
process that was killed between sealing and indexing loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg_service.discovery import inference
from kg_service.discovery.lookup import text_of
from kg_service.execution.publishing import bands_covered
from kg_service.model.terms import Site
from kg_service.ports import GraphReader, GraphStore
from kg_service.rdf import product as product_rdf
from kg_service.rdf import workflow as workflow_rdf
from kg_service.rdf.sealing import unseal
from kg_service.store.index import Index
from kg_service.store.oxigraph import EmbeddedReader
from kg_service.store.records import Entry, Records
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Indexer", "LastingIndexer", "PassingIndexer", "RecordIndex"]

_ONTOLOGY = "graphs/ontology"


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
                covers = bands_covered(workflow, self._catalogue)
                yield from inference.of_workflow(workflow, self._site, self._catalogue, covers)
        elif entry.kind == "run":
            for product in product_rdf.from_triples(triples, self._site):
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
    """For a service: holds the index for writing from beginning to end."""

    def __init__(self, index: RecordIndex, store: GraphStore) -> None:
        self._store = store
        self._index = index.over(store)
        self.refresh()

    @property
    def reader(self) -> GraphReader:
        """Reads what is indexed."""
        return self._store

    def refresh(self) -> None:
        """Apply the records the index lacks."""
        self._index.catch_up()

    def follow(self) -> None:
        """Nobody else writes while this index is held."""

    def close(self) -> None:
        """Give the files back."""
        self._index.close()
        self._store.close()
