"""The ISGRI spectrum of one source: count spectrum with folded power law, or published points; the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors import archives, isgri_files
from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.integral_archive import MISSION, span_utc
from executors.isgri_files import SpectrumFiles
from executors.physics import forward_folding, point_spectrum
from executors.physics.ogip import CountSpectrum, read_response, read_spectrum
from executors.physics.spectral_fit import ERG_PER_MEV, Fit, differential, energy_flux
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import BadValue, NotCovered, RunFailed
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["PUBLISHED_TABLE", "Analysed", "folded", "published", "write"]

Array = NDArray[np.float64]
PUBLISHED_TABLE = "ngc2110_isgri_spectrum.ecsv"
_KEV = 1e3
_PUBLISHED_BEFORE = "2016-06-01T00:00:00Z"
_FLUX = (20.0, 100.0)
"""The band in keV for which an energy flux is given, that of the catalogues of IBIS (Bird et al. 2016)."""
_UNFOLDED = (
    "E^2 dN/dE of the fitted model times measured over predicted rate, at the geometric mean of the channel"
)


@dataclass(frozen=True, slots=True)
class Analysed:
    """A spectrum with its power law.

    ``columns`` are flux points (:mod:`executors.flux_points`), ``measured`` and ``predicted`` the rates of
    the channels used (none for published points), ``energy_range`` in keV. ``epoch`` (UTC) is when the
    source was observed, or where ``epoch_is_bound`` the time from launch to the making of the file.
    """

    source: str
    origin: str
    columns: dict[str, Array]
    fit: Fit | None
    energy_range: tuple[float, float]
    channels: tuple[int, int]
    epoch: tuple[str, str]
    epoch_is_bound: bool
    exposure: float | None
    measured: Array | None
    error: Array | None
    predicted: Array | None
    reference: str

    @property
    def range_said(self) -> str:
        """The energies that are used."""
        return f"{self.energy_range[0]:.3g}-{self.energy_range[1]:.3g} keV"

    @property
    def is_published(self) -> bool:
        """Whether these are points of a publication."""
        return self.measured is None

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found: dict[str, Measure] = {}
        fitted = self.fit
        if fitted is not None and fitted.converged:
            amplitude = fitted.amplitude / _KEV
            found = {
                "index": Measure(float(fitted.parameters[1]), float(fitted.errors[1])),
                "amplitude": Measure(amplitude, amplitude * float(fitted.errors[0]), "keV**-1.cm**-2.s**-1"),
                "reference_energy": Measure(fitted.reference * _KEV, unit="keV"),
                "chi2": Measure(fitted.chi2),
                "dof": Measure(fitted.dof),
                "probability": Measure(fitted.probability),
            }
            if (
                not fitted.poor
                and self.energy_range[0] < _FLUX[0] * 1.2
                and self.energy_range[1] > _FLUX[1] * 0.9
            ):
                flux, error = energy_flux(fitted, *(edge / _KEV for edge in _FLUX))
                found["energy_flux_20_100_keV"] = Measure(flux, error, "erg.cm**-2.s**-1")
        found |= {
            "energy_min": Measure(self.energy_range[0], unit="keV"),
            "energy_max": Measure(self.energy_range[1], unit="keV"),
            "published_points" if self.is_published else "channels": Measure(self.channels[0]),
            "method": Measure(
                "power law fitted to published points" if self.is_published else "forward folding"
            ),
        }
        if not self.is_published:
            found["channels_of_file"] = Measure(self.channels[1])
        if self.exposure:
            found["exposure"] = Measure(self.exposure, unit="s")
        return found

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = []
        if self.is_published:
            caveats.append("points digitised from a published figure: no response, no counts")
            caveats.append("fitted as points: neighbouring errors may be correlated")
        else:
            caveats.append("points depend on the fitted model, fits are of counts")
        if self.fit is None:
            caveats.append("no fit: fewer than 3 channels")
        elif self.fit.poor:
            caveats.append(f"model rejected: power law {self.fit.verdict}")
        elif self.fit.marginal:
            caveats.append(f"marginal fit: power law {self.fit.verdict}")
        if self.epoch_is_bound:
            caveats.append(
                f"when the source was observed is not stated, only that it was before {self.epoch[1][:10]}"
            )
        return (*caveats, "statistical errors only")

    def points(self, instrument: str) -> list[dict[str, Any]]:
        """The flux points as the product records them."""
        count = len(self.columns["e_ref"])
        return recorded(self.columns, [self.reference] * count, [self.epoch] * count, [instrument] * count)

    def cite(self, always: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to cite."""
        return (*always, "2016MNRAS.458.2454L" if self.is_published else "2019MNRAS.490.1350U")


