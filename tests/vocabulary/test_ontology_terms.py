"""Every term says what it is; names mean one thing; what other standards are quoted for exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg_service.model.terms import KG, ODA, OWL, RDF
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.check import check_ontology
from kg_service.vocabulary.completeness import incomplete
from kg_service.vocabulary.names import UNIT
from kg_service.vocabulary.statements import Statements

COMMUNITY = """
    WorkflowParameter optional NumericParameter Integer Float Percentage Angle AngleDegrees
    AngleMinutes AngleSeconds RightAscension RightAscensionDegrees PointOfInterestRA Declination
    DeclinationDegrees PointOfInterestDEC Energy Energy_eV Energy_keV Energy_MeV Energy_GeV
    Energy_TeV ISGRIEnergy JEMXEnergy Frequency FrequencyHz FrequencyMHz FrequencyGHz Length
    Distance Distance_m Distance_km Distance_pc Distance_kpc Distance_Mpc Wavelength Wavelength_A
    Wavelength_nm Wavelength_micron Wavelength_m TimeInterval TimeIntervalSeconds TimeIntervalHours
    TimeIntervalDays ExpressedInUnit Angstrom GHz GeV Hz MHz MeV Mpc TeV arcmin arcsec day degree eV
    hour keV km kpc m micron nm pc second ExpressedInFormat ExpressedInISOT ExpressedInMJD Boolean
    String LongString AstrophysicalObject AstrophysicalObjectOfInterest FileReference POSIXPath
    FileURL PhotometricBand VisibleBand TimeInstant TimeInstantISOT TimeInstantMJD StartTime
    StartTimeISOT StartTimeMJD EndTime EndTimeISOT EndTimeMJD SkyCoordinates PointOfInterest
    StructuredParameter PhosphorosFiltersTable DataProduct NumpyDataProduct LightCurve Spectrum
    Image ODAAstropyTable ODABinaryProduct ODAPictureProduct ODATextProduct ParameterProduct
    Workflow Instrument ISOT MJD ParameterFormat TimeFormat
