"""Whole Fermi-LAT catalogues of a mirror: equal to the shipped extract, and more."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest

from executors import fermi_catalogue_files
from executors.instruments import fermi_lat_hard, fermi_lat_timing
from executors.physics import fermi_catalogue, fermi_light_curve, full_catalogue
from kg_service.errors import ArchiveUnavailable, NotCovered, RunFailed

FAINT = "4FGL J2329.3-4955"
ARRAYS = ("flux", "error_low", "error_high", "sed", "sqrt_ts", "history", "history_error_low",
          "history_error_high", "history_sqrt_ts")  # fmt: skip


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def whole(mirror, monkeypatch, need):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    need(fermi_catalogue_files.newest("fermi_4fgl"), "needs gll_psc in the mirror")
    return mirror


def test_the_extract_is_the_catalogue(whole):
    """Every shipped source, read from the whole catalogue; the extract is rounded to four digits."""
    rows, _, _ = full_catalogue._read_4fgl(fermi_catalogue_files.newest("fermi_4fgl"))
    by_name = {str(row["Source_Name"]).strip(): row for row in rows}
    for name in fermi_catalogue_files.shipped():
        ours, theirs = full_catalogue._source(by_name[name]), fermi_catalogue.source_named(name)
        for array in ARRAYS:
            np.testing.assert_allclose(getattr(ours, array), getattr(theirs, array), rtol=1e-3, err_msg=name)
        for key, value in theirs.fitted.items():
            same = pytest.approx(value, rel=1e-3) if isinstance(value, float) else value
            assert ours.fitted[key] == same, (name, key)
        assert (ours.identifier, ours.kind) == (theirs.identifier, theirs.kind)


def test_txs_varies_as_much_as_known(whole):
    # the right answers: constancy chi2 1031 +- 5 / 13, F_var 0.574 +- 0.005, likelihood index 1255
    rows, _, _ = full_catalogue._read_4fgl(fermi_catalogue_files.newest("fermi_4fgl"))
    names = [str(name).strip() for name in rows["Source_Name"]]
    source = full_catalogue._source(rows[names.index("4FGL J0509.4+0542")])
    values = fermi_light_curve.analyse(source).values()
    assert values["constancy_chi2"].value == pytest.approx(1031, abs=5)
    assert values["constancy_dof"].value == 13
    assert values["fractional_variability"].value == pytest.approx(0.574, abs=0.005)
    assert values["catalogue_variability_index"].value == pytest.approx(1255, abs=1)


def test_a_source_beyond_the_extract_is_analysed(whole):
    source = full_catalogue.source_named(FAINT)
    assert source.identifier == "PKS 2326-502"
    result = fermi_lat_timing.periodogram(FAINT, 1000)
    assert result.datasets[0].name == fermi_catalogue_files.newest("fermi_4fgl").path.name
    assert result.datasets[0].reached == "mirror"


def test_a_name_that_the_catalogue_has_not_is_refused_with_near_ones(whole):
    with pytest.raises(NotCovered) as refused:
        full_catalogue.source_named("4FGL J2329.3-4956")
    assert FAINT in refused.value.near


def test_without_a_mirror_the_archive_is_named():
    with pytest.raises(ArchiveUnavailable, match="Fermi Science Support Center"):
        full_catalogue.source_named(FAINT)
    assert fermi_catalogue_files.datasets({"source": FAINT})[0].name == fermi_catalogue_files.TABLE


@pytest.mark.parametrize("kept", [3000, 200_000])
@pytest.mark.parametrize(
    ("file", "ask"),
    [
        ("gll_psc_v35.fit.gz", lambda: full_catalogue.source_named(FAINT)),
        ("gll_psch_v13.fit.gz", lambda: full_catalogue.hard_source_at(166.11, 38.21, 0.1)),
    ],
)
def test_a_file_cut_short_is_named(whole, tmp_path, monkeypatch, need, file, ask, kept):
    need((whole / "fermi_lat" / file).exists(), f"needs {file}")
    folder = tmp_path / "broken" / "fermi_lat"
    folder.mkdir(parents=True)
    (folder / file).write_bytes((whole / "fermi_lat" / file).read_bytes()[:kept])
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    with pytest.raises(RunFailed, match=file):
        ask()


def test_a_file_of_another_kind_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "broken" / "fermi_lat"
    folder.mkdir(parents=True)
    with gzip.open(folder / "gll_psc_v36.fit.gz", "wb") as file:
        file.write(b"no catalogue")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    with pytest.raises(RunFailed, match="gll_psc_v36"):
        full_catalogue.source_named(FAINT)


def test_the_newest_version_is_taken(whole, tmp_path, monkeypatch):
    folder = tmp_path / "mirror" / "fermi_lat"
    folder.mkdir(parents=True)
    for version in ("v9", "v35", "v31"):
        shutil.copy(whole / "fermi_lat" / "gll_psch_v13.fit.gz", folder / f"gll_psc_{version}.fit.gz")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    assert fermi_catalogue_files.newest("fermi_4fgl").named["version"] == "35"


def test_mrk_421_above_10_gev(whole, need):
    need(fermi_catalogue_files.newest("fermi_3fhl"), "needs gll_psch in the mirror")
    result = fermi_lat_hard.spectrum(166.1138, 38.2088)
    # 3FHL gives 1.947 +- 0.025 from the photons, this from its bands
    assert result.values["pl_index"].value == pytest.approx(1.947, abs=0.05)
    assert result.values["catalogue_pl_index"].value == pytest.approx(1.947, abs=0.001)
    assert len(result.points) == 5
    assert "not corrected for EBL absorption" in result.quality


def test_no_hard_source_is_refused_with_the_nearest(whole, need):
    need(fermi_catalogue_files.newest("fermi_3fhl"), "needs gll_psch in the mirror")
    with pytest.raises(NotCovered, match=r"nearest is 3FHL J1104\.4\+3812"):
        fermi_lat_hard.spectrum(166.1138, 38.0088)
