"""Lists of trigger times: SPI-ACS (IBAS) from an archive file, POLAR from the shipped table. Import-light."""

from __future__ import annotations

import csv
import gzip
import io
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from executors import archives
from kg_service.authoring import Coverage, Result, log
from kg_service.errors import BadValue, Invalid, NotCovered, RunFailed
from kg_service.model.product import Dataset
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = ["POLAR_TABLE", "TriggerTimes", "ibas", "ibas_file", "polar"]

POLAR_TABLE = "polar_bursts.ecsv"
_POLAR_SPAN = ("2016-09-24T00:00:00Z", "2017-04-01T00:00:00Z")
_LIGHT_TRAVEL = 0.5
"""Seconds that light needs at most between INTEGRAL and the Earth: its orbit reaches 153 000 km."""


@dataclass(frozen=True, slots=True)
class TriggerTimes:
    """Triggers of one instrument in order of time.

    ``times`` are microseconds TT since MJD 0, ``names`` and ``durations`` (s) are empty where there are none;
    ``span`` is the time that the list covers, ``travel`` the uncertainty of times at the spacecraft in s,
    ``local`` the days on each side whose rate tells what happens by chance (0: the whole list).
    """

    instrument: str
    kind: str
    times: tuple[int, ...]
    names: tuple[str, ...]
    durations: tuple[float | None, ...]
    span: tuple[int, int]
    travel: float
    local: float
    dataset: Dataset
    caveats: tuple[str, ...]

    @property
    def covered(self) -> str:
        """The covered time for people."""
        start, end = (iso_from_tt(moment)[:10] for moment in self.span)
        return f"{start} to {end}"

    def counted(self, count: int) -> str:
        """A number of them for people."""
        return f"{count} {self.kind if count != 1 else self.kind.removesuffix('s')}"

    def between(self, t1: str | None, t2: str | None) -> TriggerTimes:
        """The triggers from ``t1`` to ``t2`` (UTC)."""
        start = self.span[0] if t1 is None else tt_from_iso(t1)
        end = self.span[1] if t2 is None else tt_from_iso(t2)
        if t1 is not None and t2 is not None and start >= end:
            raise Invalid(f"The start {t1} does not lie before the end {t2}.", parameter="t1", value=t1)
        if start >= self.span[1] or end <= self.span[0]:
            raise self._outside("t1" if t1 is not None else "t2", t1 or t2 or "")
        chosen = [n for n, moment in enumerate(self.times) if start <= moment <= end]
        return replace(
            self,
            times=tuple(self.times[n] for n in chosen),
            names=tuple(self.names[n] for n in chosen) if self.names else (),
            durations=tuple(self.durations[n] for n in chosen) if self.durations else (),
            span=(max(start, self.span[0]), min(end, self.span[1])),
        )

    def result(self, band: tuple[float, float], cite: tuple[str, ...]) -> Result:
        """The list as a product."""
        from executors.figures import trigger_list as figures
        from executors.physics import trigger_table

        log(f"{self.counted(len(self.times))} of {self.instrument}, {self.covered}")
        return Result(
            label=f"{self.instrument} {self.kind}, {self.covered}",
            files=[*trigger_table.write(self), figures.draw(self)],
            values=trigger_table.values(self),
            quality=self.caveats,
            coverage=Coverage(time=(iso_from_tt(self.span[0]), iso_from_tt(self.span[1])), energy=band),
            datasets=(self.dataset,),
            cite=cite,
        )

    def coincident(
        self,
        event: str | None,
        event_time: str,
        window: float,
        band: tuple[float, float],
        cite: tuple[str, ...],
    ) -> Result:
        """The triggers within ``window`` seconds of a time (UTC) and what chance brings, as a product."""
        if not window > 0:
            raise BadValue("A time window is longer than nothing.", parameter="window", value=f"{window:g} s")
        moment = tt_from_iso(event_time)
        if not self.span[0] <= moment <= self.span[1]:
            raise self._outside("event_time", event_time)
        from executors.figures import trigger_coincidence as figures
        from executors.physics import trigger_coincidence

        found = trigger_coincidence.test(self, event, moment, window)
        reach = round((window + self.travel) * 1e6)
        return Result(
            label=f"{self.instrument} {self.kind} within {window:g} s of {event or event_time}",
            files=[*trigger_coincidence.write(found), figures.draw(found)],
            values=found.values(),
            quality=found.quality(),
            coverage=Coverage(
                time=(iso_from_tt(moment - reach), iso_from_tt(moment + reach)),
                energy=band,
                objects=(event,) if event else None,
            ),
            datasets=(self.dataset,),
            cite=cite,
        )

    def _outside(self, parameter: str, value: str) -> NotCovered:
        return NotCovered(
            f"{value} lies outside the time that the list of {self.instrument} covers, {self.covered}.",
            parameter=parameter,
            value=value,
        )


