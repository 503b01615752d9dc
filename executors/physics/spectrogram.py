"""The spectrogram of one event in one detector: Q transform, loudest cell, track, files."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

from executors.json_writing import write_json
from executors.physics.qtransform import QPlane, edge_width, loudest_plane, tile_duration
from executors.physics.strain import White
from executors.writing import add_column, write_ecsv
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered
from kg_service.model.product import Dataset

__all__ = ["Analysed", "analyse", "band_used", "write"]

Array = NDArray[np.float64]
SEARCH = 0.5
"""Seconds on each side of the event in which the loudest cell is looked for."""
ROWS = 256
_GPS_EPOCH_MJD = 44244.0


@dataclass(frozen=True, slots=True)
class Analysed:
    """The plane with the loudest cell; times in seconds, frequencies in Hz, ``gps`` the event's time."""

    event: str
    detector: str
    gps: float
    white: White
    plane: QPlane
    peak_gps: float
    peak_frequency: float
    peak_energy: float

    @property
    def offsets(self) -> Array:
        """Time of each column from the event."""
        return self.white.start - self.gps + self.plane.times

    @property
    def lowest_row(self) -> float:
        """The lowest frequency that is not masked as a whole."""
        return float(self.plane.frequencies[~np.isnan(self.plane.energy).all(axis=1)][0])

    @property
    def edges(self) -> tuple[float, float]:
        """Masked seconds at each end, at the lowest and at the highest frequency."""
        low, high = self.lowest_row, self.plane.frequencies[-1]
        return float(edge_width(self.plane.q, low)), float(edge_width(self.plane.q, high))

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        low, high = self.edges
        masked = (
            f"edges masked: {low * 1e3:.0f} ms at {self.lowest_row:.0f} Hz to {high * 1e3:.1f} ms at "
            f"{self.plane.frequencies[-1]:.0f} Hz at each end"
        )
        caveats = [masked, self.white.treatment]
        if self.lowest_row > self.plane.frequencies[0]:
            caveats.append(
                f"masked below {self.lowest_row:.0f} Hz: data too short there for Q = {self.plane.q:.0f}"
            )
        if math.isclose(self.gps * 10, round(self.gps * 10), rel_tol=0, abs_tol=1e-5):
            caveats.append("peak_after_event counts from an event time given to 0.1 s")
        if self.peak_energy < 15:
            caveats.append("no loud signal: the loudest cell may be noise")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """The loudest cell and how it was found."""
        duration = float(tile_duration(self.plane.q, self.peak_frequency))
        return {
            "peak_gps": Measure(self.peak_gps, duration, "s"),
            "peak_frequency": Measure(self.peak_frequency, self.peak_frequency / self.plane.q, "Hz"),
            "peak_energy": Measure(self.peak_energy),
            "peak_after_event": Measure(self.peak_gps - self.gps, duration, "s"),
            "q": Measure(self.plane.q),
            "event_gps": Measure(self.gps, unit="s"),
            "detector": Measure(self.detector),
            "masked_edge_low_frequency": Measure(self.edges[0], unit="s"),
            "masked_edge_high_frequency": Measure(self.edges[1], unit="s"),
            "sampling_rate": Measure(self.white.rate, unit="Hz"),
            "data_start_gps": Measure(self.white.start, unit="s"),
            "data_seconds": Measure(len(self.white.data) / self.white.rate, unit="s"),
        }


def analyse(
    event: str, detector: str, gps: float, white: White, q: tuple[float, float], band: tuple[float, float]
) -> Analysed:
    """Q transform of whitened strain in the part of ``band`` (Hz) for which it is good."""
    low, high = max(band[0], white.band[0]), min(band[1], white.band[1])
    if low >= high:
        raise NotCovered(
            f"The strain at hand is good for {white.band[0]:g} to {white.band[1]:g} Hz, not for "
            f"{band[0]:g} to {band[1]:g} Hz.",
            parameter="f_min",
            value=f"{band[0]:g} Hz",
        )
    frequencies = np.geomspace(low, high, ROWS)
    middle = gps - white.start
    found = loudest_plane(white.data, white.rate, q, frequencies, (middle - SEARCH, middle + SEARCH))
    time, frequency, energy = found.peak(middle - SEARCH, middle + SEARCH)
    return Analysed(event, detector, gps, white, found, white.start + time, frequency, energy)


