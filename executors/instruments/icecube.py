"""IceCube: alerts that match a position, and the search for a flare in the events around a source."""

from __future__ import annotations

from typing import Annotated

from executors import archives, neutrino_archive
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
from kg_service.errors import NotCovered

__all__ = ["alerts", "flare"]

_FIRST, _LAST = "2016-04-27T00:00:00Z", "2020-12-01T00:00:00Z"
"""The time that the list of alerts covers."""
_LIST = archives.citation("icecube_alerts.ecsv")
_RELEASE = archives.collection("icecube_point_source").cite
_SCAN = "Braun et al. 2010, Astropart. Phys. 33, 175"
_Right = Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")]
_Declination = Annotated[oda.PointOfInterestDEC, unit("deg"), label("declination")]


@workflow(
    instrument=kg.IceCube,
    messenger=kg.Neutrino,
    title="IceCube alerts of 2016-2020 that match a position, and how many would by chance",
    coverage=Coverage(time=(_FIRST, _LAST)),
    cost=1.0,
    cite=(_LIST,),
    datasets=archives.tables(*TABLES),
    below=(("t1", "t2"),),
)
def alerts(
    ra: _Right,
    dec: _Declination,
    radius: Annotated[
        kg.SearchRadius,
        unit("deg"),
        limits(0.01, 30),
        label("radius"),
        described("alerts within it match; without it those whose 90 % circle holds the position"),
    ] = None,
    t1: Annotated[oda.StartTime, label("start"), described("only alerts from then on")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("only alerts before it")] = None,
) -> kg.Coincidence:
    """Which IceCube alerts point at a position, and how many would if their right ascensions were random.

    An alert matches when the position lies within its 90 % circle (first notice) or within the radius
    asked for. The chance of each alert is the share of right ascensions at which it would match with its
    own declination and circle; from these follow the expected number and the probability of as many
    matches or more. A source that became known because of an alert is marked as not blind.
    """
    from executors.figures import icecube_alerts as figures
    from executors.physics import icecube_alerts

    start, end = t1 or _FIRST, t2 or _LAST
    matched = icecube_alerts.match(ra, dec, radius, start, end)
    if not len(matched.distance):
        raise NotCovered(
            f"No IceCube alert of the list (2016-04-27 to 2020-11-20) came between {start[:16]} and "
            f"{end[:16]}.",
            parameter="t1",
            value=start,
        )
    log(f"{matched.matches} of {len(matched.distance)} alerts match, {matched.chance.sum():.2f} expected")
    return Result(
        label=f"IceCube alerts at RA {ra:.3f} Dec {dec:+.3f} deg",
        files=[*matched.write(), figures.draw(matched)],
        values=matched.values(),
        quality=matched.quality(),
        coverage=Coverage(time=(max(start, _FIRST), min(end, _LAST))),
        cite=(_LIST,),
    )


@workflow(
    instrument=kg.IceCube,
    messenger=kg.Neutrino,
    title="Search for a neutrino flare: time windows in IceCube's events around a source 2008-2017",
    coverage=Coverage(time=("2008-04-05T00:00:00Z", "2017-10-31T00:00:00Z")),
    cost=20.0,
    cite=(_RELEASE, _SCAN),
    datasets=neutrino_archive.icecube_datasets,
)
def flare(
    ra: _Right,
    dec: _Declination,
    use_energy: Annotated[
        oda.Boolean, label("use energies"), described("weigh events by energy as well; moves the window")
    ] = True,
    index: Annotated[
        kg.SpectralIndex,
        limits(1.0, 3.5),
        label("spectral index"),
        described("of the source, for the energies"),
    ] = 2.0,
    shortest: Annotated[
        oda.Float, unit("d"), limits(0, 100), label("shortest window"), described("days")
    ] = 1.0,
    scrambles: Annotated[
        oda.Integer, limits(0, 100_000), label("scrambles"), described("copies with times dealt out anew")
    ] = 1000,
    seed: Annotated[kg.RandomSeed, label("random seed"), described("of the scrambles")] = 1,
) -> kg.TriggerList:
    """The time window in which IceCube's events cluster most at a position, and how often chance does it.

    In every sample of the release around a source each pair of events bounds a box window; an unbinned
    likelihood with the events' directions and, if wanted, energies is maximised in the number of signal
    events, and short windows pay the factor W/T (window over sample). The probability after trials is
    the share of scrambled copies, in which the times are dealt out anew among the events, whose best
    window of all samples is at least as strong.
    """
    from executors.figures import icecube_flare as figures
    from executors.physics import icecube_alerts, icecube_flare

    release = neutrino_archive.icecube_release(ra, dec)
    log(f"{release.source}: {len(release.events)} samples; {scrambles} scrambles from seed {seed}")
    found = icecube_flare.scan(
        release,
        ra,
        dec,
        index if use_energy else None,
        shortest,
        scrambles,
        seed,
        icecube_alerts.chosen_because(ra, dec),
        lambda share: progress(0.1 + 0.8 * share, f"{share:.0%} of the scrambles"),
    )
    return Result(
        label=f"IceCube flare search at RA {ra:.3f} Dec {dec:+.3f} deg, 2008-2017",
        files=[*found.write(), figures.draw(found)],
        values=found.values(),
        quality=found.quality(),
        coverage=Coverage(time=(found.utc(found.samples[0].start), found.utc(found.samples[-1].end))),
        datasets=release.datasets,
        cite=(_RELEASE, _SCAN),
        seed=seed,
    )
