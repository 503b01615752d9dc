"""Legacy Survey images: sources where Tractor has them, fluxes that scale, positions that shift, refusals."""

from __future__ import annotations

import gzip
import math
from statistics import NormalDist

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import archives, legacy_survey_files
from executors.instruments import legacy_survey
from executors.physics import photometry, survey_image, survey_sed
from kg_service.errors import ArchiveUnavailable, NotCovered, RunFailed

RA, DEC = 165.1138, 38.2088
PLACE = (200.25, -30.5)
STARS = (
    (0.0, 0.0, 50.0),
    (20.0, 15.0, 200.0),
    (-25.0, 10.0, 80.0),
    (12.0, -28.0, 30.0),
    (-18.0, -22.0, 120.0),
)
"""Offsets to the east and north in arcsec and fluxes in nanomaggies."""


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def field(mirror, monkeypatch, need):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    need(archives.files("legacy_survey_image"), "needs an image of the Legacy Surveys in the mirror")
    return mirror


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    """Write an image of five stars, and a list of them, into a mirror of its own."""

    def write(pixel=0.5, scale=1.0, shift=0.0, band="g", resampled=True, unlike=(), place=PLACE):
        folder = tmp_path / f"mirror-{len(list(tmp_path.iterdir()))}" / "legacysurvey"
        folder.mkdir(parents=True)
        side = round(100 / pixel)
        header = fits.Header()
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        header["CRVAL1"], header["CRVAL2"] = (
            place[0] + shift / 3600 / math.cos(math.radians(place[1])),
            place[1],
        )
        header["CRPIX1"] = header["CRPIX2"] = (side + 1) / 2
        header["CD1_1"], header["CD2_2"], header["CD1_2"], header["CD2_1"] = (
            -pixel / 3600,
            pixel / 3600,
            0.0,
            0.0,
        )
        if resampled:
            header["PIXNAT"] = 0.25
        y, x = np.indices((side, side)).astype(float)
        data = 0.01 * np.random.default_rng(8).standard_normal((side, side))
        width = 0.7 / pixel
        for east, north, flux in STARS:
            cx, cy = (side - 1) / 2 - east / pixel, (side - 1) / 2 + north / pixel
            shape = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2)) / (2 * math.pi * width**2)
            data += flux * shape
        native = (pixel / 0.25) ** 2 if resampled else 1.0
        name = f"legacysurvey_dr9_{band}_ra{place[0]}_dec{place[1]}.fits"
        fits.PrimaryHDU((scale * data / native).astype(np.float32), header).writeto(folder / name)
        rows = Table()
        rows["ra"] = [place[0] + east / 3600 / math.cos(math.radians(place[1])) for east, _, _ in STARS]
        rows["dec"] = [place[1] + north / 3600 for _, north, _ in STARS]
        rows["type"] = ["PSF"] * len(STARS)
        rows["release"], rows["brickid"], rows["objid"] = 9010, 1, range(len(STARS))
        rows["maskbits"], rows["ebv"], rows["mjd_min"], rows["mjd_max"] = 0, 0.1, 57000.0, 58000.0
        for band_, transmission in (("g", 0.8), ("r", 0.85), ("z", 0.9), ("w1", 0.98)):
            rows[f"flux_{band_}"] = [flux for _, _, flux in STARS]
            rows[f"flux_ivar_{band_}"] = 4.0
            rows[f"mw_transmission_{band_}"] = transmission
        for column in unlike:
            rows.remove_column(column)
        rows.write(folder / "legacysurvey_dr9_tractor_cone.ecsv", format="ascii.ecsv")
        monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
        return folder

    return write


def test_sources_match_tractor_as_well_as_known(field):
    # the right answer: at least 88 % matched, median offset below 0.2 arcsec
    values = legacy_survey.sources(RA, DEC).values
    assert values["matched_fraction"].value >= 0.88
    assert values["median_offset"].value < 0.2
    assert values["matched_by_chance"].value < 5
    assert (values["threshold_sigma"].value, values["minimum_area_pixels"].value) == (3.0, 5)
    table = Table.read("sources.fits")
    assert table["matched"].sum() == values["matched"].value
    assert np.nanmax(table["offset"]) <= 1.0


def test_the_factor_of_the_resampled_image_is_applied_and_stated(field):
    result = legacy_survey.photometry(RA, DEC)
    assert result.values["flux_factor"].value == pytest.approx((1 / 0.262) ** 2, rel=1e-6)
    assert any("(1/0.262)^2 = 14.57" in text for text in result.quality)
    # measured ratio to Tractor: about 0.06 without the factor, 0.8 to 1 with it
    assert result.values["flux_ratio_without_factor"].value == pytest.approx(0.06, abs=0.01)
    assert 0.8 < result.values["flux_ratio_to_tractor"].value < 1.0
    assert any("not corrected" in text and "Tractor" in text for text in result.quality)


