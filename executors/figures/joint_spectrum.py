"""The spectral points of several instruments in one picture, with their epochs and caveats."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.epochs import EpochStyle, epoch_styles
from executors.figures.flux_points import GEV, draw_flux_points, energy_axis
from executors.physics.joint_spectrum import Combined, Part
from executors.physics.spectral_fit import butterfly
from executors.plotting import BLACK, GREEN, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(combined: Combined) -> OutputFile:
    """Write ``spectrum.png``: every spectrum with its epoch, the flags, the joint fit if asked for."""
    count = sum(len(part.groups()) for part in combined.parts)
    with figure(8.0, 6.4 if count <= 6 else 7.6) as drawn:
        axes = drawn.subplots()
        if combined.fit is not None:
            _joint_fit(axes, combined)
        for number, part in enumerate(combined.parts):
            _part(axes, part, number)
        energy_axis(axes)
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.set_ylim(low / 1.5, high * 3)
        axes.set_ylabel(r"$E^2\,\mathrm{d}N/\mathrm{d}E$  [erg cm$^{-2}$ s$^{-1}$]")
        names = " and ".join(part.instrument for part in combined.parts)
        header(drawn, axes, combined.source, f"{names}, as observed")
        axes.text(
            0.02, 0.965, "\n".join(combined.flags()), transform=axes.transAxes, va="top", color=VERMILION
        )
        handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        ordered = sorted((t for t in handles if "joint" not in t), key=lambda text: _place(combined, text))
        drawn.legend(
            [handles[t] for t in ordered], ordered, loc="outside lower left", ncols=1 if count <= 5 else 3
        )
        return save(drawn, "spectrum.png", f"Spectrum of {combined.source}: {names}")


_ALONE = (BLACK, VERMILION, GREEN)
"""Colours of instruments with a single spectrum, apart from those of the nights of another one."""


def _part(axes: Axes, part: Part, number: int) -> None:
    groups = part.groups()
    styles = [EpochStyle(_ALONE[number % len(_ALONE)], "o", filled=True)]
    if len(groups) > 1:
        styles = epoch_styles([epoch[0] for _, epoch, _ in groups])
    for style, (name, epoch, mask) in zip(styles, groups, strict=True):
        days = epoch[0][:10] if _one_night(epoch) else f"{epoch[0][:10]} to {epoch[1][:10]}"
        label = f"{part.instrument}, {days}" + (f"  ({name})" if len(groups) <= 5 else "")
        columns = {name: column[mask] for name, column in part.columns.items()}
        draw_flux_points(
            axes, columns, colour=style.colour, marker=style.marker, filled=style.filled, label=label
        )


def _place(combined: Combined, text: str) -> tuple[int, str]:
    """Parts in their order, then epochs in time order."""
    return next((i for i, p in enumerate(combined.parts) if text.startswith(p.instrument)), 0), text


def _one_night(epoch: tuple[str, str]) -> bool:
    return bool(
        np.datetime64(epoch[1].rstrip("Z")) - np.datetime64(epoch[0].rstrip("Z")) <= np.timedelta64(1, "D")
    )


def _joint_fit(axes: Axes, combined: Combined) -> None:
    """The curve; its error band only when the data do not reject it."""
    assert combined.fit is not None
    energy = combined.column("e_ref")
    grid = np.geomspace(energy.min(), energy.max(), 300)
    curve, spread = butterfly(combined.fit, grid)
    (index, beta), (index_error, beta_error) = combined.fit.parameters[1:], combined.fit.errors[1:]
    label = "joint log-parabola" + (" (rejected)" if combined.fit.poor else "")
    text = (
        rf"{label}"
        "\n"
        rf"$\Gamma$ = {index:.2f} $\pm$ {index_error:.2f} at {combined.fit.reference / 1e3:.3g} GeV"
    )
    text += (
        "\n"
        rf"$\beta$ = {beta:.3f} $\pm$ {beta_error:.3f}"
        "\n"
        rf"$\chi^2$ = {combined.fit.chi2:.1f}/{combined.fit.dof}"
    )
    axes.text(0.02, 0.03, text, transform=axes.transAxes, va="bottom", fontsize=10)
    axes.plot(
        grid / GEV, curve, color=GREY, linestyle=":" if combined.fit.poor else "-", label=label, zorder=2
    )
    if not combined.fit.poor:
        axes.fill_between(
            grid / GEV, curve * np.exp(-spread), curve * np.exp(spread), color=GREY, alpha=0.25, linewidth=0
        )
