"""The run key: same code, same complete arguments, same data; nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_catalogue import number, product, text, workflow

from kg_service.errors import UnknownParameter
from kg_service.model.product import Dataset
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input
from kg_service.planning.runkey import run_key

NONE = Value(Kind.NONE, "none")
FLOW = workflow(
    "w",
    [Input("name", ODA + "AstrophysicalObject"), Input("n", ODA + "Float", default=number(3)),
     Input("note", ODA + "String", optional=True),
     Input("s", ODA + "Spectrum", is_product=True, optional=True)],
    [product(ODA + "Spectrum")],
)  # fmt: skip
texts = st.text(max_size=6)
values = st.just(NONE) | texts.map(text) | st.integers(-9, 9).map(number)
arguments = st.dictionaries(st.sampled_from(["name", "n", "note"]), values, max_size=3)
datasets = st.lists(
    st.builds(Dataset, st.sampled_from("ab"), st.sampled_from(["0" * 64, "1" * 64])), max_size=3
)


@given(arguments, datasets)
def test_giving_the_default_is_leaving_it_out(given_, data):
    left_out = {k: v for k, v in given_.items() if k != "n"}
    assert run_key(FLOW, {**left_out, "n": number(3)}, data) == run_key(FLOW, left_out, data)
    assert run_key(FLOW, {**left_out, "n": number(4)}, data) != run_key(FLOW, left_out, data)


@given(arguments, datasets, st.randoms(use_true_random=False))
def test_order_never_matters(given_, data, rng):
    items = list(given_.items())
    rng.shuffle(items)
    shuffled = rng.sample(data, len(data))
    assert run_key(FLOW, dict(items), shuffled + shuffled) == run_key(FLOW, given_, data)


@given(arguments, arguments)
def test_different_arguments_have_different_keys(one, other):
    def meaning(given_):
        complete = {"n": number(3), **given_}
        return {k: v.key for k, v in complete.items()}

    assert (run_key(FLOW, one) == run_key(FLOW, other)) == (meaning(one) == meaning(other))


def test_none_absence_and_empty_text_are_three_things():
    keys = {run_key(FLOW, a) for a in ({}, {"note": NONE}, {"note": text("", Kind.TEXT)},
                                       {"note": text("none", Kind.TEXT)})}  # fmt: skip
    assert len(keys) == 4


def test_code_data_and_input_products_enter():
    other = workflow("v", FLOW.inputs, FLOW.outputs)
    keys = {
        run_key(FLOW, {}),
        run_key(other, {}),
        run_key(FLOW, {}, [Dataset("a", "0" * 64)]),
        run_key(FLOW, {}, [Dataset("a", "1" * 64)]),
        run_key(FLOW, {}, [Dataset("b", "0" * 64)]),
        run_key(FLOW, {"s": Value(Kind.FILE, "ab" * 16)}),
        run_key(FLOW, {"s": Value(Kind.FILE, "cd" * 16)}),
    }
    assert len(keys) == 7
    assert all(len(k) == 64 for k in keys)


def test_the_address_of_a_dataset_does_not_matter():
    near = Dataset("a", "0" * 64, "https://one", reached="cache", accessed="2026-01-01T00:00:00Z")
    far = Dataset("a", "0" * 64, "https://two", reached="online")
    assert run_key(FLOW, {}, [near]) == run_key(FLOW, {}, [far])


@given(st.text(min_size=1, max_size=8), st.text(max_size=20))
def test_no_text_can_pass_for_two_arguments(name, tail):
    forged = text(f'{tail}"]\n["argument","note","value","text {name} "]', Kind.TEXT)
    assert run_key(FLOW, {"name": forged}) != run_key(
        FLOW, {"name": text(tail), "note": text(name, Kind.TEXT)}
    )


def test_an_argument_that_is_no_input_is_refused():
    with pytest.raises(UnknownParameter) as refused:
        run_key(FLOW, {"nmae": text("x")})
    assert refused.value.near == ("name",)


def test_the_namespace_of_terms_is_not_part_of_the_key():
    moved = workflow("w", [Input(i.name, KG + "Other", default=i.default) for i in FLOW.inputs], FLOW.outputs)
    assert run_key(moved, {"name": text("x")}) == run_key(FLOW, {"name": text("x")})
