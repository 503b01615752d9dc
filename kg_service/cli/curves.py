"""A curve in one line: the fluxes, rates or counts of a product's table as a row of bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg_service.cli.tables import read_table

__all__ = ["Curve", "curve_line", "sparkline", "table_curve"]

_BARS: Final = "▁▂▃▄▅▆▇█"
_COLUMNS: Final = ("e2dnde", "flux", "rate", "counts", "energy_max")
_TRACK: Final = {"time", "frequency", "energy"}
"""Columns of the track of a spectrogram: the loudest frequency at each time, and how loud it is."""
_LOUDNESS: Final = "loudness"
_MOST_BARS: Final = 64
_FEWEST_BARS: Final = 16
_BEFORE: Final = 12  # columns before the bars, at least


@dataclass(frozen=True, slots=True)
class Curve:
    """The numbers of a curve, what they are, and how many upper limits stand in their place."""

    name: str
    numbers: list[float]
    limits: int = 0


def sparkline(numbers: Iterable[float], *, logarithmic: bool = False) -> str:
    """Numbers as a row of bars; a number that is not finite leaves a gap."""
    values = [math.log10(n) if logarithmic and n > 0 else n if not logarithmic else math.nan for n in numbers]
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return ""
    low, span = min(finite), (max(finite) - min(finite)) or 1.0
    return "".join(
        _BARS[round((v - low) / span * (len(_BARS) - 1))] if math.isfinite(v) else " " for v in values
    )


def table_curve(path: Path) -> Curve | None:
    """The curve of an ECSV table: its first column of fluxes, rates or counts.

    Of the track of a spectrogram it is the loudness over time, the largest over all frequencies.
    """
    table = read_table(path.read_text(encoding="utf-8"))
    if set(table.names) >= _TRACK:
        return Curve(_LOUDNESS, [_number(cell) for cell in table.column("energy") or []])
    for name in _COLUMNS:
        cells = table.column(name)
        if cells is not None:
            numbers = [_number(cell) for cell in cells]
            limits = [_number(cell) for cell in table.column(f"{name}_ul") or []]
            instead = sum(
                math.isfinite(limit) and not math.isfinite(flux)
                for flux, limit in zip(numbers, limits, strict=False)
            )
            return Curve(name, numbers, instead)
    return None


def curve_line(curve: Curve, width: int) -> str:
    """The line of a curve, in so many columns."""
    loud = curve.name == _LOUDNESS
    measured = sum(map(math.isfinite, curve.numbers))
    said = "max over frequency" if loud else f"{measured} point{'' if measured == 1 else 's'}"
    if curve.limits:
        said += f", {curve.limits} upper limit{'' if curve.limits == 1 else 's'}"
    positive = [n for n in curve.numbers if math.isfinite(n) and n > 0]
    logarithmic = bool(positive) and max(positive) > 30 * min(positive)
    said = f"{'log scale, ' if logarithmic else ''}{said}"
    name = f"  {curve.name:9} "
    room = max(_FEWEST_BARS, min(_MOST_BARS, width - max(len(name), _BEFORE) - len(said) - 2))
    shown = _gathered(curve.numbers, max if loud else _mean, room)
    return f"{name}{sparkline(shown, logarithmic=logarithmic)}  {said}"


def _mean(group: Sequence[float]) -> float:
    return math.fsum(group) / len(group)


def _gathered(numbers: Sequence[float], by: Callable[[Sequence[float]], float], most: int) -> list[float]:
    """At most as many numbers as there is room for: those of neighbours gathered into one."""
    size = math.ceil(len(numbers) / most) or 1
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    finite = [[n for n in group if math.isfinite(n)] for group in groups]
    return [by(group) if group else math.nan for group in finite]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
