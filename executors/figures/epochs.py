"""How spectra of many nights are told apart: a family of colours for each year, a marker for each night."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from matplotlib import colormaps
from matplotlib.colors import to_hex

__all__ = ["EpochStyle", "epoch_styles"]

_FAMILIES = ("Blues", "Oranges", "Greens", "Purples", "Reds", "Greys")
_MARKERS = "osD^vP<>X"
_LIGHTEST, _DARKEST = 0.42, 1.0


@dataclass(frozen=True, slots=True)
class EpochStyle:
    """Colour, marker, and whether the marker is filled."""

    colour: str
    marker: str
    filled: bool


def epoch_styles(starts: list[str]) -> list[EpochStyle]:
    """A style for each epoch by the ISO text of its start; epochs of one year are shades of one colour.

    No two epochs of a year share a marker until there are more than eighteen; neighbours differ in
    filling too.
    """
    years = [start[:4] for start in starts]
    family = {year: _FAMILIES[i % len(_FAMILIES)] for i, year in enumerate(sorted(set(years)))}
    sizes, seen = Counter(years), Counter[str]()
    found = []
    for year in years:
        place, size = seen[year], sizes[year]
        seen[year] += 1
        shade = _DARKEST - (_DARKEST - _LIGHTEST) * (place / (size - 1) if size > 1 else 0.35)
        marker = _MARKERS[place % len(_MARKERS)]
        filled = (place + place // len(_MARKERS)) % 2 == 0
        found.append(EpochStyle(to_hex(colormaps[family[year]](shade)), marker, filled))
    return found
