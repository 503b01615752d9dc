"""Known sources and neutrinos in the region where an event of gravitational waves came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from executors import archives, fermi_catalogue_files, sky_map_archive
from executors.known.event_lists import TABLES
from kg_service.authoring import (
    Coverage,
    Result,
    described,
    kg,
    label,
    limits,
    log,
    oda,
    progress,
    unit,
    workflow,
)
from kg_service.errors import BadValue
from kg_service.model.product import Dataset

__all__ = ["counterparts"]

_KG = "https://w3id.org/kg-service/ontology#"
_MAPS = "Singer & Price 2016, Phys. Rev. D 93, 024013"
_CATALOGUE = "Ballet et al. 2023, arXiv:2307.12546 (4FGL-DR4)"


def _datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """The map, the catalogue of gamma-ray sources and the list of alerts that a run would read."""
    whole = fermi_catalogue_files.newest("fermi_4fgl")
    return (
        *sky_map_archive.datasets(arguments),
        whole.dataset if whole else archives.dataset_of_table(fermi_catalogue_files.TABLE),
        *(archives.dataset_of_table(name) for name in TABLES),
    )


@workflow(
    name="gravitational-wave-counterparts",
    instrument=(kg.LVK, kg.FermiLAT, kg.IceCube),
    messenger=kg.GravitationalWave,
    title="Gamma-ray sources and neutrino alerts in the region of a gravitational-wave event, against chance",
    cost=2.0,
    cite=(_MAPS, _CATALOGUE, archives.citation("icecube_alerts.ecsv")),
    datasets=_datasets,
)
def counterparts(
    event: Annotated[kg.EventIdentifier, label("event")],
    level_threshold: Annotated[
        oda.Float,
        limits(0, 100),
        label("credible level"),
        described("percent: sources in the region of that probability are listed"),
    ] = 90.0,
    window: Annotated[
        kg.TimeWindow,
        unit("s"),
        limits(1, 31_557_600),
        label("time window"),
        described("neutrino alerts within it on each side"),
    ] = 500.0,
) -> kg.CounterpartList:
    """Known sources of 4FGL and IceCube alerts that lie in the credible region of an event's sky map.

    Each source has its credible level and the map's probability density there. Stated beside the number
    inside: how many the catalogue's mean density brings into the area, how many when the catalogue is
    turned about the galactic poles, which keeps its crowding towards the plane, and the probability of as
    many. Alerts count within the time window when their 90 % circle meets the region; 500 s is what
    searches for neutrinos from mergers take (Baret et al. 2011, Astropart. Phys. 35, 1). The smallest
    probability is corrected for the number of tests.
    """
    if not 0 < level_threshold < 100:
        raise BadValue(
            f"A credible level lies between 0 and 100 %, exclusive; {level_threshold:g} does not.",
            parameter="level_threshold",
            value=f"{level_threshold:g}",
        )
    found = sky_map_archive.locate(event)
    from executors.physics import counterpart_catalogues, sky_regions
    from executors.physics import counterparts as analysis
    from executors.physics import sky_map as maps

    sky, catalogue = maps.read(found.path), counterpart_catalogues.fermi()
    when = str(sky.header.get("DATE-OBS", ""))
    log(f"map: {found.dataset.name}; catalogue: {catalogue.title}")
    searched = analysis.search(
        event, f"{when.rstrip('Z')}Z" if when else "", found, sky, catalogue, level_threshold, window
    )
    progress(0.6, f"{len(searched.candidates)} sources inside")
    from executors.figures import counterparts as figures

    read = (found.dataset, catalogue.dataset, *(archives.dataset_of_table(name) for name in TABLES))
    instruments = ["LVK", "FermiLAT", *(["IceCube"] if searched.neutrinos is not None else [])]
    return Result(
        label=f"Known sources in the {level_threshold:g} % region of {event}",
        files=[*analysis.write(searched), figures.draw(searched)],
        values=searched.values(),
        quality=searched.quality(),
        coverage=Coverage(
            time=sky_map_archive.around(when) if when else None,
            objects=(event,),
            sky=sky_regions.moc(sky, level_threshold).to_string(),
        ),
        observed_with=tuple(_KG + name for name in instruments),
        datasets=read,
        cite=(
            found.dataset.cite,
            catalogue.dataset.cite,
            *([archives.citation("icecube_alerts.ecsv")] if searched.neutrinos is not None else []),
            _MAPS,
        ),
    )
