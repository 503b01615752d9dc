"""Labels of products: what was chosen beside the defaults sets two of one workflow apart."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest

from kg_service.data import data_folder
from kg_service.execution.labels import distinctions, told_apart
from kg_service.model import notation
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Coverage, Input, Output, Workflow
from kg_service.vocabulary.catalogue import Catalogue, load

NOTHING = notation.read(None, Kind.TEXT)


@cache
def catalogue() -> Catalogue:
    return load(data_folder("ontology"))


def energy(text):
    return notation.read(text, Kind.ENERGY, unit="keV", photon=True)


def time(text):
    return notation.read(text, Kind.TIME)


def name(text):
    return notation.read(text, Kind.NAME)


INPUTS = (
    Input("object", ODA + "AstrophysicalObject", "object"),
    Input("detector", KG + "Detector", "detector", default=name("H1"), determines=KG + "observedWith"),
    Input("e_min", KG + "MinimumEnergy", "lower energy", unit="MeV", default=NOTHING, optional=True),
    Input("e_max", KG + "MaximumEnergy", "upper energy", unit="MeV", default=NOTHING, optional=True),
    Input("t1", ODA + "StartTime", "start", optional=True),
    Input("t2", ODA + "EndTime", "end", optional=True),
    Input("f_min", KG + "MinimumFrequency", "f_min", unit="Hz",
          default=notation.read(30, Kind.FREQUENCY, unit="Hz")),
    Input("f_max", KG + "MaximumFrequency", "f_max", unit="Hz",
          default=notation.read(400, Kind.FREQUENCY, unit="Hz")),
    Input("radius", KG + "SearchRadius", "search radius", unit="deg",
          default=notation.read("0.1", Kind.ANGLE, unit="deg")),
    Input("joint", ODA + "Boolean", "joint fit", default=notation.read(False, Kind.BOOLEAN)),
)  # fmt: skip
WORKFLOW = Workflow(
    "w", "1", "d" * 64, "t", "d", INPUTS, (Output("s", ODA + "Spectrum"),),
    inputs_together=(("e_min", "e_max"), ("t1", "t2"), ("f_min", "f_max")),
)  # fmt: skip


def parts(label="Spectrum of X", **given):
    values = {i.name: i.default for i in INPUTS if i.default is not None} | {"object": name("X")} | given
    return distinctions(WORKFLOW, values, label, catalogue())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ()),
        ({"e_min": energy("1 GeV")}, ("above 1 GeV",)),
        ({"e_max": energy("300 GeV")}, ("below 300 GeV",)),
        ({"e_min": energy("1 GeV"), "e_max": energy("300 GeV")}, ("1-300 GeV",)),
        ({"e_min": energy("100 MeV"), "e_max": energy("1 TeV")}, ("100 MeV to 1 TeV",)),
        ({"e_min": energy("0.5 eV")}, ("above 0.5 eV",)),
        ({"t1": time("2017-09-01")}, ("since 2017-09-01",)),
        ({"t1": time("2017-09-01"), "t2": time("2017-09-02T12:00:00")},
         ("2017-09-01 to 2017-09-02T12:00:00Z",)),
        ({"f_max": notation.read(300, Kind.FREQUENCY, unit="Hz")}, ("30-300 Hz",)),
        ({"radius": notation.read("0.5", Kind.ANGLE, unit="deg")}, ("search radius 0.5 deg",)),
        ({"radius": notation.read("6 arcmin", Kind.ANGLE, unit="deg")}, ()),
        ({"joint": notation.read(True, Kind.BOOLEAN)}, ("with joint fit",)),
        ({"detector": name("L1")}, ("detector L1",)),
        ({"detector": name("L1"), "e_min": energy("1 GeV")}, ("detector L1", "above 1 GeV")),
    ],
)  # fmt: skip
def test_what_differs_from_the_defaults_is_named(given, said):
    assert parts(**given) == said


@pytest.mark.parametrize(
    ("given", "coverage", "said"),
    [
        ({"e_min": energy("1 keV")}, Coverage(energy=(5e4, 1e9)), ()),
        ({"e_min": energy("500 MeV"), "e_max": energy("5 GeV")}, Coverage(energy=(1e6, 3e6)), ("1-3 GeV",)),
        ({"e_max": energy("5 GeV")}, Coverage(energy=(5e4, 3e6)), ("50 MeV to 3 GeV",)),
        ({}, Coverage(energy=(1e6, 3e6)), ()),
        ({"e_min": energy("1 GeV")}, Coverage(), ("above 1 GeV",)),
        (
            {"t1": time("2010-03-09")},
            Coverage(time=(int(time("2010-03-10").text), int(time("2010-03-14").text))),
            ("2010-03-10 to 2010-03-14",),
        ),
    ],
)
def test_of_energies_and_times_the_label_states_what_is_covered(given, coverage, said):
    whole = dataclasses.replace(WORKFLOW, coverage=Coverage(energy=(5e4, 1e9)))
    values = {i.name: i.default for i in INPUTS if i.default is not None} | {"object": name("X")} | given
    assert distinctions(whole, values, "Spectrum of X", catalogue(), coverage) == said


def test_an_instrument_that_the_analysis_names_is_not_named_again():
    assert parts("Spectrogram of X in LIGO Livingston", detector=name("L1")) == ()


def test_nothing_is_said_twice():
    assert told_apart("Spectrum, 1-300 GeV", ["1-300 GeV", "with joint fit", "with joint fit"]) == (
        "Spectrum, 1-300 GeV, with joint fit"
    )
    assert told_apart("Spectrum", []) == "Spectrum"
