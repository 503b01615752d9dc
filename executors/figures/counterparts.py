"""The region of a sky map with the known sources in it, and their number against what chance brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle

from executors.figures import sky_projection
from executors.figures.caveats import write_caveats
from executors.physics.counterparts import Searched
from executors.physics.sky_regions import levels_on
from executors.plotting import BLACK, BLUE, GREY, PURPLE, VERMILION, figure, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

Project = Callable[[Any, Any], tuple[Any, Any]]
_SMALL = 4000.0
"""Square degrees up to which the region is drawn close up, else on the whole sky."""
_CENTRE = 180.0
_NAMED = 12
_SHADES = ["#FFFFFF", "#FBD9A0", "#E69F00", "#B35A00"]


def draw(searched: Searched) -> OutputFile:
    """Write ``counterparts.png``."""
    with figure(11.0, 5.2) as drawn:
        sky, counted = drawn.subplots(1, 2, width_ratios=(1.25, 1))
        _region(sky, searched)
        _counts(counted, searched)
        tested = searched.probabilities
        drawn.suptitle(
            f"{searched.event}   known sources in the {searched.percent:g} % region "
            f"({searched.area:.3g} deg$^2$)",
            x=0.012, ha="left", fontsize=13,
        )  # fmt: skip
        sky.set_title(
            f"{_made(searched)}; {searched.time[:19].replace('T', ' ')} UTC",
            fontsize=10, color="#404040", loc="left",
        )  # fmt: skip
        counted.set_title(
            f"{len(searched.candidates)} inside, {searched.expected_uniform:.1f} expected by chance; "
            f"post-trial p = {searched.post_trial:.2g} ({len(tested)} tests)",
            fontsize=10, color="#404040", loc="left",
        )  # fmt: skip
        write_caveats(drawn, searched.quality())
        return save(drawn, "counterparts.png", f"Known sources in the region of {searched.event}")


def _made(searched: Searched) -> str:
    header = searched.sky.header
    detectors = str(header.get("INSTRUME", "")).replace(",", ", ")
    return f"{detectors}; {header.get('CREATOR', searched.file.pipeline)}".removeprefix("; ")


def _region(axes: Axes, searched: Searched) -> None:
    sky = searched.sky
    if searched.area >= _SMALL:
        x, y = np.meshgrid(np.linspace(-2, 2, 500), np.linspace(-1, 1, 250))
        ra, dec = sky_projection.from_mollweide(x, y, _CENTRE)
        _shade(axes, searched, x, y, ra, dec)
        _sources(axes, searched, lambda a, d: sky_projection.mollweide(a, d, _CENTRE), named=False)
        sky_projection.all_sky_frame(axes, _CENTRE)
        return
    cells = sky.cells_within(searched.percent)
    ra, dec = np.radians(sky.position(cells))
    unit = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    mean = (unit * sky.probability[cells]).sum(axis=1)
    ra0 = float(np.degrees(np.arctan2(mean[1], mean[0])) % 360)
    dec0 = float(np.degrees(np.arctan2(mean[2], np.hypot(mean[0], mean[1]))))
    reach = sky_projection.around(np.degrees(ra), np.degrees(dec), ra0, dec0)
    half = max(1.12 * float(np.max(np.abs(reach))), 0.5)
    x, y = np.meshgrid(np.linspace(-half, half, 360), np.linspace(-half, half, 360))
    _shade(axes, searched, x, y, *sky_projection.from_around(x, y, ra0, dec0))
    sky_projection.part_frame(axes, ra0, dec0, half)
    _sources(axes, searched, lambda a, d: sky_projection.around(a, d, ra0, dec0), named=True)


def _shade(axes: Axes, searched: Searched, x: Any, y: Any, ra: Any, dec: Any) -> None:
    """Probability density, and the outline of the region."""
    on_sky, sky = np.isfinite(dec), searched.sky
    density, level = np.full(x.shape, np.nan), np.ones(x.shape)
    cell = sky.cell_at(ra[on_sky] % 360, dec[on_sky])
    density[on_sky] = np.where(cell < 0, 0.0, sky.density[cell])
    level[on_sky] = levels_on(sky, ra[on_sky], dec[on_sky])
    axes.imshow(
        np.ma.masked_invalid(density),
        origin="lower",
        extent=(x.min(), x.max(), y.min(), y.max()),
        cmap=LinearSegmentedColormap.from_list("probability", _SHADES),
        vmin=0,
        interpolation="nearest",
        aspect="auto",
    )
    axes.contour(x, y, level, levels=[searched.percent / 100], colors=BLACK, linewidths=1.2)


def _sources(axes: Axes, searched: Searched, project: Project, *, named: bool) -> None:
    """The candidates by rank, the other sources of the catalogue as dots, alerts with their circles."""
    catalogue = searched.catalogue
    x, y = project(catalogue.ra, catalogue.dec)
    axes.plot(x, y, ".", color=GREY, markersize=3, alpha=0.8, zorder=2)
    for rank, candidate in enumerate(searched.candidates, start=1):
        x, y = project(np.array([candidate.ra]), np.array([candidate.dec]))
        axes.plot(x, y, "o", color=BLUE, markersize=6 if named else 3, markerfacecolor="none", zorder=3)
        if named and rank <= _NAMED:
            axes.annotate(
                str(rank), (float(x[0]), float(y[0])), textcoords="offset points",
                xytext=(6, 3) if rank % 2 else (-6, 3), ha="left" if rank % 2 else "right",
                fontsize=10, color=BLUE, clip_on=True,
            )  # fmt: skip
    for alert in searched.neutrinos.near if searched.neutrinos is not None else ():
        x, y = project(np.array([alert.ra]), np.array([alert.dec]))
        axes.plot(x, y, "*", color=PURPLE, markersize=9, zorder=3)
        if named:
            axes.add_patch(
                Circle((float(x[0]), float(y[0])), alert.radius, fill=False, color=PURPLE, linestyle="--")
            )


def _counts(axes: Axes, searched: Searched) -> None:
    """Sources within each credible level, and the expectation of the turned catalogue."""
    levels = np.array([candidate.level for candidate in searched.candidates])
    grid = np.linspace(0, searched.percent / 100, 200)
    expected = np.array([searched.chance.expected_within(level) for level in grid])
    axes.fill_between(
        100 * grid, np.maximum(expected - np.sqrt(expected), 0), expected + np.sqrt(expected),
        color=GREY, alpha=0.25, linewidth=0, label=r"$\pm\sqrt{N}$",
    )  # fmt: skip
    axes.plot(100 * grid, expected, color=GREY, label="chance: catalogue turned about\nthe galactic poles")
    steps = np.concatenate([[0], levels, [searched.percent / 100]])
    count = np.concatenate([np.arange(len(levels) + 1), [len(levels)]])
    axes.step(100 * steps, count, where="post", color=BLUE, label=_listed(searched))
    mean = searched.expected_uniform
    axes.plot(searched.percent, mean, "D", color=VERMILION, markersize=6, clip_on=False,
              label=f"chance: mean density x area, {mean:.1f}")  # fmt: skip
    for rank, candidate in enumerate(searched.candidates[:_NAMED], start=1):
        name = candidate.association or candidate.name
        axes.annotate(
            f"{rank} {name} " + (f"({candidate.kind})" if candidate.kind else ""),
            (100 * candidate.level, rank), textcoords="offset points", xytext=(-4, 3), ha="right",
            fontsize=8, color="#202020",
        )  # fmt: skip
    axes.set_xlim(0, searched.percent)
    axes.set_ylim(0, 1.45 * max([float(expected[-1] + np.sqrt(expected[-1])), mean, len(levels) + 1.0]))
    axes.set_xlabel("Credible level  [%]")
    axes.set_ylabel("Sources within the level")
    axes.legend(loc="upper left")


def _listed(searched: Searched) -> str:
    return "4FGL" if searched.catalogue.complete else searched.catalogue.title
