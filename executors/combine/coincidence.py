"""Whether triggers of several instruments came at the time of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from executors import archives, trigger_lists
from executors.known.event_lists import TABLES
from kg_service.authoring import (
    Coverage,
    Result,
    described,
    kg,
    label,
    limits,
    log,
    unit,
    workflow,
)
from kg_service.model.product import Dataset

__all__ = ["coincidence"]

_KG = "https://w3id.org/kg-service/ontology#"
_INSTRUMENTS = {"LIGO-Virgo": "LVK", "IceCube": "IceCube", "POLAR": "POLAR", "SPI-ACS": "SPIACS"}


def _datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """The lists of triggers at hand."""
    triggers = archives.files("spi_acs_triggers")[:1]
    return (
        *(archives.dataset_of_table(name) for name in TABLES),
        *(file.dataset for file in triggers),
    )


@workflow(
    name="time-coincidence",
    instrument=(kg.LVK, kg.IceCube, kg.POLAR, kg.SPIACS),
    title="Coincidence in time of gravitational waves, neutrino alerts and gamma-ray triggers with an event",
    coverage=Coverage(time=("2015-09-12T00:00:00Z", "2026-01-01T00:00:00Z")),
    cost=1.5,
    cite=(
        archives.citation("gwtc_events.ecsv"),
        archives.citation("icecube_alerts.ecsv"),
        archives.citation(trigger_lists.POLAR_TABLE),
    ),
    datasets=_datasets,
)
def coincidence(
    event_time: Annotated[kg.EventTime, label("event time")],
    event: Annotated[kg.EventIdentifier, label("event"), described("its own trigger is left out")] = None,
    window: Annotated[
        kg.TimeWindow, unit("s"), limits(0.1, 8_640_000), label("time window"), described("on each side")
    ] = 500.0,
) -> kg.Coincidence:
    """Which gravitational waves, IceCube alerts, POLAR bursts and SPI-ACS triggers came near a time.

    Every list that covers the time is tested: the number within the window, the number that the list's own
    rate brings by chance, and the Poisson probability of as many. The smallest of them is corrected for the
    number of lists. Directions are not compared. The window of 500 s is the one of searches for neutrinos
    from mergers (Baret et al. 2011, Astropart. Phys. 35, 1).
    """
    from executors.figures import time_coincidence as figures
    from executors.physics import time_coincidence
    from kg_service.model.times import iso_from_tt, tt_from_iso

    moment, reach = tt_from_iso(event_time), round(window * 1e6)
    compared = time_coincidence.compare(event, moment, window)
    log(f"{len(compared.found)} lists cover the time; post-trial probability {compared.post_trial:.3g}")
    return Result(
        label=f"Triggers within {window:g} s of {event or event_time}",
        files=[*time_coincidence.write(compared), figures.draw(compared)],
        values=compared.values(),
        quality=compared.quality(),
        coverage=Coverage(
            time=(iso_from_tt(moment - reach), iso_from_tt(moment + reach)),
            objects=(event,) if event else None,
        ),
        observed_with=tuple(_KG + _INSTRUMENTS[one.listed.instrument] for one in compared.found),
        datasets=compared.datasets,
        cite=tuple(dict.fromkeys(dataset.cite for dataset in compared.datasets)),
    )
