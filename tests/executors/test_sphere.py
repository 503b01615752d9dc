"""Angles and offsets on the sky, held against astropy."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from executors.physics.sphere import offsets, separations


@pytest.mark.parametrize(("ra", "dec"), [(10.0, 0.0), (359.99, -40.0), (120.0, 89.9), (77.4, 5.7)])
def test_angles_and_directions_are_those_of_astropy(ra, dec):
    generator = np.random.default_rng(2)
    ras, decs = 360 * generator.random(200), np.degrees(np.arcsin(2 * generator.random(200) - 1))
    centre, others = SkyCoord(ra, dec, unit="deg"), SkyCoord(ras, decs, unit="deg")
    distance = separations(ra, dec, ras, decs)
    assert distance == pytest.approx(centre.separation(others).deg, abs=1e-9)
    east, north = offsets(ra, dec, ras, decs)
    assert np.hypot(east, north) == pytest.approx(distance)
    angle = centre.position_angle(others).rad
    assert east == pytest.approx(distance * np.sin(angle), abs=1e-7)
    assert north == pytest.approx(distance * np.cos(angle), abs=1e-7)
