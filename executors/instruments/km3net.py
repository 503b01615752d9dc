"""KM3NeT: what is known of one of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from executors import archives
from kg_service.authoring import Coverage, Result, described, kg, label, log, workflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kg_service.model.product import Dataset

__all__ = ["event_facts"]

_CITE = archives.collection("km3net_event").cite


def _datasets(arguments: Mapping[str, Any]) -> Sequence[Dataset]:
    from executors.physics import km3net_event

    return km3net_event.datasets(arguments)


@workflow(
    instrument=kg.KM3NeT,
    messenger=kg.Neutrino,
    title="Facts of a KM3NeT event: time, direction with its regions, energy",
    coverage=Coverage(time=("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z")),
    cost=1.0,
    cite=(_CITE,),
    datasets=_datasets,
)
def event_facts(
    event: Annotated[kg.Event, label("event"), described("as in KM3-230213A")],
) -> kg.EventList:
    """Time, direction, regions of containment and energy of an event of KM3NeT.

    Reads the event's VOEvent from a mirror or the cache, the newest where there are several; without one
    the published facts that ship are given. The energy of the alert is that of the muon; what the
    publication derives for the neutrino stands apart under its own name.
    """
    from executors.figures import km3net_event as figures
    from executors.physics import km3net_event, km3net_table

    facts = km3net_event.find(event)
    log(f"{event!r} is {facts.identifier}, from {facts.origin}")
    return Result(
        label=f"{facts.identifier} (KM3NeT)",
        files=[*km3net_table.write(facts), figures.draw(facts)],
        values=facts.values(),
        quality=facts.quality(),
        coverage=Coverage(time=km3net_table.span(facts.time), objects=(facts.identifier,)),
        datasets=facts.datasets,
        cite=(_CITE,),
    )
