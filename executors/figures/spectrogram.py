"""The Q transform of one event in one detector: time from the event, logarithmic frequency, energy."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import PowerNorm

from executors.physics.spectrogram import Analysed
from executors.plotting import figure, header, plain_decades, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_SHORT = (-0.25, 0.15)


def draw(analysed: Analysed, name: str, utc: str) -> OutputFile:
    """Write ``spectrogram.png``; a short signal is shown close up, a long one as far as there are data."""
    offsets = analysed.offsets * 1e3
    long = analysed.plane.q > 30
    shown = (
        np.ones(len(offsets), bool) if long else (offsets >= _SHORT[0] * 1e3) & (offsets <= _SHORT[1] * 1e3)
    )
    energy = np.ma.masked_invalid(analysed.plane.energy[:, shown])
    with figure(7.6, 4.9) as drawn:
        axes = drawn.subplots()
        axes.set_facecolor("#BBBBBB")
        image = axes.pcolormesh(
            offsets[shown],
            analysed.plane.frequencies,
            energy,
            cmap="viridis",
            shading="nearest",
            rasterized=True,
            norm=PowerNorm(0.5, vmin=0, vmax=max(float(energy.max()), 25.0)),
        )
        axes.set_yscale("log")
        plain_decades(axes.yaxis)
        axes.set_ylim(analysed.lowest_row, analysed.plane.frequencies[-1])
        peak = (analysed.peak_gps - analysed.gps) * 1e3
        axes.plot(
            peak, analysed.peak_frequency, marker="+", color="white", markersize=11, markeredgewidth=1.3
        )
        axes.axvline(0, color="white", linestyle=":", linewidth=1)
        label = f"peak {analysed.peak_frequency:.0f} Hz\n{peak:+.0f} ms"
        axes.annotate(
            label,
            (peak, analysed.peak_frequency),
            xytext=(12, 6),
            textcoords="offset points",
            color="white",
            fontsize=9.5,
        )
        axes.set_xlabel(f"Time from {utc[:23].replace('T', ' ').rstrip('Z')} UTC  [ms]")
        axes.set_ylabel("Frequency  [Hz]")
        drawn.colorbar(image, ax=axes, pad=0.015).set_label("Normalised energy (median of noise = 1)")
        header(
            drawn,
            axes,
            f"{analysed.event}   {name} ({analysed.detector})",
            f"Q transform of whitened strain, Q = {analysed.plane.q:.1f}",
        )
        axes.tick_params(which="both", color="white", labelcolor="black")
        return save(drawn, "spectrogram.png", f"Spectrogram of {analysed.event} in {analysed.detector}")
