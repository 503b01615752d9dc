"""The light of one Tractor source in every band as E^2 dN/dE, from nanomaggies of the AB system."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Row, Table
from numpy.typing import NDArray

from executors.archives import ArchiveFile
from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.physics.photometry import CONFIDENCE, upper_limit
from executors.physics.tractor import separations
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["BANDS", "Sed", "e2dnde", "sed_of", "write"]

Array = NDArray[np.float64]
BANDS = ("g", "r", "z", "w1", "w2", "w3", "w4")
_SOUTH = {"g": 0.48308, "r": 0.64090, "z": 0.91427}
_NORTH = {"g": 0.47721, "r": 0.63836, "z": 0.91851}
_WISE = {"w1": 3.368, "w2": 4.618, "w3": 12.082, "w4": 22.194}
"""Reference wavelengths in micrometres: DECam in the south, BASS and MzLS in the north (effective wavelengths
of the DESI imaging bandpasses), WISE (pivot wavelengths of the bands of Wright et al. 2010, AJ 140, 1868)."""
_WIDTH = {"g": 0.147, "r": 0.147, "z": 0.152, "w1": 0.66, "w2": 1.04, "w3": 5.51, "w4": 4.10}
"""About the widths of the bands in micrometres."""
NANOMAGGY = 3.631e-29
"""Spectral flux density of one nanomaggy in erg cm-2 s-1 Hz-1: 1e-9 of 3631 Jy, the AB zero point (Oke & Gunn
1983, ApJ 266, 713)."""
_LIGHT = 2.99792458e14
"""Speed of light in micrometres per second."""
_MEV_MICROMETRE = 1.23984198e-6
_DETECTED = 3.0
"""Flux over error below which a band is given as an upper limit."""


@dataclass(frozen=True, slots=True)
class Sed:
    """One source: row of the list, offset from the asked position (arcsec), columns of the flux points.

    ``transmission`` is what the dust of the Galaxy lets through in each band, ``corrected`` the E^2 dN/dE
    (or its limit) divided by it.
    """

    file: ArchiveFile
    row: Row
    offset: float
    bands: tuple[str, ...]
    columns: dict[str, Array]
    fluxes: Array
    errors: Array
    transmission: Array

    @property
    def name(self) -> str:
        """Survey name of the source: its identifier within the release."""
        numbers = "-".join(str(int(self.row[name])) for name in ("release", "brickid", "objid"))
        return f"LS DR{self.release} {numbers}"

    @property
    def release(self) -> int:
        """The data release."""
        return int(self.file.named["release"].removeprefix("dr"))

    @property
    def corrected(self) -> Array:
        """E^2 dN/dE, or its limit, corrected for the dust of the Galaxy, in erg cm-2 s-1."""
        best = np.where(np.isnan(self.columns["e2dnde"]), self.columns["e2dnde_ul"], self.columns["e2dnde"])
        return np.asarray(best / self.transmission)

    @property
    def epoch(self) -> tuple[str, str]:
        """First and last exposure in the optical (UTC)."""
        from astropy.time import Time

        mjd = [float(self.row["mjd_min"]), float(self.row["mjd_max"])]
        first, last = Time(mjd, format="mjd", scale="utc", precision=0).isot
        return f"{first}Z", f"{last}Z"

    @property
    def energy_kev(self) -> tuple[float, float]:
        """Lowest and highest energy in keV."""
        return float(self.columns["e_min"].min() * 1e3), float(self.columns["e_max"].max() * 1e3)

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        first, last = self.epoch
        caveats = [
            (
                f"stack of exposures from {first[:10]} to {last[:10]} (optical; WISE from 2010 on): time is "
                "ignored"
            ),
            (
                f"as observed, not corrected for Galactic extinction (E(B-V) = {float(self.row['ebv']):.3f}, "
                "Schlegel et al. 1998); corrected values stand beside"
            ),
        ]
        limits = [band.upper() if band[0] == "w" else band for band in self._limited]
        if limits:
            caveats.append(f"{', '.join(limits)}: below {_DETECTED:g} sigma, upper limits at 95 %")
        shared = [band for band in self.bands if band[0] == "w" and _crowded(self.row, band)]
        if shared:
            names = ", ".join(band.upper() for band in shared)
            caveats.append(f"{names}: neighbours add more than half of the source's own flux")
        if int(self.row["maskbits"]):
            caveats.append("the source touches a masked pixel (bright star, saturation or large galaxy)")
        return (*caveats, "statistical errors only")

    @property
    def _limited(self) -> list[str]:
        return [b for b, flux in zip(self.bands, self.columns["e2dnde"], strict=True) if math.isnan(flux)]

    def values(self) -> dict[str, Measure]:
        """The scalar results; fluxes as observed."""
        found = {
            "source": Measure(self.name),
            "offset": Measure(self.offset, unit="arcsec"),
            "right_ascension": Measure(float(self.row["ra"]), unit="deg"),
            "declination": Measure(float(self.row["dec"]), unit="deg"),
            "morphology": Measure(str(self.row["type"])),
            "reddening": Measure(float(self.row["ebv"]), unit="mag"),
            "points": Measure(len(self.bands) - len(self._limited)),
            "upper_limits": Measure(len(self._limited)),
        }
        for band, flux, error in zip(self.bands, self.fluxes, self.errors, strict=True):
            found[f"flux_{band}_nanomaggy"] = Measure(float(flux), float(error))
            if flux > _DETECTED * error:
                magnitude = 22.5 - 2.5 * math.log10(flux)
                spread = 2.5 / math.log(10) * float(error / flux)
                found[f"magnitude_{band}"] = Measure(magnitude, spread, "mag")
        return found

    def points(self, instrument: str) -> list[dict[str, Any]]:
        """The flux points as the product records them."""
        count = len(self.bands)
        return recorded(self.columns, [self.name] * count, [self.epoch] * count, [instrument] * count)


def _crowded(row: Row, band: str) -> bool:
    name = f"fracflux_{band}"
    return name in row.colnames and float(row[name]) > 0.5


def e2dnde(nanomaggies: Array | float, wavelength: Array | float) -> Array:
    """E^2 dN/dE = nu F_nu in erg cm-2 s-1 of an AB flux at a wavelength in micrometres."""
    return np.asarray(np.asarray(nanomaggies) * NANOMAGGY * _LIGHT / np.asarray(wavelength))


def sed_of(file: ArchiveFile, rows: Table, ra: float, dec: float, radius: float) -> Sed:
    """The flux points of the source nearest to a position (deg), within ``radius`` (arcsec)."""
    apart = separations(ra, dec, rows) * 3600
    nearest = int(apart.argmin())
    if apart[nearest] > radius:
        raise NotCovered(
            f"No Tractor source lies within {radius:g} arcsec of RA {ra:.5f}, Dec {dec:+.5f} (ICRS); the "
            "nearest is "
            f"at RA {rows['ra'][nearest]:.5f}, Dec {rows['dec'][nearest]:+.5f}, {apart[nearest]:.1f} "
            "arcsec away.",
            parameter="radius",
            value=f"{radius:g} arcsec",
        )
    row = rows[nearest]
    bands = tuple(band for band in BANDS if f"flux_{band}" in rows.colnames and row[f"flux_ivar_{band}"] > 0)
    if not bands:
        raise NotCovered(f"The Tractor source at RA {ra:.5f}, Dec {dec:+.5f} has no flux in any band.")
    optical = _NORTH if int(row["release"]) % 10 == 1 else _SOUTH
    wavelengths = np.array([(optical | _WISE)[band] for band in bands])
    widths = np.array([_WIDTH[band] for band in bands])
    flux = np.array([float(row[f"flux_{band}"]) for band in bands])
    error = np.array([float(row[f"flux_ivar_{band}"]) ** -0.5 for band in bands])
    limit = flux < _DETECTED * error
    limits = np.array([upper_limit(f, e) for f, e in zip(flux, error, strict=True)])
    columns = {
        "e_ref": _MEV_MICROMETRE / wavelengths,
        "e_min": _MEV_MICROMETRE / (wavelengths + widths / 2),
        "e_max": _MEV_MICROMETRE / (wavelengths - widths / 2),
        "e2dnde": np.where(limit, np.nan, e2dnde(flux, wavelengths)),
        "e2dnde_errn": np.where(limit, np.nan, e2dnde(error, wavelengths)),
        "e2dnde_errp": np.where(limit, np.nan, e2dnde(error, wavelengths)),
        "e2dnde_ul": np.where(limit, e2dnde(limits, wavelengths), np.nan),
        "ul_confidence": np.where(limit, CONFIDENCE, np.nan),
    }
    through = np.array([float(row[f"mw_transmission_{band}"]) for band in bands])
    return Sed(file, row, float(apart[nearest]), bands, columns, flux, error, through)


def write(sed: Sed) -> list[OutputFile]:
    """The points with the fluxes they come from, in four formats."""
    table = Table()
    add_flux_points(table, sed.columns)
    add_column(table, "band", [b.upper() if b[0] == "w" else b for b in sed.bands], "filter", ucd="meta.id")
    add_column(table, "flux", sed.fluxes, "flux in nanomaggies (AB)", ucd="phot.flux")
    add_column(table, "flux_err", sed.errors, "its error, 1 sigma", ucd="stat.error;phot.flux")
    add_column(table, "mw_transmission", sed.transmission, "what the dust of the Galaxy lets through")
    add_column(table, "e2dnde_dereddened", sed.corrected, "E^2 dN/dE or its limit over mw_transmission",
               unit="erg cm-2 s-1", ucd="phot.flux.density")  # fmt: skip
    add_epochs(table, [sed.epoch] * len(sed.bands))
    first, last = sed.epoch
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": sed.name,
        "TELESCOP": "Legacy Surveys",
        "INSTRUME": "DESI Legacy Imaging Surveys",
        "RA_OBJ": float(sed.row["ra"]),
        "DEC_OBJ": float(sed.row["dec"]),
        "RADESYS": "ICRS",
        "TIMESYS": "UTC",
        "DATE-OBS": first.rstrip("Z"),
        "DATE-END": last.rstrip("Z"),
        "SED_TYPE": "e2dnde",
        "UL_CONF": CONFIDENCE,
        "method": "E^2 dN/dE = nu F_nu = flux * 3631e-9 Jy * c / wavelength, AB; below 3 sigma the 95 % "
        "limit of a "
        "Gaussian that cannot be negative (Helene 1983, NIM 212, 319)",
        "source_file": sed.file.path.name,
        "citation": sed.file.dataset.cite,
    }
    meta |= described_by(sed.values())
    meta["caveats"] = "; ".join(sed.quality())
    return write_table(table, "spectrum", meta, extension="SPECTRUM")
