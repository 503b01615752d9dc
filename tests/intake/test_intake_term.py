"""Requests by term: what names mean, what values mean, and what is refused with a way out."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_cases import BINS, CUTS, WORKFLOWS, catalogue, workflow

from kg_service.errors import (
    BadValue,
    Conflict,
    Malformed,
    NotFound,
    RequestProblem,
    UnknownParameter,
    UnknownTerm,
    WrongUnit,
)
from kg_service.intake.term import read_request
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Input


def read(term, *pairs, workflows=WORKFLOWS, **named):
    return read_request(term, [*pairs, *named.items()], catalogue(), workflows)


def value(query, term):
    return next(b.value for b in query.bindings if b.term == term)


@pytest.mark.parametrize(
    "name",
    [
        "object",
        "AstrophysicalObject",
        "oda:AstrophysicalObject",
        ODA + "AstrophysicalObject",
        "kg:object",
        ODA.replace("http", "https") + "AstrophysicalObject",
    ],
)
def test_every_spelling_of_a_role_is_the_same_query(name):
    query = read("Spectrum", (name, "Mrk 421"))
    assert query.bindings[0].property == KG + "object"
    assert query.ident == read("Spectrum", object="Mrk 421").ident


@pytest.mark.parametrize("name", ["HESS", "MAGIC", "Swift-XRT"])
def test_an_instrument_that_is_not_known_is_answered_with_those_that_have_a_workflow(name):
    using = replace(CUTS, instruments=(KG + "VERITAS", KG + "FermiLAT"))
    with pytest.raises(UnknownTerm, match="Fermi-LAT, VERITAS") as refused:
        read("Spectrum", instrument=name, workflows=(using,))
    assert refused.value.near == ("Fermi-LAT", "VERITAS")
    assert (refused.value.parameter, refused.value.value) == ("instrument", name)


def test_a_misspelt_instrument_is_answered_with_the_near_ones_alone():
    with pytest.raises(UnknownTerm, match="Did you mean") as refused:
        read("Spectrum", instrument="Fermy")
    assert "VERITAS" not in refused.value.near


@pytest.mark.parametrize("term", ["Spectrum", "oda:Spectrum", ODA + "Spectrum"])
def test_every_spelling_of_a_product_is_the_same_query(term):
    assert read(term) == read("Spectrum")


def test_notations_units_and_order_do_not_matter():
    one = read(
        "LightCurve", ("t1", "2010-03-05T12:00:00Z"), ("e_min", "20"), ("ra", "11h04m27s"), ("dec", "38.2")
    )
    other = read(
        "LightCurve", ("dec", "38d12m00s"), ("ra", "166.1125"), ("e_min", "0.02 MeV"), ("t1", "MJD55260.5")
    )
    assert one.ident == other.ident
    assert one == other
    assert [b.given for b in other.bindings if b.name == "ra"] == ["166.1125"]


@settings(deadline=None)
@given(
    st.permutations(
        [("t1", "MJD55000"), ("t2", "MJD55001"), ("e_min", "20"), ("object", "Crab"), ("instrument", "fermi")]
    )
)
def test_the_order_of_the_pairs_never_matters(pairs):
    assert read("Spectrum", *pairs) == read("Spectrum", *sorted(pairs))


def test_a_constraint_is_no_binding():
    query = read("Spectrum", instrument="Fermi-LAT", messenger="GammaRay")
    assert query.bindings == ()
    assert {(c.property, c.value) for c in query.constraints} == {
        (KG + "instrument", KG + "FermiLAT"),
        (KG + "messenger", KG + "GammaRay"),
    }


def test_newer_than_is_a_time():
    query = read("Spectrum", newer_than="MJD55260.5")
    assert query.constraints[0].value == "2010-03-05T12:00:00Z"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("lat-cuts", "kg-site:/workflows/lat-cuts"),
        ("lat-cuts/" + "0" * 12, "kg-site:/workflows/lat-cuts/" + "0" * 12),
    ],
)
def test_a_workflow_is_named_without_the_site(given, meant):
    assert read("Spectrum", workflow=given).constraints[0].value == meant


def test_an_unknown_workflow_offers_near_ones():
    with pytest.raises(NotFound) as caught:
        read("Spectrum", workflow="lat-cut")
    assert caught.value.near[0] == "lat-cuts"


def test_a_parameter_of_its_own_is_named_alike_in_every_version_and_workflow():
    binding = read("Spectrum", joint_fit="true").bindings[0]
    assert binding.property == binding.term == "kg-site:/workflows#arg-joint_fit"
    assert binding.value.text == "true"


def test_a_parameter_that_is_a_role_is_that_role():
    query = read("Spectrum", catalogue_entry="4FGL J0509.4+0542")
    assert query.bindings[0].term == KG + "FermiCatalogueName"
    assert query.ident == read("Spectrum", FermiCatalogueName="4FGL J0509.4+0542").ident


def test_where_workflows_differ_the_one_that_answers_is_meant():
    light_curve = read("LightCurve", threshold="5").bindings[0]
    assert light_curve.property == "kg-site:/workflows/curve-bins#arg-threshold"
    assert light_curve.value.kind is Kind.NUMBER
    spectrum = read("Spectrum", threshold="5").bindings[0]
    assert spectrum.property == "kg-site:/workflows/lat-cuts#arg-threshold"
    assert spectrum.value.key == "energy 5000 keV"


def test_where_the_asked_product_does_not_tell_the_workflow_must_be_said():
    with pytest.raises(Conflict) as caught:
        read("Image", threshold="5")
    assert "lat-cuts (Energy_MeV in MeV)" in caught.value.detail
    assert "workflow=curve-bins" in caught.value.near
    told = read("Image", ("threshold", "5"), ("workflow", "curve-bins"))
    assert told.bindings[0].property == "kg-site:/workflows#arg-threshold"


def test_a_bare_number_is_in_the_unit_that_the_workflow_declares():
    assert read("Spectrum", threshold="5").ident == read("Spectrum", threshold="5 MeV").ident
    assert read("Spectrum", threshold="5000 keV").ident == read("Spectrum", threshold=5).ident


def test_a_bare_number_is_in_the_format_that_a_class_or_input_fixes():
    meant = read("Spectrum", t1="MJD55260.5").ident
    assert read("Spectrum", StartTimeMJD="55260.5").ident == meant
    assert read("Spectrum", begin="55260.5").ident == meant
    with pytest.raises(BadValue, match="MJD"):
        read("Spectrum", t1="55260.5")


def test_wavelengths_in_ascending_order_are_a_band_in_descending_energy():
    query = read("Spectrum", e_min="400 nm", e_max="700 nm")
    low, high = value(query, KG + "MinimumEnergy"), value(query, KG + "MaximumEnergy")
    assert float(low.text) == pytest.approx(1.239841984 / 700, rel=1e-9)
    assert float(high.text) == pytest.approx(1.239841984 / 400, rel=1e-9)
    assert query.ident == read("Spectrum", e_min="700 nm", e_max="400 nm").ident


@pytest.mark.parametrize(
    ("term", "pairs", "error", "near"),
    [
        ("Spectum", [], UnknownTerm, "Spectrum"),
        ("Spectrum", [("objct", "Crab")], UnknownParameter, "object"),
        ("Spectrum", [("joint_fitt", "true")], UnknownParameter, "joint_fit"),
        ("Spectrum", [("instrument", "POLARR")], UnknownTerm, "POLAR"),
        ("Spectrum", [("forgotten", "1")], UnknownParameter, None),
        ("Spectrum", [("Float", "1")], UnknownParameter, None),
        ("StartTime", [], UnknownTerm, "Spectrum"),
        ("Spectrum", [("e_min", "20 s")], WrongUnit, None),
        ("Spectrum", [("dec", "91")], BadValue, None),
        ("Spectrum", [("e_min", "NaN")], BadValue, None),
        ("Spectrum", [("e_min", "inf")], BadValue, None),
        ("Spectrum", [("object", " ")], BadValue, None),
        ("Spectrum", [("spectrum", "x")], BadValue, None),
        ("Spectrum", [("object", "x")] * 201, Malformed, None),
    ],
)
def test_what_cannot_be_understood_is_refused_with_near_matches(term, pairs, error, near):
    with pytest.raises(error) as caught:
        read(term, *pairs)
    assert near is None or near in caught.value.near
    if pairs and error in (BadValue, WrongUnit):
        assert caught.value.parameter == pairs[0][0]


@pytest.mark.parametrize(
    "pairs",
    [
        [("object", "Crab"), ("AstrophysicalObject", "Crab")],
        [("object", "Crab"), ("object", "Mrk 421")],
        [("e_min", "20"), ("MinimumEnergy", "30")],
        [("instrument", "fermi"), ("instrument", "POLAR")],
        [("joint_fit", "true"), ("joint_fit", "false")],
        [("catalogue_entry", "4FGL J0509.4+0542"), ("FermiCatalogueName", "4FGL J0509.4+0542")],
    ],
)
def test_one_thing_given_twice_is_a_conflict_that_names_both(pairs):
    with pytest.raises(Conflict) as caught:
        read("Spectrum", *pairs)
    for name, _ in pairs:
        assert name in caught.value.detail


def test_data_product_means_too_much_to_be_asked_for():
    with pytest.raises(UnknownTerm, match="every number and text") as caught:
        read("DataProduct")
    assert "Spectrum" in caught.value.near


def test_a_new_version_of_a_workflow_leaves_questions_as_they_are():
    newer = workflow("lat-cuts", *CUTS.inputs, version="1" * 12)
    changed = tuple(newer if w is CUTS else w for w in WORKFLOWS)
    assert (
        read("Spectrum", joint_fit="true").ident
        == read("Spectrum", joint_fit="true", workflows=changed).ident
    )
    more = (*WORKFLOWS, workflow("third", Input("joint_fit", ODA + "Boolean")))
    assert (
        read("Spectrum", joint_fit="true").ident == read("Spectrum", joint_fit="true", workflows=more).ident
    )


def test_a_full_name_says_which_workflow_is_meant():
    query = read("Image", ("kg-site:/workflows/curve-bins#arg-threshold", "5"))
    assert query.bindings[0].value.kind is Kind.NUMBER
    assert BINS.name in query.bindings[0].property


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_gives_a_query_or_a_problem(term, name, text):
    requests = [(term, (name, text)), *(("Spectrum", (known, text)) for known in (name, "e_min", "t1"))]
    for asked, pair in requests:
        with contextlib.suppress(RequestProblem):
            assert len(read(asked, pair).ident) == 32


HEAVY = """
import sys
from kg_service.data import data_folder
from kg_service.discovery import describe
from kg_service.intake import authored, digest, graph, short
from kg_service.intake.term import read_request
from kg_service.model.terms import Site
from kg_service.rdf import formats, plan, product, query, run, sealing, workflow
from kg_service.vocabulary.catalogue import load

