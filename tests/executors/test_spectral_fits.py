"""The fits against other implementations, closed forms and their own symmetries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import chi2 as chi2_distribution

from executors.physics import band_spectrum, point_spectrum
from executors.physics.band_spectrum import Bands, integrals
from executors.physics.model_choice import fit_all
from executors.physics.spectral_fit import CUTOFF, ERG_PER_MEV, butterfly, differential, energy_flux, survival

EDGES = np.array([50, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 1e6])
LOW, HIGH = EDGES[:-1], EDGES[1:]


def bands_of(parameters, errors=0.05, limit=()):
    flux, _ = integrals(np.array(parameters), LOW, HIGH, 1000.0)
    error = errors * flux
    low = error.copy()
    low[list(limit)] = np.nan
    return Bands.from_catalogue(LOW, HIGH, flux, low, error, flux / error)


@settings(deadline=None)  # the machine may be busy
@given(index=st.floats(0.5, 4), beta=st.floats(-0.1, 0.5), low=st.floats(50, 1e5), width=st.floats(1.05, 20))
def test_band_integrals_equal_adaptive_quadrature(index, beta, low, width):
    parameters = np.array([math.log(1e-11), index, beta])
    ours, _ = integrals(parameters, np.array([low]), np.array([low * width]), 1000.0)

    def in_log(x):
        energy = math.exp(x)
        return energy * float(differential(parameters, np.array([energy]), 1000.0)[0])

    theirs, _ = quad(in_log, math.log(low), math.log(low * width), epsrel=1e-11, epsabs=0)
    assert ours[0] == pytest.approx(theirs, rel=1e-9)


def test_a_power_law_integral_has_its_closed_form():
    ours, _ = integrals(np.array([0.0, 2.5]), np.array([100.0]), np.array([1000.0]), 1000.0)
    assert ours[0] == pytest.approx((1000.0 / 1.5) * (0.1**-1.5 - 1), rel=1e-12)


def test_derivatives_of_the_integrals_are_right():
    parameters, step = np.array([-25.0, 2.1, 0.05]), 1e-6
    _, derivative = integrals(parameters, LOW, HIGH, 1000.0)
    for k in range(3):
        up, down = parameters.copy(), parameters.copy()
        up[k] += step
        down[k] -= step
        numeric = (integrals(up, LOW, HIGH, 1000.0)[0] - integrals(down, LOW, HIGH, 1000.0)[0]) / (2 * step)
        assert derivative[:, k] == pytest.approx(numeric, rel=1e-7)


def cutoff_at(energy, parameters, reference=1000.0):
    return float(differential(np.array(parameters), np.array([energy]), reference, CUTOFF)[0])


@given(energy=st.floats(50, 1e6), index=st.floats(1, 3), d=st.floats(0.01, 1), b=st.floats(0.02, 1.2))
def test_the_cutoff_is_that_of_the_catalogue(energy, index, d, b):
    # Abdollahi et al. 2022, ApJS 260, 53, eq. 4, as printed
    x = math.log(energy / 1000)
    if abs(b * x) > 1e-2:
        printed = math.exp((d / b - index) * x + d / b**2 * (1 - math.exp(b * x)))
    else:
        printed = math.exp(-index * x - d / 2 * x**2 - d * b / 6 * x**3 - d * b**2 / 24 * x**4)
    assert cutoff_at(energy, [0.0, index, d, b]) == pytest.approx(printed, rel=1e-9, abs=1e-300)


def test_an_exponent_of_zero_is_a_log_parabola_and_three_parameters_mean_two_thirds():
    for energy in (80.0, 1000.0, 3e4):
        parabola = float(differential(np.array([0.0, 2.0, 0.15]), np.array([energy]), 1000.0)[0])
        assert cutoff_at(energy, [0.0, 2.0, 0.3, 1e-9]) == pytest.approx(parabola, rel=1e-6)
        assert cutoff_at(energy, [0.0, 2.0, 0.3]) == cutoff_at(energy, [0.0, 2.0, 0.3, 2 / 3])


def test_derivatives_of_the_cutoff_are_right():
    parameters, step = np.array([-22.0, 2.1, 0.3, 0.6]), 1e-6
    _, derivative = integrals(parameters, LOW, HIGH, 1500.0, CUTOFF)
    for k in range(4):
        up, down = parameters.copy(), parameters.copy()
        up[k] += step
        down[k] -= step
        numeric = (
            integrals(up, LOW, HIGH, 1500.0, CUTOFF)[0] - integrals(down, LOW, HIGH, 1500.0, CUTOFF)[0]
        ) / (2 * step)
        assert derivative[:, k] == pytest.approx(numeric, rel=1e-6, abs=1e-18)


@pytest.mark.parametrize(("d", "b"), [(0.5, 2 / 3), (0.3, 0.35), (0.2, 1.0)])
def test_a_cutoff_is_found_with_its_exponent_freed_only_when_that_is_needed(d, b):
    flux, _ = integrals(np.array([-22.0, 2.0, d, b]), LOW, HIGH, 1000.0, CUTOFF)
    error = np.maximum(0.003 * flux, 1e-13)
    bands = Bands.from_catalogue(LOW, HIGH, flux, error, error, flux / error)
    fits = fit_all(bands, 1000.0, cutoff=True)
    assert fits.preferred is fits.cutoff
    expected = [-22.0, 2.0, d] if b == 2 / 3 else [-22.0, 2.0, d, b]
    assert fits.cutoff.parameters == pytest.approx(expected, abs=1e-3)
    assert fit_all(bands, 1000.0, cutoff=False).preferred.model == "log-parabola"


@settings(deadline=None)  # the machine may be busy
@given(amplitude=st.floats(-32, -20), index=st.floats(1.2, 3.2), beta=st.floats(-0.05, 0.3))
def test_what_was_put_in_is_found(amplitude, index, beta):
    fitted = band_spectrum.fit(bands_of([amplitude, index, beta]), "log-parabola", 1000.0)
    assert fitted is not None
    assert fitted.converged
    assert fitted.parameters == pytest.approx([amplitude, index, beta], abs=1e-5)
    assert fitted.chi2 == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("model", ["power-law", "log-parabola"])
def test_the_minimum_and_its_curvature_agree_with_scipy(model):
    generator = np.random.default_rng(7)
    exact = bands_of([-25.5, 2.0, 0.05], limit=(0,))
    noisy = exact.measured.value * (1 + 0.05 * generator.standard_normal(8))
    error_low = np.where(exact.measured.limit, np.nan, 0.05 * noisy)
    bands = Bands.from_catalogue(LOW, HIGH, noisy, error_low, 0.06 * noisy, np.full(8, 9.0))
    fitted = band_spectrum.fit(bands, model, 1000.0)
    assert fitted is not None

    def chi2(p):
        return float((bands.measured.pulls(integrals(p, LOW, HIGH, 1000.0)[0]) ** 2).sum())

    other = minimize(
        chi2,
        fitted.parameters + 0.01,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 5000},
    )
    assert fitted.chi2 == pytest.approx(other.fun, abs=1e-6)
    assert fitted.parameters == pytest.approx(other.x, abs=1e-4)
    # a parameter moved by one error, the others refitted, raises chi2 by about one (the
    # limit has two widths, the fluxes bend with the index: not exactly one)
    moved = fitted.parameters[1] + fitted.errors[1]
    rest = [k for k in range(len(fitted.parameters)) if k != 1]

    def profile(q):
        p = np.empty(len(fitted.parameters))
        p[1], p[rest] = moved, q
        return chi2(p)

    raised = minimize(
        profile, fitted.parameters[rest], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}
    )
    assert raised.fun - fitted.chi2 == pytest.approx(1, abs=0.3)


@settings(deadline=None)  # the machine may be busy
@given(factor=st.floats(1e-3, 1e3))
def test_scaled_fluxes_scale_the_amplitude_alone(factor):
    plain = bands_of([-25.0, 2.1, 0.07], limit=(0, 7))
    m = plain.measured
    error_low = np.where(m.limit, np.nan, m.sigma_below)
    scaled = Bands.from_catalogue(
        LOW, HIGH, m.value * factor, error_low * factor, m.sigma_above * factor, m.value / m.sigma_below
    )
    one, other = (band_spectrum.fit(b, "log-parabola", 1000.0) for b in (plain, scaled))
    assert one is not None
    assert other is not None
    assert other.amplitude == pytest.approx(factor * one.amplitude, rel=1e-6)
    assert other.parameters[1:] == pytest.approx(one.parameters[1:], abs=1e-6)
    assert other.errors == pytest.approx(one.errors, rel=1e-5)


def test_a_limit_enters_by_the_likelihood_of_its_definition():
    bands = Bands.from_catalogue(
        np.array([50.0]),
        np.array([100.0]),
        np.array([3.6e-8]),
        np.array([np.nan]),
        np.array([4.8e-8]),
        np.array([0.6]),
    )
    at_limit, at_best, at_zero = (
        float(bands.measured.pulls(np.array([f]))[0]) for f in (3.6e-8 + 9.6e-8, 3.6e-8, 0.0)
    )
    assert at_limit == pytest.approx(2)  # flux + 2 error_high is the 95 % limit
    assert at_best == 0
    assert at_zero**2 == pytest.approx(0.6**2)  # the test statistic


def test_too_few_bands_are_not_fitted():
    bands = bands_of([-25.0, 2.0, 0.0])
    few = Bands(
        bands.low[:3],
        bands.high[:3],
        Bands.from_catalogue(
            LOW[:3],
            HIGH[:3],
            bands.measured.value[:3],
            bands.measured.sigma_below[:3],
            bands.measured.sigma_above[:3],
            np.full(3, 20.0),
        ).measured,
    )
    assert band_spectrum.fit(few, "log-parabola", 1000.0) is None
    assert band_spectrum.fit(few, "power-law", 1000.0) is not None


@settings(deadline=None)  # the machine may be busy
@given(chi2=st.floats(1e-3, 500), dof=st.integers(1, 120))
def test_the_probability_of_chi2_is_scipys(chi2, dof):
    assert survival(chi2, dof) == pytest.approx(chi2_distribution.sf(chi2, dof), rel=1e-9, abs=1e-300)


def test_energy_flux_and_butterfly_have_the_errors_of_a_pure_amplitude():
    fitted = band_spectrum.fit(bands_of([math.log(1e-11), 2.0, 0.0]), "power-law", 1000.0)
    assert fitted is not None
    flux, error = energy_flux(fitted, 100.0, 1e5)
    # index 2: N0 E0^2 ln(E2/E1)
    assert flux == pytest.approx(1e-11 * 1e6 * math.log(1e3) * ERG_PER_MEV, rel=1e-6)
    assert 0 < error < 0.1 * flux
    curve, spread = butterfly(fitted, np.array([1000.0]))
    assert curve[0] == pytest.approx(1e-11 * 1e6 * ERG_PER_MEV, rel=1e-6)
    assert spread[0] == pytest.approx(fitted.errors[0], rel=1e-12)


def points(energy, value, error, upper=None):
    upper = np.full(len(energy), np.nan) if upper is None else upper
    return {
        "e2dnde": value,
        "e2dnde_errn": error,
        "e2dnde_errp": error,
        "e2dnde_ul": upper,
        "ul_confidence": np.where(np.isnan(upper), np.nan, 0.95),
    }


def test_points_give_back_their_power_law():
    energy = np.geomspace(1e5, 1e6, 6)
    value = energy**2 * differential(np.array([-40.0, 2.7]), energy, 3e5) * ERG_PER_MEV
    measured = point_spectrum.measured_points(points(energy, value, 0.1 * value))
    fitted = point_spectrum.fit(energy, measured, "power-law", 3e5)
    assert fitted is not None
    assert fitted.parameters == pytest.approx([-40.0, 2.7], abs=1e-5)


def test_a_point_limit_lies_at_its_confidence():
    measured = point_spectrum.measured_points(
        points(np.array([1e5]), np.array([np.nan]), np.array([np.nan]), np.array([1e-12]))
    )
    assert float(measured.pulls(np.array([1e-12]))[0]) == pytest.approx(1.6449, abs=1e-3)  # 95 %, one side


def test_limits_alone_have_no_slope():
    energy = np.geomspace(1e5, 1e6, 6)
    nothing = np.full(6, np.nan)
    measured = point_spectrum.measured_points(points(energy, nothing, nothing, np.full(6, 1e-12)))
    assert point_spectrum.fit(energy, measured, "power-law", 3e5) is None
