"""Reads the shipped extract of the Fermi-LAT catalogue 4FGL-DR4 into arrays.

Columns as described in Abdollahi et al. 2022, ApJS 260, 53, table 12, and Ballet et al. 2023,
arXiv:2307.12546.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors import archives
from executors.known.source_list import separation
from executors.physics.band_spectrum import Bands
from kg_service.errors import NotCovered

__all__ = ["BAND_EDGES", "HISTORY_EDGES_MET", "TABLE", "CatalogueSource", "source_named"]

Array = NDArray[np.float64]
TABLE = "fermi_4fgl_dr4_selected.ecsv"
BAND_EDGES: Array = np.array([50, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6])
"""Edges of the eight spectral bands in MeV."""
HISTORY_EDGES_MET: Array = np.array([239557417.0, *(270890000.0 + 31560000.0 * np.arange(14))])
"""Edges of the fourteen yearly bins in Fermi mission elapsed time (s)."""

_SPELLED_POSITION = re.compile(r"J(\d{2})(\d{2}\.\d)([+-])(\d{2})(\d{2})")
_NAMES = ("source_name", "association", "main_identifier")
_MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """One source: names, position (ICRS deg), pivot energy (MeV), the catalogue's own fits, its fluxes.

    ``identifier`` is the main identifier by which every product calls the source, ``association``
    the name that the catalogue gives it.
    ``bands`` and ``history`` hold photon fluxes in cm-2 s-1; ``sed`` E^2 dN/dE in erg cm-2 s-1 at
    the geometric mean of each band, converted by the catalogue with its spectral shape.
    """

    name: str
    association: str
    identifier: str
    remark: str
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
        """How the source is called: main identifier, catalogue name, the association where it differs."""
        return f"{self.identifier} ({self.designation})"

    @property
    def heading(self) -> str:
        """The same as the first line of a picture."""
        return f"{self.identifier}   ({self.designation})"

    @property
    def designation(self) -> str:
        """The name in the catalogue, with the catalogue's association where that is another name."""
        if self.association == self.identifier:
            return self.name
        return f"{self.name}, there {self.association}"

    @property
    def has_cutoff(self) -> bool:
        """Whether the catalogue describes the source by a power law with exponential cutoff."""
        return self.fitted["spectrum_type"] == "PLSuperExpCutoff"

    @property
    def caveats(self) -> tuple[str, ...]:
        """What to know about the entry of the source."""
        return (self.remark,) if self.remark else ()

    @property
    def header(self) -> dict[str, str | float | int | bool]:
        """What every file about the source says of it."""
        return {
            "OBJECT": self.identifier,
            "TELESCOP": "Fermi",
            "INSTRUME": "LAT",
            "catalogue": "4FGL-DR4",
            "catalogue_name": self.name,
            "catalogue_association": self.association,
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
    raise _not_kept(name, table)


def _not_kept(name: str, table: list[dict[str, str]]) -> NotCovered:
    """The refusal of a source, with those nearest to its position and those with a name like it."""
    called = {row["source_name"]: row["main_identifier"] for row in table}
    spelled = {row[column]: row["source_name"] for row in table for column in _NAMES}
    near = dict.fromkeys([spelled[name]] if name in spelled else ())
    said, place = "", _position_in(name)
    if place is not None:
        closest = sorted(
            (separation(*place, float(row["ra"]), float(row["dec"])), row["source_name"]) for row in table
        )
        near |= dict.fromkeys(found for _, found in closest[:_MOST_NEAR])
        distance, first = closest[0]
        said = f" The nearest of them is {called[first]} ({first}) at {distance:.3g} deg."
    alike = difflib.get_close_matches(name, spelled, n=_MOST_NEAR, cutoff=0.6)
    near |= dict.fromkeys(spelled[found] for found in alike)
    return NotCovered(
        f"{name} is not among the {len(table)} sources of 4FGL-DR4 whose fluxes are kept here.{said} All of "
        f"them are listed in the documentation of the analysis (docs/topics/analyses.md).",
        parameter="source",
        value=name,
        near=[f"{found} ({called[found]})" for found in list(near)[:_MOST_NEAR]],
    )


def _position_in(name: str) -> tuple[float, float] | None:
    """The position (ICRS, deg) that a catalogue name like 4FGL J0509.4+0542 spells; ``None`` without one."""
    found = _SPELLED_POSITION.search(name)
    if found is None:
        return None
    hours, minutes, sign, degrees, arcminutes = found.groups()
    declination = float(degrees) + float(arcminutes) / 60
    return 15 * (float(hours) + float(minutes) / 60), -declination if sign == "-" else declination


def _source(row: dict[str, str]) -> CatalogueSource:
    def array(column: str) -> Array:
        return np.array(json.loads(row[column]), dtype=float)

    return CatalogueSource(
        name=row["source_name"],
        association=row["association"],
        identifier=row["main_identifier"],
        remark=row["remark"],
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
