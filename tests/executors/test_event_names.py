"""Names of events: alerts, catalogues and triggers; what is unknown is refused with events of its day."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import archives
from executors.known import events as known
from executors.known import other_names
from executors.known.events import everything
from executors.known.spelling import event_key
from kg_service.errors import UnresolvedObject

NAMED = [(name, event) for event in everything() for name in known.names_of(event)]


def test_no_two_events_share_a_name():
    bearers = {(event_key(name), event.identifier) for name, event in NAMED}
    assert {key: n for key, n in Counter(key for key, _ in bearers).items() if n > 1} == {}


@settings(deadline=None, max_examples=300)  # the machine may be busy
@given(named=st.sampled_from(NAMED), dash=st.sampled_from("-\u2013\u2212_ "), upper=st.booleans())
def test_case_blanks_and_dashes_do_not_matter(named, dash, upper):
    name, event = named
    other = name.replace("-", dash).replace(" ", "").replace("_", dash)
    assert known.find(other.upper() if upper else other.lower()) is event
    assert known.find(f" {name} ") is event


def test_further_names_are_about_known_events_of_the_same_day():
    events = {event.identifier: event for event in everything()}
    for identifier in other_names._table()["events"]:
        for name in other_names.of_events(identifier):
            assert known.find(name) is events[identifier]
            if name.startswith(("S", "bn", "LVT")):
                assert events[identifier].time[2:10].replace("-", "") in name


def test_triggers_are_named_by_the_fraction_of_their_day():
    for identifier in other_names._table()["events"]:
        for name in other_names.of_events(identifier):
            if name.startswith("bn"):
                hours, minutes, seconds = known.find(name).time[11:-1].split(":")
                fraction = (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) / 86400
                assert int(name[-3:]) == pytest.approx(fraction * 1000, abs=1)


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("gw150914", "GW150914"),
        ("GW 150914", "GW150914"),
        ("G184098", "GW150914"),
        ("LVT151012", "GW151012"),
        ("S190521g", "GW190521"),
        ("s190521R", "GW190521_074359"),
        ("GW190521_030229", "GW190521"),
        ("GW190814_211039", "GW190814"),
        ("GRB\u2212130427A", "GRB 130427A"),
        ("bn170817529", "GRB 170817A"),
        ("IC 170922A", "IceCube-170922A"),
    ],
)
def test_the_usual_names_are_understood(name, identifier):
    assert known.find(name).identifier == identifier


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("GW150915", ("GW150914",)),
        ("GW190521_07", ("GW190521_074359", "GW190521")),
        ("IC170922", ("IceCube-170922A",)),
        ("GRB 130427", ("GRB 130427A",)),
        ("S190521x", ("GW190521", "GW190521_074359")),
        ("S230518h", ()),
        ("xyz", ()),
    ],
)
def test_an_unknown_event_is_refused_with_near_ones(name, near):
    with pytest.raises(UnresolvedObject, match="90 gravitational waves") as refused:
        known.find(name)
    assert refused.value.near == near
    assert refused.value.parameter == "event"
    assert ("first alerts" in refused.value.detail) == name.startswith("S")


def test_every_published_trigger_time_names_its_source():
    for row in archives.rows("sources.ecsv"):
        if row["classes"] == "grb":
            event = known.find(row["name"])
            assert any("trigger" in reference for reference in event.references)
