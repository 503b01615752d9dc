"""Light curves of several instruments on one time axis, each in its own unit.

The curves stay apart: bands, thresholds and bins differ, so nothing is fitted or joined across instruments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
from astropy.table import Table, vstack
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.known.sources import find
from executors.writing import add_column, write_table
from kg_service.authoring import InputProduct, Measure, OutputFile
from kg_service.errors import Invalid, UnresolvedObject
from kg_service.model.times import iso_from_tt

__all__ = ["NO_OVERLAP", "Combined", "Curve", "combine", "read_curve", "utc", "write"]

Array = NDArray[np.float64]
NO_OVERLAP = "not simultaneous: the instruments never observed at the same time"
_DAY = 86400e6
_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
_VALUES = ("flux", "rate", "counts")
_CARRIED = ("fractional_variability", "mean_flux", "mean_rate", "constancy_chi2", "constancy_dof",
            "constancy_probability", "bayesian_blocks", "bayesian_blocks_false_alarm")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Curve:
    """One instrument's light curve: bins as MJD (UTC), values in ``unit`` with lower and upper errors.

    ``value`` is NaN where there is an ``limit`` (upper limit, confidence ``level``) alone; ``series`` names
    the part of the curve that a point belongs to, ``energy`` is its band in keV, NaN where not known.
    """

    source: str
    instrument: str
    instrument_iri: str
    quantity: str
    unit: str
    start: Array
    end: Array
    value: Array
    error_low: Array
    error_high: Array
    limit: Array
    level: Array
    energy_low: Array
    energy_high: Array
    series: tuple[str, ...]
    quality: tuple[str, ...]
    values: dict[str, Measure]
    citation: str

    @property
    def span(self) -> tuple[float, float]:
        """First and last time, MJD (UTC)."""
        return float(self.start.min()), float(self.end.max())

    @property
    def short(self) -> str:
        """The instrument as a part of names."""
        return self.instrument.lower().replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Combined:
    """Curves of one source, in the order given."""

    source: str
    curves: tuple[Curve, ...]

    @property
    def span(self) -> tuple[float, float]:
        """First and last time of all, MJD (UTC)."""
        return min(c.span[0] for c in self.curves), max(c.span[1] for c in self.curves)

    @property
    def energy(self) -> tuple[float, float] | None:
        """Lowest and highest energy (keV) of all bands that are known; ``None`` without any."""
        low, high = (
            np.concatenate([getattr(c, f"energy_{e}") for c in self.curves]) for e in ("low", "high")
        )
        if not np.isfinite(low).any() or not np.isfinite(high).any():
            return None
        return float(np.nanmin(low)), float(np.nanmax(high))

    def shared(self, one: Curve, other: Curve) -> int:
        """How many points of ``one`` overlap in time with a point of ``other``."""
        begins = one.start[:, None] < other.end[None, :]
        ends = one.end[:, None] > other.start[None, :]
        instant = (one.start[:, None] >= other.start[None, :]) & (one.end[:, None] <= other.end[None, :])
        return int(((begins & ends) | instant).any(axis=1).sum())

    def values(self) -> dict[str, Measure]:
        """Counts, spans and overlaps, and the parts' own measures under their instruments' names."""
        found: dict[str, Measure] = {}
        for curve in self.curves:
            found |= {
                f"{curve.short}_points": Measure(int(np.isfinite(curve.value).sum())),
                f"{curve.short}_upper_limits": Measure(int((~np.isfinite(curve.value)).sum())),
                f"{curve.short}_start": Measure(utc(curve.span[0])),
                f"{curve.short}_end": Measure(utc(curve.span[1])),
                f"{curve.short}_median_bin": Measure(
                    float(np.median(curve.end - curve.start)) * 86400, unit="s"
                ),
            }
            found |= {f"{curve.short}_{n}": m for n, m in curve.values.items() if n in _CARRIED}
        for one, other in combinations(self.curves, 2):
            found[f"{other.short}_points_during_{one.short}"] = Measure(self.shared(other, one))
        return found

    def quality(self) -> tuple[str, ...]:
        """What must be said of the curves together, then of each under its instrument's name."""
        caveats = []
        for one, other in combinations(self.curves, 2):
            if self.shared(one, other) == 0:
                caveats.append(NO_OVERLAP)
            else:
                wide, narrow = sorted((one, other), key=lambda c: -float(np.median(c.end - c.start)))
                ratio = np.median(wide.end - wide.start) / max(np.median(narrow.end - narrow.start), 1e-9)
                if ratio > 2:
                    caveats.append(
                        f"bins differ: {_length(wide)} ({wide.instrument}) and {_length(narrow)} "
                        f"({narrow.instrument}); no point-to-point comparison"
                    )
        caveats.append("each instrument in its own unit and band; nothing is fitted across instruments")
        said = [set(curve.quality) for curve in self.curves]
        shared = [text for text in self.curves[0].quality if all(text in texts for texts in said)]
        own = [f"{c.instrument}: {t}" for c in self.curves for t in c.quality if t not in shared]
        return (*dict.fromkeys(caveats), *shared, *own)


