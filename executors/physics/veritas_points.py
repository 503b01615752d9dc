"""Reads the published VERITAS spectra: which of a source, from which nights, and a power law for each."""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors import archives
from executors.flux_points import add_epochs, add_flux_points, recorded
from executors.physics import point_spectrum
from executors.physics.model_choice import AMPLITUDE_UNIT
from executors.physics.spectral_fit import Fit
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = [
    "TABLE",
    "NightSpectrum",
    "energy_range_kev",
    "points",
    "quality",
    "select",
    "title",
    "values",
    "write",
]

Array = NDArray[np.float64]
TABLE = "veritas_sed_points.ecsv"
_ORIGIN = datetime(1858, 11, 17, tzinfo=UTC)
_COLUMNS = {
    "e_ref": "energy",
    "e_min": "energy_min",
    "e_max": "energy_max",
    "e2dnde": "e2dnde",
    "e2dnde_errn": "e2dnde_errn",
    "e2dnde_errp": "e2dnde_errp",
    "e2dnde_ul": "e2dnde_ul",
    "ul_confidence": "ul_confidence",
}


@dataclass(frozen=True, slots=True)
class NightSpectrum:
    """One published spectrum: energies in MeV, E^2 dN/dE in erg cm-2 s-1, epoch in UTC.

    ``start`` and ``end`` are ISO texts; a whole night given by its date ends a day later.
    """

    source: str
    reference: str
    number: int
    start: str
    end: str
    night: bool
    columns: dict[str, Array]
    power_law: Fit | None

    @property
    def ident(self) -> str:
        """Reference and number within it."""
        return f"{self.reference} {self.number}"

    @property
    def epoch(self) -> str:
        """The epoch for people: a night, or first to last."""
        return self.start[:10] if self.night else f"{self.start[:10]} to {self.end[:10]}"


