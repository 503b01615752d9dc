"""What a sky map says at the credible levels asked for: areas, regions, contours, distance, as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table

from executors.flux_points import described_by
from executors.json_writing import write_json
from executors.physics import sky_regions
from executors.physics.sky_map import SkyMap
from executors.sky_map_archive import MapFile
from executors.writing import add_column, write_ecsv
from kg_service.authoring import Measure, OutputFile

__all__ = ["Localised", "localise", "write"]

_MAP_KEYS = (
    "DATE-OBS",
    "MJD-OBS",
    "DATE",
    "CREATOR",
    "ORIGIN",
    "REFERENC",
    "DISTMEAN",
    "DISTSTD",
    "LOGBCI",
    "LOGBSN",
)


@dataclass(frozen=True, slots=True)
class Localised:
    """A map with its credible regions: areas in square degrees, MOCs and contours by level (percent)."""

    event: str
    file: MapFile
    sky: SkyMap
    areas: dict[float, float]
    mocs: dict[float, Any]
    contours: dict[float, list[list[tuple[float, float]]]]

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detectors whose data made the map, as its header says."""
        return tuple(
            part.strip() for part in str(self.sky.header.get("INSTRUME", "")).split(",") if part.strip()
        )

    @property
    def made(self) -> str:
        """The pipeline and when it made the map, in words."""
        when = str(self.sky.header.get("DATE", ""))[:19].replace("T", " ")
        return f"{self.sky.header.get('CREATOR', self.file.pipeline)}{f', made {when} UTC' if when else ''}"

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = [f"map by {self.made}"]
        if self.file.preliminary:
            caveats.append("preliminary: a map of the first alert, not of the final parameters")
        if len(self.areas) > 0 and max(self.areas) > 99:
            caveats.append("levels above 99 % follow the tails of the map")
        caveats.append("contours are traced on a grid; the MOCs are exact to the cells of the map")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """Areas, the most probable position and the distance."""
        found = {f"area_{level:g}": Measure(area, unit="deg**2") for level, area in self.areas.items()}
        ra, dec = self.sky.most_probable
        found |= {
            "most_probable_ra": Measure(ra, unit="deg"),
            "most_probable_dec": Measure(dec, unit="deg"),
        }
        if "DISTMEAN" in self.sky.header and "DISTSTD" in self.sky.header:
            mean, spread = float(self.sky.header["DISTMEAN"]), float(self.sky.header["DISTSTD"])
            found["distance_mean"] = Measure(mean, spread, "Mpc")
        if (distances := self.sky.distances) is not None:
            for name, value in zip(("5", "50", "95"), distances, strict=True):
                found[f"distance_{name}_percent"] = Measure(value, unit="Mpc")
        found |= {
            "detectors": Measure(",".join(self.detectors)),
            "pipeline": Measure(str(self.sky.header.get("CREATOR", self.file.pipeline))),
            "preliminary": Measure(self.file.preliminary),
            "cells": Measure(len(self.sky.uniq)),
            "finest_order": Measure(int(self.sky.order.max())),
        }
        return {name: measure for name, measure in found.items() if measure.value != ""}


def localise(event: str, file: MapFile, sky: SkyMap, levels: tuple[float, ...]) -> Localised:
    """Find the credible regions of a map at levels in percent."""
    return Localised(
        event=event,
        file=file,
        sky=sky,
        areas={level: sky.credible_area(level) for level in levels},
        mocs={level: sky_regions.moc(sky, level) for level in levels},
        contours={level: sky_regions.contours(sky, level) for level in levels},
    )


def write(localised: Localised) -> list[OutputFile]:
    """The map with the credible level of each cell, one MOC per level, areas, contours and MOCs as JSON."""
    meta = _meta(localised)
    mocs = []
    for level, region in localised.mocs.items():
        name = f"region_{level:g}.moc.fits"
        region.save(name, format="fits", overwrite=True)
        mocs.append(OutputFile(name, f"application/fits;moc={level:g}"))
    _write_map(localised, meta)
    table = Table()
    add_column(table, "level", list(localised.areas), "credible level, percent", ucd="stat.confidenceLevel")
    add_column(
        table, "area", list(localised.areas.values()), "area of the region", unit="deg2", ucd="pos.angArea"
    )
    add_column(table, "parts", [len(c) for c in localised.contours.values()], "outlines of the region")
    add_column(table, "moc", [m.to_string() for m in localised.mocs.values()], "the region as a MOC string")
    regions = [
        {
            "level": level,
            "area_deg2": area,
            "moc": localised.mocs[level].serialize("json"),
            "contours": localised.contours[level],
        }
        for level, area in localised.areas.items()
    ]
    return [
        OutputFile("sky_map.fits", "application/fits"),
        write_ecsv(table, "regions", meta),
        write_json({"meta": meta, "frame": "ICRS", "regions": regions}, "regions"),
        *mocs,
    ]


def _meta(localised: Localised) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "OBJECT": localised.event,
        "messenger": "gravitational wave",
        "RADESYS": "ICRS",
        **described_by(localised.values()),
    }
    if localised.detectors:
        meta["INSTRUME"] = ",".join(localised.detectors)
    return meta | {
        "method": "cells in order of probability density; Singer & Price 2016, PRD 93, 024013",
        "caveats": "; ".join(localised.quality()),
        "dataset": localised.file.dataset.name,
        "citation": localised.file.dataset.cite,
    }


def _write_map(localised: Localised, meta: dict[str, Any]) -> None:
    """The multi-order map as released (UNIQ, PROBDENSITY, distance), with the credible level of each cell."""
    sky = localised.sky
    columns = [
        fits.Column("UNIQ", "K", array=sky.uniq),
        fits.Column("PROBDENSITY", "D", unit="sr-1", array=sky.density),
        fits.Column("CREDIBLE_LEVEL", "D", array=sky.credible_level),
    ]
    units = {"DISTMU": "Mpc", "DISTSIGMA": "Mpc", "DISTNORM": "Mpc-2"}
    columns += [
        fits.Column(name, "D", unit=units[name], array=values) for name, values in sky.distance.items()
    ]
    unit = fits.BinTableHDU.from_columns(columns, name="SKYMAP")
    header = unit.header
    header.update(
        {
            "PIXTYPE": "HEALPIX",
            "ORDERING": "NUNIQ",
            "COORDSYS": "C",
            "INDXSCHM": "EXPLICIT",
            "MOCORDER": int(sky.order.max()),
        }
    )
    header.update(
        {key: sky.header[key] for key in _MAP_KEYS if key in sky.header and _finite(sky.header[key])}
    )
    for name, value in meta.items():
        header[name if len(name) <= 8 and name == name.upper() else f"HIERARCH {name}"] = value
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(Path("sky_map.fits"), overwrite=True)


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or bool(np.isfinite(value))
