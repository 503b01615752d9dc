"""The spectrum of one 3FHL source above 10 GeV: bands, fits, the files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.archives import ArchiveFile
from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.physics.band_spectrum import Bands, fit, integrals
from executors.physics.full_catalogue import HARD_EDGES, HardSource
from executors.physics.model_choice import Fits, fit_all, fit_values
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["CONFIDENCE", "Analysed", "analyse", "write"]

Array = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Analysed:
    """A source, its selected bands, and the fits that the number of bands allows."""

    source: HardSource
    file: ArchiveFile
    selected: NDArray[np.bool_]
    bands: Bands
    fits: Fits

    @property
    def flux_points(self) -> dict[str, Array]:
        """Energies in MeV, E^2 dN/dE with errors and 95 % limits in erg cm-2 s-1; NaN elsewhere.

        The catalogue's factor between photon flux and E^2 dN/dE (nuFnu and Flux_Band) is applied to all.
        """
        source, limit = self.source, self.bands.measured.limit
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = (source.sed / source.flux)[self.selected]
        high = source.error_high[self.selected]
        return {
            "e_ref": np.sqrt(self.bands.low * self.bands.high),
            "e_min": self.bands.low,
            "e_max": self.bands.high,
            "e2dnde": np.where(limit, np.nan, source.sed[self.selected]),
            "e2dnde_errn": source.error_low[self.selected] * factor,
            "e2dnde_errp": np.where(limit, np.nan, high * factor),
            "e2dnde_ul": np.where(limit, (self.bands.measured.value + 2 * high) * factor, np.nan),
            "ul_confidence": np.where(limit, CONFIDENCE, np.nan),
        }

    @property
    def energy_range_kev(self) -> tuple[float, float]:
        """Lowest and highest edge in keV."""
        return float(self.bands.low[0] * 1e3), float(self.bands.high[-1] * 1e3)

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        limits = int(self.bands.measured.limit.sum())
        caveats = ["average over 7 years (3FHL)", *self.fits.quality(self.source.kind)]
        if self.source.blocks > 1:
            caveats.append(f"the source varies above 10 GeV ({self.source.blocks} Bayesian blocks in 3FHL)")
        if limits:
            caveats.append(f"{limits} of {len(self.bands.low)} bands are upper limits at 95 %")
        return (*caveats, "not corrected for EBL absorption", "statistical errors only")

    def values(self) -> dict[str, Measure]:
        """The scalar results; the catalogue's own stand beside them as ``catalogue_...``."""
        source = self.source
        found = {
            name: Measure(m.value, m.error if m.error is None or math.isfinite(m.error) else None, m.unit)
            for name, m in fit_values(self.fits).items()
            if not isinstance(m.value, float) or math.isfinite(m.value)
        }
        found["model_choice"] = Measure(self.fits.because)
        found |= {
            "bands": Measure(len(self.bands.low)),
            "upper_limits": Measure(int(self.bands.measured.limit.sum())),
            "distance": Measure(source.distance, unit="deg"),
            "catalogue_name": Measure(source.name),
            "catalogue_pl_index": Measure(source.index, source.index_error),
            "catalogue_significance": Measure(source.significance),
        }
        if source.blocks > 0:
            found["catalogue_bayesian_blocks"] = Measure(source.blocks)
        return found

    def points(self, start: str, end: str, instrument: str) -> list[dict[str, Any]]:
        """The flux points as the product records them."""
        count = len(self.bands.low)
        return recorded(
            self.flux_points, [self.source.name] * count, [(start, end)] * count, [instrument] * count
        )


def analyse(source: HardSource, file: ArchiveFile, e_min: float, e_max: float) -> Analysed:
    """Fit power law and log-parabola to the bands that lie wholly between two energies (GeV)."""
    low, high = HARD_EDGES[:-1], HARD_EDGES[1:]
    selected = (low >= e_min * 1e3 * (1 - 1e-9)) & (high <= e_max * 1e3 * (1 + 1e-9))
    if not selected.any():
        raise NotCovered(
            f"No band of 3FHL lies wholly between {e_min:g} and {e_max:g} GeV; the bands have their edges at "
            f"{', '.join(f'{edge / 1e3:g}' for edge in HARD_EDGES)} GeV.",
            parameter="e_min",
            value=f"{e_min:g} GeV",
        )
    every = source.bands
    measured = every.measured
    kept = Bands(low[selected], high[selected], type(measured)(
        measured.value[selected], measured.sigma_below[selected], measured.sigma_above[selected],
        measured.limit[selected],
    ))  # fmt: skip
    return Analysed(source, file, selected, kept, _fits(kept, source.pivot))


def _fits(bands: Bands, reference: float) -> Fits:
    """Both models; the power law alone where the fluxes of a faint source do not determine a curvature."""
    try:
        return fit_all(bands, reference, cutoff=False)
    except np.linalg.LinAlgError:
        try:
            return Fits(len(bands.low), fit(bands, "power-law", reference), None, None)
        except np.linalg.LinAlgError:
            return Fits(len(bands.low), None, None, None)


def write(analysed: Analysed, start: str, end: str) -> list[OutputFile]:
    """The points with the photon fluxes they come from, in four formats."""
    source, bands, area = analysed.source, analysed.bands, "cm-2 s-1"
    table = Table()
    add_flux_points(table, analysed.flux_points)
    for name, values, text in (
        ("flux", bands.measured.value, "photon flux in the band, best value also for limits"),
        ("flux_errn", source.error_low[analysed.selected], "its lower error, NaN for a limit"),
        ("flux_errp", source.error_high[analysed.selected], "its upper error"),
    ):
        add_column(table, name, values, text, unit=area, ucd="phot.flux;em.gamma")
    add_column(table, "sqrt_ts", source.sqrt_ts[analysed.selected], "square root of the test statistic")
    best = analysed.fits.preferred
    if best is not None:
        predicted, _ = integrals(best.parameters, bands.low, bands.high, best.reference, best.model)
        add_column(table, "model_flux", predicted, f"photon flux of the fitted {best.model}", unit=area)
    add_epochs(table, [(start, end)] * len(table))
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": source.association or source.name,
        "TELESCOP": "Fermi",
        "INSTRUME": "LAT",
        "catalogue": "3FHL",
        "catalogue_name": source.name,
        "RA_OBJ": source.ra,
        "DEC_OBJ": source.dec,
        "RADESYS": "ICRS",
        "TIMESYS": "UTC",
        "DATE-OBS": start.rstrip("Z"),
        "DATE-END": end.rstrip("Z"),
        "SED_TYPE": "e2dnde",
        "UL_CONF": CONFIDENCE,
        "source_file": analysed.file.path.name,
        "citation": analysed.file.dataset.cite,
    }
    meta |= described_by(analysed.values())
    meta["caveats"] = "; ".join(analysed.quality())
    return write_table(table, "spectrum", meta, extension="SPECTRUM")
