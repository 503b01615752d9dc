"""Reads sources of the whole catalogues 4FGL-DR4 (14 years) and 3FHL (7 years) of a mirror.

Columns as described in Abdollahi et al. 2022, ApJS 260, 53, table 12 (4FGL), and Ajello et al. 2017,
ApJS 232, 18, table 9 (3FHL).
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors import archives, fermi_catalogue_files
from executors.fits_reading import UNREADABLE, opened
from executors.known import sources
from executors.known.source_list import separation
from executors.physics import fermi_catalogue
from executors.physics.band_spectrum import Bands
from executors.physics.fermi_catalogue import BAND_EDGES, HISTORY_EDGES_MET, CatalogueSource
from kg_service.errors import NotCovered, Problem, RunFailed, UnresolvedObject

__all__ = ["HARD_EDGES", "HardSource", "hard_source_at", "source_named"]

Array = NDArray[np.float64]
HARD_EDGES: Array = np.array([1e4, 2e4, 5e4, 1.5e5, 5e5, 2e6])
"""Edges of the five spectral bands of 3FHL in MeV."""
_HDU = "LAT_Point_Source_Catalog"
_FITTED = ("pl_flux_density", "pl_index", "lp_flux_density", "lp_index", "lp_beta", "variability_index")
_BINS = ("ENERGYBOUNDS", "HIST_START")


@dataclass(frozen=True, slots=True)
class HardSource:
    """One source of 3FHL, 10 GeV to 2 TeV: pivot in MeV, photon fluxes in cm-2 s-1, ``sed`` in erg cm-2 s-1.

    ``distance`` (deg) is from the position that was asked for.
    """

    name: str
    association: str
    kind: str
    ra: float
    dec: float
    distance: float
    pivot: float
    index: float
    index_error: float
    significance: float
    blocks: int
    flux: Array
    error_low: Array
    error_high: Array
    sed: Array
    sqrt_ts: Array

    @property
    def title(self) -> str:
        """The association with the catalogue name; the name alone where there is no association."""
        return f"{self.association} ({self.name})" if self.association else self.name

    @property
    def bands(self) -> Bands:
        """The five bands, ready to be fitted."""
        return Bands.from_catalogue(
            HARD_EDGES[:-1], HARD_EDGES[1:], self.flux, self.error_low, self.error_high, self.sqrt_ts
        )


def source_named(name: str) -> CatalogueSource:
    """The source of exactly that 4FGL name: of the shipped extract, else of a mirror's whole catalogue."""
    if name in fermi_catalogue_files.shipped():
        return fermi_catalogue.source_named(name)
    found = fermi_catalogue_files.newest("fermi_4fgl")
    if found is None:
        raise _without_catalogue(name)
    rows, edges, history = _read_4fgl(found)
    names = [str(text).strip() for text in rows["Source_Name"]]
    if name not in names:
        raise NotCovered(
            f"{name} is not among the {len(names)} sources of {found.path.name}.",
            parameter="source",
            value=name,
            near=difflib.get_close_matches(name, names, n=5, cutoff=0.8),
        )
    if not (np.array_equal(edges, BAND_EDGES) and np.allclose(history, HISTORY_EDGES_MET, atol=1.0)):
        raise NotCovered(
            f"{found.path.name} has {len(edges) - 1} bands and {len(history) - 1} years, unlike 4FGL-DR4 "
            "with its "
            "8 bands and 14 years: put gll_psc_v32 or newer into the mirror.",
            parameter="source",
            value=name,
        )
    return _source(rows[names.index(name)])


def _without_catalogue(name: str) -> Problem:
    try:
        fermi_catalogue.source_named(name)
    except NotCovered as refused:
        if fermi_catalogue_files.is_catalogue_name(name):
            return fermi_catalogue_files.absent(name, refused.near)
        return refused
    raise AssertionError(name)


def hard_source_at(ra: float, dec: float, radius: float) -> tuple[HardSource, archives.ArchiveFile]:
    """The 3FHL source nearest to a position, within ``radius`` (all in degrees), and the file it is from."""
    found = fermi_catalogue_files.newest("fermi_3fhl")
    if found is None:
        raise archives.missing(
            "fermi_3fhl",
            f"A source of 3FHL at RA {ra:g}, Dec {dec:g}",
            "The file gll_psch_v13 holds 1556 sources.",
            parameter="ra",
            value=f"{ra:g} deg",
        )
    rows = _read(found)["rows"]
    near = min(rows, key=lambda row: separation(ra, dec, float(row["RAJ2000"]), float(row["DEJ2000"])))
    distance = separation(ra, dec, float(near["RAJ2000"]), float(near["DEJ2000"]))
    if distance > radius:
        raise NotCovered(
            f"No source of 3FHL lies within {radius:g} deg of RA {ra:g}, Dec {dec:g} (ICRS); the nearest is "
            f"{_text(near['Source_Name'])} ({_text(near['ASSOC1']) or 'no association'}) at "
            f"{distance:.3g} deg.",
            parameter="radius",
            value=f"{radius:g} deg",
            near=[_text(near["Source_Name"])],
        )
    return _hard(near, distance), found


