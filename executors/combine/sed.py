"""Spectral energy distributions made of spectra of several instruments."""

from __future__ import annotations

from typing import Annotated

from kg_service.authoring import Coverage, InputProduct, Result, described, kg, label, oda, workflow

__all__ = ["multi_instrument_spectrum"]


@workflow(
    name="multi-instrument-spectrum",
    instrument=(kg.FermiLAT, kg.VERITAS),
    messenger=kg.GammaRay,
    title="Gamma-ray spectrum of two instruments, 50 MeV to several TeV",
    cost=2.0,
)
def multi_instrument_spectrum(
    high_energy: Annotated[kg.HighEnergyGammaRaySpectrum, label("spectrum below 100 GeV")],
    very_high_energy: Annotated[kg.VeryHighEnergyGammaRaySpectrum, label("spectrum above 100 GeV")],
    joint_fit: Annotated[
        oda.Boolean,
        label("joint fit"),
        described("fit one log-parabola to all points; it carries the caveats"),
    ] = False,
) -> kg.MultiInstrumentSpectrum:
    """Puts the spectral points of two instruments on one scale, each with its instrument and its epoch.

    The points are shown as observed. Where the epochs differ the result says "not simultaneous", and
    without a correction for the extragalactic background light it says so too: in the quality of
    the product, in its files and on the picture. A log-parabola is fitted to all points only when
    asked for; a fit that the data reject is marked as rejected and drawn without an error band.
    """
    from executors.figures import joint_spectrum as figures
    from executors.physics import joint_spectrum

    inputs: list[InputProduct] = [high_energy, very_high_energy]
    combined = joint_spectrum.combine([joint_spectrum.read_part(product) for product in inputs], joint_fit)
    epochs = [epoch for part in combined.parts for epoch in part.epochs]
    lowest, highest = combined.energy_range
    return Result(
        label=f"Spectrum of {combined.source}: {' and '.join(part.instrument for part in combined.parts)}",
        files=[*joint_spectrum.write(combined), figures.draw(combined)],
        values=combined.values(),
        quality=combined.quality(),
        coverage=Coverage(
            time=(min(start for start, _ in epochs), max(end for _, end in epochs)),
            energy=(lowest * 1e3, highest * 1e3),
        ),
        observed_with=tuple(dict.fromkeys(iri for product in inputs for iri in product.observed_with)),
        points=combined.points(),
        cite=tuple(dict.fromkeys(text for product in inputs for text in product.cite)),
    )
