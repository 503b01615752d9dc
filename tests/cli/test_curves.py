"""A table's curve in one line: bars, points and limits, within the width there is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from kg_service.cli.curves import curve_line, sparkline, table_curve


def drawn(table: Path, width: int = 100) -> str:
    curve = table_curve(table)
    assert curve is not None
    return curve_line(curve, width)


def test_a_sparkline_spans_from_lowest_to_highest_and_leaves_gaps():
    assert sparkline([0.0, float("nan"), 1.0]) == "▁ █"
    assert sparkline([1.0, 10.0, 100.0], logarithmic=True) == "▁▅█"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([]) == ""


def test_the_curve_of_a_table_is_its_column_of_fluxes(tmp_path: Path):
    table = tmp_path / "curve.ecsv"
    table.write_text('# %ECSV 1.0\n# comment\nname flux "flux error"\n"a b" 1.5 0.1\nc nan 0.2\nd "" 0.3\n')
    curve = table_curve(table)
    assert curve is not None
    assert (curve.name, curve.numbers[0], curve.limits) == ("flux", 1.5, 0)
    assert all(math.isnan(number) for number in curve.numbers[1:])


def track(folder: Path, loudness: list[float]) -> Path:
    table = folder / "track.ecsv"
    rows = [f"{n / 1000} {1e9 + n} 100 {value}" for n, value in enumerate(loudness)]
    table.write_text("# %ECSV 1.0\n" + "\n".join(["time gps frequency energy", *rows]) + "\n")
    return table


def test_the_curve_of_a_spectrogram_is_its_loudness_over_time(tmp_path: Path):
    quiet = [2.0] * 1000
    quiet[503] = 4.0  # one loud moment must not be lost among a thousand
    line = drawn(track(tmp_path, quiet))
    name, bars, *words = line.split()
    assert (name, " ".join(words)) == ("loudness", "max over frequency")
    assert len(bars) <= 64
    assert bars.count("█") == 1
    assert abs(bars.index("█") / len(bars) - 0.503) < 0.02


def test_a_long_curve_is_shown_whole(tmp_path: Path):
    table = tmp_path / "curve.ecsv"
    numbers = [1.0] * 100 + [2.0] * 100
    table.write_text("# %ECSV 1.0\nflux\n" + "\n".join(map(str, numbers)) + "\n")
    line = drawn(table)
    bars = line.split()[1]
    assert bars.count("▁") == bars.count("█") == 25
    assert "200 points" in line


def test_a_table_without_fluxes_has_no_curve(tmp_path: Path):
    table = tmp_path / "names.ecsv"
    table.write_text("# %ECSV 1.0\nname ra\na 1\n")
    assert table_curve(table) is None


def test_upper_limits_are_counted_beside_the_points(tmp_path: Path):
    table = tmp_path / "spectrum.ecsv"
    rows = ["1.0 nan", "nan 2.0", "nan 3.0", "nan nan", "4.0 5.0"]
    table.write_text("# %ECSV 1.0\ne2dnde e2dnde_ul\n" + "\n".join(rows) + "\n")
    assert drawn(table).endswith("  2 points, 2 upper limits")


@pytest.mark.parametrize("width", [60, 80, 110])
def test_a_curve_fits_the_terminal(tmp_path: Path, width: int):
    table = tmp_path / "curve.ecsv"
    table.write_text("# %ECSV 1.0\nflux\n" + "\n".join(str(2.0**n) for n in range(300)) + "\n")
    assert len(drawn(table, width)) <= width
