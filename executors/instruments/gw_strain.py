"""LIGO and Virgo: detector strain around an event, the noise in it, and the delay between two detectors."""

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

__all__ = ["arrival_delay", "noise", "strain"]

_WELCH = "Welch 1967, IEEE Trans. Audio Electroacoust. 15, 70"
_MEDIAN = "Allen et al. 2012, Phys. Rev. D 85, 122006"
_GW150914 = "Abbott et al. 2016, Phys. Rev. Lett. 116, 061102"
_WHITENING = "Abbott et al. 2020, Class. Quantum Grav. 37, 055002"


@workflow(
    name="ligo-virgo-strain",
    messenger=kg.GravitationalWave,
    title="Detector strain around a gravitational-wave event: as released, band-passed and whitened",
    cost=2.0,
    cite=(_WHITENING,),
    datasets=strain_archive.datasets,
    below=(("f_min", "f_max"),),
    alt_names=("gw_strain",),
)
def strain(
    event: Annotated[kg.EventIdentifier, label("event")],
    event_time: Annotated[kg.EventTime, label("event time"), described("UTC of the merger")],
    detector: Annotated[
        kg.Detector,
        allowed("H1", "L1", "V1"),
        determines(kg.observedWith),
        label("detector"),
        described("H1 and L1 are LIGO Hanford and Livingston, V1 is Virgo"),
    ] = "H1",
    f_min: Annotated[kg.MinimumFrequency, unit("Hz"), limits(10, 2000), label("lowest frequency")] = 30.0,
    f_max: Annotated[kg.MaximumFrequency, unit("Hz"), limits(10, 2000), label("highest frequency")] = 400.0,
    window: Annotated[
        kg.TimeWindow,
        unit("s"),
        limits(0.05, 16),
        label("time window"),
        described("seconds before and after the event"),
    ] = 0.5,
    whiten: Annotated[
        oda.Boolean, label("whiten"), described("give the strain divided by the noise as well")
    ] = True,
) -> kg.StrainTimeSeries:
    """The strain of one detector around an event: as released, in a band, and whitened.

    Takes the release file of the detector from a mirror, the cache or GWOSC; for GW150914 the whitened
    strain that ships serves where there is no such file. The noise that whitens is the median over
    half-overlapping Hann segments (FFT length 4 s) of up to 36 s around the event; the band is cut by a
    Butterworth filter of order 4 forth and back, which shifts nothing in time.
    """
    _check_band(f_min, f_max)
    from executors.figures import strain as figures
    from executors.physics import strain_series

    found = strain_archive.locate(event, event_time, detector, released=not whiten)
    log(f"strain of {detector}: {found.dataset.name} ({found.dataset.reached})")
    gps = strain_archive.gps_from_utc(event_time)
    treated = strain_series.treat(event, detector, gps, found, (f_min, f_max), window, whitened=whiten)
    progress(0.5, "filtered")
    return Result(
        label=f"Strain of {event} in {strain_archive.NAMES[detector]}, {f_min:g}-{f_max:g} Hz",
        files=[
            *strain_series.write(treated, found),
            figures.draw(treated, strain_archive.NAMES[detector], event_time),
        ],
        values=treated.values(),
        quality=treated.quality(),
        coverage=Coverage(
            time=strain_archive.span_utc(treated.start, len(treated.offsets) / treated.rate), objects=(event,)
        ),
        observed_with=(f"https://w3id.org/kg-service/ontology#{detector}",),
        datasets=(found.dataset,),
        cite=(found.dataset.cite, _WHITENING),
    )