def test_time_is_said_to_be_ignored(field):
    result = legacy_survey.image(RA, DEC, t1="2017-01-01T00:00:00Z", t2="2017-02-01T00:00:00Z")
    assert any("time range asked for is ignored" in text for text in result.quality)
    assert "ignored" in fits.getheader("image.fits")["caveats"]


def test_the_cut_out_keeps_its_place_on_the_sky(field):
    legacy_survey.image(RA + 0.01, DEC - 0.01, "g", 1.0)
    with fits.open("image.fits") as hdus:
        hdus.verify("exception")
        assert hdus[0].data.shape == (60, 60)
        x, y = WCS(hdus[0].header).wcs_world2pix(RA + 0.01, DEC - 0.01, 0)
    assert (x, y) == pytest.approx((29.5, 29.5), abs=0.6)


def test_a_cut_out_over_the_edge_says_how_much_is_shown(field):
    result = legacy_survey.image(RA, DEC + 0.045, "g", 3.0)
    assert result.values["fraction_shown"].value == pytest.approx(0.6, abs=0.05)
    assert any("% of the cut-out lies on the image" in text for text in result.quality)


@pytest.mark.parametrize(("ra", "dec", "band"), [(10.0, 20.0, "g"), (RA, DEC + 0.2, "g"), (RA, DEC, "r")])
def test_a_position_outside_is_refused_with_what_is_covered(field, ra, dec, band):
    with pytest.raises(ArchiveUnavailable, match=r"DR9 g around RA 165\.1138, Dec \+38\.2088 \(6\.0 x 6\.0"):
        legacy_survey.image(ra, dec, band)


def test_the_spectrum_is_that_of_the_catalogue(field):
    rows = Table.read(archives.files("legacy_survey_sources")[0].path, format="ascii.ecsv")
    row = rows[int(np.argmax(rows["flux_r"] * (rows["type"] == "PSF")))]
    result = legacy_survey.spectrum(float(row["ra"]), float(row["dec"]))
    assert result.values["offset"].value < 1e-3
    for band in ("g", "r", "z", "w1"):
        assert result.values[f"magnitude_{band}"].value == pytest.approx(float(row[f"mag_{band}"]), abs=1e-3)
    table = Table.read("spectrum.ecsv")
    assert table["e2dnde_dereddened"][0] == pytest.approx(table["e2dnde"][0] / row["mw_transmission_g"])
    assert any("not corrected for Galactic extinction" in text for text in result.quality)
    assert any("time is ignored" in text for text in result.quality)


def test_one_nanomaggy_is_22_5_mag_and_3631e_9_jansky():
    # nu F_nu at 1 micrometre: 3.631e-29 erg cm-2 s-1 Hz-1 times 2.998e14 Hz
    assert float(survey_sed.e2dnde(1.0, 1.0)) == pytest.approx(1.08855e-14, rel=1e-4)
    assert photometry.magnitude(np.array([1.0]), np.array([0.1]))[0] == pytest.approx(22.5)


def test_no_source_near_the_position_is_refused_with_the_nearest(simulated):
    simulated()
    with pytest.raises(NotCovered, match=r"nearest is at RA 200\.25000"):
        legacy_survey.spectrum(PLACE[0], PLACE[1] + 5 / 3600, 2.0)


@pytest.mark.parametrize("pixel", [0.25, 0.5, 1.0])
def test_a_resampled_image_gives_the_fluxes_of_the_stars(simulated, pixel):
    simulated(pixel)
    result = legacy_survey.photometry(*PLACE, size=1.6, threshold=5.0)
    fluxes = Table.read("photometry.ecsv")["flux"]
    assert sorted(fluxes, reverse=True) == pytest.approx([200, 120, 80, 50, 30], rel=0.02)
    assert result.values["target_flux_nanomaggy"].value == pytest.approx(50, rel=0.02)
    assert result.values["matched_fraction"].value == 1.0
    assert result.values["flux_ratio_to_tractor"].value == pytest.approx(1, abs=0.02)


def test_a_scaled_image_scales_the_fluxes(simulated, run_in):
    simulated()
    one = run_in("one", legacy_survey.photometry, *PLACE, "g", 1.6, 5.0)
    simulated(scale=3.0)
    three = run_in("three", legacy_survey.photometry, *PLACE, "g", 1.6, 5.0)
    for name in ("target_flux_nanomaggy", "sky_error_nanomaggy", "flux_ratio_to_tractor"):
        assert three.values[name].value == pytest.approx(3 * one.values[name].value, rel=1e-3)
    assert three.values["median_offset"].value == pytest.approx(one.values["median_offset"].value, abs=1e-3)


