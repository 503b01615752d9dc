"""LIGO, Virgo and KAGRA: sky maps of events, searches in the catalogues, facts of one event."""

from __future__ import annotations

from typing import Annotated

from executors import archives, gw_runs, sky_map_archive
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
from kg_service.errors import BadValue, Invalid

__all__ = ["event_facts", "event_search", "sky_map"]

_KG = "https://w3id.org/kg-service/ontology#"
_INSTRUMENTS = {"H1": "H1", "L1": "L1", "V1": "V1", "K1": "KAGRA"}
_MAPS = "Singer & Price 2016, Phys. Rev. D 93, 024013"
_DISTANCES = "Singer et al. 2016, Astrophys. J. Lett. 829, L15"
_MOC = "Fernique et al. 2022, IVOA Recommendation MOC 2.0"


@workflow(
    name="ligo-virgo-sky-map",
    instrument=(kg.LIGO, kg.Virgo),
    messenger=kg.GravitationalWave,
    title="Sky map of a gravitational-wave event with credible areas, regions and distance",
    cost=2.0,
    cite=(_MAPS, _DISTANCES, _MOC),
    datasets=sky_map_archive.datasets,
)
def sky_map(
    event: Annotated[kg.EventIdentifier, label("event")],
    contour_levels: Annotated[
        oda.String, label("credible levels"), described("percents between 0 and 100, separated by commas")
    ] = "50,90",
) -> kg.SkyMap:
    """Where an event was on the sky: areas of its credible regions, their outlines, the most probable place.

    Takes the newest multi-order map of the event from a mirror or the cache. A credible region is made of
    the cells with the highest probability density that together hold the level; its area is linear within
    the last cell. Regions come as MOCs and as contours, distances as 5, 50 and 95 % over the whole sky.
    """
    from executors.physics import sky_map as maps
    from executors.physics import sky_map_product as product
    from executors.physics.sky_regions import levels_of

    levels = levels_of(contour_levels)
    found = sky_map_archive.locate(event)
    log(f"map: {found.dataset.name} ({found.dataset.reached})")
    localised = product.localise(event, found, maps.read(found.path), levels)
    progress(0.5, "regions found")
    from executors.figures import sky_map as figures

    when = str(localised.sky.header.get("DATE-OBS", ""))
    return Result(
        label=f"Sky map of {event} ({localised.sky.header.get('CREATOR', found.pipeline)})",
        files=[*product.write(localised), figures.draw(localised)],
        values=localised.values(),
        quality=localised.quality(),
        coverage=Coverage(
            time=sky_map_archive.around(when) if when else None,
            objects=(event,),
            sky=localised.mocs[max(levels)].to_string(),
        ),
        observed_with=tuple(_KG + _INSTRUMENTS[name] for name in localised.detectors if name in _INSTRUMENTS),
        datasets=(found.dataset,),
        cite=(found.dataset.cite, _MAPS, _DISTANCES, _MOC),
    )


