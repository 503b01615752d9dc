"""Events of the gravitational-wave catalogues in a time range and near a place; facts of one event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table

from executors import archives
from executors.flux_points import described_by
from executors.gw_runs import OBSERVING_RUNS, TABLE, Listed, runs_between
from executors.json_writing import write_json
from executors.physics import sky_map, sky_regions
from executors.sky_map_archive import MapFile
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Cone", "Found", "Place", "facts", "place", "write", "write_facts"]

QUANTITIES = (
    ("mass_1", "mass of the heavier body, in the source's frame", "solMass"),
    ("mass_2", "mass of the lighter body, in the source's frame", "solMass"),
    ("chirp_mass", "chirp mass, in the source's frame", "solMass"),
    ("final_mass", "mass of the remnant, in the source's frame", "solMass"),
    ("chi_eff", "effective spin along the orbit", None),
    ("luminosity_distance", "luminosity distance", "Mpc"),
    ("redshift", "redshift", None),
    ("network_snr", "signal to noise of the detectors together", None),
)
"""Columns of the catalogue that have a median with a 90 % interval: name, meaning, unit."""
_NORMAL_90 = 1.6449


@dataclass(frozen=True, slots=True)
class Cone:
    """Where to look (ICRS, deg) and the credible level (percent) whose region counts."""

    ra: float
    dec: float
    radius: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Place:
    """What the map of an event says: areas (deg2) and contours by level (percent), and about the cone.

    ``meets`` is whether the region of the threshold and the cone have a point in common; ``level`` (percent)
    is the smallest region that reaches a cell in the cone, ``probability`` what the cone holds.
    """

    file: MapFile
    areas: dict[float, float]
    contours: dict[float, list[list[tuple[float, float]]]]
    meets: bool | None = None
    level: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Events of a time range; ``places`` of those that have a map at hand."""

    start: str
    end: str
    events: tuple[Listed, ...]
    places: dict[str, Place]
    cone: Cone | None
    in_range: int

    @property
    def unknown(self) -> tuple[str, ...]:
        """Listed events of which it is not known whether they meet the cone."""
        return tuple(e.name for e in self.events if e.name not in self.places) if self.cone else ()

    @property
    def meeting(self) -> tuple[str, ...]:
        """Listed events whose region meets the cone."""
        return tuple(name for name, place in self.places.items() if place.meets)

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = ["events of GWTC-1 to GWTC-3 that were found confidently; alerts alone are not listed"]
        caveats.append(f"observing runs in the time range: {', '.join(runs_between(self.start, self.end))}")
        first, last = OBSERVING_RUNS[0][1], OBSERVING_RUNS[-1][2]
        if self.start < first or self.end > last:
            caveats.append(f"the catalogues cover {first[:10]} to {last[:10]}, not all of the time range")
        if any(e.time_to_tenth for e in self.events):
            caveats.append("times are those of the catalogue, many given to 0.1 s")
        if self.cone is not None:
            cone = self.cone
            caveats.append(
                f"cone of {cone.radius:g} deg around RA {cone.ra:g}, Dec {cone.dec:g} deg against regions of "
                f"{cone.threshold:g} %"
            )
            if self.unknown:
                caveats.append(
                    f"{len(self.unknown)} of {self.in_range} events have no map at hand: listed, but whether "
                    "they meet the cone is not known"
                )
        if any(place.file.preliminary for place in self.places.values()):
            caveats.append("some maps are preliminary, of the first alert")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """How many, and which."""
        found = {"events_in_range": Measure(self.in_range), "events_listed": Measure(len(self.events))}
        if self.cone is not None:
            found |= {
                "meet_the_cone": Measure(len(self.meeting)),
                "names_meeting": Measure(", ".join(self.meeting)),
                "no_map_at_hand": Measure(len(self.unknown)),
                "level_threshold_percent": Measure(self.cone.threshold),
                "cone_ra": Measure(self.cone.ra, unit="deg"),
                "cone_dec": Measure(self.cone.dec, unit="deg"),
                "cone_radius": Measure(self.cone.radius, unit="deg"),
            }
        if len(self.events) <= 12:
            found["names"] = Measure(", ".join(event.name for event in self.events))
        return {name: measure for name, measure in found.items() if measure.value != ""}


def place(file: MapFile, levels: Sequence[float], cone: Cone | None) -> Place:
    """Read the map of an event: areas and contours, and whether its region meets the cone.

    Raises
    ------
    RunFailed
        When the map is damaged.
    """
    sky = sky_map.read(file.path)
    areas = {level: sky.credible_area(level) for level in levels}
    contours = {level: sky_regions.contours(sky, level) for level in levels}
    if cone is None:
        return Place(file, areas, contours)
    ra, dec = sky.position(np.arange(len(sky.uniq)))
    inside = sky_regions.separation(ra, dec, cone.ra, cone.dec) <= cone.radius
    reached = np.append(np.flatnonzero(inside), sky.cell_at(np.array([cone.ra]), np.array([cone.dec])))
    return Place(
        file=file,
        areas=areas,
        contours=contours,
        meets=sky_regions.cone_meets(sky_regions.moc(sky, cone.threshold), cone.ra, cone.dec, cone.radius),
        level=100 * float(sky.credible_level[reached[reached >= 0]].min(initial=1.0)),
        probability=float(sky.probability[inside].sum()),
    )


