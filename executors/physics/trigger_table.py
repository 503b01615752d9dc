"""A list of triggers as a table, with how many there are and how often they come."""

from __future__ import annotations

import math

from astropy.table import Table

from executors.trigger_lists import TriggerTimes
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.model.times import iso_from_tt

__all__ = ["days", "milliseconds", "values", "write"]

_DAY = 86_400_000_000


def days(listed: TriggerTimes) -> float:
    """How many days the list covers."""
    return (listed.span[1] - listed.span[0]) / _DAY


def milliseconds(moment: int) -> str:
    """A time (microseconds TT since MJD 0) as ISO 8601 UTC text to the millisecond."""
    return iso_from_tt(round(moment, -3))


def values(listed: TriggerTimes) -> dict[str, Measure]:
    """The scalar results."""
    count, span = len(listed.times), days(listed)
    found = {
        listed.kind: Measure(count),
        "rate": Measure(count / span, unit="d**-1"),
        "days_covered": Measure(span, unit="d"),
    }
    if listed.times:
        found["first"] = Measure(milliseconds(listed.times[0]))
        found["last"] = Measure(milliseconds(listed.times[-1]))
    known = [length for length in listed.durations if length is not None]
    if listed.durations:
        found["with_duration"] = Measure(len(known))
    if known:
        found["shortest_duration"] = Measure(min(known), unit="s")
        found["longest_duration"] = Measure(max(known), unit="s")
    return found


def write(listed: TriggerTimes) -> list[OutputFile]:
    """The list in four formats."""
    table = Table()
    if listed.names:
        add_column(table, "name", list(listed.names), "name of the burst", ucd="meta.id;meta.main")
    texts = [milliseconds(moment) for moment in listed.times]
    add_column(table, "utc", texts, "time of the trigger (UTC)", ucd="time.epoch")
    mjd = [moment / _DAY for moment in listed.times]
    add_column(table, "mjd", mjd, "time of the trigger, MJD (TT)", unit="d", ucd="time.epoch")
    table["mjd"] = table["mjd"].astype(float)
    if listed.durations:
        lengths = [math.nan if length is None else length for length in listed.durations]
        add_column(table, "duration", lengths, "published duration", unit="s", ucd="time.duration")
        table["duration"] = table["duration"].astype(float)
    return write_table(table, "triggers", _meta(listed), extension="TRIGGERS")


def _meta(listed: TriggerTimes) -> Meta:
    meta: dict[str, str | float | int | bool] = {
        "TELESCOP": "INTEGRAL" if listed.instrument == "SPI-ACS" else "Tiangong-2",
        "INSTRUME": listed.instrument,
        "TIMESYS": "TT",
        "covered": f"{iso_from_tt(listed.span[0])} to {iso_from_tt(listed.span[1])} (UTC)",
    }
    meta |= {name: m.value for name, m in values(listed).items() if m.value is not None}
    meta["caveats"] = "; ".join(listed.caveats)
    meta["citation"] = listed.dataset.cite
    return meta
