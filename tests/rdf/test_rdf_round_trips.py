"""Model to graph and back is the same, by whichever way the graph travels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdf_passes import PASSES
from rdf_strategies import SITE, agents, datasets, ident, products, runs, stamp, values, workflows

from kg_service.errors import Invalid, Malformed
from kg_service.model.product import Measure, Product
from kg_service.model.run import Phase, Progress, Run
from kg_service.model.values import Kind, Value
from kg_service.rdf import agent, answer, dataset, plan, product, run, workflow
from kg_service.rdf.graph import Graph, dct, iri, kg, prov, rdfs
from kg_service.rdf.literals import (
    read_instant,
    read_stamp,
    time_literal,
    value_from_key,
    write_instant,
)
from kg_service.rdf.literals import (
    stamp as stamped,
)

passes = st.sampled_from(PASSES)


@given(workflows(), passes)
def test_a_workflow_keeps_all_its_fields(item, travel):
    assert workflow.from_triples(
        travel(workflow.to_triples(item, SITE, "2026-11-23T00:00:00.000Z")), SITE
    ) == [item]


@given(products(), passes)
def test_a_product_keeps_all_its_fields(item, travel):
    made_by = Workflow_of(item)
    back = product.from_triples(travel(product.to_triples(item, SITE, made_by)), SITE)
    assert back == [item]
    assert list(back[0].values) == list(item.values)
    assert [f.name for f in back[0].files] == [f.name for f in item.files]
    assert [type(m.value) for m in back[0].values.values()] == [type(m.value) for m in item.values.values()]


def Workflow_of(item: Product):  # noqa: N802 - reads as the workflow of a product
    from kg_service.model.workflow import Output, Workflow

    _, name, version = item.workflow.removeprefix(SITE.base).split("/")
    return Workflow(name, version, "0" * 64, "", "", (), (Output("main", "http://x/Spectrum"),))


@given(runs(), agents, passes)
def test_a_run_keeps_all_its_fields(item, who, travel):
    assert run.from_triples(travel(run.to_triples(item, SITE, agent=who))) == [item]


@given(datasets, passes)
def test_a_dataset_keeps_all_its_fields(item, travel):
    assert dataset.from_triples(travel(dataset.to_triples(item, SITE))) == [item]


@given(ident, ident, stamp, passes)
def test_an_answer_by_reuse_says_what_answered_what_and_when(query, made, created, travel):
    item = answer.ReuseRecord(SITE.iri("queries", query), SITE.iri("products", made), created)
    graph = Graph(travel(answer.to_triples(item, SITE)))
    (me,) = graph.of_type(kg("Answer"))
    assert graph.text(me, kg("toQuery")) == item.query
    assert graph.text(me, kg("reused")) == item.product
    assert read_stamp(graph, me, dct("created")) == created


@given(agents, passes)
def test_an_agent_has_its_label_and_whom_it_acted_for(who, travel):
    graph = Graph(travel(agent.to_triples(who, SITE)))
    me = iri(agent.agent_iri(who, SITE))
    assert graph.text(me, rdfs("label")) == who.label
    leader = None if who.on_behalf_of is None else agent.agent_iri(who.on_behalf_of, SITE)
    assert graph.text(me, prov("actedOnBehalfOf")) == leader


@given(st.lists(st.booleans(), min_size=2, max_size=5), passes)
def test_a_plan_keeps_the_order_of_its_steps(reused, travel):
    me = SITE.iri("runs", "0198")
    steps = tuple(
        plan.PlanStep(
            workflow=SITE.iri("workflows", "w", str(n)),
            run=None if old else SITE.iri("runs", f"{99 - n}"),
            reused=SITE.iri("products", str(n)) if old else None,
            after=tuple(range(1, n)),
        )
        for n, old in enumerate(reused, 1)
    )
    whole = Run(
        "0198",
        SITE.iri("queries", "q"),
        None,
        Phase.COMPLETED,
        "2026-11-23T00:00:00.000Z",
        steps=tuple(s.run for s in steps if s.run),
        products=(SITE.iri("products", "last"),),
        progress=Progress(1.0),
    )
    triples = travel(run.to_triples(whole, SITE) + plan.to_triples(me, whole.query, steps))
    assert plan.from_triples(triples, me) == steps
    assert run.from_triples(triples) == [whole]


@given(values)
def test_the_key_of_a_value_gives_the_value_back(value):
    assert value_from_key(value.key) == value


@pytest.mark.parametrize(
    "value", [Value(Kind.TEXT, "a\nb\\n c"), Value(Kind.TEXT, " "), Value(Kind.NAME, "keV")]
)
def test_texts_with_breaks_and_blanks_survive_in_keys(value):
    assert value_from_key(value.key) == value


@pytest.mark.parametrize("key", ["", "energy", "energy 20", "weight 20 kg"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(Malformed):
        value_from_key(key)


@given(st.integers(0, 10**16), passes)
def test_times_keep_their_exact_twin(microseconds, travel):
    from kg_service.rdf.graph import Graph, Writer

    out = Writer()
    write_instant(out, kg("x"), "http://x/", "start", microseconds)
    assert read_instant(Graph(travel(out.triples)), kg("x"), "http://x/", "start") == microseconds


def test_a_leap_second_is_exact_in_the_twin_alone():
    from kg_service.model.notation import tt_from_iso

    exact = tt_from_iso("2016-12-31T23:59:60.5Z")
    assert time_literal(exact).value == "2016-12-31T23:59:59.999999Z"
    assert tt_from_iso("2016-12-31T23:59:59.5Z") == exact - 1_000_000


def test_clock_times_are_written_as_the_store_keeps_them():
    assert stamped("2026-11-23T00:00:00.120Z").value == "2026-11-23T00:00:00.12Z"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_result_that_is_no_number_is_refused_by_name(bad):
    item = Product(
        "1",
        "",
        (),
        SITE.iri("runs", "1"),
        SITE.iri("workflows", "w", "1"),
        "k",
        "",
        values={"chi2": Measure(bad)},
    )
    with pytest.raises(Invalid) as caught:
        product.to_triples(item, SITE)
    assert caught.value.parameter == "chi2"


def test_a_failed_run_tells_its_problem_and_no_product():
    problem = Invalid("End before start.", parameter="t2", value="x", near=["t1"]).to_json()
    item = Run(
        "1",
        SITE.iri("queries", "q"),
        SITE.iri("workflows", "w", "1"),
        Phase.ERROR,
        "2026-11-23T00:00:00.000Z",
        problem=problem,
    )
    assert run.from_triples(run.to_triples(item, SITE))[0].problem == problem
    other = replace(item, problem={**problem, "detail": "Other."})
    assert run.from_triples(run.to_triples(other, SITE)) != [item]
