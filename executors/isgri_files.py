"""Which mosaic or spectrum of ISGRI answers a request, by what the files' headers say. Import-light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from executors import archives
from executors.fits_headers import Header
from executors.integral_archive import Held, Target, choose, held, target
from executors.known import sources
from executors.known.source_list import separation
from executors.known.spelling import source_key
from kg_service.errors import Problem, RunFailed
from kg_service.model.product import Dataset

__all__ = ["SpectrumFiles", "datasets_of", "mosaics", "published", "spectra"]

_FIELD = 25.0
"""Degrees from the centre of a mosaic beyond which a position is not looked for in it."""
_PUBLISHED = {"NGC 2110": "ngc2110_isgri_spectrum.ecsv"}


@dataclass(frozen=True, slots=True)
class SpectrumFiles:
    """A count spectrum with the redistribution matrix and the effective areas that it names."""

    spectrum: Held
    rmf: archives.ArchiveFile
    arf: archives.ArchiveFile


def datasets_of(read: Callable[[], list[archives.ArchiveFile]]) -> tuple[Dataset, ...]:
    """The datasets of the files a run would read; none where it will be refused."""
    try:
        return tuple(file.dataset for file in read())
    except Problem:
        return ()


def mosaics(
    object: str | None,  # noqa: A002 - named as the input of the workflow
    ra: float | None,
    dec: float | None,
    t1: str | None,
    t2: str | None,
    e_min: float | None,
    e_max: float | None,
) -> list[Held]:
    """The mosaics within times (UTC) and band (keV), the position nearest to their centre first."""
    asked = target(object, ra, dec)
    chosen = choose(
        held("isgri_mosaic", _is_significance),
        collection="isgri_mosaic",
        what="an ISGRI mosaic",
        times=(t1, t2),
        band=(e_min, e_max),
        whole=True,
    )
    if asked is None or asked.ra is None or asked.dec is None:
        return chosen
    ra0, dec0 = asked.ra, asked.dec
    apart = [(separation(ra0, dec0, *_centre(h)), h) for h in chosen]
    near = sorted((pair for pair in apart if pair[0] <= _FIELD), key=lambda pair: round(pair[0]))
    if near:
        return [mosaic for _, mosaic in near]
    raise archives.missing(
        "isgri_mosaic",
        f"An ISGRI mosaic with {_where(asked)} in its field",
        "Kept here: "
        + "; ".join(
            "{} centred on RA {:.2f}, Dec {:.2f} deg".format(h.label, *_centre(h)) for h in chosen[:5]
        )
        + ".",
        parameter="object" if object else "ra",
        value=asked.title,
    )


def _where(asked: Target) -> str:
    place = f"RA {asked.ra:.3f}, Dec {asked.dec:.3f} deg"
    return f"{asked.name} ({place})" if asked.name else place


def _is_significance(header: Header) -> bool:
    """An image whose IMATYPE (as OSA writes it) is significance, or that has none and is named so."""
    return (
        header.get("NAXIS") == 2
        and "CRVAL1" in header
        and header.get("IMATYPE", "SIGNIFICANCE") == "SIGNIFICANCE"
    )


def _centre(mosaic: Held) -> tuple[float, float]:
    return float(mosaic.header["CRVAL1"]), float(mosaic.header["CRVAL2"])


def published(object: str) -> str | None:  # noqa: A002 - named as the input of the workflow
    """The shipped table of published points of a source, where there is one."""
    return next((table for name, table in _PUBLISHED.items() if source_key(name) == source_key(object)), None)


def spectra(object: str, t1: str | None, t2: str | None) -> SpectrumFiles | None:  # noqa: A002
    """The count spectrum of a source with its response; ``None`` where only published points are kept."""
    of_source = [
        file for file in archives.files("isgri_spectrum")
        if file.named["part"] == "spectrum" and source_key(file.named["source"]) == source_key(object)
    ]  # fmt: skip
    if not of_source and published(object) is not None and (t1, t2) == (None, None):
        return None
    if not of_source:
        raise _absent(object)
    units, damaged = held("isgri_spectrum", _is_spectrum, among=of_source)
    chosen = choose(
        (units, damaged), collection="isgri_spectrum", what="an ISGRI spectrum", times=(t1, t2), whole=True
    )[0]
    return SpectrumFiles(chosen, _response(chosen, "RESPFILE", "rmf"), _response(chosen, "ANCRFILE", "arf"))


def _is_spectrum(header: Header) -> bool:
    return header.get("HDUCLAS1") == "SPECTRUM" or header.get("EXTNAME") == "SPECTRUM"


def _absent(name: str) -> Problem:
    named = {f.named["source"] for f in archives.files("isgri_spectrum")} | set(_PUBLISHED)
    known = tuple(sorted({_spelled(text) for text in named}))
    covered = f"Kept here: spectra of {', '.join(known)}."
    problem = archives.missing(
        "isgri_spectrum", f"An ISGRI spectrum of {name}", covered, parameter="object", value=name
    )
    problem.near = known
    return problem


def _spelled(name: str) -> str:
    """The main identifier of a source that a file names, where one source has the name."""
    bearers = sources.bearers(name)
    return bearers[0].identifier if len(bearers) == 1 else name


def _response(spectrum: Held, keyword: str, part: str) -> archives.ArchiveFile:
    """The response file that the header names, else the one of the same source, author and software."""
    named = PurePath(str(spectrum.header.get(keyword, ""))).name
    others = [f for f in archives.files("isgri_spectrum") if f.named["part"] == part]
    for file in others:
        if file.path.name == named:
            return file
    mine = spectrum.file.named
    for file in others:
        if all(file.named[key] == mine[key] for key in ("source", "author", "osa")):
            return file
    raise RunFailed(
        f"The response {named or part} of {spectrum.name} is not in the mirror beside it, and without its "
        f"response a count spectrum has no fluxes. Add the file.",
        value=spectrum.name,
    )
