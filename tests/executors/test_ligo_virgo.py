"""Spectrograms: GW150914 where it is known to be, strain found by rule, and honest refusals."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from astropy.wcs import WCS

from executors import archives, strain_archive
from executors.instruments import ligo_virgo
from kg_service.errors import ArchiveUnavailable, Invalid, NotCovered

EVENT, UTC, MERGER = "GW150914", "2015-09-14T09:50:45.400Z", 1126259462.42
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


def release_file(path, start, seconds, merger=None, rate=4096):
    """Coloured noise in the layout of the release files, with a chirping burst at ``merger``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(2)
    spectrum = np.fft.rfft(generator.standard_normal(seconds * rate))
    frequency = np.fft.rfftfreq(seconds * rate, 1 / rate)
    strain = np.fft.irfft(spectrum / np.maximum(frequency, 10)) * 1e-20
    if merger is not None:
        t = start + np.arange(seconds * rate) / rate - merger
        strain += 2e-21 * np.exp(-((t / 0.01) ** 2)) * np.cos(2 * np.pi * 150 * t)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("strain/Strain", data=strain)
        data.attrs["Xstart"], data.attrs["Xspacing"] = start, 1 / rate
    return path


@pytest.mark.parametrize(
    "utc", [UTC, "2017-08-17T12:41:04.43Z", "2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z"]
)
def test_gps_seconds_are_those_of_astropy(utc):
    assert strain_archive.gps_from_utc(utc) == pytest.approx(Time(utc.rstrip("Z"), scale="utc").gps, abs=1e-6)


@pytest.mark.parametrize(("detector", "merger"), [("H1", MERGER), ("L1", MERGER - 0.007)])
def test_gw150914_is_loudest_at_its_merger(detector, merger):
    # Abbott et al. 2016, PRL 116, 061102: H1 at GPS 1126259462.42, L1 6.9 ms earlier, strongest near 150 Hz
    result = ligo_virgo.spectrogram(EVENT, UTC, detector)
    assert result.values["peak_gps"].value == pytest.approx(merger, abs=0.010)
    assert 100 < result.values["peak_frequency"].value < 220
    assert result.values["peak_energy"].value > 50
    assert result.observed_with == (f"https://w3id.org/kg-service/ontology#{detector}",)
    assert result.datasets[0].name == "gw150914_whitened.ecsv"
    assert result.coverage.time == ("2015-09-14T09:50:44.5Z", "2015-09-14T09:50:46.5Z")  # as the table states
    assert any(text.startswith("edges masked: 54 ms at 30 Hz") for text in result.quality)


def test_a_rounded_event_time_is_said_to_be_one():
    said = "peak_after_event counts from an event time given to 0.1 s"
    assert said in ligo_virgo.spectrogram(EVENT, UTC).quality
    assert said not in ligo_virgo.spectrogram(EVENT, "2015-09-14T09:50:45.391Z").quality


def test_other_frequencies_than_asked_for_are_a_caveat():
    result = ligo_virgo.spectrogram(EVENT, UTC, "H1", 20.0, 300.0)
    assert "frequencies used: 30 to 300 Hz (asked: 20 to 300 Hz)" in result.quality
    assert not any("frequencies" in text for text in ligo_virgo.spectrogram(EVENT, UTC).quality)


def test_the_data_and_the_method_are_cited():
    cite = ligo_virgo.spectrogram(EVENT, UTC).cite
    assert "GWOSC" in cite[0]
    assert [work for work in cite if "Chatterji" in work] == [cite[-1]]


def test_the_image_can_be_read_back_with_its_axes():
    result = ligo_virgo.spectrogram(EVENT, UTC)
    with fits.open("spectrogram.fits") as hdus:
        hdus.verify("exception")
        image, header = hdus[1].data, hdus[1].header
    row, column = np.unravel_index(int(np.nanargmax(image)), image.shape)
    frequency = header["CRVAL2"] * np.exp((row + 1 - header["CRPIX2"]) * header["CDELT2"] / header["CRVAL2"])
    assert frequency == pytest.approx(result.values["peak_frequency"].value, rel=1e-6)
    _, world = WCS(header).wcs_pix2world(column, row, 0)
    assert world == pytest.approx(frequency, rel=1e-6)
    assert header["CRVAL1"] + column * header["CDELT1"] == pytest.approx(
        result.values["peak_gps"].value, abs=1e-6
    )
    assert header["OBJECT"] == EVENT
    assert header["TIMESYS"] == "GPS"
    assert np.isnan(image[:, 0]).all()
    assert header["caveats"] == "; ".join(result.quality)


