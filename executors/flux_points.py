"""The columns in which every spectrum is written, named as gamma-astro-data-formats names flux points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.writing import Meta, add_column
from kg_service.authoring import Measure

__all__ = ["add_epochs", "add_flux_points", "described_by", "recorded"]

Array = NDArray[np.float64]
_FLUX = "phot.flux.density;em.gamma"
_COLUMNS = {
    "e_ref": ("reference energy", "MeV", "em.energy"),
    "e_min": ("lower edge in energy, where there is one", "MeV", "em.energy;stat.min"),
    "e_max": ("upper edge in energy, where there is one", "MeV", "em.energy;stat.max"),
    "e2dnde": ("E^2 dN/dE as observed", "erg cm-2 s-1", _FLUX),
    "e2dnde_errn": ("its lower error, 1 sigma", "erg cm-2 s-1", f"stat.error;{_FLUX}"),
    "e2dnde_errp": ("its upper error, 1 sigma", "erg cm-2 s-1", f"stat.error;{_FLUX}"),
    "e2dnde_ul": ("upper limit of E^2 dN/dE", "erg cm-2 s-1", f"{_FLUX};stat.max"),
    "ul_confidence": ("confidence level of the upper limit", None, "stat.confidence"),
}
_RECORD = {
    "energy_reference": "e_ref",
    "energy_low": "e_min",
    "energy_high": "e_max",
    "flux": "e2dnde",
    "flux_error_low": "e2dnde_errn",
    "flux_error_high": "e2dnde_errp",
    "upper_limit": "e2dnde_ul",
    "confidence_level": "ul_confidence",
}


def add_flux_points(table: Table, columns: Mapping[str, Array]) -> None:
    """Append the flux points: energies in MeV, fluxes in erg cm-2 s-1, NaN where a value does not apply.

    ``columns`` holds the eight columns by name; a point without ``e2dnde`` is an upper limit.
    """
    for name, (description, unit, ucd) in _COLUMNS.items():
        add_column(table, name, columns[name], description, unit=unit, ucd=ucd)
    add_column(table, "is_ul", np.isnan(columns["e2dnde"]), "whether it is an upper limit", ucd="meta.code")


def add_epochs(table: Table, epochs: list[tuple[str, str]]) -> None:
    """Append start and end of the observation of each point as ISO 8601 UTC texts."""
    add_column(table, "epoch_start", [start for start, _ in epochs], "start (UTC)", ucd="time.start")
    add_column(table, "epoch_end", [end for _, end in epochs], "end (UTC)", ucd="time.end")


def recorded(
    columns: Mapping[str, Array], spectra: list[str], epochs: list[tuple[str, str]], instruments: list[str]
) -> list[dict[str, Any]]:
    """The flux points as the product's graph records them: energies in keV, what does not apply left out."""
    found = []
    for i, (spectrum, (start, end), instrument) in enumerate(zip(spectra, epochs, instruments, strict=True)):
        point: dict[str, Any] = {"order": i + 1}
        for name, column in _RECORD.items():
            value = float(columns[column][i])
            if np.isfinite(value):
                point[name] = float(f"{value * 1e3:.9g}") if name.startswith("energy") else value
        point |= {"epoch_start": start, "epoch_end": end, "spectrum": spectrum, "observed_with": instrument}
        found.append(point)
    return found


def described_by(values: Mapping[str, Measure]) -> Meta:
    """Scalar results as entries of a file's description; an error follows its value as ``..._error``."""
    meta: dict[str, str | float | int | bool] = {}
    for name, measure in values.items():
        if measure.value is not None:
            meta[name] = measure.value
            if measure.error is not None:
                meta[f"{name}_error"] = measure.error
    return meta
