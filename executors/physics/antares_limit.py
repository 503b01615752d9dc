"""Upper limits from ANTARES counts: on the number of signal events and, for the whole sample, on the flux."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics.antares_region import Region
from executors.physics.antares_sample import INDICES
from executors.physics.feldman_cousins import average_upper_limit, interval
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["PIVOT", "Limits", "analyse"]

Array = NDArray[np.float64]
PIVOT = 1e5
"""Energy in GeV at which the limits of different spectral indices are compared."""
_POINT_SPREAD = 1.0
"""Degrees: a smaller cone loses a good part of the signal (median angular error 0.4 deg)."""
_FLUX, _ENERGY_FLUX = "GeV**-1.cm**-2.s**-1", "GeV.cm**-2.s**-1"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in signal events and as flux at 1 GeV (GeV-1 cm-2 s-1) by spectral index.

    ``flux`` and ``flux_sensitivity`` are empty when the time range is not that of the whole sample.
    """

    region: Region
    confidence: float
    lower: float
    upper: float
    average: float
    indices: Array
    acceptance: Array
    flux: Array
    flux_sensitivity: Array

    def at(self, energy: float, norm: Array) -> Array:
        """E^2 dN/dE in GeV cm-2 s-1 at an energy in GeV."""
        return np.asarray(norm * energy ** (2 - self.indices), dtype=float)

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found = {"upper_limit_events": Measure(self.upper)}
        found |= self._flux_values()
        found |= {
            "average_upper_limit_events": Measure(self.average),
            "confidence_level": Measure(self.confidence),
            "method": Measure("Feldman-Cousins"),
        }
        if self.lower > 0:
            found["lower_limit_events"] = Measure(self.lower)
        return found | self.region.values()

    def _flux_values(self) -> dict[str, Measure]:
        found: dict[str, Measure] = {}
        for index, limit, sensitivity in zip(self.indices, self.flux, self.flux_sensitivity, strict=True):
            if index == 2.0:
                found["flux_limit"] = Measure(float(limit), unit=_ENERGY_FLUX)
                found["sensitivity"] = Measure(float(sensitivity), unit=_ENERGY_FLUX)
                found["assumed_spectrum"] = Measure("E^-2, as E^2 dN/dE")
            elif index in (2.5, 3.0):
                name = f"index_{index:.1f}".replace(".", "_")
                found[f"norm_limit_{name}"] = Measure(float(limit), unit=_FLUX)
        return found

    def quality(self) -> list[str]:
        """Caveats as short phrases."""
        caveats = [
            f"limits at {self.confidence:.0%} confidence, Feldman-Cousins, without systematic errors",
        ]
        if self.region.whole:
            caveats += [
                "muon neutrinos and antineutrinos; each limit assumes a power law over all energies",
                "energy range of the limit not known: the release integrates over energy",
                "the signal is taken to lie wholly inside the cone",
            ]
            if self.region.radius < _POINT_SPREAD:
                caveats.append("cone not wide against the angular error (median 0.4 deg): limits too low")
        else:
            caveats.append(
                "no flux limit: the acceptance holds for the whole sample, 2007-01-29 to 2017-12-31, only"
            )
        if self.upper < self.average:
            caveats.append("limit below the sensitivity: fewer events than expected, compare the two")
        if self.lower > 0:
            caveats.append("the interval excludes zero signal: an excess, before trials")
        return caveats + self.region.quality()

    def write(self) -> list[OutputFile]:
        """The limits by spectral index in four formats; of a part of the sample that on counts alone."""
        table = Table()
        if len(self.flux):
            self._add_flux_columns(table)
        else:
            region = self.region
            add_column(table, "events", [region.events], "events seen in the cone")
            add_column(table, "expected_background", [region.background], "events expected without a source")
            add_column(table, "upper_limit", [self.upper], "upper limit of the mean number of signal events")
            add_column(table, "average_upper_limit", [self.average], "its mean without signal")
        meta = self.region.meta() | dict(described_by(self.values()))
        meta["UL_CONF"] = self.confidence
        meta["method"] = (
            "Feldman & Cousins 1998, PRD 57, 3873; background: events per steradian of the declination band; "
            "flux: events = norm at 1 GeV * acceptance"
        )
        meta["caveats"] = "; ".join(self.quality())
        return write_table(table, "upper_limit", meta, extension="UPPER_LIMIT")

    def _add_flux_columns(self, table: Table) -> None:
        unit, ucd = "GeV-1 cm-2 s-1", "phys.particle.neutrino;phot.flux.density"
        add_column(table, "index", self.indices, "spectral index g of dN/dE = norm (E / 1 GeV)^-g",
                   ucd="spect.index")  # fmt: skip
        add_column(table, "acceptance", self.acceptance, "signal events for a norm of one, whole sample",
                   unit="GeV cm2 s")  # fmt: skip
        add_column(table, "norm_ul", self.flux, "upper limit of dN/dE at 1 GeV", unit=unit,
                   ucd=f"{ucd};stat.max")  # fmt: skip
        add_column(table, "norm_sensitivity", self.flux_sensitivity, "average upper limit of dN/dE at 1 GeV",
                   unit=unit, ucd=ucd)  # fmt: skip
        energy_flux = "GeV cm-2 s-1"
        add_column(table, "e2dnde_ul", self.at(PIVOT, self.flux), "upper limit of E^2 dN/dE at 100 TeV",
                   unit=energy_flux, ucd=f"{ucd};stat.max")  # fmt: skip
        add_column(table, "e2dnde_sensitivity", self.at(PIVOT, self.flux_sensitivity),
                   "average upper limit of E^2 dN/dE at 100 TeV", unit=energy_flux, ucd=ucd)  # fmt: skip


def analyse(region: Region, confidence: float, index_min: float, index_max: float) -> Limits:
    """Limits of a region for the spectral indices between two values (inclusive)."""
    chosen = np.abs(INDICES - (index_min + index_max) / 2) <= (index_max - index_min) / 2 + 1e-9
    if not chosen.any():
        raise NotCovered(
            f"The acceptance is given for spectral indices 1.5 to 3.0 in steps of 0.1; none lies between "
            f"{index_min:g} and {index_max:g}.",
            parameter="index_min",
            value=f"{index_min:g}",
        )
    lower, upper = interval(region.events, region.background, confidence)
    average = average_upper_limit(region.background, confidence)
    acceptance = region.sample.acceptance(region.dec)[chosen]
    nothing = np.array([])
    return Limits(
        region=region,
        confidence=confidence,
        lower=lower,
        upper=upper,
        average=average,
        indices=INDICES[chosen] if region.whole else nothing,
        acceptance=acceptance if region.whole else nothing,
        flux=upper / acceptance if region.whole else nothing,
        flux_sensitivity=average / acceptance if region.whole else nothing,
    )
