"""DESI Legacy Imaging Surveys: images, photometry, cross-match with Tractor, and optical spectral points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from executors import archives, legacy_survey_files
from kg_service.authoring import (
    Coverage,
    Result,
    allowed,
    described,
    kg,
    label,
    limits,
    oda,
    progress,
    unit,
    workflow,
)

if TYPE_CHECKING:
    from executors.physics.photometry import Measured

__all__ = ["image", "photometry", "sources", "spectrum"]

_SURVEY = archives.collection("legacy_survey_image").cite
_WISE = "Wright et al. 2010, AJ 140, 1868"
_PHOTUTILS = "Bradley et al., photutils, doi:10.5281/zenodo.596036"
_OPTICAL = Coverage(energy=(1.2e-3, 3.2e-3))
_RA = described("ICRS; must lie on an image at hand")
_IGNORED = described("ignored, as the survey adds up the exposures of several years; the product says so")
_DEPTH = "of a pixel of the smoothed image, in standard deviations of the sky"


@workflow(
    instrument=kg.LegacySurvey,
    messenger=kg.Optical,
    title="Image of the sky from the DESI Legacy Imaging Surveys",
    coverage=_OPTICAL,
    cost=3.0,
    cite=(_SURVEY,),
    datasets=legacy_survey_files.photometry_datasets,
    below=(("t1", "t2"),),
)
def image(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), _RA],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    band: Annotated[kg.Band, allowed("g", "r", "i", "z"), label("filter")] = "g",
    size: Annotated[kg.ImageSize, unit("arcmin"), limits(0.1, 60), label("side of the image")] = 3.0,
    release: Annotated[kg.DataRelease, label("data release"), described("the newest at hand")] = None,
    t1: Annotated[oda.StartTime, label("start"), _IGNORED] = None,
    t2: Annotated[oda.EndTime, label("end"), _IGNORED] = None,
) -> oda.Image:
    """A square cut-out around a position in one filter, in nanomaggies per pixel, with its coordinates.

    A resampled image keeps the flux of its native pixels of 0.262 arcsec; its pixels are multiplied by
    (pixel / 0.262 arcsec)^2, so that they add up to nanomaggies (AB magnitude 22.5 - 2.5 log10 of it). Time
    is ignored: the survey adds up exposures of several years.
    """
    from executors.figures import survey_image as figures
    from executors.physics import survey_image, tractor

    found = legacy_survey_files.image_at(ra, dec, band, release)
    cutout = survey_image.cut(found, ra, dec, size / 60)
    lists = tractor.around(legacy_survey_files.source_lists(found.release), ra, dec)
    time = tractor.exposed(lists[1] if lists else None, found.release)
    quality = (*cutout.quality(), _exposures(time))
    progress(0.5, "cut out")
    return Result(
        label=f"Image, {cutout.title}",
        files=[
            survey_image.write(cutout, {"caveats": "; ".join(quality)}),
            figures.draw_image(cutout, quality),
        ],
        values=cutout.values(),
        quality=quality,
        coverage=Coverage(time=time, energy=survey_image.band_kev(band)),
        datasets=(found.file.dataset, *((lists[0].dataset,) if lists else ())),
        cite=(_SURVEY,),
    )


@workflow(
    instrument=kg.LegacySurvey,
    messenger=kg.Optical,
    title="Photometry of an image of the DESI Legacy Imaging Surveys",
    coverage=_OPTICAL,
    cost=4.0,
    cite=(_SURVEY, _PHOTUTILS),
    datasets=legacy_survey_files.photometry_datasets,
    below=(("t1", "t2"),),
)
def photometry(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), _RA],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    band: Annotated[kg.Band, allowed("g", "r", "i", "z"), label("filter")] = "g",
    size: Annotated[kg.ImageSize, unit("arcmin"), limits(0.5, 60), label("side of the image")] = 6.0,
    threshold: Annotated[
        kg.SignificanceThreshold, limits(1, 100), label("threshold"), described(_DEPTH)
    ] = 3.0,
    area: Annotated[oda.Integer, limits(1, 1000), label("minimum area"), described("connected pixels")] = 5,
    aperture: Annotated[oda.Angle, unit("arcsec"), limits(0.5, 30), label("aperture radius")] = 3.0,
    release: Annotated[kg.DataRelease, label("data release"), described("the newest at hand")] = None,
    t1: Annotated[oda.StartTime, label("start"), _IGNORED] = None,
    t2: Annotated[oda.EndTime, label("end"), _IGNORED] = None,
) -> kg.Photometry:
    """The sources of a cut-out with their light in circular apertures, and the light at the position itself.

    Sources are connected pixels of the smoothed image above a threshold; errors are the scatter of
    apertures that hold no source, so the correlated noise of resampled images is in them. Below 3 sigma the
    position gets a 95 % upper limit. Where a list of Tractor sources covers the field, positions and
    fluxes are compared with it. Time is ignored: the survey adds up exposures of several years.
    """
    from executors.figures import survey_image as figures
    from executors.physics import survey_tables, tractor

    found, measured = _measured(ra, dec, band, size, threshold, area, aperture, release)
    lists = tractor.around(legacy_survey_files.source_lists(found.release), ra, dec)
    matched = tractor.match(measured, lists[1], 1.0) if lists else None
    time = tractor.exposed(lists[1] if lists else None, found.release)
    quality = (*survey_tables.photometry_quality(measured, matched), _exposures(time))
    progress(0.7, f"{len(measured.flux)} sources measured")
    return Result(
        label=f"Photometry, {measured.cutout.title}",
        files=[
            *survey_tables.write_photometry(measured, matched, quality),
            figures.draw_photometry(measured, quality),
        ],
        values=survey_tables.photometry_values(measured, matched),
        quality=quality,
        coverage=Coverage(time=time, energy=_kev(band)),
        datasets=(found.file.dataset, *((lists[0].dataset,) if lists else ())),
        cite=(_SURVEY, _PHOTUTILS),
    )


@workflow(
    instrument=kg.LegacySurvey,
    messenger=kg.Optical,
    title="Sources of an image matched with Tractor sources of the DESI Legacy Imaging Surveys",
    coverage=_OPTICAL,
    cost=4.0,
    cite=(_SURVEY, _PHOTUTILS),
    datasets=legacy_survey_files.photometry_datasets,
    below=(("t1", "t2"),),
)
def sources(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), _RA],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("arcsec"), limits(0.1, 10), label("match radius")] = 1.0,
    band: Annotated[kg.Band, allowed("g", "r", "i", "z"), label("filter")] = "g",
    size: Annotated[kg.ImageSize, unit("arcmin"), limits(0.5, 60), label("side of the image")] = 6.0,
    threshold: Annotated[
        kg.SignificanceThreshold, limits(1, 100), label("threshold"), described(_DEPTH)
    ] = 3.0,
    area: Annotated[oda.Integer, limits(1, 1000), label("minimum area"), described("connected pixels")] = 5,
    release: Annotated[kg.DataRelease, label("data release"), described("the newest at hand")] = None,
    t1: Annotated[oda.StartTime, label("start"), _IGNORED] = None,
    t2: Annotated[oda.EndTime, label("end"), _IGNORED] = None,
) -> kg.SourceList:
    """The sources found in an image, each with the nearest Tractor source within the match radius.

    States the fraction matched, the matches expected by chance from the density of the list, the median
    offset, and the median ratio of aperture to Tractor fluxes. Time is ignored.
    """
    from executors.figures import survey_image as figures
    from executors.physics import survey_tables, tractor

    found, measured = _measured(ra, dec, band, size, threshold, area, 3.0, release)
    lists = tractor.around(legacy_survey_files.source_lists(found.release), ra, dec)
    if lists is None:
        raise _no_list(ra, dec)
    matched = tractor.match(measured, lists[1], radius)
    time = tractor.exposed(lists[1], found.release)
    quality = (*survey_tables.match_quality(matched), _exposures(time))
    return Result(
        label=f"Sources matched with Tractor, {measured.cutout.title}",
        files=[*survey_tables.write_match(matched, lists[0], quality), figures.draw_match(matched, quality)],
        values=survey_tables.match_values(matched),
        quality=quality,
        coverage=Coverage(time=time, energy=_kev(band)),
        datasets=(found.file.dataset, lists[0].dataset),
        cite=(_SURVEY, _PHOTUTILS),
    )


@workflow(
    instrument=kg.LegacySurvey,
    title="Optical and infrared spectral points from Tractor fluxes of the DESI Legacy Imaging Surveys",
    coverage=Coverage(energy=(5.0e-5, 3.2e-3)),
    cost=4.0,
    cite=(_SURVEY, _WISE),
    datasets=legacy_survey_files.source_datasets,
)
def spectrum(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), described("ICRS")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("arcsec"), limits(0.1, 60), label("search radius")] = 2.0,
    release: Annotated[kg.DataRelease, label("data release"), described("the newest at hand")] = None,
) -> oda.Spectrum:
    """The light of the Tractor source at a position in g, r, z and WISE W1 to W4, as E^2 dN/dE.

    Fluxes in nanomaggies (AB) become nu F_nu at the reference wavelength of each filter. A band below
    3 sigma is a 95 % upper limit. The points are as observed; values corrected for the dust of the Galaxy
    (Schlegel et al. 1998) stand beside them. Time is ignored: the survey adds up exposures of several years.
    """
    from executors.figures import survey_image as figures
    from executors.physics import survey_sed, tractor

    lists = tractor.around(legacy_survey_files.source_lists(release), ra, dec)
    if lists is None:
        raise _no_list(ra, dec)
    sed = survey_sed.sed_of(*lists, ra, dec, radius)
    return Result(
        label=f"Optical and infrared spectrum of {sed.name}",
        files=[*survey_sed.write(sed), figures.draw_sed(sed)],
        values=sed.values(),
        quality=sed.quality(),
        coverage=Coverage(time=sed.epoch, energy=sed.energy_kev),
        points=sed.points(kg.LegacySurvey.iri),
        datasets=(lists[0].dataset,),
        cite=(_SURVEY, _WISE),
    )


def _measured(
    ra: float,
    dec: float,
    band: str,
    size: float,
    threshold: float,
    area: int,
    aperture: float,
    release: int | None,
) -> tuple[legacy_survey_files.SurveyImage, Measured]:
    from executors.physics import photometry as apertures
    from executors.physics import survey_image

    found = legacy_survey_files.image_at(ra, dec, band, release)
    cutout = survey_image.cut(found, ra, dec, size / 60)
    progress(0.3, "cut out")
    return found, apertures.measure(cutout, threshold, area, aperture)


def _exposures(time: tuple[str, str]) -> str:
    return f"exposures from {time[0][:10]} to {time[1][:10]}"


def _kev(band: str) -> tuple[float, float]:
    from executors.physics import survey_image

    return survey_image.band_kev(band)


def _no_list(ra: float, dec: float) -> Exception:
    return legacy_survey_files.not_covered(ra, dec, "A list of Tractor sources")
