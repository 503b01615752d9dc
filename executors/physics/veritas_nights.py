"""Chooses the VERITAS spectra of VTSCat whose nights lie in a time range."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from executors import vtscat_files
from executors.archives import ArchiveFile
from executors.physics import point_spectrum, vtscat
from executors.physics.veritas_points import NightSpectrum
from kg_service.authoring import Measure
from kg_service.errors import NotCovered

__all__ = ["lowest_point", "select"]

_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def select(
    source: str, t1: str | None, t2: str | None, e_min: float | None, e_max: float | None
) -> tuple[list[NightSpectrum], list[ArchiveFile], list[str]]:
    """Spectra in time order, the files they are from, and what had to be left out.

    A spectrum is taken when its epoch lies within the days (0 to 24 h UTC) that the time range touches;
    of its points those between ``e_min`` and ``e_max`` (GeV).
    """
    read = vtscat_files.of_source(source, "sed")
    found = [spectrum for spectrum in map(vtscat.spectrum, read) if spectrum is not None]
    if not found:
        raise vtscat_files.absent(source, "sed")
    undated = [s for s in found if s.first is None]
    first, last = (None if t is None else _mjd(t) for t in (t1, t2))
    chosen: list[tuple[NightSpectrum, ArchiveFile]] = []
    left_out = 0
    for spectrum in found:
        if spectrum.first is None or spectrum.last is None:
            if t1 is not None or t2 is not None:
                continue
        elif not _within(spectrum.first, spectrum.last, first, last):
            continue
        night, omitted = _night(source, spectrum, e_min, e_max)
        left_out += omitted
        if night is not None:
            chosen.append((night, spectrum.file))
    if not chosen:
        raise _none(source, found, t1, t2, e_min, e_max)
    chosen.sort(key=lambda pair: (pair[0].start, pair[0].end, pair[0].ident))
    caveats = [f"{left_out} limits without a stated confidence level left out"] if left_out else []
    if undated and (t1 is not None or t2 is not None):
        caveats.append(f"{len(undated)} spectra whose night is not stated are not considered")
    return [night for night, _ in chosen], [file for _, file in chosen], caveats


def lowest_point(spectra: list[NightSpectrum]) -> dict[str, Measure]:
    """The measured point of lowest energy, where one spectrum alone is given."""
    if len(spectra) != 1 or np.isnan(spectra[0].columns["e2dnde"]).all():
        return {}
    columns = spectra[0].columns
    place = int(np.nanargmin(np.where(np.isnan(columns["e2dnde"]), np.nan, columns["e_ref"])))
    error = float((columns["e2dnde_errn"][place] + columns["e2dnde_errp"][place]) / 2)
    flux = float(columns["e2dnde"][place])
    return {
        "lowest_point_energy": Measure(float(columns["e_ref"][place]) / 1e3, unit="GeV"),
        "lowest_point_e2dnde": Measure(flux, None if math.isnan(error) else error, "erg.cm**-2.s**-1"),
    }


def _within(first: float, last: float, t1: float | None, t2: float | None) -> bool:
    end = last + 1 if first == last and first.is_integer() else last
    return (t1 is None or math.floor(t1) <= first) and (t2 is None or end <= math.ceil(t2))


def _night(
    source: str, spectrum: vtscat.Spectrum, e_min: float | None, e_max: float | None
) -> tuple[NightSpectrum | None, int]:
    """The spectrum as every VERITAS spectrum is written, and how many limits lack a level."""
    gigaelectronvolts = spectrum.energy * 1e3
    taken = np.ones(len(gigaelectronvolts), bool)
    taken &= gigaelectronvolts >= (-math.inf if e_min is None else e_min)
    taken &= gigaelectronvolts <= (math.inf if e_max is None else e_max)
    limit = np.isnan(spectrum.flux)
    unknown = taken & limit & (spectrum.confidence is None)
    taken &= ~unknown
    if not taken.any():
        return None, int(unknown.sum())
    bound = limit[taken]
    columns = {
        "e_ref": np.round(spectrum.energy[taken] * 1e6, 3),
        "e_min": np.round(spectrum.e_min[taken] * 1e6, 3),
        "e_max": np.round(spectrum.e_max[taken] * 1e6, 3),
        "e2dnde": spectrum.flux[taken],
        "e2dnde_errn": np.where(bound, np.nan, spectrum.error_low[taken]),
        "e2dnde_errp": np.where(bound, np.nan, spectrum.error_high[taken]),
        "e2dnde_ul": np.where(bound, spectrum.limit[taken], np.nan),
        "ul_confidence": np.where(bound, spectrum.confidence or np.nan, np.nan),
    }
    first, last = spectrum.first or 0.0, spectrum.last or 0.0
    night = first == last and first.is_integer()
    measured = columns["e_ref"][~bound]
    reference = float(np.exp(np.log(measured if len(measured) else columns["e_ref"]).mean()))
    fitted = point_spectrum.fit(
        columns["e_ref"], point_spectrum.measured_points(columns), "power-law", reference
    )
    return NightSpectrum(
        source=source,
        reference=spectrum.reference,
        number=spectrum.number,
        start=_iso(first),
        end=_iso(last + 1 if night else last),
        night=night,
        columns=columns,
        power_law=fitted,
    ), int(unknown.sum())


def _none(
    source: str,
    found: list[vtscat.Spectrum],
    t1: str | None,
    t2: str | None,
    e_min: float | None,
    e_max: float | None,
) -> NotCovered:
    epochs = sorted({(s.first, s.last) for s in found if s.first is not None and s.last is not None})
    nights = "; ".join(_iso(a)[:10] if b - a < 1 else f"{_iso(a)[:10]} to {_iso(b)[:10]}" for a, b in epochs)
    low, high = (min(float(s.energy.min()) for s in found), max(float(s.energy.max()) for s in found))
    asked = "" if e_min is None and e_max is None else " and between the energies asked for"
    return NotCovered(
        f"No VERITAS spectrum of {source} at hand lies within the nights from {t1 or 'the beginning'} to "
        f"{t2 or 'the end'}{asked}. There are spectra of {nights or 'unknown nights'}, {low * 1e3:.0f} to "
        f"{high * 1e3:.0f} GeV.",
        parameter="t1" if t1 or not t2 else "t2",
        value=t1 or t2,
    )


def _mjd(utc: str) -> float:
    return (datetime.fromisoformat(utc) - _ZERO).total_seconds() / 86400


def _iso(mjd: float) -> str:
    return (_ZERO + timedelta(seconds=round(mjd * 86400))).strftime("%Y-%m-%dT%H:%M:%SZ")
