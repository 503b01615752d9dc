"""The yearly light curve of one source of 4FGL-DR4: its variability, its blocks, the files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics.fermi_catalogue import HISTORY_EDGES_MET, CatalogueSource
from executors.physics.variability import (
    Block,
    Constancy,
    FractionalVariability,
    blocks,
    constancy,
    fractional_variability,
    plain_mean,
)
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Analysed", "analyse", "write"]

Array = NDArray[np.float64]
FALSE_ALARM = 0.05
"""Chance of a spurious change point, p0 of the Bayesian blocks."""
_FLUX_UNIT = "cm**-2.s**-1"
_MET_ORIGIN_MJD = 51910 + 64.184 / 86400
"""MJD (TT) at which Fermi mission elapsed time is zero: 2001-01-01 00:00:00 UTC."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """The fluxes (cm-2 s-1, 0.1-100 GeV) with the errors used, and what was measured of them.

    ``sigma`` is the mean of lower and upper error; for a year with an upper limit the upper one. ``mean``
    is the plain mean with its standard error.
    """

    source: CatalogueSource
    edges: Time
    limit: NDArray[np.bool_]
    sigma: Array
    mean: tuple[float, float]
    constant: Constancy
    fractional: FractionalVariability
    blocks: list[Block]

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = ["yearly bins: faster variability is averaged", "statistical errors only"]
        if self.limit.any():
            caveats.append(
                f"{int(self.limit.sum())} of {len(self.limit)} years are limits, used with their best flux"
            )
        caveats += self.source.caveats
        if self.fractional.value is None:
            caveats.append("no variability in excess of the errors: F_var is not defined")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        found = {
            "fractional_variability": Measure(self.fractional.value, self.fractional.error),
            "mean_flux": Measure(*self.mean, _FLUX_UNIT),
            "weighted_mean_flux": Measure(self.constant.mean, self.constant.error, _FLUX_UNIT),
            "constancy_chi2": Measure(self.constant.chi2),
            "constancy_dof": Measure(self.constant.dof),
            "constancy_probability": Measure(self.constant.probability),
            "normalised_excess_variance": Measure(self.fractional.excess, self.fractional.excess_error),
            "bayesian_blocks": Measure(len(self.blocks)),
            "bayesian_blocks_false_alarm": Measure(FALSE_ALARM),
            "largest_to_smallest_flux": Measure(float(self.source.history.max() / self.source.history.min())),
            "years": Measure(len(self.source.history)),
            "catalogue_variability_index": Measure(self.source.fitted["variability_index"]),
        }
        return {name: measure for name, measure in found.items() if measure.value is not None}


def analyse(source: CatalogueSource) -> Analysed:
    """Measure the variability of the fourteen yearly fluxes."""
    edges = Time(_MET_ORIGIN_MJD, HISTORY_EDGES_MET / 86400, format="mjd", scale="tt")
    limit = np.isnan(source.history_error_low)
    low = np.where(limit, source.history_error_high, source.history_error_low)
    sigma = (low + source.history_error_high) / 2
    return Analysed(
        source=source,
        edges=edges,
        limit=limit,
        sigma=sigma,
        mean=plain_mean(source.history),
        constant=constancy(source.history, sigma),
        fractional=fractional_variability(source.history, sigma),
        blocks=blocks(edges.mjd, source.history, sigma, FALSE_ALARM),
    )


def utc_texts(times: Time) -> list[str]:
    """Times as ISO 8601 UTC with Z, to the second."""
    times = Time(times.utc, precision=0)
    return [f"{text}Z" for text in times.isot]


def write(analysed: Analysed) -> list[OutputFile]:
    """The light curve in four formats."""
    source, edges = analysed.source, analysed.edges
    utc, limit = utc_texts(edges), analysed.limit
    table = Table()
    add_column(table, "time_min", edges.mjd[:-1], "start of the bin, MJD (TT)", unit="d", ucd="time.start")
    add_column(table, "time_max", edges.mjd[1:], "end of the bin, MJD (TT)", unit="d", ucd="time.end")
    add_column(table, "utc_min", utc[:-1], "start of the bin (UTC)", ucd="time.start")
    add_column(table, "utc_max", utc[1:], "end of the bin (UTC)", ucd="time.end")
    area = "cm-2 s-1"
    upper = source.history + 2 * source.history_error_high
    add_column(
        table,
        "flux",
        source.history,
        "photon flux 0.1-100 GeV (best value also for limits)",
        unit=area,
        ucd="phot.flux;em.gamma",
    )
    add_column(
        table,
        "flux_errn",
        source.history_error_low,
        "its lower error, 1 sigma, NaN for a limit",
        unit=area,
        ucd="stat.error;phot.flux;em.gamma",
    )
    add_column(
        table,
        "flux_errp",
        source.history_error_high,
        "its upper error, 1 sigma",
        unit=area,
        ucd="stat.error;phot.flux;em.gamma",
    )
    add_column(
        table,
        "flux_ul",
        np.where(limit, upper, np.nan),
        "95 % upper limit",
        unit=area,
        ucd="phot.flux;em.gamma;stat.max",
    )
    add_column(table, "is_ul", limit, "whether the year is an upper limit", ucd="meta.code")
    add_column(table, "sqrt_ts", source.history_sqrt_ts, "square root of the test statistic", ucd="stat.snr")
    sizes = [block.last - block.first + 1 for block in analysed.blocks]
    add_column(table, "block", np.repeat(np.arange(1, len(sizes) + 1), sizes), "number of the Bayesian block")
    add_column(
        table,
        "block_flux",
        np.repeat([b.mean for b in analysed.blocks], sizes),
        "mean flux of the block",
        unit=area,
    )
    add_column(
        table, "block_flux_err", np.repeat([b.error for b in analysed.blocks], sizes), "its error", unit=area
    )
    return write_table(table, "light_curve", _meta(analysed, utc), extension="LIGHT_CURVE")


def _meta(analysed: Analysed, utc: list[str]) -> dict[str, str | float | int | bool]:
    meta = analysed.source.header | {
        "TIMESYS": "TT",
        "DATE-OBS": analysed.edges[0].tt.isot,
        "DATE-END": analysed.edges[-1].tt.isot,
        "utc_start": utc[0],
        "utc_end": utc[-1],
        "time_system": "time_min and time_max are MJD (TT), as DATE-OBS and DATE-END; utc_... are UTC; "
        "spacecraft time, not barycentric",
        "energy_min_GeV": 0.1,
        "energy_max_GeV": 100.0,
        "UL_CONF": 0.95,
    }
    meta |= described_by(analysed.values())
    meta["method"] = (
        "F_var and mean_flux: plain mean, Vaughan et al. 2003, eq. 10 and B2; constancy: about the mean "
        "weighted by 1/sigma^2; blocks: Scargle et al. 2013, point measurements"
    )
    meta["caveats"] = "; ".join(analysed.quality())
    return meta
