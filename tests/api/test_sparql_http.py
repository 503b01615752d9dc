"""``/sparql``: the SPARQL 1.1 Protocol, read only, within limits."""

from __future__ import annotations

import time
import uuid

import pytest
from pyoxigraph import RdfFormat, parse
from SPARQLWrapper import JSON, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

ROWS = "application/sparql-results+json"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?p a kg:Product }"
QUERY = {"Content-Type": "application/sparql-query"}


@pytest.fixture(scope="module", autouse=True)
def product(live):
    import httpx

    with httpx.Client(base_url=live.address, timeout=60, headers={"Prefer": "wait=60"}) as client:
        made = client.get("/ask/Observability", params={"object": uuid.uuid4().hex}).json()["product"]
        # What was made is seen by SPARQL within a second or so.
        until, query = time.monotonic() + 10, {"query": f"ASK {{ <{made['id']}> a kg:Product }}"}
        while not client.get("/sparql", params=query, headers={"Accept": ROWS}).json()["boolean"]:
            assert time.monotonic() < until
            time.sleep(0.1)
        return made


def test_the_three_ways_to_ask_are_one(http):
    accept = {"Accept": ROWS}
    ways = [
        http.get("/sparql", params={"query": COUNT}, headers=accept),
        http.post("/sparql", data={"query": COUNT}, headers=accept),
        http.post("/sparql", content=COUNT, headers=QUERY | accept),
    ]
    assert {w.status_code for w in ways} == {200}
    assert {w.headers["content-type"] for w in ways} == {ROWS}
    assert len({w.text for w in ways}) == 1
    assert int(ways[0].json()["results"]["bindings"][0]["n"]["value"]) >= 1
    assert "accept" in ways[0].headers["vary"].lower()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", ROWS),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv;q=0.5, text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("application/json", "application/json"),
        ("text/html", "text/html"),
    ],
)
def test_rows_in_the_form_asked_for(http, accept, kind):
    response = http.get("/sparql", params={"query": COUNT}, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)


def test_graphs_in_the_form_asked_for(http, product):
    query = f"DESCRIBE <{product['id']}>"
    for kind, form in (("text/turtle", RdfFormat.TURTLE), ("application/n-triples", RdfFormat.N_TRIPLES)):
        response = http.get("/sparql", params={"query": query}, headers={"Accept": kind})
        assert response.headers["content-type"].partition(";")[0] == kind
        assert list(parse(response.content, form))
    refused = http.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not-acceptable")


def test_what_was_just_made_is_found(http):
    name = uuid.uuid4().hex
    made = http.get("/ask/Observability", params={"object": name}, headers={"Prefer": "wait=60"}).json()
    query = f"ASK {{ <{made['product']['id']}> a kg:Product }}"
    until = time.monotonic() + 10
    while not http.get("/sparql", params={"query": query}, headers={"Accept": ROWS}).json()["boolean"]:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_classes_found_by_reasoning_are_in_the_graph(http):
    http.get("/ask/GammaRayLightCurve", params={"object": "Mrk 421"}, headers={"Prefer": "wait=60"})
    until = time.monotonic() + 10
    query = "ASK { ?p a kg:Product , kg:GammaRayLightCurve , oda:LightCurve }"
    while not http.get("/sparql", params={"query": query}, headers={"Accept": ROWS}).json()["boolean"]:
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "LOAD <http://127.0.0.1:1/>",
    ],
)
def test_updates_and_other_servers_are_refused(http, text):
    for response in (
        http.get("/sparql", params={"query": text}),
        http.post("/sparql", content=text, headers=QUERY),
        http.post("/sparql", data={"update": text}),
        http.post("/sparql", content=text, headers={"Content-Type": "application/sparql-update"}),
        http.get("/sparql", params={"update": text}),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "sparql-refused")


@pytest.mark.parametrize(
    ("request_of", "status", "code"),
    [
        (lambda h: h.get("/sparql", params={"query": "SELECT"}), 400, "malformed"),
        (lambda h: h.get("/sparql?query=ASK%7B%7D&query=ASK%7B%7D"), 400, "malformed"),
        (lambda h: h.get("/sparql?query=%ff"), 400, "malformed"),
        (lambda h: h.post("/sparql", content=b"ASK {} # \xff", headers=QUERY), 400, "malformed"),
        (lambda h: h.post("/sparql", data={"other": "x"}), 400, "malformed"),
        (lambda h: h.post("/sparql", content="ASK {}", headers={"Content-Type": "text/plain"}), 415,
         "unsupported-media-type"),
        (lambda h: h.put("/sparql", content="ASK {}", headers=QUERY), 405, "method-not-allowed"),
        (lambda h: h.get("/sparql", params={"query": "ASK {}"}, headers={"Accept": "image/png"}), 406,
         "not-acceptable"),
        (lambda h: h.get("/sparql", params={"query": "ASK {}", "default-graph-uri": "no iri"}), 400,
         "bad-value"),
    ],
)  # fmt: skip
def test_bad_requests(http, request_of, status, code):
    response = request_of(http)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


def test_unknown_parameters_are_left_aside(http):
    response = http.get(
        "/sparql", params={"query": "ASK {}", "format": "json", "output": "json", "results": "x"}
    )
    assert response.status_code == 200


def test_the_description_of_the_service(http, live):
    response = http.get("/sparql", headers={"Accept": "text/turtle"})
    graph = [q.triple for q in parse(response.content, RdfFormat.TURTLE)]
    sd = "http://www.w3.org/ns/sparql-service-description#"
    services = [t.subject for t in graph if getattr(t.object, "value", "") == sd + "Service"]
    assert len(services) == 1
    endpoints = [t.object.value for t in graph if t.predicate.value == sd + "endpoint"]
    assert endpoints == [f"{live.address}/sparql"]
    assert "BasicFederatedQuery" not in response.text


def test_a_cross_product_is_stopped_and_the_next_query_answered(http):
    started = time.monotonic()
    text = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    response = http.get("/sparql", params={"query": text})
    assert (response.status_code, response.json()["code"]) == (503, "sparql-limit")
    assert time.monotonic() - started < 30
    assert http.get("/sparql", params={"query": "ASK {}"}, headers={"Accept": ROWS}).json()["boolean"] is True


def test_an_independent_client(live):
    client = SPARQLWrapper(f"{live.address}/sparql")
    client.setQuery(COUNT)
    client.setReturnFormat(JSON)
    assert int(client.query().convert()["results"]["bindings"][0]["n"]["value"]) >= 1
    client.setMethod("POST")
    client.setReturnFormat(XML)
    assert client.query().convert().getElementsByTagName("literal")
    client.setQuery("CONSTRUCT { ?p a kg:Product } WHERE { ?p a kg:Product }")
    client.setReturnFormat(TURTLE)
    assert b"Product" in client.query().convert()
    client.setReturnFormat(JSON)
    client.setQuery("SELECT nonsense")
    with pytest.raises(QueryBadFormed):
        client.query()
