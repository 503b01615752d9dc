"""Angles on the sky for many directions at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["offsets", "separations"]

Array = NDArray[np.float64]


def separations(ra: float, dec: float, ras: Array, decs: Array) -> Array:
    """Angles in degrees between one direction and many (Vincenty's formula)."""
    d1, d2, turn = np.radians(dec), np.radians(decs), np.radians(ras - ra)
    across = np.hypot(
        np.cos(d2) * np.sin(turn), np.cos(d1) * np.sin(d2) - np.sin(d1) * np.cos(d2) * np.cos(turn)
    )
    along = np.sin(d1) * np.sin(d2) + np.cos(d1) * np.cos(d2) * np.cos(turn)
    return np.asarray(np.degrees(np.arctan2(across, along)), dtype=float)


def offsets(ra: float, dec: float, ras: Array, decs: Array) -> tuple[Array, Array]:
    """Offsets to the east and to the north in degrees, true in distance and direction from the centre.

    This is the zenithal equidistant projection about the centre (Calabretta & Greisen 2002, A&A 395, 1077).
    """
    d1, d2, turn = np.radians(dec), np.radians(decs), np.radians(ras - ra)
    angle = np.arctan2(
        np.cos(d2) * np.sin(turn), np.cos(d1) * np.sin(d2) - np.sin(d1) * np.cos(d2) * np.cos(turn)
    )
    distance = separations(ra, dec, ras, decs)
    return np.asarray(distance * np.sin(angle)), np.asarray(distance * np.cos(angle))
