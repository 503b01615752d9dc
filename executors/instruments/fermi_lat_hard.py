"""Fermi-LAT above 10 GeV: spectra of the catalogue 3FHL of a mirror."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from executors import archives, fermi_catalogue_files
from kg_service.authoring import Coverage, Result, described, kg, label, limits, oda, unit, workflow
from kg_service.model.product import Dataset

__all__ = ["spectrum"]

START, END = "2008-08-04T15:43:36Z", "2015-08-02T23:13:16Z"
_CITE = (archives.collection("fermi_3fhl").cite,)


def _datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    found = fermi_catalogue_files.newest("fermi_3fhl")
    return (found.dataset,) if found else ()


@workflow(
    name="fermi-lat-hard-spectrum",
    instrument=kg.FermiLAT,
    messenger=kg.HighEnergyGammaRay,
    title="Gamma-ray spectrum above 10 GeV from the Fermi-LAT catalogue 3FHL",
    coverage=Coverage(time=(START, END), energy=(1e7, 2e9)),
    cost=3.0,
    cite=_CITE,
    datasets=_datasets,
    below=(("e_min", "e_max"),),
)
def spectrum(
    ra: Annotated[oda.PointOfInterestRA, unit("deg"), label("right ascension"), described("ICRS")],
    dec: Annotated[oda.PointOfInterestDEC, unit("deg"), limits(-90, 90), label("declination")],
    radius: Annotated[kg.SearchRadius, unit("deg"), limits(0, 2), label("search radius")] = 0.1,
    e_min: Annotated[
        kg.MinimumEnergy, unit("GeV"), label("lower energy"), described("only bands wholly above it")
    ] = None,
    e_max: Annotated[
        kg.MaximumEnergy, unit("GeV"), label("upper energy"), described("only bands wholly below it")
    ] = None,
) -> oda.Spectrum:
    """The spectrum of the 3FHL source at a position, 10 GeV to 2 TeV, averaged over seven years.

    Takes the photon fluxes of 3FHL in five bands, gives them as E^2 dN/dE with asymmetric errors and
    95 % upper limits, and fits a power law and a log-parabola to the fluxes as integrals over the bands;
    upper limits enter by their likelihood. Fluxes are as observed: above about 100 GeV the extragalactic
    background light absorbs photons of distant sources.
    """
    from executors.figures import hard_spectrum as figures
    from executors.physics import full_catalogue, hard_spectrum

    source, found = full_catalogue.hard_source_at(ra, dec, radius)
    analysed = hard_spectrum.analyse(
        source, found, 10.0 if e_min is None else e_min, 2000.0 if e_max is None else e_max
    )
    return Result(
        label=f"Fermi-LAT spectrum of {source.title} above 10 GeV, 2008-2015",
        files=[*hard_spectrum.write(analysed, START, END), figures.draw(analysed, START, END)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=(START, END), energy=analysed.energy_range_kev),
        points=analysed.points(START, END, kg.FermiLAT.iri),
        datasets=(found.dataset,),
        cite=_CITE,
    )
