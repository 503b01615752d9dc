"""What an author declares, completed by the ontology."""

from __future__ import annotations

import sys
from typing import Annotated

import pytest
from intake_cases import catalogue

from kg_service import authoring
from kg_service.authoring import Coverage, allowed, determines, kg, label, limits, oda, unit, workflow
from kg_service.errors import Invalid, UnknownTerm
from kg_service.intake.authored import to_workflow
from kg_service.model.notation import tt_from_iso
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.values import Kind
from kg_service.rdf import workflow as workflow_rdf

DIGEST = "0123456789abcdef" * 4


def declared(function, **said):
    """A function's declaration, its annotations being terms already."""
    said = {"title": "A title", "instrument": kg.FermiLAT} | said
    return workflow(**said)(function).declaration


def complete(function, **said):
    return to_workflow(declared(function, **said), catalogue(), DIGEST)


def with_input(annotation, *default):
    def analysis(x=None): ...

    analysis.__annotations__ = {"x": annotation, "return": oda.Spectrum}
    analysis.__defaults__ = default or None
    analysis.__doc__ = "What is done."
    return complete(analysis).inputs[0]


def test_all_of_a_declaration_is_kept_and_completed():
    def spectrum(source, e_min=100.0, e_max=1000, detector="H1", sed=None): ...

    spectrum.__annotations__ = {
        "source": kg.FermiCatalogueName,
        "e_min": Annotated[kg.MinimumEnergy, unit("MeV"), limits(50, 1e6), label("from")],
        "e_max": Annotated[kg.MaximumEnergy, unit("MeV")],
        "detector": Annotated[kg.Detector, allowed("L1", "H1"), determines(kg.observedWith)],
        "sed": oda.Spectrum,
        "return": oda.Spectrum,
    }
    spectrum.__doc__ = "What is done."
    made = complete(
        spectrum,
        gives={"ra": oda.PointOfInterestRA},
        messenger=kg.HighEnergyGammaRay,
        coverage=Coverage(("2008-08-04T15:43:36Z", "2022-08-02T21:53:15Z"), (5e4, 1e9), ("b", "a")),
        below=[("e_min", "e_max")],
        cite=("2", "1"),
        alt_names=("z", "y"),
        cost=2.5,
        deterministic=False,
    )
    assert (made.version, made.digest) == (DIGEST[:12], DIGEST)
    assert made.entry == f"{__name__}:test_all_of_a_declaration_is_kept_and_completed.<locals>.spectrum"
    assert made.description == "What is done."
    assert made.instruments == (KG + "FermiLAT",)
    assert made.messenger == KG + "HighEnergyGammaRay"
    assert made.coverage.time == (tt_from_iso("2008-08-04T15:43:36Z"), tt_from_iso("2022-08-02T21:53:15Z"))
    assert made.coverage.energy == (5e4, 1e9)
    assert made.coverage.objects == ("a", "b")
    assert (made.cite, made.alt_names, made.inputs_together) == (
        ("2", "1"),
        ("z", "y"),
        (("e_min", "e_max"),),
    )
    assert (made.cost, made.deterministic) == (2.5, False)
    assert [(o.name, o.term, o.is_product, o.observed_with) for o in made.outputs] == [
        ("spectrum", ODA + "Spectrum", True, (KG + "FermiLAT",)),
        ("ra", ODA + "PointOfInterestRA", False, ()),
    ]
    source, e_min, e_max, detector, sed = made.inputs
    assert (source.unit, source.default, source.optional) == (None, None, False)
    assert (e_min.unit, e_min.default.key, e_min.label) == ("MeV", "energy 100000 keV", "from")
    assert (e_min.minimum.key, e_min.maximum.key) == ("energy 50000 keV", "energy 1000000000 keV")
    assert e_max.default.key == "energy 1000000 keV"
    assert [v.text for v in detector.allowed] == ["L1", "H1"]
    assert detector.determines == KG + "observedWith"
    assert sed.is_product
    site = Site("http://localhost:8000/")
    assert workflow_rdf.from_triples(workflow_rdf.to_triples(made, site), site) == [made]


def test_without_a_unit_numbers_are_in_the_canonical_unit():
    item = with_input(kg.MinimumEnergy, 20)
    assert (item.unit, item.default.key) == ("keV", "energy 20 keV")


def test_a_class_with_a_unit_gives_it():
    item = with_input(oda.Energy_MeV, 20)
    assert (item.unit, item.default.key) == ("MeV", "energy 20000 keV")


