"""Names of a request are understood, and unknown ones are answered with near ones."""

from __future__ import annotations

import pytest

from kg_service.errors import UnknownParameter, UnknownTerm
from kg_service.model.terms import KG, ODA
from kg_service.vocabulary.catalogue import Catalogue, Role, Term

PRODUCT_KINDS = """LightCurve Spectrum Image Spectrogram StrainTimeSeries AmplitudeSpectralDensity SkyMap
    UpperLimit SourceList EventList Photometry Periodogram TriggerList Coincidence CounterpartList
    MultiInstrumentSpectrum MultiInstrumentLightCurve MultiMessengerSummary Observability ResolvedObject
    ResolvedEvent GammaRayLightCurve HighEnergyGammaRaySpectrum VeryHighEnergyGammaRaySpectrum
    HardXraySpectrum NeutrinoUpperLimit GravitationalWaveSpectrogram OpticalImage"""
INSTRUMENTS = (
    "FermiLAT LIGO H1 L1 Virgo V1 ISGRI JEMX SPIACS POLAR ANTARES IceCube KM3NeT LegacySurvey VERITAS"
)


@pytest.mark.parametrize("name", PRODUCT_KINDS.split())
def test_names_of_products_that_others_rely_on(catalogue: Catalogue, name: str):
    term = catalogue.find(name, among="product")
    assert term.local == name
    assert catalogue.is_product(term.iri)


@pytest.mark.parametrize("name", INSTRUMENTS.split())
def test_names_of_instruments_that_others_rely_on(catalogue: Catalogue, name: str):
    assert catalogue.find(name, among="instrument").iri == KG + name


@pytest.mark.parametrize(
    ("spelling", "iri"),
    [
        ("LightCurve", ODA + "LightCurve"),
        ("oda:LightCurve", ODA + "LightCurve"),
        ("http://odahub.io/ontology#LightCurve", ODA + "LightCurve"),
        ("https://odahub.io/ontology#LightCurve", ODA + "LightCurve"),
        ("<http://odahub.io/ontology#LightCurve>", ODA + "LightCurve"),
        ("kg:Spectrogram", KG + "Spectrogram"),
        ("light curve", ODA + "LightCurve"),
        ("lightcurve", ODA + "LightCurve"),
        ("gamma-ray  light curve", KG + "GammaRayLightCurve"),
        ("dynamic-spectrum", KG + "Spectrogram"),
        ("Fermi-LAT", KG + "FermiLAT"),
        ("fermi", KG + "FermiLAT"),
        ("SPI-ACS", KG + "SPIACS"),
        ("spi_acs", KG + "SPIACS"),
        ("JEM-X", KG + "JEMX"),
        ("gw", KG + "LVK"),
        ("h1", KG + "H1"),
        ("X-ray", KG + "Xray"),
        ("Gamma-ray", KG + "GammaRay"),
    ],
)
def test_usual_spellings(catalogue: Catalogue, spelling: str, iri: str):
    assert catalogue.find(spelling).iri == iri


def test_the_group_decides_between_things_of_one_name(catalogue: Catalogue):
    assert catalogue.find("GW", among="messenger").iri == KG + "GravitationalWave"
    assert catalogue.find("GW", among="instrument").iri == KG + "LVK"
    with pytest.raises(UnknownTerm):
        catalogue.find("FermiLAT", among="product")
    with pytest.raises(UnknownTerm):
        catalogue.find("DataProduct", among="product")


