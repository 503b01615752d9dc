"""Strain, noise and the delay between detectors: GW150914 as published, injected signals, honest refusals."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from gwpy.timeseries import TimeSeries
from hypothesis import given
from hypothesis import strategies as st

from executors import strain_archive
from executors.instruments import gw_strain, ligo_virgo
from executors.physics import noise_spectrum
from executors.physics.strain import band_pass
from kg_service.errors import ArchiveUnavailable, Invalid, NotCovered, RunFailed

EVENT, UTC, MERGER = "GW150914", "2015-09-14T09:50:45.400Z", 1126259462.42
START, RATE = 1300000000, 4096
LATER = Time(START + 20, format="gps").utc.isot + "Z"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def release(mirror, monkeypatch, need):
    """The release files of GW150914 of both LIGO detectors."""
    found = list((mirror / "gw").glob("?-?1_*-1126259446-32.hdf5"))
    need(len(found) >= 2, "needs the strain of GW150914 in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))


def made_up(folder, detector, *, delay=0.0, scale=1e-21, sign=1, seconds=40, seed=None, loud=15.0):
    """White noise of a detector with a burst of 120 Hz ``delay`` s after the middle, as released."""
    path = folder / "gw" / f"{detector[0]}-{detector}_GWOSC_O9_4KHZ_R1-{START}-{seconds}.hdf5"
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = {"H1": 5, "L1": 6, "V1": 7}[detector] if seed is None else seed
    t = np.arange(seconds * RATE) / RATE - 20 - delay
    noise = np.random.default_rng(seed).standard_normal(len(t))
    burst = loud * np.exp(-((t / 0.02) ** 2)) * np.cos(2 * np.pi * 120 * t)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("strain/Strain", data=scale * (noise + sign * burst))
        data.attrs["Xstart"], data.attrs["Xspacing"] = START, 1 / RATE
    return path


@pytest.fixture
def mirror_of(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder))
    return folder


# The strain


@pytest.mark.parametrize("detector", ["H1", "L1"])
def test_gw150914_stands_out_of_the_whitened_strain(release, detector):
    result = gw_strain.strain(EVENT, UTC, detector)
    assert result.values["peak_gps"].value == pytest.approx(MERGER, abs=0.02)
    assert result.values["peak_whitened"].value > 5
    assert result.values["whitening_fft_length"].value == 4
    assert result.observed_with == (f"https://w3id.org/kg-service/ontology#{detector}",)
    assert any("30-400 Hz" in text for text in result.quality)
    assert any("FFT length 4 s" in text for text in result.quality)
    with h5py.File("strain.hdf5") as file:
        assert set(file) == {"strain", "strain_band", "whitened", "whitened_band"}
        assert file.attrs["caveats"] == "; ".join(result.quality)
    table = Table.read("strain.ecsv")
    assert len(table) == RATE
    # noise outside the event has the standard deviation it is measured in
    assert table["whitened_band"][np.abs(table["time"]) > 0.15].std() == pytest.approx(1, abs=0.15)


def test_the_released_strain_is_given_unchanged_and_gwpy_reads_it(release, mirror):
    gw_strain.strain(EVENT, UTC, "H1", 30.0, 400.0, 0.25)
    ours = TimeSeries.read("strain.hdf5", path="strain", format="hdf5")
    (path,) = (mirror / "gw").glob("H-H1_*-1126259446-32.hdf5")
    theirs = TimeSeries.read(path, format="hdf5.gwosc").crop(
        ours.t0.value, ours.t0.value + ours.duration.value
    )
    assert ours.t0 == theirs.t0
    assert np.array_equal(ours.value, theirs.value)
    assert ours.sample_rate.value == RATE


def test_without_an_archive_the_shipped_strain_serves():
    result = gw_strain.strain(EVENT, UTC, "L1", window=0.4)
    assert result.datasets[0].name == "gw150914_whitened.ecsv"
    assert result.values["peak_gps"].value == pytest.approx(MERGER, abs=0.02)
    assert any(text.startswith("no strain as released here") for text in result.quality)
    with pytest.raises(ArchiveUnavailable):  # what is not whitened does not ship
        gw_strain.strain(EVENT, UTC, "L1", whiten=False)


def test_strain_scales_and_moves_with_its_data(mirror_of):
    made_up(mirror_of, "H1")
    first = gw_strain.strain("E", LATER, "H1").values
    made_up(mirror_of, "H1", scale=3e-21, delay=0.01)
    second = gw_strain.strain("E", LATER, "H1").values
    assert second["rms_strain_in_band"].value == pytest.approx(3 * first["rms_strain_in_band"].value, rel=0.1)
    assert second["peak_whitened"].value == pytest.approx(first["peak_whitened"].value, rel=0.1)
    # half a period of 120 Hz: which of two crests is the larger may change with the noise
    assert second["peak_gps"].value - first["peak_gps"].value == pytest.approx(0.01, abs=0.0045)


def test_a_window_beyond_the_data_is_refused_with_the_one_that_fits(mirror_of):
    made_up(mirror_of, "H1")
    utc = Time(START + 2, format="gps").utc.isot + "Z"
    with pytest.raises(NotCovered, match="at most 1 s") as refused:
        gw_strain.strain("E", utc, "H1", window=1.5)
    assert refused.value.parameter == "window"
    assert gw_strain.strain("E", utc, "H1", window=1.0).values["data_seconds"].value == pytest.approx(2)
    with pytest.raises(NotCovered, match="at most"):
        ligo_virgo.spectrogram(EVENT, UTC, "H1", window=1.5)  # 2 s of it ship
    with pytest.raises(NotCovered):  # half a second at the edge of the file is no padding
        gw_strain.strain("E", Time(START + 0.4, format="gps").utc.isot + "Z", "H1", window=0.1)


def test_a_longer_window_gives_a_longer_spectrogram(mirror_of):
    made_up(mirror_of, "H1")
    assert ligo_virgo.spectrogram("E", LATER, "H1", window=5.0).values["data_seconds"].value == 10
    assert ligo_virgo.spectrogram("E", LATER, "H1").values["data_seconds"].value == 4


def test_bad_bands_are_refused(mirror_of):
    made_up(mirror_of, "H1")
    with pytest.raises(Invalid, match="400 Hz"):
        gw_strain.strain("E", LATER, "H1", 400.0, 400.0)
    with pytest.raises(NotCovered, match="good for 20 to"):
        gw_strain.strain("E", LATER, "H1", 12.0, 400.0)
    with pytest.raises(Invalid, match=r"smallest Q \(20\)"):
        ligo_virgo.spectrogram("E", LATER, "H1", q_min=20.0, q_max=20.0)


@pytest.mark.parametrize("damage", ["cut short", "empty", "no hdf5", "other content"])
def test_a_damaged_file_is_named(mirror_of, damage):
    path = made_up(mirror_of, "H1")
    content = path.read_bytes()
    broken = {"cut short": content[: len(content) // 2], "empty": b"", "no hdf5": b"x" * 5000}
    if damage in broken:
        path.write_bytes(broken[damage])
    else:
        with h5py.File(path, "w") as file:
            file["something"] = [1, 2]
    for analysis in (gw_strain.strain, gw_strain.noise, ligo_virgo.spectrogram):
        with pytest.raises(RunFailed, match=path.name):
            analysis("E", LATER, "H1")


def test_gaps_in_the_strain_are_refused(mirror_of):
    path = made_up(mirror_of, "H1")
    with h5py.File(path, "r+") as file:
        file["strain/Strain"][RATE * 20 : RATE * 21] = np.nan
    with pytest.raises(NotCovered, match=r"gaps within 1\.5 s"):
        gw_strain.strain("E", LATER, "H1", whiten=False)
    noise = gw_strain.noise("E", LATER, "H1")  # the segments beside the gap serve
    assert any("2 segments with gaps" in text for text in noise.quality)


def test_the_datasets_of_a_run_are_declared_before_it(mirror_of):
    path = made_up(mirror_of, "H1")
    asked = {"event": "E", "event_time": LATER, "detector": "H1"}
    assert strain_archive.datasets(asked) == gw_strain.strain("E", LATER, "H1").datasets
    assert strain_archive.released_datasets(asked)[0].name == path.name
    shipped = {"event": EVENT, "event_time": UTC, "detector": "H1"}
    assert strain_archive.released_datasets(shipped) == ()
    assert len(strain_archive.datasets_of_pair(shipped)) == 2  # one table, of both
    assert strain_archive.datasets(shipped | {"whiten": False}) == ()


# The band


@given(frequency=st.floats(60, 200), phase=st.floats(0, 6))
def test_a_band_keeps_what_is_inside_in_place_and_removes_what_is_outside(frequency, phase):
    t = np.arange(4 * RATE) / RATE
    inside = np.sin(2 * np.pi * frequency * t + phase)
    outside = 5 * np.sin(2 * np.pi * 10 * t) + np.sin(2 * np.pi * 1500 * t)
    middle = slice(RATE, -RATE)
    assert band_pass(inside + outside, RATE, (30, 400))[middle] == pytest.approx(inside[middle], abs=0.02)


# The noise


@pytest.mark.parametrize("length", [2.0, 4.0])
@pytest.mark.parametrize("averaging", ["median", "mean"])
@pytest.mark.parametrize(("detector", "published"), [("H1", 8.2e-24), ("L1", 9.7e-24)])
def test_noise_of_the_detectors_at_gw150914(release, detector, published, averaging, length):
    # 10 %: 15 to 31 segments leave 5 % of each frequency, and so much do averages and FFT lengths differ
    result = gw_strain.noise(EVENT, UTC, detector, length, averaging)
    assert result.values["rms_asd_95_105_hz"].value == pytest.approx(published, rel=0.1)
    assert f"FFT length {length:g} s" in result.quality[0]
    assert result.quality[0].startswith(averaging)


def test_noise_is_that_of_gwpy(release, mirror):
    gw_strain.noise(EVENT, UTC, "L1", 2.0, "mean")
    (path,) = (mirror / "gw").glob("L-L1_*-1126259446-32.hdf5")
    theirs = TimeSeries.read(path, format="hdf5.gwosc").asd(2, overlap=1, method="welch", window="hann")
    ours = Table.read("asd.fits")
    kept = np.isin(theirs.frequencies.value, ours["frequency"])
    assert ours["asd"] == pytest.approx(theirs.value[kept], rel=1e-6)
    assert str(ours["asd"].unit) == "1 / Hz(1/2)"


def test_white_noise_has_a_flat_spectrum_of_known_height_that_scales(mirror_of):
    made_up(mirror_of, "V1", loud=0)
    one = gw_strain.noise("E", LATER, "V1").values["rms_asd_95_105_hz"].value
    # unit variance spread over half the sampling rate; 41 frequencies of 19 segments leave 2 %
    assert one == pytest.approx(1e-21 * np.sqrt(2 / RATE), rel=0.1)
    made_up(mirror_of, "V1", loud=0, scale=7e-22)
    assert gw_strain.noise("E", LATER, "V1").values["rms_asd_95_105_hz"].value == pytest.approx(0.7 * one)


def test_the_error_of_the_noise_is_its_scatter(mirror_of):
    made_up(mirror_of, "V1", loud=0)
    for averaging in ("median", "mean"):
        gw_strain.noise("E", LATER, "V1", 1.0, averaging)
        table = Table.read("asd.ecsv")
        pull = (table["asd"] - 1e-21 * np.sqrt(2 / RATE)) / table["asd_error"]
        assert pull.mean() == pytest.approx(0, abs=0.25)
        assert pull.std() == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 31])
def test_the_bias_of_the_median_is_that_of_exponential_noise(count):
    drawn = np.random.default_rng(1).exponential(size=(count - 1 + count % 2, 200_000))
    assert np.median(drawn, axis=0).mean() == pytest.approx(noise_spectrum.median_bias(count), rel=0.01)


def test_an_fft_longer_than_the_data_allow_is_refused(mirror_of):
    made_up(mirror_of, "H1", seconds=24)
    with pytest.raises(NotCovered, match="shorter FFT length") as refused:
        gw_strain.noise("E", LATER, "H1", 16.0)
    assert refused.value.parameter == "fft_length"


def test_noise_of_an_event_that_is_not_kept_is_refused():
    with pytest.raises(ArchiveUnavailable, match="GWOSC"):
        gw_strain.noise(EVENT, UTC, "H1")  # the table that ships is whitened
    with pytest.raises(NotCovered, match="Virgo did not observe"):
        gw_strain.noise(EVENT, UTC, "V1")


# The delay


def test_gw150914_reached_livingston_first(release):
    # 0.8 ms: the correlation of 0.3 s; with a template 6.9 +0.5 -0.4 (Abbott et al. 2016, PRL 116, 061102)
    result = gw_strain.arrival_delay(EVENT, UTC)
    assert result.values["delay_h1_after_l1"].value == pytest.approx(7.3, abs=0.8)
    assert 0.05 < result.values["delay_h1_after_l1"].error < 0.8
    assert result.values["p_value"].value < 1e-3
    assert result.values["time_slides"].value > 1000
    assert [used.name[0] for used in result.datasets] == ["H", "L"]
    assert any("FFT length 4 s" in text for text in result.quality)
    with fits.open("arrival_delay.fits") as file:
        table = file[1].data
        assert table["delay"][table["correlation"].argmax()] == pytest.approx(7.3, abs=0.3)


def test_the_delay_of_the_shipped_strain_says_how_little_noise_there_is_to_compare():
    result = gw_strain.arrival_delay(EVENT, UTC)
    assert result.values["delay_h1_after_l1"].value == pytest.approx(7.3, abs=0.8)
    assert any(text.startswith("too few time slides") for text in result.quality)
    assert json.loads(Path("arrival_delay.json").read_text())["meta"]["INSTRUME"] == "H1,L1"


@pytest.mark.parametrize("delay", [-0.006, 0.0021, 0.0093])
def test_an_injected_delay_is_found_with_its_sign(mirror_of, delay):
    made_up(mirror_of, "H1", delay=delay)
    made_up(mirror_of, "L1", sign=-1)
    values = gw_strain.arrival_delay("E", LATER).values
    assert values["delay_h1_after_l1"].value == pytest.approx(delay * 1e3, abs=0.15)
    assert values["p_value"].value < 0.01


def test_noise_alone_and_a_signal_of_the_wrong_sign_are_no_common_signal(mirror_of):
    made_up(mirror_of, "H1", loud=0)
    made_up(mirror_of, "L1", loud=0)
    noise = gw_strain.arrival_delay("E", LATER)
    assert noise.values["p_value"].value > 0.01
    assert any(text.startswith("no common signal") for text in noise.quality)


def test_both_detectors_are_needed(mirror_of):
    made_up(mirror_of, "H1")
    with pytest.raises(NotCovered, match="L1"):
        gw_strain.arrival_delay("E", LATER)


def test_equal_requests_give_equal_bytes(mirror_of, run_in, tmp_path):
    made_up(mirror_of, "H1")
    for folder in ("a", "b"):
        run_in(folder, gw_strain.strain, "E", LATER, "H1")
    for name in ("strain.hdf5", "strain.ecsv", "strain.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
