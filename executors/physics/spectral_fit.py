"""Models of photon spectra, fitted to measured values and upper limits by least chi2.

What is predicted for a parameter vector (a flux density, an integral over a band) is the caller's
business; here are the models, the minimum, and what follows from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CUTOFF",
    "ERG_PER_MEV",
    "EXPONENT",
    "MARGINAL_FIT",
    "POOR_FIT",
    "Fit",
    "Measured",
    "Model",
    "butterfly",
    "differential",
    "energy_flux",
    "logarithm",
    "minimise",
    "survival",
]

Array = NDArray[np.float64]
Model = Literal["power-law", "log-parabola", "cutoff-power-law"]
CUTOFF: Final = "cutoff-power-law"
EXPONENT = 2 / 3
"""Exponent b of the cutoff where it is not fitted, as for most pulsars of 4FGL (Abdollahi et al. 2022, ApJS
260, 53)."""
Predict = Callable[[Array], tuple[Array, Array]]
"""Parameters to predicted values and their derivatives (one row per value)."""
ERG_PER_MEV = 1.602176634e-6
POOR_FIT = 1e-3
"""A fit whose chi2 is less probable than this is called poor."""
MARGINAL_FIT = 1e-2
"""A fit that is not poor but less probable than this is called marginal: of a hundred good fits one is."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_STEPS = 400


@dataclass(frozen=True, slots=True)
class Measured:
    """Values, the widths for predictions below and above them, and which are upper limits."""

    value: Array
    sigma_below: Array
    sigma_above: Array
    limit: NDArray[np.bool_]

    def sigma(self, predicted: Array) -> Array:
        """The width on the side of the prediction."""
        return np.where(predicted >= self.value, self.sigma_above, self.sigma_below)

    def pulls(self, predicted: Array) -> Array:
        """(predicted - value) / sigma; the sum of their squares is the chi2."""
        return (predicted - self.value) / self.sigma(predicted)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model of dN/dE over x = ln(E/E0), E0 = ``reference`` in MeV.

    Parameters are ln N0 (N0 in cm-2 s-1 MeV-1), the index at E0, and

    - of a log-parabola beta: ln dN/dE = ln N0 - index x - beta x^2 (Abdollahi et al. 2020, ApJS 247,
      33, eq. 2);
    - of a power law with exponential cutoff d and, where it is fitted, b: ln dN/dE = ln N0 - index x
      + d (b x + 1 - exp(b x)) / b^2 (Abdollahi et al. 2022, ApJS 260, 53, eq. 4).

    ``covariance`` is of these parameters; ``converged`` is false when the minimum was not found.
    """

    model: Model
    parameters: Array
    covariance: Array
    chi2: float
    dof: int
    reference: float
    converged: bool

    @property
    def errors(self) -> Array:
        """One standard deviation of each parameter."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def amplitude(self) -> float:
        """N0 in cm-2 s-1 MeV-1."""
        return math.exp(float(self.parameters[0]))

    @property
    def probability(self) -> float:
        """Chance of a larger chi2 if the model is true."""
        return survival(self.chi2, self.dof)

    @property
    def verdict(self) -> str:
        """Chi2, degrees of freedom and probability for people."""
        chance = (
            f"probability {self.probability:.1g}" if self.probability > 1e-300 else "probability below 1e-300"
        )
        return f"chi2 {self.chi2:.1f}/{self.dof}, {chance}"

    @property
    def poor(self) -> bool:
        """Whether the data reject the model, or the minimum was not found."""
        return not self.converged or self.probability < POOR_FIT

    @property
    def marginal(self) -> bool:
        """Whether the fit is improbable without being rejected."""
        return not self.poor and self.probability < MARGINAL_FIT


def logarithm(
    parameters: Array, energy: Array, reference: float, model: Model = "log-parabola"
) -> tuple[Array, Array]:
    """ln(dN/dE) at ``energy`` (MeV) and its derivatives by each parameter, along the last axis.

    Two parameters are a power law under every model; a cutoff with three has the exponent 2/3.
    """
    x = np.log(energy / reference)
    columns = [np.ones_like(x), -x, -(x**2)]
    if model == CUTOFF:
        bend, slope = _bend(x, float(parameters[3]) if len(parameters) > 3 else EXPONENT)
        columns[2:] = [bend, parameters[2] * slope]
    design = np.stack(columns[: len(parameters)], axis=-1)
    linear = min(len(parameters), 3)
    return np.asarray(design[..., :linear] @ parameters[:linear]), design


