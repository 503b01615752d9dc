"""Plans and remedies against brute force on random catalogues."""

from __future__ import annotations

from itertools import combinations

from brute_force import Slow, TooMany
from hypothesis import HealthCheck, assume, given, settings
from random_catalogues import INSTRUMENTS, VALUES, WORLD, cases, wide_cases
from small_catalogue import number

from kg_service.model.plan import Default, Derived, Edit, EditKind, Given
from kg_service.model.terms import KG
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.plan import matches, plans
from kg_service.planning.remedy import Remedies, apply_edits
from kg_service.planning.whynot import explain
from kg_service.rdf.query import argument_property

DEPTH = 4
slow = settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))


def last_steps(query, flows):
    try:
        return Slow(query, flows, WORLD, DEPTH).answering()
    except TooMany:
        assume(False)


@slow
@given(cases() | wide_cases)
def test_a_plan_is_found_exactly_when_brute_force_finds_one(case):
    flows, query = case
    index = WorkflowIndex(flows, WORLD)
    expected = last_steps(query, flows)
    found = {w.name for w in flows if matches(query, index, w, depth=DEPTH)}
    assert found == expected
    assert {p.last.workflow.name for p in plans(query, index, depth=DEPTH, limit=50)} == expected


@slow
@given(cases() | wide_cases)
def test_a_plan_uses_only_what_is_given_or_made_earlier(case):
    flows, query = case
    index = WorkflowIndex(flows, WORLD)
    for plan in plans(query, index, depth=DEPTH):
        judge = Slow(query, flows, WORLD, DEPTH)
        made: list[tuple] = []
        for number_of, step in enumerate(plan.steps):
            assert list(step.inputs) == [i.name for i in step.workflow.inputs]
            sources = []
            for item in step.workflow.inputs:
                source = step.inputs[item.name]
                if isinstance(source, Derived):
                    assert source.step < number_of
                    outputs = {o.name: o for o in plan.steps[source.step].workflow.outputs}
                    output = outputs[source.output]
                    if item.is_product:
                        promised = judge.features(made[source.step], output)
                        assert WORLD.request_features(item.term) <= promised
                    else:
                        assert WORLD.is_a(output.term, item.term)
                    sources.append(("step", made[source.step], source.output))
                elif isinstance(source, Given):
                    assert source.binding in query.bindings
                    assert judge.fitting(step.workflow, item) == [query.bindings.index(source.binding)]
                    sources.append(("given", query.bindings.index(source.binding)))
                else:
                    assert judge.fitting(step.workflow, item) == []
                    assert item.default is not None or item.optional
                    assert isinstance(source, Default) == (item.default is not None)
                    sources.append(("default",))
            made.append((step.workflow.name, tuple(sources)))
        assert len(set(made)) == len(made), "a step appears twice"
        assert len(made) == len(set(judge.steps(made[-1]))), "a step serves nothing"
        output = next(o for o in plan.last.workflow.outputs if o.name == plan.output)
        assert judge.valid(made[-1], output)


@slow
@given(cases() | wide_cases)
def test_the_order_of_plans_is_total_and_does_not_depend_on_registration(case):
    flows, query = case
    first = plans(query, WorkflowIndex(flows, WORLD), depth=DEPTH, limit=4)
    again = plans(query, WorkflowIndex(flows[::-1], WORLD), depth=DEPTH, limit=4)
    assert [[s.workflow.name for s in p.steps] for p in first] == [
        [s.workflow.name for s in p.steps] for p in again
    ]


def every_edit(query, flows):
    """All edits a person could make in this world: far more than those that are considered."""
    given = {b.term for b in query.bindings}
    edits = [Edit(EditKind.REPLACE, KG + "asksFor", c) for c in sorted(WORLD.parents) if WORLD.is_product(c)]
    for binding in query.bindings:
        edits.append(Edit(EditKind.DROP, binding.term))
        edits += [Edit(EditKind.REPLACE, binding.term, number(v)) for v in VALUES]
    for c in query.constraints:
        edits.append(Edit(EditKind.DROP, c.property, None, c.value))
        edits += [Edit(EditKind.REPLACE, c.property, i, c.value) for i in INSTRUMENTS]
    edits += [Edit(EditKind.ADD, r.term) for r in WORLD.roles() if r.term not in given]
    edits += [Edit(EditKind.ADD, argument_property(i.name, w.name)) for w in flows for i in w.inputs]
    return edits


def some_edits_suffice(query, flows, flow, index, size):
    for chosen in combinations(every_edit(query, flows), size):
        if len({e.term for e in chosen}) == size:
            changed = apply_edits(query, chosen, index)
            if matches(changed, index, flow, depth=DEPTH):
                return chosen
    return None


@settings(slow, max_examples=50)
@given(cases(4) | wide_cases)
def test_the_remedy_makes_it_match_and_no_smaller_one_does(case):
    flows, query = case
    index = WorkflowIndex(flows, WORLD)
    last_steps(query, flows)  # leaves out worlds with too many derivations
    for entry in index.entries:
        if not entry.promises:
            continue
        flow = entry.workflow
        remedy = Remedies(query, entry, index, depth=DEPTH).smallest()
        if remedy is not None:
            assert matches(apply_edits(query, remedy, index), index, flow, depth=DEPTH)
        # Of sets of three only that no two do is checked: all sets of three would take minutes.
        smaller = range(min(3, len(remedy) if remedy is not None else 3))
        for size in smaller:
            assert some_edits_suffice(query, flows, flow, index, size) is None


@slow
@given(cases() | wide_cases)
def test_every_candidate_of_an_explanation_keeps_its_word(case):
    flows, query = case
    index = WorkflowIndex(flows, WORLD)
    last_steps(query, flows)
    explanation = explain(query, index, depth=DEPTH)
    assert (explanation.plan is None) == (explanation.why_not is not None)
    for candidate in explanation.candidates:
        fits = matches(query, index, candidate.workflow, depth=DEPTH)
        assert candidate.ok == fits
        assert bool(candidate.missing) == (not fits)
        assert all(m.message for m in candidate.missing)
        if candidate.remedy:
            changed = apply_edits(query, candidate.remedy, index)
            assert matches(changed, index, candidate.workflow, depth=DEPTH)
