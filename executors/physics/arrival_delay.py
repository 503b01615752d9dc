"""How much later a signal reached LIGO Hanford than LIGO Livingston: cross-correlation and time slides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics.strain import White, band_pass
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered
from kg_service.model.product import Dataset

__all__ = ["LIGHT_TRAVEL", "Delay", "measure", "write"]

Array = NDArray[np.float64]
LIGHT_TRAVEL = 0.010013
"""Seconds that light needs between the two sites, 3002 km apart (Abbott et al. 2016, PRL 116, 061102)."""
HALF_STRETCH = 0.15
"""Seconds on each side of the event that are compared: catalogues round event times to 0.1 s."""
SHOWN = 0.030
"""Largest delay (s) for which the correlation is given."""
_MOST_SLIDES = 4000
_FEW_SLIDES = 300


@dataclass(frozen=True, slots=True)
class Delay:
    """Correlation of Hanford with inverted Livingston against delay (s, positive: Hanford later).

    ``pair`` holds the whitened and band-passed stretches around the event, in standard deviations.
    """

    event: str
    gps: float
    delays: Array
    correlation: Array
    delay: float
    error: float | None
    largest: float
    slides: int
    louder: int
    band: tuple[float, float]
    rate: float
    pair: tuple[Array, Array]
    treatment: str

    @property
    def chance(self) -> float:
        """Probability of so large a correlation without a common signal, from the time slides."""
        return (self.louder + 1) / (self.slides + 1)

    @property
    def at_the_limit(self) -> bool:
        """Whether the correlation is largest at the longest delay that light allows."""
        return abs(self.delay) > LIGHT_TRAVEL - 0.5 / self.rate

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = [
            "Livingston inverted: the arms of the two detectors are turned by about 90 deg",
            f"band {self.band[0]:g}-{self.band[1]:g} Hz; {self.treatment}",
            f"{self.slides} time slides of the same data, {self.louder} as large: p = {self.chance:.2g}",
        ]
        if self.louder / (self.slides + 1) > 0.01:
            caveats.append("no common signal found: the delay may be that of noise")
        elif self.slides < _FEW_SLIDES:
            caveats.append(
                f"too few time slides to say more than p < {self.chance:.2g}: more data would tell"
            )
        if self.at_the_limit:
            caveats.append("largest at the edge of the delays that light allows")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """The delay, how well the detectors agree and what that is worth."""
        return {
            "delay_h1_after_l1": Measure(
                self.delay * 1e3, None if self.error is None else self.error * 1e3, "ms"
            ),
            "correlation": Measure(self.largest),
            "p_value": Measure(self.chance),
            "time_slides": Measure(self.slides),
            "slides_as_large": Measure(self.louder),
            "light_travel_time": Measure(LIGHT_TRAVEL * 1e3, unit="ms"),
            "compared_seconds": Measure(2 * HALF_STRETCH, unit="s"),
            "band_low": Measure(self.band[0], unit="Hz"),
            "band_high": Measure(self.band[1], unit="Hz"),
            "event_gps": Measure(self.gps, unit="s"),
            "sampling_rate": Measure(self.rate, unit="Hz"),
        }


def measure(event: str, gps: float, first: White, second: White, band: tuple[float, float]) -> Delay:
    """Correlate whitened strain of Hanford (``first``) with that of Livingston, inverted, in a band (Hz).

    The correlation is normalised to the power in both stretches and is looked for within the light
    travel time. The p-value comes from stretches of the two detectors of different times; the error
    is the scatter of the delay when noise of other times is added to the stretches of the event.
    """
    _check(first, second, gps, band)
    rate = first.rate
    half, most = round(HALF_STRETCH * rate), round(SHOWN * rate)
    noises = [_in_band(white, band) for white in (first, second)]
    centres = [round((gps - white.start) * rate) for white in (first, second)]
    narrow = noises[0][centres[0] - half : centres[0] + half]
    wide = -noises[1][centres[1] - half - most : centres[1] + half + most]
    correlation = _correlation(narrow, wide)
    delays = np.arange(-most, most + 1)[::-1] / rate
    near = np.abs(delays) <= LIGHT_TRAVEL
    delay, largest = _peak(delays[near], correlation[near])
    quiet = _stretches(noises[0], centres[0], half, most), _stretches(noises[1], centres[1], half, most)
    slid = _slides(quiet, near, most)
    return Delay(
        event=event,
        gps=gps,
        delays=delays[::-1],
        correlation=correlation[::-1],
        delay=delay,
        error=_scatter((narrow, wide), quiet, delays, near, most),
        largest=largest,
        slides=len(slid),
        louder=int((slid >= largest).sum()),
        band=band,
        rate=rate,
        pair=(narrow, wide[most:-most]),
        treatment=first.treatment if first.treatment == second.treatment else "whitened over different spans",
    )


def _check(first: White, second: White, gps: float, band: tuple[float, float]) -> None:
    if first.rate != second.rate:
        raise NotCovered(
            f"The strain of H1 has {first.rate:g} samples per second and that of L1 {second.rate:g}: they "
            "cannot be compared sample by sample."
        )
    for white, name in ((first, "H1"), (second, "L1")):
        if band[0] < white.band[0] or band[1] > white.band[1]:
            raise NotCovered(
                f"The strain of {name} at hand is good for {white.band[0]:g} to {white.band[1]:g} Hz, not "
                f"for {band[0]:g} to {band[1]:g} Hz.",
                parameter="f_min",
                value=f"{band[0]:g} Hz",
            )
        reach = HALF_STRETCH + SHOWN
        if gps - white.start < reach or white.end - gps < reach:
            raise NotCovered(
                f"The strain of {name} at hand does not reach {reach:g} s on each side of the event."
            )


def _in_band(white: White, band: tuple[float, float]) -> Array:
    data = band_pass(white.data, white.rate, band)
    return np.asarray(data / (np.median(np.abs(data)) / 0.67449))


def _correlation(narrow: Array, wide: Array) -> Array:
    """Normalised correlation of a stretch with each part of a longer one, by its first sample."""
    products = np.correlate(wide, narrow, mode="valid")
    power = np.convolve(wide**2, np.ones(len(narrow)), mode="valid")
    return np.asarray(products / np.sqrt(np.maximum(power, 1e-300) * (narrow**2).sum()))


def _peak(delays: Array, correlation: Array) -> tuple[float, float]:
    """Delay and height of the maximum, between samples by a parabola through three of them."""
    top = int(correlation.argmax())
    if not 0 < top < len(correlation) - 1:
        return float(delays[top]), float(correlation[top])
    before, at, after = correlation[top - 1 : top + 2]
    shift = 0.5 * (before - after) / (before - 2 * at + after)
    return float(delays[top] + shift * (delays[top + 1] - delays[top])), float(
        at - 0.25 * (before - after) * shift
    )


def _stretches(noise: Array, centre: int, half: int, most: int) -> list[Array]:
    """Disjoint stretches, as long as that of the event with its margins, that do not touch it."""
    length = 2 * (half + most)
    starts = range(centre % length - half - most, len(noise) - length + 1, length)
    return [noise[s : s + length] for s in starts if s >= 0 and abs(s + half + most - centre) >= length]


def _slides(quiet: tuple[list[Array], list[Array]], near: NDArray[np.bool_], most: int) -> Array:
    """The largest correlation in each pair of stretches of different times."""
    pairs = [(a, b) for i, a in enumerate(quiet[0]) for j, b in enumerate(quiet[1]) if i != j]
    step = math.ceil(len(pairs) / _MOST_SLIDES) if pairs else 1
    return np.array([_correlation(a[most:-most], -b)[near].max() for a, b in pairs[::step]])


def _scatter(
    pair: tuple[Array, Array],
    quiet: tuple[list[Array], list[Array]],
    delays: Array,
    near: NDArray[np.bool_],
    most: int,
) -> float | None:
    """Standard deviation of the delay when further noise is added: 1.4826 times the median deviation."""
    found = [
        _peak(delays[near], _correlation(pair[0] + a[most:-most], pair[1] - b)[near])[0]
        for a, b in zip(quiet[0], quiet[1][1:] + quiet[1][:1], strict=False)
    ]
    if len(found) < 3:
        return None
    return float(1.4826 * np.median(np.abs(np.array(found) - np.median(found))))


def write(measured: Delay, datasets: tuple[Dataset, ...]) -> list[OutputFile]:
    """The correlation against delay as a table in all formats."""
    table = Table()
    add_column(table, "delay", measured.delays * 1e3, "H1 after L1", unit="ms", ucd="time")
    add_column(
        table,
        "correlation",
        measured.correlation,
        "normalised correlation of H1 with inverted L1",
        ucd="stat.correlation",
    )
    meta: dict[str, Any] = {
        "OBJECT": measured.event,
        "INSTRUME": "H1,L1",
        "messenger": "gravitational wave",
        "TIMESYS": "GPS",
        **described_by(measured.values()),
        "caveats": "; ".join(measured.quality()),
        "dataset": ", ".join(dict.fromkeys(used.name for used in datasets)),
        "citation": "; ".join(dict.fromkeys(used.cite for used in datasets)),
    }
    return write_table(table, "arrival_delay", meta, extension="DELAY")
