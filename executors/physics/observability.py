"""Sun, Moon and zenith of a site at many times, and the altitude and airmass of positions.

Directions are compared as vectors: the zenith is turned with the Earth and brought to the celestial frame
(precession and nutation IAU 2006/2000A, erfa), and the sine of an altitude is its product with a
direction. Left out are the aberration of light (0.006 deg), UT1 - UTC (0.004 deg) and refraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from executors.known.observing_sites import Site
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["DAY", "Sky", "airmass", "altitude", "lowest_altitude", "noon_before", "sky_of"]

Array = NDArray[np.float64]
DAY = 86_400_000_000
"""Microseconds of a day."""
_JD_OF_MJD = 2400000.5
_NONE = 40.0
"""An airmass beyond that of the horizon."""


@dataclass(frozen=True, slots=True)
class _Directions:
    """Unit vectors in ICRS, one column for each time."""

    zenith: Array
    sun: Array
    moon: Array


@dataclass(frozen=True)
class Sky:
    """A site at ``time`` (microseconds TT since MJD 0), ``per_day`` samples from a local noon to the next.

    ``illumination`` is the lit share of the Moon's disc.
    """

    site: Site
    time: NDArray[np.int64]
    per_day: int
    towards: _Directions
    illumination: Array

    @cached_property
    def sun_altitude(self) -> Array:
        """Altitude of the Sun's centre, deg."""
        return altitude(self.towards.zenith, self.towards.sun)

    @cached_property
    def moon_altitude(self) -> Array:
        """Altitude of the Moon's centre as seen from the site, deg."""
        return altitude(self.towards.zenith, self.towards.moon)

    def altitude(self, direction: Array) -> Array:
        """Altitude (deg) of a fixed direction (unit vector in ICRS) at every time."""
        return altitude(self.towards.zenith, direction[:, None])

    def moon_separation(self, direction: Array) -> Array:
        """Angle (deg) between the Moon and a fixed direction at every time."""
        return np.asarray(np.degrees(np.arccos(np.clip(direction @ self.towards.moon, -1, 1))))


def altitude(zenith: Array, direction: Array) -> Array:
    """Altitude (deg) of directions above the horizon of a zenith; both are unit vectors in columns."""
    return np.asarray(np.degrees(np.arcsin(np.clip((zenith * direction).sum(axis=0), -1, 1))))


def airmass(altitudes: Array) -> Array:
    """Airmass at altitudes (deg): Pickering 2002, DIO 12, 1, p. 20, note 39; NaN below the horizon."""
    above = np.where(altitudes > 0, altitudes, np.nan)
    return np.asarray(1 / np.sin(np.radians(above + 244 / (165 + 47 * above**1.1))))


def lowest_altitude(largest_airmass: float) -> float:
    """The altitude (deg) at which the airmass is as large as that; airmass falls with altitude."""
    grid = np.linspace(90.0, 1e-3, 200_000)
    return float(np.interp(largest_airmass, np.append(airmass(grid), _NONE), np.append(grid, 0.0)))


def noon_before(site: Site, moment: int) -> int:
    """The local mean noon that begins the night of a time: after 6 h in the morning the coming night counts.

    Noon is taken at full ten minutes of UTC. Both times are microseconds TT since MJD 0.
    """
    east = round(site.longitude / 360 * DAY)
    noon = (moment + east - DAY // 4) // DAY * DAY + DAY // 2 - east
    return tt_from_iso(f"{iso_from_tt(noon)[:15]}0:00Z")


def sky_of(site: Site, start: int, days: int, per_day: int) -> Sky:
    """Sun, Moon and zenith of a site for whole days from a time (microseconds TT since MJD 0).

    Sun and Moon are computed each hour (erfa: epv00, moon98) and joined by straight lines, which is good
    to 3 arcsec; the Moon is brought from the centre of the Earth to the site.
    """
    import erfa

    moments = start + DAY // per_day * np.arange(days * per_day + 1, dtype=np.int64)
    turned = _earth_turned(moments)
    place = np.array(erfa.gd2gc(1, np.radians(site.longitude), np.radians(site.latitude), site.height))
    up = np.array([np.cos(np.radians(site.latitude)), 0.0, np.sin(np.radians(site.latitude))])
    east = np.radians(site.longitude)
    celestial = _celestial(moments, days)
    zenith = _carried(celestial, _turned(up, turned + east))
    hours = start + DAY // 24 * np.arange(days * 24 + 1, dtype=np.int64)
    tt = _JD_OF_MJD, hours / DAY
    sun = _between(hours, -erfa.epv00(*tt)[0]["p"] * erfa.DAU, moments)
    moon = _between(hours, erfa.moon98(*tt)["p"] * erfa.DAU, moments)
    distance = float(np.hypot(place[0], place[1]))
    east_of_zero = float(np.arctan2(place[1], place[0]))
    at = _carried(celestial, _turned(np.array([distance, 0.0, place[2]]), turned + east_of_zero))
    seen = moon - at
    return Sky(
        site=site,
        time=moments,
        per_day=per_day,
        towards=_Directions(zenith, _unit(sun), _unit(seen)),
        illumination=_illumination(sun, moon),
    )


def _earth_turned(moments: NDArray[np.int64]) -> Array:
    """Earth rotation angle (rad, IAU 2000) with UTC for UT1: they differ by less than 0.9 s, 0.004 deg."""
    import erfa

    utc = datetime.fromisoformat(iso_from_tt(int(moments[0]))) - datetime(1858, 11, 17, tzinfo=UTC)
    ahead = int(moments[0]) - round(utc.total_seconds() * 1e6)
    return np.asarray(erfa.era00(_JD_OF_MJD, (moments - ahead) / DAY))


def _celestial(moments: NDArray[np.int64], days: int) -> Array:
    """Matrices from the celestial intermediate frame to GCRS, one for each sample, from the day's middle."""
    import erfa

    middle = moments[0] / DAY + np.arange(days + 1) + 0.5
    matrices = np.swapaxes(erfa.c2i06a(_JD_OF_MJD, middle), -1, -2)
    return np.asarray(matrices[((moments - moments[0]) // DAY).astype(int)])


def _turned(vector: Array, angles: Array) -> Array:
    """A vector of the meridian turned about the pole by each angle (rad)."""
    return np.asarray(
        [vector[0] * np.cos(angles), vector[0] * np.sin(angles), np.full(len(angles), vector[2])]
    )


def _carried(matrices: Array, vectors: Array) -> Array:
    return np.asarray(np.einsum("tij,jt->it", matrices, vectors))


def _between(nodes: NDArray[np.int64], vectors: Array, moments: NDArray[np.int64]) -> Array:
    """Vectors of the nodes joined by straight lines, one column for each moment."""
    return np.asarray([np.interp(moments, nodes, vectors[:, axis]) for axis in range(3)])


def _illumination(sun: Array, moon: Array) -> Array:
    """Lit share of the Moon's disc: Meeus 1998, Astronomical Algorithms, ch. 48; vectors from the Earth."""
    to_sun = sun - moon
    cosine = -(to_sun * moon).sum(axis=0) / (np.linalg.norm(to_sun, axis=0) * np.linalg.norm(moon, axis=0))
    return np.asarray((1 + cosine) / 2)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=0))
