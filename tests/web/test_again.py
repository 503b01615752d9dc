"""A refused question again: near names as links that ask them."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.errors import BadValue, Conflict, NotFound, UnknownParameter, UnknownTerm, UnresolvedObject
from kg_service.web.again import again, near_links

PATH = "/ask/Spectrum?object=Mrk%20421&instrument=HESS&as=html"


def links(problem, path=PATH):
    return dict(near_links(problem.to_json(), path))


def asked(address):
    parts = urlsplit(address)
    return unquote(parts.path), parse_qsl(parts.query)


def test_a_near_value_takes_the_place_of_the_wrong_one():
    found = links(UnknownTerm("no", parameter="instrument", value="HESS", near=("INTEGRAL IBIS/ISGRI",)))
    assert asked(found["INTEGRAL IBIS/ISGRI"]) == (
        "/ask/Spectrum",
        [("object", "Mrk 421"), ("instrument", "INTEGRAL IBIS/ISGRI")],
    )
    found = links(UnresolvedObject("no", parameter="object", value="Mrk 421", near=("Mrk 501",)))
    assert asked(found["Mrk 501"])[1][0] == ("object", "Mrk 501")


def test_a_near_name_takes_the_place_of_the_wrong_name():
    path = "/explain/Spectrum?objct=Mrk%20421"
    found = links(UnknownParameter("no", parameter="objct", near=("object",)), path)
    assert asked(found["object"]) == ("/explain/Spectrum", [("object", "Mrk 421")])


def test_a_near_term_takes_the_place_of_the_wrong_term():
    found = links(UnknownTerm("no", value="Spectrm", near=("Spectrum",)), "/ask/Spectrm?object=x")
    assert asked(found["Spectrum"]) == ("/ask/Spectrum", [("object", "x")])


def test_of_two_names_for_one_thing_one_stays():
    path = "/ask/Spectrum?object=a&AstrophysicalObject=a"
    found = links(Conflict("no", parameter="AstrophysicalObject", near=("object",)), path)
    assert asked(found["object"])[1] == [("object", "a")]
    found = links(Conflict("no", parameter="threshold", near=("workflow=lat-cuts",)))
    assert asked(found["workflow=lat-cuts"])[1][-1] == ("workflow", "lat-cuts")


@pytest.mark.parametrize(
    ("problem", "path"),
    [
        (BadValue("no", parameter="e_min", near=("1",)), PATH),
        (NotFound("no", near=("http://localhost:8000/products/aa",)), "/products/a"),
        (UnknownTerm("no", near=("x/y",)), "/terms/x"),
    ],
)
def test_where_it_cannot_be_told_there_is_no_link(problem, path):
    assert set(links(problem, path).values()) == {""}


def test_members_of_lists_have_pages_of_their_names():
    assert links(UnknownTerm("no", near=("Spectrum",)), "/terms/Spectrm") == {"Spectrum": "/terms/Spectrum"}


@given(st.text(min_size=1), st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4))
def test_a_question_comes_back_as_it_was_written(term, pairs):
    from kg_service.web.again import Again

    kept = tuple(pair for pair in pairs if pair[0] != "as")
    found = again(Again("ask", term, ()).address(term, kept))
    assert found == Again("ask", term, kept)


def test_other_addresses_are_no_questions():
    assert again("/products/aa") is None
    assert again("/ask/") is None
