"""Pages for people: one for every resource, everything escaped, nothing that only a script shows."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser

import pytest
from httpx import Client

from kg_service.model.terms import Site
from kg_service.web.pages import TemplatePages

PAGE = {"Accept": "text/html"}
VOID = {"meta", "link", "input", "br", "img", "option"}


class Checker(HTMLParser):
    """Collects links, and sees that every element is closed where it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.add(value)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(text: str) -> Checker:
    found = Checker()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


@pytest.fixture(scope="module")
def answer(live):
    with Client(base_url=live.address, timeout=60, headers={"Prefer": "wait=60"}) as client:
        params = {"object": f"<i>{uuid.uuid4().hex}</i>"}
        return client.get("/ask/Observability", params=params).json()


@pytest.fixture(scope="module")
def spectrum(live):
    with Client(base_url=live.address, timeout=60, headers={"Prefer": "wait=60"}) as client:
        return client.get("/ask/Spectrum", params={"object": "TXS 0506+056"}).json()


def last(iri: str) -> str:
    return iri.rpartition("/")[2]


def test_every_link_of_every_page_leads_somewhere(http, answer, spectrum):
    """From the start page, as a visitor who follows everything on this host, three steps deep."""
    seen: set[str] = set()
    waiting = ["/", f"/products/{last(spectrum['product']['id'])}", f"/queries/{last(spectrum['query'])}"]
    for _ in range(3):
        found: set[str] = set()
        for path in waiting:
            if path in seen or path.startswith(("/ask/", "/explain/", "/go")):
                continue
            seen.add(path)
            response = http.get(path, headers=PAGE)
            if response.status_code == 406:  # a file is no page
                response = http.get(path, headers={"Accept": "*/*"})
            assert response.status_code == 200, path
            if response.headers["content-type"].startswith("text/html"):
                found |= {
                    link.partition("#")[0] for link in read(response.text).links if link.startswith("/")
                }
        # Of many of a kind a few are enough.
        kinds: dict[str, list[str]] = {}
        for path in sorted(found - seen):
            kinds.setdefault(path.split("/")[1], []).append(path)
        waiting = [path for paths in kinds.values() for path in paths[:4]]
    assert {path.split("/")[1] for path in seen} >= {
        "products", "workflows", "runs", "terms", "instruments", "static", "datasets", "queries", "docs"
    }  # fmt: skip


def test_the_answer_shows_values_caveats_files_and_how_to_repeat_it(http, spectrum):
    text = http.get("/ask/Spectrum", params={"object": "TXS 0506+056"}, headers=PAGE).text
    page = read(text)
    product = f"/products/{last(spectrum['product']['id'])}"
    assert re.search(r"2\.0\d+ ± 0\.01\d", page.text)
    assert "erg cm⁻² s⁻¹" in page.text
    for caveat in spectrum["product"]["quality"]:
        assert caveat in page.text
    for file in spectrum["product"]["files"]:
        assert f"{product}/files/{file['name']}" in page.links
    assert "kg ask Spectrum 'object=TXS 0506+056'" in page.text
    assert f"curl '{str(http.base_url).rstrip('/')}/ask/Spectrum?object=TXS%200506%2B056'" in page.text
    assert f"{product}/provenance" in page.links
    assert '<img src="' in text
    for line in spectrum["product"]["cite"]:
        assert line in page.text


def test_what_an_analysis_or_a_person_writes_is_escaped(http, answer):
    product = http.get(f"/products/{last(answer['product']['id'])}", headers=PAGE).text
    assert "<b>boldly</b>" not in product
    assert "&lt;b&gt;boldly" in product
    assert "<i>" not in product
    query = http.get(f"/queries/{last(answer['query'])}", headers=PAGE).text
    assert "<i>" not in query
    problem = http.get("/ask/<script>alert(1)</script>", headers=PAGE).text
    assert "<script>alert" not in problem
    read(product)
    read(query)


def test_a_page_that_waits_follows_the_run(http):
    params = {"object": uuid.uuid4().hex, "seconds": "30"}
    response = http.get("/ask/Observability", params=params, headers=PAGE)
    assert response.status_code == 202
    page = read(response.text)
    run = response.headers["location"]
    assert f'data-events="{run}/events"' in response.text
    assert "/static/run.js" in page.links
    assert '<noscript><meta http-equiv="refresh"' in response.text
    running = http.get(run, headers=PAGE).text
    assert "EXECUTING" in read(running).text
    http.delete(run)


def test_a_failed_question_shows_why_and_the_run(http):
    params = {"object": uuid.uuid4().hex, "outcome": "unavailable"}
    response = http.get("/ask/Observability", params=params, headers=PAGE | {"Prefer": "wait=60"})
    page = read(response.text)
    assert response.status_code == 503
    assert "It was asked to end so." in page.text
    assert any(link.startswith("/runs/") for link in page.links)


def test_the_form_leads_to_the_address_of_the_question(http):
    start = read(http.get("/", headers=PAGE).text)
    assert "/go" in start.links
    fields = {"term": "Spectrum", "name": ["object", "", "e_min"], "value": ["Mrk 421", "", "1 GeV"]}
    asked = http.get("/go", params=fields)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/ask/Spectrum?object=Mrk+421&e_min=1+GeV"
    explained = http.get("/go", params=fields | {"what": "explain"})
    assert explained.headers["location"].startswith("/explain/")
    assert http.get("/go").status_code == 400
    odd = http.get("/go", params={"term": "//elsewhere.example/"})
    assert odd.headers["location"].startswith("/ask/%2F%2F")


