"""LIGO and Virgo: spectrograms of detector strain around an event."""

from __future__ import annotations

from typing import Annotated

from executors import strain_archive
from kg_service.authoring import (
    Coverage,
    Result,
    allowed,
    described,
    determines,
    kg,
    label,
    limits,
    log,
    oda,
    progress,
    unit,
    workflow,
)
from kg_service.errors import Invalid

__all__ = ["spectrogram"]

_CITE = ("Chatterji et al. 2004, Class. Quantum Grav. 21, S1809",)


@workflow(
    messenger=kg.GravitationalWave,
    title="Spectrogram (Q transform) of detector strain around a gravitational-wave event",
    cost=3.0,
    cite=_CITE,
    datasets=strain_archive.datasets,
    below=(("f_min", "f_max"), ("q_min", "q_max")),
    alt_names=("gw_spectrogram",),
)
def spectrogram(
    event: Annotated[kg.EventIdentifier, label("event")],
    event_time: Annotated[kg.EventTime, label("event time"), described("UTC of the merger")],
    detector: Annotated[
        kg.Detector,
        allowed("H1", "L1", "V1"),
        determines(kg.observedWith),
        label("detector"),
        described("H1 and L1 are LIGO Hanford and Livingston, V1 is Virgo"),
    ] = "H1",
    f_min: Annotated[kg.MinimumFrequency, unit("Hz"), limits(20, 1000), label("lowest frequency")] = 30.0,
    f_max: Annotated[kg.MaximumFrequency, unit("Hz"), limits(20, 1000), label("highest frequency")] = 400.0,
    q_min: Annotated[oda.Float, limits(4, 100), label("smallest Q")] = 4.0,
    q_max: Annotated[oda.Float, limits(4, 100), label("largest Q")] = 64.0,
    window: Annotated[
        kg.TimeWindow,
        unit("s"),
        limits(0.5, 16),
        label("time window"),
        described("seconds before and after the event; without it 2 s or as far as there are data"),
    ] = None,
) -> kg.Spectrogram:
    """The strain around an event as energy over time and frequency, and where it is loudest.

    Takes the release file of the detector from a mirror, the cache or GWOSC and whitens it; for
    GW150914 the whitened strain that ships serves where there is no such file. Of the Q transforms between
    the smallest and largest Q the one with the loudest cell within half a second of the event is
    given, each row in units of its median; cells touched by the edges of the data are masked.
    """
    if q_min >= q_max:
        raise Invalid(
            f"The smallest Q ({q_min:g}) must lie below the largest ({q_max:g}).",
            parameter="q_min",
            value=f"{q_min:g}",
        )
    if f_min >= f_max:
        raise Invalid(
            f"The lowest frequency ({f_min:g} Hz) must lie below the highest ({f_max:g} Hz).",
            parameter="f_min",
            value=f"{f_min:g} Hz",
        )
    from executors.figures import spectrogram as figures
    from executors.physics import spectrogram as analysis
    from executors.physics import strain

    found = strain_archive.locate(event, event_time, detector)
    log(f"strain of {detector}: {found.dataset.name} ({found.dataset.reached})")
    gps = strain_archive.gps_from_utc(event_time)
    white = strain.around(strain.white_strain(found, gps, detector), gps, window, found.path.name)
    progress(0.4, "whitened")
    analysed = analysis.analyse(event, detector, gps, white, (q_min, q_max), (f_min, f_max))
    progress(0.7, "transformed")
    return Result(
        label=f"Spectrogram of {event} in {strain_archive.NAMES[detector]}",
        files=[
            *analysis.write(analysed, found.dataset),
            figures.draw(analysed, strain_archive.NAMES[detector], event_time),
        ],
        values=analysed.values(),
        quality=(*analysis.band_used(analysed, f_min, f_max), *analysed.quality()),
        coverage=Coverage(
            time=strain_archive.span_utc(white.start, len(white.data) / white.rate), objects=(event,)
        ),
        observed_with=(f"https://w3id.org/kg-service/ontology#{detector}",),
        datasets=(found.dataset,),
        cite=(found.dataset.cite, *_CITE),
    )
