"""What holds at every address: problems, HEAD, headers, bodies within limits, the OpenAPI document."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kg_service import errors

READ = ["/", "/health", "/workflows", "/products", "/runs", "/queries", "/terms/Spectrum",
        "/instruments/POLAR", "/docs", "/openapi.json", "/static/style.css", "/shapes/query",
        "/explain/Spectrum?object=Mrk%20421", "/nothing"]  # fmt: skip
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "parameter", "value", "near", "report"}


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_head_equals_get(http, path, accept):
    get, head = (http.request(m, path, headers={"Accept": accept}) for m in ("GET", "HEAD"))
    # Content that tells the time of asking has another length and tag at each.
    changing = {"date"} | ({"content-length", "etag"} if path == "/health" else set())
    assert head.status_code == get.status_code
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }
    assert head.content == b""


@pytest.mark.parametrize("path", READ)
def test_pages_are_closed_and_data_are_open(http, path):
    page = http.get(path, headers={"Accept": "text/html, */*;q=0.1", "Origin": "http://elsewhere.example"})
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["access-control-allow-origin"] == "*"
    if page.headers["content-type"].startswith("text/html"):
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        for forbidden in ("<script>", "onclick=", "javascript:", "<style", ' style="'):
            assert forbidden not in page.text


def test_other_sites_may_read_but_not_act(http):
    def preflight(path: str, method: str):
        asked = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": method}
        return http.request("OPTIONS", path, headers=asked)

    assert preflight("/ask/Spectrum", "GET").status_code == 204
    assert preflight("/sparql", "POST").headers["access-control-allow-methods"] == "GET, HEAD, POST"
    for path, method in (("/queries", "POST"), ("/runs/x", "DELETE"), ("/sparql", "PUT")):
        refused = preflight(path, method)
        assert refused.status_code == 405
        assert "access-control-allow-origin" not in refused.headers
    done = http.post("/queries", json={"ask": "Spectrum", "where": {"object": "TXS 0506+056"}})
    assert done.is_success
    assert "access-control-allow-origin" not in done.headers


def test_why_something_was_refused_may_be_read_by_other_sites(http):
    body = b"x" * (17 * 2**20)
    for method, path, content in (
        ("POST", "/queries", body), ("POST", "/sparql", body), ("POST", "/ask/Spectrum", b""),
        ("POST", "/queries", b""), ("GET", "/nothing", None), ("DELETE", "/products/x", None),
        ("GET", "/ask/Spectrum?e_min=-5", None), ("GET", "/terms/Spectrm", None),
        ("GET", "/products?limit=0", None),
    ):  # fmt: skip
        headers = {"Content-Type": "application/sparql-query", "Origin": "http://elsewhere.example"}
        refused = http.request(method, path, content=content, headers=headers)
        assert refused.status_code >= 400, path
        assert refused.headers["access-control-allow-origin"] == "*", (path, refused.status_code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/static/none.css", 404, "not-found"),
        ("GET", "/static/../pages.py", 404, "not-found"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "not-found"),
        ("POST", "/ask/Spectrum", 405, "method-not-allowed"),
        ("PUT", "/queries", 405, "method-not-allowed"),
        ("DELETE", "/products/x", 405, "method-not-allowed"),
        ("TRACE", "/health", 405, "method-not-allowed"),
        ("GET", "/health?as=png", 406, "not-acceptable"),
    ],
)
def test_every_refusal_is_a_problem(http, method, path, status, code):
    response = http.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    said = response.json()
    assert set(said) >= MEMBERS
    assert (said["code"], said["status"]) == (code, status)
    assert said["instance"] == response.request.url.path
    if status == 405:
        assert response.headers["allow"]


def test_a_person_gets_the_problem_as_a_page(http):
    response = http.get("/ask/Spectrm?object=x", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "Did you mean" in response.text
    assert "Unknown term" in response.text


def test_every_problem_has_its_status():
    from kg_service.app import STATUS, status_of

    leaves = [
        value
        for name in errors.__all__
        if isinstance(value := getattr(errors, name), type)
        and "code" in vars(value)
        and value is not errors.Problem
    ]
    assert set(leaves) <= set(STATUS)
    for leaf in leaves:
        assert status_of(leaf("x")) == STATUS[leaf]
        assert (STATUS[leaf] >= 500) == issubclass(leaf, errors.ServiceProblem)


def send_raw(live, data: bytes, pieces: list[bytes] | None = None) -> bytes:
    """What a server says to bytes that no client library would send."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=20) as connection:
        connection.sendall(data)
        try:
            for piece in pieces or []:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        until = time.monotonic() + 20
        while b"\r\n\r\n" not in answer and time.monotonic() < until:
            chunk = connection.recv(65536)
            if not chunk:
                break
            answer += chunk
        return answer


