"""ANTARES events around a position, and the flux limits that their number gives."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from executors.figures.caveats import write_caveats
from executors.physics.antares_limit import Limits
from executors.physics.antares_region import Region, position_text
from executors.physics.sphere import offsets
from executors.plotting import BLACK, BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw_limit", "draw_region"]

_DRAWN = (1e3, 1e6)
"""Energies in GeV between which the lines of the limits are drawn."""
_ARROWS = (2.2e3, 2e4, 1.8e5)
_INDICES = (1.5, 2.0, 2.5, 3.0)


def draw_region(region: Region) -> OutputFile:
    """Write ``events.png``: the events on the sky around the cone."""
    with figure(6.4, 6.2) as drawn:
        axes = drawn.subplots()
        _sky(axes, region)
        header(drawn, axes, f"ANTARES   {position_text(region.ra, region.dec)}", _counts(region))
        write_caveats(drawn, region.quality())
        return save(drawn, "events.png", f"ANTARES events at {position_text(region.ra, region.dec)}")


def draw_limit(limits: Limits) -> OutputFile:
    """Write ``upper_limit.png``: the sky, and the flux limits where the whole sample was used."""
    region = limits.region
    with figure(11.2 if len(limits.flux) else 6.4, 5.5) as drawn:
        if len(limits.flux):
            left, right = drawn.subplots(1, 2, width_ratios=(1, 1.15))
            _fluxes(right, limits)
        else:
            left = drawn.subplots()
        _sky(left, region)
        header(drawn, left, f"ANTARES   {position_text(region.ra, region.dec)}", _counts(region))
        if not len(limits.flux):
            left.text(
                0.03, 0.03, f"signal < {limits.upper:.2f} events ({limits.confidence:.0%} C.L.)",
                transform=left.transAxes, fontsize=9.5, bbox={"facecolor": "white", "edgecolor": "none"},
            )  # fmt: skip
        write_caveats(drawn, limits.quality())
        return save(drawn, "upper_limit.png", f"ANTARES limit at {position_text(region.ra, region.dec)}")


def _counts(region: Region) -> str:
    until = "2017-12-31" if region.whole else region.end[:16].replace("T", " ")
    return (
        f"{region.start[:10]} to {until}: {region.events} events within {region.radius:g} deg, "
        f"{region.background:.2f} expected"
    )


def _sky(axes: Axes, region: Region) -> None:
    """Offsets in degrees, east to the left; each event with its angular error."""
    half = max(2.2 * region.radius, 4.0)
    sample = region.sample
    east, north = offsets(region.ra, region.dec, sample.ra, sample.dec)
    near = region.in_time & (region.distance < 2 * half)
    for i in np.flatnonzero(near):
        colour = VERMILION if region.chosen[i] else GREY
        size = 2 * sample.angular_error[i]
        axes.add_patch(Ellipse((east[i], north[i]), size, size, facecolor=colour, alpha=0.16, linewidth=0))
        axes.plot(east[i], north[i], "o", color=colour, markersize=4)
    across = 2 * region.radius
    axes.add_patch(Ellipse((0, 0), across, across, fill=False, color=BLUE, linewidth=1.4))
    axes.plot(0, 0, "+", color=BLACK, markersize=11, markeredgewidth=1.4)
    for marker, colour, text in (
        ("o", VERMILION, "event in the cone, with angular error"),
        ("o", GREY, "other event"),
        ("+", BLACK, "position asked for"),
    ):
        axes.plot([], [], marker, color=colour, markersize=5, label=text)
    axes.legend(loc="upper right", fontsize=8.5, frameon=True, framealpha=0.85, edgecolor="none")
    axes.set_xlim(half, -half)
    axes.set_ylim(-half, half)
    axes.set_aspect("equal")
    axes.set_xlabel("Offset to the east  [deg]")
    axes.set_ylabel("Offset to the north  [deg]")


def _fluxes(axes: Axes, limits: Limits) -> None:
    """E^2 dN/dE of the limits for a few spectral indices, arrows at the middle, and the E^-2 sensitivity."""
    energy = np.geomspace(*_DRAWN, 50)
    shown = [i for i, index in enumerate(limits.indices) if index in _INDICES] or [0]
    colours = ("#9EC9E8", BLUE, "#00416A", BLACK)
    for i, colour in zip(shown, colours, strict=False):
        index = limits.indices[i]
        curve = limits.flux[i] * energy ** (2 - index)
        axes.plot(energy, curve, color=colour, label=rf"$E^{{-{index:g}}}$")
        for place in _ARROWS[:: 1 if index == 2.0 else 2]:
            at = limits.flux[i] * place ** (2 - index)
            axes.annotate("", (place, at / 1.8), (place, at),
                          arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.2})  # fmt: skip
        if index == 2.0:
            average = np.full_like(energy, limits.flux_sensitivity[i])
            axes.plot(energy, average, color=colour, linestyle="--", linewidth=1.1,
                      label=r"average limit without signal, $E^{-2}$")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*_DRAWN)
    axes.set_ylim(top=axes.get_ylim()[1] * 12)
    axes.set_xlabel("Neutrino energy  [GeV]")
    axes.set_ylabel(r"$E^2\,dN/dE$, $\nu_\mu + \bar{\nu}_\mu$  [GeV cm$^{-2}$ s$^{-1}$]")
    axes.set_title(
        f"Upper limits by assumed spectrum, {limits.confidence:.0%} C.L., Feldman-Cousins",
        fontsize=10,
        color="#404040",
    )
    axes.legend(loc="upper right", title=f"signal < {limits.upper:.2f} events", title_fontsize=9.5,
                alignment="left", frameon=True, framealpha=0.85, edgecolor="none")  # fmt: skip
