"""The JEM-X light curve of one source with its mean and its Bayesian blocks."""

from __future__ import annotations

import numpy as np

from executors.figures.caveats import write_caveats
from executors.integral_archive import utc
from executors.physics.jemx_light_curve import Analysed
from executors.plotting import BLACK, BLUE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(analysed: Analysed) -> OutputFile:
    """Write ``light_curve.png``."""
    curve = analysed.curve
    start = analysed.span[0]
    seconds = (analysed.span[1] - start) / 1e6
    scale, unit = (86400.0, "d") if seconds > 2 * 86400 else (1.0, "s")
    time = (curve.time + (curve.zero - start) / 1e6) / scale
    half = curve.width / 2 / scale
    with figure(8.0, 5.0) as drawn:
        axes = drawn.subplots()
        axes.errorbar(
            time, curve.rate, yerr=curve.error, xerr=half, fmt="o", color=BLACK, markersize=3, linewidth=0.8,
            alpha=0.85, label=f"bins of {np.median(curve.width):.0f} s, 1$\\sigma$", zorder=3,
        )  # fmt: skip
        for number, block in enumerate(analysed.blocks):
            ends = [time[block.first] - half[block.first], time[block.last] + half[block.last]]
            label = (
                f"{len(analysed.blocks)} Bayesian block{'s' if len(analysed.blocks) > 1 else ''}, 1$\\sigma$"
            )
            axes.fill_between(
                ends, block.mean - block.error, block.mean + block.error, color=BLUE, alpha=0.3, linewidth=0,
                label=None if number else label, zorder=4,
            )  # fmt: skip
            axes.plot(ends, [block.mean] * 2, color=BLUE, linewidth=1.4, zorder=4)
        axes.axhline(
            analysed.constant.mean, color=VERMILION, linestyle="--", linewidth=1.1, label="weighted mean"
        )
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.25 * (high - low))
        axes.set_xlabel(f"Time since {utc(start)[:19].replace('T', ' ')} UTC  [{unit}]")
        axes.set_ylabel(r"Count rate  [s$^{-1}$]")
        band = f", {analysed.held.band[0]:.3g}-{analysed.held.band[1]:.3g} keV" if analysed.held.band else ""
        header(drawn, axes, analysed.title, f"INTEGRAL {analysed.unit}{band}, not barycentric")
        axes.legend(loc="upper left")
        axes.text(
            0.98, 0.96, _numbers(analysed), transform=axes.transAxes, ha="right", va="top", fontsize=9.5
        )
        write_caveats(drawn, analysed.quality())
        return save(drawn, "light_curve.png", f"JEM-X light curve of {analysed.title}")


def _numbers(analysed: Analysed) -> str:
    constant = analysed.constant
    lines = [rf"mean {constant.mean:.4g} $\pm$ {constant.error:.2g} s$^{{-1}}$"]
    if constant.dof:
        lines.append(rf"constant: $\chi^2$ = {constant.chi2:.1f} / {constant.dof}")
    if analysed.fractional.value is not None and analysed.fractional.error is not None:
        lines.append(rf"F$_{{var}}$ = {analysed.fractional.value:.3f} $\pm$ {analysed.fractional.error:.3f}")
    if analysed.trend is not None:
        lines.append(analysed.trend.word)
    return "\n".join(lines)
