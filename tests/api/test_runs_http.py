"""``/runs``: phase and progress as they happen, the log, and stopping one."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from httpx import Client


def begin(http: Client, **given: str) -> str:
    params = {"object": f"star {uuid.uuid4().hex[:8]}", **given}
    response = http.get("/ask/Observability", params=params, headers={"Prefer": "respond-async"})
    assert response.status_code == 202, response.text
    return response.headers["location"]


def wait_for(http: Client, run: str, *phases: str) -> dict:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said = http.get(run).json()
        if said["phase"] in phases:
            return said
        time.sleep(0.05)
    raise AssertionError(f"{run} is {said['phase']}")


def events_of(http: Client, run: str, **headers: str) -> list[tuple[int, str, dict]]:
    found, event = [], {}
    with http.stream("GET", f"{run}/events", headers=headers) as response:
        if response.status_code == 204:
            return []
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if not line and "event" in event:
                found.append((int(event["id"]), event["event"], json.loads(event["data"])))
                event = {}
            name, _, value = line.partition(": ")
            event[name] = value
    return found


def test_events_tell_the_whole_run(http):
    run = begin(http, seconds="0.5")
    events = events_of(http, run)
    assert [number for number, _, _ in events] == list(range(1, len(events) + 1))
    kinds = [kind for _, kind, _ in events]
    assert kinds[0] == "phase"
    assert kinds[-1] == "end"
    assert "progress" in kinds
    fractions = [data["fraction"] for _, kind, data in events if kind == "progress"]
    assert fractions == sorted(fractions)
    assert events[-1][2]["phase"] == "COMPLETED"


def test_events_go_on_where_they_were_left(http):
    run = begin(http, seconds="0.3")
    events = events_of(http, run)
    rest = events_of(http, run, **{"Last-Event-ID": str(events[2][0])})
    assert rest == events[3:]
    assert events_of(http, run, **{"Last-Event-ID": str(events[-1][0])}) == []


def test_a_run_has_its_record_once_it_ended(http):
    run = begin(http)
    said = wait_for(http, run, "COMPLETED")
    assert said["progress"]["fraction"] == 1.0
    record = http.get(run, headers={"Accept": "text/turtle"})
    assert "wallSeconds" in record.text
    assert "hadPlan" in record.text
    assert said["log"].endswith("/log")
    assert "waiting 0.0 s for star" in http.get(f"{run}/log").text


def test_a_run_under_way_has_no_record_yet(http):
    run = begin(http, seconds="20")
    wait_for(http, run, "EXECUTING")
    assert http.get(run, headers={"Accept": "text/turtle"}).status_code == 406
    assert http.get(f"{run}/log").status_code == 200
    assert run.rpartition("/")[2] in str(http.get("/runs").json()["items"][:3])
    assert http.delete(run).status_code == 202


def test_cancelling_stops_one_run_and_leaves_the_other(http):
    first, second = begin(http, seconds="30"), begin(http, seconds="1")
    wait_for(http, first, "EXECUTING")
    response = http.delete(first)
    assert response.status_code == 202
    assert wait_for(http, first, "ABORTED", "COMPLETED")["phase"] == "ABORTED"
    assert wait_for(http, second, "COMPLETED", "ERROR", "ABORTED")["phase"] == "COMPLETED"


def test_what_has_ended_cannot_be_cancelled(http):
    run = begin(http)
    wait_for(http, run, "COMPLETED")
    response = http.delete(run)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("part", ["", "/log", "/events"])
def test_unknown_runs_are_not_found(http, part):
    response = http.get(f"/runs/{uuid.uuid4()}{part}")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_cancelling_an_unknown_run_is_not_found(http):
    assert http.delete(f"/runs/{uuid.uuid4()}").status_code == 404


def test_head_of_events_does_not_wait(http):
    run = begin(http, seconds="20")
    head = http.head(f"{run}/events")
    assert head.status_code == 200
    assert head.elapsed.total_seconds() < 5
    http.delete(run)
