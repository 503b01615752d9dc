"""How much a light curve varies: chi2 against a constant, fractional variability, Bayesian blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from executors.physics.bayesian_blocks import partition
from executors.physics.spectral_fit import survival

__all__ = [
    "Block",
    "Constancy",
    "FractionalVariability",
    "blocks",
    "constancy",
    "fractional_variability",
    "plain_mean",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Constancy:
    """The weighted mean with its error, and the chi2 of the fluxes against it."""

    mean: float
    error: float
    chi2: float
    dof: int

    @property
    def probability(self) -> float:
        """Chance of a larger chi2 from a constant source."""
        return survival(self.chi2, self.dof)


@dataclass(frozen=True, slots=True)
class FractionalVariability:
    """F_var with its error; ``value`` is ``None`` when the excess variance is negative.

    ``excess`` is the normalised excess variance with ``excess_error``.
    """

    value: float | None
    error: float | None
    excess: float
    excess_error: float


@dataclass(frozen=True, slots=True)
class Block:
    """An interval of constant flux: first and last bin (inclusive), weighted mean and its error."""

    first: int
    last: int
    mean: float
    error: float


def plain_mean(flux: Array) -> tuple[float, float]:
    """The mean of equal weights and its standard error, the sample standard deviation over sqrt(N).

    Of a source that varies the mean weighted by 1/sigma^2 is too low: bright bins have larger errors.
    """
    return float(flux.mean()), float(flux.std(ddof=1) / math.sqrt(len(flux)))


def constancy(flux: Array, sigma: Array) -> Constancy:
    """Chi2 against the mean weighted by 1/sigma^2; one degree of freedom less than there are points."""
    weight = sigma**-2
    mean = float((weight * flux).sum() / weight.sum())
    return Constancy(
        mean, float(weight.sum() ** -0.5), float((weight * (flux - mean) ** 2).sum()), len(flux) - 1
    )


def fractional_variability(flux: Array, sigma: Array) -> FractionalVariability:
    """F_var after Vaughan et al. 2003, MNRAS 345, 1271: equations 10 (value), 11 and B2 (errors).

    The variance is the sample variance (N - 1); F_var = sqrt((S^2 - <sigma^2>) / <flux>^2).
    """
    count, mean, noise = len(flux), float(flux.mean()), float((sigma**2).mean())
    excess = (float(flux.var(ddof=1)) - noise) / mean**2
    size = math.sqrt(max(excess, 0.0))
    excess_error = math.hypot(
        math.sqrt(2 / count) * noise / mean**2, math.sqrt(noise / count) * 2 * size / mean
    )
    if excess <= 0:
        return FractionalVariability(None, None, excess, excess_error)
    error = math.hypot(math.sqrt(0.5 / count) * noise / (mean**2 * size), math.sqrt(noise / count) / mean)
    return FractionalVariability(size, error, excess, excess_error)


def blocks(edges: Array, flux: Array, sigma: Array, false_alarm: float) -> list[Block]:
    """The optimal partition into intervals of constant flux (Scargle et al. 2013, ApJ 764, 167).

    The fluxes are Gaussian point measurements (section 3.3 there); ``false_alarm`` is p0, the chance of
    a spurious change point. Changes lie at bin edges, because the fluxes are means over their bins.
    """
    scale = float(np.abs(flux).max()) or 1.0  # photon fluxes are so small that their squares are tiny
    starts = [*partition(flux / scale, sigma / scale, false_alarm), len(flux)]
    result = []
    for first, stop in pairwise(starts):
        part = constancy(flux[first:stop], sigma[first:stop])
        result.append(Block(int(first), int(stop) - 1, part.mean, part.error))
    return result
