"""Strain around one event in one detector: as released, in a band, and whitened."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics.strain import SEGMENT, Series, around, band_pass, raw_strain, white_strain
from executors.strain_archive import Strain
from executors.writing import add_column, write_ecsv
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["Treated", "treat", "write"]

Array = NDArray[np.float64]
SEARCH = 0.1
"""Seconds on each side of the event in which the largest deflection is looked for."""
_PAD = 1.0
_MEDIAN_OF_NORMAL = 0.67449
"""Median of the absolute value of a normal variable over its standard deviation."""
_COLUMNS = {
    "strain": "strain as released",
    "strain_band": "strain in the band",
    "whitened": "strain over the noise, in its standard deviations",
    "whitened_band": "whitened strain in the band, in standard deviations of the noise there",
}


@dataclass(frozen=True, slots=True)
class Treated:
    """Columns of equal length around an event: ``gps`` its time, ``start`` (GPS) of the first sample.

    ``band`` is in Hz, ``rate`` in samples per second; ``treatment`` says how the strain was whitened.
    """

    event: str
    detector: str
    gps: float
    start: float
    rate: float
    band: tuple[float, float]
    treatment: str
    columns: dict[str, Array]

    @property
    def offsets(self) -> Array:
        """Seconds of each sample from the event."""
        return self.start - self.gps + np.arange(len(next(iter(self.columns.values())))) / self.rate

    @property
    def loudest(self) -> tuple[float, float] | None:
        """GPS and size of the largest whitened deflection near the event."""
        if "whitened_band" not in self.columns:
            return None
        near = np.flatnonzero(np.abs(self.offsets) <= SEARCH)
        sizes = np.abs(self.columns["whitened_band"][near])
        return self.start + float(near[sizes.argmax()]) / self.rate, float(sizes.max())

    @property
    def fades(self) -> bool:
        """Whether the whitened strain is less than half as strong near an end as in the middle."""
        white = self.columns["whitened"]
        eighth = max(1, len(white) // 8)
        ends = (white[:eighth], white[-eighth:])
        return bool(min(end.std() for end in ends) < 0.5 * np.median(np.abs(white)) / _MEDIAN_OF_NORMAL)

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = [f"band {self.band[0]:g}-{self.band[1]:g} Hz, Butterworth of order 4 forth and back"]
        if "whitened" in self.columns:
            caveats.append(self.treatment)
            if self.fades:
                caveats.append("the whitened strain of the file fades at an end: nothing can be seen there")
        if "strain" not in self.columns:
            caveats.append("no strain as released here: only whitened strain is kept")
        if math.isclose(self.gps * 10, round(self.gps * 10), rel_tol=0, abs_tol=1e-5):
            caveats.append("times from the event count from an event time given to 0.1 s")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """What the series is, its noise, and its largest deflection near the event."""
        found: dict[str, Measure] = {}
        if self.loudest is not None:
            found["peak_gps"] = Measure(self.loudest[0], unit="s")
            found["peak_whitened"] = Measure(self.loudest[1])
        if "strain_band" in self.columns:
            found["rms_strain_in_band"] = Measure(float(np.sqrt(np.mean(self.columns["strain_band"] ** 2))))
        found |= {
            "detector": Measure(self.detector),
            "event_gps": Measure(self.gps, unit="s"),
            "data_start_gps": Measure(self.start, unit="s"),
            "data_seconds": Measure(len(self.offsets) / self.rate, unit="s"),
            "sampling_rate": Measure(self.rate, unit="Hz"),
            "band_low": Measure(self.band[0], unit="Hz"),
            "band_high": Measure(self.band[1], unit="Hz"),
        }
        if self.treatment.startswith("whitened here"):
            found["whitening_fft_length"] = Measure(SEGMENT, unit="s")
        return found


def treat(
    event: str,
    detector: str,
    gps: float,
    strain: Strain,
    band: tuple[float, float],
    window: float,
    *,
    whitened: bool,
) -> Treated:
    """Cut the strain to ``window`` seconds on each side of the event and to a band (Hz).

    Raises
    ------
    NotCovered
        When the data do not reach that far, have gaps there, or are not good for the band.
    """
    name = strain.path.name
    parts: dict[str, Series] = {}
    treatment = "not whitened"
    if strain.kind != "table":
        series = raw_strain(strain)
        wide = around(series, gps, min(window + _PAD, gps - series.start, series.end - gps), name)
        cut = around(wide, gps, window, name)
        if not np.isfinite(wide.data).all():
            raise NotCovered(
                f"{detector} has gaps within {window + _PAD:g} s of the event in {name}.",
                parameter="detector",
                value=detector,
            )
        _check_band((0.0, 0.5 * series.rate), band)
        passed = replace(wide, data=band_pass(wide.data, wide.rate, band))
        parts = {"strain": cut, "strain_band": around(passed, gps, window, name)}
    if whitened:
        white = white_strain(strain, gps, detector)
        _check_band(white.band, band)
        inside = band_pass(white.data, white.rate, band)
        passed = replace(white, data=inside / (np.median(np.abs(inside)) / _MEDIAN_OF_NORMAL))
        parts |= {
            "whitened": around(white, gps, window, name),
            "whitened_band": around(passed, gps, window, name),
        }
        treatment = white.treatment
    first = next(iter(parts.values()))
    columns = {column: part.data for column, part in parts.items()}
    return Treated(event, detector, gps, first.start, first.rate, band, treatment, columns)


def _check_band(good: tuple[float, float], band: tuple[float, float]) -> None:
    if band[0] < good[0] or band[1] > good[1]:
        raise NotCovered(
            f"The strain at hand is good for {good[0]:g} to {good[1]:g} Hz, not for {band[0]:g} to "
            f"{band[1]:g} Hz.",
            parameter="f_min" if band[0] < good[0] else "f_max",
            value=f"{band[0] if band[0] < good[0] else band[1]:g} Hz",
        )


def write(treated: Treated, strain: Strain) -> list[OutputFile]:
    """The columns as HDF5, each a series as gwpy reads it, and as one table in ECSV."""
    meta = _meta(treated, strain)
    _write_hdf5(treated, meta)
    table = Table()
    add_column(table, "time", treated.offsets, "time from the event", unit="s", ucd="time")
    for name, column in treated.columns.items():
        add_column(table, name, column, _COLUMNS[name])
    return [OutputFile("strain.hdf5", "application/x-hdf5"), write_ecsv(table, "strain", meta)]


def _meta(treated: Treated, strain: Strain) -> dict[str, Any]:
    return {
        "OBJECT": treated.event,
        "INSTRUME": treated.detector,
        "messenger": "gravitational wave",
        "TIMESYS": "GPS",
        **described_by(treated.values()),
        "caveats": "; ".join(treated.quality()),
        "dataset": strain.dataset.name,
        "citation": strain.dataset.cite,
    }


def _write_hdf5(treated: Treated, meta: dict[str, Any]) -> None:
    import h5py

    with h5py.File("strain.hdf5", "w") as file:
        file.attrs.update(meta)
        for name, column in treated.columns.items():
            file.attrs[f"what {name} is"] = _COLUMNS[name]  # gwpy takes attributes of a series for its own
            series = file.create_dataset(name, data=column)
            series.attrs.update(
                {
                    "x0": treated.start,
                    "dx": 1 / treated.rate,
                    "xunit": "s",
                    "unit": "",
                    "name": f"{treated.detector} {name}",
                    "channel": f"{treated.detector}:{name}",
                }
            )