def _read(found: archives.ArchiveFile) -> dict[str, Any]:
    try:
        with opened(found.path) as hdus:
            tables = {hdu.name.upper(): hdu.data for hdu in hdus if hdu.name.upper() in _BINS}
            return tables | {"rows": hdus[_HDU].data}
    except UNREADABLE as error:
        raise RunFailed(
            f"{found.path.name} ({found.reached}) cannot be read as a Fermi-LAT catalogue: it is "
            "damaged, cut "
            f"short or has no table {_HDU} ({type(error).__name__}). Replace the file.",
            value=found.path.name,
        ) from error


def _read_4fgl(found: archives.ArchiveFile) -> tuple[Any, Array, Array]:
    """The rows, the edges of the bands (MeV) and of the years (mission elapsed seconds)."""
    tables = _read(found)
    try:
        bounds, history = tables["ENERGYBOUNDS"], tables["HIST_START"]["Hist_Start"]
        edges = np.unique([*bounds["LowerEnergy"], *bounds["UpperEnergy"]])
        return tables["rows"], edges.astype(float), np.asarray(history, dtype=float)
    except UNREADABLE as error:
        raise RunFailed(
            f"{found.path.name} ({found.reached}) does not say its bands and years (tables EnergyBounds and "
            "Hist_Start). Replace the file.",
            value=found.path.name,
        ) from error


def _source(row: Any) -> CatalogueSource:
    name, association = _text(row["Source_Name"]), _text(row["ASSOC1"])
    by_catalogue = {key.lower(): _number(row[key]) for key in row.array.names if key.lower() in _FITTED}
    identifier = _identifier(name, association)
    return CatalogueSource(
        name=name,
        association=association or name,
        identifier=identifier,
        remark="" if association else "no association with a known object",
        kind=_text(row["CLASS1"]),
        ra=float(row["RAJ2000"]),
        dec=float(row["DEJ2000"]),
        pivot=float(row["Pivot_Energy"]),
        fitted={"spectrum_type": _text(row["SpectrumType"])}
        | {key: by_catalogue[key] for key in _FITTED}
        | {"significance": _number(row["Signif_Avg"])},
        flux=_array(row["Flux_Band"]),
        error_low=_errors(row["Unc_Flux_Band"], 0),
        error_high=_errors(row["Unc_Flux_Band"], 1),
        sed=_array(row["nuFnu_Band"]),
        sqrt_ts=_array(row["Sqrt_TS_Band"]),
        history=_array(row["Flux_History"]),
        history_error_low=_errors(row["Unc_Flux_History"], 0),
        history_error_high=_errors(row["Unc_Flux_History"], 1),
        history_sqrt_ts=_array(row["Sqrt_TS_History"]),
    )


def _identifier(name: str, association: str) -> str:
    """The main identifier of the known source of that name, else the association, else the name."""
    try:
        return sources.find(name).identifier
    except UnresolvedObject:
        return association or name


def _hard(row: Any, distance: float) -> HardSource:
    return HardSource(
        name=_text(row["Source_Name"]),
        association=_text(row["ASSOC1"]),
        kind=_text(row["CLASS"]),
        ra=float(row["RAJ2000"]),
        dec=float(row["DEJ2000"]),
        distance=distance,
        pivot=float(row["Pivot_Energy"]) * 1e3,
        index=float(row["PowerLaw_Index"]),
        index_error=float(row["Unc_PowerLaw_Index"]),
        significance=float(row["Signif_Avg"]),
        blocks=int(row["Variability_BayesBlocks"]),
        flux=_array(row["Flux_Band"]),
        error_low=_errors(row["Unc_Flux_Band"], 0),
        error_high=_errors(row["Unc_Flux_Band"], 1),
        sed=_array(row["nuFnu"]),
        sqrt_ts=_array(row["Sqrt_TS_Band"]),
    )


def _array(values: Any) -> Array:
    return np.asarray(values, dtype=float)


def _errors(values: Any, side: int) -> Array:
    """Lower (0) or upper (1) errors as positive numbers; the catalogue gives the lower ones with a minus."""
    return np.asarray(np.abs(np.asarray(values, dtype=float).reshape(-1, 2)[:, side]))


def _text(value: Any) -> str:
    return str(value).strip()


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
