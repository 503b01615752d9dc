"""The spectrum of one source of 4FGL-DR4: which bands, both fits, the choice between them, the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.physics.band_spectrum import Bands, fit, integrals
from executors.physics.fermi_catalogue import BAND_EDGES, CatalogueSource
from executors.physics.spectral_fit import Fit, energy_flux
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Analysed", "analyse", "bands_within", "write"]

Array = NDArray[np.float64]
CONFIDENCE = 0.95
CURVATURE_THRESHOLD = 9.0
"""Fall of chi2 that makes the curved model preferred: 3 sigma for one parameter, the TS_curv of Abdollahi
et al. 2020, ApJS 247, 33, section 3.3."""
VARIABLE = 27.69
"""Variability index above which a source varies with 99 % confidence over 14 years (chi2, 13 dof; Ballet et
al. 2023, arXiv:2307.12546)."""
_AMPLITUDE_UNIT = "MeV**-1.cm**-2.s**-1"
_ENERGY_FLUX_UNIT = "erg.cm**-2.s**-1"


@dataclass(frozen=True, slots=True)
class Analysed:
    """A source, its selected bands, and the fits that the number of bands allows."""

    source: CatalogueSource
    selected: NDArray[np.bool_]
    bands: Bands
    power_law: Fit | None
    log_parabola: Fit | None

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
    def chi2_fall(self) -> float | None:
        """Chi2 of the power law minus that of the log-parabola."""
        if self.power_law is None or self.log_parabola is None:
            return None
        return self.power_law.chi2 - self.log_parabola.chi2

    @property
    def preferred(self) -> Fit | None:
        """The log-parabola where it lowers chi2 by the threshold, else the power law."""
        curved = self.chi2_fall is not None and self.chi2_fall >= CURVATURE_THRESHOLD
        return self.log_parabola if curved else self.power_law

    @property
    def choice(self) -> str:
        """Why the preferred model is preferred."""
        if self.power_law is None:
            return f"no fit: {len(self.bands.measured.value)} band(s), at least 3 are needed for a power law"
        if self.chi2_fall is None:
            return "power law: a log-parabola needs at least 4 bands"
        verdict = "at least" if self.chi2_fall >= CURVATURE_THRESHOLD else "less than"
        name = self.preferred.model if self.preferred else ""
        return (
            f"{name}: curvature lowers chi2 by {self.chi2_fall:.1f} for one parameter, {verdict} the "
            f"{CURVATURE_THRESHOLD:g} (3 sigma) asked"
        )

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = ["average over 14 years"]
        index = self.source.fitted["variability_index"]
        if isinstance(index, float) and index > VARIABLE:
            caveats.append(f"the source varies (4FGL variability index {index:.4g} > {VARIABLE})")
        best = self.preferred
        if best is None:
            caveats.append(self.choice)
        else:
            if not best.converged:
                caveats.append(f"the {best.model} fit did not converge")
            elif best.poor:
                caveats.append(f"poor fit: {best.model} {best.verdict}")
            if not self.bands.low[0] <= best.reference <= self.bands.high[-1]:
                caveats.append("reference energy outside the fitted bands")
        if self.bands.measured.limit.any():
            caveats.append(
                f"{(limits := int(self.bands.measured.limit.sum()))} of {len(self.energy)} bands "
                f"{'is an upper limit' if limits == 1 else 'are upper limits'}"
            )
        return (*caveats, "statistical errors only")

    def values(self) -> dict[str, Measure]:
        """The scalar results; the catalogue's own parameters stand beside them as ``catalogue_...``."""
        found: dict[str, Measure] = {}
        best = self.preferred
        if best is not None:
            found["preferred_model"] = Measure(best.model)
            for fitted, short in ((self.log_parabola, "lp"), (self.power_law, "pl")):
                if fitted is not None:
                    found |= _fit_values(fitted, short)
            found["reference_energy"] = Measure(best.reference, unit="MeV")
            low, high = float(self.bands.low[0]), float(self.bands.high[-1])
            flux, error = energy_flux(best, low, high)
            found["energy_flux"] = Measure(flux, error, _ENERGY_FLUX_UNIT)
        if self.chi2_fall is not None:
            found["chi2_fall_by_curvature"] = Measure(self.chi2_fall)
        found["model_choice"] = Measure(self.choice)
        found["bands"] = Measure(len(self.bands.measured.value))
        found["upper_limits"] = Measure(int(self.bands.measured.limit.sum()))
        units = {"pl_flux_density": _AMPLITUDE_UNIT, "lp_flux_density": _AMPLITUDE_UNIT}
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
    """Fit both models to the selected bands, with the catalogue's pivot energy as reference."""
    bands = source.bands(selected)
    return Analysed(
        source,
        selected,
        bands,
        fit(bands, "power-law", source.pivot),
        fit(bands, "log-parabola", source.pivot),
    )


def _fit_values(fitted: Fit, short: str) -> dict[str, Measure]:
    errors = fitted.errors
    found = {
        f"{short}_{name}": Measure(float(value), float(error))
        for name, value, error in zip(("index", "beta"), fitted.parameters[1:], errors[1:], strict=False)
    }
    found[f"{short}_amplitude"] = Measure(
        fitted.amplitude, fitted.amplitude * float(errors[0]), _AMPLITUDE_UNIT
    )
    found[f"{short}_chi2"] = Measure(fitted.chi2)
    found[f"{short}_dof"] = Measure(fitted.dof)
    found[f"{short}_probability"] = Measure(fitted.probability)
    names = ("log_amplitude", "index", "beta")[: len(errors)]
    for i, first in enumerate(names):
        for j, second in enumerate(names[:i]):
            found[f"{short}_covariance_{second}_{first}"] = Measure(float(fitted.covariance[i, j]))
    return found


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
    for short, fitted in (("pl", analysed.power_law), ("lp", analysed.log_parabola)):
        if fitted is not None:
            predicted, _ = integrals(fitted.parameters, bands.low, bands.high, fitted.reference)
            add_column(
                table, f"{short}_flux", predicted, f"photon flux of the fitted {fitted.model}", unit=area
            )
            pulls = -bands.measured.pulls(predicted)
            add_column(table, f"{short}_pull", pulls, f"(flux - {fitted.model}) / sigma")
    add_epochs(table, [(start, end)] * len(table))
    return write_table(table, "spectrum", _meta(analysed, start, end))


def _meta(analysed: Analysed, start: str, end: str) -> dict[str, str | float | int | bool]:
    meta = analysed.source.header | {
        "DATE-OBS": start.rstrip("Z"),
        "DATE-END": end.rstrip("Z"),
        "SED_TYPE": "e2dnde",
        "UL_CONF": CONFIDENCE,
        "e2dnde_from": "nuFnu_Band of the catalogue, at the geometric mean of the band",
        "model": "dN/dE = amplitude (E/reference_energy)^-(index + beta ln(E/reference_energy))",
    }
    meta |= described_by(analysed.values())
    meta["caveats"] = "; ".join(analysed.quality())
    return meta
