"""``GET /ask`` by its contract: the answer, its forms, waiting, reuse, failure."""

from __future__ import annotations

import concurrent.futures
import hashlib
import uuid

import pytest
from httpx import Client

SOURCE = {"object": "TXS 0506+056"}
RDF = ["text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml"]
NOW = {"Prefer": "wait=60"}


def new_object() -> str:
    return f"star {uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def answer(live):
    with Client(base_url=live.address, timeout=60, headers=NOW) as client:
        response = client.get("/ask/Spectrum", params=SOURCE)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_answer_is_the_default(http, answer):
    response = http.get("/ask/Spectrum", params=SOURCE, headers={"Accept": "*/*"})
    ident = answer["product"]["id"].rpartition("/")[2]
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-location"] == f"/products/{ident}"
    said = response.json()
    assert said["status"] == "done"
    assert said["reused"] is True
    assert set(said["reuse"]) == {"made", "by", "version", "why"}
    assert said["product"]["values"]["lp_index"]["value"] == pytest.approx(2.02, abs=0.02)
    assert said["files"] is None
    assert said["problem"] is None
    assert said["product"]["url"].startswith(str(http.base_url).rstrip("/"))


@pytest.mark.parametrize("kind", RDF)
def test_rdf_gives_the_sealed_record_of_the_product(http, answer, kind):
    response = http.get("/ask/Spectrum", params=SOURCE, headers={"Accept": kind})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == kind
    for expected in ("wasGeneratedBy", answer["product"]["id"], "bibliographicCitation"):
        assert expected.rpartition("/")[2] in response.text


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ecsv", "text/ecsv"), ("votable", "application/x-votable+xml"), ("png", "image/png"),
     ("turtle", "text/turtle"), ("provn", "text/provenance-notation"), ("json", "application/json"),
     ("html", "text/html")],
)  # fmt: skip
def test_a_link_names_the_form_as_on_the_product_itself(http, answer, name, kind):
    said = http.get("/ask/Spectrum", params=SOURCE | {"as": name})
    assert (said.status_code, said.headers["content-type"].partition(";")[0]) == (200, kind)
    assert said.headers["content-location"] == f"/products/{answer['product']['id'].rpartition('/')[2]}"
    itself = http.get(said.headers["content-location"], params={"as": name})
    assert itself.headers["content-type"].partition(";")[0] == kind
    if name in ("ecsv", "votable", "png", "turtle"):
        assert said.content == itself.content


def test_the_form_is_no_part_of_the_question(http, answer):
    with_form = http.get("/ask/Spectrum", params=SOURCE | {"as": "json"}).json()
    assert with_form["query"] == answer["query"]
    explained = http.get("/explain/Spectrum", params=SOURCE | {"as": "html"})
    assert explained.headers["content-type"].startswith("text/html")
    refused = http.get("/ask/Spectrum", params=SOURCE | {"as": "hdf5"})
    assert (refused.status_code, refused.json()["parameter"]) == (406, "as")
    assert "ecsv" in refused.json()["near"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("e_min", "-5 keV", "bad-value"),
        ("e_min", "0", "bad-value"),
        ("e_max", "1e30 GeV", "bad-value"),
        ("radius", "-1", "bad-value"),
        ("radius", "200 deg", "bad-value"),
        ("e_min", "5 parsec", "wrong-unit"),
        ("e_max", "1 AU", "wrong-unit"),
        ("e_min", "1 solRad", "wrong-unit"),
    ],
)
def test_one_value_that_is_wrong_by_itself_is_named(http, name, value, code):
    refused = http.get("/ask/Spectrum", params=SOURCE | {name: value})
    said = refused.json()
    assert (refused.status_code, said["code"]) == (400, code)
    assert (said["parameter"], said["value"]) == (name, value)
    assert name in said["detail"]
    if code == "wrong-unit":
        assert {"keV", "nm"} <= set(said["near"])


