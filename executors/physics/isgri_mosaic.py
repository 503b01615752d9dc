"""An ISGRI mosaic: which one answers a request, its sources, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from numpy.typing import NDArray

from executors.fits_headers import unreadable
from executors.integral_archive import Held, Target, span_utc
from executors.known.source_list import everything, separation
from executors.physics.mosaic import CHANCE, Detection, Position, Searched, search
from executors.writing import Meta, add_column, write_table
from kg_service.authoring import Measure, OutputFile
from kg_service.errors import NotCovered

__all__ = ["Analysed", "analyse", "read", "source_table", "write_image", "write_sources"]

Array = NDArray[np.float64]
PSF = 0.2
"""Width (FWHM) of the point spread function of IBIS in degrees (Goldwurm et al. 2003, A&A 411, L223)."""
_SAID = 12
_RADIUS = 40.0
"""Degrees around the centre of a mosaic within which known sources are looked for; the field of one pointing
is 29 deg wide down to zero response."""
METHOD = (
    "blind: local maxima above the threshold that the tail of negative dips, continued as an exponential, "
    f"exceeds {CHANCE:g} times by chance; catalogue: the pixel that holds a known position, where so deep a "
    f"negative pixel is improbable (p < {CHANCE:g} after as many trials as known positions)"
)


@dataclass(frozen=True, slots=True)
class Mosaic:
    """A map of significances (rows are declinations), its world coordinates, and where it came from."""

    held: Held
    data: Array
    wcs: WCS
    header: fits.Header


@dataclass(frozen=True, slots=True)
class Analysed:
    """A mosaic with what was found in it and, where one was asked for, the target's entry."""

    mosaic: Mosaic
    searched: Searched
    target: Target | None
    asked: Detection | None

    @property
    def title(self) -> str:
        """Instrument, band and epoch."""
        return f"INTEGRAL ISGRI significance, {self.mosaic.held.label} UTC"

    def values(self) -> dict[str, Measure]:
        """The scalar results: the target, then the sources by brightness, then the noise."""
        found: dict[str, Measure] = {}
        if self.asked is not None and self.target is not None:
            found["target_significance"] = Measure(round(self.asked.significance, 3))
            found["target_status"] = Measure(f"{self.target.title}: {_STATUS[self.asked.kind]}")
        noise, detections = self.searched.noise, self.searched.detections
        said = [f"{d.name or 'unidentified'} {d.significance:.1f} ({d.kind})" for d in detections[:_SAID]]
        found["sources"] = Measure(", ".join(said) or "none")
        for number, source in enumerate(detections, start=1):
            found[f"source_{number}"] = Measure(source.name or "unidentified")
            found[f"significance_{number}"] = Measure(round(source.significance, 3))
            found[f"detection_{number}"] = Measure(source.kind)
        found |= {
            "blind_detections": Measure(_count(detections, "blind")),
            "catalogue_detections": Measure(_count(detections, "catalogue")),
            "blind_threshold": Measure(round(noise.threshold, 3)),
            "noise_rms": Measure(round(noise.rms, 4)),
            "noise_minimum": Measure(round(noise.minimum, 3)),
            "known_positions_tried": Measure(self.searched.tried),
        }
        if self.mosaic.held.band:
            low, high = self.mosaic.held.band
            found |= {"energy_min": Measure(low, unit="keV"), "energy_max": Measure(high, unit="keV")}
        return found

    def quality(self) -> tuple[str, ...]:
        """Caveats as short phrases."""
        noise = self.searched.noise
        caveats = [
            f"significances are not normal: rms {noise.rms:.2f}, minimum {noise.minimum:.1f}",
            f"catalogue detections are not blind: {self.searched.tried} known positions were tried",
            "significances only: no flux, no upper limit",
        ]
        if self.asked is not None and self.target is not None and self.asked.kind == "undetected":
            caveats.insert(0, f"{self.target.title} is not detected")
        if _count(self.searched.detections, "candidate"):
            caveats.append("candidates lie below the blind threshold: fluctuations are as likely as sources")
        return tuple(caveats)


