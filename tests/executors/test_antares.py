"""ANTARES: counts and limits of a position, what a part of the sample gives, what is refused."""

from __future__ import annotations

import shutil
from itertools import pairwise

import numpy as np
import pytest
from astropy.table import Table

from executors import neutrino_archive
from executors.instruments import antares
from executors.physics.antares_region import select
from executors.physics.antares_sample import Sample
from kg_service.errors import ArchiveUnavailable, NotCovered, RunFailed

TXS = (77.358, 5.693)


@pytest.fixture
def sample_files(mirror, monkeypatch, need):
    need((mirror / "antares" / "ANTARES.data").exists(), "needs the public ANTARES sample in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return mirror / "antares"


@pytest.fixture
def own_mirror(sample_files, tmp_path, monkeypatch):
    """A copy of the sample that a test may change."""
    folder = tmp_path / "mirror" / "antares"
    shutil.copytree(sample_files, folder)
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    return folder


def test_txs_0506_has_the_counts_and_limits_recomputed_for_it(sample_files):
    # recomputed independently: 2 events, 3.50 expected, limit 2.66 +- 0.02, flux 1.36e-8 +- 5 %
    values = antares.upper_limit(*TXS, 2.5).values
    assert values["sample_events"].value == 8754
    assert values["events"].value == 2
    assert values["expected_background"].value == pytest.approx(3.50, abs=0.01)
    assert values["upper_limit_events"].value == pytest.approx(2.66, abs=0.02)
    assert values["flux_limit"].value == pytest.approx(1.36e-8, rel=0.05)
    assert values["sensitivity"].value == pytest.approx(2.4e-8, rel=0.05)
    assert values["flux_limit"].unit == "GeV.cm**-2.s**-1"
    assert values["confidence_level"].value == 0.9


@pytest.mark.parametrize(("radius", "limit"), [(1.0, 1.94e-8), (None, 1.88e-8), (3.0, 2.5e-8)])
def test_the_limit_depends_on_the_radius_as_recomputed(sample_files, radius, limit):
    arguments = TXS if radius is None else (*TXS, radius)
    assert antares.upper_limit(*arguments).values["flux_limit"].value == pytest.approx(limit, rel=0.05)


def test_every_file_says_what_the_limit_means(sample_files):
    result = antares.upper_limit(*TXS, 2.5)
    for name in ("upper_limit.ecsv", "upper_limit.fits", "upper_limit.vot"):
        table = Table.read(name)
        assert len(table) == 16
        assert np.isclose(table["norm_ul"][5], result.values["flux_limit"].value)
    meta = Table.read("upper_limit.ecsv").meta
    assert meta["UL_CONF"] == 0.9
    assert meta["livetime"] == 3136
    assert "Feldman" in meta["method"]
    assert meta["caveats"] == "; ".join(result.quality)
    assert any("energy range" in caveat for caveat in result.quality)
    assert {d.name for d in result.datasets} == set(neutrino_archive.ANTARES_PARTS)


def test_the_flux_limit_times_the_acceptance_is_the_limit_on_events(sample_files):
    result = antares.upper_limit(*TXS, 2.0)
    table = Table.read("upper_limit.ecsv")
    assert np.allclose(table["norm_ul"] * table["acceptance"], result.values["upper_limit_events"].value)
    sample = np.loadtxt(sample_files / "acc.txt")
    assert table["acceptance"][0] == pytest.approx(
        1e8 * np.interp(np.sin(np.radians(TXS[1])), np.linspace(-1, 0.9, 20), sample[0])
    )


def test_a_narrower_time_range_gives_counts_and_no_flux(sample_files):
    whole = antares.upper_limit(*TXS, 3.0)
    part = antares.upper_limit(*TXS, 3.0, "2012-01-01T00:00:00Z", "2014-01-01T00:00:00Z")
    assert part.values["events"].value < whole.values["events"].value
    assert 0 < part.values["expected_background"].value < whole.values["expected_background"].value
    assert "flux_limit" not in part.values
    assert "sensitivity" not in part.values
    assert any("no flux limit" in caveat for caveat in part.quality)
    assert len(Table.read("upper_limit.ecsv")) == 1
    assert part.coverage.time == ("2012-01-01T00:00:00Z", "2014-01-01T00:00:00Z")


def test_the_parts_of_the_time_add_up_to_the_whole(sample_files):
    cuts = ("2007-01-29T00:00:00Z", "2011-05-05T00:00:00Z", "2015-01-01T00:00:00Z", "2018-01-01T00:00:00Z")
    sample = Sample.read()
    parts = [select(sample, *TXS, 5.0, a, b) for a, b in pairwise(cuts)]
    whole = select(sample, *TXS, 5.0, None, None)
    assert sum(part.events for part in parts) == whole.events
    assert sum(part.background for part in parts) == pytest.approx(whole.background)


def test_the_background_is_what_the_sample_has_around_the_sky(sample_files):
    # mean count of 72 cones at the same declination: Poisson error 3.5 / sqrt(72 * 3.5) plus that of the fit
    sample = Sample.read()
    for dec in (-60.0, -30.0, 5.7, 30.0):
        counts = [select(sample, float(ra), dec, 2.5, None, None).events for ra in range(0, 360, 5)]
        expected = sample.background(dec, 2.5)
        assert np.mean(counts) == pytest.approx(expected, abs=4 * np.sqrt(expected / 72) + 0.1 * expected)


def test_turning_the_sky_changes_events_and_never_the_background(own_mirror):
    before = antares.upper_limit(*TXS, 2.5).values
    rows = np.loadtxt(own_mirror / "ANTARES.data")
    rows[:, 0] = (rows[:, 0] + 100) % 360
    np.savetxt(own_mirror / "ANTARES.data", rows, fmt="%.6g")
    turned = antares.upper_limit(*TXS, 2.5).values
    assert turned["expected_background"].value == before["expected_background"].value
    there = antares.upper_limit(TXS[0] + 100, TXS[1], 2.5).values
    assert there["events"].value == before["events"].value
    assert there["upper_limit_events"].value == before["upper_limit_events"].value


def test_more_events_at_the_position_raise_the_limit(own_mirror):
    before = antares.upper_limit(*TXS, 2.5).values
    with (own_mirror / "ANTARES.data").open("a") as file:
        file.write(f"{TXS[0]} {TXS[1]} 50 0.3 56000.5\n" * 9)
    after = antares.upper_limit(*TXS, 2.5)
    assert after.values["events"].value == before["events"].value + 9
    assert after.values["flux_limit"].value > 4 * before["flux_limit"].value
    assert after.values["lower_limit_events"].value > 0
    assert any("excludes zero" in caveat for caveat in after.quality)
    assert after.values["excess_probability"].value < 2e-3


def test_the_events_are_listed_nearest_first(sample_files):
    result = antares.events(*TXS, 3.0)
    table = Table.read("events.ecsv")
    assert len(table) == result.values["events"].value == 5
    assert (np.diff(table["separation"]) >= 0).all()
    assert (table["separation"] <= 3.0).all()
    assert result.values["excess_probability"].value == pytest.approx(0.57, abs=0.02)  # P(n >= 5 | 5.04)
    few = antares.events(*TXS, 3.0, "2012-01-01T00:00:00Z", "2012-02-01T00:00:00Z")
    assert len(Table.read("events.ecsv")) == few.values["events"].value


def test_across_zero_right_ascension_and_at_the_south_pole(sample_files):
    sample = Sample.read()
    for ra, dec in ((0.2, -40.0), (359.9, -40.0), (10.0, -89.5)):
        region = select(sample, ra, dec, 3.0, None, None)
        towards = np.radians(region.sample.ra), np.radians(region.sample.dec)
        cosine = np.sin(np.radians(dec)) * np.sin(towards[1])
        cosine += np.cos(np.radians(dec)) * np.cos(towards[1]) * np.cos(towards[0] - np.radians(ra))
        assert region.events == int((cosine >= np.cos(np.radians(3.0))).sum())


@pytest.mark.parametrize("dec", [48.0, 71.0, 90.0])
def test_what_never_sets_for_antares_is_refused_with_what_is_covered(sample_files, dec):
    with pytest.raises(NotCovered, match=r"-90 to \+47 deg") as refused:
        antares.upper_limit(10.0, dec)
    assert refused.value.parameter == "dec"


@pytest.mark.parametrize(
    ("t1", "t2"),
    [
        ("2018-03-01T00:00:00Z", "2018-04-01T00:00:00Z"),
        ("2017-01-01T00:00:00Z", "2019-01-01T00:00:00Z"),
        ("2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z"),
        ("2019-01-01T00:00:00Z", None),
    ],
)
def test_times_outside_the_sample_are_refused(sample_files, t1, t2):
    for analysis in (antares.upper_limit, antares.events):
        with pytest.raises(NotCovered, match="2007-01-29 to 2017-12-31"):
            analysis(*TXS, 2.0, t1, t2)


def test_spectral_indices_between_the_rows_are_refused(sample_files):
    with pytest.raises(NotCovered, match=r"steps of 0\.1"):
        antares.upper_limit(*TXS, 2.0, None, None, 2.02, 2.08)
    antares.upper_limit(*TXS, 2.0, None, None, 2.0, 2.2)
    assert list(Table.read("upper_limit.ecsv")["index"]) == [2.0, 2.1, 2.2]


def test_without_files_the_archive_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path))
    with pytest.raises(ArchiveUnavailable, match="ANTARES collaboration"):
        antares.upper_limit(*TXS)
    assert neutrino_archive.antares_datasets({}) == ()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("ANTARES.data", lambda text: text[:100_003]),
        ("ANTARES.data", lambda text: "\n".join(text.splitlines()[:8000])),
        ("ANTARES.data", lambda text: ""),
        ("ANTARES.data", lambda text: text.replace("318.1", "nan", 1)),
        ("acc.txt", lambda text: "\n".join(text.splitlines()[:9])),
        ("background.txt", lambda text: "not numbers"),
    ],
)
def test_a_damaged_file_is_named(own_mirror, name, damage):
    path = own_mirror / name
    path.write_text(damage(path.read_text()))
    with pytest.raises(RunFailed, match=name.replace(".", r"\.")):
        antares.upper_limit(*TXS)