def test_a_shifted_image_shifts_the_positions(simulated):
    simulated(shift=0.6)
    values = legacy_survey.sources(*PLACE, 1.0, "g", 1.6, 5.0).values
    assert values["median_offset_east"].value == pytest.approx(0.6, abs=0.03)
    assert values["median_offset_north"].value == pytest.approx(0.0, abs=0.03)
    simulated(shift=5.0)
    assert legacy_survey.sources(*PLACE, 1.0, "g", 1.6, 5.0).values["matched"].value == 0


def test_without_a_list_the_photometry_says_so(simulated):
    next(simulated().glob("*.ecsv")).unlink()
    result = legacy_survey.photometry(*PLACE, size=1.6, threshold=5.0)
    assert "no list of Tractor sources at hand to compare" in result.quality
    with pytest.raises(ArchiveUnavailable, match="list of Tractor sources"):
        legacy_survey.sources(*PLACE)


def test_images_are_found_by_what_they_show(simulated):
    folder = simulated()
    simulated_files = {found.path.parent for found in archives.files("legacy_survey_image")}
    assert simulated_files == {folder}
    assert legacy_survey_files.image_at(*PLACE, "g").release == 9
    said = legacy_survey_files.image_datasets({"ra": PLACE[0], "dec": PLACE[1], "band": "g"})
    assert [d.name for d in said] == [f"legacysurvey_dr9_g_ra{PLACE[0]}_dec{PLACE[1]}.fits"]
    assert legacy_survey_files.image_datasets({"ra": 0.0, "dec": 0.0, "band": "g"}) == ()


@pytest.mark.parametrize("place", [PLACE, (0.001, 60.0), (359.999, -89.0)])
def test_pixels_are_those_of_astropy(simulated, place):
    found = legacy_survey_files._image(
        archives.ArchiveFile(
            next(simulated(place=place).glob("*.fits")),
            archives.collection("legacy_survey_image"), "mirror", {"release": "dr9", "band": "g"}, "",
        )
    )  # fmt: skip
    wcs = WCS(fits.getheader(found.file.path))
    for dra, ddec in ((0, 0), (0.005, 0.003), (-0.004, -0.002)):
        ra, dec = (place[0] + dra) % 360, place[1] + ddec
        ours = legacy_survey_files._pixel(found.header, ra, dec)
        assert ours == pytest.approx([float(p) for p in wcs.wcs_world2pix(ra, dec, 1)], abs=1e-6)


@pytest.mark.parametrize("kept", [500, 4000, 20_000])
def test_an_image_cut_short_is_named(simulated, kept):
    path = next(simulated().glob("*.fits"))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RunFailed, match=path.name):
        legacy_survey.image(*PLACE)


def test_a_damaged_image_of_another_field_does_not_matter(simulated):
    folder = simulated()
    with gzip.open(folder / "legacysurvey_dr9_g_ra10.5_dec20.5.fits.gz", "wb") as file:
        file.write(b"nothing")
    assert legacy_survey.image(*PLACE, "g", 1.0).values["fraction_shown"].value == 1.0
    with pytest.raises(RunFailed, match="ra10"):
        legacy_survey.image(10.5, 20.5)


@pytest.mark.parametrize(
    "content", ["nothing", "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x, datatype: int64}\nx\n1\n"]
)
def test_a_damaged_list_is_named(simulated, content):
    path = next(simulated().glob("*.ecsv"))
    path.write_text(content)
    with pytest.raises(RunFailed, match=path.name):
        legacy_survey.spectrum(*PLACE)


def test_too_few_pixels_are_refused_with_the_way_out(simulated):
    simulated()
    with pytest.raises(NotCovered, match="enlarge the cut-out"):
        legacy_survey.photometry(*PLACE, size=0.5, aperture=10.0)
    with pytest.raises(NotCovered, match="lower the threshold"):
        legacy_survey.photometry(*PLACE, size=1.6, threshold=100.0, area=1000)


@settings(deadline=None)
@given(flux=st.floats(-4, 8), error=st.floats(0.1, 3))
def test_limits_hold_the_share_of_the_curve_they_say(flux, error):
    limit = photometry.upper_limit(flux * error, error)
    normal = NormalDist(flux * error, error)
    above_zero = 1 - normal.cdf(0)
    assert limit > 0
    assert (normal.cdf(limit) - normal.cdf(0)) / above_zero == pytest.approx(0.95, abs=1e-6)


def test_every_band_allowed_has_energies():
    for band in ("g", "r", "i", "z"):
        low, high = survey_image.band_kev(band)
        assert 1e-3 < low < high < 4e-3