def folded(source: str, files: SpectrumFiles, e_min: float | None, e_max: float | None) -> Analysed:
    """Fit the channels whose centres lie between two energies (keV)."""
    counts = read_spectrum(files.spectrum.file.path, files.spectrum.unit)
    response = read_response(files.rmf.path, files.arf.path)
    if len(counts.rate) != len(response.channel_low):
        raise RunFailed(
            f"{files.spectrum.name} has {len(counts.rate)} channels and {files.rmf.path.name} "
            f"{len(response.channel_low)}: they do not belong together.",
            value=files.spectrum.name,
        )
    used = _selected(
        response.channel_centre * _KEV, e_min, e_max, response.channel_low, response.channel_high
    )
    used &= counts.good
    fitted = forward_folding.fit(counts.rate, counts.error, response, used)
    predicted = (
        None if fitted is None else forward_folding.fold(fitted.parameters, response, fitted.reference)[0]
    )
    return Analysed(
        source=source,
        origin="count spectrum",
        columns=_points(counts, response, used, fitted, predicted),
        fit=fitted,
        energy_range=(
            float(response.channel_low[used].min() * _KEV),
            float(response.channel_high[used].max() * _KEV),
        ),
        channels=(int(used.sum()), len(used)),
        epoch=span_utc(files.spectrum.span) if files.spectrum.span else (MISSION[0], _made(files)),
        epoch_is_bound=files.spectrum.span is None,
        exposure=counts.exposure,
        measured=counts.rate[used],
        error=counts.error[used],
        predicted=None if predicted is None else predicted[used],
        reference=files.spectrum.name,
    )


def _made(files: SpectrumFiles) -> str:
    """When the file was made: the source was observed before; else the end of the mission."""
    made = str(files.spectrum.header.get("DATE", ""))
    try:
        return iso_from_tt(tt_from_iso(made))
    except BadValue:
        return MISSION[1]


def _selected(
    centre: Array, e_min: float | None, e_max: float | None, low: Array, high: Array
) -> NDArray[np.bool_]:
    used = np.ones(len(centre), dtype=bool)
    if e_min is not None:
        used &= centre >= e_min
    if e_max is not None:
        used &= centre <= e_max
    if not used.any():
        raise NotCovered(
            f"No channel of the spectrum has its centre between {e_min or 0:g} and {e_max or np.inf:g} keV; "
            f"the channels reach from {low.min() * _KEV:.1f} to {high.max() * _KEV:.1f} keV.",
            parameter="e_min" if e_min is not None else "e_max",
            value=f"{e_min if e_min is not None else e_max:g} keV",
        )
    return used


def _points(
    counts: CountSpectrum,
    response: forward_folding.Response,
    used: NDArray[np.bool_],
    fitted: Fit | None,
    predicted: Array | None,
) -> dict[str, Array]:
    """Unfolded points; with too few channels for a fit under an index of 2."""
    if fitted is None or predicted is None:
        reference, shape = float(response.channel_centre[0]), np.array([0.0, 2.0])
        predicted, _ = forward_folding.fold(shape, response, reference)
    else:
        reference, shape = fitted.reference, fitted.parameters
    low, high = response.channel_low[used], response.channel_high[used]
    energy = np.sqrt(low * high)
    factor = energy**2 * differential(shape, energy, reference) * ERG_PER_MEV / predicted[used]
    error = counts.error[used] * factor
    nothing = np.full(len(energy), np.nan)
    return {
        "e_ref": energy,
        "e_min": low,
        "e_max": high,
        "e2dnde": counts.rate[used] * factor,
        "e2dnde_errn": error,
        "e2dnde_errp": error,
        "e2dnde_ul": nothing,
        "ul_confidence": nothing,
    }


