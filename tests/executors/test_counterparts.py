"""Known sources in a credible region: the ones that are there, against what chance puts there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy_healpix import HEALPix
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from executors.combine import counterparts as combine
from executors.combine.counterparts import counterparts
from executors.physics import chance_alignment, neutrino_counterparts
from executors.physics.sky_map import SkyMap
from kg_service.errors import ArchiveUnavailable, BadValue, RunFailed
from kg_service.model.times import tt_from_iso

TXS = (77.3593, 5.7014)
EVENT = "GW200129_065458"


def gaussian(ra, dec, sigma, order=6):
    """A map in cells of one order: probability falls as a Gaussian of ``sigma`` deg around a place."""
    grid = HEALPix(1 << order, order="nested")
    pixel = np.arange(grid.npix)
    lon, lat = grid.healpix_to_lonlat(pixel)
    place = chance_alignment.directions(np.array([ra]), np.array([dec]))[:, 0]
    apart = np.arccos(np.clip(place @ chance_alignment.directions(lon.deg, lat.deg), -1, 1))
    density = np.exp(-0.5 * (np.degrees(apart) / sigma) ** 2)
    density /= density.sum() * grid.pixel_area.to_value("sr")
    return SkyMap(pixel + (4 << (2 * order)), density, {})


@pytest.fixture
def mirror_with_map(tmp_path, monkeypatch):
    """Puts a map into a mirror of its own, under the name of an event."""

    def put(sky, utc="2020-01-29T06:54:58.43", event=EVENT):
        folder = tmp_path / "archive" / "gw"
        folder.mkdir(parents=True, exist_ok=True)
        columns = [
            fits.Column("UNIQ", "K", array=sky.uniq),
            fits.Column("PROBDENSITY", "D", unit="sr-1", array=sky.density),
        ]
        unit = fits.BinTableHDU.from_columns(columns)
        unit.header.update({"DATE-OBS": utc, "CREATOR": "BAYESTAR", "INSTRUME": "H1,L1"})
        path = folder / f"{event}_bayestar.multiorder.fits"
        fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path, overwrite=True)
        monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(tmp_path / "archive"))
        monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))
        return path

    return put


def test_gw200129_has_as_many_sources_as_chance_brings(mirror, monkeypatch, need):
    need((mirror / "fermi_lat" / "gll_psc_v35.fit.gz").exists(), "needs the whole 4FGL-DR4 in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    result = counterparts(EVENT)
    values = result.values
    assert values["sources_inside"].value == 7
    # 7195 sources times 53.05 deg2 over the whole sky; 0.05 is half of the last digit stated
    assert values["expected_by_chance"].value == pytest.approx(9.3, abs=0.05)
    assert values["chance_probability"].value > 0.5
    assert values["post_trial_probability"].value > values["smallest_chance_probability"].value
    assert result.quality[0].startswith("7 sources inside, 9.3 expected by chance")
    assert values["alerts_in_window"].value == 0
    table = Table.read("counterparts.fits")
    assert len(table) == 7
    assert (np.diff(table["credible_level"]) >= 0).all()
    assert (np.diff(table["density"]) <= 0).all()
    assert table["credible_level"].max() <= 0.9
    assert "PMN J2110+0810" in table["association"]
    assert [d.reached for d in result.datasets[:2]] == ["mirror", "mirror"]
    assert combine._datasets({"event": EVENT}) == tuple(result.datasets)


def test_a_smaller_level_lists_fewer_of_the_same(mirror, monkeypatch, run_in):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    run_in("ninety", counterparts, EVENT)
    wide = list(Table.read("counterparts.ecsv")["name"])
    narrow = run_in("sixty", counterparts, EVENT, 60.0)
    assert list(Table.read("counterparts.ecsv")["name"]) == wide[: narrow.values["sources_inside"].value]
    assert 0 < narrow.values["sources_inside"].value < len(wide)


def test_a_source_at_the_heart_of_the_map_is_found_and_said_to_be_chosen(mirror_with_map):
    mirror_with_map(gaussian(*TXS, 2.0))
    result = counterparts(EVENT)
    document = json.loads(Path("counterparts.json").read_text(encoding="utf-8"))
    assert document["rows"][0]["association"] == "TXS 0506+056"
    assert document["rows"][0]["credible_level"] < 0.1
    assert any("IceCube-170922A" in text for text in result.quality)
    assert any("46 sources of 4FGL-DR4 that ship" in text for text in result.quality)
    assert result.datasets[1].reached == "embedded"
    assert fits.getheader("counterparts.fits", 1)["caveats"] == "; ".join(result.quality)


def test_a_map_moved_away_has_no_source(mirror_with_map):
    mirror_with_map(gaussian(200.0, -80.0, 1.0))
    result = counterparts(EVENT)
    assert result.values["sources_inside"].value == 0
    assert "best_source" not in result.values
    assert result.values["post_trial_probability"].value == 1
    assert len(Table.read("counterparts.vot")) == 0


def test_an_alert_at_the_same_time_and_place_is_coincident(mirror_with_map, run_in):
    # IceCube-170922A: 2017-09-22T20:54:30.436 UTC at RA 77.29, Dec 5.75 (first notice)
    mirror_with_map(gaussian(77.29, 5.75, 2.0), utc="2017-09-22T20:50:00")
    values = run_in("here", counterparts, EVENT).values
    assert values["alerts_coincident"].value == 1
    assert values["smallest_chance_probability"].value == values["alerts_chance_probability"].value < 1e-5
    assert values["post_trial_probability"].value == pytest.approx(
        3 * values["alerts_chance_probability"].value, rel=1e-3
    )
    table = Table.read("counterparts.ecsv")
    alert = table[table["list"] == "IceCube alerts"]
    assert alert["offset"][0] == pytest.approx(270.4, abs=1.0)
    assert run_in("short", counterparts, EVENT, 90.0, 60.0).values["alerts_in_window"].value == 0
    mirror_with_map(gaussian(167.29, 5.75, 2.0), utc="2017-09-22T20:50:00")
    elsewhere = run_in("there", counterparts, EVENT).values
    assert (elsewhere["alerts_in_window"].value, elsewhere["alerts_coincident"].value) == (1, 0)
    assert elsewhere["alerts_expected_by_chance"].value == pytest.approx(
        values["alerts_expected_by_chance"].value, rel=0.15
    )


def test_a_time_without_alerts_is_not_called_a_time_without_neutrinos(mirror_with_map):
    mirror_with_map(gaussian(*TXS, 2.0), utc="2015-09-14T09:50:45")
    result = counterparts(EVENT)
    assert "alerts_in_window" not in result.values
    assert result.values["trials"].value == 2
    assert any("does not cover this time" in text for text in result.quality)
    assert not any("IceCube" in iri for iri in result.observed_with)


def test_the_window_scales_the_neutrinos_expected():
    sky = gaussian(120.0, 10.0, 5.0, order=5)
    one, ten = (neutrino_counterparts.compare(sky, 90, "2018-01-01T00:00:00Z", w) for w in (500.0, 5000.0))
    assert ten.expected == pytest.approx(10 * one.expected, rel=1e-6)


def test_over_the_whole_sky_chance_is_the_share_of_time():
    everywhere = gaussian(0.0, 0.0, 1e4, order=3)
    found = neutrino_counterparts.compare(everywhere, 99.9, "2018-01-01T00:00:00Z", 500.0)
    seconds = (tt_from_iso(neutrino_counterparts.SPAN[1]) - tt_from_iso(neutrino_counterparts.SPAN[0])) / 1e6
    # one of 768 cells is left out, and few alerts ever point at it
    assert found.expected == pytest.approx(found.compared * 1000 / seconds, rel=0.01)


@pytest.mark.parametrize("level", [0.0, 100.0])
def test_levels_that_are_none_are_refused(level):
    with pytest.raises(BadValue, match="between 0 and 100"):
        counterparts(EVENT, level)


def test_an_event_without_map_and_a_damaged_map(mirror_with_map):
    path = mirror_with_map(gaussian(*TXS, 2.0))
    with pytest.raises(ArchiveUnavailable, match=EVENT):
        counterparts("GW190521")
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(RunFailed, match=path.name):
        counterparts(EVENT)


def test_a_damaged_catalogue_is_named(mirror_with_map, tmp_path):
    mirror_with_map(gaussian(*TXS, 2.0))
    folder = tmp_path / "archive" / "fermi_lat"
    folder.mkdir()
    whole = folder / "gll_psc_v99.fit"
    fits.HDUList([fits.PrimaryHDU(np.zeros((300, 300)))]).writeto(whole)
    with pytest.raises(RunFailed, match=r"gll_psc_v99\.fit .* has no table LAT_Point_Source_Catalog"):
        counterparts(EVENT)
    (folder / "gll_psc_v100.fit.gz").write_bytes(gzip.compress(whole.read_bytes())[:200])
    with pytest.raises(RunFailed, match=r"gll_psc_v100\.fit\.gz"):
        counterparts(EVENT)


def test_turned_sources_of_an_even_sky_are_as_many_as_the_area_says():
    sky = gaussian(40.0, -30.0, 6.0, order=5)
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, 20_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000)))
    turned = chance_alignment.turned(sky, 90, ra, dec, chance_alignment.GALACTIC_POLE)
    inside = sky.area[sky.cells_within(90)].sum() / (4 * np.pi)
    # 20 000 sources over the latitudes of the region: their number there is good to 2 %
    assert turned.expected == pytest.approx(20_000 * inside, rel=0.04)
    assert turned.counts.mean() == pytest.approx(turned.expected)
    assert turned.expected_within(1.0) == pytest.approx(turned.expected)
    assert turned.expected_within(0.3) < turned.expected_within(0.6)


def test_the_turned_catalogue_keeps_its_latitudes():
    ra, dec = np.array([266.4, 86.4, 192.9]), np.array([-28.9, 28.9, 27.1])
    pole = chance_alignment.directions(*np.array([[c] for c in chance_alignment.GALACTIC_POLE]))[:, 0]
    for row in zip(
        *chance_alignment.turn(ra, dec, chance_alignment.GALACTIC_POLE, np.array([77.0, 300.0])), strict=True
    ):
        latitude = pole @ chance_alignment.directions(*row)
        assert latitude == pytest.approx(pole @ chance_alignment.directions(ra, dec))


@given(
    ra=st.floats(0, 359.99), dec=st.floats(-89, 89), angle=st.floats(0, 360), back=st.sampled_from([-1, 0])
)
def test_turning_there_and_back_changes_nothing(ra, dec, angle, back):
    pole = chance_alignment.CELESTIAL_POLE
    there = chance_alignment.turn(np.array([ra]), np.array([dec]), pole, np.array([angle]))
    assert (there[0][0, 0] - ra - angle + 1) % 360 == pytest.approx(1, abs=1e-6)
    again = chance_alignment.turn(there[0][0], there[1][0], pole, np.array([back * angle]))
    assert again[1][0, 0] == pytest.approx(dec, abs=1e-9)


@given(count=st.integers(0, 12), number=st.integers(1, 30), chance=st.floats(0.001, 0.9))
def test_equal_chances_are_the_binomial(count, number, chance):
    assert chance_alignment.at_least(count, np.full(number, chance)) == pytest.approx(
        binom.sf(count - 1, number, chance), abs=1e-12
    )
