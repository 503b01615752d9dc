"""``/queries``: graphs and short JSON in, answers out, and every recorded query can be posted back."""

from __future__ import annotations

import json
import uuid

import pytest

NOW = {"Prefer": "wait=60"}
TURTLE = """@prefix kg: <https://w3id.org/kg-service/ontology#> .
[] a kg:Query ; kg:asksFor kg:Observability ; kg:object "{name}" ."""


def short(name: str) -> dict:
    return {"ask": "Observability", "where": {"object": name}}


def new_name() -> str:
    return f"star {uuid.uuid4().hex[:8]}"


def test_a_new_query_is_created_and_answered(http):
    response = http.post("/queries", json=short(new_name()), headers=NOW)
    assert response.status_code == 201
    said = response.json()
    assert response.headers["location"] == "/queries/" + said["query"].rpartition("/")[2]
    assert (said["status"], said["reused"]) == ("done", False)
    known = http.get(response.headers["location"]).json()
    assert known["product"]["id"] == said["product"]["id"]


def test_a_known_query_is_not_created_again(http):
    name = new_name()
    first = http.post("/queries", json=short(name), headers=NOW)
    second = http.post("/queries", json=short(name), headers=NOW)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["reused"] is True
    assert first.headers["location"] == second.headers["location"]


def test_notations_of_one_question_are_one_query(http):
    name = new_name()
    as_json = http.post("/queries", json=short(name), headers=NOW).headers["location"]
    as_turtle = http.post(
        "/queries", content=TURTLE.format(name=name), headers={"Content-Type": "text/turtle", **NOW}
    )
    assert as_turtle.status_code == 200, as_turtle.text
    assert as_turtle.headers["location"] == as_json


