"""What HermiT must find, and must not find; and that no meaning gets lost on the way to it."""

from __future__ import annotations

import pytest

from kg_service.errors import Invalid
from kg_service.model.terms import KG, ODA
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.check import check_output
from kg_service.vocabulary.reasoning import Classification, classify, reason

X = "http://example.org/x#"
OUTPUTS = """
x:with-FermiLAT a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:FermiLAT .
x:with-VERITAS a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:VERITAS .
x:with-ISGRI a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:ISGRI .
x:with-ANTARES a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:ANTARES .
x:with-H1 a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue kg:H1 .
x:curve a owl:Class ; rdfs:subClassOf oda:LightCurve , x:with-FermiLAT .
x:neutrinos a owl:Class ; rdfs:subClassOf oda:LightCurve , x:with-ANTARES .
x:joint a owl:Class ; rdfs:subClassOf oda:Spectrum , x:with-FermiLAT , x:with-VERITAS .
x:tev a owl:Class ; rdfs:subClassOf oda:Spectrum , x:with-VERITAS .
x:hard a owl:Class ; rdfs:subClassOf oda:Spectrum , x:with-ISGRI .
x:gram a owl:Class ; rdfs:subClassOf kg:Spectrogram , x:with-H1 .
x:wrong a owl:Class ; rdfs:subClassOf kg:NeutrinoUpperLimit , x:with-FermiLAT .
x:limit a owl:Class ; rdfs:subClassOf kg:UpperLimit , x:with-ANTARES .
x:variable kg:valueClass x:curve .
"""


@pytest.fixture(scope="module")
def outputs(catalogue: Catalogue, turtle, java: None) -> dict[str, set[str]]:
    found = classify(catalogue.triples, turtle(OUTPUTS))
    return {iri.removeprefix(X): {c.rpartition("#")[2] for c in classes} for iri, classes in found.items()}


def test_the_ontology_is_consistent_and_no_class_is_empty(entailed: Classification):
    assert entailed.empty == frozenset()
    community = {c for c in entailed.above if c.startswith(ODA)}
    assert len(community) > 110


@pytest.mark.parametrize(
    ("output", "yes", "no"),
    [
        (
            "curve",
            {
                "GammaRayLightCurve",
                "HighEnergyGammaRayLightCurve",
                "PhotonProduct",
                "ScienceProduct",
                "timeseries",
            },
            {"VeryHighEnergyGammaRayLightCurve", "MultiInstrumentLightCurve", "XrayLightCurve", "Spectrum"},
        ),
        ("neutrinos", {"NeutrinoLightCurve"}, {"GammaRayLightCurve", "PhotonProduct"}),
        (
            "joint",
            {"MultiInstrumentSpectrum", "HighEnergyGammaRaySpectrum", "VeryHighEnergyGammaRaySpectrum"},
            {"HardXraySpectrum", "MultiInstrumentLightCurve"},
        ),
        ("tev", {"GammaRaySpectrum"}, {"HighEnergyGammaRaySpectrum", "MultiInstrumentSpectrum"}),
        ("hard", {"HardXraySpectrum", "XraySpectrum"}, {"MultiInstrumentSpectrum", "SoftXraySpectrum"}),
        ("gram", {"GravitationalWaveSpectrogram"}, {"PhotonProduct"}),
        ("limit", {"NeutrinoUpperLimit"}, {"PhotonProduct"}),
    ],
)
def test_expected_entailments(outputs: dict[str, set[str]], output: str, yes: set[str], no: set[str]):
    assert yes <= outputs[output]
    assert not no & outputs[output]


def test_an_output_is_not_above_itself_and_thing_is_left_out(outputs: dict[str, set[str]]):
    assert "curve" not in outputs["curve"]
    assert "Thing" not in outputs["curve"]


def test_a_hand_written_contradiction_is_no_contradiction_but_warned_of(
    catalogue: Catalogue, outputs: dict[str, set[str]]
):
    assert {"NeutrinoUpperLimit", "HighEnergyGammaRayUpperLimit"} <= outputs["wrong"]
    (warning,) = check_output(catalogue, KG + "NeutrinoUpperLimit", [KG + "FermiLAT"])
    assert "none of its instruments observes Neutrino" in warning
    assert check_output(catalogue, KG + "NeutrinoUpperLimit", [KG + "ANTARES"]) == []
    assert check_output(catalogue, KG + "UpperLimit", [KG + "FermiLAT"]) == []
    (warning,) = check_output(catalogue, KG + "MultiInstrumentSpectrum", [KG + "FermiLAT"])
    assert "less than two instruments" in warning