def test_the_track_rises_through_the_merger():
    ligo_virgo.spectrogram(EVENT, UTC)
    track = Table.read("track.ecsv")
    merging = track[(track["gps"] > MERGER - 0.02) & (track["gps"] < MERGER + 0.008)]
    assert (np.diff(merging["frequency"]) >= 0).mean() > 0.9
    assert merging["frequency"][-1] > 2 * merging["frequency"][0]
    document = json.loads(Path("spectrogram.json").read_text(encoding="utf-8"))
    assert document["track"]["frequency"] == list(track["frequency"])


def test_a_band_beyond_the_data_is_refused():
    with pytest.raises(NotCovered, match="30 to 400 Hz"):
        ligo_virgo.spectrogram(EVENT, UTC, "H1", 500.0, 900.0)
    with pytest.raises(Invalid):
        ligo_virgo.spectrogram(EVENT, UTC, "H1", 30.0, 400.0, 20.0, 10.0)


def test_a_release_file_in_a_mirror_is_used_instead(mirror, monkeypatch):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    shipped = ligo_virgo.spectrogram(EVENT, UTC, "H1")
    if shipped.datasets[0].reached != "mirror":
        pytest.skip("the mirror has no release file of GW150914")
    assert shipped.values["peak_gps"].value == pytest.approx(MERGER, abs=0.010)
    declared = strain_archive.datasets({"event": EVENT, "event_time": UTC, "detector": "H1"})
    assert declared == tuple(shipped.datasets)
    monkeypatch.delenv("KG_ARCHIVE_MIRRORS")
    embedded = strain_archive.datasets({"event": EVENT, "event_time": UTC, "detector": "H1"})
    assert embedded[0].ident != declared[0].ident


def test_files_are_found_by_rule_in_any_mirror(tmp_path, monkeypatch):
    start = 1300000000
    path = release_file(
        tmp_path / "two" / "gw" / f"V-V1_GWOSC_O9_4KHZ_R1-{start}-40.hdf5", start, 40, start + 20.3
    )
    release_file(tmp_path / "two" / "gw" / f"V-V1_GWOSC_O9_4KHZ_R1-{start + 19}-32.hdf5", start + 19, 32)
    (tmp_path / "one").mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")]))
    utc = Time(start + 20.3, format="gps").utc.isot + "Z"
    result = ligo_virgo.spectrogram("GW210317_x", utc, "V1")
    assert result.datasets[0].name == path.name  # the one with more data on both sides
    assert result.datasets[0].sha256 == archives.file_sha256(path)
    assert result.values["peak_gps"].value == pytest.approx(start + 20.3, abs=0.005)
    assert result.values["peak_frequency"].value == pytest.approx(150, rel=0.1)
    with pytest.raises(NotCovered):
        ligo_virgo.spectrogram("GW210317_x", utc, "H1")


def test_gaps_are_refused(tmp_path, monkeypatch):
    start = 1300000000
    path = release_file(tmp_path / "gw" / f"H-H1_GWOSC_O9_4KHZ_R1-{start}-40.hdf5", start, 40)
    with h5py.File(path, "r+") as file:
        file["strain/Strain"][4096 * 10 : 4096 * 11] = np.nan
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(tmp_path))
    with pytest.raises(NotCovered, match="gaps"):
        ligo_virgo.spectrogram("GW210317_x", Time(start + 20, format="gps").utc.isot + "Z", "H1")


def test_a_cutout_is_found_by_event_and_detector(mirror, monkeypatch, need):
    need(
        (mirror / "gw" / "GW170817_H1_strain_4s_4096Hz.hdf5").exists(),
        "needs the strain of GW170817 in the mirror",
    )
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    result = ligo_virgo.spectrogram("GW170817", "2017-08-17T12:41:04.430Z", "H1")
    # the inspiral sweeps up to the merger: louder than noise, before it, at a high Q
    assert result.values["q"].value > 30
    assert -0.5 < result.values["peak_after_event"].value < 0.05


