"""Detectors are understood by the names that the ontology gives them."""

from __future__ import annotations

import pytest

from kg_service.data import data_folder
from kg_service.intake.term import read_request
from kg_service.model.terms import KG
from kg_service.vocabulary.catalogue import load


@pytest.fixture(scope="module")
def catalogue():
    return load(data_folder("ontology"))


@pytest.mark.parametrize(
    ("written", "detector"),
    [("H1", "H1"), ("h1", "H1"), ("Hanford", "H1"), ("LIGO Hanford", "H1"), ("Livingston", "L1"),
     ("l1", "L1"), ("Virgo", "V1"), ("LIGO", "LIGO"), ("Fermi-LAT", "Fermi-LAT"), ("X9", "X9")],
)  # fmt: skip
def test_a_detector_goes_by_its_short_name(catalogue, written, detector):
    query = read_request("Spectrogram", [("event", "GW150914"), ("detector", written)], catalogue)
    binding = next(b for b in query.bindings if b.term == KG + "Detector")
    assert binding.value.text == detector
    assert binding.given == written
