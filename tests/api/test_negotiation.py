from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import Request

from kg_service.api.negotiation import choose, is_known, json_bytes, prefers_page
from kg_service.api.preferences import LONGEST_WAIT, USUAL_WAIT, read_preferences
from kg_service.errors import NotAcceptable

OFFERED = ("application/json", "text/html", "text/turtle", "image/png")


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("TEXT/Turtle", "text/turtle"),
        ("text/html;q=0.5, text/turtle", "text/turtle"),
        ("text/turtle;q=0, */*;q=0.1", "application/json"),
        ("image/*, text/html;q=0.2", "image/png"),
        ("text/*;q=0.9, text/turtle;q=0.1, image/png;q=0.5", "text/html"),
        ("application/pdf, text/turtle;q=0.001", "text/turtle"),
        ("text/turtle;charset=utf-8;q=0.7, image/png;q=0.6", "text/turtle"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/png,*/*;q=0.8", "text/html"),
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "image/png"),
    ],
)
def test_the_type_liked_best_is_chosen(accept, chosen):
    asked = request() if accept is None else request(accept=accept)
    assert choose(asked, OFFERED) == chosen


@pytest.mark.parametrize("accept", ["application/pdf", "*/*;q=0", "text/turtle;q=nonsense", "nonsense"])
def test_nothing_fitting_is_refused_with_what_there_is(accept):
    with pytest.raises(NotAcceptable) as caught:
        choose(request(accept=accept), OFFERED)
    assert caught.value.near == OFFERED


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
def test_any_header_is_answered_or_refused(accept):
    with contextlib.suppress(NotAcceptable):
        assert choose(request(accept=accept), OFFERED) in OFFERED
    assert prefers_page(request(accept=accept)) in (True, False)
    read_preferences(request(prefer=accept, cache_control=accept).headers)


def test_only_browsers_get_pages_of_problems():
    assert prefers_page(request(accept="text/html,*/*;q=0.8"))
    assert not prefers_page(request(accept="*/*"))
    assert not prefers_page(request())
    assert not prefers_page(request(accept="application/json, text/html;q=0.5"))


@pytest.mark.parametrize(
    ("prefer", "wait", "applied"),
    [
        ([], USUAL_WAIT, ()),
        (["wait=5"], 5, ("wait=5",)),
        (["wait = 5 ; foo"], 5, ("wait=5",)),
        (['WAIT="7"'], 7, ("wait=7",)),
        (["wait=9999"], LONGEST_WAIT, ("wait=120",)),
        (["respond-async"], 0, ("respond-async",)),
        (["respond-async", "wait=10"], 10, ("respond-async", "wait=10")),
        (["wait=1, wait=2"], 1, ("wait=1",)),
        (["wait=-1", "handling=strict"], USUAL_WAIT, ()),
        (["wait=1e3"], USUAL_WAIT, ()),
        (["wait=²"], USUAL_WAIT, ()),
    ],
)
def test_preferences(prefer, wait, applied):
    found = read_preferences(Headers(raw=[(b"prefer", p.encode("latin-1")) for p in prefer]))
    assert (found.wait, found.applied) == (wait, applied)


def test_no_cache_means_fresh():
    assert read_preferences(request(cache_control="max-age=0, No-Cache").headers).fresh
    assert not read_preferences(request(cache_control="max-age=0").headers).fresh


def test_tags():
    assert is_known(request(if_none_match='"a", W/"b"'), '"b"')
    assert is_known(request(if_none_match="*"), '"b"')
    assert not is_known(request(if_none_match='"bb"'), '"b"')
    assert not is_known(request(), '"b"')


def test_no_json_holds_nan():
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes({"x": float("nan")})
