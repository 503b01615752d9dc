"""Law: the fast check, with what it leaves to pyshacl, gives the verdict that pyshacl gives."""

from __future__ import annotations

import pytest
from example_graphs import GRAPHS, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg_service.model.terms import KG, ODA, PROV, RDF, XSD
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.validation.judge import Judge

PATIENT = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BASES = [(path.parent.name, tuple(read(path))) for path in sorted((GRAPHS / "conforming").rglob("*.ttl"))]


def literal(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


numbers = st.floats().map(lambda x: literal(str(x).upper().replace("+", ""), "double")) | st.sampled_from(
    [
        literal(text, "double")
        for text in ("20e0", "-0", "NaN", "INF", "-INF", "1e400", ".5", "5.", "+1", " 1", "1e-14")
    ]
)
odd_times = [
    "2010-02-30T00:00:00Z", "2016-12-31T23:59:60Z", "2010-02-01T00:00:00", "2010-02-01T24:00:00Z",
    "yesterday", "2010-02-01T00:00:00+01:00", "2010-02-01T00:00:00.1234567Z", "-0044-03-15T00:00:00Z",
]  # fmt: skip
times = st.datetimes().map(lambda d: literal(d.isoformat() + "Z", "dateTime")) | st.sampled_from(
    [literal(text, "dateTime") for text in odd_times]
)
others = st.sampled_from(
    [
        literal("7", "integer"),
        literal("-7", "integer"),
        literal("0.5", "decimal"),
        literal("1", "boolean"),
        literal("2", "float"),
        literal("7", "nonNegativeInteger"),
        Literal(""),
        Literal(" x"),
        Literal("Mrk 421"),
        Literal("Mrk 421", language="en"),
        Literal("COMPLETED"),
        Literal("ERROR"),
        NamedNode(KG + "FermiLAT"),
        NamedNode(KG + "GammaRay"),
        NamedNode(KG + "Nothing"),
        NamedNode(ODA + "Spectrum"),
        NamedNode(ODA + "Float"),
        NamedNode(PROV + "Entity"),
        NamedNode(PROV + "Activity"),
        BlankNode("b"),
    ]
)
terms = numbers | times | others


@st.composite
def graphs(draw: st.DrawFn) -> tuple[str, list[Triple]]:
    """A conforming graph after a few accidents."""
    noun, base = draw(st.sampled_from(BASES))
    triples = list(base)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(triples) - 1))
        hit = triples[at]
        accident = draw(st.sampled_from(["drop", "change", "add", "swap", "borrow"]))
        if accident == "drop" and len(triples) > 1:
            del triples[at]
        elif accident == "change":
            triples[at] = Triple(hit.subject, hit.predicate, draw(terms))
        elif accident == "add":
            triples.append(Triple(hit.subject, hit.predicate, draw(terms)))
        elif accident == "swap":
            other = draw(st.sampled_from(triples))
            triples[at] = Triple(hit.subject, hit.predicate, other.object)
        else:
            other = draw(st.sampled_from(triples))
            triples.append(Triple(hit.subject, other.predicate, other.object))
    return noun, triples


@PATIENT
@given(graphs())
def test_graphs_get_equal_verdicts(judge: Judge, case: tuple[str, list[Triple]]):
    noun, triples = case
    by_pyshacl, fast = judge.judge(triples, noun), judge.check(triples, noun)
    assert fast.conforms == by_pyshacl.conforms
    assert fast.findings == by_pyshacl.findings


