"""VERITAS: light curves and spectra of single nights from files of the collection VTSCat in a mirror."""

from __future__ import annotations

from typing import Annotated

from executors import archives, vtscat_files
from kg_service.authoring import Coverage, Result, described, kg, label, oda, progress, unit, workflow

__all__ = ["light_curve", "night_spectrum"]

_CITE = (archives.collection("veritas").cite,)
_VARIABILITY = ("Vaughan et al. 2003, MNRAS 345, 1271", "Scargle et al. 2013, ApJ 764, 167")
_SINCE = ("2007-04-27T00:00:00Z", "2023-12-31T00:00:00Z")
_ABOVE, _BELOW = described("only points above it are used"), described("only points below it are used")


@workflow(
    name="veritas-light-curve",
    instrument=kg.VERITAS,
    messenger=kg.VeryHighEnergyGammaRay,
    title="Published VERITAS light curves with Bayesian blocks",
    coverage=Coverage(time=_SINCE, energy=(1e8, 3e10)),
    cost=3.0,
    cite=(*_CITE, *_VARIABILITY),
    datasets=vtscat_files.datasets_of("lc"),
    below=(("t1", "t2"),),
)
def light_curve(
    object: Annotated[kg.MainIdentifier, label("object")],  # noqa: A002 - the word astronomers type
    t1: Annotated[oda.StartTime, label("start"), described("only points after it")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("only points before it")] = None,
) -> oda.LightCurve:
    """The photon fluxes of a gamma-ray source above 100 GeV as VERITAS published them, and how they vary.

    Each published series keeps its bins and its energy threshold; fluxes are brought to cm-2 s-1 from the
    unit of their column. Each is tested against a constant (chi2), given its fractional variability
    (Vaughan et al. 2003) and divided into Bayesian blocks of constant flux (Scargle et al. 2013) with a 1 %
    chance of a spurious change. Upper limits are drawn with their level and not used in the measures.
    """
    from executors.figures import veritas_light_curve as figures
    from executors.physics import veritas_light_curve as analysis

    analysed = [analysis.analyse(series) for series in analysis.select(object, t1, t2)]
    progress(0.6, f"{len(analysed)} series measured")
    (start, end), energy = analysis.covers(analysed)
    quality = analysis.quality(analysed)
    return Result(
        label=f"VERITAS light curve of {object}",
        files=[*analysis.write(object, analysed), figures.draw(object, analysed)],
        values=analysis.values(analysed),
        quality=quality,
        coverage=Coverage(time=(start, end), energy=energy),
        datasets=tuple(one.series.file.dataset for one in analysed),
        cite=(*_CITE, *dict.fromkeys(one.series.reference for one in analysed), *_VARIABILITY),
    )


@workflow(
    name="veritas-night-spectrum",
    instrument=kg.VERITAS,
    messenger=kg.VeryHighEnergyGammaRay,
    title="VERITAS spectra by night from VTSCat",
    coverage=Coverage(time=_SINCE, energy=(1e8, 3e10)),
    cost=3.0,
    cite=_CITE,
    datasets=vtscat_files.datasets_of("sed"),
    below=(("t1", "t2"), ("e_min", "e_max")),
)
def night_spectrum(
    object: Annotated[kg.MainIdentifier, label("object")],  # noqa: A002 - the word astronomers type
    t1: Annotated[oda.StartTime, label("start"), described("a time within the first night")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("a time within the last night")] = None,
    e_min: Annotated[kg.MinimumEnergy, unit("GeV"), label("lower energy"), _ABOVE] = None,
    e_max: Annotated[kg.MaximumEnergy, unit("GeV"), label("upper energy"), _BELOW] = None,
) -> oda.Spectrum:
    """Spectral points of a gamma-ray source above 100 GeV of the nights that a time range touches.

    A spectrum is taken when its epoch lies within the days (0 to 24 h UTC) between the two times, so a
    time within a night chooses that night. Points in dN/dE become E^2 dN/dE; units are those of the
    columns. A power law is fitted to each night that has enough points. The fluxes are as observed, not
    corrected for absorption by the extragalactic background light (EBL).
    """
    from executors.figures import veritas_spectrum as figures
    from executors.physics import veritas_nights, veritas_points

    spectra, files, caveats = veritas_nights.select(object, t1, t2, e_min, e_max)
    start, end = min(s.start for s in spectra), max(s.end for s in spectra)
    return Result(
        label=veritas_points.title(spectra),
        files=[*veritas_points.write(spectra), figures.draw(spectra)],
        values=veritas_points.values(spectra) | veritas_nights.lowest_point(spectra),
        quality=(*caveats, *veritas_points.quality(spectra)),
        coverage=Coverage(time=(start, end), energy=veritas_points.energy_range_kev(spectra)),
        points=veritas_points.points(spectra, kg.VERITAS.iri),
        datasets=tuple(file.dataset for file in files),
        cite=(*_CITE, *dict.fromkeys(s.reference for s in spectra)),
    )