def write(found: Found) -> list[OutputFile]:
    """The events as a table in all formats, and the contours of their maps as JSON."""
    events = found.events
    table = Table()
    add_column(table, "name", _texts(e.name for e in events), "event", ucd="meta.id;meta.main")
    add_column(table, "time", _texts(e.time for e in events), "UTC of the merger", ucd="time.epoch")
    add_column(table, "catalog", _texts(e.row["catalog"] for e in events), "catalogue", ucd="meta.bib")
    for name, meaning, unit in QUANTITIES:
        for suffix, what in (
            ("", ""),
            ("_lower", ", lower 90 %, from the median"),
            ("_upper", ", upper 90 %"),
        ):
            numbers = np.array([_number(e.row[name + suffix]) for e in events], dtype=float)
            add_column(table, name + suffix, numbers, meaning + what, unit=unit)
    for name, meaning, unit in (
        ("far_per_yr", "false alarm rate", "yr-1"),
        ("p_astro", "probability of an astrophysical origin", None),
    ):
        add_column(
            table, name, np.array([_number(e.row[name]) for e in events], dtype=float), meaning, unit=unit
        )
    places = [found.places.get(e.name) for e in events]
    add_column(table, "map", _texts(p.file.path.name if p else "" for p in places), "sky map at hand")
    for level in sorted({level for p in places if p for level in p.areas}):
        areas = np.array([p.areas[level] if p else math.nan for p in places])
        add_column(table, f"area_{level:g}", areas, f"area of the {level:g} % region", unit="deg2")
    if found.cone is not None:
        words = {True: "meets", False: "does not meet", None: "no map at hand"}
        add_column(table, "cone", _texts(words[p.meets if p else None] for p in places), "region and cone")
        inside = np.array([math.nan if p is None or p.probability is None else p.probability for p in places])
        add_column(
            table, "probability_in_cone", inside, "probability that the cone holds", ucd="stat.probability"
        )
        reach = np.array([math.nan if p is None or p.level is None else p.level for p in places])
        add_column(table, "level_in_cone", reach, "smallest credible region that reaches the cone, percent")
    meta = _meta("gravitational-wave events", found.values(), found.quality())
    outlines = {
        name: {"map": p.file.path.name, "levels": list(p.contours), "contours": list(p.contours.values())}
        for name, p in found.places.items()
    }
    files = write_table(table, "events", meta, extension="EVENTS")
    if outlines:
        written = write_json({"meta": meta, "frame": "ICRS", "contours": outlines}, "contours")
        files.insert(0, OutputFile(written.name, "application/json;content=contours"))
    return files


def facts(event: Listed) -> dict[str, Measure]:
    """What the catalogue says of an event: medians; the error is half the 90 % interval over 1.645."""
    found: dict[str, Measure] = {}
    for name, _, unit in QUANTITIES:
        value = _number(event.row[name])
        if math.isnan(value):
            continue
        low, high = _number(event.row[f"{name}_lower"]), _number(event.row[f"{name}_upper"])
        error = (high - low) / (2 * _NORMAL_90) if high > low else None
        found[name] = Measure(value, error, unit)
        if error is not None:
            found[f"{name}_lower_90"] = Measure(round(value + low, 6), unit=unit)
            found[f"{name}_upper_90"] = Measure(round(value + high, 6), unit=unit)
    for name, unit in (("far_per_yr", "yr**-1"), ("p_astro", None)):
        if math.isfinite(_number(event.row[name])):
            found[name] = Measure(_number(event.row[name]), unit=unit)
    return found | {"event_time": Measure(event.time), "catalogue": Measure(event.row["catalog"])}


def write_facts(event: Listed, caveats: tuple[str, ...]) -> list[OutputFile]:
    """The facts as a table of quantities in all formats."""
    rows = [
        (name, meaning, unit or "")
        for name, meaning, unit in QUANTITIES
        if not math.isnan(_number(event.row[name]))
    ]
    table = Table()
    add_column(table, "quantity", _texts(name for name, _, _ in rows), "quantity", ucd="meta.id")
    for suffix, what in (
        ("", "median"),
        ("_lower", "5 % minus the median"),
        ("_upper", "95 % minus the median"),
    ):
        values = np.array([_number(event.row[name + suffix]) for name, _, _ in rows])
        add_column(table, f"value{suffix}", values, what)
    add_column(table, "unit", _texts(unit for _, _, unit in rows), "unit of the row", ucd="meta.unit")
    add_column(table, "meaning", _texts(meaning for _, meaning, _ in rows), "what it is", ucd="meta.note")
    return write_table(table, "event_facts", _meta(event.name, facts(event), caveats), extension="FACTS")


def _meta(name: str, values: dict[str, Measure], caveats: tuple[str, ...]) -> dict[str, Any]:
    return {
        "OBJECT": name,
        "messenger": "gravitational wave",
        "TIMESYS": "UTC",
        **described_by(values),
        "caveats": "; ".join(caveats),
        "dataset": TABLE,
        "citation": archives.citation(TABLE),
    }


def _texts(values: Any) -> Any:
    return np.array([str(value) for value in values], dtype=str)


def _number(text: str) -> float:
    return float(text) if text else math.nan
