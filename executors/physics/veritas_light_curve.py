"""The VERITAS light curves of a source: how each series varies, its Bayesian blocks, the files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from astropy.table import Table, vstack
from numpy.typing import NDArray

from executors import vtscat_files
from executors.flux_points import described_by
from executors.physics import vtscat
from executors.physics.bayesian_blocks import partition
from executors.physics.variability import (
    Block,
    Constancy,
    FractionalVariability,
    constancy,
    fractional_variability,
)
from executors.physics.vtscat import Series
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["Analysed", "analyse", "covers", "quality", "select", "values", "write"]

Array = NDArray[np.float64]
FALSE_ALARM = 0.01
"""Chance of a spurious change point, p0 of the Bayesian blocks."""
_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_UNIT = "cm**-2.s**-1"
_FEWEST = 3
"""Measured points that blocks and fractional variability need."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """One series and what was measured of its fluxes; ``blocks`` count measured points only."""

    series: Series
    measured: NDArray[np.bool_]
    sigma: Array
    constant: Constancy | None
    fractional: FractionalVariability | None
    blocks: list[Block]

    @property
    def energies(self) -> str:
        """The energies that the photons were counted in, for people."""
        low, high = (_readable(column) for column in (self.series.e_min, self.series.e_max))
        if not low:
            return "energies not stated"
        return f"{low} to {high}" if high else f"above {low}"


def select(source: str, t1: str | None, t2: str | None) -> list[Series]:
    """Every series of a source with points between two UTC times, in time order, cut to them."""
    files = vtscat_files.of_source(source, "lc")
    every = [series for series in map(vtscat.light_curve, files) if series is not None]
    if not every:
        raise vtscat_files.absent(source, "lc")
    first, last = (-np.inf if t1 is None else _mjd(t1)), (np.inf if t2 is None else _mjd(t2))
    found = []
    for series in every:
        inside = (series.time >= first) & (series.time <= last)
        if inside.any():
            found.append(_part(series, inside))
    if not found:
        spans = sorted({(iso(s.time[0])[:10], iso(s.time[-1])[:10]) for s in every})
        said = "; ".join(a if a == b else f"{a} to {b}" for a, b in spans)
        raise NotCovered(
            f"No VERITAS flux of {source} at hand was taken between {t1 or 'the beginning'} and "
            f"{t2 or 'the end'}. "
            f"There are light curves of {said}.",
            parameter="t1" if t1 or not t2 else "t2",
            value=t1 or t2,
        )
    return sorted(found, key=lambda s: (s.time[0], s.reference, len(s.number), s.number))


def _part(series: Series, inside: NDArray[np.bool_]) -> Series:
    names = ("time", "start", "end", "flux", "error_low", "error_high", "limit", "e_min", "e_max")
    return replace(series, **{name: getattr(series, name)[inside] for name in names})


def analyse(series: Series) -> Analysed:
    """Chi2 against a constant, fractional variability and blocks of the measured fluxes with their errors."""
    sigma = (series.error_low + series.error_high) / 2
    measured = np.isfinite(series.flux) & (sigma > 0)
    flux, used = series.flux[measured], sigma[measured]
    enough = len(flux) >= _FEWEST
    return Analysed(
        series=series,
        measured=measured,
        sigma=sigma,
        constant=constancy(flux, used) if len(flux) > 1 else None,
        fractional=fractional_variability(flux, used) if enough else None,
        blocks=_blocks(flux, used) if enough else [],
    )


def _blocks(flux: Array, sigma: Array) -> list[Block]:
    """Scargle et al. 2013, ApJ 764, 167, section 3.3: point measurements, changes lie between them."""
    scale = float(np.median(flux)) or 1.0  # fluxes of 1e-10 and their squares, far from rounding
    starts = [*partition(flux / scale, sigma / scale, FALSE_ALARM), len(flux)]
    found = []
    for first, stop in pairwise(starts):
        part = constancy(flux[first:stop], sigma[first:stop])
        found.append(Block(int(first), int(stop) - 1, part.mean, part.error))
    return found


def values(analysed: list[Analysed]) -> dict[str, Measure]:
    """Counts, and the measures of each series by its place."""
    found = {
        "series": Measure(len(analysed)),
        "points": Measure(sum(int(a.measured.sum()) for a in analysed)),
        "upper_limits": Measure(sum(int(np.isnan(a.series.flux).sum()) for a in analysed)),
        "bayesian_blocks_false_alarm": Measure(FALSE_ALARM),
    }
    for order, one in enumerate(analysed, start=1):
        series = one.series
        found[f"series_{order}"] = Measure(f"{series.ident}, {one.energies}")
        found[f"points_{order}"] = Measure(int(one.measured.sum()))
        if np.isfinite(series.e_min).any():
            found[f"energy_threshold_{order}"] = Measure(float(np.nanmin(series.e_min)) * 1e3, unit="GeV")
        if one.constant is not None:
            found[f"mean_flux_{order}"] = Measure(one.constant.mean, one.constant.error, _UNIT)
            found[f"constancy_chi2_{order}"] = Measure(one.constant.chi2)
            found[f"constancy_dof_{order}"] = Measure(one.constant.dof)
            found[f"constancy_probability_{order}"] = Measure(one.constant.probability)
        if one.fractional is not None:
            excess = Measure(one.fractional.excess, one.fractional.excess_error)
            found[f"normalised_excess_variance_{order}"] = excess
            if one.fractional.value is not None:
                found[f"fractional_variability_{order}"] = Measure(one.fractional.value, one.fractional.error)
            found[f"bayesian_blocks_{order}"] = Measure(len(one.blocks))
    return found


def quality(analysed: list[Analysed]) -> tuple[str, ...]:
    """Caveats as short phrases."""
    caveats = []
    if len(analysed) > 1:
        caveats.append(
            f"{len(analysed)} series with thresholds, bins and spectral assumptions of their own: not to be "
            "joined"
        )
    if any(_overlap(a.series, b.series) for i, a in enumerate(analysed) for b in analysed[:i]):
        caveats.append("series overlap in time: the same photons are counted in several")
    instants = [a for a in analysed if np.isnan(a.series.start).any()]
    if instants:
        caveats.append(f"{len(instants)} series give no bin widths")
    few = [a for a in analysed if not a.blocks]
    if few:
        caveats.append(f"{len(few)} series with fewer than {_FEWEST} measured points have no blocks")
    levels = [a.series.confidence for a in analysed if np.isfinite(a.series.limit).any()]
    if None in levels:
        caveats.append("the confidence level of some upper limits is not stated")
    if levels:
        caveats.append("upper limits are drawn, not used in the measures")
    return (*caveats, "times taken as UTC, not barycentric", "fluxes as published, statistical errors only")


def _overlap(one: Series, other: Series) -> bool:
    return bool(one.time[0] <= other.time[-1] and other.time[0] <= one.time[-1])


def covers(analysed: list[Analysed]) -> tuple[tuple[str, str], tuple[float, float]]:
    """First and last time (UTC), energies in keV (up to 30 TeV where a series has no upper end)."""
    first = min(float(np.nanmin(np.fmin(a.series.start, a.series.time))) for a in analysed)
    last = max(float(np.nanmax(np.fmax(a.series.end, a.series.time))) for a in analysed)
    lowest = [float(np.nanmin(a.series.e_min)) for a in analysed if np.isfinite(a.series.e_min).any()]
    highest = [
        float(np.nanmax(a.series.e_max)) if np.isfinite(a.series.e_max).all() else 30.0 for a in analysed
    ]
    return (iso(first), iso(last)), (min(lowest, default=0.085) * 1e9, max(highest) * 1e9)


def write(source: str, analysed: list[Analysed]) -> list[OutputFile]:
    """All series below each other in four formats."""
    table = vstack([_table(order, one) for order, one in enumerate(analysed, start=1)])
    (start, end), _ = covers(analysed)
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": source,
        "TELESCOP": "VERITAS",
        "INSTRUME": "VERITAS",
        "TIMESYS": "UTC",
        "DATE-OBS": start.rstrip("Z"),
        "DATE-END": end.rstrip("Z"),
        "references": "; ".join(dict.fromkeys(a.series.reference for a in analysed)),
        "method": "F_var: Vaughan et al. 2003, eq. 10 and B2; constancy about the mean weighted by "
        "1/sigma^2; "
        "blocks: Scargle et al. 2013, point measurements; limits not used",
        "citation": analysed[0].series.file.dataset.cite,
    }
    levels = {a.series.confidence for a in analysed if np.isfinite(a.series.limit).any()} - {None}
    if len(levels) == 1:
        meta["UL_CONF"] = float(levels.pop() or 0)
    for order, one in enumerate(analysed, start=1):
        if one.series.comment:
            meta[f"remark_{order}"] = one.series.comment.encode("ascii", "replace").decode()
    meta |= described_by(values(analysed))
    meta["caveats"] = "; ".join(quality(analysed))
    return write_table(table, "light_curve", meta, extension="LIGHT_CURVE")


def _table(order: int, one: Analysed) -> Table:
    series, count = one.series, len(one.series.time)
    area, table = "cm-2 s-1", Table()
    limit = np.isnan(series.flux)
    add_column(table, "series", np.full(count, order), "number of the series", ucd="meta.id")
    add_column(table, "reference", [series.ident] * count, "bibcode and number", ucd="meta.bib.bibcode")
    for name, values_, text, ucd in (
        ("time", series.time, "middle of the bin, MJD (UTC)", "time.epoch"),
        ("time_min", series.start, "start of the bin, MJD (UTC)", "time.start"),
        ("time_max", series.end, "end of the bin, MJD (UTC)", "time.end"),
    ):
        add_column(table, name, values_, text, unit="d", ucd=ucd)
    add_column(table, "utc", [iso(t) for t in series.time], "middle of the bin (UTC)", ucd="time.epoch")
    level = np.where(limit, series.confidence if series.confidence is not None else np.nan, np.nan)
    flux_block, error_block, number = (np.full(count, np.nan) for _ in range(3))
    places = np.flatnonzero(one.measured)
    for n, block in enumerate(one.blocks, start=1):
        inside = places[block.first : block.last + 1]
        number[inside], flux_block[inside], error_block[inside] = n, block.mean, block.error
    for name, values_, text, unit, ucd in (
        ("flux", series.flux, "photon flux", area, "phot.flux;em.gamma"),
        ("flux_errn", series.error_low, "its lower error, 1 sigma", area, "stat.error;phot.flux"),
        ("flux_errp", series.error_high, "its upper error, 1 sigma", area, "stat.error;phot.flux"),
        ("flux_ul", np.where(limit, series.limit, np.nan), "upper limit", area, "phot.flux;stat.max"),
        ("ul_confidence", level, "confidence level of the upper limit", None, "stat.confidence"),
        ("e_min", series.e_min, "energy threshold", "TeV", "em.energy;stat.min"),
        ("e_max", series.e_max, "upper end in energy, where there is one", "TeV", "em.energy;stat.max"),
        ("block", number, "number of the Bayesian block", None, "meta.id"),
        ("block_flux", flux_block, "weighted mean flux of the block", area, "phot.flux;stat.mean"),
        ("block_flux_err", error_block, "its error", area, "stat.error;phot.flux"),
    ):
        add_column(table, name, values_, text, unit=unit, ucd=ucd)
    add_column(table, "is_ul", limit, "whether it is an upper limit", ucd="meta.code")
    return table


def _readable(energies: Array) -> str:
    """One energy, or the range of several, in GeV or TeV; empty where none is given."""
    known = np.unique(energies[np.isfinite(energies)])
    ends = known if len(known) < 2 else known[[0, -1]]
    texts = [f"{e:g} TeV" if e >= 1 else f"{e * 1e3:g} GeV" for e in ends]
    return re.sub(r" (GeV|TeV)(-.* \1)", r"\2", "-".join(texts))


def _mjd(utc: str) -> float:
    return (datetime.fromisoformat(utc) - _ZERO).total_seconds() / 86400


def iso(mjd: float) -> str:
    """ISO 8601 UTC to the second of an MJD (UTC)."""
    return (_ZERO + timedelta(seconds=round(float(mjd) * 86400))).strftime("%Y-%m-%dT%H:%M:%SZ")
