"""Writes the records: every graph is validated, sealed and synced before anything points to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from pyoxigraph import Triple

from kg_service.discovery.lookup import Lookup
from kg_service.errors import Problem, RunFailed
from kg_service.model.answer import PassedOver
from kg_service.model.product import Dataset, Product, ProductFile
from kg_service.model.query import Query
from kg_service.model.run import Run, now
from kg_service.model.terms import Site
from kg_service.model.workflow import Workflow
from kg_service.rdf import answer as answer_rdf
from kg_service.rdf import dataset as dataset_rdf
from kg_service.rdf import plan as plan_rdf
from kg_service.rdf import product as product_rdf
from kg_service.rdf import query as query_rdf
from kg_service.rdf import run as run_rdf
from kg_service.rdf import workflow as workflow_rdf
from kg_service.rdf.agent import Agent
from kg_service.rdf.sealing import as_indexed, seal
from kg_service.store.records import Records
from kg_service.validation.judge import Judge, require
from kg_service.validation.report import Report

__all__ = ["Recorder"]

_log = logging.getLogger(__name__)


class Recorder:
    """Seals records for one site.

    Parameters
    ----------
    refresh
        Brings the index up to date with the records; called after each of them.
    """

    def __init__(
        self,
        site: Site,
        records: Records,
        judge: Judge,
        lookup: Lookup,
        agent: Agent,
        refresh: Callable[[], None],
    ) -> None:
        self._site = site
        self._records = records
        self._judge = judge
        self._lookup = lookup
        self._agent = agent
        self._refresh = refresh

    def _seal(self, kind: str, triples: Iterable[Triple], *described: str) -> None:
        """Seal a record; whoever asks next for what it describes (IRIs) need not wait for the index."""
        record = as_indexed(triples)
        _, content = seal(record, self._site)
        self._records.append(kind, content)
        self._lookup.remember(record, *described)

    def _index(self) -> None:
        """Bring the index up to date. A sealed record stands: an index that is behind must not undo it."""
        try:
            self._refresh()
        except Problem as problem:
            _log.warning("The index is behind its records: %s", problem.detail)

    def query(self, query: Query) -> str:
        """Record an accepted query, once; its IRI."""
        iri = query_rdf.query_iri(query, self._site)
        if not self._lookup.knows(iri, "Query"):
            self._seal("query", query_rdf.to_triples(query, self._site, now()), iri)
            self._index()
        return iri

    def workflow(self, workflow: Workflow, covers: Sequence[str]) -> None:
        """Record a published workflow version; the caller has checked it, and refreshes after the last."""
        triples = workflow_rdf.to_triples(workflow, self._site, now(), covers)
        require(self._judge.check(triples, noun="workflow"))
        self._seal("workflow", triples)

    def reuse(self, query: Query, product: str) -> None:
        """Record, once, that an earlier product (IRI) answered a query."""
        record = answer_rdf.ReuseRecord(self.query(query), product, now())
        iri = answer_rdf.answer_iri(record, self._site)
        if not self._lookup.knows(iri, "Answer"):
            self._seal("answer", answer_rdf.to_triples(record, self._site), iri)
            self._index()

    def run(
        self,
        run: Run,
        query: Query,
        workflow: Workflow,
        *,
        origins: dict[str, str],
        datasets: Sequence[Dataset] = (),
        product: Product | None = None,
        part_of: str | None = None,
        step: int | None = None,
        log: ProductFile | None = None,
    ) -> None:
        """Record a run that ended, with all that is needed to understand it alone.

        Raises
        ------
        RunFailed
            When the graph does not conform to the shapes; the report is in the problem.
        """
        site = self._site
        triples = [
            *run_rdf.to_triples(
                run, site, workflow, origins=origins, agent=self._agent, part_of=part_of, step=step, log=log
            ),
            *query_rdf.to_triples(query, site),
            *workflow_rdf.to_triples(workflow, site),
            *(t for dataset in datasets for t in dataset_rdf.to_triples(dataset, site)),
        ]
        made = [] if product is None else product_rdf.to_triples(product, site, workflow)
        doubts = [f.message for f in self._conform([*triples, *made], "run").warnings]
        if product is not None and doubts:
            # What the shapes find doubtful is a caveat of the product, for everybody to see.
            product = replace(product, quality=tuple(dict.fromkeys((*product.quality, *doubts))))
            made = product_rdf.to_triples(product, site, workflow)
        self._seal("run", [*triples, *made], self._site.iri("runs", run.ident), *run.products)
        self._index()
        self._lookup.changed()

    def plan(
        self,
        run: Run,
        query: Query,
        steps: Sequence[plan_rdf.PlanStep],
        passed_over: Sequence[PassedOver] = (),
    ) -> None:
        """Record the run of a question that took several steps, and the workflows that had no data."""
        triples = [
            *run_rdf.to_triples(run, self._site, agent=self._agent),
            *plan_rdf.to_triples(self._site.iri("runs", run.ident), run.query, steps, passed_over),
            *query_rdf.to_triples(query, self._site),
        ]
        self._conform(triples, "run")
        self._seal("plan", triples, self._site.iri("runs", run.ident))
        self._index()

    def _conform(self, triples: Sequence[Triple], noun: str) -> Report:
        """The report on a graph that conforms; it may hold warnings."""
        report = self._judge.check(triples, noun=noun)
        if not report.conforms:
            first = report.findings[0].message
            raise RunFailed(f"The record of this run does not conform: {first}", report=report.turtle)
        return report
