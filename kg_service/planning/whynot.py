"""The explanation of a query: the plan with its reasons, or the smallest reason why nothing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kg_service.errors import Conflict, NotCovered, NoWorkflow, Problem, UnknownTerm
from kg_service.model.plan import Candidate, Edit, EditKind, Explanation, Missing, MissingCode
from kg_service.model.query import Constraint, Query
from kg_service.model.terms import KG
from kg_service.planning.diagnosis import diagnose
from kg_service.planning.entries import Entry
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.match import Asked, open_to
from kg_service.planning.plan import ALTERNATIVES, Finder, to_plan
from kg_service.planning.remedy import ASKS_FOR, Remedies, apply_edits, cost
from kg_service.planning.remedy_words import as_requested, in_a_sentence
from kg_service.planning.search import DEPTH, WIDTH
from kg_service.planning.wording import Words, listed, noun

__all__ = ["CANDIDATES", "explain", "refusal", "without_data"]

CANDIDATES: Final = 20
"""Candidates listed in an explanation."""

_HOPELESS: Final = 5
"""Workflows listed when none gives the kind of product: their only remedy is another question."""

_INSTRUMENT: Final = KG + "instrument"


def explain(
    query: Query, index: WorkflowIndex, *, limit: int = CANDIDATES, depth: int = DEPTH, width: int = WIDTH
) -> Explanation:
    """Which workflows can answer and by which plan; why each other one cannot, and what would help.

    Parameters
    ----------
    limit
        Candidates listed at most; those that cannot answer are the nearest ones.
    depth, width
        Bounds of the search (:func:`.plan.plans`).
    """
    finder = Finder(query, index, depth=depth, width=width)
    found = finder.best(max(limit, ALTERNATIVES))
    answering: dict[int, Candidate] = {}
    for answer in found:
        entry = answer.node.entry
        if entry.number not in answering:
            plan = to_plan(answer, finder)
            answering[entry.number] = Candidate(entry.workflow, True, len(answering) + 1, plan.reasons)
    others = _others(query, index, set(answering), limit - len(answering), depth=depth, width=width)
    candidates = (*answering.values(), *others)[:limit]
    plans = tuple(to_plan(answer, finder) for answer in found[:ALTERNATIVES])
    why_not = None if plans else _Reason(query, index, others, depth=depth, width=width).text()
    return Explanation(plans[0] if plans else None, candidates, why_not, plans[1:])


def _others(
    query: Query, index: WorkflowIndex, answering: set[int], limit: int, *, depth: int, width: int
) -> list[Candidate]:
    """The nearest workflows that cannot answer, those with the smallest remedy first."""
    pool = [entry for entry in _pool(query, index) if entry.number not in answering][: max(limit, 0)]
    finder = Finder(query, index, depth=depth, width=width)
    ranked = []
    for entry in pool:
        remedy = Remedies(query, entry, index, depth=depth, width=width).smallest()
        missing = diagnose(entry, finder)
        reasons = tuple(m.message for m in missing)
        edits = sorted(as_requested(remedy or (), query, index.catalogue), key=lambda edit: edit.name)
        candidate = Candidate(entry.workflow, False, None, reasons, missing, tuple(edits))
        size = (len(remedy), sum(map(cost, remedy))) if remedy is not None else (99, len(missing))
        ranked.append((size, entry.tie, candidate))
    return [candidate for _, _, candidate in sorted(ranked, key=lambda item: item[:2])]


def _pool(query: Query, index: WorkflowIndex) -> list[Entry]:
    """The workflows worth explaining: of the asked kind, else of the asked instrument, else of any kind.

    Nearest first by what can be seen without a search.
    """
    asked = Asked(query, index)
    if asked.workflow is not None:
        return index.named(asked.workflow)
    kind = index.request_features(query.asks_for, ())
    found = index.candidates(kind) or index.candidates(frozenset(f for f in kind if f[0] == "class"))
    apart = index.constraint_features(query.constraints)
    if apart:
        found += index.candidates(apart)
    entries = {entry.number: entry for entry, _ in found} or {
        e.number: e for e in index.entries if e.promises
    }
    guessed = sorted((_guess(asked, entry), entry.tie, entry.number) for entry in entries.values())
    return [entries[number] for _, _, number in guessed[: None if found else _HOPELESS]]


def _guess(asked: Asked, entry: Entry) -> int:
    """A lower bound of the unmet conditions, for choosing which workflows to look at closely."""
    lacking = min((len(asked.features - p.potential) for p in entry.promises), default=len(asked.features))
    takes = entry.takes
    for slot in entry.slots:
        takes |= asked.index.reach(slot)
    unused = sum(not takes >> role & 1 for role in asked.roles if role >= 0)
    unmet = sum(
        slot.required and not open_to(entry, slot) & asked.role_mask
        and not (asked.index.providers(slot.role) if slot.goal is None else asked.index.candidates(slot.goal))
        for slot in entry.slots
    )  # fmt: skip
    return lacking + unused + unmet


class _Reason:
    """The one paragraph that says why nothing answers."""

    def __init__(
        self, query: Query, index: WorkflowIndex, others: Sequence[Candidate], *, depth: int, width: int
    ) -> None:
        self.query = query
        self.index = index
        self.others = others
        self.words = Words(index.catalogue)
        self._bounds = {"depth": depth, "width": width}
        self.kind = noun(self.words.label(query.asks_for))

    def text(self) -> str:
        """What does not exist, what is known of the terms, and the nearest request that is answered."""
        instruments = [c for c in self.query.constraints if c.property == _INSTRUMENT]
        lacking = [c for c in instruments if not self._some_workflow((c,))]
        if lacking:
            said = [self._no_workflow_of(c) for c in lacking]
        elif not self._some_workflow(()):
            said = [
                f"No registered workflow gives {self.words.kind(self.query.asks_for)}.",
                self._definition(),
            ]
        elif self.query.constraints and not self._some_workflow(self.query.constraints):
            names = listed(self.words.label(c.value) for c in self.query.constraints)
            said = [
                f"No registered workflow gives {self.words.kind(self.query.asks_for)} with {names} together."
            ]
        else:
            said = [self._nearest()]
        said.append(self._way_out(lacking))
        return " ".join(part for part in said if part)

    def _some_workflow(self, constraints: Sequence[Constraint]) -> bool:
        features = self.index.request_features(self.query.asks_for, constraints)
        return bool(self.index.candidates(features))

    def _no_workflow_of(self, constraint: Constraint) -> str:
        name = self.words.label(constraint.value)
        first = f"No registered workflow of {name} gives {self.words.kind(self.query.asks_for)}."
        try:
            known = self.index.catalogue.instrument(constraint.value)
        except UnknownTerm:
            return first
        period = ""
        if known.start and known.end:
            period = f" that observed {known.start} to {known.end}"
        elif known.start:
            period = f" that has observed since {known.start}"
        what = (
            f"{'an' if known.kind[:1].lower() in 'aeiou' else 'a'} {known.kind}"
            if known.kind
            else "an instrument"
        )
        return (
            f"{first} {name} is {what}{period}" + ("" if known.kind or period else " of the ontology") + "."
        )

    def _definition(self) -> str:
        try:
            term = self.index.catalogue.term(self.query.asks_for)
        except UnknownTerm:
            return ""
        return f"{term.label[:1].upper()}{term.label[1:]}: {term.definition}" if term.definition else ""

    def _nearest(self) -> str:
        if not self.others:
            return f"No registered workflow gives {self.words.kind(self.query.asks_for)} from what is given."
        best = self.others[0]
        because = "; ".join(dict.fromkeys(m.message for m in best.missing))
        return (
            f"Nothing gives {self.words.kind(self.query.asks_for)} from this: {best.workflow.name} {because}."
        )

    def _way_out(self, lacking: Sequence[Constraint]) -> str:
        """The smallest change after which something answers, and who answers then."""
        if lacking:
            edits = [Edit(EditKind.DROP, c.property, None, c.value) for c in lacking]
            if who := self._who(edits):
                edits = [*as_requested(edits, self.query, self.index.catalogue)]
                return f"{in_a_sentence(edits, self.words)} {who}."
        for candidate in self.others:
            remedy = candidate.remedy
            # Another class together with other changes is another question, not a way out.
            other = len(remedy) > 1 and any(edit.term == ASKS_FOR for edit in remedy)
            if remedy and not other:
                remedy = self._rather_left_out(remedy)
                if who := self._who(remedy):
                    return f"{in_a_sentence(remedy, self.words)} {who}."
        return ""

    def _rather_left_out(self, remedy: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """A range that nothing takes is better left out than replaced by the ends of what there is."""
        sides = [edit for edit in remedy if self.index.role(edit.term) in self.index.sides]
        if len(sides) < 2 or any(edit.edit is not EditKind.REPLACE for edit in sides):
            return remedy
        shorter = tuple(Edit(EditKind.DROP, e.term, name=e.name) if e in sides else e for e in remedy)
        return shorter if self._who(shorter) else remedy

    def _who(self, edits: Sequence[Edit]) -> str:
        found = Finder(apply_edits(self.query, edits, self.index), self.index, **self._bounds).best(1)
        if not found:
            return ""
        workflow = found[0].node.entry.workflow
        instruments = found[0].promise.instruments or frozenset(workflow.instruments)
        who = self.words.labels(instruments) if instruments else workflow.name
        return f"{who} {'answer' if len(instruments) > 1 else 'answers'}"


def without_data(explanation: Explanation, lacking: Sequence[Problem]) -> Explanation:
    """The explanation once it is known, from earlier products, that the first plans have no data.

    Parameters
    ----------
    lacking
        The problems of the first plans, in their order.
    """
    if not lacking:
        return explanation
    left = explanation.plans[len(lacking) :]
    answering = {plan.last.workflow.path for plan in left}
    because = {
        plan.last.workflow.path: problem
        for plan, problem in zip(explanation.plans, lacking, strict=False)
        if plan.last.workflow.path not in answering
    }
    candidates = [_lacking(c, because.get(c.workflow.path)) for c in explanation.candidates]
    able = [replace(c, rank=rank) for rank, c in enumerate((c for c in candidates if c.ok), start=1)]
    why_not = None if left else " ".join(dict.fromkeys(problem.detail for problem in lacking))
    return Explanation(
        left[0] if left else None, (*able, *(c for c in candidates if not c.ok)), why_not, left[1:]
    )


def _lacking(candidate: Candidate, problem: Problem | None) -> Candidate:
    """The candidate without its rank where a problem says that it has no data."""
    if problem is None:
        return candidate
    missing = Missing(MissingCode.NOT_COVERED, candidate.workflow.outputs[0].term, problem.detail)
    return Candidate(candidate.workflow, False, None, (problem.detail,), (missing,))


def refusal(explanation: Explanation) -> Problem:
    """The problem to answer with when there is no plan.

    ``conflict`` when the nearest workflow cannot tell which binding is meant, ``not-covered`` when it
    makes what is asked from what is given but something lies outside what it covers, else ``no-workflow``.
    """
    detail = explanation.why_not or "Nothing that is registered answers this."
    nearest = next((c for c in explanation.candidates if not c.ok), None)
    codes = {m.code for m in nearest.missing} if nearest is not None else set()
    if MissingCode.AMBIGUOUS in codes:
        return Conflict(detail)
    if MissingCode.NOT_COVERED in codes and codes <= {MissingCode.NOT_COVERED, MissingCode.NOT_CONSUMED}:
        return NotCovered(detail)
    return NoWorkflow(detail)
