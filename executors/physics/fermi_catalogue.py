"""Reads the shipped extract of the Fermi-LAT catalogue 4FGL-DR4 into arrays.

Columns as described in Abdollahi et al. 2022, ApJS 260, 53, table 12, and Ballet et al. 2023,
arXiv:2307.12546.
"""

from __future__ import annotations

import difflib
import json
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors import archives
from executors.physics.band_spectrum import Bands
from kg_service.errors import NotCovered

__all__ = ["BAND_EDGES", "HISTORY_EDGES_MET", "TABLE", "CatalogueSource", "source_named"]

Array = NDArray[np.float64]
TABLE = "fermi_4fgl_dr4_selected.ecsv"
BAND_EDGES: Array = np.array([50, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6])
"""Edges of the eight spectral bands in MeV."""
HISTORY_EDGES_MET: Array = np.array([239557417.0, *(270890000.0 + 31560000.0 * np.arange(14))])
"""Edges of the fourteen yearly bins in Fermi mission elapsed time (s)."""


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """One source: names, position (ICRS deg), pivot energy (MeV), the catalogue's own fits, its fluxes.

    ``bands`` and ``history`` hold photon fluxes in cm-2 s-1; ``sed`` E^2 dN/dE in erg cm-2 s-1 at
    the geometric mean of each band, converted by the catalogue with its spectral shape.
    """

    name: str
    association: str
    kind: str
    ra: float
    dec: float
    pivot: float
    fitted: dict[str, str | float | None]
    flux: Array
    error_low: Array
    error_high: Array
    sed: Array
    sqrt_ts: Array
    history: Array
    history_error_low: Array
    history_error_high: Array
    history_sqrt_ts: Array

    @property
    def title(self) -> str:
        """How the source is called on plots: the association with the catalogue name."""
        return f"{self.association} ({self.name})"

    @property
    def header(self) -> dict[str, str | float | int | bool]:
        """What every file about the source says of it."""
        return {
            "OBJECT": self.association,
            "TELESCOP": "Fermi",
            "INSTRUME": "LAT",
            "catalogue": "4FGL-DR4",
            "catalogue_name": self.name,
            "RA_OBJ": self.ra,
            "DEC_OBJ": self.dec,
            "RADESYS": "ICRS",
            "TIMESYS": "UTC",
            "citation": archives.citation(TABLE),
        }

    def bands(self, chosen: NDArray[np.bool_]) -> Bands:
        """The chosen bands, ready to be fitted."""
        low, high = BAND_EDGES[:-1], BAND_EDGES[1:]
        columns = (low, high, self.flux, self.error_low, self.error_high, self.sqrt_ts)
        return Bands.from_catalogue(*(column[chosen] for column in columns))


def source_named(name: str) -> CatalogueSource:
    """The source of exactly that 4FGL name; never another one."""
    table = archives.rows(TABLE)
    for row in table:
        if row["source_name"] == name:
            return _source(row)
    known = {row["source_name"]: row["association"] for row in table}
    near = [n for n, a in known.items() if a == name]
    near += difflib.get_close_matches(name, list(known), n=3, cutoff=0.75)
    raise NotCovered(
        f"{name} is not among the {len(known)} sources of 4FGL-DR4 whose fluxes are kept here. Covered are "
        f"{', '.join(sorted(known.values()))} (by their 4FGL names).",
        parameter="source",
        value=name,
        near=[f"{n} ({known[n]})" for n in near],
    )


def _source(row: dict[str, str]) -> CatalogueSource:
    def array(column: str) -> Array:
        return np.array(json.loads(row[column]), dtype=float)

    return CatalogueSource(
        name=row["source_name"],
        association=row["association"],
        kind=row["source_class"],
        ra=float(row["ra"]),
        dec=float(row["dec"]),
        pivot=float(row["pivot_energy"]),
        fitted={"spectrum_type": row["spectrum_type"]}
        | {
            name: _number(row[name])
            for name in (
                "pl_flux_density",
                "pl_index",
                "lp_flux_density",
                "lp_index",
                "lp_beta",
                "variability_index",
                "significance",
            )
        },
        flux=array("flux_band"),
        error_low=array("flux_band_error_low"),
        error_high=array("flux_band_error_high"),
        sed=array("nufnu_band"),
        sqrt_ts=array("sqrt_ts_band"),
        history=array("flux_history"),
        history_error_low=array("flux_history_error_low"),
        history_error_high=array("flux_history_error_high"),
        history_sqrt_ts=array("sqrt_ts_history"),
    )


def _number(text: str) -> float | None:
    number = float(text) if text else math.nan
    return number if math.isfinite(number) else None
