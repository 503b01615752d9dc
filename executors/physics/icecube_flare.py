"""The scan of IceCube's samples around a source for a time window with too many events, and its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from executors.flux_points import described_by
from executors.known.source_list import separation
from executors.neutrino_archive import Release
from executors.physics.energy_ranks import ATMOSPHERIC_INDEX, CORRELATION
from executors.physics.icecube_release import Sample, read, series_of
from executors.physics.time_window_scan import Series, Window, best_window, scramble
from executors.writing import add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["Scan", "scan"]

Array = NDArray[np.float64]
_FEW = 1000


@dataclass(frozen=True, slots=True)
class Scan:
    """The best window of each sample, and the statistics of scrambled samples (rows by sample)."""

    release: Release
    ra: float
    dec: float
    radius: float
    index: float | None
    shortest: float
    seed: int
    samples: Sequence[Sample]
    series: Sequence[Series]
    windows: Sequence[Window | None]
    scrambled: Array
    chosen_because: tuple[str, ...]

    @property
    def best(self) -> int:
        """Which sample holds the window with the largest statistic."""
        return int(np.argmax([w.statistic if w else -np.inf for w in self.windows]))

    @property
    def window(self) -> Window:
        """The window with the largest statistic."""
        found = self.windows[self.best]
        assert found is not None
        return found

    def probability(self, statistic: float, columns: slice | int = slice(None)) -> float | None:
        """Share of scrambled scans that reach the statistic, the real one counted among them."""
        number = len(self.scrambled)
        if number == 0:
            return None
        largest = self.scrambled[:, columns].reshape(number, -1).max(axis=1)
        return float((1 + (largest >= statistic).sum()) / (1 + number))

    def utc(self, mjd: float) -> str:
        """An MJD (UTC) as ISO 8601 text to the second."""
        return f"{Time(mjd, format='mjd', scale='utc', precision=0).isot}Z"

    def values(self) -> dict[str, Measure]:
        """The scalar results."""
        window, sample = self.window, self.samples[self.best]
        found = {
            "window_start": Measure(window.start, unit="d"),
            "window_end": Measure(window.end, unit="d"),
            "post_trial_probability": Measure(self.probability(window.statistic)),
            "window_length": Measure(window.end - window.start, unit="d"),
            "window_start_utc": Measure(self.utc(window.start)),
            "window_end_utc": Measure(self.utc(window.end)),
            "sample": Measure(sample.name),
            "statistic": Measure(window.statistic),
            "signal_events": Measure(window.signal),
            "events_in_window": Measure(window.events),
            "scrambles": Measure(len(self.scrambled)),
            "samples_scanned": Measure(len(self.samples)),
            "uses_energy": Measure(self.index is not None),
            "random_seed": Measure(self.seed),
            "right_ascension": Measure(self.ra, unit="deg"),
            "declination": Measure(self.dec, unit="deg"),
            "radius": Measure(self.radius, unit="deg"),
        }
        if self.index is not None:
            found["assumed_index"] = Measure(self.index)
        probability = self.probability(window.statistic)
        if probability is not None:
            found["post_trial_significance"] = Measure(NormalDist().inv_cdf(1 - min(probability, 1 - 1e-9)))
            found["scrambles_as_strong"] = Measure(round(probability * (1 + len(self.scrambled))) - 1)
        return {name: measure for name, measure in found.items() if measure.value is not None}

    def quality(self) -> list[str]:
        """Caveats as short phrases."""
        number = len(self.scrambled)
        if number == 0:
            caveats = ["no probability: no scrambles were made, and the statistic alone says nothing"]
        else:
            scans = f"{number} time scrambles that rerun the whole scan"
            caveats = [f"post-trial over all windows and {len(self.samples)} samples, from {scans}"]
        if 0 < number < _FEW:
            caveats.append(f"fewer than {_FEW} scrambles: the probability is coarse")
        if self.index is None:
            caveats.append("direction and time only; with energies another window may be best")
        else:
            caveats.append(
                f"energies by rank against E^-{ATMOSPHERIC_INDEX:g} (signal E^-{self.index:g}, correlation "
                f"{CORRELATION:g} assumed: the release has no energy response); without them the window moves"
            )
        caveats.append(
            "box windows between events; statistic 2 log(W/T L) lowers short windows; no live time"
        )
        caveats += self.chosen_because or [
            "blind only if the position was chosen without knowledge of IceCube's alerts"
        ]
        return caveats

    def write(self) -> list[OutputFile]:
        """The best window of each sample in four formats."""
        kept = [(i, w) for i, w in enumerate(self.windows) if w is not None]
        samples, windows = [self.samples[i] for i, _ in kept], [w for _, w in kept]
        table = Table()
        add_column(table, "sample", [s.name for s in samples], "detector configuration", ucd="meta.id")
        for name, times, text in (
            ("sample_start", [s.start for s in samples], "start of the sample, MJD (UTC)"),
            ("sample_end", [s.end for s in samples], "end of the sample, MJD (UTC)"),
            ("window_start", [w.start for w in windows], "first event of the best window, MJD (UTC)"),
            ("window_end", [w.end for w in windows], "last event of the best window, MJD (UTC)"),
        ):
            add_column(table, name, times, text, unit="d",
                       ucd="time.start" if name.endswith("start") else "time.end")  # fmt: skip
        for name, times in (("start", [w.start for w in windows]), ("end", [w.end for w in windows])):
            texts = [self.utc(time) for time in times]
            add_column(table, f"utc_{name}", texts, "the same (UTC)", ucd=f"time.{name}")
        add_column(table, "statistic", [w.statistic for w in windows], "2 log(W/T max L)", ucd="stat.value")
        add_column(table, "signal", [w.signal for w in windows], "fitted signal events in the window")
        add_column(table, "events", [w.events for w in windows], "events of the sample in the window")
        add_column(table, "in_sample", [len(self.series[i].times) for i, _ in kept], "events of the sample")
        if len(self.scrambled):
            alone = [self.probability(w.statistic, i) for i, w in kept]
            every = [self.probability(w.statistic) for _, w in kept]
            add_column(table, "p_sample", alone, "post-trial within the sample", ucd="stat.probability")
            add_column(table, "p_all", every, "post-trial over all samples", ucd="stat.probability")
        return write_table(table, "windows", self._meta(), extension="WINDOWS")

    def _meta(self) -> dict[str, str | float | int | bool]:
        meta: dict[str, str | float | int | bool] = {
            "INSTRUME": "IceCube",
            "OBJECT": self.release.source,
            "TIMESYS": "UTC",
            "DATE-OBS": self.utc(self.samples[0].start).rstrip("Z"),
            "DATE-END": self.utc(self.samples[-1].end).rstrip("Z"),
            "frame": "ICRS",
            "shortest_window_d": self.shortest,
        }
        meta |= described_by(self.values())
        meta["method"] = (
            "unbinned likelihood, box windows: Braun et al. 2010, Astropart. Phys. 33, 175; penalty W/T as "
            "IceCube 2018, Science 361, 147"
        )
        meta["caveats"] = "; ".join(self.quality())
        meta["citation"] = self.release.samples.dataset.cite
        return meta


def scan(
    release: Release,
    ra: float,
    dec: float,
    index: float | None,
    shortest: float,
    scrambles: int,
    seed: int,
    chosen_because: tuple[str, ...],
    report: Callable[[float], None],
) -> Scan:
    """Scan every sample of a release and as many scrambled copies of them.

    Events are taken from the circle around the position that lies wholly inside the release.
    """
    radius = release.radius - separation(ra, dec, release.ra, release.dec)
    samples = read(release)
    series = [series_of(sample, ra, dec, radius, index) for sample in samples]
    windows = [best_window(each, shortest) for each in series]
    if not any(windows):
        raise NotCovered(
            f"No two events of IceCube's release around {release.source} point at RA {ra:.3f}, "
            f"Dec {dec:+.3f} deg: there is no window to look at.",
            parameter="ra",
            value=f"{ra:g}",
        )
    scrambled = scramble(series, scrambles, seed, shortest, report)
    return Scan(release, ra, dec, radius, index, shortest, seed, samples, series, windows, scrambled,
                chosen_because)  # fmt: skip