def _bend(x: Array, exponent: float) -> tuple[Array, Array]:
    """(b x + 1 - exp(b x)) / b^2 for b = ``exponent``, and its derivative by b; for small b x as a series."""
    u = exponent * x
    small = np.abs(u) < 1e-2
    safe = np.where(small, 1.0, u)
    grown = np.expm1(safe)
    value = np.where(small, -1 / 2 - u / 6 - u**2 / 24 - u**3 / 120, (safe - grown) / safe**2)
    slope = np.where(
        small, -1 / 6 - u / 12 - u**2 / 40 - u**3 / 180, (2 * grown - 2 * safe - safe * grown) / safe**3
    )
    return x**2 * value, x**3 * slope


def differential(parameters: Array, energy: Array, reference: float, model: Model = "log-parabola") -> Array:
    """dN/dE in cm-2 s-1 MeV-1 at ``energy`` (MeV)."""
    return np.asarray(np.exp(logarithm(parameters, energy, reference, model)[0]))


def minimise(predict: Predict, measured: Measured, start: Array, model: Model, reference: float) -> Fit:
    """Least chi2 by Levenberg-Marquardt steps (Press et al., Numerical Recipes, section 15.5).

    The covariance is the inverse of the curvature matrix J^T J at the minimum.
    """

    def expand(parameters: Array) -> tuple[float, Array, Array]:
        with np.errstate(over="ignore", invalid="ignore"):
            predicted, derivative = predict(parameters)
            pulls = measured.pulls(predicted)
            jacobian = derivative / measured.sigma(predicted)[:, None]
        return float(pulls @ pulls), jacobian.T @ pulls, jacobian.T @ jacobian

    parameters, damping, converged = start, 1e-3, False
    chi2, gradient, curvature = expand(parameters)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), -gradient)
        trial = expand(parameters + step)
        if not trial[0] <= chi2:
            damping *= 4
            converged = damping > 1e12
        else:
            converged = chi2 - trial[0] <= 1e-9 * (1 + chi2) and bool(np.all(np.abs(step) < 1e-6))
            parameters, (chi2, gradient, curvature), damping = parameters + step, trial, damping / 5
        if converged:
            break
    dof = len(measured.value) - len(parameters)
    return Fit(
        model,
        parameters,
        np.asarray(np.linalg.inv(curvature), dtype=np.float64),
        chi2,
        dof,
        reference,
        converged,
    )


def butterfly(result: Fit, energy: Array) -> tuple[Array, Array]:
    """E^2 dN/dE (erg cm-2 s-1) of the model at ``energy`` (MeV), and the one-sigma error of its logarithm."""
    level, design = logarithm(result.parameters, energy, result.reference, result.model)
    spread = np.sqrt(np.einsum("ij,jk,ik->i", design, result.covariance, design))
    return energy**2 * np.exp(level) * ERG_PER_MEV, spread


def energy_flux(result: Fit, low: float, high: float) -> tuple[float, float]:
    """Energy flux of the model between ``low`` and ``high`` (MeV) in erg cm-2 s-1, and its error."""
    half = math.log(high / low) / 2
    energy = math.sqrt(low * high) * np.exp(half * _NODES)
    level, design = logarithm(result.parameters, energy, result.reference, result.model)
    pieces = half * _WEIGHTS * energy**2 * np.exp(level) * ERG_PER_MEV
    gradient = pieces @ design
    return float(pieces.sum()), float(math.sqrt(gradient @ result.covariance @ gradient))


def survival(chi2: float, dof: int) -> float:
    """Probability that chi2 with ``dof`` degrees of freedom is larger (Abramowitz & Stegun 26.4.4-5)."""
    if dof % 2 == 0:
        term = total = 1.0
        for k in range(1, dof // 2):
            term *= chi2 / (2 * k)
            total += term
        return math.exp(-chi2 / 2) * total
    term, total = math.sqrt(chi2), 0.0
    for k in range(1, dof // 2 + 1):
        total += term
        term *= chi2 / (2 * k + 1)
    return math.erfc(math.sqrt(chi2 / 2)) + math.sqrt(2 / math.pi) * math.exp(-chi2 / 2) * total
