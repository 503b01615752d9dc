"""VERITAS files of VTSCat: units from the columns, nights by time, blocks, and files that cannot be read."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
from astropy.table import Table

from executors import archives, vtscat_files
from executors.instruments import veritas_archive
from executors.physics import veritas_light_curve, veritas_points, vtscat
from kg_service.errors import ArchiveUnavailable, NotCovered, RunFailed

FEBRUARY = ("2010-02-01T00:00:00Z", "2010-03-01T00:00:00Z")
CURVE = "2017ApJ...834....2A/VER-000049-lc-1.ecsv"
OTHER = "2016ApJ...819..156B/VER-000049-9.yaml"
NIGHT = "2016ApJ...819..156B/VER-000049-sed-1.ecsv"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def collection(mirror, monkeypatch, need):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    need(archives.files("veritas"), "needs VTSCat files in the mirror")
    return mirror / "veritas"


@pytest.fixture
def rewritten(collection, tmp_path, monkeypatch):
    """A mirror with one file of the collection alone, changed."""

    def write(name, change, named=None):
        folder = tmp_path / f"mirror-{len(list(tmp_path.iterdir()))}" / "veritas"
        target = folder / (named or name)
        target.parent.mkdir(parents=True)
        target.write_text(change((collection / name).read_text()))
        monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
        return folder

    return write


def test_mrk_421_on_2013_01_10_is_as_published(collection):
    # the right answer: 4.65e-11 erg cm-2 s-1 at 168 GeV; given to three digits
    result = veritas_archive.night_spectrum("Mrk 421", "2013-01-10T05:00:00Z", "2013-01-10T06:00:00Z")
    assert result.values["lowest_point_e2dnde"].value == pytest.approx(4.65e-11, rel=2e-3)
    assert result.values["lowest_point_energy"].value == pytest.approx(168, abs=0.5)
    assert result.coverage.time == ("2013-01-10T00:00:00Z", "2013-01-11T00:00:00Z")
    assert [d.name for d in result.datasets] == ["VER-000049-sed-1.ecsv"]


def test_the_nights_are_those_of_the_shipped_points(collection):
    """Read from the files and from the shipped table, every spectrum of Mrk 421 is the same."""
    shipped = {s.ident: s for s in veritas_points.select("Mrk 421")}
    veritas_archive.night_spectrum("Mrk 421")
    ours = Table.read("spectrum.ecsv")
    assert set(ours["spectrum"]) == set(shipped)
    for ident, theirs in shipped.items():
        rows = ours[ours["spectrum"] == ident]
        np.testing.assert_allclose(rows["e2dnde"], theirs.columns["e2dnde"], rtol=1e-3)  # it is rounded
        np.testing.assert_allclose(rows["e_ref"], theirs.columns["e_ref"], rtol=1e-5)


def test_limits_keep_their_level(collection):
    result = veritas_archive.night_spectrum("TXS 0506+056")
    limits = [p for p in result.points if "upper_limit" in p]
    assert len(limits) == 13
    assert all(p["confidence_level"] == 0.95 for p in limits)


def test_february_2010_has_two_to_fifteen_blocks(collection):
    # the right answer: 2 to 15 blocks in each series
    result = veritas_archive.light_curve("Mrk 421", *FEBRUARY)
    counts = [m.value for name, m in result.values.items() if re.fullmatch(r"bayesian_blocks_\d+", name)]
    assert len(counts) == result.values["series"].value == 8
    assert all(2 <= count <= 15 for count in counts)
    assert any("overlap in time" in text for text in result.quality)


def test_points_stay_within_the_time_asked_for(collection):
    veritas_archive.light_curve("Mrk 421", "2010-02-17T08:00:00Z", "2010-02-17T09:00:00Z")
    times = Table.read("light_curve.fits")["time"]
    assert 55244 + 8 / 24 <= times.min() <= times.max() <= 55244 + 9 / 24


def test_upper_limits_are_kept_out_of_the_measures(collection):
    result = veritas_archive.light_curve("TXS 0506+056")
    assert result.values["upper_limits"].value == 16
    assert result.values["points"].value == 2
    table = Table.read("light_curve.ecsv")
    assert set(table["ul_confidence"][table["is_ul"]]) == {0.95}


def test_thresholds_come_from_the_file(collection):
    result = veritas_archive.light_curve("Mrk 421", *FEBRUARY)
    thresholds = {m.value for name, m in result.values.items() if name.startswith("energy_threshold")}
    assert sorted(thresholds) == pytest.approx([110.0, 200.0, 250.0, 350.0, 420.0, 600.0])


def test_square_metres_and_square_centimetres_are_one(rewritten, run_in):
    """The same light curve in m-2 and in cm-2: the file is in m-2."""
    rewritten(CURVE, lambda text: text)
    (metres,) = veritas_light_curve.select("Mrk 421", None, None)

    def to_centimetres(text):
        head, rows = text.replace("m-2 s-1", "cm-2 s-1").split("e_min e_max time flux flux_err\n")
        found = [line.split() for line in rows.splitlines() if line.strip()]
        lines = [" ".join([*r[:3], repr(float(r[3]) / 1e4), repr(float(r[4]) / 1e4)]) for r in found]
        return head + "e_min e_max time flux flux_err\n" + "\n".join(lines) + "\n"

    rewritten(CURVE, to_centimetres)
    (centimetres,) = veritas_light_curve.select("Mrk 421", None, None)
    np.testing.assert_allclose(centimetres.flux, metres.flux, rtol=1e-9)
    np.testing.assert_allclose(centimetres.error_high, metres.error_high, rtol=1e-9)
    assert 1e-10 < metres.flux[0] < 1e-9  # cm-2 s-1


def test_energies_in_gev_and_tev_are_one(rewritten):
    rewritten(CURVE, lambda text: text)
    (tera,) = veritas_light_curve.select("Mrk 421", None, None)
    rewritten(
        CURVE, lambda text: text.replace("e_min, unit: TeV", "e_min, unit: GeV").replace("\n0.315 ", "\n315 ")
    )
    (giga,) = veritas_light_curve.select("Mrk 421", None, None)
    np.testing.assert_allclose(giga.e_min, tera.e_min, rtol=1e-9)


def test_scaled_fluxes_scale_the_mean_and_keep_the_blocks(collection):
    first = veritas_light_curve.analyse(veritas_light_curve.select("Mrk 421", *FEBRUARY)[0])
    series = first.series
    scaled = vtscat.Series(**{
        name: getattr(series, name) * (7.0 if name in {"flux", "error_low", "error_high"} else 1.0)
        if isinstance(getattr(series, name), np.ndarray) else getattr(series, name)
        for name in vtscat.Series.__slots__
    })  # fmt: skip
    second = veritas_light_curve.analyse(scaled)
    assert [(b.first, b.last) for b in second.blocks] == [(b.first, b.last) for b in first.blocks]
    assert second.constant.mean == pytest.approx(7 * first.constant.mean)
    assert second.constant.chi2 == pytest.approx(first.constant.chi2)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("sources/tev-000049.yaml", "---\nsource_id: 49\ncommon_name: Markarian 501\n"),
        (OTHER, "pos:\n  ra: {val: 16h53m52s, err: 1s}\n  dec: {val: 39d45m38s, err: 1s}\n"),
        (OTHER, "pos:\n  ra: {val: 253.467}\n  dec: {val: +39.76}\n"),
    ],
)  # fmt: skip
def test_the_source_is_told_by_the_files(rewritten, named, text):
    folder = rewritten(NIGHT, lambda text: text)
    (folder / named).parent.mkdir(exist_ok=True)
    (folder / named).write_text(text)
    assert vtscat_files.held("sed") == ["Mrk 501"]
    assert len(vtscat_files.of_source("Mrk 501", "sed")) == 1


def test_a_number_without_a_source_is_shown_as_it_is(rewritten):
    rewritten(NIGHT, lambda text: text, named="2099ApJ...999..999X/VER-000777-sed-1.ecsv")
    with pytest.raises(ArchiveUnavailable, match="VER-000777"):
        veritas_archive.night_spectrum("Mrk 421")


def test_folders_by_year_are_found_too(rewritten):
    rewritten(NIGHT, lambda text: text, named=f"2016/{NIGHT}")
    assert veritas_archive.night_spectrum("Mrk 421").values["spectra"].value == 1


def test_another_telescope_is_passed_over(rewritten):
    rewritten(NIGHT, lambda text: text.replace("telescope: veritas", "telescope: magic"))
    with pytest.raises(ArchiveUnavailable, match="VTSCat"):
        veritas_archive.night_spectrum("Mrk 421")


@pytest.mark.parametrize("analysis", [veritas_archive.light_curve, veritas_archive.night_spectrum])
def test_another_source_is_refused_with_those_at_hand(collection, analysis):
    with pytest.raises(ArchiveUnavailable, match=r"Mrk 421 and TXS 0506\+056"):
        analysis("Mrk 501")


@pytest.mark.parametrize("analysis", [veritas_archive.light_curve, veritas_archive.night_spectrum])
def test_another_time_is_refused_with_the_nights_there_are(collection, analysis):
    with pytest.raises(NotCovered, match="2013-01-10"):
        analysis("Mrk 421", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")


def test_without_a_mirror_the_collection_is_named():
    with pytest.raises(ArchiveUnavailable, match="VTSCat"):
        veritas_archive.light_curve("Mrk 421")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:120],
        lambda text: text.replace(", unit: m-2 s-1", ""),
        lambda text: text.replace("m-2 s-1", "TeV"),
        lambda text: text.replace("{name: flux, ", "{name: other, ").replace("time flux ", "time other "),
        lambda text: "\0\1\2",
        lambda text: text[: text.index("time flux flux_err") + 60],
    ],
)
def test_a_damaged_file_is_named(rewritten, change):
    rewritten(CURVE, change)
    with pytest.raises(RunFailed, match=r"2017ApJ\.\.\.834\.\.\.\.2A/VER-000049-lc-1\.ecsv"):
        veritas_archive.light_curve("Mrk 421")


def test_limits_without_a_level_are_left_out_and_counted(collection, rewritten):
    name = "2018Sci...361.1378I/VER-000168-sed-1.ecsv"
    folder = rewritten(name, lambda text: text.replace("# - UL_CONF: 0.95\n", ""))
    with pytest.raises(NotCovered):
        veritas_archive.night_spectrum("TXS 0506+056")
    other = "2018ApJ...861L..20A/VER-000168-sed-1.ecsv"
    (folder / other).parent.mkdir()
    shutil.copy(collection / other, folder / other)
    result = veritas_archive.night_spectrum("TXS 0506+056")
    assert any(text.startswith("4 limits without a stated confidence level") for text in result.quality)
