"""INTEGRAL SPI-ACS: light curves of bursts, automatic triggers, and coincidences of triggers with a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from executors import trigger_lists
from executors.fits_headers import Header
from executors.integral_archive import MISSION, Held, asked_span, choose, held, span_utc
from executors.isgri_files import datasets_of
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
from kg_service.errors import Invalid
from kg_service.model.product import Dataset
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["coincidence", "light_curve", "triggers"]

_BAND = (80.0, 1e4)
_CITE = ("2003A&A...411L...1W", "2003A&A...411L..63V", "2012A&A...541A.122S")
_CURVE_CITE = (*_CITE, "2013ApJ...764..167S", "1996ApJ...463..570K")
_TRIGGER_CITE = ("2003A&A...411L.291M", "2012A&A...541A.122S", "doi:10.5281/zenodo.7472097")
_TRIGGERS = ("2002-10-27T00:00:00Z", "2020-12-31T00:00:00Z")
_AROUND = 1_000_000


def _held(event_time: str | None, t1: str | None, t2: str | None) -> Held:
    """The light curve that holds the time asked for, else the one with most of the asked span."""
    if event_time is None and t1 is None and t2 is None:
        raise Invalid(
            "Ask for an event, a time (event_time), or a start and an end (t1, t2).", parameter="event_time"
        )
    times: tuple[str | None, str | None] = (t1, t2)
    if event_time is not None:
        moment = tt_from_iso(event_time)
        times = (iso_from_tt(moment - _AROUND), iso_from_tt(moment + _AROUND))
    return choose(
        held("spi_acs_light_curve", _is_curve),
        collection="spi_acs_light_curve",
        what="a SPI-ACS light curve",
        times=times,
        whole=False,
    )[0]


def _is_curve(header: Header) -> bool:
    return str(header.get("INSTRUME", "")).strip() == "SPI-ACS" and header.get("XTENSION") == "BINTABLE"


def _curve_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    return datasets_of(lambda: [_held(*(arguments[k] for k in ("event_time", "t1", "t2"))).file])


@workflow(
    instrument=kg.SPIACS,
    messenger=kg.SoftGammaRay,
    title="Gamma-ray light curve with Bayesian blocks, T90 and the significance at a time",
    coverage=Coverage(time=MISSION, energy=_BAND),
    cost=2.0,
    cite=_CURVE_CITE,
    datasets=_curve_datasets,
    below=(("t1", "t2"),),
    alt_names=("spi_acs_lc",),
)
def light_curve(
    event: Annotated[kg.EventIdentifier, label("event")] = None,
    event_time: Annotated[
        kg.EventTime, label("event time"), described("UTC; the burst near it is measured")
    ] = None,
    t1: Annotated[oda.StartTime, label("start"), described("only bins after it are used")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("only bins before it are used")] = None,
    bin: Annotated[kg.TimeBinWidth, unit("s"), limits(0.05, 1000), label("bin width")] = 1.0,  # noqa: A002
    window: Annotated[
        kg.TimeWindow,
        unit("s"),
        limits(0.5, 1000),
        label("search window"),
        described("how far from the event time a burst and the most significant excess are looked for"),
    ] = 10.0,
    p0: Annotated[
        oda.Float,
        limits(1e-6, 0.5),
        label("chance of a spurious block"),
        described("of the Bayesian blocks (Scargle et al. 2013)"),
    ] = 0.01,
) -> oda.LightCurve:
    """Count rates of the anticoincidence shield of SPI, the burst in them, and how long it lasts.

    The width of each bin is taken from the data. The background is a straight line through the quiet
    bins, whose scatter also gives the excess variance with which all errors are enlarged. Bayesian
    blocks (Scargle et al. 2013) find the burst; T90 is the time from 5 to 95 % of its counts (Koshut et
    al. 1996). At the event time the most significant excess of seven lengths is given with its trials.
    Times are those at the spacecraft.
    """
    from executors.figures import spi_acs_light_curve as figures
    from executors.physics import spi_acs_light_curve as analysis

    found = _held(event_time, t1, t2)
    log(f"light curve {found.name} ({found.file.reached}): {found.label} UTC")
    moment = None if event_time is None else tt_from_iso(event_time)
    asked = analysis.Asked(event, moment, asked_span((t1, t2)), bin, window, p0)
    analysed = analysis.analyse(found, asked)
    progress(0.6, "measured")
    curve = analysed.burst.curve
    return Result(
        label=f"SPI-ACS light curve of {analysed.title}",
        files=[*analysis.write(analysed), figures.draw(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(
            time=span_utc((curve.at(float(curve.edges[0][0])), curve.at(float(curve.edges[1][-1])))),
            energy=_BAND,
            objects=(event,) if event else None,
        ),
        datasets=(found.file.dataset,),
        seed=analysis.SEED,
        cite=_CURVE_CITE,
    )


def _trigger_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    return datasets_of(lambda: [trigger_lists.ibas_file()])


@workflow(
    instrument=kg.SPIACS,
    messenger=kg.SoftGammaRay,
    title="Automatic triggers of SPI-ACS (IBAS) in a time range",
    coverage=Coverage(time=_TRIGGERS, energy=_BAND),
    cost=1.5,
    cite=_TRIGGER_CITE,
    datasets=_trigger_datasets,
    below=(("t1", "t2"),),
)
def triggers(
    t1: Annotated[oda.StartTime, label("start")] = None,
    t2: Annotated[oda.EndTime, label("end")] = None,
) -> kg.TriggerList:
    """The times at which the INTEGRAL Burst Alert System saw the count rate of SPI-ACS rise.

    Most of these triggers are no gamma-ray bursts: charged particles make many short ones, and their
    rate changed over the years with the settings. They have no position and no significance.
    """
    listed = trigger_lists.ibas().between(t1, t2)
    return listed.result(_BAND, _TRIGGER_CITE)


@workflow(
    instrument=kg.SPIACS,
    messenger=kg.SoftGammaRay,
    title="Coincidence of SPI-ACS triggers (IBAS) with a time",
    coverage=Coverage(time=_TRIGGERS, energy=_BAND),
    cost=1.5,
    cite=_TRIGGER_CITE,
    datasets=_trigger_datasets,
)
def coincidence(
    event_time: Annotated[kg.EventTime, label("event time")],
    event: Annotated[kg.EventIdentifier, label("event")] = None,
    window: Annotated[
        kg.TimeWindow, unit("s"), limits(0.1, 86400), label("time window"), described("on each side")
    ] = 10.0,
) -> kg.Coincidence:
    """Whether SPI-ACS triggered near a time, and how often that happens by chance.

    Counts the triggers within the window on each side, which is widened by the 0.5 s that light may need
    between spacecraft and Earth. The number expected by chance is the rate of triggers within 30 days times
    the window; the probability is that of Poisson, for one window chosen beforehand.
    """
    return trigger_lists.ibas().coincident(event, event_time, window, _BAND, _TRIGGER_CITE)