def test_an_unknown_term_is_answered_with_near_ones(catalogue: Catalogue):
    with pytest.raises(UnknownTerm, match="Did you mean LightCurve") as caught:
        catalogue.find("LightCurv")
    assert caught.value.near[0] == "LightCurve"
    with pytest.raises(UnknownTerm) as caught:
        catalogue.find("FermiLTA", among="instrument")
    assert "FermiLAT" in caught.value.near
    with pytest.raises(UnknownTerm) as caught:
        catalogue.find("https://example.org/other#LightCurve")
    assert "LightCurve" in caught.value.near
    with pytest.raises(UnknownTerm) as caught:
        catalogue.term(KG + "Spectrogramm")
    assert "Spectrogram" in caught.value.near


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("object", ODA + "AstrophysicalObject"),
        ("src_name", ODA + "AstrophysicalObject"),
        ("event", KG + "Event"),
        ("detector", KG + "Detector"),
        ("ra", ODA + "PointOfInterestRA"),
        ("RA", ODA + "PointOfInterestRA"),
        ("dec", ODA + "PointOfInterestDEC"),
        ("t1", ODA + "StartTime"),
        ("T2", ODA + "EndTime"),
        ("e_min", KG + "MinimumEnergy"),
        ("e_max", KG + "MaximumEnergy"),
        ("radius", KG + "SearchRadius"),
        ("PointOfInterestRA", ODA + "PointOfInterestRA"),
        ("oda:StartTime", ODA + "StartTime"),
        ("startTime", ODA + "StartTime"),
        ("kg:startTimeTT", ODA + "StartTime"),
        ("StartTimeMJD", ODA + "StartTime"),
        ("https://odahub.io/ontology#EndTimeISOT", ODA + "EndTime"),
        ("AstrophysicalObjectOfInterest", ODA + "AstrophysicalObject"),
        ("MainIdentifier", KG + "MainIdentifier"),
        ("EventIdentifier", KG + "EventIdentifier"),
    ],
)
def test_parameters_by_every_name(catalogue: Catalogue, name: str, term: str):
    role = catalogue.parameter(name)
    assert isinstance(role, Role)
    assert role.term == term


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("instrument", "instrument"),
        ("oda:Instrument", "instrument"),
        ("Instrument", "instrument"),
        ("messenger", "messenger"),
        ("Messenger", "messenger"),
        ("workflow", "workflow"),
        ("oda:Workflow", "workflow"),
        ("newerThan", "newerThan"),
        ("newer_than", "newerThan"),
    ],
)
def test_constraints_by_every_name(catalogue: Catalogue, name: str, constraint: str):
    term = catalogue.parameter(name)
    assert isinstance(term, Term)
    assert term.iri == KG + constraint


@pytest.mark.parametrize("name", ["Float", "oda:Energy_keV", "TimeInstant", "Angle", "WorkflowParameter"])
def test_a_kind_is_no_parameter_of_a_request(catalogue: Catalogue, name: str):
    with pytest.raises(UnknownParameter, match="not what it is for"):
        catalogue.parameter(name)


def test_an_unknown_parameter_is_answered_with_near_ones(catalogue: Catalogue):
    with pytest.raises(UnknownParameter) as caught:
        catalogue.parameter("detectr")
    assert caught.value.parameter == "detectr"
    assert "Detector" in caught.value.near
    with pytest.raises(UnknownParameter) as caught:
        catalogue.parameter("Spectrum")
    assert caught.value.code == "unknown-parameter"


def test_terms_and_what_is_below_them(catalogue: Catalogue):
    term = catalogue.term(KG + "GammaRayLightCurve")
    assert term.label == "gamma-ray light curve"
    assert set(term.parents) == {ODA + "LightCurve", KG + "GammaRayProduct"}
    assert (term.status, term.sort) == ("stable", "class")
    assert KG + "GammaRayLightCurve" in catalogue.children(ODA + "LightCurve")
    assert KG + "HardXray" in catalogue.children(KG + "Xray")
    assert {KG + "H1", KG + "L1"} <= set(catalogue.children(KG + "LIGO"))
    assert catalogue.children(KG + "H1") == ()
    assert len({t.iri for t in catalogue.terms()}) == len(catalogue.terms()) > 500


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("t_min", {"t1", "t2"}),
        ("time", {"t1", "t2"}),
        ("start", {"t1"}),
        ("tend", {"t2"}),
        ("tmax", {"t1", "t2"}),
        ("energy", {"e_min", "e_max"}),
        ("energy_low", {"e_min", "e_max"}),
        ("name", {"object"}),
        ("object_id", {"object"}),
        ("position", {"ra", "dec"}),
        ("freq", {"f_min", "f_max"}),
        ("e_mni", {"e_min"}),
    ],
)
def test_a_name_that_nobody_uses_offers_what_it_may_mean(catalogue: Catalogue, name: str, offered: set[str]):
    with pytest.raises(UnknownParameter) as caught:
        catalogue.parameter(name)
    assert offered <= set(caught.value.near)


@pytest.mark.parametrize(
    ("name", "role"),
    [("tstart", "StartTime"), ("emin", "MinimumEnergy"), ("energy_min", "MinimumEnergy"),
     ("source", "AstrophysicalObject"), ("target", "AstrophysicalObject")],
)  # fmt: skip
def test_usual_names_are_understood(catalogue: Catalogue, name: str, role: str):
    assert catalogue.parameter(name).term.endswith(role)
