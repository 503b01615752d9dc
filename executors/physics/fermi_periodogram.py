"""The periodogram of the fourteen yearly fluxes of a source of 4FGL-DR4, and what it cannot show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics import fermi_light_curve, periodogram
from executors.physics.fermi_catalogue import CatalogueSource
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile

__all__ = ["CYCLES", "Analysed", "analyse", "write"]

Array = NDArray[np.float64]
YEAR = 365.25
"""Days in a Julian year."""
CYCLES = 3
"""Cycles that a period must show within the light curve before it is worth a word (Vaughan et al. 2016,
MNRAS 461, 3145, show how red noise feigns fewer)."""
CLAIM = 0.00135
"""Chance below which a peak would be called significant: 3 sigma on one side."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """Fluxes (cm-2 s-1) at mid-year (MJD, TT), power over frequency (1/yr), and chance peaks.

    ``white`` and ``red`` hold the highest power of each scramble and of each simulation of red noise.
    """

    curve: fermi_light_curve.Analysed
    times: Array
    frequency: Array
    power: Array
    white: Array
    red: Array
    red_index: float
    analytic: float

    @property
    def source(self) -> CatalogueSource:
        """The source."""
        return self.curve.source

    @property
    def peak(self) -> int:
        """The place of the highest power."""
        return int(self.power.argmax())

    @property
    def period(self) -> float:
        """The period of the highest power in years."""
        return float(1 / self.frequency[self.peak])

    @property
    def span(self) -> float:
        """The length of the light curve in years."""
        return float((self.curve.edges.mjd[-1] - self.curve.edges.mjd[0]) / YEAR)

    @property
    def chances(self) -> tuple[float, float]:
        """How often white noise (scrambles) and red noise (simulations) make a peak as high somewhere."""
        highest = float(self.power[self.peak])
        return periodogram.chance(highest, self.white), periodogram.chance(highest, self.red)

    def level(self, probability: float) -> tuple[float, float]:
        """The power that white and red noise exceed anywhere with that probability."""
        white, red = (float(np.quantile(drawn, 1 - probability)) for drawn in (self.white, self.red))
        return white, red

    @property
    def verdict(self) -> str:
        """Whether the highest peak may be called a period; fourteen points allow that almost never."""
        if self.period > self.span / CYCLES:
            return f"no period: the highest peak ({self.period:.1f} yr) has fewer than {CYCLES} cycles"
        if max(self.chances) >= CLAIM:
            return f"no period: the highest peak ({self.period:.1f} yr) is not significant"
        return f"candidate period of {self.period:.1f} yr, from 14 points: needs a finer light curve"

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        white, red = self.chances
        shortest, longest = 1 / float(self.frequency[-1]), self.span / CYCLES
        return (
            self.verdict,
            (
                f"chance of such a peak anywhere: {white:.2g} for white noise (scrambles), {red:.2g} for red "
                f"noise of index {self.red_index:g}"
            ),
            (
                f"14 yearly points: periods below {shortest:.1f} yr are not sampled, those above "
                f"{longest:.1f} yr show fewer than {CYCLES} cycles"
            ),
            *self.curve.quality(),
        )

    def values(self) -> dict[str, Measure]:
        """The scalar results; the probabilities are of the whole range of frequencies."""
        white, red = self.chances
        return {
            "highest_power": Measure(float(self.power[self.peak])),
            "period_of_highest_power": Measure(self.period, unit="yr"),
            "cycles_in_light_curve": Measure(self.span / self.period),
            "false_alarm_scrambles": Measure(white),
            "false_alarm_red_noise": Measure(red),
            "false_alarm_analytic": Measure(self.analytic),
            "scrambles": Measure(len(self.white)),
            "red_noise_simulations": Measure(len(self.red)),
            "red_noise_index": Measure(self.red_index),
            "trial_frequencies": Measure(len(self.frequency)),
            "shortest_period": Measure(1 / float(self.frequency[-1]), unit="yr"),
            "longest_period": Measure(1 / float(self.frequency[0]), unit="yr"),
            "longest_period_with_three_cycles": Measure(self.span / CYCLES, unit="yr"),
            "points": Measure(len(self.times)),
            "verdict": Measure(self.verdict),
        }


def analyse(source: CatalogueSource, red_index: float, scrambles: int, seed: int) -> Analysed:
    """Compute the periodogram, scramble the years, simulate red noise; ``seed`` makes it repeatable."""
    curve = fermi_light_curve.analyse(source)
    edges = curve.edges.mjd / YEAR
    times, flux, sigma = (edges[:-1] + edges[1:]) / 2, source.history, curve.sigma
    frequency = periodogram.frequencies(times)
    powers = periodogram.power(times, flux, sigma, frequency)
    generator = np.random.default_rng(seed)
    white = periodogram.scrambled(times, flux, sigma, frequency, scrambles, generator)
    red = periodogram.red_noise(times, flux, sigma, frequency, red_index, scrambles, generator)
    analytic = periodogram.analytic_false_alarm(times, flux, sigma, frequency, float(powers.max()))
    return Analysed(curve, times * YEAR, frequency, powers, white, red, red_index, analytic)


def write(analysed: Analysed) -> list[OutputFile]:
    """The periodogram in four formats."""
    table = Table()
    add_column(table, "frequency", analysed.frequency, "trial frequency", unit="yr-1", ucd="em.freq")
    add_column(table, "period", 1 / analysed.frequency, "trial period", unit="yr", ucd="time.period")
    add_column(table, "power", analysed.power, "fraction of chi2 that a sine takes away", ucd="stat.fourier")
    cycles = analysed.frequency * analysed.span
    add_column(table, "cycles", cycles, "cycles within the light curve")
    utc = fermi_light_curve.utc_texts(analysed.curve.edges)
    meta = analysed.source.header | {
        "TIMESYS": "TT",
        "DATE-OBS": analysed.curve.edges[0].tt.isot,
        "DATE-END": analysed.curve.edges[-1].tt.isot,
        "utc_start": utc[0],
        "utc_end": utc[-1],
        "method": "generalised Lomb-Scargle (Zechmeister & Kuerster 2009, A&A 496, 577) of 14 yearly fluxes, "
        "0.1-100 GeV; false alarms over the whole range: scrambled years; red noise after Timmer & Koenig "
        "1995, A&A 300, 707; analytic: Baluev 2008, MNRAS 385, 1279",
    }
    for name, probability in (("1_percent", 0.01), ("3_sigma", CLAIM)):
        white, red = analysed.level(probability)
        meta |= {f"power_white_{name}": white, f"power_red_{name}": red}
    meta |= described_by(analysed.values())
    meta["caveats"] = "; ".join(analysed.quality())
    return write_table(table, "periodogram", meta, extension="PERIODOGRAM")
