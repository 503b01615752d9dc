"""Photometry and cross-match of a survey image as tables, scalars and caveats."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from executors.archives import ArchiveFile
from executors.flux_points import described_by
from executors.physics.photometry import CONFIDENCE, Measured, magnitude
from executors.physics.tractor import Matched
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = [
    "match_quality",
    "match_values",
    "photometry_quality",
    "photometry_values",
    "write_match",
    "write_photometry",
]


def photometry_values(measured: Measured, matched: Matched | None) -> dict[str, Measure]:
    """The scalar results of the photometry; fluxes are in nanomaggies."""
    found = {
        "sources": Measure(len(measured.flux)),
        "threshold_sigma": Measure(measured.threshold),
        "minimum_area_pixels": Measure(measured.area),
        "aperture_radius": Measure(measured.radius, unit="arcsec"),
        "sky_error_nanomaggy": Measure(measured.sky_error),
        "empty_apertures": Measure(measured.empty),
        "depth_5_sigma": Measure(measured.depth, unit="mag"),
        "flux_factor": Measure(measured.cutout.factor),
        "pixel_size": Measure(measured.cutout.pixel, unit="arcsec"),
    }
    if measured.target is not None:
        target = measured.target
        found["target_flux_nanomaggy"] = Measure(target.flux, target.error)
        if target.limit is not None:
            found["target_upper_limit_nanomaggy"] = Measure(target.limit)
            found["target_upper_limit_confidence"] = Measure(CONFIDENCE)
        else:
            value, error = magnitude(np.array([target.flux]), np.array([target.error]))
            found["target_magnitude"] = Measure(float(value[0]), float(error[0]), "mag")
    return found | (match_values(matched) if matched is not None else {})


def match_values(matched: Matched) -> dict[str, Measure]:
    """How well detections and Tractor sources agree."""
    measured = matched.measured
    found = {
        "sources": Measure(len(measured.flux)),
        "compared": Measure(int(matched.covered.sum())),
        "matched": Measure(int(matched.found.sum())),
        "matched_fraction": Measure(matched.fraction),
        "matched_by_chance": Measure(matched.by_chance),
        "match_radius": Measure(matched.radius, unit="arcsec"),
        "tractor_sources": Measure(len(matched.rows)),
        "threshold_sigma": Measure(measured.threshold),
        "minimum_area_pixels": Measure(measured.area),
    }
    if matched.found.any():
        for name, column in (
            ("median_offset", matched.offset),
            ("median_offset_east", matched.offset_east),
            ("median_offset_north", matched.offset_north),
        ):
            found[name] = Measure(float(np.median(column[matched.found])), unit="arcsec")
    ratio = matched.ratio(measured.cutout.image.band)
    if ratio is not None:
        found["flux_ratio_to_tractor"] = Measure(ratio[0], ratio[1])
        found["flux_ratio_without_factor"] = Measure(
            ratio[0] / measured.cutout.factor, ratio[1] / measured.cutout.factor
        )
        found["flux_ratio_sources"] = Measure(ratio[2])
    return found


def photometry_quality(measured: Measured, matched: Matched | None) -> tuple[str, ...]:
    """Caveats of the photometry."""
    caveats = [
        _how_found(measured),
        (
            f"light within {measured.radius:g} arcsec, not corrected for what falls outside; errors are the "
            f"scatter of {measured.empty} empty apertures, without the photon noise of the source"
        ),
    ]
    if measured.target is not None and measured.target.limit is not None:
        caveats.append("nothing above 3 sigma at the position asked for: a 95 % limit is given")
    more = (
        _ratio_caveat(matched) if matched is not None else ("no list of Tractor sources at hand to compare",)
    )
    return (*caveats, *more, *measured.cutout.quality())


def match_quality(matched: Matched) -> tuple[str, ...]:
    """Caveats of the cross-match."""
    measured = matched.measured
    return (
        (
            f"a match lies within {matched.radius:g} arcsec; {matched.by_chance:.1f} of "
            f"{int(matched.found.sum())} matches are expected by chance"
        ),
        _how_found(measured),
        *_ratio_caveat(matched),
        *measured.cutout.quality(),
    )


def _how_found(measured: Measured) -> str:
    return (
        f"sources: at least {measured.area} connected pixels above {measured.threshold:g} sigma of the "
        "smoothed image; blends are not taken apart"
    )


def _ratio_caveat(matched: Matched) -> tuple[str, ...]:
    ratio = matched.ratio(matched.measured.cutout.image.band)
    if ratio is None:
        return ("too few bright point sources to compare fluxes with Tractor",)
    value, error, count = ratio
    return (
        (
            f"aperture over Tractor flux of {count} bright point sources: {value:.2f} +- {error:.2f}, "
            "not corrected"
        ),
    )


def write_photometry(
    measured: Measured, matched: Matched | None, quality: tuple[str, ...]
) -> list[OutputFile]:
    """The sources, brightest first, in four formats."""
    table = _sources(measured)
    add_column(table, "pixels", measured.pixels, "pixels above the threshold", ucd="meta.number")
    add_column(table, "crowded", measured.crowded, "neighbour within two aperture radii", ucd="meta.code")
    add_column(table, "edge", measured.edge, "aperture cut by the end of the image", ucd="meta.code")
    if matched is not None:
        _add_tractor(table, matched, np.arange(len(measured.flux)))
    meta = _meta(measured)
    meta |= described_by(photometry_values(measured, matched))
    meta["caveats"] = "; ".join(quality)
    return write_table(table, "photometry", meta, extension="PHOTOMETRY")


def write_match(matched: Matched, file: ArchiveFile, quality: tuple[str, ...]) -> list[OutputFile]:
    """The detections that the list can be compared with, matched or not, in four formats."""
    chosen = np.flatnonzero(matched.covered)
    table = _sources(matched.measured)[chosen]
    _add_tractor(table, matched, chosen)
    meta = _meta(matched.measured)
    meta |= described_by(match_values(matched))
    meta["tractor_file"] = file.path.name
    meta["caveats"] = "; ".join(quality)
    return write_table(table, "sources", meta, extension="SOURCES")


def _sources(measured: Measured) -> Table:
    table = Table()
    add_column(table, "ra", measured.ra, "right ascension (ICRS)", unit="deg", ucd="pos.eq.ra")
    add_column(table, "dec", measured.dec, "declination (ICRS)", unit="deg", ucd="pos.eq.dec")
    add_column(table, "flux", measured.flux, "aperture flux in nanomaggies (AB)", ucd="phot.flux")
    add_column(table, "flux_err", measured.error, "its error, 1 sigma", ucd="stat.error;phot.flux")
    value, error = magnitude(measured.flux, measured.error)
    add_column(table, "mag", value, "AB magnitude, empty below 3 sigma", unit="mag", ucd="phot.mag")
    add_column(table, "mag_err", error, "its error, 1 sigma", unit="mag", ucd="stat.error;phot.mag")
    return table


def _add_tractor(table: Table, matched: Matched, chosen: np.ndarray) -> None:
    """Offset and figures of the Tractor source; empty where there is no match."""
    found = matched.found[chosen]
    rows = matched.rows[matched.nearest[chosen]]
    band = matched.measured.cutout.image.band
    add_column(
        table, "matched", found, "whether a Tractor source lies within the match radius", ucd="meta.code"
    )
    for name, values, text in (
        ("offset", matched.offset[chosen], "offset from the Tractor source"),
        ("offset_east", matched.offset_east[chosen], "offset to the east"),
        ("offset_north", matched.offset_north[chosen], "offset to the north"),
    ):
        add_column(table, name, np.where(found, values, np.nan), text, unit="arcsec", ucd="pos.angDistance")
    identifiers = [
        f"{int(r['release'])}-{int(r['brickid'])}-{int(r['objid'])}" if f else ""
        for r, f in zip(rows, found, strict=True)
    ]
    add_column(table, "tractor_id", identifiers, "release, brick and object of Tractor", ucd="meta.id")
    kinds = [str(kind) if f else "" for kind, f in zip(rows["type"], found, strict=True)]
    add_column(table, "tractor_type", kinds, "morphology in Tractor", ucd="src.morph.type")
    flux = np.where(found, np.asarray(rows[f"flux_{band}"], dtype=float), np.nan)
    add_column(table, "tractor_flux", flux, f"{band} flux of Tractor in nanomaggies", ucd="phot.flux")


def _meta(measured: Measured) -> dict[str, str | float | int | bool]:
    header: Meta = measured.cutout.header
    return dict(header) | {
        "RADESYS": "ICRS",
        "method": "photutils: sources in the image smoothed by a Gaussian of 1 pixel, above the clipped sky; "
        "circular apertures around their centroids",
    }
