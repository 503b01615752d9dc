"""INTEGRAL JEM-X: light curves in count rates and how much they vary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from executors.fits_headers import Header
from executors.integral_archive import MISSION, Held, asked_span, choose, held, span_utc, target
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

__all__ = ["light_curve"]

_BAND = (3.0, 35.0)
_SAME_SOURCE = 0.05
"""Degrees between the position asked for and that of a light curve; JEM-X resolves 3 arcmin (Lund et al.
2003, A&A 411, L231)."""
_CITE = (
    "2003A&A...411L...1W",
    "2003A&A...411L.231L",
    "2021A&A...651A..97N",
    "2003MNRAS.345.1271V",
    "2013ApJ...764..167S",
)


def _held(
    object: str | None,  # noqa: A002 - named as the input of the workflow
    ra: float | None,
    dec: float | None,
    t1: str | None,
    t2: str | None,
    e_min: float | None,
    e_max: float | None,
) -> list[Held]:
    asked = target(object, ra, dec)
    if asked is None:
        raise Invalid("Ask for an object, or a position (ra and dec).", parameter="object")
    return choose(
        held("jemx_light_curve", _is_curve),
        collection="jemx_light_curve",
        what="a JEM-X light curve",
        target=asked,
        within=_SAME_SOURCE,
        times=(t1, t2),
        band=(e_min, e_max),
        whole=False,
    )


def _is_curve(header: Header) -> bool:
    return (
        str(header.get("EXTNAME", "")).endswith("-LCR")
        and header.get("TIMEUNIT") == "d"
        and "RA_OBJ" in header
    )


def _datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    names = ("object", "ra", "dec", "t1", "t2", "e_min", "e_max")
    return datasets_of(lambda: [_held(*(arguments[name] for name in names))[0].file])


@workflow(
    instrument=kg.JEMX,
    messenger=kg.Xray,
    title="X-ray light curve in count rates, with its variability",
    coverage=Coverage(time=MISSION, energy=_BAND),
    cost=3.0,
    cite=_CITE,
    datasets=_datasets,
    below=(("t1", "t2"), ("e_min", "e_max")),
    alt_names=("jemx_lc",),
)
def light_curve(
    object: Annotated[kg.MainIdentifier, label("object")] = None,  # noqa: A002 - the word astronomers type
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")] = None,
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")] = None,
    t1: Annotated[oda.StartTime, label("start"), described("only bins wholly after it")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("only bins wholly before it")] = None,
    e_min: Annotated[
        kg.MinimumEnergy, unit("keV"), label("lower energy"), described("of the light curve's band")
    ] = None,
    e_max: Annotated[
        kg.MaximumEnergy, unit("keV"), label("upper energy"), described("of the light curve's band")
    ] = None,
    p0: Annotated[
        oda.Float,
        limits(1e-6, 0.5),
        label("chance of a spurious block"),
        described("of the Bayesian blocks (Scargle et al. 2013)"),
    ] = 0.01,
) -> oda.LightCurve:
    """The count rate of a source in JEM-X, tested against a constant, and divided into Bayesian blocks.

    The light curve is found by the source, position, time and band in the files' headers and used as
    made with OSA. Rows that contradict themselves (two rows for one time, negative background, no width)
    are set aside and said. Chi2 is about the weighted mean; the fractional variability is after Vaughan
    et al. 2003, the blocks after Scargle et al. 2013.
    """
    from executors.figures import jemx_light_curve as figures
    from executors.physics import jemx_light_curve as analysis

    chosen = _held(object, ra, dec, t1, t2, e_min, e_max)
    asked = target(object, ra, dec)
    found = chosen[0]
    log(f"light curve {found.name} ({found.file.reached}): {found.label}")
    title = asked.title if asked else found.name
    analysed = analysis.analyse(found, title, asked_span((t1, t2)), p0, len(chosen) - 1)
    progress(0.6, "variability measured")
    return Result(
        label=f"JEM-X light curve of {title}, {found.label}",
        files=[*analysis.write(analysed), figures.draw(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=span_utc(analysed.span), energy=found.band),
        datasets=(found.file.dataset,),
        cite=_CITE,
    )
