"""``/products`` and ``/datasets``: description, record, data, ranges of files, history."""

from __future__ import annotations

import hashlib
import uuid
from urllib.parse import quote

import pytest
from httpx import Client
from pyoxigraph import RdfFormat, parse


@pytest.fixture(scope="module")
def product(live):
    with Client(base_url=live.address, timeout=60, headers={"Prefer": "wait=60"}) as client:
        found = client.get("/ask/Observability", params={"object": f"star {uuid.uuid4().hex}"}).json()
    return found["product"]


def path_of(product: dict) -> str:
    return "/products/" + product["id"].rpartition("/")[2]


def file_path(product: dict, kind: str) -> tuple[str, dict]:
    file = next(f for f in product["files"] if f["media_type"] == kind)
    return f"{path_of(product)}/files/{quote(file['name'], safe='')}", file


def test_json_describes_it(http, product):
    said = http.get(path_of(product)).json()
    assert said == product
    assert said["values"]["waited"] == {"value": 0.0, "error": 0.01, "unit": "s"}
    assert said["stale"] is False


def test_json_is_never_the_data(http, product):
    assert http.get(path_of(product), headers={"Accept": "application/json"}).json()["id"] == product["id"]


@pytest.mark.parametrize("kind", ["text/csv", "image/png"])
def test_data_types_give_the_file(http, product, kind):
    response = http.get(path_of(product), headers={"Accept": kind})
    assert response.headers["content-type"].partition(";")[0] == kind
    assert hashlib.sha256(response.content).hexdigest() == file_path(product, kind)[1]["sha256"]


def test_the_record_is_a_graph_that_tells_who_made_it(http, product):
    turtle = http.get(path_of(product), headers={"Accept": "text/turtle"})
    triples = list(parse(turtle.content, RdfFormat.TURTLE))
    assert any(product["id"] == str(t.subject.value) for t in triples)
    nt = http.get(path_of(product), headers={"Accept": "application/n-triples"})
    assert {q.triple for q in triples} == {q.triple for q in parse(nt.content, RdfFormat.N_TRIPLES)}


def test_a_file_can_be_fetched_in_parts(http, product):
    path, file = file_path(product, "text/csv")
    whole = http.get(path)
    assert whole.headers["etag"] == f'"{file["sha256"]}"'
    assert whole.headers["accept-ranges"] == "bytes"
    assert len(whole.content) == file["size"]
    part = http.get(path, headers={"Range": "bytes=100-199", "If-Range": whole.headers["etag"]})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{file['size']}"
    assert part.content == whole.content[100:200]
    rest = http.get(path, headers={"Range": "bytes=-10"})
    assert rest.content == whole.content[-10:]
    changed = http.get(path, headers={"Range": "bytes=100-199", "If-Range": '"other"'})
    assert changed.status_code == 200


def test_a_range_beyond_the_end_cannot_be_had(http, product):
    path, file = file_path(product, "text/csv")
    response = http.get(path, headers={"Range": f"bytes={file['size']}-"})
    assert response.status_code == 416
    assert response.headers["content-type"] == "application/problem+json"


def test_names_of_files_may_hold_anything(http, product):
    path, file = file_path(product, "application/json")
    response = http.get(path)
    assert response.json() == {"waited": True}
    assert quote(file["name"]) in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


def test_head_and_not_modified(http, product):
    path, file = file_path(product, "text/csv")
    head = http.head(path)
    assert (head.headers["content-length"], head.content) == (str(file["size"]), b"")
    assert http.get(path, headers={"If-None-Match": f'"{file["sha256"]}"'}).status_code == 304


def test_history_in_three_notations(http, product):
    provn = http.get(f"{path_of(product)}/provenance", headers={"Accept": "text/provenance-notation"})
    assert provn.text.startswith("document")
    turtle = http.get(f"{path_of(product)}/provenance", headers={"Accept": "text/turtle"})
    assert "wasGeneratedBy" in turtle.text
    assert (
        http.get(f"{path_of(product)}/provenance?as=jsonld").headers["content-type"] == "application/ld+json"
    )


def test_history_by_the_beginning_of_a_name(http, product):
    start = product["id"].rpartition("/")[2][:12]
    whole = http.get(f"{path_of(product)}/provenance", headers={"Accept": "application/n-triples"}).text
    short = http.get("/provenance", params={"of": start}, headers={"Accept": "application/n-triples"}).text
    assert short == whole
    assert http.get("/provenance", params={"of": "zzz"}).status_code == 404


@pytest.mark.parametrize("rest", ["", "/provenance", "/files/x"])
def test_the_beginning_of_an_address_names_the_whole_ones(http, product, rest):
    ident = product["id"].rpartition("/")[2]
    refused = http.get(f"/products/{ident[:12]}{rest}")
    said = refused.json()
    assert (refused.status_code, said["code"], said["near"]) == (404, "not-found", [product["id"]])
    assert product["id"] in said["detail"]
    assert http.get("/products/ffffffffffff0000").json()["near"] == []
    page = http.get(f"/products/{ident[:12]}{rest}", headers={"Accept": "text/html"})
    assert f'href="/products/{ident}"' in page.text