def _length(curve: Curve) -> str:
    days = float(np.median(curve.end - curve.start))
    for unit, size in (("d", 1.0), ("h", 1 / 24), ("min", 1 / 1440)):
        if days >= 2 * size:
            return f"{days / size:.3g} {unit}"
    return f"{days * 86400:.3g} s"


def utc(mjd: float) -> str:
    """ISO 8601 UTC to the second of an MJD (UTC)."""
    microseconds = round(mjd * 86400) * 1_000_000
    moment = _ZERO.timestamp() + microseconds / 1e6
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_curve(product: InputProduct) -> Curve:
    """Read an input product's ECSV table of a light curve, whichever of the names in use its columns have."""
    try:
        table = Table.read(product.path("text/ecsv"), format="ascii.ecsv")
        name = next((n for n in _VALUES if n in table.colnames), _VALUES[0])
        table[name]  # the column whose absence is told
        start, end = (_mjd_utc(table, edge) for edge in ("time_min", "time_max"))
    except KeyError as missing:
        raise Invalid(
            f"The light curve {product.ident} cannot be put beside others: it has no {missing.args[0]}.",
            value=product.ident,
        ) from missing
    middle = _mjd_utc(table, "time") if "time" in table.colnames else (start + end) / 2
    start, end = np.where(np.isfinite(start), start, middle), np.where(np.isfinite(end), end, middle)
    value = _numbers(table, name)
    low, high = (_errors(table, name, side) for side in ("errn", "errp"))
    is_limit = np.asarray(table["is_ul"], dtype=bool) if "is_ul" in table.colnames else np.isnan(value)
    limit = np.where(is_limit, _numbers(table, f"{name}_ul"), np.nan)
    whole_level = float(table.meta.get("UL_CONF", math.nan))
    level = _numbers(table, "ul_confidence", whole_level)
    band = _band(table, product.values)
    telescope, camera = str(table.meta.get("TELESCOP", "")), str(table.meta.get("INSTRUME", ""))
    return Curve(
        source=str(table.meta.get("OBJECT", "")),
        instrument=telescope if camera in ("", telescope) else f"{telescope}-{camera}".removeprefix("-"),
        instrument_iri=product.observed_with[0] if product.observed_with else "",
        quantity=str(table[name].description or name),
        unit=str(table[name].unit.to_string("vounit")) if table[name].unit is not None else "",
        start=start,
        end=end,
        value=np.where(is_limit, np.nan, value),
        error_low=np.where(is_limit, np.nan, low),
        error_high=np.where(is_limit, np.nan, high),
        limit=limit,
        level=np.where(np.isfinite(limit), np.where(np.isfinite(level), level, whole_level), np.nan),
        energy_low=band[0],
        energy_high=band[1],
        series=tuple(str(t) for t in table["reference"])
        if "reference" in table.colnames
        else (str(table.meta.get("catalogue", "")),) * len(table),
        quality=tuple(product.quality),
        values=dict(product.values),
        citation=str(table.meta.get("citation", "")),
    )


def _numbers(table: Table, name: str, otherwise: float = math.nan) -> Array:
    if name not in table.colnames:
        return np.full(len(table), otherwise)
    column = table[name]
    return np.asarray(column.filled(np.nan) if hasattr(column, "filled") else column, dtype=float)


def _errors(table: Table, name: str, side: str) -> Array:
    own = f"{name}_{side}"
    return _numbers(table, own if own in table.colnames else f"{name}_err")


def _mjd_utc(table: Table, name: str) -> Array:
    """A column of MJD in the scale that TIMESYS names, as MJD (UTC)."""
    times = np.asarray(table[name], dtype=float)
    if str(table.meta.get("TIMESYS", "")).upper() != "TT":
        return times
    texts = [iso_from_tt(round(mjd * _DAY)) for mjd in times]
    return np.array([(datetime.fromisoformat(text) - _ZERO).total_seconds() / 86400 for text in texts])


