"""Projections of the sky for pictures, east to the left: Mollweide for all of it, azimuthal for a part.

Formulas of Calabretta & Greisen 2002, A&A 395, 1077 (MOL, section 5.3.3; ARC, section 5.1.5).
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

__all__ = ["all_sky_frame", "around", "from_around", "from_mollweide", "mollweide", "part_frame"]

Array = NDArray[np.float64]
_GRID = "#9A9A9A"


def mollweide(ra: Array, dec: Array, centre: float) -> tuple[Array, Array]:
    """Positions (deg) in the ellipse of half axes 2 and 1 around the right ascension ``centre``."""
    east = (np.asarray(ra) - centre + 180) % 360 - 180
    dec = np.radians(np.asarray(dec, dtype=float))
    gamma = dec.copy()
    for _ in range(60):  # Newton's method, slow at the poles only
        slope = np.maximum(2 + 2 * np.cos(2 * gamma), 1e-9)
        gamma -= (2 * gamma + np.sin(2 * gamma) - np.pi * np.sin(dec)) / slope
        gamma = np.clip(gamma, -np.pi / 2, np.pi / 2)
    return -east / 90 * np.cos(gamma), np.sin(gamma)


def from_mollweide(x: Array, y: Array, centre: float) -> tuple[Array, Array]:
    """The positions (deg) of points of the ellipse; NaN outside of it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        gamma = np.arcsin(np.where(x**2 / 4 + y**2 <= 1, y, np.nan))
        dec = np.degrees(np.arcsin((2 * gamma + np.sin(2 * gamma)) / np.pi))
        ra = centre - 90 * x / np.cos(gamma)
    return ra % 360, dec


def around(ra: Array, dec: Array, ra0: float, dec0: float) -> tuple[Array, Array]:
    """Positions (deg) as degrees to the west and north of a place, true in distance from it."""
    dl, d, d0 = np.radians(np.asarray(ra) - ra0), np.radians(dec), np.radians(dec0)
    west = -np.cos(d) * np.sin(dl)
    north = np.cos(d0) * np.sin(d) - np.sin(d0) * np.cos(d) * np.cos(dl)
    along = np.sin(d0) * np.sin(d) + np.cos(d0) * np.cos(d) * np.cos(dl)
    across = np.hypot(west, north)
    scale = np.degrees(np.arctan2(across, along)) / np.maximum(across, 1e-12)
    return west * scale, north * scale


def from_around(x: Array, y: Array, ra0: float, dec0: float) -> tuple[Array, Array]:
    """The positions (deg) of points given in degrees to the west and north of a place."""
    distance, d0 = np.radians(np.hypot(x, y)), np.radians(dec0)
    scale = np.divide(np.sin(distance), np.hypot(x, y), out=np.zeros_like(distance), where=distance > 0)
    west, north = x * scale, y * scale
    dec = np.arcsin(np.clip(np.cos(distance) * np.sin(d0) + north * np.cos(d0), -1, 1))
    ra = np.arctan2(-west, np.cos(distance) * np.cos(d0) - north * np.sin(d0))
    return (ra0 + np.degrees(ra)) % 360, np.degrees(dec)


def all_sky_frame(axes: Axes, centre: float) -> None:
    """Outline, graticule and labels of a Mollweide picture of the whole sky."""
    axes.set_aspect("equal")
    axes.set_axis_off()
    turn = np.linspace(0, 2 * np.pi, 361)
    axes.plot(2 * np.cos(turn), np.sin(turn), color="black", linewidth=0.9)
    degrees = np.linspace(-90, 90, 181)
    for hour in range(0, 24, 3):
        offset = (hour * 15 - centre + 180) % 360 - 180
        axes.plot(
            *mollweide(np.full(181, hour * 15.0), degrees, centre), color=_GRID, linewidth=0.4, alpha=0.7
        )
        if abs(offset) < 170:
            x, y = mollweide(np.array([hour * 15.0]), np.array([0.0]), centre)
            axes.text(
                float(x[0]), float(y[0]), f"{hour}$^h$", fontsize=8, color="#303030", ha="center", va="top"
            )
    across = centre + np.linspace(-179.999, 179.999, 361)
    for dec in range(-60, 90, 30):
        x, y = mollweide(across, np.full(361, float(dec)), centre)
        axes.plot(x, y, color=_GRID, linewidth=0.4, alpha=0.7)
        if dec:
            axes.text(x.max() + 0.04, float(y[0]), f"{dec:+d}°", fontsize=8, color="#303030", va="center")
    axes.set_xlim(-2.06, 2.2)
    axes.set_ylim(-1.06, 1.06)


def part_frame(axes: Axes, ra0: float, dec0: float, half: float) -> None:
    """Graticule of an azimuthal picture ``half`` degrees wide on each side, labelled at its edges."""
    axes.set_aspect("equal")
    axes.set_xlim(-half, half)
    axes.set_ylim(-half, half)
    axes.tick_params(
        which="both", bottom=False, top=False, left=False, right=False, labelbottom=False, labelleft=False
    )
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30) if half / s <= 4), 45)
    decs = np.arange(np.ceil((dec0 - half) / step), np.floor((dec0 + half) / step) + 1) * step
    wide = min(180.0, 1.6 * half / max(np.cos(np.radians(dec0)), 0.05))
    for dec in decs[np.abs(decs) < 90]:
        line = around(ra0 + np.linspace(-wide, wide, 400), np.full(400, dec), ra0, dec0)
        _line(axes, *line, 0, -half, half, f"{dec:+g}°")
    ra_step = next((s for s in (0.5, 1, 2, 5, 10, 15, 30, 45) if wide / s <= 6), 60)
    for ra in np.arange(np.ceil((ra0 - wide) / ra_step), np.floor((ra0 + wide) / ra_step) + 1) * ra_step:
        low, high = max(-90.0, dec0 - 1.6 * half), min(90.0, dec0 + 1.6 * half)
        line = around(np.full(400, ra), np.linspace(low, high, 400), ra0, dec0)
        _line(axes, *line, 1, -half, half, f"{ra % 360:g}°")
    axes.set_xlabel("Right ascension (ICRS)", labelpad=16)
    axes.set_ylabel("Declination (ICRS)", labelpad=34)


def _line(axes: Axes, x: Array, y: Array, side: int, low: float, high: float, label: str) -> None:
    """Draw a line of the graticule and label it where it crosses the left (0) or the lower (1) edge."""
    axes.plot(x, y, color=_GRID, linewidth=0.4, alpha=0.8)
    across, along = (x, y) if side == 0 else (y, x)
    crossing = np.flatnonzero(np.diff(np.sign(across - low)) != 0)
    for at in crossing[:1]:
        if low < along[at] < high:
            outside, inside = -0.015, float((along[at] - low) / (high - low))
            axes.text(
                outside if side == 0 else inside,
                inside if side == 0 else outside,
                label,
                transform=axes.transAxes,
                fontsize=9,
                ha="right" if side == 0 else "center",
                va="center" if side == 0 else "top",
            )
