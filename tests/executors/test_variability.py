"""Measures of variability against their definitions and against simulated light curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors.physics.variability import blocks, constancy, fractional_variability, plain_mean

EDGES = np.arange(15.0) * 365


def test_a_constant_source_is_constant():
    flux, sigma = np.full(14, 3e-8), np.full(14, 1e-9)
    assert constancy(flux, sigma).chi2 == 0
    assert constancy(flux, sigma).mean == pytest.approx(3e-8)
    assert fractional_variability(flux, sigma).value is None  # the excess variance is negative
    assert len(blocks(EDGES, flux, sigma, 0.05)) == 1


def test_the_weighted_mean_follows_the_better_point():
    found = constancy(np.array([1.0, 2.0]), np.array([0.1, 1.0]))
    assert found.mean == pytest.approx((100 + 2) / 101)
    assert found.chi2 == pytest.approx((0.0099 / 0.1) ** 2 + (0.9901 / 1.0) ** 2, rel=1e-3)
    assert found.dof == 1


def test_the_plain_mean_follows_no_point_more_than_another():
    mean, error = plain_mean(np.array([1.0, 2.0, 6.0]))
    assert mean == 3
    assert error == pytest.approx(np.sqrt((4 + 1 + 9) / 2 / 3))


def test_f_var_by_hand():
    # values 1 and 3, mean 2, sample variance 2, error 0.1: F_var^2 = (2 - 0.01) / 4
    found = fractional_variability(np.array([1.0, 3.0]), np.array([0.1, 0.1]))
    assert found.value == pytest.approx(np.sqrt(1.99 / 4))
    first = np.sqrt(1 / 4) * 0.01 / (4 * found.value)
    second = np.sqrt(0.01 / 2) / 2
    assert found.error == pytest.approx(np.hypot(first, second))


def test_the_error_of_f_var_is_the_scatter_of_repeated_measurements():
    generator = np.random.default_rng(3)
    true = 1 + 0.3 * np.sin(np.arange(200))
    sigma = np.full(200, 0.15)
    found = [fractional_variability(true + sigma * generator.standard_normal(200), sigma) for _ in range(300)]
    values, errors = np.array([f.value for f in found]), np.array([f.error for f in found])
    assert values.std() == pytest.approx(errors.mean(), rel=0.25)
    assert values.mean() == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


@settings(deadline=None)  # the machine may be busy
@given(factor=st.floats(1e-12, 1e12))
def test_the_unit_does_not_matter(factor):
    generator = np.random.default_rng(5)
    flux = 1 + 0.5 * generator.random(14)
    sigma = np.full(14, 0.05)
    one, other = fractional_variability(flux, sigma), fractional_variability(factor * flux, factor * sigma)
    assert other.value == pytest.approx(one.value, rel=1e-9)
    assert other.error == pytest.approx(one.error, rel=1e-9)
    assert constancy(factor * flux, factor * sigma).chi2 == pytest.approx(
        constancy(flux, sigma).chi2, rel=1e-9
    )


def test_one_flare_makes_three_blocks():
    flux, sigma = np.full(14, 1.0), np.full(14, 0.1)
    flux[6] = 3.0
    found = blocks(EDGES, flux, sigma, 0.05)
    assert [(b.first, b.last) for b in found] == [(0, 5), (6, 6), (7, 13)]
    assert [b.mean for b in found] == pytest.approx([1.0, 3.0, 1.0])
    assert found[0].error == pytest.approx(0.1 / np.sqrt(6))


def test_noise_seldom_makes_a_block():
    generator = np.random.default_rng(11)
    sigma = np.full(14, 0.1)
    found = [len(blocks(EDGES, 1 + 0.1 * generator.standard_normal(14), sigma, 0.05)) > 1 for _ in range(200)]
    assert np.mean(found) < 0.12
