"""A probability sky map: the whole sky with its credible regions, and the part that matters close up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from executors.figures import sky_projection
from executors.figures.caveats import below
from executors.physics.sky_map_product import Localised
from executors.plotting import BLACK, VERMILION, figure, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

Project = Callable[[Any, Any], tuple[Any, Any]]
_CENTRE = 180.0
_STYLES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")
_SMALL = 4000.0
"""Square degrees up to which a region is drawn close up as well."""


def draw(localised: Localised) -> OutputFile:
    """Write ``sky_map.png``."""
    close = max(localised.areas.values()) < _SMALL
    with figure(11.0 if close else 8.6, 4.6) as drawn:
        if close:
            left, right = drawn.subplots(1, 2, width_ratios=(1.75, 1))
            _close_up(right, localised)
        else:
            left = drawn.subplots()
        _whole_sky(left, localised)
        _words(drawn, left, localised)
        below(drawn, localised.quality(), columns=170 if close else 130)
        return save(drawn, "sky_map.png", f"Sky map of {localised.event}")


def _words(drawn: Figure, axes: Axes, localised: Localised) -> None:
    drawn.suptitle(f"{localised.event}   sky localisation", x=0.012, ha="left", fontsize=13)
    names = ", ".join(localised.detectors) or "detectors not said"
    axes.set_title(f"{names}; {localised.made}", fontsize=10, color="#404040", loc="left")
    styles = [
        Line2D(
            [],
            [],
            color=BLACK,
            linestyle=_STYLES[i % 4],
            linewidth=1.2,
            label=f"{level:g} %: {_area(area)} deg$^2$",
        )
        for i, (level, area) in enumerate(localised.areas.items())
    ]
    ra, dec = localised.sky.most_probable
    styles.append(
        Line2D(
            [],
            [],
            color=VERMILION,
            marker="+",
            linestyle="none",
            markersize=9,
            label=f"most probable: {ra:.2f}°, {dec:+.2f}°",
        )
    )
    if (distances := localised.sky.distances) is not None:
        five, fifty, ninety_five = distances
        label = f"distance {fifty:.0f} Mpc ({five:.0f}$-${ninety_five:.0f}, 90 %)"
        styles.append(Line2D([], [], linestyle="none", label=label))
    axes.legend(handles=styles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, fontsize=9.5)


def _area(square_degrees: float) -> str:
    return f"{square_degrees:.0f}" if square_degrees >= 100 else f"{square_degrees:.3g}"


def _whole_sky(axes: Axes, localised: Localised) -> None:
    x, y = np.meshgrid(np.linspace(-2, 2, 640), np.linspace(-1, 1, 320))
    ra, dec = sky_projection.from_mollweide(x, y, _CENTRE)
    inside = np.isfinite(dec)
    density = np.full(x.shape, np.nan)
    density[inside] = _density(localised, ra[inside], dec[inside])
    _shade(axes, density, (-2, 2, -1, 1))
    _outlines(axes, localised, lambda a, d: sky_projection.mollweide(a, d, _CENTRE), 0.9)
    sky_projection.all_sky_frame(axes, _CENTRE)


def _close_up(axes: Axes, localised: Localised) -> None:
    sky = localised.sky
    cells = sky.cells_within(max(localised.areas))
    ra, dec = np.radians(sky.position(cells))
    unit = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    mean = (unit * sky.probability[cells]).sum(axis=1)
    ra0 = float(np.degrees(np.arctan2(mean[1], mean[0])) % 360)
    dec0 = float(np.degrees(np.arctan2(mean[2], np.hypot(mean[0], mean[1]))))
    outline = np.array([point for line in localised.contours[max(localised.areas)] for point in line])
    reach = sky_projection.around(outline[:, 0], outline[:, 1], ra0, dec0)
    half = max(1.08 * float(np.max(np.abs(reach))), 0.5)
    x, y = np.meshgrid(np.linspace(-half, half, 360), np.linspace(-half, half, 360))
    _shade(
        axes, _density(localised, *sky_projection.from_around(x, y, ra0, dec0)), (-half, half, -half, half)
    )
    _outlines(axes, localised, lambda a, d: sky_projection.around(a, d, ra0, dec0), 1.2)
    best_ra, best_dec = sky.most_probable
    best = sky_projection.around(np.array([best_ra]), np.array([best_dec]), ra0, dec0)
    axes.plot(*best, color=VERMILION, marker="+", markersize=10, markeredgewidth=1.5)
    sky_projection.part_frame(axes, ra0, dec0, half)


def _outlines(axes: Axes, localised: Localised, project: Project, width: float) -> None:
    """The contours, cut where they pass from one edge of a picture of the whole sky to the other."""
    for number, lines in enumerate(localised.contours.values()):
        for line in lines:
            ra, dec = np.array(line).T
            x, y = project(ra, dec)
            jumps = np.flatnonzero(np.abs(np.diff(x)) > 0.5 * float(np.ptp(axes.get_xlim()))) + 1
            axes.plot(
                np.insert(x, jumps, np.nan),
                np.insert(y, jumps, np.nan),
                color=BLACK,
                linewidth=width,
                linestyle=_STYLES[number % 4],
            )


def _density(localised: Localised, ra: Any, dec: Any) -> Any:
    """Probability per steradian at positions; nothing where the map has no cell."""
    cell = localised.sky.cell_at(np.ravel(ra), np.ravel(dec))
    return np.where(cell < 0, 0.0, localised.sky.density[cell]).reshape(np.shape(ra))


def _shade(axes: Axes, density: Any, extent: tuple[float, float, float, float]) -> None:
    colours = LinearSegmentedColormap.from_list("probability", ["#FFFFFF", "#FBD9A0", "#E69F00", "#7A3B00"])
    axes.imshow(
        np.ma.masked_invalid(density),
        origin="lower",
        extent=extent,
        cmap=colours,
        vmin=0,
        interpolation="nearest",
        aspect="auto",
    )
