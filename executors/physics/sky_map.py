"""A probability sky map on a multi-order HEALPix grid: credible regions, the most probable place, distance.

After Singer & Price 2016 (Phys. Rev. D 93, 024013), Singer et al. 2016 (Astrophys. J. Lett. 829, L15) and
Fernique et al. 2022 (IVOA, MOC 2.0).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executors.fits_headers import headers, unreadable
from kg_service.errors import BadValue

__all__ = ["SkyMap", "read"]

Array = NDArray[np.float64]
_SQUARE_DEGREES = (180 / np.pi) ** 2
_DISTANCE = ("DISTMU", "DISTSIGMA", "DISTNORM")
_TOLERANCE = 0.02


@dataclass(frozen=True)
class SkyMap:
    """Cells of a multi-order map (UNIQ numbers), probability per steradian, and distance columns (Mpc).

    ``header`` holds what the file says about the map; the probability sums to 1.
    """

    uniq: NDArray[np.int64]
    density: Array
    distance: dict[str, Array]
    header: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """HEALPix order of each cell: UNIQ = 4 * 4^order + pixel (MOC 2.0, section 4.3.1)."""
        return np.asarray((np.frexp(self.uniq.astype(float))[1] - 3) // 2, dtype=np.int64)

    @cached_property
    def pixel(self) -> NDArray[np.int64]:
        """Number of each cell in the nested scheme of its order."""
        return self.uniq - (np.int64(4) << (2 * self.order))

    @cached_property
    def area(self) -> Array:
        """Area of each cell in steradian."""
        return np.asarray(np.pi / 3 / 4.0**self.order, dtype=np.float64)

    @cached_property
    def probability(self) -> Array:
        """Probability of each cell."""
        return self.density * self.area

    @cached_property
    def ranked(self) -> NDArray[np.intp]:
        """Cells from the highest probability density to the lowest."""
        return np.argsort(-self.density, kind="stable")

    @cached_property
    def credible_level(self) -> Array:
        """The smallest credible region, by its probability, that holds each cell."""
        levels = np.empty(len(self.uniq))
        levels[self.ranked] = np.minimum(np.cumsum(self.probability[self.ranked]), 1.0)
        return levels

    def credible_area(self, percent: float) -> float:
        """Square degrees of the smallest region with that probability, linear within its last cell."""
        summed = np.cumsum(self.probability[self.ranked])
        area = np.cumsum(self.area[self.ranked]) * _SQUARE_DEGREES
        return float(np.interp(percent / 100, np.append(0.0, summed), np.append(0.0, area)))

    def cells_within(self, percent: float) -> NDArray[np.intp]:
        """The cells of the credible region of that probability: the last one reaches it."""
        _check_level(percent)
        summed = np.cumsum(self.probability[self.ranked])
        return self.ranked[: int(np.searchsorted(summed, percent / 100)) + 1]

    def position(self, cells: NDArray[Any]) -> tuple[Array, Array]:
        """Right ascension and declination (ICRS, deg) of the centres of cells."""
        from astropy_healpix import healpix_to_lonlat

        ra, dec = np.empty(len(cells)), np.empty(len(cells))
        for order in np.unique(self.order[cells]):
            those = self.order[cells] == order
            at = healpix_to_lonlat(self.pixel[cells[those]], nside=1 << int(order), order="nested")
            ra[those], dec[those] = at[0].deg, at[1].deg
        return ra, dec

    def cell_at(self, ra: Array, dec: Array) -> NDArray[np.intp]:
        """The cell that holds each position (ICRS, deg); -1 where the map has none."""
        from astropy import units
        from astropy_healpix import lonlat_to_healpix

        finest = int(self.order.max())
        pixel = lonlat_to_healpix(ra * units.deg, dec * units.deg, nside=1 << finest, order="nested")
        shift = 2 * (finest - self.order)
        first = self.pixel << shift
        by_first = np.argsort(first)
        cell = by_first[np.maximum(np.searchsorted(first[by_first], pixel, side="right") - 1, 0)]
        inside = (pixel >= first[cell]) & (pixel < first[cell] + (np.int64(1) << shift[cell]))
        return np.asarray(np.where(inside, cell, -1))

    @cached_property
    def most_probable(self) -> tuple[float, float]:
        """The centre (ICRS, deg) of the cell with the highest probability density."""
        ra, dec = self.position(self.ranked[:1])
        return float(ra[0]), float(dec[0])

    @cached_property
    def distances(self) -> tuple[float, float, float] | None:
        """5, 50 and 95 % of the luminosity distance (Mpc) over the whole sky; None without distance columns.

        Along each line of sight p(r) is proportional to r^2 exp(-(r - mu)^2 / 2 sigma^2) (Singer et al. 2016,
        eq. 1), weighted by the probability of the cell.
        """
        if not self.distance:
            return None
        mu, sigma, norm = (self.distance[name] for name in _DISTANCE)
        used = np.isfinite(mu) & np.isfinite(sigma) & np.isfinite(norm) & (sigma > 0)
        used[self.ranked[np.searchsorted(np.cumsum(self.probability[self.ranked]), 0.999) + 1 :]] = False
        if not used.any():
            return None
        weight = (self.probability * norm)[used]
        mu, sigma = mu[used], sigma[used]
        farthest = float(np.average(mu + 6 * sigma, weights=self.probability[used]))
        r = np.linspace(0, max(farthest, 1.0), 600)
        density = np.zeros_like(r)
        for part in np.array_split(np.arange(len(mu)), max(1, len(mu) // 400)):
            tail = np.exp(-0.5 * ((r[:, None] - mu[part]) / sigma[part]) ** 2) / sigma[part]
            density += (tail * weight[part]).sum(axis=1) * r**2
        summed = np.cumsum(density)
        five, fifty, ninety_five = np.interp([0.05, 0.5, 0.95], summed / summed[-1], r)
        return float(five), float(fifty), float(ninety_five)


def read(path: Path) -> SkyMap:
    """Read a multi-order map (columns UNIQ and PROBDENSITY, as GraceDB and GWTC release them).

    Raises
    ------
    RunFailed
        When the file is damaged, or its table is no probability map.
    """
    from astropy.io import fits

    headers(path)  # tells a file that is cut short, where astropy warns and gives less
    try:
        with fits.open(path, memmap=False) as file:
            unit = next(u for u in file[1:] if "UNIQ" in (u.columns.names if hasattr(u, "columns") else ()))
            columns = {name: np.array(unit.data[name]) for name in unit.columns.names}
            header = {key: unit.header[key] for key in unit.header if key not in {"HISTORY", "COMMENT", ""}}
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise unreadable(path, error) from error
    except StopIteration:
        raise unreadable(path, "it has no table with a column UNIQ") from None
    if "PROBDENSITY" not in columns:
        raise unreadable(path, "it has no column PROBDENSITY")
    uniq = columns["UNIQ"].astype(np.int64)
    density = columns["PROBDENSITY"].astype(float)
    if len(uniq) == 0 or uniq.min() < 4 or not np.isfinite(density).all() or density.min() < 0:
        raise unreadable(path, "its cells or probabilities are no map")
    found = SkyMap(uniq, density, {}, header)
    total = float(found.probability.sum())
    if abs(total - 1) > _TOLERANCE:
        raise unreadable(path, f"its probability sums to {total:.3g}, not to 1")
    distance = {name: columns[name].astype(float) for name in _DISTANCE if name in columns}
    return SkyMap(uniq, density / total, distance if len(distance) == len(_DISTANCE) else {}, header)


def _check_level(percent: float) -> None:
    if not 0 < percent < 100:
        raise BadValue(
            f"A credible level lies between 0 and 100 %, such as 90; {percent:g} does not.",
            value=f"{percent:g}",
        )
