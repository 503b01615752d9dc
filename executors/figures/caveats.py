"""Caveats below a picture, where they cover no data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure

__all__ = ["below", "write_caveats"]

_POINTS = 72.0
_SIZE = 8.5


def write_caveats(drawn: Figure, caveats: Sequence[str]) -> None:
    """Write the caveats in small print at the foot of the figure, which becomes as much taller."""
    width, height = drawn.get_size_inches()
    lines = textwrap.wrap("; ".join(caveats), width=int(width * 15.5))
    foot = (len(lines) + 1) * 1.28 * _SIZE / _POINTS
    drawn.set_size_inches(width, height + foot)
    share = foot / (height + foot)
    engine = drawn.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    drawn.text(
        0.012, share * 0.5, "\n".join(lines), fontsize=_SIZE, va="center", color="#404040", linespacing=1.15
    )


def below(drawn: Figure, texts: Iterable[str], *, columns: int = 0) -> None:
    """The same for any texts; the width of the figure alone decides where lines break."""
    write_caveats(drawn, tuple(texts))