def test_values_against_each_other_are_invalid(http):
    refused = http.get("/ask/Spectrum", params=SOURCE | {"e_min": "5 GeV", "e_max": "1 GeV"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("kind", ["text/ecsv", "application/fits", "application/x-votable+xml", "image/png"])
def test_a_data_type_gives_the_file(http, answer, kind):
    response = http.get("/ask/Spectrum", params=SOURCE, headers={"Accept": kind})
    file = next(f for f in answer["product"]["files"] if f["media_type"] == kind)
    assert response.status_code == 200
    assert response.headers["etag"] == f'"{file["sha256"]}"'
    assert hashlib.sha256(response.content).hexdigest() == file["sha256"]
    assert response.headers["content-location"].startswith("/products/")


def test_weights_decide(http, answer):
    response = http.get(
        "/ask/Spectrum", params=SOURCE, headers={"Accept": "text/turtle;q=0.3, text/ecsv;q=0.8, */*;q=0.1"}
    )
    assert response.headers["content-type"].startswith("text/ecsv")


def test_a_browser_gets_a_page(http, answer):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,*/*;q=0.8"
    response = http.get("/ask/Spectrum", params=SOURCE, headers={"Accept": accept})
    assert response.headers["content-type"].startswith("text/html")
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_what_nobody_makes_is_refused_before_anything_runs(http):
    name = new_object()
    response = http.get("/ask/Observability", params={"object": name}, headers={"Accept": "application/pdf"})
    assert response.status_code == 406
    assert response.json()["code"] == "not-acceptable"
    assert not any(
        name in str(query["where"]) for query in http.get("/queries", params={"limit": 1000}).json()["items"]
    )


def test_a_form_that_this_product_lacks_is_not_acceptable(http):
    response = http.get(
        "/ask/Observability",
        params={"object": new_object()},
        headers={"Accept": "application/fits", **NOW},
    )
    assert response.status_code == 406


def test_head_equals_get(http, answer):
    get, head = (http.request(m, "/ask/Spectrum", params=SOURCE) for m in ("GET", "HEAD"))
    changing = {"date", "server"}
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }
    assert head.content == b""


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "wait=9"}])
def test_what_the_client_has_is_not_sent_again(http, answer, prefer):
    tag = http.get("/ask/Spectrum", params=SOURCE, headers=prefer).headers["etag"]
    again = http.get("/ask/Spectrum", params=SOURCE, headers={"If-None-Match": f'"other", W/{tag}', **prefer})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    other = http.get("/ask/Spectrum", params=SOURCE, headers={"If-None-Match": '"other"', **prefer})
    assert other.status_code == 200


def test_respond_async_gives_the_run(http):
    response = http.get(
        "/ask/Observability",
        params={"object": new_object(), "seconds": "0.6"},
        headers={"Prefer": "respond-async"},
    )
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "respond-async"
    said = response.json()
    assert said["status"] == "pending"
    assert response.headers["location"] == "/runs/" + said["run"].rpartition("/")[2]
    assert http.get(response.headers["location"]).json()["phase"] in ("PENDING", "EXECUTING")


def test_a_short_wait_ends_in_time(http):
    response = http.get(
        "/ask/Observability", params={"object": new_object(), "seconds": "5"}, headers={"Prefer": "wait=1"}
    )
    assert response.status_code == 202
    assert response.headers["preference-applied"] == "wait=1"
    assert response.elapsed.total_seconds() < 4
    http.delete(response.headers["location"])


def test_preferences_that_cannot_be_read_are_left_aside(http, answer):
    response = http.get("/ask/Spectrum", params=SOURCE, headers={"Prefer": "wait=soon, handling=lenient"})
    assert response.status_code == 200
    assert "preference-applied" not in response.headers


def test_no_cache_makes_a_new_product(http):
    params = {"object": new_object()}
    first = http.get("/ask/Observability", params=params, headers=NOW).json()
    second = http.get("/ask/Observability", params=params, headers=NOW).json()
    third = http.get("/ask/Observability", params=params, headers={"Cache-Control": "no-cache", **NOW}).json()
    assert second["reused"] is True
    assert second["product"]["id"] == first["product"]["id"]
    assert third["reused"] is False
    assert third["product"]["id"] != first["product"]["id"]
    # Kept answers must not hide the newer product.
    assert http.get("/ask/Observability", params=params).json()["product"]["id"] == third["product"]["id"]


def test_equal_questions_at_once_run_once(live):
    params = {"object": new_object(), "seconds": "0.5"}

    def ask(_):
        with Client(base_url=live.address, timeout=60, headers=NOW) as client:
            return client.get("/ask/Observability", params=params).json()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert {a["status"] for a in answers} == {"done"}
    assert len({a["product"]["id"] for a in answers}) == 1


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("unavailable", 503, "archive-unavailable"),
        ("uncovered", 422, "not-covered"),
        ("full", 507, "storage-full"),
        ("oops", 500, "run-failed"),
    ],
)
def test_a_failed_run_answers_with_its_problem(http, outcome, status, code):
    params = {"object": new_object(), "outcome": outcome}
    response = http.get("/ask/Observability", params=params, headers=NOW)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert said["instance"] == "/ask/Observability"
    run = http.get("/runs/" + said["run"].rpartition("/")[2]).json()
    assert run["phase"] == "ERROR"
    assert "Traceback" not in response.text


def test_terms_by_curie_and_iri(http, answer):
    for name in ("oda:Spectrum", "http%3A%2F%2Fodahub.io%2Fontology%23Spectrum"):
        response = http.get(f"/ask/{name}", params=SOURCE)
        assert response.json()["product"]["id"] == answer["product"]["id"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/ask/Spectrm?object=x", 404, "unknown-term"),
        ("/ask/Spectrum?objekt=x", 400, "unknown-parameter"),
        ("/ask/Spectrum?object=x&e_min=3%20deg", 400, "wrong-unit"),
        ("/ask/Spectrum?ra=10&dec=91", 400, "bad-value"),
        ("/ask/Spectrum?ra=nan&dec=1", 400, "bad-value"),
        ("/ask/Spectrum?ra=10", 422, "invalid"),
        ("/ask/Spectrum?object=x&t1=2011-01-01&t2=2010-01-01", 422, "invalid"),
        ("/ask/Spectrum?object=a&object=b", 409, "conflict"),
        ("/ask/Spectrum?object=%ff", 400, "malformed"),
        ("/ask/LightCurve?object=Mrk%20421&instrument=POLAR", 422, "no-workflow"),
        ("/ask/", 404, None),
    ],
)
def test_bad_requests(http, path, status, code):
    response = http.get(path)
    assert response.status_code == status, response.text
    said = response.json()
    assert code is None or said["code"] == code
    assert set(said) >= {
        "type", "title", "status", "detail", "instance", "code", "parameter", "value", "near", "report",
    }  # fmt: skip
    assert said["status"] == status
    assert said["type"] == f"https://w3id.org/kg-service/problem/{said['code']}"


def test_explain_runs_nothing(http):
    runs = http.get("/runs").json()["total"]
    said = http.get("/explain/LightCurve", params={"object": "Mrk 421", "instrument": "POLAR"}).json()
    assert said["plan"] is None
    assert "POLAR" in said["why_not"]
    assert said["candidates"][0]["remedy"]
    assert http.get("/runs").json()["total"] == runs
