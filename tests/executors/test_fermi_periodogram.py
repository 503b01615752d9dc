"""The periodogram against astropy and against light curves with a known period, and what it may not claim."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from astropy.timeseries import LombScargle

from executors.instruments import fermi_lat_timing
from executors.physics import periodogram
from kg_service.errors import ArchiveUnavailable, NotCovered

TXS = "4FGL J0509.4+0542"
TIMES = np.arange(14.0)
FREQUENCY = periodogram.frequencies(TIMES)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


def test_the_power_is_that_of_astropy():
    generator = np.random.default_rng(4)
    times = np.sort(generator.uniform(0, 14, 14))
    flux, sigma = generator.uniform(1, 2, 14), generator.uniform(0.1, 0.3, 14)
    ours = periodogram.power(times, flux, sigma, FREQUENCY)
    assert ours == pytest.approx(LombScargle(times, flux, sigma).power(FREQUENCY, method="cython"), abs=1e-9)


def test_frequencies_end_where_sampling_does():
    assert FREQUENCY[0] == pytest.approx(1 / 14)
    assert 0.45 < FREQUENCY[-1] < 0.5


@pytest.mark.parametrize("period", [2.5, 3.5, 5.0])
def test_a_known_period_is_found(period):
    flux = 3 + np.sin(2 * np.pi * TIMES / period + 0.4)
    powers = periodogram.power(TIMES, flux, np.full(14, 0.1), FREQUENCY)
    assert 1 / FREQUENCY[powers.argmax()] == pytest.approx(period, rel=0.05)
    assert powers.max() > 0.95


def test_shifted_and_scaled_fluxes_have_the_same_power():
    generator = np.random.default_rng(9)
    flux, sigma = generator.uniform(1, 2, 14), np.full(14, 0.1)
    one = periodogram.power(TIMES, flux, sigma, FREQUENCY)
    other = periodogram.power(TIMES + 1000, 5e-9 * flux + 1e-8, 5e-9 * sigma, FREQUENCY)
    assert other == pytest.approx(one, abs=1e-6)


def test_white_noise_is_as_likely_as_it_says():
    """The chance of scrambles is uniform for white noise: about a tenth of the trials lie below 0.1."""
    generator = np.random.default_rng(12)
    sigma = np.full(14, 1.0)
    found = []
    for _ in range(150):
        flux = 10 + generator.standard_normal(14)
        highest = periodogram.power(TIMES, flux, sigma, FREQUENCY).max()
        drawn = periodogram.scrambled(TIMES, flux, sigma, FREQUENCY, 200, generator)
        found.append(periodogram.chance(highest, drawn))
    assert 0.04 < np.mean(np.array(found) < 0.1) < 0.18  # binomial, 3 sigma


def test_red_noise_makes_higher_peaks_than_white():
    generator = np.random.default_rng(3)
    flux, sigma = generator.uniform(1, 3, 14), np.full(14, 0.05)
    white = periodogram.red_noise(TIMES, flux, sigma, FREQUENCY, 0.0, 500, generator)
    red = periodogram.red_noise(TIMES, flux, sigma, FREQUENCY, 2.0, 500, generator)
    assert np.median(red) > np.median(white) + 0.1


def test_chances_are_never_zero():
    assert periodogram.chance(1.0, np.zeros(99)) == 0.01


def test_no_period_is_claimed_for_txs_0506():
    result = fermi_lat_timing.periodogram(TXS, 1000)
    assert result.values["verdict"].value.startswith("no period")
    assert any("periods below 2.1 yr are not sampled" in text for text in result.quality)
    assert result.values["false_alarm_red_noise"].value > 0.05
    assert Table.read("periodogram.ecsv").meta["caveats"] == "; ".join(result.quality)
    assert result.datasets[0].name == "fermi_4fgl_dr4_selected.ecsv"


def test_the_seed_makes_it_repeatable():
    values = [fermi_lat_timing.periodogram(TXS, 1000, 1.5, seed).values for seed in (5, 5, 6)]
    chances = [v["false_alarm_scrambles"].value for v in values]
    assert chances[0] == chances[1] != chances[2]


def test_a_source_of_the_whole_catalogue_needs_a_mirror():
    with pytest.raises(ArchiveUnavailable, match="fermi_lat/"):
        fermi_lat_timing.periodogram("4FGL J2329.3-4955", 1000)


def test_what_is_no_catalogue_name_is_not_covered():
    with pytest.raises(NotCovered):
        fermi_lat_timing.periodogram("PKS 2326-502", 1000)
