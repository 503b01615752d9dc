"""SPI-ACS and JEM-X light curves: right answers from the mirror, made-up curves, damaged files."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.stats import bayesian_blocks
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import archives, integral_archive
from executors.instruments import integral_jemx, integral_spiacs
from executors.physics import burst, count_rates
from executors.physics.jemx_light_curve import trend
from kg_service.errors import ArchiveUnavailable, Invalid, NotCovered, RunFailed

GRB, TIME = "GRB 230307A", "2023-03-07T15:44:06.670Z"


@pytest.fixture
def archive(mirror, monkeypatch):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return mirror


@pytest.fixture
def own(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("mirror")
    for name in ("integral_spiacs", "integral_jemx"):
        (folder / name).mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder))
    return folder


def made_up(seed=3, *, shift=0, scale=1.0, excess=1.0, height=4.0):
    """600 s of 0.5 s bins: 1000 count/s, and a burst of 40 s from 200 s on that lasts 36 s from 5 to 95 %."""
    generator = np.random.default_rng(seed)
    time = 0.25 + 0.5 * np.arange(1200)
    width = np.full(1200, 0.5)
    mean = 1000.0 + 1000.0 * height * ((time > 200) & (time < 240))
    counts = mean * width + np.sqrt(excess * mean * width) * generator.normal(size=1200)
    rate, error = counts / width * scale, np.sqrt(mean * width) / width * scale
    empty = np.empty(0)
    return count_rates.CountRates(shift, time, width, rate, error, empty, empty)


def test_grb_230307a(archive):
    result = integral_spiacs.light_curve(GRB, TIME)
    values = result.values
    # 28.4 +- 0.7 s: the spread over background models and intervals, found independently of this code
    assert values["t90"].value == pytest.approx(28.4, abs=0.7)
    assert 0.1 < values["t90"].error < 0.7
    assert values["bayesian_blocks"].value == pytest.approx(72, abs=2)
    assert values["excess_variance"].value == pytest.approx(1.33, abs=0.03)
    assert values["bins_of_unusual_width"].value == 8
    # rises 0.5 s after the GBM trigger, of which 0.47 s are the way of the light
    assert values["t90_start"].value.startswith("2023-03-07T15:44:08")
    assert values["arrival_after_earth"].value == pytest.approx(0.47, abs=0.01)
    assert values["light_travel_limit"].value < 0.5
    assert values["burst_significance"].value > 1000
    assert values["trigger_trials"].value > 1000
    assert "at the spacecraft" in result.quality[0]
    table = Table.read("light_curve.ecsv")
    assert len(table) == 540
    assert table["utc_min"][0] == "2023-03-07T15:41:06.004Z"  # TSTART less 69.184 s
    assert table["time_min"][0] == pytest.approx(51544 + 731518935.1876125 / 86400, abs=1e-9)
    assert table.meta["caveats"] == "; ".join(result.quality)


def test_widths_are_those_of_the_data(archive):
    chosen = integral_archive.choose(
        integral_archive.held("spi_acs_light_curve", integral_spiacs._is_curve),
        collection="spi_acs_light_curve", what="a light curve", whole=False,
    )[0]  # fmt: skip
    curve = count_rates.read_spi_acs(chosen)
    assert sorted(set(np.round(curve.width, 3))) == [0.05, 0.1, 0.15]
    assert curve.width.sum() == pytest.approx(540.0, abs=0.01)
    starts, ends = curve.edges
    assert starts[1:] == pytest.approx(ends[:-1], abs=2e-3)


def test_a_stretch_before_the_burst_has_none(archive):
    result = integral_spiacs.light_curve(None, None, "2023-03-07T15:41:00Z", "2023-03-07T15:43:50Z")
    assert "t90" not in result.values
    assert any(text.startswith("no burst") for text in result.quality)


def test_a_time_without_excess_has_a_chance(archive):
    values = integral_spiacs.light_curve(None, "2023-03-07T15:42:30Z").values
    assert values["trigger_chance"].value > 1e-3
    assert values["trigger_significance"].value < 5


def test_times_without_light_curve_are_refused_with_those_at_hand(archive):
    with pytest.raises(ArchiveUnavailable, match="2023-03-07 15:41:06 to 15:50:06"):
        integral_spiacs.light_curve("GRB 170817A", "2017-08-17T12:41:06.47Z")
    with pytest.raises(Invalid, match="event"):
        integral_spiacs.light_curve()
    with pytest.raises(Invalid, match="too few"):
        integral_spiacs.light_curve(GRB, TIME, None, None, 200.0)
    with pytest.raises(NotCovered, match="bins"):
        integral_spiacs.light_curve(GRB, None, "2023-03-07T15:50:05Z", "2023-03-07T15:51:00Z")


def test_another_burst_in_the_mirror_is_found_by_its_time(mirror, own):
    source = next((mirror / "integral_spiacs").glob("spiacs_lc_*"))
    path = own / "integral_spiacs" / "spiacs_lc_other.fits.gz"
    shutil.copyfile(source, path)
    with fits.open(path, mode="update") as units:
        for key in ("TSTART", "TSTOP", "TIMEZERO"):
            units[1].header[key] -= 86400.0
    result = integral_spiacs.light_curve(None, "2023-03-06T15:44:06.670Z")
    assert result.values["t90"].value == pytest.approx(28.5, abs=0.1)
    assert result.values["t90_start"].value.startswith("2023-03-06T15:44:08")


@pytest.mark.parametrize("keep", [4000, 30_000])
def test_a_light_curve_cut_short_is_named(mirror, own, keep):
    source = next((mirror / "integral_spiacs").glob("spiacs_lc_*"))
    (own / "integral_spiacs" / source.name).write_bytes(source.read_bytes()[:keep])
    with pytest.raises(RunFailed, match="spiacs_lc"):
        integral_spiacs.light_curve(GRB, TIME)


def test_shifted_times_shift_the_blocks():
    curve = made_up()
    later = replace(curve, time=curve.time + 123.0)
    before, after = (burst.find(c, 1.0, 0.01, None, 10.0, 1) for c in (curve, later))
    assert after.interval == pytest.approx(tuple(edge + 123.0 for edge in before.interval))
    assert after.duration.t90 == pytest.approx(before.duration.t90, abs=1e-6)
    assert [b.first for b in after.blocks] == [b.first for b in before.blocks]


@given(scale=st.floats(0.1, 50.0))
@settings(deadline=None, max_examples=15)
def test_scaled_rates_scale_means_and_errors(scale):
    before, after = (burst.find(made_up(scale=s), 1.0, 0.01, None, 10.0, 1) for s in (1.0, scale))
    assert after.background.parameters == pytest.approx(scale * before.background.parameters)
    assert [b.mean for b in after.blocks] == pytest.approx([scale * b.mean for b in before.blocks])
    assert [b.error for b in after.blocks] == pytest.approx([scale * b.error for b in before.blocks])
    assert after.background.excess == pytest.approx(before.background.excess)
    assert after.duration.t90 == pytest.approx(before.duration.t90, abs=1e-6)


def test_a_burst_of_known_length_has_that_length():
    found = burst.find(made_up(), 1.0, 0.01, None, 10.0, 1)
    assert found.interval == pytest.approx((200, 240), abs=1)
    assert found.duration.t90 == pytest.approx(36.0, abs=3 * found.duration.error)
    assert found.net_counts == pytest.approx(160_000, abs=3 * found.net_error)
    assert len(found.blocks) == 3


@pytest.mark.parametrize("excess", [1.0, 1.33, 2.5])
def test_excess_variance_is_measured_and_enlarges_errors(excess):
    found = burst.find(made_up(excess=excess), 1.0, 0.01, None, 10.0, 1)
    # 1120 quiet bins: the standard error of chi2/dof is sqrt(2/1118) = 0.04
    assert found.background.excess == pytest.approx(excess, abs=0.13 * excess)
    assert found.error == pytest.approx(found.binned.error * math.sqrt(found.background.excess))


def test_nothing_but_noise_gives_one_block_and_a_fair_chance():
    found = [burst.find(made_up(seed, height=0.0), 1.0, 0.01, None, 10.0, 1) for seed in range(30)]
    assert sum(len(b.blocks) > 1 for b in found) <= 3  # p0 = 0.01 each
    peaks = [burst.peak_near(b.curve, b.background, 300.0, 20.0) for b in found]
    # trials are counted as independent, so chances are too large rather than too small
    assert sum(p.chance < 0.1 for p in peaks) <= 7


def test_blocks_are_those_of_astropy():
    curve = count_rates.rebinned(made_up(), 1.0)
    ours = count_rates.blocks(curve.time, curve.rate, curve.error, 0.01)
    theirs = bayesian_blocks(curve.time, curve.rate, curve.error, fitness="measures", p0=0.01)
    assert len(ours) == len(theirs) - 1
    assert ours[0].first == 0
    assert [b.first for b in ours[1:]] == [b.last + 1 for b in ours[:-1]]


@given(step=st.floats(0.6, 60.0))
@settings(deadline=None, max_examples=30)
def test_rebinning_keeps_the_counts(step):
    curve = made_up()
    coarse = count_rates.rebinned(curve, step)
    assert coarse.counts.sum() == pytest.approx(curve.counts.sum())
    assert coarse.width.sum() == pytest.approx(curve.width.sum())
    assert (coarse.error * coarse.width) @ (coarse.error * coarse.width) == pytest.approx(
        (curve.error * curve.width) @ (curve.error * curve.width)
    )


def test_the_crab_is_constant(archive):
    values = integral_jemx.light_curve("Crab nebula").values
    # +- 0.5 %; the weighted mean and chi2 of the 96 bins, computed directly from the columns
    assert values["mean_rate"].value == pytest.approx(134.9, rel=0.005)
    assert values["constancy_reduced_chi2"].value == pytest.approx(0.94, abs=0.005)
    assert values["constancy_dof"].value == 95
    assert values["bayesian_blocks"].value == 1
    assert "fractional_variability" not in values
    assert "rows_set_aside" not in values
    # the first bin is at 1322.71895652 d TT since MJD 51544, 20 s wide
    first = Table.read("light_curve.ecsv")["time_min"][0]
    assert first == pytest.approx(51544 + 1322.71895652 - 10 / 86400, abs=1e-8)


def test_grb_221009a_decays_and_its_broken_row_is_no_peak(archive):
    result = integral_jemx.light_curve("GRB 221009A")
    values = result.values
    assert values["trend"].value == "decaying"
    assert values["trend_slope"].value < -3 * values["trend_slope"].error
    # the largest number in the column: in a row with background -0.34 +- 62259 whose time another row has too
    assert values["largest_rate_set_aside"].value == pytest.approx(8.18, rel=0.005)
    assert values["rows_set_aside"].value == 2
    assert values["peak_rate"].value == pytest.approx(2.392, abs=0.001)
    assert values["peak_time"].value.startswith("2022-10-10T14:4")
    assert any("contradict" in text for text in result.quality)


def test_a_light_curve_is_found_by_position_and_cut_by_time(archive):
    whole = integral_jemx.light_curve(None, 288.2645, 19.7735)
    assert "GRB 221009A" in whole.label
    day = integral_jemx.light_curve(None, 288.2645, 19.7735, "2022-10-11T00:00:00Z", "2022-10-12T00:00:00Z")
    assert day.values["bins"].value < whole.values["bins"].value
    start, end = day.coverage.time
    assert start >= "2022-10-11T00:00:00"
    assert end <= "2022-10-12T00:00:00.001Z"
    assert "rows_set_aside" not in day.values  # they lie on another day


@pytest.mark.parametrize(
    "arguments",
    [
        ("Mrk 421",),
        ("Crab nebula", None, None, "2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z"),
        ("Crab nebula", None, None, None, None, 10.0, 35.0),
        (None, 83.633, 25.0),
    ],
)
def test_other_sources_times_and_bands_are_refused_with_those_at_hand(archive, arguments):
    with pytest.raises(ArchiveUnavailable, match=r"Crab nebula, 2003-08-15"):
        integral_jemx.light_curve(*arguments)


def test_without_mirror_the_archive_is_named():
    with pytest.raises(ArchiveUnavailable, match="MMODA"):
        integral_jemx.light_curve("Crab nebula")
    with pytest.raises(ArchiveUnavailable, match="MMODA"):
        integral_spiacs.light_curve(GRB, TIME)


def write_jemx(path, time, rate, error, **columns):
    names = {
        "TIME": time,
        "RATE": rate,
        "ERROR": error,
        "BRATE": np.full(len(time), 8.0),
        "FRACEXP": np.full(len(time), 0.8),
    }
    names |= columns
    table = fits.BinTableHDU.from_columns(
        [fits.Column(n, "D", array=v) for n, v in names.items()], name="JMX2-SRC.-LCR"
    )
    table.header.update(
        RA_OBJ=299.59, DEC_OBJ=35.2,
        TSTART=float(time[0]), TSTOP=float(time[-1]), TIMEUNIT="d", MJDREF=51544.0,
        TIMEDEL=0.01, E_MIN=3.0, E_MAX=10.0, NAME="Cyg X-1",
    )  # fmt: skip
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)


def test_another_source_in_the_mirror_is_found_by_its_header(own):
    time = 5000 + 0.01 * np.arange(60)
    rate = np.where(np.arange(60) < 30, 20.0, 30.0)
    write_jemx(own / "integral_jemx" / "jemx2_lc_x.fits", time, rate, np.ones(60))
    result = integral_jemx.light_curve("Cyg X-1")
    assert result.values["bayesian_blocks"].value == 2
    assert result.values["trend"].value == "rising"
    assert result.values["mean_rate"].value == pytest.approx(25.0)
    assert Table.read("light_curve.ecsv").meta["INSTRUME"] == "JEM-X 2"


@pytest.mark.parametrize(
    ("column", "value"),
    [("FRACEXP", -0.3), ("BRATE", -1.0), ("ERROR", 0.0), ("RATE", np.nan), ("TIME", 5000.03)],
)
def test_rows_that_contradict_themselves_are_set_aside(own, column, value):
    time = 5000 + 0.01 * np.arange(60)
    columns = {
        "TIME": time, "RATE": np.full(60, 20.0), "ERROR": np.ones(60),
        "BRATE": np.full(60, 8.0), "FRACEXP": np.full(60, 0.8),
    }  # fmt: skip
    columns[column] = columns[column].copy()
    columns[column][4] = time[3] if column == "TIME" else value
    path = own / "integral_jemx" / "jemx1_lc_x.fits"
    rest = {name: columns[name] for name in ("BRATE", "FRACEXP")}
    write_jemx(path, columns["TIME"], columns["RATE"], columns["ERROR"], **rest)
    values = integral_jemx.light_curve("Cyg X-1").values
    assert values["bins"].value == (58 if column == "TIME" else 59)
    assert values["mean_rate"].value == pytest.approx(20.0)


def test_a_trend_of_known_slope_is_found():
    time = np.linspace(0, 10 * 86400, 200)
    rate = 5 - 0.2 * time / 86400 + np.random.default_rng(5).normal(size=200) * 0.1
    found = trend(time, rate, np.full(200, 0.1))
    assert found.slope == pytest.approx(-0.2, abs=3 * found.error)
    assert found.word == "decaying"
    assert trend(time, np.ones(200), np.full(200, 0.1)).word == "no trend"


def test_the_registry_knows_the_files(archive):
    for name in ("jemx_light_curve", "spi_acs_light_curve", "isgri_mosaic", "isgri_spectrum"):
        assert archives.files(name), name
