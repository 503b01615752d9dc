"""Known sources in a credible region of a sky map, how many chance would put there, and the files.

Two tests of the catalogue (how many sources are inside; how probable the place of the best one is) and,
where the list of alerts covers the time, one of the neutrinos: the smallest probability is corrected for
the number of tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics import chance_alignment
from executors.physics.chance_alignment import Turned
from executors.physics.counterpart_catalogues import Catalogue
from executors.physics.icecube_alerts import chosen_because
from executors.physics.neutrino_counterparts import NearAlert, Neutrinos, compare
from executors.physics.sky_map import SkyMap
from executors.sky_map_archive import MapFile
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["Candidate", "Searched", "search", "write"]

_WHOLE_SKY = 4 * math.pi * (180 / math.pi) ** 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source inside the region: its credible level (0 to 1), probability density (per steradian).

    ``expected`` is the number of sources that chance brings to its credible level or a lower one.
    """

    name: str
    association: str
    kind: str
    ra: float
    dec: float
    significance: float
    level: float
    density: float
    expected: float
    not_blind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a region of ``percent`` credibility and ``area`` (deg2) holds, best candidate first."""

    event: str
    time: str
    file: MapFile
    sky: SkyMap
    percent: float
    area: float
    catalogue: Catalogue
    candidates: tuple[Candidate, ...]
    chance: Turned
    neutrinos: Neutrinos | None

    @property
    def expected_uniform(self) -> float:
        """Sources expected if the catalogue's mean density over the sky held everywhere."""
        return len(self.catalogue.ra) * self.area / _WHOLE_SKY

    @property
    def probabilities(self) -> dict[str, float]:
        """The chance probability of each test."""
        best = self.candidates[0].expected if self.candidates else self.chance.expected
        found = {
            "count": chance_alignment.at_least(len(self.candidates), self.chance.chances),
            "best_source": -math.expm1(-best) if self.candidates else 1.0,
        }
        if self.neutrinos is not None:
            some = self.neutrinos.coincident
            found["alerts"] = _poisson_at_least(some, self.neutrinos.expected)
        return found

    @property
    def post_trial(self) -> float:
        """The smallest of the probabilities after as many trials as there are tests (Sidak)."""
        smallest = min(self.probabilities.values())
        return -math.expm1(len(self.probabilities) * math.log1p(-smallest)) if smallest < 1 else 1.0

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        tests = self.probabilities
        found = {
            "sources_inside": Measure(len(self.candidates)),
            "expected_by_chance": Measure(self.expected_uniform),
            "expected_at_galactic_latitude": Measure(self.chance.expected),
            "chance_probability": Measure(tests["count"]),
            "turns_with_as_many": Measure(float((self.chance.counts >= len(self.candidates)).mean())),
            "credible_level": Measure(self.percent, unit="%"),
            "area": Measure(self.area, unit="deg**2"),
            "sources_compared": Measure(len(self.catalogue.ra)),
        }
        if self.candidates:
            best = self.candidates[0]
            found |= {
                "best_source": Measure(best.name),
                "best_source_level": Measure(100 * best.level, unit="%"),
                "best_source_expected": Measure(best.expected),
                "best_source_chance_probability": Measure(tests["best_source"]),
            }
        if self.neutrinos is not None:
            found |= {
                "alerts_compared": Measure(self.neutrinos.compared),
                "alerts_in_window": Measure(len(self.neutrinos.near)),
                "alerts_coincident": Measure(self.neutrinos.coincident),
                "alerts_expected_by_chance": Measure(self.neutrinos.expected),
                "alerts_chance_probability": Measure(tests["alerts"]),
                "alerts_window": Measure(self.neutrinos.window, unit="s"),
            }
        return found | {
            "trials": Measure(len(tests)),
            "smallest_chance_probability": Measure(min(tests.values())),
            "post_trial_probability": Measure(self.post_trial),
        }

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases, the verdict first."""
        inside, expected = len(self.candidates), self.expected_uniform
        verdict = "as many as" if inside >= expected else "fewer than"
        caveats = [
            f"{inside} sources inside, {expected:.1f} expected by chance (mean density of the catalogue; "
            f"{self.chance.expected:.1f} at these galactic latitudes)"
            + (
                f": {verdict} chance brings, no source is singled out"
                if self.post_trial > 0.01
                else f"; post-trial probability {self.post_trial:.2g}"
            ),
            f"map by {self.sky.header.get('CREATOR', self.file.pipeline)}"
            + (", preliminary: of the first alert" if self.file.preliminary else ""),
            "position only: no distance, no flux change at the time of the event",
            "positions of the catalogue taken as exact",
        ]
        if not self.catalogue.complete:
            caveats.insert(
                1,
                f"only {self.catalogue.title}: bright or well-known ones, most of the catalogue is "
                "not searched (no whole 4FGL catalogue is at hand)",
            )
        if self.neutrinos is None:
            caveats.append("the list of IceCube alerts (2016-04-27 to 2020-11-20) does not cover this time")
        elif self.neutrinos.near:
            caveats.append("positions and circles of alerts as in their first notices")
        caveats += [text for candidate in self.candidates for text in candidate.not_blind]
        return tuple(caveats)


def _poisson_at_least(count: int, expected: float) -> float:
    """Probability of ``count`` or more where ``expected`` are expected, both small."""
    if count == 0:
        return 1.0
    terms = (math.exp(-expected + k * math.log(expected) - math.lgamma(k + 1)) for k in range(count, 60))
    return min(math.fsum(terms), 1.0) if expected > 0 else 0.0


def search(
    event: str, time: str, file: MapFile, sky: SkyMap, catalogue: Catalogue, percent: float, window: float
) -> Searched:
    """Compare the credible region of a map (percent) with a catalogue, and with alerts near its time."""
    chance = chance_alignment.turned(
        sky, percent, catalogue.ra, catalogue.dec, chance_alignment.GALACTIC_POLE
    )
    cell = sky.cell_at(catalogue.ra, catalogue.dec)
    inside = np.flatnonzero((cell >= 0) & np.isin(cell, sky.cells_within(percent)))
    return Searched(
        event=event,
        time=time,
        file=file,
        sky=sky,
        percent=percent,
        area=sky.credible_area(percent),
        catalogue=catalogue,
        candidates=_candidates(catalogue, sky, inside, cell[inside], chance),
        chance=chance,
        neutrinos=compare(sky, percent, time, window) if time else None,
    )


def _candidates(
    catalogue: Catalogue, sky: SkyMap, rows: NDArray[np.intp], cells: NDArray[np.intp], chance: Turned
) -> tuple[Candidate, ...]:
    found = [
        Candidate(
            name=catalogue.names[row],
            association=catalogue.associations[row],
            kind=catalogue.classes[row],
            ra=float(catalogue.ra[row]),
            dec=float(catalogue.dec[row]),
            significance=float(catalogue.significance[row]),
            level=float(sky.credible_level[cell]),
            density=float(sky.density[cell]),
            expected=chance.expected_within(float(sky.credible_level[cell])),
            not_blind=chosen_because(float(catalogue.ra[row]), float(catalogue.dec[row])),
        )
        for row, cell in zip(rows, cells, strict=True)
    ]
    return tuple(sorted(found, key=lambda candidate: (candidate.level, candidate.name)))


def write(searched: Searched) -> list[OutputFile]:
    """The candidates and the alerts in the window, best first, in four formats."""
    inside = searched.candidates
    near = searched.neutrinos.near if searched.neutrinos is not None else ()
    both: list[Candidate | NearAlert] = [*inside, *near]
    none_inside, none_near = [math.nan] * len(inside), [math.nan] * len(near)
    table = Table()
    texts: tuple[tuple[str, list[str], str, str], ...] = (
        ("name", [c.name for c in inside] + [a.event.identifier for a in near],
         "name of the source or alert", "meta.id;meta.main"),
        ("association", [c.association for c in inside] + [""] * len(near), "associated object", "meta.id"),
        ("kind", [c.kind for c in inside] + ["neutrino alert"] * len(near), "class", "src.class"),
        ("list", ["4FGL"] * len(inside) + ["IceCube alerts"] * len(near), "where it is from", "meta.dataset"),
    )  # fmt: skip
    for name, words, text, ucd in texts:
        add_column(table, name, np.array(words, dtype=str), text, ucd=ucd)
    numbers: tuple[tuple[str, list[float], str, str | None, str], ...] = (
        ("ra", [c.ra for c in both], "right ascension (ICRS)", "deg", "pos.eq.ra"),
        ("dec", [c.dec for c in both], "declination (ICRS)", "deg", "pos.eq.dec"),
        ("credible_level", [c.level for c in both], "smallest credible region that holds it", None,
         "stat.probability"),
        ("density", [c.density for c in both], "probability density of the map", "sr-1", "stat.probability"),
        ("expected", [c.expected for c in inside] + none_near,
         "sources expected by chance at its level or a lower one", None, ""),
        ("significance", [c.significance for c in inside] + none_near, "of the source in 4FGL, sigma", None,
         "stat.snr"),
        ("offset", none_inside + [a.offset for a in near], "alert minus event", "s", "time.duration"),
        ("err90", none_inside + [a.radius for a in near], "radius of the alert's 90 % circle", "deg",
         "stat.error;pos"),
    )  # fmt: skip
    for name, values, text, unit, ucd in numbers:
        add_column(table, name, np.array(values, dtype=float), text, unit=unit, ucd=ucd)
    matches = np.array([True] * len(inside) + [a.meets for a in near], dtype=bool)
    add_column(table, "inside", matches, "inside the region, or its circle meets it", ucd="meta.code")
    return write_table(table, "counterparts", _meta(searched), extension="COUNTERPARTS")


def _meta(searched: Searched) -> dict[str, str | float | int | bool]:
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": searched.event,
        "RADESYS": "ICRS",
        "TIMESYS": "UTC",
        "catalogue": searched.catalogue.title,
        "map": searched.file.dataset.name,
    }
    if searched.time:
        meta["DATE-OBS"] = searched.time.rstrip("Z")
    meta |= described_by(searched.values())
    meta["method"] = (
        "sources in the cells of highest probability density that together hold the level; "
        "expected_by_chance: mean density of the catalogue times the area; chance_probability: sources "
        "turned about the galactic poles, Poisson binomial; best_source: Poisson, sources at its credible "
        "level or a lower one; alerts: turned in right ascension, times spread evenly; post-trial: Sidak"
    )
    meta["caveats"] = "; ".join(searched.quality())
    meta["citation"] = f"{searched.catalogue.dataset.cite}; {searched.file.dataset.cite}"
    return meta