def test_a_class_with_a_time_format_gives_it():
    item = with_input(oda.StartTimeMJD, 55260.5)
    assert item.unit.lower() == "mjd"
    assert item.default.text == str(tt_from_iso("2010-03-05T12:00:00Z"))


def test_a_plain_number_keeps_the_unit_its_author_names():
    item = with_input(Annotated[oda.Float, unit("erg.cm**-2.s**-1"), limits(0, None)], 1e-12)
    assert (item.unit, item.default.unit, item.default.text) == ("erg.cm**-2.s**-1",) * 2 + ("1e-12",)


def test_limits_in_wavelength_are_limits_of_energy_the_other_way_round():
    item = with_input(Annotated[kg.MinimumEnergy, unit("nm"), limits(400, 700)], 500)
    assert float(item.minimum.text) < float(item.default.text) < float(item.maximum.text)


def test_a_default_of_none_is_a_value_of_its_own():
    item = with_input(kg.MinimumEnergy, None)
    assert item.optional
    assert item.default.kind is Kind.NONE


@pytest.mark.parametrize(
    ("annotation", "default", "words"),
    [
        (Annotated[kg.MinimumEnergy, limits(50, 100)], 20, "below the minimum 50"),
        (Annotated[kg.MinimumEnergy, limits(50, 100)], 200, "above the maximum 100"),
        (Annotated[kg.Detector, allowed("H1", "L1")], "V1", "none of H1, L1"),
        (Annotated[kg.MinimumEnergy, limits(100, 50)], 70, "leave nothing"),
        (Annotated[kg.MinimumEnergy, unit("s")], 20, "x"),
        (kg.MinimumEnergy, "soon", "x"),
        (oda.PointOfInterestDEC, 91, "declination"),
        (Annotated[oda.Integer, limits(0, 5)], 2.5, "x"),
    ],
)
def test_a_default_that_cannot_be_is_refused_when_the_workflow_is_read(annotation, default, words):
    with pytest.raises(Invalid, match=words):
        with_input(annotation, default)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"below": [("x", "y")]}, Invalid),
        ({"instrument": kg.FermiLATT}, UnknownTerm),
        ({"gives": {"ra": oda.Float}}, Invalid),
        ({"gives": {"ra": oda.PointOfInterestR}}, UnknownTerm),
        ({"coverage": Coverage(time=("2022-01-01T00:00:00Z", "2020-01-01T00:00:00Z"))}, Invalid),
        ({"coverage": Coverage(energy=(5, 5))}, Invalid),
        ({"coverage": Coverage(time=("soon", "later"))}, Invalid),
    ],
)
def test_what_contradicts_itself_is_refused(said, error):
    def analysis(x): ...

    analysis.__annotations__ = {"x": kg.MinimumEnergy, "return": oda.Spectrum}
    with pytest.raises(error):
        complete(analysis, **said)


def test_limits_and_admissible_values_of_a_class_reach_its_inputs():
    energy = with_input(oda.ISGRIEnergy, 20.0)
    assert (energy.minimum.text, energy.maximum.text) == ("15", "800")
    own = with_input(Annotated[oda.ISGRIEnergy, unit("MeV"), limits(0.001, 0.1)], 0.02)
    assert (own.minimum.text, own.maximum.text) == ("15", "100")
    assert {v.text for v in with_input(oda.VisibleBand, "g").allowed} == {"b", "g", "r", "v"}
    assert [v.text for v in with_input(Annotated[oda.VisibleBand, allowed("r", "g")], "g").allowed] == [
        "r",
        "g",
    ]
    with pytest.raises(Invalid, match="not admitted by its class"):
        with_input(Annotated[oda.VisibleBand, allowed("J")], "J")
    with pytest.raises(Invalid, match="below the minimum 15"):
        with_input(oda.ISGRIEnergy, 5.0)


def test_an_unknown_term_offers_near_ones():
    with pytest.raises(UnknownTerm) as caught:
        with_input(kg.MinimumEnergi, 1)
    assert any("MinimumEnergy" in name for name in caught.value.near)


def test_every_shipped_workflow_can_be_read():
    pytest.importorskip("executors.instruments.fermi_lat", reason="no analysis is installed")
    module = sys.modules["executors.instruments.fermi_lat"]
    for declaration in authoring.declared_in(module):
        made = to_workflow(declaration, catalogue(), DIGEST)
        assert made.product.observed_with
