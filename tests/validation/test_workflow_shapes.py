"""The shape of a workflow's arguments says what forms need, and refuses with the workflow's own words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, serialize

from kg_service.errors import Invalid
from kg_service.model.notation import read
from kg_service.model.terms import KG, ODA, SH, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.validation.judge import Judge, require

SITE = Site("http://localhost:8000/")


def value(text: str | float, kind: Kind, unit: str | None = None) -> Value:
    return read(text, kind, unit=unit, parameter="p")


def energy(text: str) -> Value:
    return value(text, Kind.ENERGY, "keV")


def time(text: str) -> Value:
    return value(text, Kind.TIME)


NONE = Value(Kind.NONE, "none")
FROM, TO = energy("15"), energy("800")
SUM, MEAN = value("sum", Kind.TEXT), value("mean", Kind.TEXT)
WORKFLOW = Workflow(
    name="isgri-image",
    version="1a2b",
    digest="9f" * 32,
    title="Image",
    description="A mosaic.",
    inputs=(
        Input("t1", ODA + "StartTime", "start", minimum=time("2002-10-17T00:00:00Z")),
        Input("t2", ODA + "EndTime", "end"),
        Input("e_min", KG + "MinimumEnergy", "lower energy", "of the band", "MeV", energy("20"), FROM, TO),
        Input("e_max", KG + "MaximumEnergy", "upper energy", "", "MeV", energy("40"), FROM, TO),
        Input("method", ODA + "String", allowed=(SUM, MEAN), default=SUM),
        Input("seed", ODA + "Integer", optional=True),
        Input("radius", KG + "SearchRadius", optional=True, default=NONE),
        Input("spectrum", ODA + "Spectrum", is_product=True, optional=True),
    ),
    outputs=(Output("image", ODA + "Image"),),
    inputs_together=(("e_min", "e_max"), ("t1", "t2")),
)
GOOD = {
    "t1": time("2010-02-01T00:00:00Z"),
    "t2": time("2010-03-01T00:00:00Z"),
    "e_min": energy("20"),
    "e_max": energy("40"),
    "method": value("sum", Kind.TEXT),
    "radius": NONE,
}


def test_complete_arguments_conform_without_pyshacl(judge: Judge):
    for more in ({}, {"seed": value(42, Kind.INTEGER)}, {"radius": value(0.5, Kind.ANGLE, "deg")},
                 {"spectrum": Value(Kind.FILE, "ab" * 16)}):  # fmt: skip
        assert judge.check_arguments(WORKFLOW, GOOD | more).decided_by == "compiled", more


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"e_min": energy("14.999")}, "e_min (lower energy) is one number in keV between 15 and 800"),
        ({"e_max": energy("801")}, "e_max (upper energy) is one number in keV between 15 and 800"),
        ({"e_min": energy("40")}, "e_min (lower energy) must lie below e_max (upper energy)"),
        ({"t2": time("2010-02-01T00:00:00Z")}, "t1 (start) must lie below t2 (end)"),
        ({"t1": time("2002-10-16T23:59:59.999999Z")}, "at least 2002-10-17T00:00:00"),
        ({"method": value("median", Kind.TEXT)}, "one of: sum, mean"),
        ({"seed": value("some", Kind.TEXT)}, "seed is one whole number"),
        ({"e_min": None}, "e_min (lower energy) is one number"),
        ({"e_min": NONE}, "e_min (lower energy) is one number"),
        ({"e_mim": energy("20")}, "has no such input. It takes: t1, t2, e_min"),
    ],
)
def test_wrong_arguments_are_refused_in_the_words_of_the_workflow(
    judge: Judge, changed: dict[str, Value | None], message: str
):
    given = {name: v for name, v in (GOOD | changed).items() if v is not None}
    report = judge.check_arguments(WORKFLOW, given)
    assert not report.conforms
    assert any(message in f.message for f in report.findings), report.findings
    with pytest.raises(Invalid) as refusal:
        require(report)
    assert refusal.value.parameter
    assert "sh:ValidationReport" in refusal.value.report


def test_ends_inside_a_leap_second_are_told_apart(judge: Judge):
    first, second = time("2016-12-31T23:59:60.2Z"), time("2016-12-31T23:59:60.4Z")
    assert judge.check_arguments(WORKFLOW, GOOD | {"t1": first, "t2": second}).conforms
    assert not judge.check_arguments(WORKFLOW, GOOD | {"t1": second, "t2": first}).conforms
    assert not judge.check_arguments(WORKFLOW, GOOD | {"t1": first, "t2": first}).conforms


def test_forms_find_name_order_default_limits_and_unit(judge: Judge):
    version = "http://localhost:8000/workflows/isgri-image/1a2b"
    said = {}
    for triple in judge.workflow_shape(WORKFLOW, SITE):
        if triple.subject.value == f"{version}#shape-e_min":
            said[triple.predicate.value.rpartition("#")[2]] = triple.object
    assert said["path"] == NamedNode(f"{version}#arg-e_min")
    assert [said[k].value for k in ("order", "name", "description", "unit")] == [
        "3",
        "lower energy",
        "of the band",
        "keV",
    ]
    assert [float(said[k].value) for k in ("defaultValue", "minInclusive", "maxInclusive")] == [20, 15, 800]


def test_the_shape_is_closed_well_formed_and_without_blank_nodes(judge: Judge, tmp_path):
    from kg_service.validation.wellformed import check_shapes

    triples = judge.workflow_shape(WORKFLOW, SITE)
    assert all(
        isinstance(t.subject, NamedNode) and isinstance(t.object, NamedNode | Literal) for t in triples
    )
    assert any(t.predicate.value == SH + "closed" and t.object.value == "true" for t in triples)
    (tmp_path / "workflow.ttl").write_bytes(serialize(triples, format=RdfFormat.TURTLE))
    assert check_shapes(tmp_path) == []


def test_another_version_has_another_shape(judge: Judge):
    inputs = tuple(replace(i, minimum=energy("1")) if i.name == "e_min" else i for i in WORKFLOW.inputs)
    wider = replace(WORKFLOW, version="3c4d", digest="aa" * 32, inputs=inputs)
    low = GOOD | {"e_min": energy("2")}
    assert not judge.check_arguments(WORKFLOW, low).conforms
    assert judge.check_arguments(wider, low).conforms


def test_a_workflow_without_inputs_takes_none(judge: Judge):
    empty = replace(WORKFLOW, version="5e6f", digest="bb" * 32, inputs=(), inputs_together=())
    assert judge.check_arguments(empty, {}).conforms
    report = judge.check_arguments(empty, {"e_min": energy("20")})
    assert "It takes no input" in report.findings[0].message