@st.composite
def query_graphs(draw: st.DrawFn) -> list[Triple]:
    """A query with roles drawn one by one, most of them sensible."""
    me = NamedNode("http://localhost:8000/queries/1")
    degrees = st.floats(-100, 370).map(lambda x: literal(repr(x), "double"))
    energies = st.floats(-1, 1e6).map(lambda x: literal(repr(x), "double"))
    roles = {
        "rightAscension": degrees, "declination": degrees, "searchRadius": degrees, "minimumEnergy": energies,
        "maximumEnergy": energies, "startTime": times, "endTime": times,
        "startTimeTT": st.integers(0, 9).map(lambda n: literal(str(n), "integer")),
        "endTimeTT": st.integers(0, 9).map(lambda n: literal(str(n), "integer")),
        "object": st.text(max_size=5).map(Literal),
        "instrument": st.sampled_from([NamedNode(KG + n) for n in ("FermiLAT", "POLAR", "GammaRay", "X")]),
    }  # fmt: skip
    triples = [Triple(me, NamedNode(RDF + "type"), NamedNode(KG + "Query"))]
    asked = draw(st.sampled_from([ODA + "Spectrum", KG + "GammaRayLightCurve", ODA + "Float"]))
    triples.append(Triple(me, NamedNode(KG + "asksFor"), NamedNode(asked)))
    names = draw(st.lists(st.sampled_from(sorted(roles)), max_size=8))
    return triples + [Triple(me, NamedNode(KG + name), draw(roles[name])) for name in names]


@PATIENT
@given(query_graphs())
def test_queries_get_equal_verdicts(judge: Judge, triples: list[Triple]):
    assert judge.check(triples, "query").findings == judge.judge(triples, "query").findings


@PATIENT
@given(
    low=st.floats(0, 100),
    high=st.floats(0, 100),
    minimum=st.none() | st.floats(0, 60),
    maximum=st.none() | st.floats(40, 100),
    dropped=st.sets(st.sampled_from(["low", "high"]), max_size=1),
)
def test_arguments_get_the_verdict_of_plain_arithmetic(
    judge: Judge, low: float, high: float, minimum: float | None, maximum: float | None, dropped: set[str]
):
    def number(value: float | None) -> Value | None:
        return None if value is None else Value(Kind.ENERGY, repr(value), "keV", value)

    inputs = tuple(
        Input(name, KG + "MinimumEnergy", minimum=number(minimum), maximum=number(maximum))
        for name in ("low", "high")
    )
    workflow = Workflow(
        name="w", version=f"{minimum}-{maximum}", digest="0", title="t", description="d", inputs=inputs,
        outputs=(Output("out", ODA + "Spectrum"),), inputs_together=(("low", "high"),),
    )  # fmt: skip
    values = {name: number(x) for name, x in (("low", low), ("high", high)) if name not in dropped}
    report = judge.check_arguments(workflow, values)
    inside = all(
        (minimum is None or x >= minimum) and (maximum is None or x <= maximum)
        for name, x in (("low", low), ("high", high))
        if name not in dropped
    )
    assert report.conforms == (not dropped and inside and low < high)


def test_the_site_of_a_graph_does_not_matter(judge: Judge):
    def moved(term):
        if not isinstance(term, NamedNode):
            return term
        return NamedNode(term.value.replace("http://localhost:8000/", "https://example.org/kg/"))

    for noun, triples in BASES:
        elsewhere = [Triple(moved(t.subject), t.predicate, moved(t.object)) for t in triples]
        assert judge.check(elsewhere, noun).decided_by == "compiled"


@pytest.mark.parametrize(
    "ends", [("2010-02-30T00:00:00Z", "2016-12-31T23:59:60Z"), ("2010-02-30T00:00:00Z", None)]
)
def test_values_without_an_order_are_refused_not_crashed_on(judge: Judge, ends: tuple[str, str | None]):
    me = NamedNode("http://localhost:8000/queries/1")
    start, end = (BlankNode("b") if text is None else literal(text, "dateTime") for text in ends)
    triples = [
        Triple(me, NamedNode(RDF + "type"), NamedNode(KG + "Query")),
        Triple(me, NamedNode(KG + "asksFor"), NamedNode(ODA + "Spectrum")),
        Triple(me, NamedNode(KG + "startTime"), start),
        Triple(me, NamedNode(KG + "endTime"), end),
    ]
    report = judge.check(triples, "query")
    assert not report.conforms
    assert any("xsd:dateTime in UTC" in f.message for f in report.findings)