@workflow(
    name="ligo-virgo-event-search",
    instrument=(kg.LIGO, kg.Virgo),
    messenger=kg.GravitationalWave,
    title="Gravitational-wave events in a time range, and near a position those whose region meets a cone",
    coverage=Coverage(time=(gw_runs.OBSERVING_RUNS[0][1], gw_runs.OBSERVING_RUNS[-1][2])),
    cost=2.0,
    cite=(archives.citation(gw_runs.TABLE), _MAPS, _MOC),
    datasets=gw_runs.search_datasets,
    below=(("t1", "t2"),),
    alt_names=("gw_skymap_image",),
)
def event_search(
    t1: Annotated[oda.StartTime, label("start")],
    t2: Annotated[oda.EndTime, label("end")],
    ra: Annotated[
        oda.PointOfInterestRA, unit("deg"), label("right ascension"), described("of a cone")
    ] = None,
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), label("declination"), described("of a cone")] = None,
    radius: Annotated[
        kg.SearchRadius, unit("deg"), limits(0, 180), label("radius"), described("of the cone")
    ] = 10.0,
    level_threshold: Annotated[
        oda.Float,
        limits(0, 100),
        label("credible level"),
        described("the region of that probability, in percent, has to meet the cone"),
    ] = 90.0,
    do_cone_search: Annotated[
        oda.Boolean, label("search in the cone"), described("where a position is given")
    ] = True,
    contour_levels: Annotated[
        oda.String, label("contour levels"), described("percents between 0 and 100, separated by commas")
    ] = "50,90",
) -> kg.TriggerList:
    """The events of GWTC-1 to GWTC-3 in a time range, with masses, distance and significance.

    With a position those are listed whose credible region meets the cone around it, where a map of the event
    is at hand. An event without a map at hand is listed as not known, never left out. Of every map at
    hand come the areas and outlines at the contour levels.
    """
    if (ra is None) != (dec is None):
        raise Invalid(
            "A position needs both right ascension and declination.", parameter="ra" if ra is None else "dec"
        )
    if not 0 <= radius <= 180:
        raise BadValue(
            f"A radius lies between 0 and 180 deg; {radius:g} does not.",
            parameter="radius",
            value=f"{radius:g}",
        )
    if not 0 < level_threshold < 100:
        raise BadValue(
            f"A credible level lies between 0 and 100 %, exclusive; {level_threshold:g} does not.",
            parameter="level_threshold",
            value=f"{level_threshold:g}",
        )
    from executors.physics import gw_catalogue
    from executors.physics.sky_regions import levels_of

    levels = levels_of(contour_levels)
    events = gw_runs.between(t1, t2)
    looked_at = do_cone_search and ra is not None and dec is not None
    cone = gw_catalogue.Cone(ra, dec, radius, level_threshold) if looked_at else None
    maps = sky_map_archive.newest()
    places = {e.name: gw_catalogue.place(maps[e.name], levels, cone) for e in events if e.name in maps}
    log(f"{len(events)} events in the time range, {len(places)} of them with a map at hand")
    if cone is not None:
        events = tuple(e for e in events if e.name not in places or places[e.name].meets)
    progress(0.6, "searched")
    found = gw_catalogue.Found(
        start=t1,
        end=t2,
        events=events,
        places={name: place for name, place in places.items() if cone is None or place.meets},
        cone=cone,
        in_range=len(gw_runs.between(t1, t2)),
    )
    from executors.figures import gw_catalogue as figures

    return Result(
        label=f"Gravitational-wave events, {t1[:10]} to {t2[:10]}",
        files=[*gw_catalogue.write(found), figures.draw(found)],
        values=found.values(),
        quality=found.quality(),
        coverage=Coverage(time=(t1, t2)),
        datasets=(*gw_runs.facts_datasets({}), *(maps[name].dataset for name in places)),
        cite=(archives.citation(gw_runs.TABLE), *([_MAPS, _MOC] if places else [])),
    )


@workflow(
    name="ligo-virgo-event-facts",
    instrument=(kg.LIGO, kg.Virgo),
    messenger=kg.GravitationalWave,
    title="What the catalogues say of a gravitational-wave event: masses, spin, distance, significance",
    cost=1.0,
    cite=(archives.citation(gw_runs.TABLE),),
    datasets=gw_runs.facts_datasets,
)
def event_facts(event: Annotated[kg.EventIdentifier, label("event")]) -> kg.TriggerList:
    """Masses, spin, distance and significance of one event of GWTC-1 to GWTC-3 with their 90 % intervals."""
    from executors.figures import gw_catalogue as figures
    from executors.physics import gw_catalogue

    listed = gw_runs.named(event)
    caveats = (
        f"medians and 90 % intervals of {listed.row['catalog']}; masses in the source's frame",
        *(("time given to 0.1 s",) if listed.time_to_tenth else ()),
    )
    return Result(
        label=f"Facts of {listed.name} ({listed.row['catalog']})",
        files=[
            *gw_catalogue.write_facts(listed, caveats),
            figures.draw_facts(listed, gw_runs.everything_listed(), caveats),
        ],
        values=gw_catalogue.facts(listed),
        quality=caveats,
        coverage=Coverage(time=sky_map_archive.around(listed.time), objects=(listed.name,)),
        cite=(
            archives.citation(gw_runs.TABLE),
            *((listed.row["reference"],) if listed.row["reference"] else ()),
        ),
    )
