"""The ISGRI spectrum: points of E^2 dN/dE with the power law, below them the residuals of the counts."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.caveats import write_caveats
from executors.physics.isgri_spectrum import Analysed
from executors.physics.spectral_fit import butterfly
from executors.plotting import BLACK, BLUE, GREY, figure, header, plain_decades, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_MEV_PER_KEV = 1e-3


def draw(analysed: Analysed) -> OutputFile:
    """Write ``spectrum.png``."""
    with figure(7.4, 6.2) as drawn:
        if analysed.predicted is not None:
            axes, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
            _residuals(below, analysed)
        else:
            axes = below = drawn.subplots()
        _model(axes, analysed)
        _points(axes, analysed)
        axes.set_xscale("log")
        axes.set_yscale("log")
        plain_decades(axes.xaxis)
        below.set_xlabel("Energy  [keV]")
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.6, high * 1.8)
        epoch = ", epoch not stated"
        if not analysed.epoch_is_bound:
            epoch = f", {analysed.epoch[0][:10]} to {analysed.epoch[1][:10]}"
        header(
            drawn,
            axes,
            analysed.source,
            f"INTEGRAL IBIS/ISGRI, {analysed.range_said}{epoch}; {analysed.reference}",
        )
        axes.legend(loc="lower left")
        write_caveats(drawn, analysed.quality())
        axes.text(
            0.98, 0.96, _numbers(analysed), transform=axes.transAxes, ha="right", va="top", fontsize=9.5
        )
        return save(drawn, "spectrum.png", f"ISGRI spectrum of {analysed.source}")


def _points(axes: Axes, analysed: Analysed) -> None:
    energy, low, high = (analysed.columns[name] / _MEV_PER_KEV for name in ("e_ref", "e_min", "e_max"))
    axes.errorbar(
        energy,
        analysed.columns["e2dnde"],
        yerr=np.stack([analysed.columns["e2dnde_errn"], analysed.columns["e2dnde_errp"]]),
        xerr=np.nan_to_num(np.stack([energy - low, high - energy])),
        fmt="o", color=BLACK, markersize=4.5, linewidth=1.1, zorder=4,
        label="published points, digitised" if analysed.is_published else "counts, unfolded with the model",
    )  # fmt: skip


def _model(axes: Axes, analysed: Analysed) -> None:
    fitted = analysed.fit
    if fitted is None or not fitted.converged:
        return
    low, high = (edge * _MEV_PER_KEV for edge in analysed.energy_range)
    grid = np.geomspace(low, high, 120)
    curve, spread = butterfly(fitted, grid)
    style = "--" if fitted.poor else "-"
    name = (
        "power law, rejected" if fitted.poor else "power law" + ("" if analysed.is_published else ", folded")
    )
    axes.plot(grid / _MEV_PER_KEV, curve, style, color=BLUE, linewidth=1.4, label=name)
    if not fitted.poor:
        axes.fill_between(
            grid / _MEV_PER_KEV, curve * np.exp(-spread), curve * np.exp(spread), color=BLUE, alpha=0.22,
            linewidth=0, label=r"its 1$\sigma$ band",
        )  # fmt: skip


def _residuals(axes: Axes, analysed: Analysed) -> None:
    if analysed.measured is None or analysed.error is None or analysed.predicted is None:
        return
    energy = analysed.columns["e_ref"] / _MEV_PER_KEV
    edges = np.stack(
        [energy - analysed.columns["e_min"] / _MEV_PER_KEV, analysed.columns["e_max"] / _MEV_PER_KEV - energy]
    )
    pulls = (analysed.measured - analysed.predicted) / analysed.error
    axes.axhline(0, color=BLUE, linewidth=1.2)
    axes.errorbar(energy, pulls, yerr=1, xerr=edges, fmt="o", color=BLACK, markersize=4, linewidth=1.0)
    reach = max(3.0, float(np.abs(pulls).max()) + 1.5)
    axes.set_ylim(-reach, reach)
    axes.set_ylabel(r"counts: residual  [$\sigma$]", fontsize=10)
    axes.axhspan(-1, 1, color=GREY, alpha=0.12, linewidth=0)


def _numbers(analysed: Analysed) -> str:
    lines = []
    fitted = analysed.fit
    if fitted is not None and fitted.converged:
        lines.append(rf"$\Gamma$ = {fitted.parameters[1]:.3f} $\pm$ {fitted.errors[1]:.3f}")
        lines.append(rf"$\chi^2$ = {fitted.chi2:.1f} / {fitted.dof}")
        if fitted.poor:
            lines.append("model rejected")
    return "\n".join(lines)