def test_runs_and_queries_by_the_beginning_of_their_address(http, product):
    for noun in ("runs", "queries"):
        iri = product["run" if noun == "runs" else "query"]
        refused = http.get(f"/{noun}/{iri.rpartition('/')[2][:-3]}")
        assert (refused.status_code, refused.json()["near"]) == (404, [iri])


def test_a_beginning_of_many_addresses_names_none(http, product):
    http.get("/ask/Observability", params={"object": uuid.uuid4().hex}, headers={"Prefer": "wait=60"})
    start = product["run"].rpartition("/")[2][:3]  # the time at which the runs of this test began
    said = http.get("/provenance", params={"of": start}).json()
    assert (said["status"], said["code"], said["title"]) == (404, "not-found", "Not found")
    assert len(said["near"]) > 1
    assert all(near.rpartition("/")[2].startswith(start) for near in said["near"])


def test_datasets_are_listed_with_where_they_come_from(http):
    asked = http.get("/ask/Spectrum", params={"object": "TXS 0506+056"}, headers={"Prefer": "wait=60"}).json()
    listed = http.get("/datasets", params={"limit": 1000}).json()
    assert set(listed) == {"items", "total", "next"}
    assert len(listed["items"]) == listed["total"] == len({item["id"] for item in listed["items"]})
    used = next(iri for iri in asked["product"]["used"] if "/datasets/" in iri)
    found = next(item for item in listed["items"] if item["id"] == used)
    assert found == http.get(f"/datasets/{used.rpartition('/')[2]}").json()
    first = http.get("/datasets", params={"limit": 1}).json()
    assert first["next"]
    assert http.get(first["next"]).json()["items"][0] == listed["items"][1]
    page = http.get("/datasets", headers={"Accept": "text/html"}).text
    assert found["cite"] in page.replace("&amp;", "&")
    assert f'href="/datasets/{used.rpartition("/")[2]}"' in page


def test_an_unknown_form_offers_those_there_are(http, product):
    response = http.get(f"{path_of(product)}?as=word")
    assert (response.status_code, response.json()["code"]) == (406, "not-acceptable")
    assert "turtle" in response.json()["near"]


def test_pages_of_the_list_hold_everything_once(http, product):
    everything = [p["id"] for p in http.get("/products", params={"limit": 1000}).json()["items"]]
    found, address = [], "/products?limit=2"
    while address:
        page = http.get(address)
        found += [p["id"] for p in page.json()["items"]]
        address = page.json()["next"]
        assert (address is None) == ("link" not in page.headers)
    assert found == everything
    assert product["id"] in found


@pytest.mark.parametrize("noun", ["products", "queries", "runs"])
def test_pages_hold_every_recorded_thing_once_and_newest_first(http, product, noun):
    star = {"object": f"star {uuid.uuid4().hex}"}
    assert http.get("/ask/Observability", params=star, headers={"Prefer": "wait=60"}).status_code == 200
    whole = http.get(f"/{noun}", params={"limit": 1000}).json()
    size = max(1, whole["total"] // 9)  # other tests may have left hundreds of them
    seen, address = [], f"/{noun}?limit={size}"
    while address is not None:
        page = http.get(address).json()
        assert page["total"] == whole["total"]
        seen += [item["id"] for item in page["items"]]
        address = page["next"]
    assert seen == [item["id"] for item in whole["items"]]
    assert len(seen) == len(set(seen)) == whole["total"] > 1
    made = [item["created"] for item in whole["items"] if "created" in item]
    assert made == sorted(made, reverse=True)


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "many"), ("after", "nobody")])
def test_bad_paging(http, name, value):
    response = http.get("/products", params={name: value})
    assert (response.status_code, response.json()["code"]) == (400, "bad-value")
    assert response.json()["parameter"] == name


def test_datasets_tell_where_they_come_from(http):
    spectrum = http.get(
        "/ask/Spectrum", params={"object": "TXS 0506+056"}, headers={"Prefer": "wait=60"}
    ).json()
    path = "/datasets/" + spectrum["product"]["used"][0].rpartition("/")[2]
    said = http.get(path).json()
    assert len(said["sha256"]) == 64
    assert said["licence"]
    assert said["cite"]
    assert "dcat" in http.get(path, headers={"Accept": "text/turtle"}).text


@pytest.mark.parametrize(
    "path", ["/products/none", "/products/none/provenance", "/datasets/none", "/products/a/files/b"]
)
def test_unknown_things_are_not_found(http, path):
    response = http.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")
