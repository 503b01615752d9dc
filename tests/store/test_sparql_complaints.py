"""One line for a SPARQL text that cannot be read: where, and what stands there."""

from __future__ import annotations

import re

import pytest
from pyoxigraph import Store

from kg_service.store.sparql_complaints import PADDING, complaint
from kg_service.store.sparql_guard import guard


def said(text: str) -> str:
    guarded = guard(text)
    with pytest.raises(SyntaxError) as refused:
        Store().query(guarded.text + PADDING)
    found = re.match(r"error at 1:([0-9]+): (.*)", str(refused.value), re.DOTALL)
    return complaint(guarded, int(found[1]), found[2]) if found else complaint(guarded, 0, str(refused.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SELECT * WHERE {",
            "The query ends too early at line 1, column 17: the { at line 1, column 16 is not closed.",
        ),
        ("SELECT ?s { ?s ?p ?o } ORDER # why", "The query ends too early at line 1, column 35."),
        ("SELECT ?s { ?s ?p ?o } }", "The } at line 1, column 24 closes nothing."),
        (
            "SELECT ?s { FILTER(?x } )",
            "The ( at line 1, column 19 is not closed before the } at line 1, column 23.",
        ),
        ("SELECT ?s {\n ?s ?p 'a'\n ?x\n}", "line 3, column 2, where stands '?x }'."),
        ("SELECT ?s { ?s ?p ?o } LIMIT ?x", "line 1, column 30, where stands '?x'."),
        ("SELECT * {} {}", "line 1, column 13, where stands '{}'."),
        ("SELECT ?s (COUNT(?x) AS ?n) { ?s ?p ?x }", "contains a variable that is unbound."),
    ],
)
def test_the_place_and_what_stands_there(text, message):
    assert said(text).endswith(message)


def test_a_complaint_is_short():
    long = "SELECT * { ?s ?p ?o FILTER " + "?x" * 400 + " }"
    assert len(said(long)) < 160
    assert "\n" not in said("SELECT *\n{ ?s\n?p }")


def test_an_engine_that_tells_no_place_is_quoted_in_one_line():
    guarded = guard("SELECT * { ?s ?p ?o }")
    assert complaint(guarded, 0, "wrong\nat many places") == "The SPARQL text cannot be read: wrong."
