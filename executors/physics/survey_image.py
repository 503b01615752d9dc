"""A cut-out of a survey image in nanomaggies per pixel, with its place on the sky and its noise."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from executors.fits_reading import UNREADABLE, opened
from executors.legacy_survey_files import SurveyImage
from executors.writing import Meta
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import RunFailed

__all__ = ["NATIVE_PIXEL", "STATIC", "Cutout", "band_kev", "cut", "write"]

Array = NDArray[np.float64]
NATIVE_PIXEL = 0.262
"""Pixel of the coadded images in arcsec, on which their flux unit is defined (Dey et al. 2019, section 4)."""
STATIC = "static sky: exposures of several years stacked, any time range asked for is ignored"
_EDGES_NM = {"g": (398.0, 548.0), "r": (568.0, 716.0), "i": (700.0, 870.0), "z": (850.0, 1002.0)}
"""About where the filters of the three surveys pass half of their peak, in nm."""
_KEV_NM = 1.23984198


@dataclass(frozen=True, slots=True)
class Cutout:
    """Pixels in nanomaggies per pixel of this image; NaN where the file shows no sky.

    ``pixel`` is their side in arcsec, ``factor`` the (pixel / native pixel)^2 that was applied, ``stated``
    whether the file states its native pixel.
    """

    image: SurveyImage
    data: Array
    wcs: WCS
    centre: tuple[float, float]
    size: float
    pixel: float
    native: float
    factor: float
    stated: bool

    @property
    def seen(self) -> float:
        """The fraction of the pixels that the file shows."""
        return float(np.isfinite(self.data).mean())

    @property
    def background(self) -> tuple[float, float]:
        """Median and standard deviation of the sky in nanomaggies per pixel, clipped at 3 sigma."""
        from astropy.stats import sigma_clipped_stats

        _, median, deviation = sigma_clipped_stats(self.data[np.isfinite(self.data)], sigma=3.0)
        return float(median), float(deviation)

    @property
    def title(self) -> str:
        """Release, filter and middle."""
        ra, dec = self.centre
        survey = f"DESI Legacy Imaging Surveys DR{self.image.release}"
        return f"{survey}, {self.image.band}, RA {ra:.4f}, Dec {dec:+.4f}"

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = [STATIC]
        if abs(self.factor - 1) > 1e-3:
            said = "" if self.stated else " (native pixel assumed, the file does not state it)"
            caveats.append(
                f"resampled image: pixels multiplied by ({self.pixel:.3g}/{self.native:g})^2 = "
                f"{self.factor:.2f} "
                f"so that they sum to nanomaggies{said}; resampling correlates the noise of neighbours"
            )
        if self.seen < 1:
            caveats.append(f"only {100 * self.seen:.0f} % of the cut-out lies on the image at hand")
        return (*caveats, "not corrected for Galactic extinction")

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        median, deviation = self.background
        return {
            "band": Measure(self.image.band),
            "data_release": Measure(self.image.release),
            "right_ascension": Measure(self.centre[0], unit="deg"),
            "declination": Measure(self.centre[1], unit="deg"),
            "size": Measure(self.size * 60, unit="arcmin"),
            "pixel_size": Measure(self.pixel, unit="arcsec"),
            "flux_factor": Measure(self.factor),
            "zero_point": Measure(22.5, unit="mag"),
            "background": Measure(median),
            "background_deviation": Measure(deviation),
            "highest_pixel": Measure(float(np.nanmax(self.data))),
            "fraction_shown": Measure(self.seen),
        }

    @property
    def header(self) -> dict[str, str | float | int | bool]:
        """What every file about the cut-out says of it."""
        return {
            "TELESCOP": "Legacy Surveys",
            "INSTRUME": "DESI Legacy Imaging Surveys",
            "FILTER": self.image.band,
            "data_release": self.image.release,
            "source_file": self.image.file.path.name,
            "flux_factor": self.factor,
            "native_pixel_arcsec": self.native,
            "pixel_arcsec": self.pixel,
            "magnitude": "AB: 22.5 - 2.5 log10(flux in nanomaggies)",
            "citation": self.image.file.dataset.cite,
        }


def band_kev(band: str) -> tuple[float, float]:
    """The photon energies of a filter in keV."""
    low, high = _EDGES_NM[band]
    return _KEV_NM / high, _KEV_NM / low


def cut(image: SurveyImage, ra: float, dec: float, size: float) -> Cutout:
    """The square of ``size`` degrees around a position (ICRS, deg).

    A resampled image keeps its flux per native pixel, so its pixels are multiplied by (pixel/native)^2.
    """
    from astropy.nddata import Cutout2D
    from astropy.wcs.utils import proj_plane_pixel_scales

    data, header = _read(image)
    wcs = WCS(header)
    pixel = float(np.sqrt(np.prod(proj_plane_pixel_scales(wcs)))) * 3600
    native = float(header.get("PIXNAT", NATIVE_PIXEL))
    factor = (pixel / native) ** 2
    pixels = max(round(size * 3600 / pixel), 3)
    x, y = wcs.world_to_pixel_values(ra, dec)
    part = Cutout2D(data, (float(x), float(y)), pixels, wcs=wcs, mode="partial", fill_value=np.nan)
    if not np.isfinite(part.data).any():
        raise RunFailed(
            f"{image.file.path.name} has no valid pixel within the cut-out.", value=image.file.path.name
        )
    return Cutout(
        image, part.data * factor, part.wcs, (ra, dec), size, pixel, native, factor, "PIXNAT" in header
    )


def _read(image: SurveyImage) -> tuple[Array, Any]:
    path: Path = image.file.path
    try:
        with opened(path) as hdus:
            data = np.asarray(hdus[0].data, dtype=float)
            header = hdus[0].header
    except UNREADABLE as error:
        raise RunFailed(
            f"{path.name} ({image.file.reached}) cannot be read as an image: it is damaged or cut short "
            f"({type(error).__name__}). Replace the file.",
            value=path.name,
        ) from error
    if data.ndim != 2 or data.shape != (int(image.header["NAXIS2"]), int(image.header["NAXIS1"])):
        raise RunFailed(f"{path.name} holds no image of two axes. Replace the file.", value=path.name)
    return data, header


def write(cutout: Cutout, more: Meta) -> OutputFile:
    """The cut-out as ``image.fits`` with its WCS; long texts are continued (FITS 4.0, section 4.2.1.2)."""
    header = cutout.wcs.to_header()
    header["BUNIT"] = ("nmgy", "nanomaggies per pixel of this image")
    header["MAGZERO"] = (22.5, "AB magnitude of one nanomaggy")
    for name, value in (cutout.header | dict(more)).items():
        key = name if len(name) <= 8 and name == name.upper() else f"HIERARCH {name}"
        header[key] = value
    hdu = fits.PrimaryHDU(cutout.data.astype(np.float32), header)
    buffer = io.BytesIO()
    fits.HDUList([hdu]).writeto(buffer)
    Path("image.fits").write_bytes(buffer.getvalue())
    return OutputFile("image.fits", "application/fits")