IMPOSSIBLE = """
x:number a owl:Class ; rdfs:subClassOf oda:LightCurve , oda:Float .
x:telescope a owl:Class ; rdfs:subClassOf oda:LightCurve , oda:Instrument .
x:two-units a owl:Class ; rdfs:subClassOf oda:Energy_keV , oda:Energy_MeV .
x:two-formats a owl:Class ; rdfs:subClassOf oda:StartTimeMJD , oda:StartTimeISOT .
x:with-unit a owl:Class ; rdfs:subClassOf oda:Spectrum ,
    [ a owl:Restriction ; owl:onProperty oda:has_unit ; owl:hasValue unit:keV ] .
x:possible a owl:Class ; rdfs:subClassOf oda:LightCurve , oda:Spectrum , oda:Image .
"""


def test_what_excludes_itself_is_empty(catalogue: Catalogue, turtle, java: None):
    """Products are no numbers and no instruments, units and formats differ, has_unit is for parameters."""
    found = reason([*catalogue.triples, *turtle(IMPOSSIBLE)]).empty
    assert sorted(found) == [X + n for n in ("number", "telescope", "two-formats", "two-units", "with-unit")]


def test_an_impossible_output_is_refused_by_name(catalogue: Catalogue, turtle, java: None):
    with pytest.raises(Invalid, match="x#bad") as caught:
        classify(
            catalogue.triples, turtle("x:bad a owl:Class ; rdfs:subClassOf oda:LightCurve , oda:Float .")
        )
    assert caught.value.value == X + "bad"


def test_a_contradiction_of_individuals_makes_all_inconsistent(
    catalogue: Catalogue, turtle, java: None, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(Invalid, match="contradicts itself"):
        reason([*catalogue.triples, *turtle("x:thing a oda:Spectrum , oda:Instrument .")])
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_instruments_in_no_list_are_still_different_ones(catalogue: Catalogue, turtle, java: None):
    known = turtle("x:here a oda:Instrument . x:there a kg:DetectorInstrument .")
    output = turtle(
        "x:both a owl:Class ; rdfs:subClassOf oda:Spectrum , "
        "[ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue x:here ] , "
        "[ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:hasValue x:there ] ."
    )
    found = classify([*catalogue.triples, *known], output)
    assert KG + "MultiInstrumentSpectrum" in found[X + "both"]


def test_bands_a_version_covers_reach_its_outputs(catalogue: Catalogue, turtle, java: None):
    asked = turtle(
        "x:HardProduct a owl:Class ; owl:equivalentClass "
        "[ a owl:Class ; owl:intersectionOf ( kg:ScienceProduct "
        "[ a owl:Restriction ; owl:onProperty kg:covers ; owl:hasValue kg:Xray ] ) ] ."
    )
    version = turtle(
        "x:version kg:covers kg:HardXray . x:out a kg:Output ; kg:valueClass x:curve ; "
        "<http://purl.org/net/p-plan#isVariableOfPlan> x:version . "
        "x:curve a owl:Class ; rdfs:subClassOf oda:LightCurve ."
    )
    found = classify([*catalogue.triples, *asked], version)
    assert X + "HardProduct" in found[X + "curve"]


def test_an_output_outside_the_pattern_is_refused(catalogue: Catalogue, turtle, java: None):
    text = (
        "x:out a owl:Class ; rdfs:subClassOf oda:LightCurve , "
        "[ a owl:Restriction ; owl:onProperty kg:observedWith ; owl:someValuesFrom oda:Instrument ] ."
    )
    with pytest.raises(Invalid, match="fixed values"):
        classify(catalogue.triples, turtle(text))


def test_the_reasoner_says_nothing_on_its_own(catalogue: Catalogue, java: None, capfd):
    reason(catalogue.triples)
    assert capfd.readouterr() == ("", "")


def test_the_closure_equals_the_reasoner_on_every_class(catalogue: Catalogue, entailed: Classification):
    for iri, above in entailed.above.items():
        if iri.startswith((KG, ODA)):
            assert catalogue.superclasses(iri) - {iri} == above, iri