@pytest.mark.parametrize(
    "kind", ["text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
)
def test_what_is_given_can_be_posted_back(http, kind):
    where = {"object": new_name(), "seconds": 0.25}
    location = http.post("/queries", json={"ask": "Observability", "where": where}, headers=NOW).headers[
        "location"
    ]
    graph = http.get(location, headers={"Accept": kind})
    assert graph.headers["content-type"].partition(";")[0] == kind
    again = http.post("/queries", content=graph.content, headers={"Content-Type": kind, **NOW})
    assert again.status_code == 200, again.text
    assert again.headers["location"] == location
    assert again.json()["reused"] is True


@pytest.mark.parametrize(
    "where", [{"seconds": 0.25}, {"seconds": 0.25, "workflow": "waiting-analyses-waiting"}, {}]
)
def test_an_answer_can_be_posted_back(http, where):
    asked = {"ask": "Observability", "where": {"object": new_name(), **where}}
    first = http.post("/queries", json=asked, headers=NOW)
    assert first.status_code == 201, first.text
    location = first.headers["location"]
    answer = http.get(location)
    again = http.post("/queries", content=answer.content, headers={"Content-Type": "application/json", **NOW})
    assert (again.status_code, again.headers["location"]) == (200, location)
    assert again.json()["product"]["id"] == answer.json()["product"]["id"]
    from_ask = http.get("/ask/Observability", params=asked["where"], headers=NOW).json()
    posted = http.post("/queries", json=from_ask, headers=NOW)
    assert posted.headers["location"] == location


def test_a_time_in_an_answer_keeps_its_microseconds(http):
    where = {"object": "TXS 0506+056", "t1": "MJD57754.000000123456", "t2": "2017-03-01T00:00:00.000001Z"}
    asked = {"ask": "Spectrum", "where": where}
    location = http.post("/queries", json=asked, headers=NOW).headers["location"]
    again = http.post("/queries", json=http.get(location).json(), headers=NOW)
    assert again.headers["location"] == location


def test_a_body_of_another_type_is_told_what_is_read(http):
    for kind in ("text/plain", "application/xml", ""):
        refused = http.post("/queries", content=b"Spectrum", headers={"Content-Type": kind} if kind else {})
        said = refused.json()
        assert (refused.status_code, said["code"]) == (415, "unsupported-media-type")
        assert {"application/json", "text/turtle", "application/ld+json"} <= set(said["near"])
        assert "application/json" in said["detail"]
        assert refused.headers["accept-post"].split(", ") == said["near"]
        assert said["value"] == (kind or None)


def test_the_list_gives_short_json_that_can_be_posted(http):
    location = http.post("/queries", json=short(new_name()), headers=NOW).headers["location"]
    newest = next(
        q for q in http.get("/queries", params={"limit": 1000}).json()["items"] if q["url"].endswith(location)
    )
    again = http.post("/queries", json=newest, headers=NOW)
    assert (again.status_code, again.headers["location"]) == (200, location)


def test_fresh_in_the_body_runs_anew(http):
    name = new_name()
    first = http.post("/queries", json=short(name), headers=NOW).json()
    second = http.post("/queries", json=short(name) | {"fresh": True}, headers=NOW).json()
    assert second["reused"] is False
    assert second["product"]["id"] != first["product"]["id"]


def test_a_failure_is_told_in_the_answer(http):
    where = {"object": new_name(), "outcome": "unavailable"}
    response = http.post("/queries", json={"ask": "Observability", "where": where}, headers=NOW)
    assert response.status_code == 201
    assert response.json()["status"] == "failed"
    assert response.json()["problem"]["code"] == "archive-unavailable"
    known = http.get(response.headers["location"]).json()
    assert (known["status"], known["problem"]["code"]) == ("failed", "archive-unavailable")


def test_pending_queries_say_so(http):
    where = {"object": new_name(), "seconds": 20}
    response = http.post(
        "/queries", json={"ask": "Observability", "where": where}, headers={"Prefer": "respond-async"}
    )
    assert (response.status_code, response.json()["status"]) == (201, "pending")
    known = http.get(response.headers["location"]).json()
    assert (known["status"], known["run"]) == ("pending", response.json()["run"])
    http.delete("/runs/" + known["run"].rpartition("/")[2])


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"[]", "application/json", 400, "malformed"),
        (b'{"ask": "Spectrum", "where": {"ra": NaN, "dec": 1}}', "application/json", 400, "malformed"),
        (b'{"ask": "Spectrum", "color": 1}', "application/json", 400, "malformed"),
        (b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"ask": "Spectrm"}', "application/json", 404, "unknown-term"),
        (b"@prefix", "text/turtle", 400, "malformed"),
        (b"", "text/turtle", 400, "malformed"),
        (b"\xff\xfe", "text/turtle", 400, "malformed"),
        (b'{"@context": "http://example.org/context"}', "application/ld+json", 400, "malformed"),
        (b"a,b", "text/csv", 415, "unsupported-media-type"),
        (b"{}", "", 415, "unsupported-media-type"),
    ],
)
def test_bad_bodies(http, content, kind, status, code):
    response = http.post("/queries", content=content, headers={"Content-Type": kind} if kind else {})
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


def test_an_invalid_graph_comes_with_the_report(http):
    graph = (
        TURTLE.format(name="x").replace(" .", "")
        + """ ;
      kg:startTime "2011-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> ;
      kg:endTime "2010-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> ."""
    )
    graph = TURTLE.format(name="x").rpartition(".")[0] + graph.partition('"x"')[2]
    response = http.post("/queries", content=graph, headers={"Content-Type": "text/turtle"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid"), response.text
    assert "ValidationReport" in response.json()["report"]


def test_unknown_queries_are_not_found(http):
    response = http.get("/queries/" + "0" * 32)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_json_that_is_no_question_of_ours_is_told_what_one_is(http):
    assert '"ask"' in http.post("/queries", json=[1]).json()["detail"]
    assert json.loads(http.post("/queries", json={"ask": 3}).text)["parameter"] == "ask"