@workflow(
    name="ligo-virgo-noise",
    messenger=kg.GravitationalWave,
    title="Amplitude spectral density of a gravitational-wave detector around an event",
    cost=2.0,
    cite=(_WELCH, _MEDIAN),
    datasets=strain_archive.released_datasets,
    below=(("f_min", "f_max"),),
)
def noise(
    event: Annotated[kg.EventIdentifier, label("event")],
    event_time: Annotated[kg.EventTime, label("event time"), described("UTC of the merger")],
    detector: Annotated[
        kg.Detector,
        allowed("H1", "L1", "V1"),
        determines(kg.observedWith),
        label("detector"),
        described("H1 and L1 are LIGO Hanford and Livingston, V1 is Virgo"),
    ] = "H1",
    fft_length: Annotated[
        oda.TimeInterval, unit("s"), limits(0.25, 16), label("FFT length"), described("length of one segment")
    ] = 4.0,
    averaging: Annotated[
        oda.String, allowed("median", "mean"), label("average"), described("how segments are averaged")
    ] = "median",
    f_min: Annotated[kg.MinimumFrequency, unit("Hz"), limits(10, 8000), label("lowest frequency")] = 10.0,
    f_max: Annotated[kg.MaximumFrequency, unit("Hz"), limits(10, 8000), label("highest frequency")] = 1700.0,
) -> kg.AmplitudeSpectralDensity:
    """The noise of one detector around an event against frequency, as strain per root Hz.

    Takes the release file of the detector from a mirror, the cache or GWOSC and averages the spectra of
    half-overlapping Hann segments by their median (divided by its bias) or their mean (Welch 1967).
    """
    _check_band(f_min, f_max)
    from executors.figures import detector_noise as figures
    from executors.physics import detector_noise
    from executors.physics.strain import raw_strain

    found = strain_archive.locate(event, event_time, detector, released=True)
    log(f"strain of {detector}: {found.dataset.name} ({found.dataset.reached})")
    gps = strain_archive.gps_from_utc(event_time)
    measured = detector_noise.measure(
        event, detector, gps, raw_strain(found), fft_length, averaging, (f_min, f_max)
    )
    progress(0.5, "averaged")
    return Result(
        label=f"Amplitude spectral density of {strain_archive.NAMES[detector]} around {event}",
        files=[
            *detector_noise.write(measured, found),
            figures.draw(measured, strain_archive.NAMES[detector]),
        ],
        values=measured.values(),
        quality=measured.quality(),
        coverage=Coverage(
            time=strain_archive.span_utc(measured.span[0], measured.span[1] - measured.span[0]),
            objects=(event,),
        ),
        observed_with=(f"https://w3id.org/kg-service/ontology#{detector}",),
        datasets=(found.dataset,),
        cite=(found.dataset.cite, _WELCH, _MEDIAN),
    )


@workflow(
    name="ligo-virgo-arrival-delay",
    instrument=(kg.H1, kg.L1),
    messenger=kg.GravitationalWave,
    title="Delay of a gravitational wave between LIGO Hanford and LIGO Livingston",
    cost=4.0,
    cite=(_GW150914, _WHITENING),
    datasets=strain_archive.datasets_of_pair,
    below=(("f_min", "f_max"),),
)
def arrival_delay(
    event: Annotated[kg.EventIdentifier, label("event")],
    event_time: Annotated[kg.EventTime, label("event time"), described("UTC of the merger")],
    f_min: Annotated[kg.MinimumFrequency, unit("Hz"), limits(20, 1000), label("lowest frequency")] = 35.0,
    f_max: Annotated[kg.MaximumFrequency, unit("Hz"), limits(20, 1000), label("highest frequency")] = 350.0,
) -> kg.Coincidence:
    """How much later a signal reached Hanford than Livingston, and whether both saw the same.

    Whitens the strain of both detectors (FFT length 4 s), correlates 0.3 s around the event with the
    strain of Livingston inverted, and takes the largest correlation within the light travel time of 10 ms.
    Pairs of stretches of different times (time slides) tell how often noise agrees as well.
    """
    _check_band(f_min, f_max)
    from executors.figures import arrival_delay as figures
    from executors.physics import arrival_delay as analysis
    from executors.physics.strain import white_strain

    found = [strain_archive.locate(event, event_time, detector) for detector in strain_archive.PAIR]
    datasets = tuple(dict.fromkeys(strain.dataset for strain in found))
    log(f"strain: {', '.join(f'{used.name} ({used.reached})' for used in datasets)}")
    gps = strain_archive.gps_from_utc(event_time)
    first, second = (
        white_strain(strain, gps, detector)
        for strain, detector in zip(found, strain_archive.PAIR, strict=True)
    )
    progress(0.4, "whitened")
    measured = analysis.measure(event, gps, first, second, (f_min, f_max))
    progress(0.7, "correlated")
    start, end = max(first.start, second.start), min(first.end, second.end)
    return Result(
        label=f"Delay of {event} between LIGO Hanford and LIGO Livingston",
        files=[*analysis.write(measured, datasets), figures.draw(measured, event_time)],
        values=measured.values(),
        quality=measured.quality(),
        coverage=Coverage(time=strain_archive.span_utc(start, end - start), objects=(event,)),
        datasets=datasets,
        cite=(*dict.fromkeys(used.cite for used in datasets), _GW150914, _WHITENING),
    )


def _check_band(f_min: float, f_max: float) -> None:
    if f_min >= f_max:
        raise Invalid(
            f"The lowest frequency ({f_min:g} Hz) must lie below the highest ({f_max:g} Hz).",
            parameter="f_min",
            value=f"{f_min:g} Hz",
        )
