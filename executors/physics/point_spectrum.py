"""Fits photon spectra to published points of E^2 dN/dE.

An upper limit enters as a measurement of zero with the width that puts the limit at its confidence
level on one side of a normal curve; nothing more is published about such points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from executors.physics.spectral_fit import (
    ERG_PER_MEV,
    Fit,
    Measured,
    Model,
    logarithm,
    minimise,
)

__all__ = ["fit", "measured_points"]

Array = NDArray[np.float64]


def measured_points(columns: Mapping[str, Array]) -> Measured:
    """Flux points (columns as in :mod:`executors.flux_points`) as the fit takes them, in erg cm-2 s-1.

    Where ``e2dnde`` is NaN the point is a limit. A measured one enters with the mean of its two errors.
    """
    flux, upper, confidence = columns["e2dnde"], columns["e2dnde_ul"], columns["ul_confidence"]
    limit = np.isnan(flux)
    sigmas = np.array([NormalDist().inv_cdf(c) if math.isfinite(c) else math.nan for c in confidence])
    width = np.where(limit, upper / sigmas, (columns["e2dnde_errn"] + columns["e2dnde_errp"]) / 2)
    return Measured(np.where(limit, 0.0, flux), width, width, limit)


def fit(energy: Array, measured: Measured, model: Model, reference: float) -> Fit | None:
    """Fit a model to points at ``energy`` (MeV); ``None`` without a degree of freedom or a measured slope."""
    count = 2 if model == "power-law" else 3
    good = ~measured.limit
    if len(energy) - count < 1 or good.sum() < 2:
        return None

    def predict(parameters: Array) -> tuple[Array, Array]:
        level, design = logarithm(parameters, energy, reference, model)
        value = energy**2 * np.exp(level) * ERG_PER_MEV
        return value, value[:, None] * design

    density = measured.value[good] / (ERG_PER_MEV * energy[good] ** 2)
    slope, level = np.polyfit(np.log(energy[good] / reference), np.log(density), 1)
    return minimise(predict, measured, np.array([level, -slope, 0.0][:count]), model, reference)