def band_used(analysed: Analysed, f_min: float, f_max: float) -> tuple[str, ...]:
    """The caveat that other frequencies (Hz) were asked for than the strain is good for."""
    low, high = float(analysed.plane.frequencies[0]), float(analysed.plane.frequencies[-1])
    if math.isclose(low, f_min, rel_tol=1e-9) and math.isclose(high, f_max, rel_tol=1e-9):
        return ()
    return (f"frequencies used: {low:.6g} to {high:.6g} Hz (asked: {f_min:g} to {f_max:g} Hz)",)


def write(analysed: Analysed, dataset: Dataset) -> list[OutputFile]:
    """The image as FITS, the track of the loudest frequency as ECSV, the results as JSON."""
    meta = _meta(analysed, dataset)
    _write_fits(analysed, meta)
    energy = analysed.plane.energy
    kept = (np.abs(analysed.offsets) <= SEARCH) & ~np.isnan(energy).all(axis=0)
    best = np.nanargmax(energy[:, kept], axis=0)
    table = Table()
    add_column(table, "time", analysed.offsets[kept], "time from the event", unit="s", ucd="time")
    add_column(
        table, "gps", analysed.white.start + analysed.plane.times[kept], "GPS time", unit="s", ucd="time"
    )
    add_column(
        table,
        "frequency",
        analysed.plane.frequencies[best],
        "frequency of the loudest cell",
        unit="Hz",
        ucd="em.freq",
    )
    add_column(
        table,
        "energy",
        energy[:, kept].max(axis=0, initial=0, where=~np.isnan(energy[:, kept])),
        "its energy in units of the median of its row",
    )
    return [
        OutputFile("spectrogram.fits", "application/fits"),
        write_ecsv(
            table, "track", meta | {"content": "loudest frequency at each time within 0.5 s of the event"}
        ),
        write_json(
            {"meta": meta, "track": {name: table[name].tolist() for name in table.colnames}}, "spectrogram"
        ),
    ]


def _meta(analysed: Analysed, dataset: Dataset) -> dict[str, str | float | int | bool]:
    meta: dict[str, str | float | int | bool] = {
        "OBJECT": analysed.event,
        "INSTRUME": analysed.detector,
        "messenger": "gravitational wave",
        "TIMESYS": "GPS",
    }
    for name, measure in analysed.values().items():
        if measure.value is not None:
            meta[name] = measure.value
    meta["method"] = "Q transform, each row divided by its median; Chatterji et al. 2004, CQG 21, S1809"
    meta["caveats"] = "; ".join(analysed.quality())
    meta["dataset"] = dataset.name
    meta["citation"] = dataset.cite
    return meta


def _write_fits(analysed: Analysed, meta: dict[str, str | float | int | bool]) -> None:
    """An image: GPS time along axis 1 (FITS 4.0, section 9), log frequency along axis 2 (section 8.3)."""
    frequencies = analysed.plane.frequencies
    hdu = fits.ImageHDU(analysed.plane.energy.astype(np.float32), name="SPECTROGRAM")
    header = hdu.header
    header["BUNIT"] = ("", "energy over the median of its row")
    axis = {
        "CTYPE1": "TIME",
        "CUNIT1": "s",
        "TIMEUNIT": "s",
        "CRPIX1": 1.0,
        "CRVAL1": analysed.white.start,
        "CDELT1": float(analysed.plane.times[1]),
        "MJDREFI": int(_GPS_EPOCH_MJD),
        "MJDREFF": _GPS_EPOCH_MJD % 1,
        "DATEREF": "1980-01-06",
        "TSTART": analysed.white.start,
        "TSTOP": analysed.white.start + len(analysed.white.data) / analysed.white.rate,
        "CTYPE2": "FREQ-LOG",
        "CUNIT2": "Hz",
        "CRPIX2": 1.0,
        "CRVAL2": float(frequencies[0]),
        "CDELT2": float(frequencies[0] * np.log(frequencies[1] / frequencies[0])),
    }
    header.update(axis)
    for name, value in meta.items():
        header[name if len(name) <= 8 and name == name.upper() else f"HIERARCH {name}"] = value
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto("spectrogram.fits", overwrite=True)
