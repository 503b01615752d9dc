"""One look for all plots, drawn without a screen: equal bytes for equal content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from kg_service.authoring import OutputFile
from kg_service.model.product import FileRole

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "figure",
    "header",
    "plain_decades",
    "save",
]

# Okabe & Ito (2008), the palette proposed in Wong 2011, Nature Methods 8, 441.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#7A7A7A"

_STYLE: dict[str, Any] = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.linewidth": 0.9,
    "axes.formatter.use_mathtext": True,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "errorbar.capsize": 0,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "dejavusans",
    "figure.dpi": 100,
    "savefig.dpi": 160,
}


@contextmanager
def figure(width: float = 7.2, height: float = 5.4) -> Iterator[Figure]:
    """A figure in the house style, ``width`` by ``height`` inches; draw and save within the block."""
    with rc_context(cast("Any", _STYLE)):
        drawn = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(drawn)
        yield drawn


def header(drawn: Figure, axes: Axes, title: str, subtitle: str) -> None:
    """Name what is shown: ``title`` (the object) above ``subtitle`` (instrument, epoch), both at the left."""
    drawn.suptitle(title, x=0.012, ha="left", fontsize=13)
    axes.set_title(subtitle, fontsize=10, color="#404040", loc="left")


def plain_decades(axis: Axis) -> None:
    """Label a logarithmic axis of few decades with 0.2, 0.5, 1, 2 ... in place of powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def save(drawn: Figure, name: str, title: str) -> OutputFile:
    """Write a PNG; its metadata hold the title alone, so equal plots have equal bytes."""
    drawn.savefig(name, format="png", metadata={"Software": None, "Title": title})
    return OutputFile(name, "image/png", FileRole.PREVIEW)
