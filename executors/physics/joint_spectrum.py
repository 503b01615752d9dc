"""Spectral points of several instruments in one table: what may be said of them together, and what not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import add_epochs, add_flux_points, described_by, recorded
from executors.known.sources import find
from executors.physics import point_spectrum
from executors.physics.model_choice import AMPLITUDE_UNIT
from executors.physics.spectral_fit import Fit
from executors.writing import add_column, write_table
from kg_service.authoring import InputProduct, Measure, OutputFile
from kg_service.errors import Invalid, UnresolvedObject

__all__ = ["EBL", "NOT_SIMULTANEOUS", "Combined", "Part", "combine", "read_part", "write"]

Array = NDArray[np.float64]
NOT_SIMULTANEOUS = "not simultaneous"
EBL = "not corrected for EBL absorption"
CORRECTED = "corrected for EBL absorption"
_NUMBERS = ("e_ref", "e_min", "e_max", "e2dnde", "e2dnde_errn", "e2dnde_errp", "e2dnde_ul", "ul_confidence")
_CARRIED = frozenset(
    {"preferred_model", "reference_energy", "energy_flux", "upper_limits", "spectra"}
    | {f"{model}_{name}" for model in ("pl", "lp", "plec") for name in ("index", "amplitude")}
    | {"lp_beta", "plec_expfactor", "plec_exp_index"}
)
"""Results of the parts that stand among those of the whole, in the order in which each part has them."""


@dataclass(frozen=True, slots=True)
class Part:
    """The points of one instrument: energies in MeV, E^2 dN/dE in erg cm-2 s-1, epochs as ISO UTC texts."""

    source: str
    instrument: str
    instrument_iri: str
    columns: dict[str, Array]
    spectrum: list[str]
    epochs: list[tuple[str, str]]
    quality: tuple[str, ...]
    values: dict[str, Measure]
    citation: str

    def groups(self) -> list[tuple[str, tuple[str, str], NDArray[np.bool_]]]:
        """Each spectrum with its epoch and the mask of its points."""
        keys = list(zip(self.spectrum, self.epochs, strict=True))
        return [
            (name, epoch, np.array([k == (name, epoch) for k in keys])) for name, epoch in dict.fromkeys(keys)
        ]


@dataclass(frozen=True, slots=True)
class Combined:
    """All parts of one source, and the joint fit where it was asked for."""

    source: str
    parts: tuple[Part, ...]
    simultaneous: bool
    fit: Fit | None
    fit_asked: bool

    def column(self, name: str) -> Array:
        """One column over all parts."""
        return np.concatenate([part.columns[name] for part in self.parts])

    @property
    def energy_range(self) -> tuple[float, float]:
        """Lowest and highest energy in MeV: edges of the bins where there are some, else those of points."""
        low, high = (
            np.where(np.isnan(self.column(edge)), self.column("e_ref"), self.column(edge))
            for edge in ("e_min", "e_max")
        )
        return float(low.min()), float(high.max())

    def flags(self) -> tuple[str, ...]:
        """What must be said wherever the points are shown together."""
        flags = [] if self.simultaneous else [NOT_SIMULTANEOUS]
        if not all(CORRECTED in part.quality for part in self.parts if part.columns["e_ref"].max() > 1e5):
            flags.append(EBL)
        if self.fit is not None and self.fit.poor:
            flags.append(f"joint fit rejected: {self.fit.verdict}")
        if self.fit is not None and self.fit.marginal:
            flags.append(f"marginal joint fit: {self.fit.verdict}")
        if self.fit_asked and self.fit is None:
            flags.append("too few points for a joint fit")
        return tuple(flags)

    def quality(self) -> tuple[str, ...]:
        """The flags, what holds for every part, then the rest of each part under its instrument's name."""
        said = [[text for text in part.quality if text not in (EBL, CORRECTED)] for part in self.parts]
        shared = [text for text in said[0] if all(text in texts for texts in said)]
        own = [
            f"{part.instrument}: {text}"
            for part, texts in zip(self.parts, said, strict=True)
            for text in texts
            if text not in shared
        ]
        return (*self.flags(), *shared, *own)

    def values(self) -> dict[str, Measure]:
        """Counts, the parts' main results, and the joint fit."""
        found: dict[str, Measure] = {}
        if self.fit is not None:
            found |= _joint_values(self.fit)
        for part in self.parts:
            short = part.instrument.lower().replace("-", "_")
            found |= {f"{short}_{name}": m for name, m in part.values.items() if name in _CARRIED}
            found[f"{short}_points"] = Measure(int((~np.isnan(part.columns["e2dnde"])).sum()))
        lowest, highest = self.energy_range
        found["lowest_energy"] = Measure(lowest, unit="MeV")
        found["highest_energy"] = Measure(highest, unit="MeV")
        found["simultaneous"] = Measure(self.simultaneous)
        return found

    def points(self) -> list[dict[str, Any]]:
        """The flux points as the product records them."""
        parts = self.parts
        return recorded(
            {name: self.column(name) for name in _NUMBERS},
            [name for part in parts for name in part.spectrum],
            [epoch for part in parts for epoch in part.epochs],
            [part.instrument_iri for part in parts for _ in part.spectrum],
        )