def _band(table: Table, values: Mapping[str, Measure]) -> tuple[Array, Array]:
    """Lower and upper energy (keV) of each point: from columns, the header, or the product's values."""
    found = []
    for side in ("min", "max"):
        if f"e_{side}" in table.colnames and table[f"e_{side}"].unit is not None:
            factor = table[f"e_{side}"].unit.to("keV")
            found.append(_numbers(table, f"e_{side}") * factor)
        elif f"energy_{side}_GeV" in table.meta:
            found.append(np.full(len(table), float(table.meta[f"energy_{side}_GeV"]) * 1e6))
        elif f"energy_{side}" in values and values[f"energy_{side}"].unit == "keV":
            found.append(np.full(len(table), float(values[f"energy_{side}"].value or math.nan)))
        else:
            found.append(np.full(len(table), math.nan))
    return found[0], found[1]


def combine(curves: list[Curve]) -> Combined:
    """Put curves together; they must be of one source and of different instruments."""
    names = [_identifier(curve.source) for curve in curves]
    if len(set(names)) > 1:
        raise Invalid(
            f"The light curves are of different sources: {', '.join(names)}.", value=", ".join(names)
        )
    instruments = [curve.instrument for curve in curves]
    if len(set(instruments)) < len(instruments):
        raise Invalid(
            f"Both light curves were observed with {instruments[0]}: there is nothing to put side by side.",
            value=instruments[0],
        )
    return Combined(names[0], tuple(curves))


def _identifier(name: str) -> str:
    """The main identifier; a source that the local list does not know keeps its own name."""
    try:
        return find(name).identifier
    except UnresolvedObject:
        return name


def write(combined: Combined) -> list[OutputFile]:
    """All points in four formats, each with its instrument, bin, unit and band."""
    table = vstack([_table(curve) for curve in combined.curves], metadata_conflicts="silent")
    start, end = combined.span
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": combined.source,
        "instruments": "; ".join(curve.instrument for curve in combined.curves),
        "TIMESYS": "UTC",
        "DATE-OBS": utc(start).rstrip("Z"),
        "DATE-END": utc(end).rstrip("Z"),
    }
    meta |= described_by(combined.values())
    meta["caveats"] = "; ".join(combined.quality())
    meta["citation"] = "; ".join(dict.fromkeys(curve.citation for curve in combined.curves))
    return write_table(table, "light_curves", meta, extension="LIGHT_CURVES")


def _table(curve: Curve) -> Table:
    table, count = Table(), len(curve.value)
    add_column(table, "instrument", [curve.instrument] * count, "instrument", ucd="instr")
    add_column(table, "series", list(curve.series), "part of the curve that the point belongs to")
    for name, column, text in (
        ("time_min", curve.start, "start"),
        ("time_max", curve.end, "end"),
    ):
        add_column(table, name, column, f"{text} of the bin, MJD (UTC)", unit="d", ucd=f"time.{text}")
    for name, column, text in (("utc_min", curve.start, "start"), ("utc_max", curve.end, "end")):
        add_column(table, name, [utc(t) for t in column], f"{text} of the bin (UTC)", ucd=f"time.{text}")
    for name, column, text, ucd in (
        ("value", curve.value, "flux or rate in the unit of the row", "phot"),
        ("value_errn", curve.error_low, "its lower error, 1 sigma", "stat.error"),
        ("value_errp", curve.error_high, "its upper error, 1 sigma", "stat.error"),
        ("value_ul", curve.limit, "upper limit in the unit of the row", "phot;stat.max"),
        ("ul_confidence", curve.level, "confidence level of the upper limit", "stat.confidence"),
    ):
        add_column(table, name, column, text, ucd=ucd)
    add_column(table, "unit", [curve.unit] * count, "unit of the row (VOUnit)", ucd="meta.unit")
    add_column(table, "quantity", [curve.quantity] * count, "what was measured")
    for name, column, text in (
        ("e_min", curve.energy_low, "lower energy"),
        ("e_max", curve.energy_high, "upper energy, where there is one"),
    ):
        add_column(table, name, column, text, unit="keV", ucd="em.energy")
    add_column(table, "is_ul", np.isnan(curve.value), "whether it is an upper limit", ucd="meta.code")
    return table
