"""Strain around an event: in its band as measured, and over the noise."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from executors.figures.caveats import below as caveats_below
from executors.physics.strain_series import Treated
from executors.plotting import BLUE, GREY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]

_COLOURS = {"H1": VERMILION, "L1": BLUE, "V1": "#7D4E9E"}


def draw(treated: Treated, name: str, utc: str) -> OutputFile:
    """Write ``strain.png``: a panel for the strain and one for the whitened strain, where there is either."""
    panels = [column for column in ("strain_band", "whitened_band") if column in treated.columns]
    with figure(7.6, 2.2 + 2.1 * len(panels)) as drawn:
        rows = np.atleast_1d(drawn.subplots(len(panels), 1, sharex=True))
        for axes, column in zip(rows, panels, strict=True):
            _panel(axes, treated, column)
        low, high = treated.band
        rows[-1].set_xlabel(f"Time from {utc[:23].replace('T', ' ').rstrip('Z')} UTC  [s]")
        rows[-1].set_xlim(treated.offsets[0], treated.offsets[-1])
        header(
            drawn,
            rows[0],
            f"{treated.event}   {name} ({treated.detector})",
            f"Strain, {low:g}-{high:g} Hz; {treated.treatment}",
        )
        caveats_below(drawn, treated.quality())
        return save(drawn, "strain.png", f"Strain of {treated.event} in {treated.detector}")


def _panel(axes: Axes, treated: Treated, column: str) -> None:
    data = treated.columns[column]
    label = r"Whitened strain  [$\sigma$ of noise]"
    if column == "strain_band":
        exponent = int(np.floor(np.log10(np.abs(data).max())))
        data = data / 10.0**exponent
        label = rf"Strain  [$10^{{{exponent}}}$]"
    colour = _COLOURS.get(treated.detector, VERMILION)
    axes.plot(treated.offsets, data, color=colour, linewidth=0.9 if len(data) > 4000 else 1.2)
    axes.axvline(0, color=GREY, linestyle=":", linewidth=1)
    if column == "whitened_band" and treated.loudest is not None:
        time = treated.loudest[0] - treated.gps
        peak = data[np.argmin(np.abs(treated.offsets - time))]
        text = rf"{abs(peak):.1f} $\sigma$ at {time * 1e3:+.0f} ms"
        axes.annotate(
            text, (time, peak), xytext=(14, -4 if peak > 0 else 0), textcoords="offset points", fontsize=9.5
        )
    axes.set_ylabel(label)
