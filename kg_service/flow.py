"""The journey on one page: a query is checked, matched, answered by reuse or by a run, and recorded.

query -> shapes -> match and plan -> earlier product? -> answer by reuse, the use is recorded
                                  -> otherwise each step runs, is validated, sealed, indexed -> answer
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kg_service.discovery.lookup import Lookup
from kg_service.errors import Conflict, Problem, RunFailed
from kg_service.execution.conductor import Conductor
from kg_service.execution.live import LiveRuns
from kg_service.execution.performance import NO_DATA, Freshness, Performance, no_data
from kg_service.execution.recording import Recorder
from kg_service.model.answer import Answer, AnswerStatus, PassedOver, Resolved, StepAnswer
from kg_service.model.plan import Explanation, Plan
from kg_service.model.product import Product
from kg_service.model.query import Query
from kg_service.model.run import ENDED, Phase, Run, new_run_ident, now
from kg_service.model.terms import KG, ODA, Site
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.plan import in_turn
from kg_service.rdf import query as query_rdf
from kg_service.validation.judge import Judge, require

__all__ = ["Explained", "Journey"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation, and the product (IRI) that would answer by reuse."""

    query: Query
    explanation: Explanation
    would_reuse: str | None


class Journey:
    """Answers queries for one site; safe to use from many threads."""

    def __init__(
        self,
        *,
        site: Site,
        index: WorkflowIndex,
        judge: Judge,
        lookup: Lookup,
        recorder: Recorder,
        conductor: Conductor,
        live: LiveRuns,
    ) -> None:
        self._site = site
        self._index = index
        self._judge = judge
        self._lookup = lookup
        self._recorder = recorder
        self._conductor = conductor
        self._live = live
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="journey")
        self._under_way: dict[str, Performance] = {}
        self._lock = threading.Lock()

    def explain(self, query: Query) -> Explained:
        """Which workflows can answer, and why each other one cannot; nothing is run or written."""
        from kg_service.planning.whynot import explain, without_data

        self._check(query)
        explanation = explain(query, self._index)
        lacking: list[Problem] = []
        for plan in explanation.plans:
            try:
                made = self._conductor.recall(plan, Freshness())[0]
            except NO_DATA as problem:
                lacking.append(problem)
                continue
            whole = len(made) == len(plan.steps)
            would_reuse = self._site.iri("products", made[-1].ident) if whole else None
            return Explained(query, without_data(explanation, lacking), would_reuse)
        return Explained(query, without_data(explanation, lacking), None)

    def ask(self, query: Query, *, fresh: bool = False) -> Answer:
        """The answer when a product exists already, otherwise the run that is making it (``pending``).

        Raises
        ------
        Problem
            When the query is not valid, or nothing can answer it.
        """
        self._check(query)
        freshness = Freshness(fresh, _newer_than(query))
        found = in_turn(query, self._index)
        plan = next(found, None)
        if plan is None:
            raise self._refusal(query)
        passed: list[PassedOver] = []
        while True:
            try:
                made, steps = self._conductor.recall(plan, freshness)
            except NO_DATA as problem:  # known from earlier products alone
                following = next(found, None)
                if following is None:
                    raise no_data(problem, passed) from problem
                passed.append(self._conductor.passed_over(plan, problem))
                plan = following
                continue
            if len(made) == len(plan.steps):
                return self._reused(query, made, steps, passed)
            return self._start(query, plan, found, freshness, passed)

    def wait(self, answer: Answer, seconds: float | None) -> Answer:
        """The answer as it stands when the run has ended or the time is over."""
        if answer.status is not AnswerStatus.PENDING or answer.run is None:
            return answer
        run = self._live.wait(self._site.ident(answer.run), seconds)
        return answer if run is None else self._answer_of(answer, run)

    def answer(self, query_iri: str) -> Answer:
        """What became of an earlier query: its newest run, or the product that answered it.

        Raises
        ------
        NotFound
            When there is no such query.
        """
        query = self._lookup.query(query_iri, self._index.catalogue)
        with self._lock:
            under_way = [p for p in self._under_way.values() if p.query == query]
        if under_way:
            return self._pending(query, under_way[-1])
        return self._with_steps_told(self._lookup.answer(query_iri, query))

    def cancel(self, ident: str) -> None:
        """Stop a run that is under way.

        Raises
        ------
        Conflict
            When the run has ended.
        NotFound
            When there is no such run.
        """
        with self._lock:
            performance = self._under_way.get(ident)
        if performance is None:
            self._lookup.run(self._site.iri("runs", ident))
            raise Conflict("This run has ended; only a run that is under way can be cancelled.", value=ident)
        self._conductor.cancel(performance)

    def close(self) -> None:
        """Cancel what is under way and wait for its records."""
        with self._lock:
            under_way = list(self._under_way.values())
        for performance in under_way:
            self._conductor.cancel(performance)
        self._threads.shutdown(wait=True)

    # -- the parts of the way ------------------------------------------------------------------

    def _check(self, query: Query) -> None:
        """Stop here, with the SHACL report, when the query does not conform."""
        triples = query_rdf.to_triples(query, self._site)
        given = {b.property: (b.name, b.given) for b in query.bindings}
        require(self._judge.check(triples, noun="query"), given)

    def _refusal(self, query: Query) -> Problem:
        from kg_service.planning.whynot import explain, refusal

        return refusal(explain(query, self._index))

    def _reused(
        self, query: Query, made: list[Product], steps: list[StepAnswer], passed: list[PassedOver]
    ) -> Answer:
        product = made[-1]
        iri = self._site.iri("products", product.ident)
        self._recorder.reuse(query, iri)
        return Answer(
            query=query,
            status=AnswerStatus.DONE,
            product=product,
            reuse=self._lookup.reuse_of(product),
            run=product.run,
            workflow=product.workflow,
            steps=tuple(steps),
            resolved=_resolved(query, made),
            passed_over=tuple(passed),
            caveats=_caveats(made),
        )

    def _start(
        self, query: Query, plan: Plan, others: Iterator[Plan], freshness: Freshness, passed: list[PassedOver]
    ) -> Answer:
        """Begin to carry out a plan, or join the equal query that is under way."""
        query_iri = self._recorder.query(query)
        performance = Performance(query, query_iri, plan, freshness, new_run_ident(), others, passed)
        with self._lock:
            for other in self._under_way.values():
                if other.query == query and other.freshness == freshness and not freshness.fresh:
                    return self._pending(query, other)
            workflow = None if performance.many else self._site.iri(*plan.last.workflow.path)
            self._live.begin(Run(performance.run, query_iri, workflow, Phase.PENDING, now()))
            self._under_way[performance.run] = performance
        self._threads.submit(self._carry_out, performance)
        return self._pending(query, performance)

    def _carry_out(self, performance: Performance) -> None:
        try:
            self._conductor.perform(performance)
        except Problem as problem:
            self._end_if_open(performance.run, problem)
        except Exception:  # noqa: BLE001 - a fault of ours must end the run, or its watchers wait for ever
            _log.exception("run %s ended by a fault of the service", performance.run)
            self._end_if_open(performance.run, RunFailed("The service made a mistake; its log says where."))
        finally:
            with self._lock:
                del self._under_way[performance.run]

    def _end_if_open(self, ident: str, problem: Problem) -> None:
        """End a run whose own record could not be written: somebody waits for it."""
        run = self._live.get(ident)
        if run is not None and run.phase not in ENDED:
            self._live.move(ident, Phase.ERROR, ended=now(), problem=problem.to_json())

    def _pending(self, query: Query, performance: Performance) -> Answer:
        return Answer(
            query=query,
            status=AnswerStatus.PENDING,
            run=self._site.iri("runs", performance.run),
            workflow=self._site.iri(*performance.plan.last.workflow.path),
            resolved=_resolved(query),
        )

    def _answer_of(self, answer: Answer, run: Run) -> Answer:
        if run.phase not in ENDED:
            return answer
        run_iri = self._site.iri("runs", run.ident)
        if run.phase is not Phase.COMPLETED:
            status = AnswerStatus.CANCELLED if run.phase is Phase.ABORTED else AnswerStatus.FAILED
            return replace(answer, status=status, problem=run.problem)
        if not self._lookup.knows(run_iri, "Run"):
            # While this run waited for its turn, others made all it needs: nothing was run.
            return self.ask(answer.query)
        return self._with_steps_told(self._lookup.answer_by(run_iri, answer.query))

    def _with_steps_told(self, answer: Answer) -> Answer:
        """The answer with what its steps found on the way: how names were understood, and caveats."""
        made = [self._lookup.product(step.product) for step in answer.steps if step.product is not None]
        return replace(answer, resolved=_resolved(answer.query, made), caveats=_caveats(made))


def _newer_than(query: Query) -> str | None:
    return next((c.value for c in query.constraints if c.property == KG + "newerThan"), None)


def _caveats(made: Sequence[Product]) -> tuple[str, ...]:
    """What the products on the way carry and the last one does not."""
    known = made[-1].quality if made else ()  # where it may name the instrument before the same words
    told = dict.fromkeys(text for p in made[:-1] for text in p.quality)
    return tuple(text for text in told if not any(text in said for said in known))


def _resolved(query: Query, made: Sequence[Product] = ()) -> tuple[Resolved, ...]:
    """How each given value was understood, for people to check; a name by what it was resolved to."""
    identifiers = [g.value.text for p in made for g in p.gives if g.term == KG + "MainIdentifier"]
    found = []
    for b in query.bindings:
        used = f"{b.value.text} {b.value.unit}" if b.value.unit else str(b.value.plain)
        if b.term == ODA + "AstrophysicalObject" and identifiers:
            used = identifiers[0]
        found.append(Resolved(b.term, b.given, used))
    return (*found, *(Resolved(c.property, c.given or c.value, c.value) for c in query.constraints))