"""
DOCUMENTED = 'rdfs:label "x" ; skos:definition "y" ; kg:status "testing" .'


def test_nothing_is_found_wrong(ontology: Path, java: None):
    assert check_ontology(ontology) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "kg:New a owl:Class ; rdfs:subClassOf kg:ScienceProduct .",
            "kg:New lacks a label, a definition, a status",
        ),
        (f"kg:New a owl:Class ; {DOCUMENTED}", "kg:New lacks a parent"),
        (
            'kg:New a kg:Messenger ; rdfs:label "n" ; skos:definition "d" ; kg:status "old" .',
            "kg:New lacks a status (stable or testing or deprecated)",
        ),
        ("kg:H1 kg:unheardOf kg:Hi .", "kg:unheardOf is used by kg:H1 but is not declared"),
        (
            f"kg:Image a owl:Class ; rdfs:subClassOf kg:ScienceProduct ; {DOCUMENTED}",
            "The local name Image is in kg: and in oda:",
        ),
        ('kg:VERITAS skos:altLabel "fermi" .', "Several instruments are called 'fermi'"),
        (
            f"kg:NewDetector a oda:Instrument ; {DOCUMENTED}",
            "AllDifferent list of instruments lacks kg:NewDetector",
        ),
        (
            f"""kg:T a owl:Class ; rdfs:subClassOf oda:TimeInstant ; {DOCUMENTED}
            kg:t a owl:DatatypeProperty ; rdfs:subPropertyOf kg:knownValue ; kg:roleOf kg:T ; {DOCUMENTED}""",
            "kg:T is a time, but kg:t has no kg:exactTwin",
        ),
        (
            f"kg:Odd a owl:Class ; rdfs:subClassOf oda:Energy , oda:TimeInterval ; {DOCUMENTED}",
            "kg:Odd inherits two values of canonicalForm",
        ),
        (
            f'kg:Odd a owl:Class ; rdfs:subClassOf oda:String ; kg:canonicalForm "word" ; {DOCUMENTED}',
            "The canonical form of kg:Odd, 'word', is none of",
        ),
    ],
)
def test_what_is_incomplete_is_named(catalogue: Catalogue, turtle, text: str, finding: str):
    triples = [*catalogue.triples, *turtle(text)]
    findings = incomplete(Statements(triples), Catalogue(triples))
    assert any(finding in f for f in findings), findings


def test_a_file_that_cannot_be_read_is_a_finding(changed, tmp_path: Path):
    (finding,) = check_ontology(changed("kg:H1 kg:status ."))
    assert "more.ttl" in finding
    (tmp_path / "empty").mkdir()
    assert "no Turtle file" in check_ontology(tmp_path / "empty")[0]


def test_an_empty_class_is_a_finding(changed, java: None):
    folder = changed(f"kg:Odd a owl:Class ; rdfs:subClassOf oda:Spectrum , oda:Float ; {DOCUMENTED}")
    assert check_ontology(folder) == ["Nothing can belong to Odd: its statements exclude each other."]


def test_the_community_tables_are_complete(catalogue: Catalogue):
    declared = {t.iri for t in catalogue.terms()}
    assert {ODA + name for name in COMMUNITY.split()} <= declared
    units = {t.iri for t in catalogue.terms() if t.iri.startswith(UNIT) and t.sort == "individual"}
    assert len(units) == 7 + 8 + 8 + 4


def test_every_pair_has_its_class_in_step_with_its_name(catalogue: Catalogue):
    """<Messenger><Kind> is asked for by that messenger and that kind."""
    kinds = {t.local: t.iri for t in catalogue.terms() if catalogue.is_product(t.iri)}
    pairs = 0
    for messenger in catalogue.messengers():
        for term in catalogue.terms():
            kind = term.local.removeprefix(messenger.rpartition("#")[2])
            if kind != term.local and kind in kinds and kind != "Product" and catalogue.is_product(term.iri):
                asked = catalogue.request_features(term.iri)
                assert asked == {("class", kinds[kind]), ("observes", messenger)}, term.iri
                pairs += 1
    assert pairs > 100


def test_what_the_records_use_is_declared(catalogue: Catalogue):
    page = Path(__file__).parents[2] / "docs" / "internals" / "graphs.md"
    if not page.is_file():
        pytest.skip("the description of the records is not beside the tests")
    used = set(re.findall(r"\bkg:([A-Za-z]\w*)", page.read_text()))
    declared = {t.local for t in catalogue.terms() if t.iri.startswith(KG)}
    assert sorted(used - declared) == []


def test_classes_are_pointed_to_by_annotations_only(catalogue: Catalogue):
    statements = Statements(catalogue.triples)
    for name in ("valueClass", "asksFor", "term", "entailsType", "determines", "roleOf"):
        assert statements.iris(KG + name, RDF + "type") == [OWL + "AnnotationProperty"], name


def test_unit_texts_are_vounits(catalogue: Catalogue):
    units = pytest.importorskip("astropy.units")
    statements = Statements(catalogue.triples)
    texts = {t for s in statements.subjects() for t in statements.texts(s, KG + "vounit")}
    texts |= {t for s in statements.subjects() for t in statements.texts(s, KG + "canonicalUnit")}
    deprecated = {"Angstrom"}  # VOUnit still reads it, with a warning
    for text in sorted(texts - deprecated):
        units.Unit(text, format="vounit")
    assert {"keV", "deg", "Hz", "s", "m"} <= texts


def test_ucds_are_of_the_controlled_list(catalogue: Catalogue):
    ucd = pytest.importorskip("astropy.io.votable.ucd")
    statements = Statements(catalogue.triples)
    for subject in statements.subjects():
        for text in statements.texts(subject, KG + "ucd"):
            assert ucd.check_ucd(text, check_controlled_vocabulary=True), (subject, text)


def test_no_sentence_is_said_twice(catalogue: Catalogue):
    """A definition distinguishes its term from every other."""
    seen: dict[str, str] = {}
    for term in catalogue.terms():
        other = seen.setdefault(term.definition, term.iri)
        assert other == term.iri, (other, term.iri)


def test_the_reference_lists_what_can_be_asked_and_given(catalogue: Catalogue):
    page = Path(__file__).parents[2] / "docs" / "reference" / "ontology.md"
    if not page.is_file():
        pytest.skip("the reference is not beside the tests")
    listed = set(re.findall(r"^\| `(\w+)` \|", page.read_text(), re.MULTILINE))
    kinds = {
        t.iri
        for t in catalogue.terms()
        if catalogue.is_product(t.iri) and "observes" not in {f for f, _ in catalogue.request_features(t.iri)}
    }
    roles = {r.term for r in catalogue.roles()}
    terms = kinds | roles | {*catalogue.instruments(), *catalogue.messengers()}
    assert listed == {iri.rpartition("#")[2] for iri in terms}
