"""Triggers around a time, with the window in which they count as coincident."""

from __future__ import annotations

from executors.figures.caveats import write_caveats
from executors.physics.trigger_coincidence import Found
from executors.physics.trigger_table import milliseconds
from executors.plotting import BLUE, GREY, ORANGE, VERMILION, figure, header, save
from kg_service.authoring import OutputFile

__all__ = ["draw"]


def draw(found: Found) -> OutputFile:
    """Write ``coincidence.png``: a narrow view of the window and a wide one to the nearest triggers."""
    with figure(8.0, 4.6) as drawn:
        near, wide = drawn.subplots(2, 1)
        offsets = [(found.offset(place), place) for place in sorted({*found.inside, *found.nearest})]
        reach = max([abs(offset) for offset, _ in offsets] + [2 * found.half_width])
        for axes, half in ((near, 2 * found.half_width), (wide, 1.1 * reach)):
            scale, unit = next(
                ((s, u) for s, u in ((86400.0, "d"), (3600.0, "h")) if half > 3 * s), (1.0, "s")
            )
            axes.axvspan(
                -found.half_width / scale, found.half_width / scale, color=ORANGE, alpha=0.25, linewidth=0,
                label=rf"window, $\pm${found.half_width:g} s",
            )  # fmt: skip
            axes.axvline(
                0, color=VERMILION, linestyle="--", linewidth=1.2, label=found.event or "time asked for"
            )
            for number, (offset, place) in enumerate(offsets):
                if abs(offset) <= half:
                    label = f"{found.listed.kind} of {found.listed.instrument}" if not number else None
                    axes.plot([offset / scale] * 2, [0, 0.55], color=BLUE, linewidth=2, label=label)
                    if found.listed.names and axes is near:
                        axes.annotate(
                            found.listed.names[place],
                            (offset / scale, 0.58),
                            fontsize=8.5,
                            ha="center",
                            color=GREY,
                        )
            axes.set_xlim(-half / scale, half / scale)
            axes.set_ylim(0, 1)
            axes.set_yticks([])
            axes.set_xlabel(f"Trigger minus time asked for  [{unit}]", fontsize=10)
        wide.legend(loc="upper right", ncols=3)
        header(
            drawn, near,
            f"{found.listed.counted(len(found.inside))} of {found.listed.instrument} in the window",
            f"{found.event or ''} {milliseconds(found.moment)[:-1].replace('T', ' ')} UTC; expected by "
            "chance "
            f"{found.expected:.2g}; p = {found.chance:.2g}, one trial".strip(),
        )  # fmt: skip
        write_caveats(drawn, found.quality())
        return save(drawn, "coincidence.png", f"{found.listed.instrument} {found.listed.kind} near a time")
