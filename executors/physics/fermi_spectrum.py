"""The spectrum of one source of 4FGL-DR4: which bands, the fits to them, what to say of them, the files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.physics.band_spectrum import Bands, integrals
from executors.physics.fermi_catalogue import BAND_EDGES, CatalogueSource
from executors.physics.model_choice import AMPLITUDE_UNIT, Fits, fit_all, fit_values, short_name
from executors.physics.spectral_fit import Fit, energy_flux
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Analysed", "analyse", "bands_used", "bands_within", "write"]

Array = NDArray[np.float64]
CONFIDENCE = 0.95
VARIABLE = 27.69
"""Variability index above which a source varies with 99 % confidence over 14 years (chi2, 13 dof; Ballet et
al. 2023, arXiv:2307.12546)."""
_ENERGY_FLUX_UNIT = "erg.cm**-2.s**-1"


@dataclass(frozen=True, slots=True)
class Analysed:
    """A source, its selected bands, and the fits to them."""

    source: CatalogueSource
    selected: NDArray[np.bool_]
    bands: Bands
    fits: Fits

    @property
    def energy(self) -> Array:
        """Reference energy of each band in MeV: the geometric mean of its edges."""
        return np.asarray(np.sqrt(self.bands.low * self.bands.high))

    @property
    def energy_range_kev(self) -> tuple[float, float]:
        """Lowest and highest edge in keV."""
        return float(self.bands.low[0] * 1e3), float(self.bands.high[-1] * 1e3)

    @property
    def flux_points(self) -> dict[str, Array]:
        """Energies in MeV, E^2 dN/dE with errors and 95 % limits in erg cm-2 s-1; NaN elsewhere.

        The catalogue's factor between photon flux and E^2 dN/dE (its columns nuFnu_Band and
        Flux_Band) is applied to errors and limits too.
        """
        source, limit = self.source, self.bands.measured.limit
        factor = (source.sed / source.flux)[self.selected]
        high = source.error_high[self.selected]
        return {
            "e_ref": self.energy,
            "e_min": self.bands.low,
            "e_max": self.bands.high,
            "e2dnde": np.where(limit, np.nan, source.sed[self.selected]),
            "e2dnde_errn": source.error_low[self.selected] * factor,
            "e2dnde_errp": np.where(limit, np.nan, high * factor),
            "e2dnde_ul": np.where(limit, (self.bands.measured.value + 2 * high) * factor, np.nan),
            "ul_confidence": np.where(limit, CONFIDENCE, np.nan),
        }

    @property
    def preferred(self) -> Fit | None:
        """The preferred fit; ``None`` where the bands are too few for any."""
        return self.fits.preferred

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = ["average over 14 years"]
        index = self.source.fitted["variability_index"]
        if isinstance(index, float) and index > VARIABLE:
            caveats.append(f"the source varies (4FGL variability index {index:.4g} > {VARIABLE})")
        caveats += self.fits.quality(self.source.kind)
        best = self.preferred
        if best is not None and not self.bands.low[0] <= best.reference <= self.bands.high[-1]:
            caveats.append("reference energy outside the fitted bands")
        limits = int(self.bands.measured.limit.sum())
        if limits:
            verb = "is an upper limit" if limits == 1 else "are upper limits"
            caveats.append(f"{limits} of {len(self.energy)} bands {verb}")
        return (*caveats, *self.source.caveats, "statistical errors only")

    def values(self) -> dict[str, Measure]:
        """The scalar results, the preferred model first; the catalogue's own parameters come last.

        Why a model is preferred is said only where it describes the fluxes.
        """
        found: dict[str, Measure] = {}
        best = self.preferred
        if best is not None:
            found["preferred_model"] = Measure(best.model)
            found |= fit_values(self.fits)
            low, high = float(self.bands.low[0]), float(self.bands.high[-1])
            flux, error = energy_flux(best, low, high)
            found["energy_flux"] = Measure(flux, error, _ENERGY_FLUX_UNIT)
            if not self.fits.rejected:
                found["preferred_because"] = Measure(self.fits.because)
        found["bands"] = Measure(len(self.bands.measured.value))
        found["upper_limits"] = Measure(int(self.bands.measured.limit.sum()))
        units = {"pl_flux_density": AMPLITUDE_UNIT, "lp_flux_density": AMPLITUDE_UNIT}
        for name, value in self.source.fitted.items():
            found[f"catalogue_{name}"] = Measure(value, unit=units.get(name))
        return found

    def points(self, start: str, end: str, instrument: str) -> list[dict[str, Any]]:
        """The flux points as the product records them."""
        count = len(self.energy)
        names = [f"4FGL-DR4 {self.source.name}"] * count
        return recorded(self.flux_points, names, [(start, end)] * count, [instrument] * count)


def bands_within(e_min: float, e_max: float) -> NDArray[np.bool_]:
    """Which of the eight bands lie wholly between two energies (MeV)."""
    return np.asarray((BAND_EDGES[:-1] >= e_min * (1 - 1e-9)) & (BAND_EDGES[1:] <= e_max * (1 + 1e-9)))


def analyse(source: CatalogueSource, selected: NDArray[np.bool_]) -> Analysed:
    """Fit every model to the selected bands, with the catalogue's pivot energy as reference."""
    bands = source.bands(selected)
    return Analysed(source, selected, bands, fit_all(bands, source.pivot, cutoff=source.has_cutoff))


