"""IceCube: the flare of TXS 0506+056, alerts that match a position, and what is refused."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from astropy.table import Table

from executors import neutrino_archive
from executors.instruments import icecube
from executors.physics.icecube_alerts import alerts, chances, match
from executors.physics.icecube_release import position_ratios, read
from kg_service.authoring import reporting_to
from kg_service.errors import ArchiveUnavailable, NotCovered, RunFailed

TXS = (77.358, 5.693)
PUBLISHED = (56937.81, 57096.21)
"""The box window of IceCube 2018, Science 361, 147 (MJD), in the sample IC86b."""


@pytest.fixture
def release_files(mirror, monkeypatch, need):
    need(
        (mirror / "icecube" / "txs_0506_056" / "list_of_samples.txt").exists(),
        "needs IceCube's release around TXS 0506+056 in the mirror",
    )
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return mirror / "icecube" / "txs_0506_056"


@pytest.fixture
def own_release(release_files, tmp_path, monkeypatch):
    """A copy of the release under another name that a test may change."""
    folder = tmp_path / "mirror" / "icecube" / "somewhere_else"
    shutil.copytree(release_files, folder)
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parents[1]))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("index", [2.0, 2.2])
def test_the_flare_of_txs_0506_is_found_with_a_post_trial_probability_below_one_percent(release_files, index):
    told = []
    with reporting_to(told.append):
        result = icecube.flare(*TXS, True, index)
    values = result.values
    assert values["scrambles"].value == 1000
    assert values["sample"].value == "IC86b"
    assert values["window_start"].value < PUBLISHED[1]
    assert values["window_end"].value > PUBLISHED[0]
    overlap = min(values["window_end"].value, PUBLISHED[1]) - max(values["window_start"].value, PUBLISHED[0])
    assert overlap > 0.8 * (PUBLISHED[1] - PUBLISHED[0])
    assert values["post_trial_probability"].value < 0.01
    assert 5 < values["signal_events"].value < 20  # published: 13 +- 5
    assert result.seed == 1
    assert [p.fraction for p in told] == sorted(p.fraction for p in told)
    assert len(told) == 40


def test_without_energies_the_window_moves_and_still_overlaps(release_files):
    result = icecube.flare(*TXS, False, scrambles=0)
    assert result.values["sample"].value == "IC86b"
    assert result.values["window_end"].value == pytest.approx(57009.53, abs=0.01)
    assert result.values["window_start"].value == pytest.approx(56937.82, abs=0.01)
    assert "post_trial_probability" not in result.values
    assert any("no probability" in caveat for caveat in result.quality)
    assert any("direction and time only" in caveat for caveat in result.quality)


def test_the_product_states_statistic_penalty_trials_and_what_was_not_blind(release_files):
    result = icecube.flare(*TXS, scrambles=20, seed=5)
    stated = "; ".join(result.quality)
    for words in ("2 log(W/T L)", "20 time scrambles", "6 samples", "energies by rank", "not blind",
                  "IceCube-170922A", "fewer than 1000"):  # fmt: skip
        assert words in stated
    table = Table.read("windows.fits")
    assert table.meta["caveats"] == stated
    assert list(table["sample"]) == ["IC59", "IC79", "IC86a", "IC86b", "IC86c"]  # IC40: one event bounds
    assert np.argmax(table["statistic"]) == 3
    assert (np.asarray(table["p_all"]) >= np.asarray(table["p_sample"])).all()
    again = icecube.flare(*TXS, scrambles=20, seed=5)
    assert again.values == result.values


def test_an_event_points_at_its_own_direction(release_files):
    release = neutrino_archive.icecube_release(*TXS)
    assert (release.ra, release.dec) == pytest.approx(TXS, abs=0.05)
    assert release.radius == pytest.approx(3.0, abs=0.05)
    sample = next(s for s in read(release) if s.name == "IC86b")
    assert len(sample.mjd) == 320
    assert (np.diff(sample.mjd) >= 0).all()
    for i in (0, 100, 250):
        here = position_ratios(sample, sample.ra[i], sample.dec[i], 3.0)[i]
        area = 2 * np.pi * (1 - np.cos(np.radians(3.0)))
        assert here == pytest.approx(area / (2 * np.pi * np.radians(sample.angular_error[i]) ** 2), rel=1e-6)
        away = position_ratios(sample, sample.ra[i], sample.dec[i] + sample.angular_error[i], 3.0)[i]
        assert away / here == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_a_release_is_found_by_its_position_under_any_name(own_release):
    for path in own_release.glob("events_*.txt"):
        rows = np.loadtxt(path, skiprows=1)
        rows[:, 1] = (rows[:, 1] - 77.4) % 360  # across right ascension zero
        lines = [
            "MJD Ra_deg Dec_deg Unc_deg log10(Ereco)",
            *(" ".join(map(repr, row)) for row in rows.tolist()),
        ]
        path.write_text("\n".join(lines) + "\n")
    release = neutrino_archive.icecube_release(359.958, 5.693)
    assert release.source == "somewhere_else"
    result = icecube.flare(359.958, 5.693, False, scrambles=0)
    assert result.values["window_end"].value == pytest.approx(57009.53, abs=0.01)
    assert not any("not blind" in caveat for caveat in result.quality)
    with pytest.raises(ArchiveUnavailable, match="TXS 0506"):
        icecube.flare(*TXS)


def test_an_injected_flare_is_found_where_it_was_put(own_release):
    path = own_release / "events_IC79.txt"
    lines = [f"{55500 + 3 * i:.6f} {TXS[0]} {TXS[1]} 0.4 3.6" for i in range(9)]
    path.write_text(path.read_text().rstrip("\n") + "\n" + "\n".join(lines) + "\n")
    result = icecube.flare(*TXS, True, scrambles=0)
    assert result.values["sample"].value == "IC79"
    assert result.values["window_start"].value == pytest.approx(55500, abs=3.1)
    assert result.values["window_end"].value == pytest.approx(55524, abs=3.1)


def test_a_position_without_a_release_is_refused_with_the_one_there_is(release_files):
    with pytest.raises(NotCovered, match=r"TXS 0506\+056 \(RA 77"):
        icecube.flare(166.114, 38.209)
    assert neutrino_archive.icecube_datasets({"ra": 166.114, "dec": 38.209}) == ()
    assert len(neutrino_archive.icecube_datasets({"ra": TXS[0], "dec": TXS[1]})) == 13


def test_without_files_the_archive_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path))
    with pytest.raises(ArchiveUnavailable, match="IceCube collaboration"):
        icecube.flare(*TXS)
    with pytest.raises(NotCovered):
        icecube.flare(166.114, 38.209)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("events_IC86b.txt", lambda text: text[:5000]),
        ("events_IC59.txt", lambda text: ""),
        ("events_IC79.txt", lambda text: text.replace("5536", "4536", 1)),
        ("Aeff_IC86b.txt", lambda text: text[: len(text) // 2 - 5]),
        ("list_of_samples.txt", lambda text: text[:130]),
    ],
)
def test_a_damaged_file_is_named(own_release, name, damage):
    path = own_release / name
    path.write_text(damage(path.read_text()))
    with pytest.raises(RunFailed, match=name.replace(".", r"\.")):
        icecube.flare(*TXS, scrambles=0)


def test_one_alert_matches_txs_0506_and_is_not_blind():
    result = icecube.alerts(*TXS)
    values = result.values
    assert values["matched_alerts"].value == "IceCube-170922A"
    assert values["matches"].value == 1
    assert values["nearest_separation"].value == pytest.approx(0.093, abs=0.001)
    assert values["blind"].value is False
    assert any("IceCube-170922A" in caveat and "not blind" in caveat for caveat in result.quality)
    table = Table.read("alerts.ecsv")
    assert table["alert"][0] == "IceCube-170922A"
    assert (table["published_ra"][0], table["ra"][0]) == (77.43, 77.2853)
    assert table["matched"].sum() == 1
    assert len(table) == values["alerts_compared"].value


def test_a_position_without_an_alert_expects_some_and_has_no_excess():
    result = icecube.alerts(83.633, 22.014)
    assert result.values["matches"].value == 0
    assert result.values["chance_probability"].value == pytest.approx(1)
    assert result.values["expected_by_chance"].value > 0
    assert any("without knowledge of the alerts" in caveat for caveat in result.quality)


def test_expected_matches_are_what_turning_the_alerts_gives():
    generator = np.random.default_rng(3)
    for dec in (5.693, -30.0, 84.0):
        counts = [
            match(float(ra), dec, None, "2016-01-01", "2021-01-01").matches
            for ra in 360 * generator.random(2000)
        ]
        here = match(10.0, dec, None, "2016-01-01", "2021-01-01")
        error = np.sqrt(here.chance.sum() / 2000)
        assert np.mean(counts) == pytest.approx(here.chance.sum(), abs=4 * error)


def test_the_chance_of_a_circle_is_its_share_of_the_parallel():
    assert chances(0.0, [0.0], [1.0])[0] == pytest.approx(1 / 180, rel=1e-4)
    assert chances(60.0, [60.0], [1.0])[0] == pytest.approx(2 / 180, rel=1e-3)
    assert chances(0.0, [5.0], [1.0])[0] == 0
    assert chances(89.5, [89.8], [1.0])[0] == pytest.approx(1)


def test_a_wider_radius_matches_more_and_expects_more():
    narrow, wide = (icecube.alerts(*TXS, radius) for radius in (1.0, 10.0))
    for name in ("matches", "expected_by_chance", "expected_isotropic"):
        assert narrow.values[name].value <= wide.values[name].value
    assert wide.values["matches"].value > 1


def test_only_alerts_of_the_time_range_count():
    late = icecube.alerts(*TXS, None, "2018-01-01T00:00:00Z", "2019-01-01T00:00:00Z")
    assert late.values["matches"].value == 0
    table = Table.read("alerts.ecsv")
    assert all(utc.startswith("2018") for utc in table["utc"])
    assert len(alerts("2016-01-01", "2021-01-01").events) > len(table) > 0
    with pytest.raises(NotCovered, match="2016-04-27 to 2020-11-20"):
        icecube.alerts(*TXS, None, "2016-05-01T00:00:00Z", "2016-05-02T00:00:00Z")


def test_the_declared_coverage_holds_every_alert():
    first, last = icecube.alerts.declaration.coverage.time
    every = alerts("1900", "2999").events
    assert len(every) == len(alerts(first, last).events)
    assert min(e.time for e in every)[:10] == "2016-04-27"
    assert max(e.time for e in every)[:10] == "2020-11-20"
