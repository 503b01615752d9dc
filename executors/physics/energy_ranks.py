"""How much more likely an event is from a source than from the atmosphere by its energy, without a response.

IceCube's releases for single sources give effective areas against true energy and reconstructed energies of
events, but not how the two belong together. What is assumed here: the events' reconstructed energies are
those of atmospheric neutrinos, and true and reconstructed energy are ranked alike with a correlation of 0.7
between their normal scores (a Gaussian copula).
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATMOSPHERIC_INDEX", "CORRELATION", "energy_ratios"]

Array = NDArray[np.float64]
ATMOSPHERIC_INDEX = 3.7
"""Spectral index of atmospheric muon neutrinos at TeV energies."""
CORRELATION = 0.7
_QUADRATURE = 40


def energy_ratios(log_energies: Array, log_edges: Array, areas: Array, index: float) -> Array:
    """Signal over background of each event by its energy; the mean over the events is 1.

    Parameters
    ----------
    log_energies
        log10 of the reconstructed energies in GeV.
    log_edges
        log10 of the lower and upper true energy (GeV) of each bin of the effective area, shape (bins, 2).
    areas
        Effective area of each bin, in any unit.
    index
        Spectral index of the source.
    """
    middle = log_edges.mean(axis=1)
    used = areas > 0
    background = areas[used] * 10 ** (middle[used] * (1 - ATMOSPHERIC_INDEX))
    signal = areas[used] * 10 ** (middle[used] * (1 - index))
    background, signal = background / background.sum(), signal / signal.sum()
    true_scores = _normal_scores(np.cumsum(background) - background / 2)
    ratio = np.log(signal / background)
    ranks = np.argsort(np.argsort(log_energies, kind="stable"), kind="stable")
    own_scores = _normal_scores((ranks + 0.5) / len(log_energies))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_QUADRATURE)
    scores = CORRELATION * own_scores[:, None] + np.sqrt(1 - CORRELATION**2) * nodes
    expected = np.exp(np.interp(scores, true_scores, ratio)) @ (weights / weights.sum())
    return np.asarray(expected / expected.mean(), dtype=float)


def _normal_scores(shares: Array) -> Array:
    normal = NormalDist()
    return np.array([normal.inv_cdf(min(max(float(share), 1e-12), 1 - 1e-12)) for share in shares])
