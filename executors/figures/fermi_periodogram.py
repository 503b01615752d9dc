"""The periodogram of a yearly light curve above the light curve itself, with the levels of chance."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from executors.physics.fermi_periodogram import CYCLES, YEAR, Analysed
from executors.plotting import BLACK, BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(analysed: Analysed) -> OutputFile:
    """Write ``periodogram.png``."""
    source = analysed.source
    with figure(7.6, 6.6) as drawn:
        top, bottom = drawn.subplots(2, 1, height_ratios=(1.5, 1))
        _powers(top, analysed)
        _curve(bottom, analysed)
        subtitle = "Fermi-LAT, 4FGL-DR4, Lomb-Scargle periodogram of 14 yearly fluxes, 0.1$-$100 GeV"
        header(drawn, top, source.title, subtitle)
        caveats = [analysed.verdict, *analysed.quality()[2:3]]
        text = "\n".join(line for caveat in caveats for line in textwrap.wrap(caveat, 78))
        top.text(0.98, 0.96, text, transform=top.transAxes, ha="right", va="top", color=VERMILION, fontsize=9)
        drawn.legend(*top.get_legend_handles_labels(), loc="outside lower left", ncols=2)
        return save(drawn, "periodogram.png", f"Fermi-LAT periodogram of {source.title}")


def _powers(axes: Axes, analysed: Analysed) -> None:
    frequency = analysed.frequency
    axes.plot(frequency, analysed.power, color=BLACK, label="power")
    white, red = analysed.level(0.01)
    axes.axhline(white, color=BLUE, linestyle="--", linewidth=1.2,
                 label="exceeded by 1 % of scrambled light curves")  # fmt: skip
    axes.axhline(red, color=VERMILION, linestyle=":", linewidth=1.4,
                 label=f"exceeded by 1 % of red noise, index {analysed.red_index:g}")  # fmt: skip
    few = CYCLES / analysed.span
    axes.axvspan(frequency[0], few, color=GREY, alpha=0.18, linewidth=0, label=f"fewer than {CYCLES} cycles")
    axes.set_xlim(frequency[0], frequency[-1])
    axes.set_ylim(0, 1.38)
    axes.set_yticks(np.arange(0, 1.1, 0.2))
    axes.set_xlabel("Frequency  [yr$^{-1}$]")
    axes.set_ylabel("Power")
    axes.tick_params(axis="x", which="both", top=False)
    periods = axes.secondary_xaxis("top", functions=(_inverse, _inverse))
    periods.set_xticks([14, 7, 5, 4, 3, 2.5, 2.1])
    periods.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    periods.minorticks_off()
    periods.set_xlabel("Period  [yr]", labelpad=4)


def _inverse(values: Any) -> Any:
    return 1 / np.maximum(np.asarray(values, dtype=float), 1e-6)


def _curve(axes: Axes, analysed: Analysed) -> None:
    """The fluxes used; those of years with a limit are open."""
    curve = analysed.curve
    flux, limit = analysed.source.history, curve.limit
    exponent = int(np.floor(np.log10(flux.max())))
    scale = 10.0**exponent
    for mask, fill, label in ((~limit, "full", None), (limit, "none", "best flux of a year with a limit")):
        if mask.any():
            axes.errorbar(
                analysed.times[mask], flux[mask] / scale, yerr=curve.sigma[mask] / scale,
                fmt="o", fillstyle=fill, color=BLACK, markersize=4.5, linewidth=1.1, label=label,
            )  # fmt: skip
    if limit.any():
        axes.legend(loc="upper left")
    axes.set_xlabel("Time  [MJD, TT]")
    axes.set_ylabel(rf"Flux  [$10^{{{exponent}}}$ cm$^{{-2}}$ s$^{{-1}}$]")
    axes.set_xlim(curve.edges.mjd[0] - 0.3 * YEAR, curve.edges.mjd[-1] + 0.3 * YEAR)
    axes.set_ylim(0, None)