pairs = [("object", "Crab"), ("e_min", "20 keV"), ("t1", "MJD55000"), ("ra", "83.6"), ("dec", "22")]
asked = read_request("Spectrum", pairs, load(data_folder("ontology")))
site = Site("http://localhost:8000/")
sealing.seal(query.to_triples(asked, site), site)
describe.query_json(asked, site)
heavy = {"astropy", "pyshacl", "fastapi", "pydantic", "httpx", "owlready2", "rdflib", "numpy", "scipy"}
print(sorted(heavy & set(sys.modules)))
"""


def test_reading_a_request_loads_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_workflow_answers_by_what_reasoning_says_it_promises():
    """Only the Fermi light curve is a gamma-ray one, though neither says so: its parameter is meant."""
    fermi = workflow("lat-curve", Input("smooth", ODA + "Integer"), output=ODA + "LightCurve")
    fermi = replace(fermi, outputs=(replace(fermi.outputs[0], observed_with=(KG + "FermiLAT",)),))
    neutrinos = workflow("antares-curve", Input("smooth", ODA + "Boolean"), output=ODA + "LightCurve")
    neutrinos = replace(neutrinos, outputs=(replace(neutrinos.outputs[0], observed_with=(KG + "ANTARES",)),))
    query = read("GammaRayLightCurve", smooth="3", workflows=(fermi, neutrinos))
    assert query.bindings[0].value.kind is Kind.INTEGER
    with pytest.raises(Conflict):
        read("LightCurve", smooth="3", workflows=(fermi, neutrinos))
