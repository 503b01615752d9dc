"""Fits photon spectra to fluxes that are integrals over wide energy bands.

The model is integrated over each band, never evaluated at the band's middle. A measured band enters
with the mean of its lower and upper error; a band with an upper limit enters by its likelihood: a
normal curve on each side of the catalogue's best flux, above it with the width that puts the 95 %
limit at two sigma, below it with the width that gives the likelihood at zero flux its known value
exp(-TS/2). For the asymmetric errors behind this see Barlow 2003, arXiv:physics/0306138.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.physics.spectral_fit import (
    CUTOFF,
    EXPONENT,
    Fit,
    Measured,
    Model,
    logarithm,
    minimise,
)

__all__ = ["Bands", "fit", "freed", "integrals"]

Array = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True, slots=True)
class Bands:
    """Photon fluxes (cm-2 s-1) in bands from ``low`` to ``high`` (MeV)."""

    low: Array
    high: Array
    measured: Measured

    @classmethod
    def from_catalogue(
        cls, low: Array, high: Array, flux: Array, error_low: Array, error_high: Array, sqrt_ts: Array
    ) -> Bands:
        """Bands as 4FGL lists them: a lower error of NaN marks a limit at ``flux + 2 error_high``.

        For a limit the width below the best flux F is F / sqrt(TS): then the likelihood at zero
        flux is exp(-TS/2), the definition of TS.
        """
        limit = np.isnan(error_low)
        with np.errstate(divide="ignore", invalid="ignore"):
            below = np.where(sqrt_ts > 0, flux / sqrt_ts, np.inf)
        mean = (error_low + error_high) / 2
        measured = Measured(flux, np.where(limit, below, mean), np.where(limit, error_high, mean), limit)
        return cls(low, high, measured)


def integrals(
    parameters: Array, low: Array, high: Array, reference: float, model: Model = "log-parabola"
) -> tuple[Array, Array]:
    """Photon fluxes (cm-2 s-1) between ``low`` and ``high`` (MeV), and their derivatives by parameter.

    Gauss-Legendre quadrature with 48 nodes in ln E; the derivatives are integrals of the same kind.
    """
    half = np.log(high / low)[:, None] / 2
    energy = np.sqrt(low * high)[:, None] * np.exp(half * _NODES)
    level, design = logarithm(parameters, energy, reference, model)
    pieces = half * _WEIGHTS * energy * np.exp(level)
    derivative = np.einsum("ij,ijk->ik", pieces, design)
    return pieces.sum(axis=1), derivative


def fit(bands: Bands, model: Model, reference: float) -> Fit | None:
    """Fit a model with reference energy ``reference`` (MeV); ``None`` when no degree of freedom is left.

    The exponent of a cutoff is 2/3 here; :func:`freed` fits it too.
    """
    count = 2 if model == "power-law" else 3
    if len(bands.measured.value) <= count:
        return None
    return _fitted(bands, model, reference, _start(bands, count, reference))


def freed(bands: Bands, fixed: Fit) -> Fit | None:
    """A power law with cutoff fitted again with a free exponent; ``None`` without a degree of freedom."""
    if len(bands.measured.value) <= len(fixed.parameters) + 1:
        return None
    return _fitted(bands, CUTOFF, fixed.reference, np.append(fixed.parameters, EXPONENT))


def _fitted(bands: Bands, model: Model, reference: float, start: Array) -> Fit:
    return minimise(
        lambda p: integrals(p, bands.low, bands.high, reference, model),
        bands.measured,
        start,
        model,
        reference,
    )


def _start(bands: Bands, count: int, reference: float) -> Array:
    """A power law through the two best measured bands (index 2 when they say nothing sensible)."""
    measured = bands.measured
    centre = np.sqrt(bands.low * bands.high)
    density = np.maximum(measured.value, 1e-30) / (bands.high - bands.low)
    best = np.sort(np.argsort(-np.where(measured.limit, 0, measured.value / measured.sigma_above))[:2])
    (e1, e2), (d1, d2) = centre[best], density[best]
    index = -math.log(d2 / d1) / math.log(e2 / e1)
    index = index if 0 < index < 5 else 2.0
    return np.array([math.log(d1) + index * math.log(e1 / reference), index, 0.0][:count])