def _joint_values(fitted: Fit) -> dict[str, Measure]:
    """The joint fit, with the energy at which index and amplitude hold."""
    (index, beta), (index_error, beta_error) = fitted.parameters[1:], fitted.errors[1:]
    amplitude = fitted.amplitude
    return {
        "joint_index": Measure(float(index), float(index_error)),
        "joint_beta": Measure(float(beta), float(beta_error)),
        "joint_amplitude": Measure(amplitude, amplitude * float(fitted.errors[0]), AMPLITUDE_UNIT),
        "joint_reference_energy": Measure(fitted.reference, unit="MeV"),
        "joint_chi2": Measure(fitted.chi2),
        "joint_dof": Measure(fitted.dof),
        "joint_probability": Measure(fitted.probability),
        "joint_fit_accepted": Measure(not fitted.poor),
    }


def read_part(product: InputProduct) -> Part:
    """Read an input product's ECSV table of flux points (columns as gamma-astro-data-formats names them)."""
    try:
        table = Table.read(product.path("text/ecsv"), format="ascii.ecsv")
        columns = {name: _numbers(table, name) for name in _NUMBERS}
        columns["ul_confidence"] = np.where(np.isnan(columns["e2dnde"]), columns["ul_confidence"], np.nan)
        epochs = [(str(a), str(b)) for a, b in zip(table["epoch_start"], table["epoch_end"], strict=True)]
    except KeyError as missing:
        raise Invalid(
            f"The spectrum {product.ident} cannot be combined: it has no {missing.args[0]}.",
            value=product.ident,
        ) from missing
    telescope, camera = str(table.meta.get("TELESCOP", "")), str(table.meta.get("INSTRUME", ""))
    own = (
        table["spectrum"]
        if "spectrum" in table.colnames
        else [str(table.meta.get("catalogue", ""))] * len(table)
    )
    return Part(
        source=str(table.meta.get("OBJECT", "")),
        instrument=telescope if telescope == camera else f"{telescope}-{camera}",
        instrument_iri=product.observed_with[0] if product.observed_with else "",
        columns=columns,
        spectrum=[str(name) for name in own],
        epochs=epochs,
        quality=tuple(product.quality),
        values=dict(product.values),
        citation=str(table.meta.get("citation", "")),
    )


def _numbers(table: Table, name: str) -> Array:
    """A column in MeV or erg cm-2 s-1; a confidence level may stand in the header for all limits."""
    if name == "ul_confidence" and name not in table.colnames:
        return np.full(len(table), float(table.meta.get("UL_CONF", math.nan)))
    if name in ("e_min", "e_max") and name not in table.colnames:
        return np.full(len(table), math.nan)
    column = table[name]
    if name == "ul_confidence":
        return np.asarray(column, dtype=float)
    target = u.MeV if name.startswith("e_") else u.erg / u.cm**2 / u.s
    return np.asarray((np.asarray(column, dtype=float) * u.Unit(column.unit)).to_value(target))


def combine(parts: list[Part], joint_fit: bool) -> Combined:
    """Put the parts together; they must be of one source."""
    names = [_identifier(part.source) for part in parts]
    if len(set(names)) > 1:
        raise Invalid(f"The spectra are of different sources: {', '.join(names)}.", value=", ".join(names))
    together = Combined(names[0], tuple(parts), _simultaneous(parts), None, joint_fit)
    if not joint_fit:
        return together
    energy = together.column("e_ref")
    measured = point_spectrum.measured_points({name: together.column(name) for name in _NUMBERS})
    reference = float(np.exp(np.log(energy[~measured.limit]).mean()))
    fitted = point_spectrum.fit(energy, measured, "log-parabola", reference)
    return Combined(names[0], tuple(parts), together.simultaneous, fitted, joint_fit)


def _identifier(name: str) -> str:
    """The main identifier; a source that the local list does not know keeps its own name."""
    try:
        return find(name).identifier
    except UnresolvedObject:
        return name


def _simultaneous(parts: list[Part]) -> bool:
    """Whether every two epochs of different instruments share at least half of the longer one."""
    for first, second in combinations(parts, 2):
        for one in set(first.epochs):
            for other in set(second.epochs):
                (a, b), (c, d) = map(_span, (one, other))
                if min(b, d) - max(a, c) < 0.5 * max(b - a, d - c):
                    return False
    return True


def _span(epoch: tuple[str, str]) -> tuple[float, float]:
    start, end = (datetime.fromisoformat(text).timestamp() for text in epoch)
    return start, end


def write(combined: Combined) -> list[OutputFile]:
    """All points in four formats, with instrument and epoch of each."""
    table, parts = Table(), combined.parts
    names = [part.instrument for part in parts for _ in part.spectrum]
    add_column(table, "instrument", names, "instrument", ucd="instr")
    add_flux_points(table, {name: combined.column(name) for name in _NUMBERS})
    spectra = [name for part in parts for name in part.spectrum]
    add_column(table, "spectrum", spectra, "spectrum the point belongs to")
    add_epochs(table, [epoch for part in parts for epoch in part.epochs])
    return write_table(table, "spectrum", _meta(combined), extension="FLUX_POINTS")


def _meta(combined: Combined) -> dict[str, str | float | int | bool]:
    epochs = [epoch for part in combined.parts for epoch in part.epochs]
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": combined.source,
        "instruments": "; ".join(part.instrument for part in combined.parts),
        "DATE-OBS": min(start for start, _ in epochs).rstrip("Z"),
        "DATE-END": max(end for _, end in epochs).rstrip("Z"),
        "TIMESYS": "UTC",
        "SED_TYPE": "e2dnde",
    }
    meta |= described_by(combined.values())
    meta["caveats"] = "; ".join(combined.quality())
    meta["citation"] = "; ".join(dict.fromkeys(part.citation for part in combined.parts))
    return meta