def polar() -> TriggerTimes:
    """The bursts of POLAR, from the shipped table."""
    rows = sorted(archives.rows(POLAR_TABLE), key=lambda row: row["trigger_utc"])
    lengths = [float(row["duration"]) for row in rows]
    start, end = (tt_from_iso(text) for text in _POLAR_SPAN)
    return TriggerTimes(
        instrument="POLAR",
        kind="bursts",
        times=tuple(tt_from_iso(row["trigger_utc"] + "Z") for row in rows),
        names=tuple(row["name"] for row in rows),
        durations=tuple(None if math.isnan(length) else length for length in lengths),
        span=(start, end),
        travel=0.0,
        local=0.0,
        dataset=archives.dataset_of_table(POLAR_TABLE),
        caveats=(
            "bursts as published, no positions",
            "durations are missing where none was published",
            "light needs up to 0.02 s between POLAR and the Earth's centre",
        ),
    )


def ibas_file() -> archives.ArchiveFile:
    """The file of IBAS triggers.

    Raises
    ------
    ArchiveUnavailable
        When it is not at hand.
    """
    found = archives.files("spi_acs_triggers")
    if not found:
        raise archives.missing("spi_acs_triggers", "The list of SPI-ACS triggers", "None is kept here.")
    return found[0]


def ibas() -> TriggerTimes:
    """The automatic triggers of SPI-ACS; rows without a date are left out, repeated ones counted once."""
    file = ibas_file()
    known = file.path.stat()
    times, broken, repeated = _read(file.path, known.st_size, known.st_mtime_ns)
    caveats = [
        "most triggers are charged particles, not bursts, and their rate changed with the settings",
        "times at the spacecraft: the Earth sees a burst up to 0.5 s earlier or later",
        "no positions, no significances",
    ]
    if broken or repeated:
        caveats.append(f"{broken} rows of the file hold no date and {repeated} are repeated: left out")
    return TriggerTimes(
        instrument="SPI-ACS",
        kind="triggers",
        times=times,
        names=(),
        durations=(),
        span=(times[0], times[-1]),
        travel=_LIGHT_TRAVEL,
        local=30.0,
        dataset=file.dataset,
        caveats=tuple(caveats),
    )


@lru_cache(maxsize=4)
def _read(path: Path, size: int, changed: int) -> tuple[tuple[int, ...], int, int]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("ascii")
        rows = list(csv.DictReader(io.StringIO(text)))
        texts = [row["isotime"] for row in rows]
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise RunFailed(
            f"The file {path.name} cannot be read as a list of triggers ({error}). It may be damaged or cut "
            "short: replace it by a new copy from the archive.",
            value=path.name,
        ) from error
    times = []
    for entry in texts:
        try:
            times.append(tt_from_iso(f"{entry}Z"))
        except BadValue:
            continue
    if not times:
        raise RunFailed(f"The file {path.name} holds no times.", value=path.name)
    unique = sorted(set(times))
    return tuple(unique), len(texts) - len(times), len(times) - len(unique)
