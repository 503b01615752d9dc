"""ANTARES: events of the public sample around a position, and upper limits on a neutrino flux."""

from __future__ import annotations

from typing import Annotated

from executors import archives, neutrino_archive
from kg_service.authoring import Coverage, Result, described, kg, label, limits, log, oda, unit, workflow

__all__ = ["events", "upper_limit"]

_COVERAGE = Coverage(time=("2007-01-29T00:00:00Z", "2018-01-01T00:00:00Z"))
_SAMPLE = archives.collection("antares").cite
_METHOD = "Feldman & Cousins 1998, PRD 57, 3873"
_Right = Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")]
_Declination = Annotated[
    oda.PointOfInterestDEC,
    unit("deg"),
    label("declination"),
    described("ANTARES sees declinations up to +47 deg"),
]
_Radius = Annotated[
    kg.SearchRadius,
    unit("deg"),
    limits(0.1, 10),
    label("radius of the cone"),
    described("events within it are counted; the median angular error is 0.4 deg"),
]
_From = Annotated[oda.StartTime, label("start"), described("events from then on; 2007-01-29 at the earliest")]
_Until = Annotated[oda.EndTime, label("end"), described("events before it; 2018-01-01 at the latest")]


@workflow(
    instrument=kg.ANTARES,
    messenger=kg.Neutrino,
    title="Upper limit on the neutrino flux of a position from the public ANTARES sample 2007-2017",
    coverage=_COVERAGE,
    cost=2.0,
    cite=(_SAMPLE, _METHOD),
    datasets=neutrino_archive.antares_datasets,
    below=(("t1", "t2"),),
    alt_names=("antares_spectrum",),
)
def upper_limit(
    ra: _Right,
    dec: _Declination,
    radius: _Radius = 2.0,
    t1: _From = None,
    t2: _Until = None,
    index_min: Annotated[oda.Float, limits(1.5, 3.0), label("hardest spectral index")] = 1.5,
    index_max: Annotated[oda.Float, limits(1.5, 3.0), label("softest spectral index")] = 3.0,
    confidence: Annotated[kg.ConfidenceLevel, limits(0.6, 0.999), label("confidence level")] = 0.9,
) -> kg.UpperLimit:
    """Counts in a cone, the Feldman-Cousins limit on signal events, and flux limits by spectral index.

    The 8754 track-like events of 2007-2017 within the radius are compared with the background of the
    declination band. The limit on signal events becomes one on the flux of muon neutrinos, dN/dE =
    norm (E / 1 GeV)^-index, through the acceptance of the collaboration, for every index between
    1.5 and 3. The acceptance is that of the whole sample: a narrower time range gives the limit on
    the number of events and no flux. The sensitivity is the average limit of experiments without signal.
    """
    from executors.figures import antares as figures
    from executors.physics import antares_limit, antares_region
    from executors.physics.antares_sample import Sample

    region = antares_region.select(Sample.read(), ra, dec, radius, t1, t2)
    log(f"{region.events} events within {radius:g} deg, {region.background:.2f} expected without a source")
    analysed = antares_limit.analyse(region, confidence, index_min, index_max)
    return Result(
        label=f"ANTARES upper limit at {antares_region.position_text(ra, dec)}",
        files=[*analysed.write(), figures.draw_limit(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=(region.start, region.end)),
        datasets=region.sample.datasets,
        cite=(_SAMPLE, _METHOD),
    )


@workflow(
    instrument=kg.ANTARES,
    messenger=kg.Neutrino,
    title="Neutrino candidates around a position in the public ANTARES sample 2007-2017",
    coverage=_COVERAGE,
    cost=2.0,
    cite=(_SAMPLE,),
    datasets=neutrino_archive.antares_datasets,
    below=(("t1", "t2"),),
)
def events(
    ra: _Right, dec: _Declination, radius: _Radius = 2.0, t1: _From = None, t2: _Until = None
) -> kg.EventList:
    """The track-like events within a cone and a time range, nearest first, and how many chance explains.

    The expected background is the mean number of events per steradian in the declination band of the
    cone, from the collaboration's polynomial, times the cone's area; in a part of the time it is scaled
    by the sample's own events. The probability is that of as many events or more without a source.
    """
    from executors.figures import antares as figures
    from executors.physics import antares_region
    from executors.physics.antares_sample import Sample

    region = antares_region.select(Sample.read(), ra, dec, radius, t1, t2)
    caveats = region.quality()
    return Result(
        label=f"ANTARES events at {antares_region.position_text(ra, dec)}",
        files=[*region.write("events", {"caveats": "; ".join(caveats)}), figures.draw_region(region)],
        values=region.values(),
        quality=caveats,
        coverage=Coverage(time=(region.start, region.end)),
        datasets=region.sample.datasets,
        cite=(_SAMPLE,),
    )
