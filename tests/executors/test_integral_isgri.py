"""ISGRI: the right answers from the mirror, mosaics and spectra made up with known contents, and refusals."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executors.instruments import integral_isgri
from executors.physics import forward_folding
from executors.physics.mosaic import CHANCE, Position, noise_of, search
from kg_service.errors import ArchiveUnavailable, BadValue, Invalid, NotCovered, RunFailed

REQUEST = ("2017-03-06T13:26:48Z", "2017-03-06T15:32:27Z", 25.0, 40.0)
TARGET = "1E 1740.7-2942"
# peaks of the mosaic, read from its pixels independently of this code
RIGHT = {"GRS 1716-249": 60.99, "GX 1+4": 32.33, TARGET: 6.77, "GRS 1758-258": 5.48}


@pytest.fixture
def archive(mirror, monkeypatch):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return mirror


@pytest.fixture
def own(tmp_path_factory, monkeypatch):
    """A mirror of one's own, to put files into."""
    folder = tmp_path_factory.mktemp("mirror")
    (folder / "integral_isgri").mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder))
    return folder / "integral_isgri"


def write_mosaic(path, *, bright=(40, 50, 30.0), start=6274.5, band=None, seed=1):
    data = np.random.default_rng(seed).normal(size=(80, 100)).astype(np.float32)
    if bright:
        data[bright[0], bright[1]] = bright[2]
    data[:, :4] = np.nan
    unit = fits.PrimaryHDU(data)
    unit.header.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=51.0, CRPIX2=41.0, CRVAL1=88.0474, CRVAL2=-7.4562,
        CDELT1=-0.0823, CDELT2=0.0823, CUNIT1="deg", CUNIT2="deg",
        TSTART=start, TSTOP=start + 0.1, TIMEUNIT="d", MJDREF=51544.0,
    )  # fmt: skip
    if band:
        unit.header.update(E_MIN=band[0], E_MAX=band[1])
    unit.writeto(path)


def test_the_request_for_1e_1740_is_answered_from_the_mosaic(archive):
    result = integral_isgri.image(TARGET, None, None, *REQUEST)
    values = result.values
    found = {values[f"source_{n}"].value: values[f"significance_{n}"].value for n in range(1, 5)}
    assert found == pytest.approx(RIGHT, abs=0.01)  # they are pixels: only rounding is allowed
    kinds = [values[f"detection_{n}"].value for n in range(1, 5)]
    assert kinds == ["blind", "blind", "catalogue", "catalogue"]
    assert "source_5" not in values
    assert values["noise_rms"].value == pytest.approx(1.16, abs=0.005)
    assert values["noise_minimum"].value == pytest.approx(-7.6, abs=0.05)
    assert 7.6 < values["blind_threshold"].value < 15
    assert values["target_significance"].value == pytest.approx(6.77, abs=0.01)
    assert "not blind" in str(values["target_status"].value)
    assert result.coverage.energy == (25.0, 40.0)
    with fits.open("image.fits") as units:
        units.verify("exception")
        assert units[0].header["CTYPE1"] == "RA---TAN"
        assert np.nanmax(units[0].data) == pytest.approx(60.99, abs=0.01)
        assert list(units["SOURCES"].data["name"][:4]) == list(RIGHT)
        assert units[0].header["caveats"] == "; ".join(result.quality)


def test_without_times_and_band_the_same_mosaic_answers(archive):
    result = integral_isgri.image(TARGET)
    assert result.values["source_1"].value == "GRS 1716-249"
    by_position = integral_isgri.image(None, 265.978, -29.745)
    assert by_position.values["target_significance"].value == result.values["target_significance"].value


@pytest.mark.parametrize(
    ("t1", "t2", "e_min", "e_max"),
    [
        ("2017-03-06T14:00:00Z", "2017-03-06T15:00:00Z", None, None),
        ("2012-01-01T00:00:00Z", "2012-01-02T00:00:00Z", None, None),
        (None, None, 60.0, 100.0),
        (None, None, 30.0, 35.0),
    ],
)
def test_other_times_and_bands_are_refused_with_those_at_hand(archive, t1, t2, e_min, e_max):
    with pytest.raises(ArchiveUnavailable, match=r"2017-03-06 13:26:48 to 15:32:27, 25-40 keV"):
        integral_isgri.image(TARGET, None, None, t1, t2, e_min, e_max)


