"""POLAR: the gamma-ray bursts that it detected, and their coincidence with a time."""

from __future__ import annotations

from typing import Annotated

from executors import archives, trigger_lists
from kg_service.authoring import Coverage, described, kg, label, limits, oda, unit, workflow

__all__ = ["bursts", "coincidence"]

_BAND = (50.0, 500.0)
_CITE = ("2017ICRC...35..640X", "2020A&A...644A.124K")
_TIME = ("2016-09-24T00:00:00Z", "2017-04-01T00:00:00Z")


@workflow(
    instrument=kg.POLAR,
    messenger=kg.SoftGammaRay,
    title="Gamma-ray bursts detected by POLAR",
    coverage=Coverage(time=_TIME, energy=_BAND),
    cost=1.0,
    cite=_CITE,
    datasets=archives.tables(trigger_lists.POLAR_TABLE),
    below=(("t1", "t2"),),
)
def bursts(
    t1: Annotated[oda.StartTime, label("start")] = None,
    t2: Annotated[oda.EndTime, label("end")] = None,
) -> kg.TriggerList:
    """The 55 gamma-ray bursts that POLAR detected from September 2016 to March 2017, as published.

    Trigger times in UTC with the duration where it was published. POLAR gave no positions.
    """
    return trigger_lists.polar().between(t1, t2).result(_BAND, _CITE)


@workflow(
    instrument=kg.POLAR,
    messenger=kg.SoftGammaRay,
    title="Coincidence of POLAR bursts with a time",
    coverage=Coverage(time=_TIME, energy=_BAND),
    cost=1.0,
    cite=_CITE,
    datasets=archives.tables(trigger_lists.POLAR_TABLE),
)
def coincidence(
    event_time: Annotated[kg.EventTime, label("event time")],
    event: Annotated[kg.EventIdentifier, label("event")] = None,
    window: Annotated[
        kg.TimeWindow, unit("s"), limits(0.1, 86400), label("time window"), described("on each side")
    ] = 10.0,
) -> kg.Coincidence:
    """Whether POLAR detected a burst near a time, and how often that happens by chance.

    Counts the bursts within the window on each side. The number expected by chance is the mean rate of
    POLAR's bursts over its mission times the window; the probability is that of Poisson, for one window
    chosen beforehand. An event that is itself a burst of the list is said to be so.
    """
    return trigger_lists.polar().coincident(event, event_time, window, _BAND, _CITE)
