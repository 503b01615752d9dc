"""Regions of a sky map: credible levels as asked for, MOCs, contours, and cones that meet them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors.physics.sky_map import SkyMap
from kg_service.errors import BadValue

__all__ = ["cone_meets", "contours", "levels_of", "moc", "separation"]

Array = NDArray[np.float64]
_ACROSS = 60
"""Steps of the grid of a contour over the square root of its area."""
_MOST = 1500


def levels_of(text: str) -> tuple[float, ...]:
    """Credible levels in percent from a text as in "50,90", ascending.

    Raises
    ------
    BadValue
        When one is unreadable or not between 0 and 100.
    """
    found = []
    for part in text.replace(";", ",").replace("%", "").split(","):
        try:
            level = float(part)
        except ValueError:
            raise BadValue(
                f"{part.strip()!r} is no credible level: give percents separated by commas, as in 50,90.",
                parameter="contour_levels",
                value=text,
            ) from None
        if not 0 < level < 100:
            raise BadValue(
                f"A credible level lies between 0 and 100 %, exclusive; {level:g} does not.",
                parameter="contour_levels",
                value=text,
            )
        found.append(level)
    return tuple(sorted(set(found)))


def moc(sky: SkyMap, percent: float) -> Any:
    """The credible region of that probability as a ``mocpy.MOC``."""
    from mocpy import MOC

    cells = sky.cells_within(percent)
    return MOC.from_healpix_cells(
        sky.pixel[cells].astype(np.uint64), sky.order[cells].astype(np.uint8), max_depth=int(sky.order.max())
    )


def cone_meets(region: Any, ra: float, dec: float, radius: float) -> bool:
    """Whether a region (a MOC) and a cone (deg) have a point in common, to the resolution of the region."""
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    lon, lat = Longitude(ra, "deg"), Latitude(dec, "deg")
    if bool(np.any(region.contains_lonlat(lon, lat))):
        return True
    if radius <= 0:
        return False
    from astropy.coordinates import Angle

    depth = max(int(region.max_order), 1)
    cone = MOC.from_cone(lon, lat, radius=Angle(radius, "deg"), max_depth=depth)
    return not region.intersection(cone).empty()


def separation(ra: Array, dec: Array, ra0: float, dec0: float) -> Array:
    """Degrees between positions and a place (Vincenty's formula, exact at all distances)."""
    dl, d1, d0 = np.radians(ra - ra0), np.radians(dec), np.radians(dec0)
    across = np.hypot(np.cos(d1) * np.sin(dl), np.cos(d0) * np.sin(d1) - np.sin(d0) * np.cos(d1) * np.cos(dl))
    along = np.sin(d0) * np.sin(d1) + np.cos(d0) * np.cos(d1) * np.cos(dl)
    return np.asarray(np.degrees(np.arctan2(across, along)))


def contours(sky: SkyMap, percent: float) -> list[list[tuple[float, float]]]:
    """The outline of a credible region as closed polygons of right ascension and declination (ICRS, deg).

    Traced on a grid of about a sixtieth of the region's extent; the MOC of the region is exact.
    """
    import contourpy

    inside = sky.cells_within(percent)
    ra, dec = sky.position(inside)
    step = float(np.clip(np.sqrt(sky.credible_area(percent)) / _ACROSS, 0.02, 1.0))
    start, width = _span(ra)
    margin = 3 * step
    low, high = max(-90.0, float(dec.min()) - margin), min(90.0, float(dec.max()) + margin)
    cosine = max(np.cos(np.radians(max(abs(low), abs(high)))), 0.02)
    width = min(360.0, width + 2 * margin / cosine)
    columns = int(np.clip(width / step * cosine, 40, _MOST))
    rows = int(np.clip((high - low) / step, 40, _MOST))
    x, y = (
        np.linspace(start - margin / cosine, start - margin / cosine + width, columns),
        np.linspace(low, high, rows),
    )
    level = levels_on(sky, *np.meshgrid(x, y))
    framed = np.ones((rows + 2, columns + 2))
    framed[1:-1, 1:-1] = level
    x = np.concatenate([[x[0]], x, [x[-1]]])
    y = np.concatenate([[y[0]], y, [y[-1]]])
    lines: list[Any] = list(contourpy.contour_generator(x, y, framed).lines(percent / 100))
    return [[(round(float(a) % 360, 4), round(float(d), 4)) for a, d in line] for line in lines]


def levels_on(sky: SkyMap, ra: Array, dec: Array) -> Array:
    """The credible level at positions (ICRS, deg); 1 where the map has no cell."""
    cell = sky.cell_at(np.ravel(ra) % 360, np.ravel(dec))
    return np.where(cell < 0, 1.0, sky.credible_level[cell]).reshape(np.shape(ra))


def _span(ra: Array) -> tuple[float, float]:
    """Begin and width (deg) of the shortest arc of right ascension that holds all values."""
    ordered = np.unique(np.round(ra % 360, 3))
    if len(ordered) == 1:
        return float(ordered[0]), 0.0
    gaps = np.diff(np.append(ordered, ordered[0] + 360))
    widest = int(gaps.argmax())
    return float(ordered[(widest + 1) % len(ordered)]), float(360 - gaps[widest])
