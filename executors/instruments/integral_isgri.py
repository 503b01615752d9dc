"""INTEGRAL IBIS/ISGRI: mosaics with their sources, and spectra with the response folded in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from executors import archives, isgri_files
from executors.integral_archive import MISSION, span_utc, target
from kg_service.authoring import (
    Coverage,
    InputProduct,
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
from kg_service.model.product import Dataset

if TYPE_CHECKING:
    from executors.physics.isgri_mosaic import Analysed

__all__ = ["image", "source_list", "spectrum"]

_BAND = (15.0, 1000.0)
_CITE = ("2003A&A...411L...1W", "2003A&A...411L.131L", "2003A&A...411L.141L")
_MOSAIC_CITE = (*_CITE, "2003A&A...411L.223G", "2021A&A...651A..97N")
_SPECTRUM_CITE = (*_CITE, "2019MNRAS.490.1350U")


def _mosaic_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    return isgri_files.datasets_of(
        lambda: [isgri_files.mosaics(**{k: arguments[k] for k in _MOSAIC_ARGUMENTS})[0].file]
    )


_MOSAIC_ARGUMENTS = ("object", "ra", "dec", "t1", "t2", "e_min", "e_max")


@workflow(
    instrument=kg.ISGRI,
    messenger=kg.HardXray,
    title="Hard X-ray image (mosaic of significances) with its sources",
    coverage=Coverage(time=MISSION, energy=_BAND),
    cost=3.0,
    cite=_MOSAIC_CITE,
    datasets=_mosaic_datasets,
    below=(("t1", "t2"), ("e_min", "e_max")),
    alt_names=("isgri_image",),
)
def image(
    object: Annotated[kg.MainIdentifier, label("object"), described("must lie in the field")] = None,  # noqa: A002
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension")] = None,
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")] = None,
    t1: Annotated[oda.StartTime, label("start"), described("mosaics wholly after it")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("mosaics wholly before it")] = None,
    e_min: Annotated[
        kg.MinimumEnergy, unit("keV"), label("lower energy"), described("of the mosaic's band")
    ] = None,
    e_max: Annotated[
        kg.MaximumEnergy, unit("keV"), label("upper energy"), described("of the mosaic's band")
    ] = None,
    threshold: Annotated[
        kg.SignificanceThreshold,
        limits(3, 100),
        label("detection threshold"),
        described("peaks from here on are listed; below the map's own threshold as candidates only"),
    ] = None,
) -> oda.Image:
    """An ISGRI mosaic, the sources in it, and whether the target is detected.

    The mosaic that lies within the asked times and energies and holds the position is given with its
    world coordinates. Sources are blind detections where a peak is higher than the tail of the map's
    negative dips lets expect by chance (0.01 in the whole map), and catalogue detections where a known
    position is brighter than chance allows (p < 0.01 by the negative pixels, after as many trials as
    positions). The two are
    labelled apart. A map of significances holds neither fluxes nor upper limits.
    """
    from executors.figures import isgri_mosaic as figures
    from executors.physics import isgri_mosaic

    asked = target(object, ra, dec)
    analysed = _first_with(isgri_files.mosaics(object, ra, dec, t1, t2, e_min, e_max), asked, threshold)
    held = analysed.mosaic.held
    log(f"mosaic {held.name} ({held.file.reached}): {held.label} UTC")
    progress(0.6, "sources found")
    return Result(
        label=f"ISGRI image{f' of {asked.title}' if asked else ''}, {held.label}",
        files=[*isgri_mosaic.write_image(analysed), figures.draw(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=span_utc(held.span) if held.span else None, energy=held.band),
        datasets=(held.file.dataset,),
        cite=_MOSAIC_CITE,
    )


def _first_with(mosaics: list[Any], asked: Any, threshold: float | None) -> Analysed:
    """The first mosaic that holds the target; where none does the problem of the first."""
    from executors.physics import isgri_mosaic
    from kg_service.errors import NotCovered

    refused: list[NotCovered] = []
    for held in mosaics:
        try:
            return isgri_mosaic.analyse(isgri_mosaic.read(held), asked, threshold)
        except NotCovered as problem:
            refused.append(problem)
    raise refused[0]


@workflow(
    instrument=kg.ISGRI,
    messenger=kg.HardXray,
    title="Hard X-ray sources found in an ISGRI image",
    coverage=Coverage(time=MISSION, energy=_BAND),
    cost=0.5,
    cite=_MOSAIC_CITE,
)
def source_list(
    image: Annotated[kg.HardXrayImage, label("ISGRI image")],
) -> kg.SourceList:
    """The sources of an ISGRI image as a table: blind detections and those at known positions.

    Takes the list that was made with the image, so nothing is searched twice; known sources that are
    not detected come last.
    """
    from executors.figures import isgri_mosaic as figures
    from executors.physics import isgri_source_list

    product: InputProduct = image
    listed = isgri_source_list.read(product)
    return Result(
        label=f"Sources in the {listed.title}",
        files=[*isgri_source_list.write(listed), figures.draw_list(listed)],
        values=dict(product.values),
        quality=product.quality,
        coverage=listed.coverage,
        cite=tuple(product.cite) or _MOSAIC_CITE,
    )


def _spectrum_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    def read() -> list[archives.ArchiveFile]:
        found = isgri_files.spectra(str(arguments["object"]), arguments["t1"], arguments["t2"])
        return [] if found is None else [found.spectrum.file, found.rmf, found.arf]

    used = isgri_files.datasets_of(read)
    published = isgri_files.published(str(arguments["object"]))
    return used or (() if published is None else (archives.dataset_of_table(published),))


@workflow(
    instrument=kg.ISGRI,
    messenger=kg.HardXray,
    title="Hard X-ray spectrum with a power law folded through the response",
    coverage=Coverage(time=MISSION, energy=_BAND),
    cost=4.0,
    cite=_SPECTRUM_CITE,
    datasets=_spectrum_datasets,
    below=(("t1", "t2"), ("e_min", "e_max")),
    alt_names=("isgri_spectrum",),
)
def spectrum(
    object: Annotated[kg.MainIdentifier, label("object")],  # noqa: A002 - the word astronomers type
    t1: Annotated[oda.StartTime, label("start"), described("spectra taken wholly after it")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("spectra taken wholly before it")] = None,
    e_min: Annotated[
        kg.MinimumEnergy,
        unit("keV"),
        label("lower energy"),
        described("only channels with their centre above it are used"),
    ] = None,
    e_max: Annotated[
        kg.MaximumEnergy,
        unit("keV"),
        label("upper energy"),
        described("only channels with their centre below it are used"),
    ] = None,
) -> oda.Spectrum:
    """The hard X-ray spectrum of a source and the power law that fits it.

    The count spectrum made with OSA is compared with a power law folded through the effective area and
    the redistribution matrix (forward folding); chi2 is of counts, never of unfolded points. The points
    of E^2 dN/dE are drawn where the fitted model puts them: the model times measured over predicted
    rate. Where there is no count spectrum, points of a published figure are given and labelled so.
    """
    from executors.figures import isgri_spectrum as figures
    from executors.physics import isgri_spectrum

    files = isgri_files.spectra(object, t1, t2)
    if files is None:
        analysed = isgri_spectrum.published(object, e_min, e_max)
        used: tuple[Dataset, ...] = (archives.dataset_of_table(isgri_spectrum.PUBLISHED_TABLE),)
    else:
        analysed = isgri_spectrum.folded(object, files, e_min, e_max)
        used = tuple(f.dataset for f in (files.spectrum.file, files.rmf, files.arf))
    log(f"{analysed.origin}: {', '.join(dataset.name for dataset in used)}")
    progress(0.6, "fitted")
    return Result(
        label=f"ISGRI spectrum of {object}, {analysed.range_said}",
        files=[*isgri_spectrum.write(analysed), figures.draw(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(
            time=None if analysed.epoch_is_bound else analysed.epoch, energy=analysed.energy_range
        ),
        points=analysed.points(kg.ISGRI.iri),
        datasets=used,
        cite=analysed.cite(_CITE),
    )
