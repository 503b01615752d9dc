"""Requests as documents: short JSON and posted graphs say the same as the request by term."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_cases import WORKFLOWS, catalogue

from kg_service.discovery.describe import query_json
from kg_service.errors import (
    BadValue,
    Conflict,
    Malformed,
    TooLarge,
    UnknownParameter,
    UnknownTerm,
    UnsupportedMediaType,
)
from kg_service.intake.graph import read_graph
from kg_service.intake.short import read_short
from kg_service.intake.term import read_request
from kg_service.model.terms import PREFIXES, Site
from kg_service.rdf import query as query_rdf
from kg_service.rdf.formats import READABLE, serialise

SITE = Site("http://localhost:8000/")
HEAD = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in PREFIXES.items())


def by_term(term, **named):
    return read_request(term, named.items(), catalogue(), WORKFLOWS)


def short(document):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_short(data, catalogue(), WORKFLOWS)


def turtle(text):
    return read_graph((HEAD + text).encode(), "text/turtle", SITE, catalogue(), WORKFLOWS)


def test_an_answer_is_read_as_the_question_it_repeats():
    question = {"ask": "Spectrum", "where": {"object": "Mrk 421", "e_min": {"value": 1, "unit": "GeV"}}}
    answer = {"query": "http://localhost:8000/queries/1", "status": "done", "product": None, "added": 1}
    assert short({**answer, **question}) == short(question)
    assert short({**answer, "ask": "Spectrum"}) == short({"ask": "Spectrum"})
    with pytest.raises(Malformed) as caught:  # half an answer is a query with strange members
        short({**question, "status": "done"})
    assert caught.value.parameter == "status"


def test_short_json_says_what_the_term_says():
    query, fresh = short(
        {
            "ask": "Spectrum",
            "where": {"object": "Mrk 421", "e_min": {"value": 20, "unit": "keV"}},
            "fresh": True,
        }
    )
    assert query.ident == by_term("Spectrum", object="Mrk 421", e_min="0.02 MeV").ident
    assert fresh is True
    assert short({"ask": "Spectrum"}) == (by_term("Spectrum"), False)


def test_every_digit_of_a_json_number_counts():
    long = b'{"ask": "Spectrum", "where": {"e_min": 20.00000000000000000001}}'
    assert (
        short(long)[0].bindings[0].value.text
        == by_term("Spectrum", e_min="20.00000000000000000001").bindings[0].value.text
    )
    assert short(long)[0].ident != by_term("Spectrum", e_min="20").ident


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"{", Malformed),
        (b"\xff", Malformed),
        (b"[" * 100_000, Malformed),
        (b'{"ask": "Spectrum", "where": {"e_min": NaN}}', Malformed),
        (b'{"ask": "Spectrum", "where": {"e_min": ' + b"1" * 5000 + b"}}", Malformed),
        (b'{"ask": "Spectrum", "where": {"object": "a", "object": "b"}}', Conflict),
        (b" " * (2**20 + 1), TooLarge),
        (["Spectrum"], Malformed),
        ({"ask": "Spectrum", "were": {}}, Malformed),
        ({"where": {}}, Malformed),
        ({"ask": "Spectrum", "where": []}, Malformed),
        ({"ask": "Spectrum", "fresh": "yes"}, Malformed),
        ({"ask": "Spectrum", "where": {"e_min": [1]}}, Malformed),
        ({"ask": "Spectrum", "where": {"e_min": {"unit": "keV"}}}, Malformed),
        ({"ask": "Spectrum", "where": {"instrument": 5}}, BadValue),
        ({"ask": "Spectum"}, UnknownTerm),
    ],
)
def test_what_is_no_short_query_is_refused(document, error):
    with pytest.raises(error):
        short(document)


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "object": st.sampled_from(["Mrk 421", "Mrk  421", "é Cas", 'a "quoted" \\ name']),
        "t1": st.sampled_from(["2010-02-01T00:00:00Z", "2016-12-31T23:59:60.5Z", "GPS1126259462.426"]),
        "e_min": st.sampled_from(["20", "0.02 MeV", "1.2345678901234567890123 keV", "1e-12"]),
        "ra": st.sampled_from(["11h04m27s", "257.8", "0"]),
        "instrument": st.sampled_from(["fermi", "POLAR"]),
        "messenger": st.just("Neutrino"),
        "newer_than": st.just("2026-01-01T00:00:00.5Z"),
        "workflow": st.just("lat-cuts"),
        "joint_fit": st.sampled_from(["true", "none"]),
        "threshold": st.sampled_from(["5", "none"]),
    },
)


@settings(deadline=None)
@given(REQUESTS, st.sampled_from(READABLE))
def test_a_query_posted_back_is_the_same_query(named, kind):
    query = by_term("Spectrum", **named)
    data = serialise(query_rdf.to_triples(query, SITE, "2026-11-23T00:00:00.000Z"), kind, base=SITE.base)
    back = read_graph(data, kind, SITE, catalogue(), WORKFLOWS)
    assert back == query
    assert back.ident == query.ident
    names = {b.property: (b.name, b.given) for b in query.bindings}
    assert {b.property: (b.name, b.given) for b in back.bindings} == names


@settings(deadline=None)
@given(REQUESTS)
def test_the_description_of_a_query_posted_back_is_the_same_query(named):
    query = by_term("Spectrum", **named)
    described = json.dumps(query_json(query, SITE, "http://127.0.0.1:9/"), allow_nan=False).encode()
    assert short(described) == (query, False)


def test_a_query_may_have_any_name_or_none():
    meant = by_term("GammaRayLightCurve", object="Mrk 421", e_min="20")
    said = "a kg:Query ; kg:asksFor kg:GammaRayLightCurve ; kg:object 'Mrk 421' ; kg:minimumEnergy 20 ."
    for name in ("[]", "_:b", "<#mine>", "<http://elsewhere.example/q>"):
        assert turtle(f"{name} {said}").ident == meant.ident


@pytest.mark.parametrize(
    "text", ["20e0", "20", "20.0", '"20 keV"', '"0.02 MeV"', '"2e4 eV"@en', "'20'^^xsd:float"]
)
def test_values_are_read_in_every_notation(text):
    query = turtle(f"[] a kg:Query ; kg:asksFor oda:Spectrum ; kg:minimumEnergy {text} .")
    assert query.ident == by_term("Spectrum", e_min="20 keV").ident


@pytest.mark.parametrize(
    "text",
    ["'2010-03-05T12:00:00Z'^^xsd:dateTime", "'2010-03-05T13:00:00+01:00'^^xsd:dateTime", "'MJD55260.5'"],
)
def test_times_are_read_in_every_notation(text):
    query = turtle(f"[] a kg:Query ; kg:asksFor oda:Spectrum ; kg:startTime {text} .")
    assert query.ident == by_term("Spectrum", t1="MJD55260.5").ident


def test_a_time_may_be_given_by_its_exact_twin_alone():
    query = turtle("[] a kg:Query ; kg:asksFor oda:Spectrum ; kg:startTimeTT 4774507266184000 .")
    assert query == by_term("Spectrum", t1="MJD55260.5")


def test_instruments_may_be_named_by_text():
    query = turtle("[] a kg:Query ; kg:asksFor oda:Spectrum ; kg:instrument 'Fermi-LAT' .")
    assert query == by_term("Spectrum", instrument="FermiLAT")


def test_a_parameter_of_a_workflow_needs_no_key():
    query = turtle(
        "[] a kg:Query ; kg:asksFor oda:Spectrum ;"
        " <http://localhost:8000/workflows/lat-cuts#arg-threshold> '5 MeV' ;"
        " <http://localhost:8000/workflows#arg-joint_fit> true ."
    )
    assert query == by_term("Spectrum", threshold="5", joint_fit="true")


def test_an_exact_key_that_says_another_value_is_not_believed():
    query = turtle(
        "<#q> a kg:Query ; kg:asksFor oda:Spectrum ; kg:minimumEnergy 20e0 ; kg:given <#g> ."
        "<#g> a kg:GivenText ; kg:about kg:minimumEnergy ; kg:name 'e_min' ; kg:text '30' ;"
        " kg:valueKey 'energy 30 keV' ."
    )
    assert query.ident == by_term("Spectrum", e_min="20").ident


def test_a_key_in_another_than_the_canonical_way_is_brought_to_it():
    query = turtle(
        "<#q> a kg:Query ; kg:asksFor oda:Spectrum ; kg:minimumEnergy 20e0 ; kg:given <#g> ."
        "<#g> a kg:GivenText ; kg:about kg:minimumEnergy ; kg:valueKey 'energy 20.000 keV' ."
    )
    assert query.ident == by_term("Spectrum", e_min="20").ident


ASK = "kg:asksFor oda:Spectrum"
CONTRADICTING_TIMES = "kg:startTime '2010-01-01T00:00:00Z'^^xsd:dateTime ; kg:startTimeTT 4774507266184000"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<#a> a oda:Spectrum .", Malformed),
        (f"<#a> a kg:Query ; {ASK} . <#b> a kg:Query ; {ASK} .", Malformed),
        ("<#a> a kg:Query .", Malformed),
        (f"<#a> a kg:Query ; {ASK} , oda:LightCurve .", Malformed),
        ("<#a> a kg:Query ; kg:asksFor oda:Spectum .", UnknownTerm),
        ("<#a> a kg:Query ; kg:asksFor oda:StartTime .", UnknownTerm),
        (f"<#a> a kg:Query ; {ASK} ; kg:objct 'Crab' .", UnknownParameter),
        (
            f"<#a> a kg:Query ; {ASK} ; <http://localhost:8000/workflows#arg-joint_fitt> true .",
            UnknownParameter,
        ),
        (f"<#a> a kg:Query ; {ASK} ; kg:object 'Crab' , 'Mrk 421' .", Conflict),
        (f"<#a> a kg:Query ; {ASK} ; kg:object <#b> .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; kg:declination 91 .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; kg:minimumEnergy 'NaN'^^xsd:double .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; kg:minimumEnergy 'abc'^^xsd:double .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; kg:startTime '2010-99-99T00:00:00Z'^^xsd:dateTime .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; kg:startTimeTT 'x' .", BadValue),
        (f"<#a> a kg:Query ; {ASK} ; {CONTRADICTING_TIMES} .", Conflict),
        (f"<#a> a kg:Query ; {ASK} ; kg:instrument kg:POLARR .", UnknownTerm),
        ("<#a> a kg:Query", Malformed),
    ],
)
def test_what_is_no_query_is_refused(text, error):
    with pytest.raises(error) as caught:
        turtle(text)
    assert caught.value.detail


def test_an_unknown_property_offers_near_ones():
    with pytest.raises(UnknownParameter) as caught:
        turtle(f"<#a> a kg:Query ; {ASK} ; kg:objct 'Crab' .")
    assert any("object" in name for name in caught.value.near)


def test_bodies_of_other_media_types_are_refused():
    with pytest.raises(UnsupportedMediaType):
        read_graph(b"", "text/csv", SITE, catalogue())


def test_large_bodies_are_refused_before_they_are_read():
    with pytest.raises(TooLarge):
        read_graph(b"#" * (50 * 2**20), "text/turtle", SITE, catalogue())
