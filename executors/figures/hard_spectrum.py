"""The spectrum of one 3FHL source above 10 GeV with its fitted model."""

from __future__ import annotations

import numpy as np

from executors.figures.flux_points import draw_flux_points
from executors.physics.hard_spectrum import Analysed
from executors.physics.spectral_fit import butterfly
from executors.plotting import BLACK, BLUE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(analysed: Analysed, start: str, end: str) -> OutputFile:
    """Write ``spectrum.png``; a rejected model is drawn without its error band."""
    source, best = analysed.source, analysed.fits.preferred
    with figure(7.2, 5.6) as drawn:
        axes = drawn.subplots()
        draw_flux_points(
            axes,
            analysed.flux_points,
            colour=BLACK,
            marker="o",
            label="7-year average",
            megaelectronvolts=1e3,
        )
        axes.set_xscale("log")
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, high * 3)
        if best is not None:
            grid = np.geomspace(analysed.bands.low[0], analysed.bands.high[-1], 200)
            curve, spread = butterfly(best, grid)
            name = f"{best.model}{' (rejected)' if best.poor else ''}"
            text = rf"{name}: $\Gamma$ = {best.parameters[1]:.2f} $\pm$ {best.errors[1]:.2f}"
            text += rf" at {best.reference / 1e3:.0f} GeV, $\chi^2$ = {best.chi2:.1f}/{best.dof}"
            axes.plot(grid / 1e3, curve, color=BLUE, linestyle=":" if best.poor else "-", label=text)
            if not best.poor:
                low_curve, high_curve = curve * np.exp(-spread), curve * np.exp(spread)
                axes.fill_between(grid / 1e3, low_curve, high_curve, color=BLUE, alpha=0.22, linewidth=0)
        axes.set_xlabel("Energy  [GeV]")
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        header(
            drawn, axes, source.title, f"Fermi-LAT, 3FHL, average of {start[:10]} to {end[:10]}, as observed"
        )
        axes.legend(loc="upper right")
        drawn.supxlabel("\n".join(analysed.quality()), x=0.012, ha="left", fontsize=8, color=VERMILION)
        return save(drawn, "spectrum.png", f"Fermi-LAT 3FHL spectrum of {source.title}")
