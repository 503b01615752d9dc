"""VERITAS spectra: which nights, which limits, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from astropy.table import Table
from matplotlib.colors import to_rgb

from executors import archives
from executors.figures import veritas_spectrum as figures
from executors.figures.epochs import epoch_styles
from executors.instruments import veritas
from executors.physics import veritas_points
from kg_service.errors import NotCovered


def test_all_published_points_come_back_unchanged():
    source = Table.read(archives.table(veritas_points.TABLE), format="ascii.ecsv")
    for name in ("Mrk 421", "TXS 0506+056"):
        veritas.spectrum(name)
        ours, rows = Table.read("spectrum.ecsv"), source[source["source"] == name]
        assert len(ours) == len(rows)
        for column, given in (
            ("e2dnde", "e2dnde"),
            ("e2dnde_ul", "e2dnde_ul"),
            ("e2dnde_errn", "e2dnde_errn"),
        ):
            assert sorted(ours[column][~np.isnan(ours[column])]) == sorted(
                float(v) for v in np.asarray(rows[given], float) if not math.isnan(v)
            )
        assert sorted(ours["e_ref"].to("TeV").value) == pytest.approx(
            sorted(np.asarray(rows["energy"], float))
        )
        assert set(ours["spectrum"]) == {f"{r['reference']} {r['spectrum']}" for r in rows}


def test_limits_keep_the_confidence_level_of_their_publication():
    result = veritas.spectrum("TXS 0506+056")
    limits = [p for p in result.points if "upper_limit" in p]
    assert len(limits) == 13
    assert all(p["confidence_level"] == 0.95 and "flux" not in p for p in limits)
    assert all("confidence_level" not in p for p in result.points if "flux" in p)


def test_txs_0506_is_as_soft_as_published():
    # Abeysekara et al. 2018, ApJ 861, L20: index 4.8 +- 1.3
    result = veritas.spectrum("TXS 0506+056")
    (index,) = [m for name, m in result.values.items() if name.startswith("index_")]
    assert abs(index.value - 4.8) < 1.3
    assert index.error == pytest.approx(1.3, abs=0.3)


def test_a_night_of_mrk_421_is_as_published():
    # Balokovic et al. 2016, ApJ 819, 156: the night of 2013-01-15 has index 2.8 within its curvature
    result = veritas.spectrum("Mrk 421", "2013-01-15T00:00:00Z", "2013-01-16T00:00:00Z")
    assert result.values["spectra"].value == 1
    assert result.values["index_1"].value == pytest.approx(2.83, abs=0.1)


@pytest.mark.parametrize(
    ("t1", "t2", "spectra"),
    [
        ("2010-03-10T00:00:00Z", "2010-03-14T00:00:00Z", 3),
        ("2010-03-10T00:00:01Z", "2010-03-14T00:00:00Z", 2),
        ("2010-03-10T00:00:00Z", "2010-03-13T23:59:59Z", 2),
        (None, "2010-03-11T00:00:00Z", 1),
        ("2014-01-01T00:00:00Z", None, 2),
        (None, None, 14),
    ],
)
def test_only_nights_wholly_inside_are_taken(t1, t2, spectra):
    result = veritas.spectrum("Mrk 421", t1, t2)
    assert result.values["spectra"].value == spectra
    start, end = result.coverage.time
    assert t1 is None or t1 <= start
    assert t2 is None or end <= t2


def test_no_night_is_refused_with_the_nights_there_are():
    with pytest.raises(NotCovered, match="2010-03-10"):
        veritas.spectrum("Mrk 421", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z")


@pytest.mark.parametrize("name", ["Mrk 501", "mrk 421", "Crab nebula"])
def test_another_source_is_refused_with_those_covered(name):
    with pytest.raises(NotCovered, match=r"Mrk 421 and TXS 0506\+056") as refused:
        veritas.spectrum(name)
    assert refused.value.near


def test_only_limits_are_called_limits():
    result = veritas.spectrum("TXS 0506+056", "2017-09-01T00:00:00Z", "2017-10-05T00:00:00Z")
    assert result.label == "4 VERITAS upper limits of TXS 0506+056, 2017"
    assert "4 upper limits, no measured point" in result.quality
    names = list(result.values)
    assert names[:2] == ["upper_limits", "lowest_upper_limit"]
    assert result.values["points"].value == 0
    lowest = min(p["upper_limit"] for p in result.points)
    assert result.values["lowest_upper_limit"].value == lowest
    assert result.values["upper_limit_confidence"].value == 0.95


def test_an_index_stands_beside_its_energy():
    result = veritas.spectrum("Mrk 421", "2013-01-15T00:00:00Z", "2013-01-16T00:00:00Z")
    names = list(result.values)
    first = names.index("index_1")
    assert names[first : first + 3] == ["index_1", "amplitude_1", "reference_energy_1"]
    assert result.label == "VERITAS spectrum of Mrk 421, 2013"


def test_no_two_nights_look_alike_and_years_are_families():
    starts = [s.start for s in veritas_points.select("Mrk 421")]
    styles = epoch_styles(starts)
    assert len({(s.colour, s.marker, s.filled) for s in styles}) == len(starts) == 14
    for one, other in itertools.combinations(zip(starts, styles, strict=True), 2):
        same_year = one[0][:4] == other[0][:4]
        if same_year:
            assert one[1].marker != other[1].marker
    assert [s.filled for s in styles[:9]] == [True, False] * 4 + [True]
    hues = {start[:4]: np.argmax(to_rgb(style.colour)) for start, style in zip(starts, styles, strict=True)}
    assert hues == {"2010": 2, "2013": 0, "2014": 1}  # blues, oranges, greens


def test_lines_are_in_the_legend_and_energies_in_gev(monkeypatch):
    drawn = []
    plain = figures.save
    monkeypatch.setattr(figures, "save", lambda f, *a: (drawn.append(f), plain(f, *a))[1])
    veritas.spectrum("Mrk 421")
    axes = drawn[0].axes[0]
    assert "lines: power law of each spectrum" in axes.get_legend_handles_labels()[1]
    assert axes.get_xlabel() == "Energy  [GeV]"
    assert 100 < axes.get_xlim()[0] < 200


def test_absorption_is_said_not_to_be_corrected():
    result = veritas.spectrum("TXS 0506+056")
    assert "not corrected for EBL absorption" in result.quality
    assert "not corrected for EBL absorption" in Table.read("spectrum.fits").meta["caveats"]


def test_only_points_between_the_energies_asked_for():
    every = veritas_points.select("TXS 0506+056")
    some = veritas_points.select("TXS 0506+056", None, None, 200.0, 400.0)
    energies = [float(e) for s in some for e in s.columns["e_ref"]]  # MeV
    assert energies
    assert all(2e5 <= e <= 4e5 for e in energies)
    everywhere = [float(e) for s in every for e in s.columns["e_ref"]]
    assert sorted(energies) == sorted(e for e in everywhere if 2e5 <= e <= 4e5)


def test_energies_without_points_are_refused_with_those_there_are():
    with pytest.raises(NotCovered, match="GeV") as refused:
        veritas_points.select("TXS 0506+056", e_min=1e5)
    assert refused.value.parameter == "e_min"