def test_strain_that_cannot_be_had_is_refused_with_what_is_covered():
    with pytest.raises(ArchiveUnavailable, match="GW150914 of H1 and L1") as refused:
        ligo_virgo.spectrogram("GW190521", "2019-05-21T03:02:29.400Z", "H1")
    assert refused.value.value == "GW190521"
    with pytest.raises(NotCovered):  # no catalogue lists it, so nothing is promised
        ligo_virgo.spectrogram("S230518h", "2023-05-18T12:59:08Z", "H1")
    with pytest.raises(NotCovered, match="Virgo did not observe"):
        ligo_virgo.spectrogram(EVENT, UTC, "V1")
    assert (
        strain_archive.datasets(
            {"event": "GW190521", "event_time": "2019-05-21T03:02:29.400Z", "detector": "H1"}
        )
        == ()
    )


ASK = """
import json, sys
from executors.instruments import ligo_virgo
from kg_service.errors import Problem
try:
    result = ligo_virgo.spectrogram(*sys.argv[1:])
    used = result.datasets[0]
    print(json.dumps([used.reached, used.address, result.values["peak_gps"].value]))
except Problem as problem:
    print(json.dumps([problem.code, problem.detail, None]))
"""


def ask_online(archive, cache, *arguments):
    """Run in a process of its own, which asks the archive at another address."""
    environment = {
        **os.environ,
        "GWOSC_SERVER_URL": archive,
        "KG_CACHE": str(cache),
        "KG_ONLINE": "1",
        "PYTHONPATH": str(ROOT),
        "MPLCONFIGDIR": str(cache),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def archive(tmp_path):
    """A small archive that answers as GWOSC does and holds one file."""
    start = 1242442951
    file = release_file(tmp_path / "served" / f"H-H1_GWOSC_4KHZ_R1-{start}-32.hdf5", start, 32, start + 16.4)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            here = f"http://127.0.0.1:{self.server.server_port}"
            if self.path.startswith("/api/v2/event-versions/GW190521/strain-files"):
                found = [{"download_url": f"{here}/{file.name}", "gps_start": start, "duration": 32}]
                body = json.dumps(
                    {"results": found, "next": None, "num_pages": 1, "results_count": 1}
                ).encode()
            elif self.path == f"/{file.name}":
                body = file.read_bytes()
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", file, start + 16.4
    server.shutdown()
    server.server_close()


def test_the_archive_is_asked_once_and_its_file_kept(archive, tmp_path):
    address, file, merger = archive
    arguments = ("GW190521", "2019-05-21T03:02:29.400Z", "H1")
    reached, where, peak = ask_online(address, tmp_path / "c", *arguments)
    assert (reached, where) == ("online", f"{address}/{file.name}")
    assert peak == pytest.approx(merger, abs=0.005)
    assert ask_online("http://127.0.0.1:9", tmp_path / "c", *arguments)[0] == "cache"


def test_an_archive_that_cannot_be_reached_says_so_or_the_shipped_table_serves(tmp_path):
    closed = "http://127.0.0.1:9"
    code, detail, _ = ask_online(closed, tmp_path / "c", "GW190521", "2019-05-21T03:02:29.400Z", "H1")
    assert code == "archive-unavailable"
    assert "cannot be reached" in detail
    assert ask_online(closed, tmp_path / "c", EVENT, UTC, "H1")[0] == "embedded"


def test_what_the_archive_has_not_is_not_covered(archive, tmp_path):
    code, _, _ = ask_online(archive[0], tmp_path / "c", "GW190521_074359", "2019-05-21T07:43:59.400Z", "H1")
    assert code == "not-covered"


def test_a_cached_file_is_found_offline(tmp_path, monkeypatch):
    start = 1300000000
    path = release_file(tmp_path / "x" / f"L-L1_GWOSC_O9_4KHZ_R1-{start}-40.hdf5", start, 40, start + 20)
    folder = archives.cache_folder() / "gw"
    folder.mkdir(parents=True)
    shutil.copy(path, folder)
    result = ligo_virgo.spectrogram("GW210317_x", Time(start + 20, format="gps").utc.isot + "Z", "L1")
    assert result.datasets[0].reached == "cache"
