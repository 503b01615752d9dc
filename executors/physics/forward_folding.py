"""Fits photon spectra to count spectra by folding the model through the response (forward folding).

Counts per channel are C_i = sum_j R_ij A_j int_j N(E) dE: redistribution matrix R and effective area A of the
bin j of true energy (Davis 2001, ApJ 548, 1010, eq. 1; OGIP memo CAL/GEN/92-002). The matrix is not
inverted: chi2 compares counts with counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.physics.spectral_fit import Fit, Measured, logarithm, minimise

__all__ = ["Response", "fit", "fold", "photons"]

Array = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
"""Four nodes per bin: exact to 1e-9 for a power law over bins of a few per cent, as responses have them."""


@dataclass(frozen=True, slots=True)
class Response:
    """Edges of the bins of true energy and of the channels (MeV), and R A in cm2 (one row per bin)."""

    low: Array
    high: Array
    matrix: Array
    channel_low: Array
    channel_high: Array

    @property
    def channel_centre(self) -> Array:
        """The middle of each channel, MeV."""
        return (self.channel_low + self.channel_high) / 2


def photons(parameters: Array, low: Array, high: Array, reference: float) -> tuple[Array, Array]:
    """Integrals of dN/dE over bins (cm-2 s-1) and their derivatives by the parameters (last axis).

    Parameters are those of :class:`~executors.physics.spectral_fit.Fit`; energies in MeV.
    """
    half = np.log(high / low) / 2
    energy = np.sqrt(low * high)[:, None] * np.exp(half[:, None] * _NODES)
    level, design = logarithm(parameters, energy, reference)
    pieces = half[:, None] * _WEIGHTS * energy * np.exp(level)
    return pieces.sum(axis=1), np.einsum("bn,bnp->bp", pieces, design)


def fold(parameters: Array, response: Response, reference: float) -> tuple[Array, Array]:
    """Predicted counts per second in each channel, and their derivatives by the parameters."""
    expected, slopes = photons(parameters, response.low, response.high, reference)
    return expected @ response.matrix, response.matrix.T @ slopes


def fit(rate: Array, error: Array, response: Response, used: NDArray[np.bool_]) -> Fit | None:
    """The power law that fits the channels used, at the energy where index and level do not correlate.

    ``None`` with fewer than three channels, or where nothing is measured.

    Parameters
    ----------
    rate, error
        Counts per second of every channel, and one standard deviation.
    """
    if used.sum() < 3 or not (rate[used] > 0).any():
        return None
    measured = Measured(rate[used], error[used], error[used], np.zeros(int(used.sum()), dtype=bool))

    def power_law(reference: float, start: Array) -> Fit:
        def predict(parameters: Array) -> tuple[Array, Array]:
            predicted, slopes = fold(parameters, response, reference)
            return predicted[used], slopes[used]

        return minimise(predict, measured, start, "power-law", reference)

    reference = float(np.exp(np.log(response.channel_centre[used]).mean()))
    unit, _ = fold(np.array([0.0, 2.0]), response, reference)
    weight = error[used] ** -2
    level = (weight * rate[used] * unit[used]).sum() / (weight * unit[used] ** 2).sum()
    first = power_law(reference, np.array([np.log(max(level, np.finfo(float).tiny)), 2.0]))
    if not first.converged or not np.isfinite(first.covariance).all():
        return first
    pivot = reference * float(np.exp(first.covariance[0, 1] / first.covariance[1, 1]))
    if not response.low[0] <= pivot <= response.high[-1]:
        return first
    shifted = first.parameters[0] - first.parameters[1] * np.log(pivot / reference)
    return power_law(pivot, np.array([shifted, first.parameters[1]]))