def published(source: str, e_min: float | None, e_max: float | None) -> Analysed:
    """The points of a published figure between two energies (keV), and a power law fitted to them."""
    table = isgri_files.published(source)
    if table is None:
        raise NotCovered(
            f"No published ISGRI points of {source} are kept here.", parameter="object", value=source
        )
    rows = archives.rows(table)
    energy, flux, top, bottom = (
        np.array([float(row[name]) for row in rows])
        for name in ("energy", "e_flux", "e_flux_high", "e_flux_low")
    )
    used = _selected(energy, e_min, e_max, energy / _KEV, energy / _KEV)
    erg = ERG_PER_MEV / _KEV
    nothing = np.full(int(used.sum()), np.nan)
    columns = {
        "e_ref": energy[used] / _KEV,
        "e_min": nothing,
        "e_max": nothing,
        "e2dnde": flux[used] * erg,
        "e2dnde_errn": (flux - bottom)[used] * erg,
        "e2dnde_errp": (top - flux)[used] * erg,
        "e2dnde_ul": nothing,
        "ul_confidence": nothing,
    }
    reference = float(np.exp(np.log(columns["e_ref"]).mean()))
    measured = point_spectrum.measured_points(columns)
    return Analysed(
        source=source,
        origin="published digitised points",
        columns=columns,
        fit=point_spectrum.fit(columns["e_ref"], measured, "power-law", reference),
        energy_range=(float(energy[used].min()), float(energy[used].max())),
        channels=(int(used.sum()), len(used)),
        epoch=(MISSION[0], _PUBLISHED_BEFORE),
        epoch_is_bound=True,
        exposure=None,
        measured=None,
        error=None,
        predicted=None,
        reference="Lubinski et al. 2016, digitised",
    )


def write(analysed: Analysed) -> list[OutputFile]:
    """The spectrum in four formats."""
    table = Table()
    add_flux_points(table, analysed.columns)
    count = len(analysed.columns["e_ref"])
    if analysed.measured is not None and analysed.error is not None:
        add_column(
            table, "rate", analysed.measured, "measured rate", unit="ct s-1", ucd="phot.count;em.gamma"
        )
        add_column(table, "rate_err", analysed.error, "its error, 1 sigma", unit="ct s-1", ucd="stat.error")
        if analysed.predicted is not None:
            add_column(table, "rate_model", analysed.predicted, "rate of the folded power law", unit="ct s-1")
    add_epochs(table, [analysed.epoch] * count)
    return write_table(table, "spectrum", _meta(analysed), extension="FLUX_POINTS")


def _meta(analysed: Analysed) -> Meta:
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": analysed.source,
        "TELESCOP": "INTEGRAL",
        "INSTRUME": "IBIS",
        "DETNAM": "ISGRI",
        "TIMESYS": "UTC",
        "SED_TYPE": "e2dnde",
    }
    meta |= {"DATE-OBS": analysed.epoch[0].rstrip("Z"), "DATE-END": analysed.epoch[1].rstrip("Z")}
    meta |= described_by(analysed.values())
    meta["origin"] = f"{analysed.origin}, {analysed.reference}"
    meta["points"] = "digitised from a figure of E F(E)" if analysed.is_published else _UNFOLDED
    meta["caveats"] = "; ".join(analysed.quality())
    table = PUBLISHED_TABLE
    meta["citation"] = (
        archives.citation(table) if analysed.is_published else archives.collection("isgri_spectrum").cite
    )
    return meta