def test_a_target_outside_the_field_is_refused(archive):
    with pytest.raises((ArchiveUnavailable, NotCovered), match="Mrk 421"):
        integral_isgri.image("Mrk 421")
    with pytest.raises(NotCovered, match="outside the ISGRI mosaic"):
        integral_isgri.image(None, 268.5, -10.0)


def test_bad_values_are_refused(own):
    write_mosaic(own / "isgri_mosaic_a_25_40keV.fits")
    with pytest.raises(BadValue):
        integral_isgri.image(None, 400.0, 0.0)
    with pytest.raises(Invalid):
        integral_isgri.image(None, 88.0)
    with pytest.raises(Invalid):
        integral_isgri.image("NGC 2110", None, None, "2018-01-01T00:00:00Z", "2017-01-01T00:00:00Z")


def test_a_mirror_with_more_mosaics_needs_no_change(own):
    write_mosaic(own / "isgri_mosaic_x_25_40keV.fits")
    write_mosaic(own / "isgri_mosaic_y_40_80keV.fits", bright=(40, 50, 12.0), seed=2)
    write_mosaic(own / "isgri_mosaic_z.fits", bright=(40, 50, 20.0), start=7000.0, band=(17.8, 60.0), seed=3)
    low = integral_isgri.image("NGC 2110", None, None, None, None, 25.0, 40.0)
    assert low.values["target_significance"].value == pytest.approx(30.0)
    high = integral_isgri.image("NGC 2110", None, None, None, None, 40.0, 80.0)
    assert high.values["target_significance"].value == pytest.approx(12.0)
    later = integral_isgri.image("NGC 2110", None, None, "2019-01-01T00:00:00Z")
    assert later.values["target_significance"].value == pytest.approx(20.0)
    assert later.coverage.energy == (17.8, 60.0)


def test_a_source_that_is_not_there_is_not_detected(own):
    write_mosaic(own / "isgri_mosaic_x_25_40keV.fits", bright=None)
    result = integral_isgri.image("NGC 2110")
    assert result.values["blind_detections"].value == 0
    assert result.quality[0] == "NGC 2110 is not detected"
    assert "no upper limit" in " ".join(result.quality)


@pytest.mark.parametrize("keep", [1000, 12_000])
def test_a_damaged_mosaic_is_named(own, keep):
    write_mosaic(own / "isgri_mosaic_x_25_40keV.fits")
    path = own / "isgri_mosaic_x_25_40keV.fits"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunFailed, match="isgri_mosaic_x_25_40keV"):
        integral_isgri.image("NGC 2110")


def test_candidates_below_the_own_threshold_are_labelled_so(archive):
    result = integral_isgri.image(TARGET, None, None, *REQUEST, threshold=6.5)
    kinds = {m.value for name, m in result.values.items() if name.startswith("detection_")}
    assert kinds == {"blind", "catalogue", "candidate"}
    assert any("fluctuations" in text for text in result.quality)


def test_the_list_of_sources_is_that_of_the_image(archive, product_of):
    image = product_of("image", integral_isgri.image, TARGET, None, None, *REQUEST)
    result = integral_isgri.source_list(image)
    table = Table.read("sources.fits")
    assert list(table["name"][:4]) == list(RIGHT)
    assert result.values == image.values
    assert result.coverage.energy == (25.0, 40.0)


@given(shift=st.tuples(st.integers(-12, 12), st.integers(-12, 12)), scale=st.floats(1.0, 4.0))
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shifted_and_scaled_maps_shift_and_scale_the_result(shift, scale):
    data = np.random.default_rng(7).normal(size=(60, 70))
    data[30, 35], data[20, 22] = 25.0, 5.4
    at = Position("known", 0.0, 0.0, 22.0, 20.0)
    moved = Position("known", 0.0, 0.0, 22.0 + shift[1], 20.0 + shift[0])
    before = search(data, [at], half_width=3, identify=1.0)
    after = search(np.roll(data, shift, (0, 1)) * scale, [moved], half_width=3, identify=1.0)
    assert after.noise.threshold == pytest.approx(before.noise.threshold * scale)
    assert [(d.row, d.column) for d in after.detections] == [
        (d.row + shift[0], d.column + shift[1]) for d in before.detections
    ]
    for old, new in zip(before.detections, after.detections, strict=True):
        assert new.significance == pytest.approx(old.significance * scale)
        assert (new.kind, new.chance) == (old.kind, old.chance)


