"""What an answer says of how a request was read: names as given, labels, and only what changed."""

from __future__ import annotations

import pytest

from kg_service.discovery.describe import said_beside
from kg_service.discovery.understood import understood
from kg_service.model import notation
from kg_service.model.answer import Answer, AnswerStatus, Resolved
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, NEUTRAL_BASE, ODA
from kg_service.model.values import Kind

LABELS = {KG + "FermiLAT": "Fermi-LAT", KG + "VERITAS": "VERITAS"}


def read(given, kind, *, name="x", used=None, unit=None):
    value = notation.read(given, kind, unit=unit, photon=True)
    shown = used or (f"{value.text} {value.unit}" if value.unit else str(value.plain))
    query = Query(ODA + "Spectrum", (Binding(KG + "p", KG + "P", value, name, given),))
    answer = Answer(query, AnswerStatus.DONE, resolved=(Resolved(KG + "P", given, shown),))
    (found,) = understood(answer, LABELS.__getitem__)
    assert (found["given"], found["used"], found["name"]) == (given, shown, name)
    return found["text"]


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ("1 GeV", Kind.ENERGY, None),
        ("0.1 GeV", Kind.ENERGY, None),
        ("20", Kind.ENERGY, None),
        ("500 nm", Kind.ENERGY, "2.47968 eV"),
        ("38.21", Kind.DECLINATION, None),
        ("38.210 deg", Kind.DECLINATION, None),
        ("+38:12:30", Kind.DECLINATION, "38.208333333 deg"),
        ("38", Kind.DECLINATION, None),
        ("2017-01-01", Kind.TIME, None),
        ("2017-01-01 00:00:00", Kind.TIME, None),
        ("MJD57754", Kind.TIME, "2017-01-01"),
        ("mrk  421", Kind.NAME, None),
    ],
)
def test_only_what_changed_is_told(given, kind, text):
    assert read(given, kind) == text


def test_a_resolved_name_is_told():
    assert read("Markarian 421", Kind.NAME, used="Mrk 421") == "Mrk 421"


@pytest.mark.parametrize(
    ("given", "value", "text"),
    [
        ("VERITAS", KG + "VERITAS", None),
        ("fermi", KG + "FermiLAT", "Fermi-LAT"),
        ("lat", NEUTRAL_BASE + "workflows/fermi-lat", "fermi-lat"),
    ],
)
def test_a_constraint_is_told_by_its_label(given, value, text):
    limit = Constraint(KG + "instrument", value, "instrument", given)
    answer = Answer(
        Query(ODA + "Spectrum", (), (limit,)),
        AnswerStatus.DONE,
        resolved=(Resolved(limit.property, given, value),),
    )
    assert [item["text"] for item in understood(answer, LABELS.__getitem__)] == [text]


def test_caveats_that_a_product_carries_already_are_not_said_again():
    caveats = ("points as published", "only a test", "late", "late")
    assert said_beside(caveats, ("VERITAS: points as published", "only a test")) == ["late"]