def bands_used(analysed: Analysed, e_min: float, e_max: float) -> tuple[str, ...]:
    """The caveat that other energies (MeV) were asked for than the bands used have."""
    low, high = float(analysed.bands.low[0]), float(analysed.bands.high[-1])
    if math.isclose(low, e_min, rel_tol=1e-9) and math.isclose(high, e_max, rel_tol=1e-9):
        return ()
    return (f"bands used: {energy_range(low, high)} (asked: {energy_range(e_min, e_max)})",)


def energy_range(low: float, high: float) -> str:
    """Two energies (MeV) as people write them: ``1 to 3 GeV``."""
    (one, first), (other, second) = map(_readable, (low, high))
    return f"{one} to {other} {second}" if first == second else f"{one} {first} to {other} {second}"


def _readable(energy: float) -> tuple[str, str]:
    """An energy in MeV as a number and the unit that keeps it short."""
    for unit, size in (("TeV", 1e6), ("GeV", 1e3), ("MeV", 1.0)):
        if energy >= size * (1 - 1e-9):
            return f"{energy / size:.6g}", unit
    return f"{energy * 1e3:.6g}", "keV"


def write(analysed: Analysed, start: str, end: str) -> list[OutputFile]:
    """The points with the photon fluxes they come from and the fitted models, in four formats."""
    source, bands, selected = analysed.source, analysed.bands, analysed.selected
    area = "cm-2 s-1"
    table = Table()
    add_flux_points(table, analysed.flux_points)
    add_column(
        table,
        "flux",
        bands.measured.value,
        "photon flux in the band, best value also for limits",
        unit=area,
        ucd="phot.flux;em.gamma",
    )
    add_column(table, "flux_errn", source.error_low[selected], "its lower error, NaN for a limit", unit=area)
    add_column(table, "flux_errp", source.error_high[selected], "its upper error", unit=area)
    add_column(
        table, "sqrt_ts", source.sqrt_ts[selected], "square root of the test statistic", ucd="stat.snr"
    )
    for fitted in analysed.fits.in_order:
        short, name = short_name(fitted), fitted.model
        predicted, _ = integrals(fitted.parameters, bands.low, bands.high, fitted.reference, name)
        add_column(table, f"{short}_flux", predicted, f"photon flux of the fitted {name}", unit=area)
        pulls = -bands.measured.pulls(predicted)
        add_column(table, f"{short}_pull", pulls, f"(flux - {name}) / sigma")
    add_epochs(table, [(start, end)] * len(table))
    return write_table(table, "spectrum", _meta(analysed, start, end), extension="FLUX_POINTS")


def _meta(analysed: Analysed, start: str, end: str) -> dict[str, str | float | int | bool]:
    meta = analysed.source.header | {
        "DATE-OBS": start.rstrip("Z"),
        "DATE-END": end.rstrip("Z"),
        "SED_TYPE": "e2dnde",
        "UL_CONF": CONFIDENCE,
        "e2dnde_from": "nuFnu_Band of the catalogue, at the geometric mean of the band",
        "model": f"dN/dE = amplitude (E/E0)^-(index + beta ln(E/E0)), E0 = {analysed.source.pivot} MeV",
    }
    if analysed.fits.cutoff is not None:
        meta["cutoff_model"] = (
            "dN/dE = amplitude (E/E0)^(d/b - index) exp(d/b^2 (1 - (E/E0)^b)), d = plec_expfactor, "
            "b = plec_exp_index; Abdollahi et al. 2022, ApJS 260, 53, eq. 4"
        )
    meta |= described_by(analysed.values())
    meta["caveats"] = "; ".join(analysed.quality())
    return meta
