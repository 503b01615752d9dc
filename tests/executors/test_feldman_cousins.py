"""Feldman-Cousins intervals: the published tables, coverage, and how limits move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.physics.feldman_cousins import average_upper_limit, interval, poisson_excess

BACKGROUNDS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0)
# Feldman & Cousins 1998, PRD 57, 3873, table IV: 90 % intervals for n = 0 ... 5 by background
LOWER = {
    0: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    1: (0.11, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    2: (0.53, 0.03, 0, 0, 0, 0, 0, 0, 0, 0),
    3: (1.1, 0.6, 0.1, 0, 0, 0, 0, 0, 0, 0),
    4: (1.47, 1.17, 0.74, 0.24, 0, 0, 0, 0, 0, 0),
    5: (1.84, 1.53, 1.25, 0.93, 0.43, 0, 0, 0, 0, 0),
}
UPPER = {
    0: (2.44, 1.94, 1.61, 1.33, 1.26, 1.18, 1.08, 1.06, 1.01, 0.98),
    1: (4.36, 3.86, 3.36, 2.91, 2.53, 2.19, 1.88, 1.59, 1.39, 1.22),
    2: (5.91, 5.41, 4.91, 4.41, 3.91, 3.45, 3.04, 2.67, 2.33, 1.73),
    3: (7.42, 6.92, 6.42, 5.92, 5.42, 4.92, 4.42, 3.95, 3.53, 2.78),
    4: (8.60, 8.10, 7.60, 7.10, 6.60, 6.10, 5.60, 5.10, 4.60, 3.60),
    5: (9.99, 9.49, 8.99, 8.49, 7.99, 7.49, 6.99, 6.49, 5.99, 4.99),
}
# the same, table XII: sensitivity at 90 % by background
SENSITIVITY = {
    0.0: 2.44, 0.5: 2.86, 1.0: 3.28, 1.5: 3.62, 2.0: 3.94, 2.5: 4.20, 3.0: 4.42, 3.5: 4.63, 4.0: 4.83,
    5.0: 5.18, 6.0: 5.53, 8.0: 6.18, 10.0: 6.76, 15.0: 7.99,
}  # fmt: skip


@pytest.mark.parametrize("events", UPPER)
def test_intervals_are_those_of_the_published_table(events):
    # the paper searched a grid of 0.005 in the signal and rounds to 0.01
    for background, *published in zip(BACKGROUNDS, LOWER[events], UPPER[events], strict=True):
        assert interval(events, background) == pytest.approx(published, abs=0.011), background


@pytest.mark.parametrize("background", SENSITIVITY)
def test_sensitivity_is_that_of_the_published_table(background):
    assert average_upper_limit(background) == pytest.approx(SENSITIVITY[background], abs=0.011)


@settings(max_examples=40, deadline=None)
@given(
    signal=st.floats(0, 12), background=st.floats(0, 12), confidence=st.sampled_from([0.683, 0.9, 0.95, 0.99])
)
def test_the_true_signal_lies_inside_at_least_as_often_as_stated(signal, background, confidence):
    mean, covered, total = signal + background, 0.0, 0.0
    for n in range(int(mean + 8 * math.sqrt(mean + 1) + 12)):
        probability = math.exp(n * math.log(max(mean, 1e-300)) - mean - math.lgamma(n + 1))
        low, high = interval(n, background, confidence)
        total += probability
        covered += probability * (low - 1e-9 <= signal <= high + 1e-9)
    assert covered >= confidence - (1 - total) - 1e-9


@settings(max_examples=60, deadline=None)
@given(
    events=st.integers(0, 25),
    background=st.floats(0, 20),
    more=st.floats(0, 3),
    confidence=st.floats(0.6, 0.99),
)
def test_more_background_never_raises_and_more_events_never_lower_the_limit(
    events, background, more, confidence
):
    _, high = interval(events, background, confidence)
    assert interval(events, background + more, confidence)[1] <= high + 0.021  # the step of the search
    assert interval(events + 1, background, confidence)[1] >= high - 0.021
    assert interval(events, background, confidence + 0.005)[1] >= high - 0.021


def test_the_excess_probability_is_poisson():
    assert poisson_excess(0, 3.0) == 1.0
    assert poisson_excess(1, 3.0) == pytest.approx(1 - math.exp(-3), rel=1e-12)
    assert poisson_excess(5, 0.1) == pytest.approx(7.6678e-8, rel=1e-4)  # 0.1^5/120 e^-0.1 (1 + 0.1/6 + ...)
    counts = np.random.default_rng(1).poisson(3.5, 200_000)
    assert poisson_excess(6, 3.5) == pytest.approx((counts >= 6).mean(), abs=0.003)
