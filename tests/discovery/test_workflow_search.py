"""Workflows by words of what they are about, and the instruments that they can use."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from kg_service.data import data_folder
from kg_service.discovery.described_workflow import workflow_json
from kg_service.discovery.instruments import instruments_of, with_wholes
from kg_service.discovery.search import find_workflows, near_words
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow
from kg_service.vocabulary.catalogue import Catalogue, load


@cache
def catalogue() -> Catalogue:
    return load(data_folder("ontology"))


def choices(*names: str) -> tuple[Value, ...]:
    return tuple(Value(Kind.NAME, name, None, name) for name in names)


DETECTOR = Input(
    "detector",
    KG + "Detector",
    "detector",
    allowed=choices("H1", "V1", "all"),
    determines=KG + "observedWith",
)
STRAIN = Workflow(
    "strain-map", "1", "a" * 64, "Maps of strain", "Loudness.", (DETECTOR,),
    (Output("map", KG + "Spectrogram"),), messenger=KG + "GravitationalWave",
)  # fmt: skip
GAMMA = Workflow(
    "band-fit", "1", "b" * 64, "Fits of bands", "From a table.",
    (Input("object", ODA + "AstrophysicalObject"),),
    (Output("spectrum", ODA + "Spectrum", observed_with=(KG + "FermiLAT",)),), (KG + "FermiLAT",),
    KG + "HighEnergyGammaRay", Coverage(objects=("Mrk 421",)), alt_names=("bandpass",),
)  # fmt: skip
BOTH = (GAMMA, STRAIN)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["band-fit", "strain-map"]),
        ("FITS", ["band-fit"]),
        ("blazars", ["band-fit"]),
        ("GammaRaySpectrum", ["band-fit"]),
        ("fermi-lat", ["band-fit"]),
        ("mrk 421", ["band-fit"]),
        ("bandpass", ["band-fit"]),
        ("source", ["band-fit"]),
        ("hanford", ["strain-map"]),
        ("ligo", ["strain-map"]),
        ("neutron star", ["strain-map"]),
        ("livingston", []),
        ("blazar strain", []),
    ],
)
def test_every_word_must_be_one_of_what_it_is_about(words, found):
    assert [w.name for w in find_workflows(BOTH, catalogue(), words)] == found


def test_words_that_nobody_has_are_met_with_those_alike():
    assert "spectrogram" in near_words(BOTH, catalogue(), "spectogram")
    assert near_words(BOTH, catalogue(), "xyzzyx") == ()
    assert near_words(BOTH, catalogue(), "blazar strain") == ()  # each is known, but of no workflow both
    for near in near_words(BOTH, catalogue(), "blazzar"):
        assert find_workflows(BOTH, catalogue(), near)


def test_an_input_chooses_among_instruments():
    assert instruments_of(STRAIN, catalogue()) == (KG + "H1", KG + "V1")
    assert instruments_of(GAMMA, catalogue()) == (KG + "FermiLAT",)
    free = replace(STRAIN, inputs=(replace(DETECTOR, determines=None),))
    assert instruments_of(free, catalogue()) == ()


def test_a_detector_stands_for_what_it_is_part_of():
    found = with_wholes((KG + "H1", KG + "V1"), catalogue())
    assert found == (KG + "H1", KG + "LIGO", KG + "LVK", KG + "V1", KG + "Virgo")


def test_the_description_names_the_instruments_that_can_be_chosen():
    said = workflow_json(STRAIN, Site("http://localhost:8000/"), catalogue=catalogue())
    assert said["instruments"] == [KG + "H1", KG + "V1"]
    assert said["instrument"] is None
