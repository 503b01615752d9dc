"""A time with the triggers of several lists around it, one row for each list."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from executors.figures.caveats import write_caveats
from executors.physics.time_coincidence import Compared
from executors.physics.trigger_table import milliseconds
from executors.plotting import BLUE, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(compared: Compared) -> OutputFile:
    """Write ``coincidence.png``: offsets on an axis that is linear in the window, logarithmic beyond."""
    with figure(9.0, 1.9 + 0.85 * len(compared.found)) as drawn:
        axes = drawn.subplots()
        axes.axvspan(
            -compared.window, compared.window, color=ORANGE, alpha=0.25, linewidth=0,
            label=rf"window, $\pm${compared.window:g} s",
        )  # fmt: skip
        axes.axvline(
            0, color=VERMILION, linestyle="--", linewidth=1.2, label=compared.event or "time asked for"
        )
        for row, _ in enumerate(compared.found):
            _list(axes, compared, row)
        reach = max(
            [abs(one.offset(place)) for one in compared.found for place in one.nearest[:3]]
            + [3 * compared.window]
        )
        axes.set_xscale("symlog", linthresh=compared.window, linscale=1.0)
        axes.set_xlim(-10 * reach, 10 * reach)
        axes.set_ylim(len(compared.found) - 0.4, -1.0)
        labels = [f"{one.listed.instrument}\n{one.listed.kind}" for one in compared.found]
        axes.set_yticks(range(len(labels)), labels)
        axes.set_yticks([], minor=True)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Trigger minus time asked for  [s]")
        axes.legend(loc="upper left")
        header(
            drawn, axes,
            f"{compared.event or 'Time asked for'}   {_utc(compared)} UTC",
            f"in the window: {sum(len(one.inside) for one in compared.found)}; post-trial p = "
            f"{compared.post_trial:.2g} ({len(compared.found)} lists)",
        )  # fmt: skip
        write_caveats(drawn, compared.quality())
        return save(drawn, "coincidence.png", f"Triggers near {compared.event or 'a time'}")


def _utc(compared: Compared) -> str:
    return milliseconds(compared.moment)[:-1].replace("T", " ")


def _list(axes: Axes, compared: Compared, row: int) -> None:
    one = compared.found[row]
    for place in sorted({*one.inside, *one.nearest[:3]}):
        offset = one.offset(place)
        axes.plot(
            [offset],
            [row],
            "o",
            color=BLUE,
            markersize=7,
            markerfacecolor=BLUE if place in one.inside else "w",
        )
        if one.listed.names and (place in one.inside or place == one.nearest[0]):
            axes.annotate(
                one.listed.names[place], (offset, row), textcoords="offset points", xytext=(0, -14),
                ha="center", fontsize=8, color=GREY,
            )  # fmt: skip
    expected = f"{one.expected:.2g}" if one.expected > 0 else "0"
    axes.annotate(
        f"{len(one.inside)} inside, {expected} by chance, p = {_rounded(one.chance)}",
        (0.99, row), xycoords=("axes fraction", "data"), textcoords="offset points", xytext=(0, 9),
        ha="right", fontsize=8.5,
    )  # fmt: skip


def _rounded(probability: float) -> str:
    return f"{probability:.2g}" if probability > 0 and math.isfinite(probability) else "0"
