"""When a position can be observed from a site on the ground."""

from __future__ import annotations

from typing import Annotated

from executors import archives
from executors.known.observing_sites import TABLE
from kg_service.authoring import (
    Coverage,
    Result,
    allowed,
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
from kg_service.errors import Invalid, NotCovered

__all__ = ["observability"]

_SPAN = ("1972-01-01T00:00:00Z", "2050-01-01T00:00:00Z")
"""From when on UTC is kept within 0.9 s of the Earth's rotation; leap seconds to come are not known."""
_MOST_NIGHTS = 400
_FINE_NIGHTS = 10
_FINE, _COARSE = 288, 144
_SAME = 0.01
_CITE = ("Pickering 2002, DIO 12, 1 (airmass)", "Meeus 1998, Astronomical Algorithms (phase of the Moon)")


@workflow(
    name="observability",
    title="Observability of a position from a site: night, airmass, Sun and Moon",
    coverage=Coverage(time=_SPAN),
    cost=2.0,
    cite=_CITE,
    datasets=archives.tables(TABLE),
    below=(("t1", "t2"),),
    alt_names=("visibility",),
)
def observability(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), described("ICRS")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    site: Annotated[
        kg.ObservingSite,
        label("site"),
        described("a name such as Paranal, or longitude, latitude, height: -70.40, -24.63, 2635"),
    ],
    t1: Annotated[
        oda.StartTime, label("start"), described("alone: the night then, after 6 h local time the coming one")
    ],
    t2: Annotated[oda.EndTime, label("end"), described("all nights up to then")] = None,
    largest_airmass: Annotated[oda.Float, limits(1.01, 30), label("largest airmass")] = 2.0,
    twilight: Annotated[
        oda.String, allowed("astronomical", "nautical", "civil"), label("end of the night")
    ] = "astronomical",
    moon_distance: Annotated[
        oda.Float,
        unit("deg"),
        limits(0, 180),
        label("least distance of the Moon"),
        described("while the Moon is up; 0: no matter"),
    ] = 0.0,
) -> kg.Observability:
    """When a target is up at night, how high, and where the Moon is.

    Night begins when the Sun is 18 deg below the horizon (12 for nautical, 6 for civil twilight). Every
    night has its windows in which the airmass (Pickering 2002) is small enough and the Moon far enough,
    the least airmass, and distance, height and lit share of the Moon. With a start alone it is the one
    night; with an end all nights between them.
    """
    from executors.known import observing_sites
    from executors.physics import observability as sky
    from executors.physics import observing_nights as nights
    from kg_service.model.times import iso_from_tt, tt_from_iso

    place = observing_sites.find(site)
    first = tt_from_iso(t1)
    start, last = sky.noon_before(place, first), first if t2 is None else tt_from_iso(t2)
    if start < tt_from_iso(_SPAN[0]) or last > tt_from_iso(_SPAN[1]):
        raise NotCovered(
            f"Nights are computed from {_SPAN[0][:10]} to {_SPAN[1][:10]}, while UTC follows the Earth's "
            "rotation.",
            parameter="t1" if start < tt_from_iso(_SPAN[0]) else "t2",
            value=t1 if t2 is None or start < tt_from_iso(_SPAN[0]) else t2,
        )
    days = (sky.noon_before(place, last) - start) // sky.DAY + 1
    if days > _MOST_NIGHTS:
        raise Invalid(
            f"From {t1} to {t2} there are {days} nights; at most {_MOST_NIGHTS} are looked at in one go.",
            parameter="t2",
            value=str(t2),
        )
    target = nights.Target(_called(ra, dec), ra, dec)
    wanted = nights.Wanted(twilight, largest_airmass, moon_distance, (first, last) if t2 else None)
    seen = sky.sky_of(place, start, days, _FINE if days <= _FINE_NIGHTS else _COARSE)
    plan = nights.Plan(target, seen, wanted)
    log(f"{target.name} from {place.name} ({place.where}): {plan.hours:.2f} h in {days} nights")
    progress(0.5, "windows found")
    from executors.figures import observability as figures

    return Result(
        label=f"Observability of {target.name} from {place.name}, {t1[:10]}{f' to {t2[:10]}' if t2 else ''}",
        files=[*nights.write(plan), figures.draw(plan)],
        values=plan.values(),
        quality=plan.quality(),
        coverage=Coverage(time=(iso_from_tt(start), iso_from_tt(int(seen.time[-1])))),
        cite=_CITE,
    )


def _called(ra: float, dec: float) -> str:
    """The one known source at a position, else the position."""
    from executors.known.sources import within

    near = within(ra, dec, _SAME)
    return near[0][1].identifier if len(near) == 1 else f"RA {ra:.3f} Dec {dec:+.3f} deg"
