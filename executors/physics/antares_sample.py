"""The public ANTARES sample: events, background expected in a cone, acceptance by spectral index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from executors.neutrino_archive import antares_files, columns_of
from kg_service.errors import NotCovered, RunFailed
from kg_service.model.product import Dataset

__all__ = [
    "HIGHEST_DECLINATION",
    "INDICES",
    "LIVETIME",
    "Sample",
]

Array = NDArray[np.float64]
INDICES = np.round(np.arange(1.5, 3.01, 0.1), 1)
"""Spectral indices of the rows of ``acc.txt``."""
HIGHEST_DECLINATION = 47.0
"""Degrees: north of it a source never lies below the horizon of ANTARES (latitude +42.8 deg), which looks
through the Earth; the acceptance is close to zero there."""
LIVETIME = 3136.0
"""Days of data in the sample (Aublin, Illuminati & Navas 2019, PoS(ICRC2019)920)."""
_SINE_STEP = 0.1
_MISSING = 0.05
"""Share of the events by which the list may differ from the cumulative count at its northern end."""
_FLUX_SCALE = 1e8
"""``acc.txt`` counts events for a flux of 1e-8 GeV-1 cm-2 s-1 at 1 GeV."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Events (deg, deg, hits, deg, MJD UTC), polynomial of the cumulative count, acceptances."""

    ra: Array
    dec: Array
    hits: Array
    angular_error: Array
    mjd: Array
    cumulative: Array
    acceptance_table: Array
    datasets: tuple[Dataset, ...]

    @classmethod
    def read(cls) -> Sample:
        """Read the three files of the sample wherever they are at hand."""
        files = antares_files()
        events = np.array(columns_of(files["ANTARES.data"], 5))
        coefficients = np.array(columns_of(files["background.txt"], 7))[0]
        table = np.array(columns_of(files["acc.txt"], 20))
        if len(table) != len(INDICES) or table.min() < 0:
            raise RunFailed(
                f"acc.txt is corrupt or truncated: it should hold {len(INDICES)} rows of acceptances, "
                f"one for each spectral index, and holds {len(table)}.",
                value="acc.txt",
            )
        if (np.abs(events[:, 1]) > 90).any():
            raise RunFailed("ANTARES.data is corrupt: declinations beyond 90 deg.", value="ANTARES.data")
        expected = float(np.polynomial.polynomial.polyval(events[:, 1].max(), coefficients))
        if abs(len(events) - expected) > _MISSING * expected:
            raise RunFailed(
                f"ANTARES.data and background.txt do not belong together: {len(events)} events, of which "
                f"{expected:.0f} are expected. One of them is truncated; put fresh copies in their place.",
                value="ANTARES.data",
            )
        datasets = tuple(file.dataset for file in files.values())
        ra, dec, hits, error, mjd = events.T
        return cls(ra, dec, hits, error, mjd, coefficients, table, datasets)

    def density(self, south: float, north: float) -> float:
        """Background events per steradian between two declinations (deg), mean over the band."""
        edges = np.array([max(south, -90.0), min(north, 90.0)])
        inside = np.clip(edges, -90.0, self.dec.max())
        counts = np.polynomial.polynomial.polyval(inside, self.cumulative)
        sines = np.sin(np.radians(edges))
        return float(max(counts[1] - counts[0], 0.0) / (2 * np.pi * (sines[1] - sines[0])))

    def background(self, dec: float, radius: float) -> float:
        """Events expected in a cone without a source: mean density of its declination band times its area.

        The polynomial in declination was fitted to the cumulative count of the sample's own events, so
        right ascension plays no part; beyond the northernmost event it is not used.
        """
        area = 2 * np.pi * (1 - np.cos(np.radians(radius)))
        return self.density(dec - radius, dec + radius) * float(area)

    def acceptance(self, dec: float) -> Array:
        """Signal events per GeV-1 cm-2 s-1 at 1 GeV by spectral index, interpolated in sin Dec."""
        nodes = -1 + _SINE_STEP * np.arange(self.acceptance_table.shape[1])
        sine = float(np.sin(np.radians(dec)))
        row = [np.interp(sine, nodes, values) for values in self.acceptance_table]
        return np.array(row) * _FLUX_SCALE

    def require_visible(self, dec: float) -> None:
        """Refuse a declination that ANTARES never sees through the Earth."""
        if dec > HIGHEST_DECLINATION or not (self.acceptance(dec) > 0).all():
            raise NotCovered(
                f"ANTARES looks at neutrinos that come through the Earth and never sees Dec {dec:+.2f} deg; "
                f"it covers declinations from -90 to {HIGHEST_DECLINATION:+g} deg.",
                parameter="dec",
                value=f"{dec:g}",
            )