def head_of(method: bytes, path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: x", *headers, b"", b""])


def test_a_body_of_50_megabytes_is_refused_before_it_is_read(live, http):
    content = [b"x" * 2**20] * 50
    announced = head_of(
        b"POST", b"/queries", b"Content-Type: text/turtle", b"Content-Length: %d" % (50 * 2**20)
    )
    assert b" 413 " in send_raw(live, announced, content).partition(b"\r\n")[0]
    refused = http.post("/queries", content=iter(content[:20]), headers={"Content-Type": "text/turtle"})
    assert (refused.status_code, refused.json()["code"]) == (413, "too-large")


def test_a_body_in_chunks_is_refused_at_the_limit_and_memory_stays_small(live):
    import psutil

    process = psutil.Process(live.process.pid)
    before = process.memory_info().rss
    head = head_of(b"POST", b"/queries", b"Content-Type: text/turtle", b"Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % 2**20 + b"x" * 2**20 + b"\r\n"
    assert b" 413 " in send_raw(live, head, [chunk] * 50 + [b"0\r\n\r\n"]).partition(b"\r\n")[0]
    assert process.memory_info().rss - before < 40 * 2**20


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        head_of(b"GET", b"/ask/\x00"),
        head_of(b"GET", b"/ask/" + b"a" * 70_000),
        head_of(b"POST", b"/queries", b"Content-Length: -5"),
        head_of(b"POST", b"/queries", b"Content-Length: 99999999999999999999"),
        head_of(b"GET", b"/terms/%ff%fe"),
        head_of(b"GET", b"/ask/Spectrum?%ff=%ff&a=b;c"),
    ],
    ids=["nonsense", "zero", "long", "negative", "huge", "no-utf8", "no-utf8-query"],
)
def test_odd_requests_leave_the_service_well(live, http, data):
    answer = send_raw(live, data)
    assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert b"Traceback" not in answer
    assert http.get("/health").status_code == 200


def test_a_strange_host_is_not_repeated(http):
    said = http.get("/terms/Spectrum", headers={"Host": "x<y>"}).json()
    assert "<" not in said["url"]
    other = http.get("/terms/Spectrum", headers={"Host": "data.example:81"}).json()
    assert other["url"] == "http://data.example:81/terms/Spectrum"


def test_kept_answers_know_their_host(http):
    params = {"object": "TXS 0506+056"}
    http.get("/ask/Spectrum", params=params, headers={"Prefer": "wait=60"})
    urls = {
        http.get("/ask/Spectrum", params=params, headers={"Host": host})
        .json()["product"]["url"]
        .split("/")[2]
        for host in ("one.example", "two.example", "one.example")
    }
    assert urls == {"one.example", "two.example"}


def test_the_openapi_document_describes_what_there_is(http):
    document = http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {
        "/ask/{term}",
        "/explain/{term}",
        "/queries",
        "/runs/{ident}",
        "/products/{ident}",
        "/sparql",
    } <= set(document["paths"])
    names = set(document["components"]["schemas"])
    for reference in json.dumps(document).split('"#/components/schemas/')[1:]:
        assert reference.partition('"')[0] in names
    page = http.get("/docs", headers={"Accept": "text/html"}).text
    assert all(path in page for path in document["paths"])
    assert "http://" not in page.replace(str(http.base_url), "")
    assert "https://" not in page


def test_health_names_versions_and_counts(http):
    said = http.get("/health").json()
    assert said["status"] == "ok", said["index"]
    assert said["index"]["behind"] == 0
    assert said["workflows"] >= 8
    assert said["broken"] == {}


def test_slow_runs_do_not_hold_up_others(http, live):
    """Forty requests that wait leave room for one that does not."""
    import httpx

    def wait(number: int) -> int:
        with httpx.Client(base_url=live.address, timeout=60) as client:
            params = {"object": f"slow {number % 2}", "seconds": "4"}
            return client.get("/ask/Observability", params=params, headers={"Prefer": "wait=20"}).status_code

    with ThreadPoolExecutor(45) as pool:
        waiting = [pool.submit(wait, number) for number in range(45)]
        time.sleep(1)
        started = time.monotonic()
        assert http.get("/terms/Spectrum").status_code == 200
        assert time.monotonic() - started < 2.5
        assert {w.result() for w in waiting} == {200}