def test_the_explanation_says_what_would_help(http):
    page = read(http.get("/explain/LightCurve?object=Mrk%20421&instrument=POLAR", headers=PAGE).text)
    assert "POLAR is a gamma-ray burst detector" in page.text
    assert "with instrument=Fermi-LAT" in page.text


def test_sparql_by_a_form(http):
    form = read(http.get("/sparql", headers=PAGE).text)
    assert "/sparql" in form.links
    rows = http.get("/sparql", params={"query": "SELECT ('<b>' AS ?x) {}"}, headers=PAGE).text
    assert "&lt;b&gt;" in rows
    read(rows)
    assert "yes" in read(http.get("/sparql", params={"query": "ASK {}"}, headers=PAGE).text).text


def test_the_start_page_lists_addresses_for_machines(http):
    said = http.get("/").json()
    for name, address in said.items():
        assert http.get(address, headers={"Accept": "*/*"}).status_code == 200, name


@pytest.fixture(scope="module")
def combined(live):
    with Client(base_url=live.address, timeout=60, headers={"Prefer": "wait=60"}) as client:
        return client.get("/ask/LightCurve", params={"object": "Mrk 421"}).json()


def test_caveats_of_steps_and_workflows_passed_over_are_told(http, combined):
    """On the page of the answer, and on that of the product."""
    pages = TemplatePages(Site("http://localhost:8000/"))
    passed = {"workflow": combined["workflow"], "code": "not-covered", "detail": "Ask with `t1`."}
    more = {"caveats": ["a caveat on the way"], "passed_over": [passed]}
    for name, content in (("answer", combined), ("product", combined["product"])):
        text = pages.page(name, {**content, **more}, host="http://h", path="/x").decode()
        page = read(text)
        assert "a caveat on the way (of a step on the way)" in page.text
        assert f"{combined['workflow'].split('/')[-2]}: Ask with t1." in page.text
        assert "<code>t1</code>" in text


def test_the_history_is_a_tree_with_links_and_the_turtle_behind_it(http, combined):
    product = f"/products/{last(combined['product']['id'])}"
    text = http.get(f"{product}/provenance", headers=PAGE).text
    page = read(text)
    assert "derived from" in page.text
    assert '<ul class="tree">' in text
    assert product in page.links
    assert any(link.startswith("/workflows/") for link in page.links)
    assert f"{product}/provenance?as=turtle" in page.links
    assert "prov:wasGeneratedBy" in text.partition("<details>")[2]
    of = http.get("/provenance", params={"of": product.lstrip("/")}, headers=PAGE).text
    assert '<ul class="tree">' in of


def test_a_product_links_to_itself_on_this_host_and_tells_its_name(http, combined):
    name = combined["product"]["id"]
    text = http.get(f"/products/{last(name)}", headers=PAGE).text
    assert f'<a href="/products/{last(name)}"><code>{name}</code></a>' in text


def test_runs_are_told_by_question_and_product_and_a_refused_one_is_no_error(http):
    name = f"nothing {uuid.uuid4().hex[:8]}"
    http.get("/ask/Spectrum", params={"object": name}, headers={"Prefer": "wait=60"})
    text = http.get("/runs", headers=PAGE).text
    page = read(text)
    assert f"Spectrum object={name}" in page.text
    assert 'class="phase refused"' in text
    assert "refused: the object is not known" in page.text


def test_a_refused_question_can_be_put_right_on_its_page(http):
    text = http.get("/ask/Spectrum", params={"object": "Mrk 421", "instrument": "HESS"}, headers=PAGE).text
    page = read(text)
    assert "/ask/Spectrum?object=Mrk%20421&instrument=VERITAS" in page.links
    assert "/go" in page.links
    assert 'value="Mrk 421"' in text
    assert "/terms/Spectrum" in read(http.get("/terms/Spectrm", headers=PAGE).text).links


def test_terms_are_in_groups_and_sorted(http):
    items = http.get("/terms", params={"limit": 1000}).json()["items"]
    groups = list(dict.fromkeys(item["group"] for item in items))
    assert groups[:4] == ["product", "role", "instrument", "messenger"]
    assert [item["group"] for item in items] == sorted(
        (item["group"] for item in items), key=groups.index
    )  # each group in one piece
    for group in groups:
        labels = [item["label"].casefold() for item in items if item["group"] == group]
        assert labels == sorted(labels)
    assert "What can be asked for" in read(http.get("/terms", headers=PAGE).text).text


def test_an_observatory_is_told_with_its_instruments(http):
    page = " ".join(read(http.get("/instruments", headers=PAGE).text).text.split())
    assert "Tiangong-2with POLAR" in page
    assert "50 to 500 keV" in read(http.get("/instruments/POLAR", headers=PAGE).text).text


def test_small_numbers_have_powers_of_ten_in_rows(http):
    rows = http.get("/sparql", params={"query": "SELECT (1.924e-12 AS ?x) {}"}, headers=PAGE).text
    assert "<td>1.924e-12</td>" in rows


def test_documentation_has_no_backticks(http):
    text = http.get("/docs", headers=PAGE).text
    assert "`" not in text
