"""VERITAS: spectra above 100 GeV as published in the VTSCat collection."""

from __future__ import annotations

from typing import Annotated

from executors import archives
from kg_service.authoring import Coverage, Result, described, kg, label, oda, unit, workflow

__all__ = ["spectrum"]

TABLE = "veritas_sed_points.ecsv"
_CITE = (archives.citation(TABLE),)
_ABOVE, _BELOW = described("only points above it are used"), described("only points below it are used")


@workflow(
    instrument=kg.VERITAS,
    messenger=kg.VeryHighEnergyGammaRay,
    title="Published VERITAS spectra",
    coverage=Coverage(energy=(1e8, 1e10)),
    cost=2.0,
    cite=_CITE,
    datasets=archives.tables(TABLE),
    below=(("t1", "t2"), ("e_min", "e_max")),
)
def spectrum(
    object: Annotated[kg.MainIdentifier, label("object")],  # noqa: A002 - the word astronomers type
    t1: Annotated[oda.StartTime, label("start"), described("only nights wholly after it")] = None,
    t2: Annotated[oda.EndTime, label("end"), described("only nights wholly before it")] = None,
    e_min: Annotated[kg.MinimumEnergy, unit("GeV"), label("lower energy"), _ABOVE] = None,
    e_max: Annotated[kg.MaximumEnergy, unit("GeV"), label("upper energy"), _BELOW] = None,
) -> oda.Spectrum:
    """Spectral points of a gamma-ray source above 100 GeV as VERITAS published them, with their nights.

    Each published spectrum keeps its reference, its epoch, its errors and its upper limits with their
    confidence level; a power law is fitted to each that has enough points. The fluxes are as
    observed, not corrected for absorption by the extragalactic background light (EBL).
    """
    from executors.figures import veritas_spectrum as figures
    from executors.physics import veritas_points

    spectra = veritas_points.select(object, t1, t2, e_min, e_max)
    start, end = min(s.start for s in spectra), max(s.end for s in spectra)
    return Result(
        label=veritas_points.title(spectra),
        files=[*veritas_points.write(spectra), figures.draw(spectra)],
        values=veritas_points.values(spectra),
        quality=veritas_points.quality(spectra),
        coverage=Coverage(time=(start, end), energy=veritas_points.energy_range_kev(spectra)),
        points=veritas_points.points(spectra, kg.VERITAS.iri),
        cite=(*_CITE, *dict.fromkeys(s.reference for s in spectra)),
    )
