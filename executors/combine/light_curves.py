"""Light curves of several instruments beside each other on one time axis."""

from __future__ import annotations

from typing import Annotated

from kg_service.authoring import Coverage, InputProduct, Result, kg, label, workflow

__all__ = ["multi_instrument_light_curve"]


@workflow(
    name="multi-instrument-light-curve",
    instrument=(kg.FermiLAT, kg.VERITAS),
    messenger=kg.GammaRay,
    title="Gamma-ray light curves of two instruments on one time axis",
    cost=2.0,
)
def multi_instrument_light_curve(
    high_energy: Annotated[kg.HighEnergyGammaRayLightCurve, label("light curve below 100 GeV")],
    very_high_energy: Annotated[kg.VeryHighEnergyGammaRayLightCurve, label("light curve above 100 GeV")],
) -> kg.MultiInstrumentLightCurve:
    """Puts the light curves of two instruments on one time axis, each in its own unit and with its caveats.

    Times are brought to UTC; fluxes stay as they are, for their bands, thresholds and bins differ. How
    many points of one fall into bins of the other is stated, and where none does the result says "not
    simultaneous". Nothing is fitted across the instruments.
    """
    return _together([high_energy, very_high_energy])


def _together(inputs: list[InputProduct]) -> Result:
    from executors.figures import light_curves as figures
    from executors.physics import light_curves

    combined = light_curves.combine([light_curves.read_curve(product) for product in inputs])
    start, end = (light_curves.utc(edge) for edge in combined.span)
    return Result(
        label=f"Light curves of {combined.source}: {' and '.join(c.instrument for c in combined.curves)}",
        files=[*light_curves.write(combined), figures.draw(combined)],
        values=combined.values(),
        quality=combined.quality(),
        coverage=Coverage(time=(start, end), energy=combined.energy),
        observed_with=tuple(dict.fromkeys(iri for product in inputs for iri in product.observed_with)),
        cite=tuple(dict.fromkeys(text for product in inputs for text in product.cite)),
    )
