"""The amplitude spectral density of one detector, on logarithmic axes."""

from __future__ import annotations

from executors.figures.caveats import below as caveats_below
from executors.physics.detector_noise import REFERENCE_BAND, Noise
from executors.plotting import BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_COLOURS = {"H1": VERMILION, "L1": BLUE, "V1": "#7D4E9E"}


def draw(noise: Noise, name: str) -> OutputFile:
    """Write ``asd.png``: the density with its error, and the band for which one number is given."""
    with figure(7.6, 5.0) as drawn:
        axes = drawn.subplots()
        colour = _COLOURS.get(noise.detector, VERMILION)
        axes.fill_between(
            noise.frequency,
            noise.density - noise.error,
            noise.density + noise.error,
            color=colour,
            alpha=0.25,
            linewidth=0,
            label=r"1$\sigma$ of the average",
        )
        axes.loglog(noise.frequency, noise.density, color=colour, linewidth=0.9)
        if (level := noise.band_rms()) is not None:
            low, high = REFERENCE_BAND
            axes.axvspan(low, high, color=GREY, alpha=0.25, linewidth=0)
            mantissa, exponent = f"{level:.1e}".split("e")
            axes.annotate(
                rf"{low:g}$-${high:g} Hz: {mantissa}$\times10^{{{int(exponent)}}}$ Hz$^{{-1/2}}$",
                (high, level),
                xytext=(-20, 80),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": GREY},
                fontsize=10,
            )
        axes.set_xlim(noise.frequency[0], noise.frequency[-1])
        axes.set_xlabel("Frequency  [Hz]")
        axes.set_ylabel(r"Strain noise  [Hz$^{-1/2}$]")
        axes.legend(loc="upper right")
        header(
            drawn,
            axes,
            f"{noise.detector} ({name}) around {noise.event}",
            f"Amplitude spectral density: {noise.method}",
        )
        caveats_below(drawn, noise.quality())
        return save(drawn, "asd.png", f"Amplitude spectral density of {noise.detector} around {noise.event}")
