"""The workflows and the ontology that ship: requests find their chains from types alone."""

from __future__ import annotations

import pytest
from small_catalogue import DAY, query

from kg_service.data import data_folder
from kg_service.factory import load_registry
from kg_service.model.terms import KG, ODA
from kg_service.planning.index import WorkflowIndex
from kg_service.planning.whynot import explain
from kg_service.vocabulary.catalogue import load

OBJECT, SPECTRUM, CURVE = ODA + "AstrophysicalObject", ODA + "Spectrum", ODA + "LightCurve"


@pytest.fixture(scope="module")
def catalogue():
    return load(data_folder("ontology"))


@pytest.fixture(scope="module")
def index(catalogue):
    registry = load_registry(catalogue)
    assert not registry.broken
    return WorkflowIndex(registry.workflows, catalogue)


@pytest.mark.parametrize(
    ("term", "given", "expected"),
    [
        (SPECTRUM, {OBJECT: "TXS 0506+056"}, ["names-resolve", "fermi-lat-spectrum"]),
        (SPECTRUM, {KG + "FermiCatalogueName": "4FGL J0509.4+0542"}, ["fermi-lat-spectrum"]),
        (KG + "GammaRayLightCurve", {OBJECT: "Mrk 421"}, ["names-resolve", "fermi-lat-light-curve"]),
        (KG + "VeryHighEnergyGammaRaySpectrum", {OBJECT: "Mrk 421"}, ["names-resolve", "veritas-spectrum"]),
        (
            KG + "MultiInstrumentSpectrum",
            {OBJECT: "TXS 0506+056"},
            ["names-resolve", "fermi-lat-spectrum", "veritas-spectrum", "multi-instrument-spectrum"],
        ),
        (
            KG + "GravitationalWaveSpectrogram",
            {KG + "Event": "GW150914", KG + "Detector": "H1"},
            ["events-resolve", "ligo-virgo-spectrogram"],
        ),
    ],
)
def test_the_chain_of_a_request(index, catalogue, term, given, expected):
    plan = explain(query(catalogue, term, given), index).plan
    assert [step.workflow.name for step in plan.steps] == expected


def test_polar_is_explained_from_the_ontology(index, catalogue):
    found = explain(query(catalogue, CURVE, {OBJECT: "Mrk 421"}, instrument=KG + "POLAR"), index)
    assert found.why_not == (
        "No registered workflow of POLAR gives a light curve. "
        "POLAR is a gamma-ray burst detector that observed 2016-09-24 to 2017-03-31. "
        "Without `instrument` Fermi-LAT answers."
    )


def test_a_time_range_inside_the_yearly_light_curve_is_refused(index, catalogue):
    given = {OBJECT: "Mrk 421", ODA + "StartTime": 55000 * DAY, ODA + "EndTime": 55100 * DAY}
    found = explain(query(catalogue, CURVE, given, instrument=KG + "FermiLAT"), index)
    assert found.plan is None or found.plan.last.workflow.name != "fermi-lat-light-curve"
    messages = [m.message for c in found.candidates for m in c.missing]
    assert "takes no time range; it gives 2008-08-04 to 2022-08-02" in messages
