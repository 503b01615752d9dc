"""Where an event of KM3NeT came from, with its regions of containment."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Ellipse

from executors.figures.caveats import write_caveats
from executors.physics.km3net_event import Facts
from executors.plotting import BLACK, BLUE, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(facts: Facts) -> OutputFile:
    """Write ``event.png``: the direction and its circles in right ascension and declination."""
    with figure(6.6, 5.8) as drawn:
        axes = drawn.subplots()
        cosine = float(np.cos(np.radians(facts.dec)))
        largest = max(facts.radii.values(), default=1.0)
        for percent, radius in sorted(facts.radii.items(), reverse=True):
            wide = 2 * radius / cosine
            axes.add_patch(Ellipse((facts.ra, facts.dec), wide, 2 * radius, facecolor=BLUE, alpha=0.16))
            axes.add_patch(Ellipse((facts.ra, facts.dec), wide, 2 * radius, fill=False, edgecolor=BLUE))
            axes.annotate(f"{percent} %", (facts.ra, facts.dec + radius), xytext=(0, 3),
                          textcoords="offset points", ha="center", fontsize=9, color=BLUE)  # fmt: skip
        axes.plot(facts.ra, facts.dec, "+", color=BLACK, markersize=12, markeredgewidth=1.5)
        axes.set_xlim(facts.ra + 1.5 * largest / cosine, facts.ra - 1.5 * largest / cosine)
        axes.set_ylim(facts.dec - 1.5 * largest, facts.dec + 1.5 * largest)
        axes.set_aspect(1 / cosine)
        axes.set_xlabel("RA (ICRS)  [deg]")
        axes.set_ylabel("Dec (ICRS)  [deg]")
        axes.text(0.03, 0.97, "\n".join(_lines(facts)), transform=axes.transAxes, va="top", fontsize=9.5)
        header(
            drawn, axes, f"{facts.identifier}   KM3NeT ({facts.detector})",
            f"{facts.time[:19].replace('T', ' ')} UTC, {facts.origin}",
        )  # fmt: skip
        write_caveats(drawn, facts.quality())
        return save(drawn, "event.png", f"{facts.identifier} (KM3NeT)")


def _lines(facts: Facts) -> list[str]:
    published = facts.published
    muon, neutrino = f"muon {facts.energy:g} PeV", "neutrino_energy"
    if "muon_energy_interval_68" in published:
        low, high = published["muon_energy_interval_68"]
        muon += f" ({low:g} to {high:g}, 68 %)"
    lines = [f"RA {facts.ra:g}, Dec {facts.dec:+g} deg", muon]
    if neutrino in published:
        low, high = published["neutrino_energy_interval_90"]
        lines.append(f"neutrino {published[neutrino]:g} PeV ({low:g} to {high:g}, 90 %)")
    return lines