_STATUS = {
    "blind": "detected (blind)",
    "catalogue": "detected at a known position (not blind)",
    "candidate": "candidate",
    "undetected": "not detected",
}


def read(held: Held) -> Mosaic:
    """The map of a file; pixels without exposure are NaN."""
    try:
        with fits.open(held.file.path, memmap=False) as units:
            unit = units[held.unit]
            data = np.asarray(unit.data, dtype=np.float64)
            header = unit.header.copy()
    except (OSError, EOFError, ValueError, TypeError, IndexError) as error:
        raise unreadable(held.file.path, error) from error
    if data.ndim != 2 or not np.isfinite(data).any():
        raise unreadable(held.file.path, "no image of finite values")
    return Mosaic(held, data, WCS(header, fix=False), header)


def analyse(mosaic: Mosaic, target: Target | None, threshold: float | None) -> Analysed:
    """Find the sources of a mosaic; ``target`` must lie in it.

    Raises
    ------
    NotCovered
        When the target is outside the map.
    """
    known = _known(mosaic)
    asked_at = None
    if target is not None:
        if target.ra is None or target.dec is None:
            raise NotCovered(
                f"The position of {target.title} is not known here.", parameter="object", value=target.name
            )
        asked_at = _on_map(mosaic, target.title, target.ra, target.dec)
        if asked_at is None:
            raise NotCovered(outside(mosaic, target), parameter="ra", value=target.title)
        if all(separation(p.ra, p.dec, target.ra, target.dec) > PSF / 20 for p in known):
            known.append(asked_at)
    pixel = abs(float(mosaic.wcs.pixel_scale_matrix[1, 1]))
    searched = search(
        mosaic.data, known, half_width=round(2 * PSF / pixel), identify=PSF / 2 / pixel, threshold=threshold
    )
    return Analysed(mosaic, searched, target, None if asked_at is None else _entry(searched, asked_at))


def outside(mosaic: Mosaic, target: Target) -> str:
    """What to say of a target that is not on the map."""
    ra, dec = _centre(mosaic)
    return (
        f"{target.title} (RA {target.ra:.3f}, Dec {target.dec:.3f} deg) lies outside the ISGRI mosaic of "
        f"{mosaic.held.label} UTC, which is centred on RA {ra:.2f}, Dec {dec:.2f} deg."
    )


def _entry(searched: Searched, at: Position) -> Detection:
    """The entry of the target: the one nearest to its position."""
    entries = [d for d in (*searched.detections, *searched.undetected) if d.position is not None]
    return min(
        entries, key=lambda d: separation(at.ra, at.dec, d.position.ra, d.position.dec) if d.position else 360
    )


def _known(mosaic: Mosaic) -> list[Position]:
    """The known sources on the map, one per place: of any within a third of the resolution one."""
    ra, dec = _centre(mosaic)
    found: list[Position] = []
    for source in everything():
        if separation(ra, dec, source.ra, source.dec) > _RADIUS:
            continue
        if any(separation(p.ra, p.dec, source.ra, source.dec) < PSF / 3 for p in found):
            continue
        at = _on_map(mosaic, source.identifier, source.ra, source.dec)
        if at is not None:
            found.append(at)
    return found


def _on_map(mosaic: Mosaic, name: str, ra: float, dec: float) -> Position | None:
    column, row = (float(v[0]) for v in mosaic.wcs.wcs_world2pix([ra], [dec], 0))
    if not (np.isfinite(column) and np.isfinite(row)):
        return None
    at = Position(name, ra, dec, column, row)
    rows, columns = mosaic.data.shape
    y, x = at.pixel
    inside = 0 <= y < rows and 0 <= x < columns and separation(*_centre(mosaic), ra, dec) < 90
    return at if inside and np.isfinite(mosaic.data[y, x]) else None


def _centre(mosaic: Mosaic) -> tuple[float, float]:
    ra, dec = mosaic.wcs.wcs.crval
    return float(ra), float(dec)


