"""Carries out a plan step by step: reuse what means the same, otherwise run, record, go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kg_service.errors import Problem, RunFailed
from kg_service.execution.live import LiveRuns
from kg_service.execution.once import once
from kg_service.execution.performance import NO_DATA, Freshness, Performance, no_data
from kg_service.execution.recording import Recorder
from kg_service.execution.step_runner import Prepared, StepRunner
from kg_service.model.answer import PassedOver, StepAnswer
from kg_service.model.plan import Plan, Step
from kg_service.model.product import Product
from kg_service.model.run import Phase, Progress, Run, now
from kg_service.model.terms import Site
from kg_service.ports import Engine
from kg_service.rdf.plan import PlanStep

__all__ = ["Conductor"]


class Conductor:
    """Carries out plans for one site.

    Parameters
    ----------
    locks
        The folder of the locks that let equal runs happen once.
    follow
        Lets the index see what other processes have written.
    """

    def __init__(
        self,
        *,
        site: Site,
        steps: StepRunner,
        recorder: Recorder,
        engine: Engine,
        live: LiveRuns,
        locks: Path,
        follow: Callable[[], None],
    ) -> None:
        self._site = site
        self._steps = steps
        self._recorder = recorder
        self._engine = engine
        self._live = live
        self._locks = locks
        self._follow = follow

    def recall(self, plan: Plan, freshness: Freshness) -> tuple[list[Product], list[StepAnswer]]:
        """The steps from the beginning that earlier products answer; nothing is run or written."""
        made: list[Product] = []
        answers: list[StepAnswer] = []
        if freshness.fresh:
            return made, answers
        for step in plan.steps:
            prepared = self._steps.prepare(step, plan, made)
            product = self._steps.reusable(prepared, freshness, last=step is plan.last)
            if product is None:
                break
            made.append(product)
            answers.append(self._answer(step, product, reused=True))
        return made, answers

    def perform(self, performance: Performance) -> Product:
        """Carry out the best plan that has data to its end; its run is already announced in ``live``.

        Raises
        ------
        Problem
            The problem of the step that failed, with ``run`` set; the failure is recorded.
        """
        created = now()
        self._live.move(performance.run, Phase.EXECUTING, started=created)
        try:
            while not self._performed(performance):
                pass
        except Problem as problem:
            self._end_badly(performance, problem, created)
            problem.run = self._site.iri("runs", performance.run)
            raise
        product = performance.made[-1]
        if performance.many and not all(step.reused for step in performance.steps):
            self._end_plan(performance, Phase.COMPLETED, created, None)
        self._live.move(
            performance.run,
            Phase.COMPLETED,
            ended=now(),
            products=(self._site.iri("products", product.ident),),
        )
        return product

    def passed_over(self, plan: Plan, problem: Problem) -> PassedOver:
        """What to say of a plan that turned out to have no data."""
        return PassedOver(self._site.iri(*plan.last.workflow.path), problem.code, problem.detail)

    def _performed(self, performance: Performance) -> bool:
        """Carry out the plan; ``False`` when it has no data and the next best one has taken its place."""
        try:
            for step in performance.plan.steps:
                if performance.cancelled.is_set():
                    raise _cancelled()
                place, product = self._perform_step(performance, step)
                performance.places.append(place)
                performance.made.append(product)
        except Problem as problem:
            if not performance.lacks_data(problem):
                raise
            if not performance.may_turn(problem):
                raise no_data(problem, performance.passed_over) from problem
            performance.turn(self.passed_over(performance.plan, problem))
            self._live.update(performance.run, workflow=None)
            return False
        return True

    def cancel(self, performance: Performance) -> None:
        """Stop a plan: the step that runs is killed, later ones never start."""
        performance.cancelled.set()
        if performance.current is not None:
            self._engine.cancel(performance.current)

    def _perform_step(self, performance: Performance, step: Step) -> tuple[int, Product]:
        """One step of the plan: its place among all that was done for the question, and its product."""
        try:
            prepared = self._steps.prepare(step, performance.plan, performance.made)
            known = performance.known.get(prepared.key)
            if isinstance(known, Problem):
                raise known
            if known is not None:
                return known
            product, reused = self._had_or_made(performance, step, prepared)
        except Problem as problem:
            workflow = self._site.iri(*step.workflow.path)
            performance.note(step, StepAnswer(problem.run, workflow, None, reused=False))
            raise
        place = performance.note(step, self._answer(step, product, reused=reused))
        performance.known[prepared.key] = place, product
        return place, product

    def _had_or_made(self, performance: Performance, step: Step, prepared: Prepared) -> tuple[Product, bool]:
        """The product of a step, and whether it was there before."""
        last = step is performance.plan.last

        def waiting() -> None:
            self._steps.say(performance, Progress(None, "waiting: the same run is under way elsewhere"))

        with once(self._locks, prepared.key, stop=performance.cancelled.is_set, waiting=waiting):
            self._follow()  # whoever held the lock before may have made the product
            product = self._steps.reusable(prepared, performance.freshness, last=last)
            if product is not None:
                return product, True
            try:
                return self._steps.run(performance, prepared), False
            except NO_DATA as problem:
                performance.known[prepared.key] = problem
                raise

    def _answer(self, step: Step, product: Product, *, reused: bool) -> StepAnswer:
        return StepAnswer(
            run=product.run,
            workflow=self._site.iri(*step.workflow.path),
            product=self._site.iri("products", product.ident),
            reused=reused,
        )

    def _end_badly(self, performance: Performance, problem: Problem, created: str) -> None:
        phase = Phase.ABORTED if performance.cancelled.is_set() else Phase.ERROR
        if performance.many:
            self._end_plan(performance, phase, created, problem)
        elif problem.run is None:  # it ended before its only step began, which would have been recorded
            self._end_unbegun(performance, phase, created, problem)
        self._live.move(performance.run, phase, ended=now(), problem=problem.to_json())

    def _end_unbegun(self, performance: Performance, phase: Phase, created: str, problem: Problem) -> None:
        workflow = performance.plan.last.workflow
        run = Run(
            ident=performance.run,
            query=performance.query_iri,
            workflow=self._site.iri(*workflow.path),
            phase=phase,
            created=created,
            ended=now(),
            problem=problem.to_json(),
        )
        self._recorder.run(run, performance.query, workflow, origins={})

    def _end_plan(
        self, performance: Performance, phase: Phase, created: str, problem: Problem | None
    ) -> None:
        product = performance.made[-1] if phase is Phase.COMPLETED else None
        steps = [
            PlanStep(
                workflow=answer.workflow,
                run=None if answer.reused else answer.run,
                reused=answer.product if answer.reused else None,
                after=after,
            )
            for answer, after in zip(performance.steps, performance.after, strict=True)
        ]
        run = Run(
            ident=performance.run,
            query=performance.query_iri,
            workflow=None,
            phase=phase,
            created=created,
            started=created,
            ended=now(),
            steps=tuple(s.run for s in performance.steps if s.run is not None and not s.reused),
            products=(self._site.iri("products", product.ident),) if product is not None else (),
            problem=problem.to_json() if problem is not None else None,
        )
        self._recorder.plan(run, performance.query, steps, performance.passed_over)


def _cancelled() -> Problem:
    return RunFailed("The run was cancelled.")
