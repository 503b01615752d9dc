"""An ISGRI mosaic on the sky with its sources: blind detections and catalogue detections told apart."""

from __future__ import annotations

import numpy as np

from executors.figures.caveats import write_caveats
from executors.physics.isgri_mosaic import Analysed
from executors.physics.isgri_source_list import Listed
from executors.plotting import BLACK, BLUE, GREY, ORANGE, SKY, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw", "draw_list"]

_LOOK = {
    "blind": ("o", SKY),
    "catalogue": ("s", ORANGE),
    "candidate": ("^", GREY),
    "undetected": ("x", VERMILION),
}
_WORDS = {
    "blind": "blind detection",
    "catalogue": "at a known position, not blind",
    "candidate": "candidate, below the map's own threshold",
    "undetected": "target, not detected",
}
_LIMITS = (-5.0, 12.0)


def draw(analysed: Analysed) -> OutputFile:
    """Write ``image.png``."""
    mosaic, searched = analysed.mosaic, analysed.searched
    rows, columns = np.nonzero(np.isfinite(mosaic.data))
    with figure(8.4, 7.4) as drawn:
        axes = drawn.add_subplot(projection=mosaic.wcs)
        shown = axes.imshow(
            mosaic.data,
            origin="lower",
            cmap="inferno",
            vmin=_LIMITS[0],
            vmax=_LIMITS[1],
            interpolation="nearest",
        )
        axes.set_xlim(columns.min() - 4, columns.max() + 4)
        axes.set_ylim(rows.min() - 4, rows.max() + 4)
        axes.set_facecolor("#F2F2F2")
        bar = drawn.colorbar(shown, ax=axes, extend="both", shrink=0.82, pad=0.02)
        bar.set_label(r"significance  [$\sigma$ of the map]")
        entries = list(searched.detections)
        if analysed.asked is not None and analysed.asked.kind == "undetected":
            entries.append(analysed.asked)
        named = set[str]()
        for place, entry in enumerate(entries):
            marker, colour = _LOOK[entry.kind]
            axes.plot(
                entry.column, entry.row, marker=marker, markersize=13, markerfacecolor="none", color=colour,
                markeredgewidth=1.5, linestyle="none",
                label=None if entry.kind in named else _WORDS[entry.kind],
            )  # fmt: skip
            named.add(entry.kind)
            if place < 25:
                right = place % 2 == 1 or entry.column > 0.8 * mosaic.data.shape[1]
                axes.annotate(
                    f"{entry.name or 'unidentified'}  {entry.significance:.1f}$\\sigma$",
                    (entry.column, entry.row),
                    xytext=(-8 if right else 8, -16 if place % 2 else 9), textcoords="offset points",
                    color="white", fontsize=9, ha="right" if right else "left",
                )  # fmt: skip
        axes.coords.grid(color="white", alpha=0.18, linewidth=0.6)
        axes.coords[0].set_axislabel("Right ascension (FK5, J2000)")
        axes.coords[1].set_axislabel("Declination")
        title = analysed.target.title if analysed.target else "Field"
        header(drawn, axes, title, f"INTEGRAL IBIS/ISGRI significance mosaic, {mosaic.held.label} (UTC)")
        axes.legend(loc="upper left", facecolor="black", framealpha=0.55, frameon=True, labelcolor="white")
        write_caveats(drawn, _notes(analysed))
        return save(drawn, "image.png", analysed.title)


def _notes(analysed: Analysed) -> tuple[str, ...]:
    noise = analysed.searched.noise
    threshold = f"blind detections are above {noise.threshold:.1f}, from the tail of negative dips"
    return (*analysed.quality(), threshold, f"colours saturate at {_LIMITS[1]:g}")


def draw_list(listed: Listed) -> OutputFile:
    """Write ``sources.png``: the significances as bars, brightest first."""
    shown = [row for row in listed.rows if row["detection"] != "undetected"][:25]
    with figure(7.4, 1.6 + 0.42 * max(len(shown), 3)) as drawn:
        axes = drawn.subplots()
        for place, row in enumerate(shown):
            axes.barh(place, row["significance"], color=_BARS[str(row["detection"])], height=0.62)
            axes.annotate(
                f"{row['significance']:.1f}$\\sigma$  {row['detection']}", (row["significance"], place),
                xytext=(5, 0), textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
        axes.set_yticks(range(len(shown)), [str(row["name"]) or "unidentified" for row in shown])
        axes.invert_yaxis()
        axes.minorticks_off()
        threshold = listed.values["blind_threshold"].value
        if isinstance(threshold, float):
            axes.axvline(
                threshold, color=BLACK, linestyle="--", linewidth=1, label="blind threshold of this map"
            )
            axes.legend(loc="lower right")
        axes.set_xscale("log")
        top = max((float(row["significance"]) for row in shown), default=10.0)
        axes.set_xlim(3, top * 3)
        axes.set_xlabel(r"Significance  [$\sigma$ of the map]")
        header(drawn, axes, "Sources", f"INTEGRAL IBIS/ISGRI, {listed.title}")
        return save(drawn, "sources.png", f"Sources in the {listed.title}")


_BARS = {"blind": BLUE, "catalogue": ORANGE, "candidate": GREY}