def test_chance_counts_the_negative_side_and_the_trials():
    data = np.zeros((100, 100))
    data[::20, ::20] = -5.0
    data[0, 0] = -7.0
    noise = noise_of(data, 3)
    assert noise.chance(4.0) == pytest.approx(25 / 10_000)
    assert noise.chance(6.0) == pytest.approx(1 / 10_000)
    assert noise.chance(8.0) == pytest.approx(1 / 10_000)
    data[50, 55] = 6.0
    places = [Position(str(n), 0.0, 0.0, 55.0 - n, 50.0) for n in range(50)]
    one = search(data, places[:1], half_width=3, identify=1.0)
    assert (one.detections[0].kind, one.detections[0].chance) == ("catalogue", pytest.approx(1e-4))
    many = search(np.where(data == 6.0, 4.5, data), places, half_width=3, identify=1.0)
    assert not many.detections
    assert min(d.chance for d in many.undetected) > CHANCE


def test_noise_alone_is_almost_never_a_blind_detection():
    generator = np.random.default_rng(11)
    found = [search(generator.normal(size=(80, 80)), [], half_width=3, identify=1.0) for _ in range(200)]
    assert sum(len(s.detections) for s in found) <= 8  # 0.01 each, so 2: more than 8 has a chance of 2e-4


def test_ngc_2110_between_20_and_200_kev(archive):
    result = integral_isgri.spectrum("NGC 2110", None, None, 20.0, 200.0)
    values = result.values
    # recomputed with another minimiser (Nelder-Mead on the same counts and response)
    assert values["index"].value == pytest.approx(1.807, abs=0.002)
    assert values["index"].error == pytest.approx(0.023, abs=0.001)
    assert values["chi2"].value == pytest.approx(9.75, abs=0.05)
    assert values["dof"].value == 10
    assert (values["channels"].value, values["channels_of_file"].value) == (12, 14)
    assert result.coverage.energy == pytest.approx((19.70, 199.69), abs=0.01)
    assert "19.7-200 keV" in result.label
    assert len(result.points) == 12
    assert all(point["epoch_end"].startswith("2017-12-11") for point in result.points)


def test_ngc_2110_with_all_channels(archive):
    values = integral_isgri.spectrum("NGC 2110").values
    assert values["index"].value == pytest.approx(1.813, abs=0.002)
    assert values["chi2"].value == pytest.approx(11.2, abs=0.05)
    assert values["dof"].value == 12


def test_energies_outside_the_response_are_refused(archive):
    with pytest.raises(NotCovered, match=r"17\.3 to 300\.2 keV"):
        integral_isgri.spectrum("NGC 2110", None, None, 400.0, 800.0)


def test_a_spectrum_without_date_is_not_given_for_a_date(archive):
    with pytest.raises(ArchiveUnavailable):
        integral_isgri.spectrum("NGC 2110", "2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z")


def test_without_archive_the_published_points_are_labelled_so():
    result = integral_isgri.spectrum("NGC 2110")
    assert result.values["published_points"].value == 21
    assert "digitised" in " ".join(result.quality)
    assert result.datasets[0].name == "ngc2110_isgri_spectrum.ecsv"
    # E F(E) at 17.9926 keV is 0.055412 keV cm-2 s-1
    assert result.points[0]["flux"] == pytest.approx(0.055412 * 1.602176634e-9)
    assert result.points[0]["flux_error_high"] == pytest.approx((0.059266 - 0.055412) * 1.602176634e-9)
    meta = json.loads(Path("spectrum.json").read_text(encoding="utf-8"))["meta"]
    assert "digitised" in meta["points"]


def test_another_source_is_refused_with_those_there_are(archive):
    with pytest.raises(ArchiveUnavailable, match="spectra of NGC 2110") as refused:
        integral_isgri.spectrum("Mrk 421")
    assert refused.value.near == ("NGC 2110",)


def copy_spectrum(mirror, own, source="NGC2110"):
    for part in ("spectrum", "arf", "rmf"):
        for path in (mirror / "integral_isgri").glob(f"NGC2110_ursini_{part}*"):
            shutil.copyfile(path, own / path.name.replace("NGC2110", source))


