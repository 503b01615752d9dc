"""The scan for time windows: finds what was put in, and chance gives uniform probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.physics.energy_ranks import energy_ratios
from executors.physics.time_window_scan import Series, best_window, scramble

LENGTH = 1000.0  # days


def background(seed, number=150):
    """Events at random times; ratios as for directions spread over 3 deg with errors near 0.7 deg."""
    generator = np.random.default_rng(seed)
    distance = 3 * np.sqrt(generator.random(number))
    error = 0.4 + 0.8 * generator.random(number)
    ratios = 4.5 / error**2 * np.exp(-((distance / error) ** 2) / 2)
    return Series(np.sort(generator.random(number)) * LENGTH, ratios, LENGTH)


def with_flare(series, start, length, number, ratio=20.0):
    """The series with as many more events, evenly over the window and with one ratio."""
    times = np.concatenate([series.times, start + length * np.arange(number) / max(number - 1, 1)])
    ratios = np.concatenate([series.ratios, np.full(number, ratio)])
    order = np.argsort(times)
    return Series(times[order], ratios[order], series.duration)


def likelihood(series, first, last, signal):
    """The log likelihood ratio term by term, as the definition has it."""
    number, window = len(series.times), series.times[last] - series.times[first]
    inside = np.zeros(number)
    inside[first : last + 1] = series.ratios[first : last + 1] * series.duration / window
    return np.log(signal / number * inside + 1 - signal / number).sum()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(6, 30))
def test_the_statistic_is_the_largest_over_all_windows_and_signals(seed, number):
    series = background(seed, number)
    found = best_window(series)
    bounding = np.flatnonzero(series.ratios > 1)
    if len(bounding) < 2:
        assert found is None
        return
    best = max(
        2 * likelihood(series, first, last, signal)
        + 2 * np.log((series.times[last] - series.times[first]) / LENGTH)
        for i, first in enumerate(bounding)
        for last in bounding[i + 1 :]
        for signal in np.geomspace(1e-3, number * 0.99, 200)
    )
    # the brute force steps by 5 % in the signal, the scan by 3 % in odds, half an event at the coarse level
    assert found.statistic == pytest.approx(best, abs=0.25)


def test_an_injected_flare_is_found_where_it_was_put():
    # chance events near its ends may widen the window; those in it add to the signal, which the choice of the
    # best window raises further
    found = [best_window(with_flare(background(seed), 400.0, 50.0, 10)) for seed in range(12)]
    assert all(window.start <= 400 and window.end >= 450 for window in found)
    assert np.median([window.end - window.start for window in found]) == pytest.approx(50, abs=10)
    assert np.median([window.signal for window in found]) == pytest.approx(10, abs=4)


def test_more_signal_raises_the_statistic():
    for seed in range(4):
        strengths = [best_window(with_flare(background(seed), 300.0, 40.0, n)).statistic for n in (4, 8, 12)]
        assert strengths == sorted(strengths)
        sharper = best_window(with_flare(background(seed), 300.0, 40.0, 8, ratio=60.0)).statistic
        assert sharper > strengths[1]


def test_only_differences_of_time_and_shares_of_the_sample_count():
    series = with_flare(background(3), 600.0, 30.0, 8)
    plain = best_window(series)
    shifted = best_window(Series(series.times + 5e4, series.ratios, LENGTH))
    assert shifted.statistic == pytest.approx(plain.statistic, abs=1e-6)
    assert shifted.start == pytest.approx(plain.start + 5e4)
    stretched = best_window(Series(series.times * 3, series.ratios, 3 * LENGTH))
    assert stretched.statistic == pytest.approx(plain.statistic, abs=1e-9)
    backwards = best_window(Series(LENGTH - series.times[::-1], series.ratios[::-1], LENGTH))
    assert backwards.statistic == pytest.approx(plain.statistic, abs=1e-6)
    assert backwards.start == pytest.approx(LENGTH - plain.end)


def test_a_shortest_window_keeps_pairs_of_seconds_from_winning():
    series = with_flare(background(1), 500.0, 1e-3, 2)
    free, held = best_window(series), best_window(series, shortest=5.0)
    assert free.end - free.start < 0.01
    assert held.statistic < free.statistic


def test_two_bounding_events_are_needed():
    assert best_window(Series(np.array([1.0, 2.0]), np.array([0.1, 50.0]), LENGTH)) is None
    assert best_window(Series(np.array([]), np.array([]), LENGTH)) is None


def test_scrambles_follow_from_the_seed_and_report_how_far_they_are():
    samples, told = [background(1), background(2, 40)], []
    one = scramble(samples, 50, seed=7, report=told.append)
    assert one.shape == (50, 2)
    assert told == [0.5, 1.0]
    assert np.array_equal(one, scramble(samples, 50, seed=7))
    assert not np.array_equal(one, scramble(samples, 50, seed=8))
    assert scramble(samples, 0, seed=7).shape == (0, 2)


def test_chance_gives_uniform_probabilities_and_a_flare_a_small_one():
    # 60 series of chance: a share of p < 0.25 between 0.08 and 0.42 holds in 99.7 % of cases (binomial)
    found = []
    for seed in range(60):
        series = background(seed, 60)
        scrambled = scramble([series], 80, seed=1000 + seed)[:, 0]
        found.append((1 + (scrambled >= best_window(series).statistic).sum()) / 81)
    for limit in (0.25, 0.5, 0.75):
        assert np.mean(np.array(found) < limit) == pytest.approx(limit, abs=0.17)
    flaring = with_flare(background(5), 200.0, 25.0, 12)
    scrambled = scramble([flaring], 100, seed=1)[:, 0]
    assert (scrambled < best_window(flaring).statistic).all()


def test_energies_rank_events_without_changing_their_mean():
    generator = np.random.default_rng(4)
    edges = np.stack([np.arange(2, 8, 0.1), np.arange(2.1, 8.05, 0.1)], axis=1)
    areas = 10 ** np.clip(2 * (edges[:, 0] - 5), -8, 2)
    energies = generator.normal(3.0, 0.4, 200)
    ratios = energy_ratios(energies, edges, areas, 2.0)
    assert ratios.mean() == pytest.approx(1)
    assert (np.diff(ratios[np.argsort(energies)]) >= 0).all()
    # a source as soft as the atmosphere cannot be told from it by energy
    assert energy_ratios(energies, edges, areas, 3.7) == pytest.approx(np.ones(200))
    assert energy_ratios(energies, edges, areas, 2.5).max() < ratios.max()
    assert energy_ratios(energies + 1, edges, areas * 7, 2.0) == pytest.approx(ratios)  # ranks and shapes
