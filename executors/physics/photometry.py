"""Finds sources in a cut-out and measures their light in circular apertures, with photutils."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors.physics.survey_image import Cutout
from kg_service.errors import NotCovered

__all__ = ["CONFIDENCE", "Measured", "Target", "magnitude", "measure", "upper_limit"]

Array = NDArray[np.float64]
SMOOTHING = 1.0
"""Standard deviation in pixels of the Gaussian that the image is smoothed with before sources are sought."""
CONFIDENCE = 0.95
_EMPTY, _MOST_EMPTY = 50, 800
"""Empty apertures that the sky noise is measured from, at least and at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """The light at the position that was asked for, in nanomaggies; ``limit`` where it is below 3 sigma."""

    flux: float
    error: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Sources, brightest first: place (pixels from 0), ICRS degrees, fluxes and errors in nanomaggies.

    ``radius`` is that of the apertures in arcsec, ``sky_error`` the scatter of empty apertures, ``empty``
    their number. ``crowded`` marks sources with a neighbour within two radii, ``edge`` those whose
    aperture is cut by the end of the image.
    """

    cutout: Cutout
    threshold: float
    area: int
    radius: float
    x: Array
    y: Array
    ra: Array
    dec: Array
    flux: Array
    error: Array
    pixels: NDArray[np.int64]
    crowded: NDArray[np.bool_]
    edge: NDArray[np.bool_]
    sky_error: float
    empty: int
    target: Target | None

    @property
    def clean(self) -> NDArray[np.bool_]:
        """Sources without a neighbour and within the image."""
        return ~self.crowded & ~self.edge

    @property
    def depth(self) -> float:
        """The AB magnitude of a source at five times the sky error of its aperture."""
        return 22.5 - 2.5 * math.log10(5 * self.sky_error)


def magnitude(flux: Array, error: Array) -> tuple[Array, Array]:
    """AB magnitudes and errors of fluxes in nanomaggies; NaN below three times the error."""
    good = flux > 3 * error
    safe = np.where(good, flux, 1.0)
    value = np.where(good, 22.5 - 2.5 * np.log10(safe), np.nan)
    return value, np.where(good, 2.5 / math.log(10) * error / safe, np.nan)


def upper_limit(flux: float, error: float, confidence: float = CONFIDENCE) -> float:
    """The limit of a Gaussian measurement of what cannot be negative (Helene 1983, NIM 212, 319).

    The share ``confidence`` of the normal curve above zero lies below it.
    """
    from statistics import NormalDist

    normal = NormalDist()
    above = normal.cdf(flux / error)
    if above < 1e-12:  # five sigma and more below zero: the asymptotic tail of the curve
        return -error * error / flux * -math.log(1 - confidence)
    return flux + error * normal.inv_cdf(1 - (1 - confidence) * above)


def measure(cutout: Cutout, threshold: float, area: int, radius: float) -> Measured:
    """Detect sources and sum their light.

    Parameters
    ----------
    threshold
        Of a pixel of the smoothed image, in standard deviations of its sky.
    area
        Connected pixels above the threshold that a source needs.
    radius
        Of the apertures in arcsec.
    """
    from photutils.aperture import CircularAperture
    from photutils.segmentation import SourceCatalog

    shown = np.isfinite(cutout.data)
    sky, _ = cutout.background
    light = np.where(shown, cutout.data - sky, 0.0)
    segments = _segments(light, shown, threshold, area)
    pixels = radius / cutout.pixel
    error, empty = _sky_error(light, shown, segments.data > 0, pixels)
    catalogue = SourceCatalog(light, segments)
    places = np.column_stack([catalogue.x_centroid, catalogue.y_centroid])
    apertures = CircularAperture(places, pixels)
    fluxes, edge = _sums(light, shown, apertures)
    order = np.argsort(-fluxes, kind="stable")
    places, ra_dec = places[order], cutout.wcs.wcs_pix2world(places[order], 0)
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return Measured(
        cutout=cutout,
        threshold=threshold,
        area=area,
        radius=radius,
        x=places[:, 0],
        y=places[:, 1],
        ra=ra_dec[:, 0] % 360,
        dec=ra_dec[:, 1],
        flux=fluxes[order],
        error=np.full(len(fluxes), error),
        pixels=np.asarray(catalogue.area.value, dtype=np.int64)[order],
        crowded=apart.min(axis=1, initial=np.inf) < 2 * pixels,
        edge=edge[order],
        sky_error=error,
        empty=empty,
        target=_target(cutout, light, shown, pixels, error),
    )


def _segments(light: Array, shown: NDArray[np.bool_], threshold: float, area: int) -> Any:
    from astropy.stats import sigma_clipped_stats
    from photutils.segmentation import detect_sources
    from photutils.utils.exceptions import NoDetectionsWarning
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(light, SMOOTHING)
    _, middle, deviation = sigma_clipped_stats(smooth[shown], sigma=3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoDetectionsWarning)
        found = detect_sources(smooth, middle + threshold * deviation, area, mask=~shown)
    if found is None:
        raise NotCovered(
            f"No source has {area} connected pixels above {threshold:g} sigma in this cut-out: lower the "
            "threshold or the area, or enlarge the cut-out.",
            parameter="threshold",
            value=f"{threshold:g}",
        )
    return found


def _sums(light: Array, shown: NDArray[np.bool_], apertures: Any) -> tuple[Array, NDArray[np.bool_]]:
    """Light within apertures, and whether part of them is not shown."""
    from photutils.aperture import aperture_photometry

    sums = np.asarray(aperture_photometry(light, apertures)["aperture_sum"], dtype=float)
    seen = np.asarray(aperture_photometry(shown.astype(float), apertures)["aperture_sum"], dtype=float)
    return sums, seen < apertures.area * (1 - 1e-6)


def _sky_error(
    light: Array, shown: NDArray[np.bool_], sources: NDArray[np.bool_], radius: float
) -> tuple[float, int]:
    """The scatter of apertures on a grid that hold no pixel of a source: correlated noise is in it."""
    from astropy.stats import mad_std
    from photutils.aperture import CircularAperture, aperture_photometry
    from scipy.ndimage import distance_transform_edt

    room = distance_transform_edt(np.pad(shown & ~sources, 1))[1:-1, 1:-1]  # the end of the image counts too
    step = max(round(2 * radius), 1)
    grid = np.zeros_like(shown)
    grid[step // 2 :: step, step // 2 :: step] = True
    rows, columns = np.nonzero(grid & (room > radius + 1))
    if len(rows) < _EMPTY:
        raise NotCovered(
            f"Only {len(rows)} apertures without a source fit into this cut-out, {_EMPTY} are needed to "
            "measure the noise of the sky: enlarge the cut-out, or make the aperture smaller.",
            parameter="size",
        )
    every = -(-len(rows) // _MOST_EMPTY)
    places = np.column_stack([columns, rows])[::every].astype(float)
    sums = np.asarray(
        aperture_photometry(light, CircularAperture(places, radius))["aperture_sum"], dtype=float
    )
    return float(mad_std(sums)), len(places)


def _target(
    cutout: Cutout, light: Array, shown: NDArray[np.bool_], radius: float, error: float
) -> Target | None:
    from photutils.aperture import CircularAperture

    place = np.array(cutout.wcs.wcs_world2pix([cutout.centre], 0))
    flux, edge = _sums(light, shown, CircularAperture(place, radius))
    if edge[0]:
        return None
    limit = None if flux[0] >= 3 * error else upper_limit(float(flux[0]), error)
    return Target(float(flux[0]), error, limit)
