"""Fermi-LAT: spectra and light curves from the published fluxes of the catalogue 4FGL-DR4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from executors import archives
from kg_service.authoring import Coverage, Result, described, kg, label, oda, progress, unit, workflow
from kg_service.errors import NotCovered

if TYPE_CHECKING:
    from executors.physics.fermi_catalogue import CatalogueSource

__all__ = ["light_curve", "spectrum"]

TABLE = "fermi_4fgl_dr4_selected.ecsv"
START, END = "2008-08-04T15:43:36Z", "2022-08-02T21:53:15Z"
_CITE = (archives.citation(TABLE),)
_VARIABILITY = ("Vaughan et al. 2003, MNRAS 345, 1271", "Scargle et al. 2013, ApJ 764, 167")


@workflow(
    instrument=kg.FermiLAT,
    messenger=kg.HighEnergyGammaRay,
    title="Gamma-ray spectrum from the Fermi-LAT catalogue 4FGL-DR4",
    coverage=Coverage(time=(START, END), energy=(5e4, 1e9)),
    cost=2.0,
    cite=_CITE,
    datasets=archives.tables(TABLE),
    below=(("e_min", "e_max"),),
)
def spectrum(
    source: Annotated[kg.FermiCatalogueName, label("4FGL name"), described("as in 4FGL J0509.4+0542")],
    e_min: Annotated[
        kg.MinimumEnergy,
        unit("MeV"),
        label("lower energy"),
        described("only bands that lie wholly above it are used"),
    ] = None,
    e_max: Annotated[
        kg.MaximumEnergy,
        unit("MeV"),
        label("upper energy"),
        described("only bands that lie wholly below it are used"),
    ] = None,
) -> oda.Spectrum:
    """The spectrum of a gamma-ray source averaged over 14 years, 50 MeV to 1 TeV, and its shape.

    Takes the photon fluxes of 4FGL-DR4 in eight bands, gives them as E^2 dN/dE with asymmetric errors
    and 95 % upper limits, and fits a power law and a log-parabola to the fluxes as integrals over the
    bands; upper limits enter by their likelihood. Where the catalogue describes the source by a power law
    with exponential cutoff (pulsars, some bright blazars) that is fitted too. A curved model is preferred
    when it lowers chi2 by at least 9 for each of its parameters. Index and amplitude hold at the reference
    energy, the pivot energy of the catalogue. The catalogue's own parameters are for comparison only.
    """
    from executors.figures import fermi_spectrum as figures
    from executors.physics import fermi_catalogue, fermi_spectrum

    chosen = fermi_catalogue.source_named(source)
    lowest, highest = fermi_catalogue.BAND_EDGES[0], fermi_catalogue.BAND_EDGES[-1]
    e_min, e_max = lowest if e_min is None else e_min, highest if e_max is None else e_max
    selected = fermi_spectrum.bands_within(e_min, e_max)
    if not selected.any():
        edges = ", ".join(f"{edge:g}" for edge in fermi_catalogue.BAND_EDGES)
        raise NotCovered(
            f"No band of 4FGL-DR4 lies wholly between {e_min:g} and {e_max:g} MeV; the bands have their "
            f"edges at {edges} MeV.",
            parameter="e_min",
            value=f"{e_min:g} MeV",
        )
    analysed = fermi_spectrum.analyse(chosen, selected)
    progress(0.6, "fits done")
    files = [*fermi_spectrum.write(analysed, START, END), figures.draw(analysed, START, END)]
    return Result(
        label=f"Fermi-LAT spectrum of {chosen.title}, 2008-2022",
        files=files,
        values=analysed.values(),
        quality=(*fermi_spectrum.bands_used(analysed, e_min, e_max), *analysed.quality()),
        coverage=Coverage(time=(START, END), energy=analysed.energy_range_kev),
        points=analysed.points(START, END, kg.FermiLAT.iri),
        cite=_CITE,
    )


@workflow(
    instrument=kg.FermiLAT,
    messenger=kg.HighEnergyGammaRay,
    title="Yearly gamma-ray light curve from the Fermi-LAT catalogue 4FGL-DR4",
    coverage=Coverage(time=(START, END), energy=(1e5, 1e8)),
    cost=2.0,
    cite=(*_CITE, *_VARIABILITY),
    datasets=archives.tables(TABLE),
)
def light_curve(
    source: Annotated[kg.FermiCatalogueName, label("4FGL name"), described("as in 4FGL J1104.4+3812")],
) -> oda.LightCurve:
    """The yearly photon fluxes of a gamma-ray source, 0.1-100 GeV, 2008-2022, and how much they vary.

    Takes the 14 yearly fluxes of 4FGL-DR4, tests them against a constant (chi2 about the weighted
    mean), gives the fractional variability with its error after Vaughan et al. 2003, and divides the
    years into Bayesian blocks of constant flux (Scargle et al. 2013).
    """
    from executors.figures import fermi_light_curve as figures
    from executors.physics import fermi_catalogue, fermi_light_curve

    chosen: CatalogueSource = fermi_catalogue.source_named(source)
    analysed = fermi_light_curve.analyse(chosen)
    progress(0.6, "variability measured")
    files = [*fermi_light_curve.write(analysed), figures.draw(analysed)]
    return Result(
        label=f"Fermi-LAT light curve of {chosen.title}, yearly, 0.1-100 GeV, 2008-2022",
        files=files,
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=(START, END), energy=(1e5, 1e8)),
        cite=(*_CITE, *_VARIABILITY),
    )
