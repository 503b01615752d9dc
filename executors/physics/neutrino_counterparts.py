"""IceCube alerts near an event in time whose 90 % circles meet its region, and how many would by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.known.event_lists import Event
from executors.physics.chance_alignment import CELESTIAL_POLE, directions, turn
from executors.physics.icecube_alerts import alerts
from executors.physics.sky_map import SkyMap
from kg_service.model.times import tt_from_iso

__all__ = ["SPAN", "NearAlert", "Neutrinos", "compare"]

Array = NDArray[np.float64]
SPAN = ("2016-04-27T00:00:00Z", "2020-12-01T00:00:00Z")
"""The time that the list of alerts covers."""
_STEPS = 72


@dataclass(frozen=True, slots=True)
class NearAlert:
    """An alert within the time window: seconds after the event, radius of its 90 % circle (deg).

    ``level`` and ``density`` (per steradian) are the map's where the alert points, ``meets`` whether its
    circle and the region have a point in common.
    """

    event: Event
    offset: float
    ra: float
    dec: float
    radius: float
    level: float
    density: float
    meets: bool


@dataclass(frozen=True, slots=True)
class Neutrinos:
    """Alerts within ``window`` seconds of the event; ``expected`` is the number that chance would bring.

    ``compared`` alerts of the whole list and the share of it that the window is say what chance does.
    """

    window: float
    compared: int
    near: tuple[NearAlert, ...]
    expected: float

    @property
    def coincident(self) -> int:
        """Alerts in the window whose circle meets the region."""
        return sum(alert.meets for alert in self.near)


def compare(sky: SkyMap, percent: float, utc: str, window: float) -> Neutrinos | None:
    """Compare a region with the alerts within ``window`` seconds of a time; ``None`` outside the list's time.

    By chance each alert of the list would fall into the window with the share that the window is of the
    list's time, and meet the region with the share of right ascensions at which it would.
    """
    moment, (first, last) = tt_from_iso(utc), (tt_from_iso(text) for text in SPAN)
    if not first <= moment < last:
        return None
    everything = alerts(*SPAN)
    reach = round(window * 1e6)
    offsets = np.array([tt_from_iso(event.time) - moment for event in everything.events]) / 1e6
    meets = _meets(sky, percent, everything.ra, everything.dec, everything.radius, np.zeros(1))[0]
    turned = _meets(
        sky, percent, everything.ra, everything.dec, everything.radius, np.arange(_STEPS) * 360.0 / _STEPS
    )
    share = (min(moment + reach, last) - max(moment - reach, first)) / (last - first)
    cell = sky.cell_at(everything.ra, everything.dec)
    near = tuple(
        NearAlert(
            event=everything.events[n],
            offset=float(offsets[n]),
            ra=float(everything.ra[n]),
            dec=float(everything.dec[n]),
            radius=float(everything.radius[n]),
            level=float(sky.credible_level[cell[n]]) if cell[n] >= 0 else 1.0,
            density=float(sky.density[cell[n]]) if cell[n] >= 0 else 0.0,
            meets=bool(meets[n]),
        )
        for n in np.flatnonzero(np.abs(offsets) <= window)
    )
    return Neutrinos(window, len(offsets), near, float(turned.mean(axis=0).sum() * share))


def _meets(
    sky: SkyMap, percent: float, ra: Array, dec: Array, radius: Array, angles: Array
) -> NDArray[np.bool_]:
    """Whether circles, turned in right ascension by each angle, meet the region, to the size of its cells."""
    cells = sky.cells_within(percent)
    cell_ra, cell_dec = sky.position(cells)
    region, half = directions(cell_ra, cell_dec), np.sqrt(sky.area[cells] / np.pi)
    margin = radius + np.degrees(half.max())
    near = np.flatnonzero((dec > cell_dec.min() - margin) & (dec < cell_dec.max() + margin))
    least = np.cos(np.minimum(np.radians(radius[near])[:, None] + half, np.pi))
    found = np.zeros((len(angles), len(ra)), dtype=bool)
    turned = turn(ra[near], dec[near], CELESTIAL_POLE, angles)
    for row, (its_ra, its_dec) in enumerate(zip(*turned, strict=True)):
        found[row, near] = (directions(its_ra, its_dec).T @ region >= least).any(axis=1)
    return found
