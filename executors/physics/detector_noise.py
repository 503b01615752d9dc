"""The amplitude spectral density of one detector around an event: average over segments, results, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.physics import noise_spectrum
from executors.physics.strain import Series
from executors.strain_archive import Strain
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["REFERENCE_BAND", "Noise", "measure", "write"]

Array = NDArray[np.float64]
REFERENCE_BAND = (95.0, 105.0)
"""The band (Hz) for which one number is given, near the best sensitivity and between the lines."""
CALIBRATED = 10.0
"""Below this frequency (Hz) strain is released without a calibration (Abbott et al. 2021, SoftwareX 13)."""
REACH = 128.0
"""At most so many seconds on each side of the event are used."""
GOOD_UP_TO = 0.415
"""Of the sampling rate: release files at 4096 Hz are good up to 1700 Hz (GWOSC, O1 data usage)."""
_FEWEST = 3
_PER_ROOT_HERTZ = "Hz**(-1/2)"


@dataclass(frozen=True, slots=True)
class Noise:
    """Amplitude spectral density (strain per root Hz) against frequency (Hz).

    ``error`` is one standard deviation of the average for noise of normal distribution; ``span`` is GPS.
    """

    event: str
    detector: str
    frequency: Array
    density: Array
    error: Array
    span: tuple[float, float]
    seconds: float
    averaging: str
    segments: int
    left_out: int
    asked: tuple[float, float]

    @property
    def method(self) -> str:
        """How the segments were made and averaged."""
        segments = f"{self.segments} half-overlapping Hann segments"
        return f"{self.averaging} of {segments}, FFT length {self.seconds:g} s"

    def band_rms(self, band: tuple[float, float] = REFERENCE_BAND) -> float | None:
        """Root mean square of the density in a band (Hz)."""
        return noise_spectrum.rms(self.frequency, self.density, band)

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        caveats = [self.method, "the event itself is part of the data"]
        if self.averaging == "mean":
            caveats.append("a mean follows single loud seconds")
        if (
            self.frequency[-1] < self.asked[1] - 1 / self.seconds
            or self.frequency[0] > self.asked[0] + 1 / self.seconds
        ):
            caveats.append(
                f"given for {self.frequency[0]:g}-{self.frequency[-1]:g} Hz, where the data are good, of "
                f"{self.asked[0]:g}-{self.asked[1]:g} Hz"
            )
        if self.left_out:
            caveats.append(f"{self.left_out} segments with gaps left out")
        return tuple(caveats)

    def values(self) -> dict[str, Measure]:
        """The density near 100 Hz, where it is lowest, and how it was made."""
        found: dict[str, Measure] = {}
        if (level := self.band_rms()) is not None:
            found["rms_asd_95_105_hz"] = Measure(level, unit=_PER_ROOT_HERTZ)
        lowest = int(self.density.argmin())
        return found | {
            "lowest_asd": Measure(float(self.density[lowest]), float(self.error[lowest]), _PER_ROOT_HERTZ),
            "lowest_asd_frequency": Measure(float(self.frequency[lowest]), unit="Hz"),
            "detector": Measure(self.detector),
            "fft_length": Measure(self.seconds, unit="s"),
            "averaging": Measure(self.averaging),
            "segments": Measure(self.segments),
            "frequency_resolution": Measure(1 / self.seconds, unit="Hz"),
            "data_start_gps": Measure(self.span[0], unit="s"),
            "data_seconds": Measure(self.span[1] - self.span[0], unit="s"),
        }


def measure(
    event: str,
    detector: str,
    gps: float,
    series: Series,
    seconds: float,
    averaging: str,
    band: tuple[float, float],
) -> Noise:
    """Average the spectra of segments of ``seconds`` within :data:`REACH` of the event, for a band (Hz).

    The error is that of noise of normal distribution: half-overlapping Hann segments count 18/19 of their
    number (Welch 1967, with a correlation of 1/36 of neighbours), and the median of the exponential
    distribution of their powers has the variance of a mean over 0.48 (the square of ln 2) as many.
    """
    first = max(0, round((gps - REACH - series.start) * series.rate))
    last = min(len(series.data), round((gps + REACH - series.start) * series.rate))
    data = series.data[first:last]
    powers = noise_spectrum.periodograms(data, series.rate, seconds)
    length = round(seconds * series.rate)
    possible = max(0, (len(data) - length) // max(1, length // 2) + 1)
    if len(powers) < _FEWEST:
        raise NotCovered(
            f"The {len(data) / series.rate:g} s of {detector} at hand hold {len(powers)} gap-free segments "
            f"of {seconds:g} s; {_FEWEST} are needed. Ask for a shorter FFT length.",
            parameter="fft_length",
            value=f"{seconds:g} s",
        )
    frequency = np.asarray(np.fft.rfftfreq(length, 1 / series.rate), dtype=np.float64)
    kept = (frequency >= max(band[0], CALIBRATED)) & (frequency <= min(band[1], GOOD_UP_TO * series.rate))
    if kept.sum() < 2:
        raise NotCovered(
            f"{series.rate:g} samples per second and an FFT length of {seconds:g} s give fewer than two "
            f"frequencies from {band[0]:g} to {band[1]:g} Hz.",
            parameter="f_min",
            value=f"{band[0]:g} Hz",
        )
    density = np.sqrt(noise_spectrum.averaged(powers, averaging))[kept]
    independent = len(powers) * 18 / 19 * (np.log(2) ** 2 if averaging == "median" else 1)
    error = density / (2 * np.sqrt(independent))
    start = series.start + first / series.rate
    return Noise(
        event=event,
        detector=detector,
        frequency=frequency[kept],
        density=density,
        error=error,
        span=(start, start + len(data) / series.rate),
        seconds=seconds,
        averaging=averaging,
        segments=len(powers),
        left_out=possible - len(powers),
        asked=band,
    )


def write(noise: Noise, strain: Strain) -> list[OutputFile]:
    """The density as a table in all formats."""
    table = Table()
    add_column(table, "frequency", noise.frequency, "frequency", unit="Hz", ucd="em.freq")
    add_column(table, "asd", noise.density, "amplitude spectral density of strain", unit=_PER_ROOT_HERTZ)
    add_column(table, "asd_error", noise.error, "its error, one standard deviation", unit=_PER_ROOT_HERTZ)
    meta: dict[str, Any] = {
        "OBJECT": noise.event,
        "INSTRUME": noise.detector,
        "messenger": "gravitational wave",
        "TIMESYS": "GPS",
        **described_by(noise.values()),
        "method": noise.method,
        "caveats": "; ".join(noise.quality()),
        "dataset": strain.dataset.name,
        "citation": strain.dataset.cite,
    }
    return write_table(table, "asd", meta, extension="ASD")
