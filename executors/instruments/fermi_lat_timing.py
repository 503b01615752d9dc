"""Fermi-LAT: how the yearly fluxes of a source vary in time, looked at for periods."""

from __future__ import annotations

from typing import Annotated

from executors import archives, fermi_catalogue_files
from kg_service.authoring import Coverage, Result, described, kg, label, limits, oda, progress, workflow

__all__ = ["periodogram"]

START, END = "2008-08-04T15:43:36Z", "2022-08-02T21:53:15Z"
_CITE = (
    archives.citation(fermi_catalogue_files.TABLE),
    "Zechmeister & Kuerster 2009, A&A 496, 577",
    "Timmer & Koenig 1995, A&A 300, 707",
    "Baluev 2008, MNRAS 385, 1279",
)


@workflow(
    name="fermi-lat-periodogram",
    instrument=kg.FermiLAT,
    messenger=kg.HighEnergyGammaRay,
    title="Periodogram of the yearly gamma-ray fluxes of 4FGL-DR4",
    coverage=Coverage(time=(START, END), energy=(1e5, 1e8)),
    cost=3.0,
    cite=_CITE,
    datasets=fermi_catalogue_files.datasets,
)
def periodogram(
    source: Annotated[kg.FermiCatalogueName, label("4FGL name"), described("as in 4FGL J1555.7+1111")],
    scrambles: Annotated[
        oda.Integer,
        limits(1000, 100_000),
        label("scrambles"),
        described("how many scrambled and how many simulated light curves the chances are counted from"),
    ] = 5000,
    red_noise_index: Annotated[
        oda.Float,
        limits(0, 3),
        label("index of the red noise"),
        described("power spectrum f^-index of a source without a period; 1.4 to 1.7 for bright blazars"),
    ] = 1.5,
    seed: Annotated[kg.RandomSeed, limits(0, 2**31 - 1), label("random seed")] = 1,
) -> kg.Periodogram:
    """The Lomb-Scargle periodogram of 14 yearly fluxes, with the chance that noise makes its highest peak.

    The chance is counted over the whole range of periods, in light curves with scrambled years (white
    noise) and in simulated ones with red noise, as blazars have it (Abdo et al. 2010, ApJ 722, 520, give
    indices of 1.4 for quasars and 1.7 for BL Lac objects). Periods below about two years are not sampled;
    above a third of the span (4.7 years) fewer than three cycles are seen, and no period is claimed.
    """
    from executors.figures import fermi_periodogram as figures
    from executors.physics import fermi_periodogram, full_catalogue

    chosen = full_catalogue.source_named(source)
    progress(0.2, "fluxes read")
    analysed = fermi_periodogram.analyse(chosen, red_noise_index, scrambles, seed)
    progress(0.7, "chances counted")
    return Result(
        label=f"Fermi-LAT periodogram of {chosen.title}, yearly fluxes, 2008-2022",
        files=[*fermi_periodogram.write(analysed), figures.draw(analysed)],
        values=analysed.values(),
        quality=analysed.quality(),
        coverage=Coverage(time=(START, END), energy=(1e5, 1e8)),
        datasets=fermi_catalogue_files.datasets({"source": source}),
        cite=_CITE,
        seed=seed,
    )
