"""What the room ``rdf`` writes of a query, a workflow, a run and its product conforms, without pyshacl."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg_service.model.notation import read as notation
from kg_service.model.product import Dataset, FluxPoint, Measure, Product, ProductFile, RoleValue
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.run import Phase, Run
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow
from kg_service.rdf import answer, dataset, plan, product, query, run, workflow
from kg_service.rdf.agent import Agent
from kg_service.validation.judge import Judge

SITE = Site("http://localhost:8000/")


def value(text: str, kind: Kind, unit: str | None = None) -> Value:
    return notation(text, kind, unit=unit, parameter="p")


START, END = value("2010-02-01T00:00:00Z", Kind.TIME), value("MJD55256.5", Kind.TIME)
QUERY = Query(
    asks_for=KG + "GammaRayLightCurve",
    bindings=(
        Binding(KG + "object", ODA + "AstrophysicalObject", value("Mrk 421", Kind.NAME), "object", "Mrk 421"),
        Binding(KG + "startTime", ODA + "StartTime", START, "t1", "2010-02-01"),
        Binding(KG + "endTime", ODA + "EndTime", END, "t2", "MJD55256.5"),
        Binding(
            KG + "minimumEnergy",
            KG + "MinimumEnergy",
            value("0.1 GeV", Kind.ENERGY, "keV"),
            "e_min",
            "0.1 GeV",
        ),
    ),
    constraints=(Constraint(KG + "instrument", KG + "FermiLAT"),),
)
WORKFLOW = Workflow(
    name="fermi-lat-spectrum",
    version="1a2b",
    digest="9f" * 32,
    title="Spectrum",
    description="A fit.",
    inputs=(
        Input("source", KG + "FermiCatalogueName", "source"),
        Input(
            "e_min",
            KG + "MinimumEnergy",
            "lower energy",
            unit="MeV",
            default=value("50 MeV", Kind.ENERGY, "keV"),
        ),
        Input(
            "e_max",
            KG + "MaximumEnergy",
            "upper energy",
            unit="MeV",
            default=value("1 TeV", Kind.ENERGY, "keV"),
        ),
    ),
    outputs=(
        Output("spectrum", ODA + "Spectrum", observed_with=(KG + "FermiLAT",)),
        Output("ra", ODA + "PointOfInterestRA", is_product=False),
    ),
    instruments=(KG + "FermiLAT",),
    coverage=Coverage(
        time=(int(START.text), int(END.text)), energy=(5e4, 1e9), objects=("4FGL J0509.4+0542",)
    ),
    cite=("Ballet et al. 2023",),
    inputs_together=(("e_min", "e_max"),),
)
TABLE = Dataset(
    "table.ecsv", "ab" * 32, "https://fermi.gsfc.nasa.gov/", "4FGL", licence="public domain", cite="Ballet"
)
RUN = Run(
    ident="0199",
    query=query.query_iri(QUERY, SITE),
    workflow=SITE.iri(*WORKFLOW.path),
    phase=Phase.COMPLETED,
    created="2026-11-23T00:00:00.000Z",
    started="2026-11-23T00:00:00.100Z",
    ended="2026-11-23T00:00:01.000Z",
    run_key="cd" * 32,
    arguments={"e_min": value("50 MeV", Kind.ENERGY, "keV").key, "radius": Value(Kind.NONE, "none").key},
    used=(SITE.iri("datasets", TABLE.ident),),
    products=(SITE.iri("products", "3fa9"),),
    resources={"wall_seconds": 0.9, "cpu_seconds": 0.8, "peak_bytes": 2e8},
    environment={"python": "3.11.7", "astropy": "8.0.0"},
    seed=42,
)
POINT = FluxPoint(
    order=1,
    energy_reference=7e4,
    energy_low=5e4,
    energy_high=1e5,
    flux=5e-12,
    flux_error_low=1e-13,
    flux_error_high=1e-13,
    epoch_start="2008-08-04T00:00:00Z",
    epoch_end="2022-08-02T00:00:00Z",
    spectrum="a",
    observed_with=KG + "FermiLAT",
)
PRODUCT = Product(
    ident="3fa9",
    label="Spectrum",
    types=(ODA + "Spectrum",),
    run=SITE.iri("runs", "0199"),
    workflow=SITE.iri(*WORKFLOW.path),
    run_key="cd" * 32,
    created="2026-11-23T00:00:01.000Z",
    files=(ProductFile("spectrum.ecsv", "text/ecsv", 12, "ef" * 32),),
    values={"index": Measure(2.02, 0.02, ""), "preferred": Measure("log-parabola"), "lost": Measure(None)},
    gives=(RoleValue("ra", ODA + "PointOfInterestRA", value("77.358185", Kind.RIGHT_ASCENSION, "deg")),),
    points=(POINT, replace(POINT, order=2, energy_low=1e5, energy_reference=2e5, energy_high=3e5)),
    coverage=Coverage(energy=(5e4, 1e9)),
    observed_with=(KG + "FermiLAT",),
    derived_from=(SITE.iri("products", "55bb"),),
    cite=("Ballet et al. 2023",),
)
AGENT = Agent(
    "local-engine", "kg-service 0.1.0, local engine", on_behalf_of=Agent("user-anna", "anna", person=True)
)
RUN_RECORD = [
    *run.to_triples(RUN, SITE, WORKFLOW, agent=AGENT),
    *query.to_triples(QUERY, SITE),
    *workflow.to_triples(WORKFLOW, SITE),
    *dataset.to_triples(TABLE, SITE),
]
FAILED = replace(
    RUN, phase=Phase.ABORTED, products=(), problem={"code": "run-failed", "detail": "Cancelled."}
)
PLAN = replace(
    RUN, ident="0198", workflow=None, run_key=None, arguments={}, used=(), steps=(SITE.iri("runs", "0199"),)
)
STEPS = (
    plan.PlanStep(SITE.iri("workflows", "resolve", "1"), reused=SITE.iri("products", "55bb")),
    plan.PlanStep(SITE.iri(*WORKFLOW.path), run=SITE.iri("runs", "0199"), after=(1,)),
)
REUSED = answer.ReuseRecord(RUN.query, SITE.iri("products", "3fa9"), RUN.created)
RECORDS = {
    "query": ("query", query.to_triples(QUERY, SITE, "2026-11-23T00:00:00.000Z")),
    "answer": ("query", answer.to_triples(REUSED, SITE)),
    "workflow": (
        "workflow",
        workflow.to_triples(WORKFLOW, SITE, RUN.created, covers=[KG + "HighEnergyGammaRay"]),
    ),
    "run": ("run", [*RUN_RECORD, *product.to_triples(PRODUCT, SITE, WORKFLOW)]),
    "cancelled run": ("run", run.to_triples(FAILED, SITE, WORKFLOW, agent=AGENT)),
    "plan": (
        "run",
        [
            *run.to_triples(PLAN, SITE, agent=AGENT),
            *plan.to_triples(SITE.iri("runs", "0198"), RUN.query, STEPS),
        ],
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_written_record_conforms(judge: Judge, name: str):
    noun, triples = RECORDS[name]
    report = judge.judge(triples, noun)
    assert report.conforms, report.findings
    assert not report.findings
    assert judge.check(triples, noun).decided_by == "compiled"


def test_a_record_with_an_impossible_product_is_refused(judge: Judge):
    late = replace(PRODUCT, created="2026-11-24T00:00:00.000Z")
    report = judge.check([*RUN_RECORD, *product.to_triples(late, SITE, WORKFLOW)], "run")
    assert [f.message for f in report.violations] == ["Nothing is generated after its run ends."]