def _count(detections: tuple[Detection, ...], kind: str) -> int:
    return sum(d.kind == kind for d in detections)


def source_table(analysed: Analysed) -> Table:
    """The sources as a table, brightest first; those that are not detected come last."""
    entries = (
        *analysed.searched.detections,
        *sorted(analysed.searched.undetected, key=lambda d: -d.significance),
    )
    columns = np.array([d.column for d in entries], dtype=float)
    rows = np.array([d.row for d in entries], dtype=float)
    ra, dec = analysed.mosaic.wcs.wcs_pix2world(columns, rows, 0)
    table = Table()
    add_column(
        table,
        "name",
        [d.name or "" for d in entries],
        "known source, empty where there is none",
        ucd="meta.id;src",
    )
    add_column(
        table,
        "detection",
        [d.kind for d in entries],
        "blind, catalogue, candidate or undetected",
        ucd="meta.code",
    )
    add_column(
        table, "significance", np.array([d.significance for d in entries]), "value of the map", ucd="stat.snr"
    )
    add_column(
        table,
        "ra",
        np.round(ra, 4),
        "right ascension of the pixel's centre",
        unit="deg",
        ucd="pos.eq.ra;meta.main",
    )
    add_column(
        table,
        "dec",
        np.round(dec, 4),
        "declination of the pixel's centre",
        unit="deg",
        ucd="pos.eq.dec;meta.main",
    )
    for name, attribute in (("ra_known", "ra"), ("dec_known", "dec")):
        known = [np.nan if d.position is None else float(getattr(d.position, attribute)) for d in entries]
        add_column(table, name, np.array(known), f"{attribute} of the known source (ICRS)", unit="deg")
    chance = [np.nan if d.kind in {"blind", "candidate"} or d.chance is None else d.chance for d in entries]
    add_column(
        table, "chance", np.array(chance), "probability by chance after all trials", ucd="stat.probability"
    )
    return table


def write_sources(analysed: Analysed) -> list[OutputFile]:
    """The source list in four formats."""
    return write_table(source_table(analysed), "sources", meta(analysed), extension="SOURCES")


def write_image(analysed: Analysed) -> list[OutputFile]:
    """The map as ``image.fits`` with its sources as second extension, and the sources as ECSV and VOTable."""
    described = meta(analysed)
    header = analysed.mosaic.header.copy()
    for key in ("TELAPSE", "CHECKSUM", "DATASUM"):  # TELAPSE of such files has a wrong unit
        header.remove(key, ignore_missing=True)
    for name, value in described.items():
        header[name if len(name) <= 8 and name == name.upper() else f"HIERARCH {name}"] = value
    header["BTYPE"] = ("significance", "what the pixels hold")
    files = [f for f in write_sources(analysed) if f.media_type != "application/fits"]
    with fits.open("sources.fits") as listed:
        units = fits.HDUList(
            [fits.PrimaryHDU(analysed.mosaic.data.astype(np.float32), header), listed[1].copy()]
        )
        units.writeto("image.fits", overwrite=True)
    Path("sources.fits").unlink()
    return [OutputFile("image.fits", "application/fits"), *files]


def meta(analysed: Analysed) -> Meta:
    """What the files say about themselves."""
    held = analysed.mosaic.held
    found: dict[str, Any] = {"TELESCOP": "INTEGRAL", "INSTRUME": "IBIS", "DETNAM": "ISGRI", "RADESYS": "FK5"}
    if held.span:
        start, end = span_utc(held.span)
        found |= {"TIMESYS": "UTC", "DATE-OBS": start.rstrip("Z"), "DATE-END": end.rstrip("Z")}
    if analysed.target is not None:
        found["OBJECT"] = analysed.target.title
    found |= {name: m.value for name, m in analysed.values().items() if m.value is not None}
    found["method"] = METHOD
    found["caveats"] = "; ".join(analysed.quality())
    found["citation"] = held.file.collection.cite
    return found