def test_the_spectrum_of_another_source_is_found_by_its_name(mirror, own):
    copy_spectrum(mirror, own, "Mrk421")
    result = integral_isgri.spectrum("Mrk 421")
    assert result.values["index"].value == pytest.approx(1.813, abs=0.002)


def test_a_missing_or_damaged_response_is_named(mirror, own):
    copy_spectrum(mirror, own)
    arf = own / "NGC2110_ursini_arf_osa10.fits.gz"
    arf.write_bytes(arf.read_bytes()[:9000])
    with pytest.raises(RunFailed, match="arf_osa10"):
        integral_isgri.spectrum("NGC 2110")
    arf.unlink()
    with pytest.raises(RunFailed, match="arf"):
        integral_isgri.spectrum("NGC 2110")


def test_counts_scaled_by_a_factor_scale_the_fluxes_alone(mirror, own):
    copy_spectrum(mirror, own)
    before = integral_isgri.spectrum("NGC 2110")
    path = own / "NGC2110_ursini_spectrum_osa10.fits"
    with fits.open(path, mode="update") as units:
        units[1].data["RATE"] *= 3
        units[1].data["STAT_ERR"] *= 3
    after = integral_isgri.spectrum("NGC 2110")
    for name, factor in (("index", 1), ("chi2", 1), ("amplitude", 3), ("energy_flux_20_100_keV", 3)):
        assert after.values[name].value == pytest.approx(factor * before.values[name].value, rel=1e-4)
    assert after.points[3]["flux"] == pytest.approx(3 * before.points[3]["flux"], rel=1e-4)


def response(bins=300, channels=20, blur=0.08):
    """A made-up response: channels from 20 to 200 keV, blurred by a Gaussian in ln E."""
    edges = np.geomspace(0.012, 0.4, bins + 1)
    centre = np.sqrt(edges[1:] * edges[:-1])
    bounds = np.geomspace(0.02, 0.2, channels + 1)
    integral = np.vectorize(lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))))
    below = integral((np.log(bounds)[None, :] - np.log(centre)[:, None]) / blur)
    area = 500 * np.exp(-((np.log(centre / 0.06)) ** 2))
    matrix = np.diff(below, axis=1) * area[:, None]
    return forward_folding.Response(edges[:-1], edges[1:], matrix, bounds[:-1], bounds[1:])


@given(index=st.floats(1.2, 3.5), level=st.floats(-6.0, 2.0))
@settings(deadline=None, max_examples=25)
def test_the_index_of_a_folded_power_law_is_recovered(index, level):
    made = response()
    rate, _ = forward_folding.fold(np.array([level, index]), made, 0.05)
    fitted = forward_folding.fit(rate, 0.03 * rate, made, np.ones(len(rate), dtype=bool))
    assert fitted is not None
    assert fitted.parameters[1] == pytest.approx(index, abs=1e-4)
    assert fitted.chi2 < 1e-6


def test_the_scatter_of_fitted_indices_is_the_error_stated():
    made, generator = response(), np.random.default_rng(20171211)
    rate, _ = forward_folding.fold(np.array([-1.0, 1.9]), made, 0.05)
    error, used = 0.05 * rate, np.ones(len(rate), dtype=bool)
    fits_made = [
        forward_folding.fit(rate + generator.normal(size=len(rate)) * error, error, made, used)
        for _ in range(200)
    ]
    pulls = np.array([(f.parameters[1] - 1.9) / f.errors[1] for f in fits_made])
    assert abs(pulls.mean()) < 3 / math.sqrt(200)
    assert pulls.std() == pytest.approx(1.0, abs=0.16)  # three standard errors of a standard deviation of 200
    chi2 = np.array([f.chi2 for f in fits_made])
    assert chi2.mean() == pytest.approx(18, abs=3 * math.sqrt(2 * 18 / 200))


def test_photons_in_a_bin_are_the_integral_of_the_power_law():
    low, high = np.array([0.02, 0.02]), np.array([0.0207, 0.2])
    found, _ = forward_folding.photons(np.array([0.3, 2.2]), low, high, 0.05)
    exact = math.exp(0.3) * 0.05 / 1.2 * ((low / 0.05) ** -1.2 - (high / 0.05) ** -1.2)
    assert found[0] == pytest.approx(exact[0], rel=1e-9)
    assert found[1] == pytest.approx(exact[1], rel=1e-3)
