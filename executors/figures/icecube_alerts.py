"""IceCube's alerts around a position with their 90 % circles, and all of them on the sky."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from executors.figures.caveats import write_caveats
from executors.physics.icecube_alerts import Match
from executors.physics.sphere import offsets
from executors.plotting import BLACK, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(match: Match) -> OutputFile:
    """Write ``alerts.png``: the surroundings of the position, and the whole list on the sky."""
    with figure(10.8, 4.9) as drawn:
        near, every = drawn.subplots(1, 2, width_ratios=(1, 1.45))
        _near(near, match)
        _every(every, match)
        found = f"{match.matches} match, {match.chance.sum():.2f} by chance, p = {match.probability:.2g}"
        where = f"RA {match.ra:.3f} Dec {match.dec:+.3f} deg"
        header(drawn, near, f"IceCube alerts   {where}", found)
        write_caveats(drawn, match.quality())
        return save(drawn, "alerts.png", f"IceCube alerts at {where}")


def _near(axes: Axes, match: Match) -> None:
    nearest = float(match.distance.min())
    half = float(np.clip(1.6 * nearest + 1.0, 2.0, 25.0)) if match.within is None else 1.6 * match.within
    alerts = match.alerts
    east, north = offsets(match.ra, match.dec, alerts.ra, alerts.dec)
    for i in np.flatnonzero(match.distance < 2 * half + alerts.radius):
        colour, across = VERMILION if match.matched[i] else GREY, 2 * alerts.radius[i]
        axes.add_patch(Ellipse((east[i], north[i]), across, across, facecolor=colour, alpha=0.2, linewidth=0))
        axes.plot(east[i], north[i], "o", color=colour, markersize=4)
        if abs(east[i]) < half and abs(north[i]) < half:
            axes.annotate(alerts.events[i].identifier, (east[i], north[i]), xytext=(5, 5),
                          textcoords="offset points", fontsize=8.5, color=colour)  # fmt: skip
    if match.within is not None:
        axes.add_patch(Ellipse((0, 0), 2 * match.within, 2 * match.within, fill=False, color=BLACK))
    axes.plot(0, 0, "+", color=BLACK, markersize=12, markeredgewidth=1.5)
    axes.set_xlim(half, -half)
    axes.set_ylim(-half, half)
    axes.set_aspect("equal")
    axes.set_xlabel("Offset to the east  [deg]")
    axes.set_ylabel("Offset to the north  [deg]")


def _every(axes: Axes, match: Match) -> None:
    alerts = match.alerts
    for i in range(len(match.distance)):
        colour = VERMILION if match.matched[i] else GREY
        wide = 2 * alerts.radius[i] / max(float(np.cos(np.radians(alerts.dec[i]))), 0.05)
        axes.add_patch(
            Ellipse((alerts.ra[i], alerts.dec[i]), wide, 2 * alerts.radius[i], facecolor=colour, alpha=0.35,
                    linewidth=0)
        )  # fmt: skip
        axes.plot(alerts.ra[i], alerts.dec[i], ".", color=colour, markersize=4)
    axes.plot(match.ra, match.dec, "+", color=BLACK, markersize=12, markeredgewidth=1.5, label="position")
    axes.plot([], [], "o", color=GREY, markersize=5, label="alert, 90 % circle of the first notice")
    axes.plot([], [], "o", color=VERMILION, markersize=5, label="matching alert")
    axes.set_xlim(360, 0)
    axes.set_ylim(-90, 125)
    axes.set_yticks(range(-90, 91, 30))
    axes.set_xticks(range(0, 361, 60))
    axes.set_xlabel("RA  [deg]")
    axes.set_ylabel("Dec  [deg]")
    axes.set_title(
        f"{len(match.distance)} alerts, {match.start[:10]} to {match.end[:10]}", fontsize=10, color="#404040"
    )
    axes.legend(loc="upper right", ncols=2, fontsize=8.5)
