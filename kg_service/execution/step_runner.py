"""Runs one step of a plan: its arguments, its key, its execution, its record."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg_service.discovery.lookup import Lookup
from kg_service.errors import NotCovered, Problem, problem_from_code
from kg_service.execution.arguments import StepArguments, gather
from kg_service.execution.live import LiveRuns
from kg_service.execution.performance import Freshness, Performance
from kg_service.execution.products import make_product
from kg_service.execution.recording import Recorder
from kg_service.model.plan import Plan, Step
from kg_service.model.product import Dataset, FileRole, Product, ProductFile
from kg_service.model.registry import Registry
from kg_service.model.run import Phase, Progress, Run, new_run_ident, now
from kg_service.model.terms import Site
from kg_service.planning.coverage import outside
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.runkey import run_key
from kg_service.ports import BlobStore, Engine, Limits, Outcome, Task
from kg_service.validation.judge import Judge, require
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Prepared", "StepRunner"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step that is ready to run or to be reused."""

    step: Step
    arguments: StepArguments
    datasets: tuple[Dataset, ...]
    key: str


class StepRunner:
    """Runs steps for one site.

    Parameters
    ----------
    folder
        Where the scratch folders of runs live.
    """

    def __init__(
        self,
        *,
        site: Site,
        catalogue: Catalogue,
        registry: Registry,
        judge: Judge,
        index: WorkflowIndex,
        blobs: BlobStore,
        lookup: Lookup,
        recorder: Recorder,
        engine: Engine,
        live: LiveRuns,
        folder: Path,
        limits: Limits,
    ) -> None:
        self._site = site
        self._catalogue = catalogue
        self._registry = registry
        self._judge = judge
        self._index = index
        self._blobs = blobs
        self._lookup = lookup
        self._recorder = recorder
        self._engine = engine
        self._live = live
        self._folder = folder
        self._limits = limits

    def prepare(self, step: Step, plan: Plan, made: Sequence[Product]) -> Prepared:
        """Arguments, datasets and run key of a step whose predecessors have ``made`` their products.

        Raises
        ------
        Invalid
            When the arguments do not conform to the workflow's shape.
        NotCovered, ArchiveUnavailable
            When the data that the step would read cannot be had.
        """
        arguments = gather(step, plan.steps, made, self._site, self._blobs)
        values = arguments.canonical
        require(self._judge.check_arguments(step.workflow, values))
        derived = {name: v for name, v in values.items() if arguments.origins[name] == "derived"}
        lacking = outside(step.workflow, derived, self._index)
        if lacking is not None:  # a derived value may lie outside what is declared; a given one cannot
            raise NotCovered(f"{step.workflow.title}: {lacking.message}", parameter=lacking.term)
        which = self._registry.datasets.get(step.workflow.digest)
        datasets = tuple(which(arguments.plain)) if which is not None else ()
        return Prepared(step, arguments, datasets, run_key(step.workflow, arguments.canonical, datasets))

    def reusable(self, prepared: Prepared, freshness: Freshness, *, last: bool) -> Product | None:
        """An earlier product made under the same key, where that is fresh enough."""
        if freshness.fresh or not (
            prepared.step.workflow.deterministic or prepared.arguments.canonical.get("seed")
        ):
            return None
        return self._lookup.reusable(prepared.key, freshness.newer_than if last else None)

    def say(self, performance: Performance, progress: Progress) -> None:
        """Progress of the step that is next to be made as progress of the whole plan."""
        steps, done = performance.plan.steps, len(performance.made)
        title = steps[done].workflow.title
        message = f"{title}: {progress.message}" if progress.message else title
        fraction = (done + (progress.fraction or 0.0)) / len(steps)
        self._live.progress(performance.run, Progress(fraction, message))

    def run(self, performance: Performance, prepared: Prepared) -> Product:
        """Run one step on the engine and record how it ended.

        Raises
        ------
        Problem
            How it failed, with ``run`` set; the failure is recorded.
        """
        run = Run(
            ident=new_run_ident() if performance.many else performance.run,
            query=performance.query_iri,
            workflow=self._site.iri(*prepared.step.workflow.path),
            phase=Phase.PENDING,
            created=now(),
            run_key=prepared.key,
            arguments={name: value.key for name, value in prepared.arguments.canonical.items()},
            used=tuple(self._site.iri("products", p.ident) for p in prepared.arguments.used),
        )
        if performance.many:
            self._live.begin(run)
            self._live.move(run.ident, Phase.EXECUTING, started=now())
            steps = (*(s.run for s in performance.steps if s.run), self._site.iri("runs", run.ident))
            self._live.update(performance.run, steps=steps)
        self.say(performance, Progress(0.0))
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"run-{run.ident}-", dir=self._folder))
        try:
            return self._run_in(performance, prepared, replace(run, started=now()), scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run_in(self, performance: Performance, prepared: Prepared, run: Run, scratch: Path) -> Product:
        workflow = prepared.step.workflow
        task = Task(run.ident, workflow, prepared.arguments.plain, scratch, self._limits)
        performance.current = run.ident

        def listener(_: str, news: Progress | str) -> None:
            watched = {run.ident, performance.run}
            if isinstance(news, str):
                for ident in watched:
                    self._live.log(ident, news)
                return
            self.say(performance, news)
            if performance.many:
                self._live.progress(run.ident, news)

        future = self._engine.submit(task, listener)
        if performance.cancelled.is_set():
            self._engine.cancel(run.ident)
        outcome = future.result()
        performance.current = None
        return self._conclude(performance, prepared, run, outcome)

    def _conclude(self, performance: Performance, prepared: Prepared, run: Run, outcome: Outcome) -> Product:
        """Keep files, record the run, and answer with its product or raise its problem."""
        workflow = prepared.step.workflow
        datasets = prepared.datasets
        if outcome.datasets:
            # What was really read counts, not what was at hand before: asked again, it is in the cache.
            datasets = tuple({d.ident: d for d in outcome.datasets}.values())
            key = run_key(workflow, prepared.arguments.canonical, datasets)
            prepared, run = replace(prepared, key=key), replace(run, run_key=key)
        run = replace(
            run,
            ended=now(),
            resources=dict(outcome.resources),
            environment=dict(outcome.environment),
            seed=outcome.seed,
        )
        problem: Problem | None = None
        product: Product | None = None
        log: ProductFile | None = None
        if outcome.problem is not None:
            problem = _problem(outcome.problem)
        try:
            log = self._keep_log(outcome)
            if problem is None:
                product = make_product(
                    outcome,
                    workflow,
                    run=run.ident,
                    created=run.ended or now(),
                    run_key=prepared.key,
                    canonical=prepared.arguments.canonical,
                    inputs=tuple(prepared.arguments.products.values()),
                    sources=prepared.arguments.used,
                    datasets=datasets,
                    site=self._site,
                    blobs=self._blobs,
                    catalogue=self._catalogue,
                    lookup=self._lookup,
                )
                product = replace(product, same_content=self._lookup.same_content(product.content))
                self._record(
                    performance, prepared, replace(run, phase=Phase.COMPLETED), datasets, product, log
                )
        except Problem as failure:
            problem = failure
        if problem is not None:
            phase = Phase.ABORTED if outcome.cancelled else Phase.ERROR
            run = replace(run, phase=phase, problem=problem.to_json())
            if performance.many:
                self._live.move(run.ident, phase, ended=run.ended, problem=run.problem)
            elif performance.may_turn(problem):
                # The question goes on with another plan, and keeps the run that it was announced with.
                run = replace(run, ident=new_run_ident())
            self._record(performance, prepared, run, datasets, None, log)
            problem.run = self._site.iri("runs", run.ident)
            raise problem
        assert product is not None
        if performance.many:
            address = self._site.iri("products", product.ident)
            self._live.move(run.ident, Phase.COMPLETED, ended=run.ended, products=(address,))
        return product

    def _keep_log(self, outcome: Outcome) -> ProductFile | None:
        if outcome.log is None or not outcome.log.exists():
            return None
        sha256, size = self._blobs.put(outcome.log)
        return ProductFile("run.log", "text/plain", size, sha256, FileRole.LOG)

    def _record(
        self,
        performance: Performance,
        prepared: Prepared,
        run: Run,
        datasets: Sequence[Dataset],
        product: Product | None,
        log: ProductFile | None,
    ) -> None:
        run = replace(
            run,
            log=self._site.iri("runs", run.ident, "log") if log is not None else None,
            products=(self._site.iri("products", product.ident),) if product is not None else (),
            used=(*(self._site.iri("datasets", d.ident) for d in datasets), *run.used),
        )
        is_step = run.ident != performance.run
        self._recorder.run(
            run,
            performance.query,
            prepared.step.workflow,
            origins=prepared.arguments.origins,
            datasets=datasets,
            product=product,
            part_of=self._site.iri("runs", performance.run) if is_step else None,
            step=len(performance.steps) + 1 if is_step else None,
            log=log,
        )


def _problem(content: Any) -> Problem:
    members = {name: content[name] for name in ("parameter", "value", "near", "report")}
    return problem_from_code(content["code"], content["detail"], **members)