def select(
    source: str,
    t1: str | None = None,
    t2: str | None = None,
    e_min: float | None = None,
    e_max: float | None = None,
) -> list[NightSpectrum]:
    """The spectra of a source, in time order, whose epochs lie wholly between two UTC times.

    Of their points those between ``e_min`` and ``e_max`` (GeV); a spectrum without any is left out.
    """
    grouped: dict[str, dict[tuple[str, int], list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    energies: dict[str, list[float]] = defaultdict(list)
    for row in archives.rows(TABLE):
        energy = float(row["energy"]) * 1e3
        energies[row["source"]].append(energy)
        spectra_of_source = grouped[row["source"]]
        if (e_min is None or e_min <= energy) and (e_max is None or energy <= e_max):
            spectra_of_source[row["reference"], int(row["spectrum"])].append(row)
    if source not in grouped:
        raise NotCovered(
            f"VERITAS points of {source} are not kept here, those of {' and '.join(sorted(grouped))} are.",
            parameter="object",
            value=source,
            near=difflib.get_close_matches(source, sorted(grouped), n=2, cutoff=0.6) or sorted(grouped),
        )
    if not grouped[source]:
        low, high = min(energies[source]), max(energies[source])
        raise NotCovered(
            f"No VERITAS point of {source} kept here lies between the energies asked for; there are points "
            f"from {low:.0f} to {high:.0f} GeV.",
            parameter="e_min" if e_min is not None else "e_max",
            value=f"{e_min if e_min is not None else e_max} GeV",
        )
    spectra = sorted(
        (_spectrum(source, *key, rows) for key, rows in grouped[source].items()),
        key=lambda s: (s.start, s.end, s.ident),
    )
    chosen = [
        s
        for s in spectra
        if (t1 is None or _time(t1) <= _time(s.start)) and (t2 is None or _time(s.end) <= _time(t2))
    ]
    if not chosen:
        epochs = "; ".join(dict.fromkeys(s.epoch for s in spectra))
        raise NotCovered(
            f"No VERITAS spectrum of {source} kept here was taken wholly between {t1 or 'the beginning'} and "
            f"{t2 or 'the end'}. There are spectra of {epochs}.",
            parameter="t1" if t1 else "t2",
            value=t1 or t2,
        )
    return chosen


def _spectrum(source: str, reference: str, number: int, rows: list[dict[str, str]]) -> NightSpectrum:
    columns = {name: np.array([float(row[column]) for row in rows]) for name, column in _COLUMNS.items()}
    for name in ("e_ref", "e_min", "e_max"):
        columns[name] = np.round(columns[name] * 1e6, 3)
    first, last = float(rows[0]["mjd_min"]), float(rows[0]["mjd_max"])
    night = first == last and first.is_integer()
    measured = point_spectrum.measured_points(columns)
    return NightSpectrum(
        source=source,
        reference=reference,
        number=number,
        start=_iso(first),
        end=_iso(last + 1 if night else last),
        night=night,
        columns=columns,
        power_law=point_spectrum.fit(columns["e_ref"], measured, "power-law", _reference(columns)),
    )


def _reference(columns: dict[str, Array]) -> float:
    """Geometric mean of the measured energies in MeV (of all, where there are only limits)."""
    measured = columns["e_ref"][~np.isnan(columns["e2dnde"])]
    return float(np.exp(np.log(measured if len(measured) else columns["e_ref"]).mean()))


def _iso(mjd: float) -> str:
    moment = _ORIGIN + timedelta(seconds=round(mjd * 86400))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(utc: str) -> datetime:
    return datetime.fromisoformat(utc)


def quality(spectra: list[NightSpectrum]) -> tuple[str, ...]:
    """Caveats as short phrases."""
    caveats = ["not corrected for EBL absorption"]
    measured, limits = _counts(spectra)
    if limits and not measured:
        caveats.append(f"{_limits(limits)}, no measured point")
    if len(spectra) > 1:
        caveats.append(f"{len(spectra)} spectra of different nights: not one state of the source")
    for verdict, said in (
        ("poor", "a power law does not fit"),
        ("marginal", "marginal fit of a power law to"),
    ):
        found = [s.ident for s in spectra if s.power_law is not None and getattr(s.power_law, verdict)]
        if found:
            caveats.append(f"{said} {', '.join(found)}")
    return (*caveats, "points as published", "statistical errors only")


def values(spectra: list[NightSpectrum]) -> dict[str, Measure]:
    """Counts, the lowest limit where nothing was measured, and the power law of each spectrum that allows it.

    An index and an amplitude hold at the reference energy that stands beside them.
    """
    measured, limits = _counts(spectra)
    found = {"spectra": Measure(len(spectra)), "points": Measure(measured), "upper_limits": Measure(limits)}
    if limits and not measured:
        found = {"upper_limits": found["upper_limits"]} | _lowest_limit(spectra) | found
    for order, spectrum in enumerate(spectra, start=1):
        fitted = spectrum.power_law
        if fitted is None:
            continue
        amplitude = fitted.amplitude
        found[f"spectrum_{order}"] = Measure(f"{spectrum.epoch} ({spectrum.ident})")
        found[f"index_{order}"] = Measure(float(fitted.parameters[1]), float(fitted.errors[1]))
        found[f"amplitude_{order}"] = Measure(amplitude, amplitude * float(fitted.errors[0]), AMPLITUDE_UNIT)
        found[f"reference_energy_{order}"] = Measure(fitted.reference, unit="MeV")
        found[f"chi2_{order}"] = Measure(fitted.chi2)
        found[f"dof_{order}"] = Measure(fitted.dof)
        found[f"probability_{order}"] = Measure(fitted.probability)
    return found


def _counts(spectra: list[NightSpectrum]) -> tuple[int, int]:
    """How many points are measured, and how many are upper limits."""
    limits = sum(int(np.isnan(s.columns["e2dnde"]).sum()) for s in spectra)
    return sum(len(s.columns["e_ref"]) for s in spectra) - limits, limits


def _limits(count: int) -> str:
    return f"{count} upper limit{'' if count == 1 else 's'}"


def _lowest_limit(spectra: list[NightSpectrum]) -> dict[str, Measure]:
    """The lowest upper limit of E^2 dN/dE, the energy it is at and its confidence level."""
    columns = _joined(spectra)
    lowest = int(np.nanargmin(columns["e2dnde_ul"]))
    found = {
        "lowest_upper_limit": Measure(float(columns["e2dnde_ul"][lowest]), unit="erg.cm**-2.s**-1"),
        "lowest_upper_limit_energy": Measure(float(columns["e_ref"][lowest]), unit="MeV"),
    }
    confidence = float(columns["ul_confidence"][lowest])
    return found | ({} if math.isnan(confidence) else {"upper_limit_confidence": Measure(confidence)})


def title(spectra: list[NightSpectrum]) -> str:
    """What the spectra are called: limits where there are only limits, with their years."""
    measured, limits = _counts(spectra)
    first, last = min(s.start for s in spectra)[:4], max(s.end for s in spectra)[:4]
    what = f"VERITAS {'spectra' if len(spectra) > 1 else 'spectrum'}"
    if not measured:
        what = f"{limits} VERITAS upper limit{'' if limits == 1 else 's'}"
    return f"{what} of {spectra[0].source}, {first}{'' if first == last else f'-{last}'}"


def energy_range_kev(spectra: list[NightSpectrum]) -> tuple[float, float]:
    """Lowest and highest energy in keV: edges of bins where they are published, else energies of points."""
    columns = _joined(spectra)
    low, high = (
        np.where(np.isnan(columns[edge]), columns["e_ref"], columns[edge]) for edge in ("e_min", "e_max")
    )
    return float(low.min() * 1e3), float(high.max() * 1e3)


def points(spectra: list[NightSpectrum], instrument: str) -> list[dict[str, Any]]:
    """The flux points as the product records them."""
    names = [s.ident for s in spectra for _ in s.columns["e_ref"]]
    return recorded(_joined(spectra), names, _epochs(spectra), [instrument] * len(names))


def _joined(spectra: list[NightSpectrum]) -> dict[str, Array]:
    return {name: np.concatenate([s.columns[name] for s in spectra]) for name in _COLUMNS}


def _epochs(spectra: list[NightSpectrum]) -> list[tuple[str, str]]:
    return [(s.start, s.end) for s in spectra for _ in s.columns["e_ref"]]


def write(spectra: list[NightSpectrum]) -> list[OutputFile]:
    """All points in four formats, with the epoch and the fitted index of their spectrum."""
    sizes = [len(s.columns["e_ref"]) for s in spectra]
    table = Table()
    add_flux_points(table, _joined(spectra))
    add_column(
        table,
        "spectrum",
        np.repeat([s.ident for s in spectra], sizes),
        "bibcode and number of the spectrum",
        ucd="meta.bib.bibcode",
    )
    add_epochs(table, _epochs(spectra))
    fits = [s.power_law for s in spectra]
    index = [float(f.parameters[1]) if f else math.nan for f in fits]
    error = [float(f.errors[1]) if f else math.nan for f in fits]
    add_column(table, "pl_index", np.repeat(index, sizes), "index of the power law of this spectrum")
    add_column(table, "pl_index_err", np.repeat(error, sizes), "its error")
    return write_table(table, "spectrum", _meta(spectra), extension="FLUX_POINTS")


def _meta(spectra: list[NightSpectrum]) -> dict[str, str | float | int | bool]:
    confidences = sorted({float(c) for s in spectra for c in s.columns["ul_confidence"] if not math.isnan(c)})
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": spectra[0].source,
        "TELESCOP": "VERITAS",
        "INSTRUME": "VERITAS",
        "DATE-OBS": min(s.start for s in spectra).rstrip("Z"),
        "DATE-END": max(s.end for s in spectra).rstrip("Z"),
        "TIMESYS": "UTC",
        "SED_TYPE": "e2dnde",
        "references": "; ".join(dict.fromkeys(s.reference for s in spectra)),
        "power_law": "each spectrum in E^2 dN/dE; a limit enters as 0 +- limit / quantile of its confidence",
        "caveats": "; ".join(quality(spectra)),
        "citation": archives.citation(TABLE),
    }
    if len(confidences) == 1:
        meta["UL_CONF"] = confidences[0]
    return meta
