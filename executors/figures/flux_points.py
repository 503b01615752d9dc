"""Flux points as every spectrum shows them: points with errors, limits as arrows with their level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from executors.plotting import plain_decades

__all__ = ["GEV", "Colour", "draw_flux_points", "energy_axis", "limits_key"]

Colour = str | tuple[float, ...]
GEV = 1e3
"""One GeV in MeV: the unit of the energy axis of every gamma-ray spectrum."""
_FEW_DECADES = 100.0
_ARROW = r"$\downarrow$"


def draw_flux_points(
    axes: Axes,
    columns: Mapping[str, NDArray[np.float64]],
    *,
    colour: Colour,
    marker: str,
    label: str,
    filled: bool = True,
    megaelectronvolts: float = GEV,
    size: float = 5.0,
) -> None:
    """Draw flux points (columns of :mod:`executors.flux_points`) over energy.

    Parameters
    ----------
    label
        What the points are; where there are limits, their confidence level is added.
    filled
        Whether the markers are filled.
    megaelectronvolts
        The unit of the energy axis in MeV: GeV for gamma rays, with :func:`energy_axis`.
    size
        Of the markers, in points.
    """
    energy, low, high = (columns[name] / megaelectronvolts for name in ("e_ref", "e_min", "e_max"))
    limit = np.isnan(columns["e2dnde"])
    width = np.nan_to_num(np.stack([energy - low, high - energy]))
    style: dict[str, Any] = {"color": colour, "linewidth": 1.1, "zorder": 4}
    if limit.any():
        label += f",  arrows: {100 * columns['ul_confidence'][limit][0]:g} % limits"
        bound = columns["e2dnde_ul"][limit]
        axes.errorbar(
            energy[limit], bound, xerr=width[:, limit], yerr=0.4 * bound, uplims=True, fmt="none", **style
        )
    if limit.all():
        limits_key(axes, label, colour)
        return
    errors = np.stack([columns["e2dnde_errn"], columns["e2dnde_errp"]])[:, ~limit]
    axes.errorbar(
        energy[~limit], columns["e2dnde"][~limit], yerr=errors, xerr=width[:, ~limit],
        fmt=marker, markersize=size, label=label, markerfacecolor=colour if filled else "white", **style,
    )  # fmt: skip


def energy_axis(axes: Axes) -> None:
    """Logarithmic energies in GeV; call it once the limits are set, which decide how many are labelled."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    if high < _FEW_DECADES * low:
        plain_decades(axes.xaxis)
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("Energy  [GeV]")


def limits_key(axes: Axes, label: str, colour: Colour) -> None:
    """An arrow in the legend."""
    axes.plot([], [], marker=_ARROW, color=colour, linestyle="none", markersize=9, label=label)
