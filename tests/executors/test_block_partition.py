"""The partition into blocks against astropy, and where astropy goes wrong."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.stats import bayesian_blocks
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.physics.bayesian_blocks import partition


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(5, 40), jump=st.floats(0, 4))
def test_it_is_the_partition_of_astropy(seed, count, jump):
    generator = np.random.default_rng(seed)
    times, sigma = np.arange(count, dtype=float), generator.uniform(0.5, 1.5, count)
    flux = 10 + jump * (times > count / 2) + sigma * generator.standard_normal(count)
    edges = bayesian_blocks(times, flux, sigma, fitness="measures", p0=0.05)
    ours = partition(flux, sigma, 0.05)
    if len(ours) < count:  # else astropy loses a change
        assert list(ours) == [0, *np.searchsorted(times, edges[1:-1])]


def test_points_that_all_differ_are_blocks_of_their_own():
    flux = np.array([14.6, 6.6, 5.2, 2.57])
    assert list(partition(flux, np.full(4, 0.1), 0.01)) == [0, 1, 2, 3]


@settings(deadline=None)
@given(factor=st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(factor):
    flux, sigma = np.array([1.0, 1.1, 0.9, 3.0, 3.1, 2.9, 1.0]), np.full(7, 0.1)
    assert list(partition(factor * flux, factor * sigma, 0.05)) == [0, 3, 6]


@pytest.mark.parametrize("count", [1, 2])
def test_few_points_are_taken(count):
    assert partition(np.ones(count), np.ones(count), 0.05)[0] == 0
