"""Sky maps and event searches: a real map with its published areas, made-up maps of known shape."""

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
from mocpy import MOC

from executors import gw_runs, sky_map_archive
from executors.figures import sky_projection
from executors.instruments import gw_events
from executors.physics import sky_map, sky_regions
from kg_service.errors import ArchiveUnavailable, BadValue, Invalid, NotCovered, RunFailed

EVENT = "GW200129_065458"
SKY = 4 * np.pi * (180 / np.pi) ** 2
RANGE = ("2020-01-01T00:00:00Z", "2020-02-20T00:00:00Z")


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def bayestar(mirror, monkeypatch, need):
    """The mirror with the map that BAYESTAR made of GW200129_065458 minutes after it."""
    path = mirror / "gw" / f"{EVENT}_bayestar.multiorder.fits.gz"
    need(path.exists(), "needs the sky map of GW200129_065458 in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return path


@pytest.fixture
def mirror_of(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    (folder / "gw").mkdir(parents=True)
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder))
    return folder


def disc(ra, dec, radius, order=6):
    """Cells (UNIQ) of one order and the probability density of an even disc."""
    grid = HEALPix(nside=1 << order, order="nested")
    lon, lat = grid.healpix_to_lonlat(np.arange(grid.npix))
    inside = sky_regions.separation(lon.deg, lat.deg, ra, dec) <= radius
    density = np.where(inside, 1.0, 0.0)
    return np.arange(grid.npix) + 4 * 4**order, density / (density.sum() * 4 * np.pi / grid.npix)


def write_map(folder, event, uniq, density, *, pipeline="bayestar", date="2020-01-01T00:00:00", **header):
    columns = [
        fits.Column("UNIQ", "K", array=uniq),
        fits.Column("PROBDENSITY", "D", array=density, unit="sr-1"),
    ]
    unit = fits.BinTableHDU.from_columns(columns)
    unit.header.update({"DATE": date, "CREATOR": pipeline.upper(), "INSTRUME": "H1,L1", **header})
    path = folder / "gw" / f"{event}_{pipeline}.multiorder.fits"
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path, overwrite=True)
    return path


# A map


def test_the_areas_of_gw200129_are_those_published(bayestar):
    # 1 %: whether the last cell counts wholly, in part or not moves the areas by 0.3 %
    result = gw_events.sky_map(EVENT)
    assert result.values["area_50"].value == pytest.approx(10.17, rel=0.01)
    assert result.values["area_90"].value == pytest.approx(53.07, rel=0.01)
    assert result.values["detectors"].value == "H1,L1,V1"
    assert [iri.rpartition("#")[2] for iri in result.observed_with] == ["H1", "L1", "V1"]
    assert any(text.startswith("preliminary") for text in result.quality)
    assert result.coverage.time[0].startswith("2020-01-29T06:54:58.43")
    assert sky_map_archive.datasets({"event": EVENT}) == tuple(result.datasets)


def test_the_files_hold_map_regions_and_contours(bayestar):
    result = gw_events.sky_map(EVENT, "50,90")
    with fits.open("sky_map.fits") as file:
        file.verify("exception")
        cells = file["SKYMAP"].data
        assert file["SKYMAP"].header["caveats"] == "; ".join(result.quality)
        within = cells["CREDIBLE_LEVEL"] <= 0.9
    again = sky_map.read(Path("sky_map.fits"))  # it is a map as others are
    assert again.credible_area(90) == pytest.approx(result.values["area_90"].value)
    region = MOC.from_fits("region_90.moc.fits")
    assert region.sky_fraction * SKY == pytest.approx(53.07, rel=0.01)
    assert MOC.from_string(result.coverage.sky) == region
    order = np.log2(cells["UNIQ"] / 4).astype(int) // 2
    assert (SKY / 12 / 4.0**order)[within].sum() == pytest.approx(53.07, rel=0.01)
    document = json.loads(Path("regions.json").read_text(encoding="utf-8"))
    assert MOC.from_json(document["regions"][1]["moc"]) == region
    assert list(Table.read("regions.ecsv")["level"]) == [50, 90]


def test_the_areas_are_those_of_mocpy(bayestar):
    sky = sky_map.read(bayestar)
    for level in (20, 50, 90, 99):
        cells = sky.uniq.astype(np.uint64)
        theirs = MOC.from_valued_healpix_cells(
            cells, sky.probability, int(sky.order.max()), cumul_to=level / 100
        )
        assert sky.credible_area(level) == pytest.approx(theirs.sky_fraction * SKY, rel=0.005)


def test_the_distance_agrees_with_the_one_that_bayestar_says(bayestar):
    sky = sky_map.read(bayestar)
    five, fifty, ninety_five = sky.distances
    assert fifty == pytest.approx(sky.header["DISTMEAN"], rel=0.03)  # a median and a mean
    assert (ninety_five - five) / 3.29 == pytest.approx(sky.header["DISTSTD"], rel=0.03)


def test_contours_have_the_area_of_their_region(bayestar):
    sky = sky_map.read(bayestar)
    for level in (50, 90):
        area = 0.0
        for line in sky_regions.contours(sky, level):
            ra, dec = np.radians(np.unwrap(np.array(line), period=360, axis=0)).T
            area += abs(np.sum(np.diff(ra) * (np.sin(dec[1:]) + np.sin(dec[:-1])) / 2)) * (180 / np.pi) ** 2
        assert area == pytest.approx(sky.credible_area(level), rel=0.05)


@given(
    level=st.floats(1, 99), ra=st.sampled_from([0.0, 120.0, 359.0]), dec=st.sampled_from([-80.0, 0.0, 45.0])
)
def test_an_even_disc_has_an_area_in_proportion_to_the_level(level, ra, dec):
    uniq, density = disc(ra, dec, 20.0, order=5)
    sky = sky_map.SkyMap(uniq, density, {})
    whole = (density > 0).sum() * SKY / len(uniq)
    assert sky.credible_area(level) == pytest.approx(whole * level / 100)
    cells = sky.cells_within(level)
    assert sky.probability[cells].sum() >= level / 100 - 1e-12
    assert sky.probability[cells[:-1]].sum() < level / 100


def test_a_region_over_the_pole_and_the_seam_is_outlined_as_a_whole():
    for ra, dec in ((0.0, 0.0), (40.0, 88.0), (200.0, -89.0)):
        sky = sky_map.SkyMap(*disc(ra, dec, 12.0, order=6), {})
        lines = sky_regions.contours(sky, 99)
        points = np.array([p for line in lines for p in line])
        away = sky_regions.separation(points[:, 0], points[:, 1], ra, dec)
        at_edge = np.abs(points[:, 1]) > 89  # a contour around a pole is closed along it
        assert away[~at_edge].max() < 13.5
        assert np.median(away[~at_edge]) == pytest.approx(12, abs=1.0)


def test_positions_and_cells_belong_together(bayestar):
    sky = sky_map.read(bayestar)
    some = np.arange(0, len(sky.uniq), 7)
    assert np.array_equal(sky.cell_at(*sky.position(some)), some)
    half = sky_map.SkyMap(sky.uniq[::2], sky.density[::2], {})  # a map with holes
    ra, dec = sky.position(np.array([1]))
    assert half.cell_at(ra, dec)[0] == -1


def test_the_newest_map_serves_and_other_names_find_it(mirror_of):
    write_map(mirror_of, "GW170817", *disc(197.0, -23.0, 10.0), date="2017-08-17T13:00:00")
    write_map(
        mirror_of,
        "GW170817",
        *disc(197.0, -23.0, 3.0),
        pipeline="PublicationSamples",
        date="2019-01-01T00:00:00",
    )
    result = gw_events.sky_map("GW170817")
    assert result.values["pipeline"].value == "PUBLICATIONSAMPLES"
    assert not any(text.startswith("preliminary") for text in result.quality)
    assert result.values["area_90"].value == pytest.approx(0.9 * np.pi * 9, rel=0.1)
    assert "distance_50_percent" not in result.values
    write_map(mirror_of, "S190521g", *disc(10.0, 10.0, 3.0))  # the name of the alert
    assert gw_events.sky_map("GW190521").values["most_probable_ra"].value == pytest.approx(10, abs=3.2)


def test_a_turned_map_turns_the_answer(mirror_of):
    found = []
    for ra in (60.0, 150.0):
        write_map(mirror_of, "GW170817", *disc(ra, 20.0, 8.0))
        found.append(gw_events.sky_map("GW170817", "90").values)
    assert found[0]["area_90"].value == pytest.approx(found[1]["area_90"].value)  # cells repeat every 90 deg
    turned = (found[1]["most_probable_ra"].value - found[0]["most_probable_ra"].value) % 90
    assert min(turned, 90 - turned) < 16


@pytest.mark.parametrize(
    "damage", ["cut short", "empty", "no probability", "sums to 2", "no fits", "negative"]
)
def test_a_damaged_map_is_named(mirror_of, damage):
    uniq, density = disc(10.0, 10.0, 5.0)
    if damage == "negative":
        density[0] = -1
    path = write_map(mirror_of, "GW170817", uniq, density * (2 if damage == "sums to 2" else 1))
    content = path.read_bytes()
    if damage == "no probability":
        fits.BinTableHDU.from_columns([fits.Column("UNIQ", "K", array=uniq)]).writeto(path, overwrite=True)
    broken = {"cut short": content[: len(content) // 2], "empty": b"", "no fits": b"no map" * 1000}
    if damage in broken:
        path.write_bytes(broken[damage])
    with pytest.raises(RunFailed, match=path.name):
        gw_events.sky_map("GW170817")


def test_a_truncated_gzip_is_named(bayestar, mirror_of):
    path = mirror_of / "gw" / bayestar.name
    path.write_bytes(bayestar.read_bytes()[:300000])
    with pytest.raises(RunFailed, match=path.name):
        gw_events.sky_map(EVENT)
    path.write_bytes(gzip.compress(b"SIMPLE  =                    T" + b" " * 10000))
    with pytest.raises(RunFailed, match=path.name):
        gw_events.sky_map(EVENT)


@pytest.mark.parametrize("levels", ["0", "100", "-5,50", "50,,90", "much", "nan"])
def test_levels_outside_0_to_100_are_refused(levels):
    with pytest.raises(BadValue, match="credible level") as refused:
        gw_events.sky_map(EVENT, levels)
    assert refused.value.parameter == "contour_levels"


def test_a_map_that_is_not_at_hand_is_refused_with_those_that_are(mirror_of):
    write_map(mirror_of, "GW170817", *disc(197.0, -23.0, 10.0))
    with pytest.raises(ArchiveUnavailable, match="GraceDB") as refused:
        gw_events.sky_map("GW150914")
    assert refused.value.near == ("GW170817",)


# The search


def test_events_of_a_time_range(mirror_of):
    result = gw_events.event_search("2015-09-01T00:00:00Z", "2016-02-01T00:00:00Z")
    assert result.values["names"].value == "GW150914, GW151012, GW151226"
    table = Table.read("events.fits")
    assert list(table["name"]) == ["GW150914", "GW151012", "GW151226"]
    assert table["chirp_mass"][0] == 28.6
    assert "cone" not in table.colnames
    whole = gw_events.event_search("2015-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
    assert whole.values["events_in_range"].value == 90


def test_a_range_without_events_is_empty_and_one_without_observations_is_refused():
    empty = gw_events.event_search("2015-09-15T00:00:00Z", "2015-09-20T00:00:00Z")
    assert empty.values["events_listed"].value == 0
    assert len(Table.read("events.ecsv")) == 0
    with pytest.raises(NotCovered, match="O3a 2019-04-01"):
        gw_events.event_search("2018-01-01T00:00:00Z", "2018-06-01T00:00:00Z")


def test_a_cone_keeps_what_it_meets_and_what_is_not_known(mirror_of):
    write_map(mirror_of, "GW200129_065458", *disc(318.0, 5.0, 5.0))
    write_map(mirror_of, "GW200115_042309", *disc(40.0, 5.0, 5.0))
    result = gw_events.event_search(*RANGE, 318.0, 15.0, 6.0)
    assert result.values["names_meeting"].value == "GW200129_065458"
    assert result.values["events_in_range"].value == 11
    assert result.values["no_map_at_hand"].value == 9
    assert result.values["events_listed"].value == 10  # the one that does not meet it is left out
    table = Table.read("events.ecsv")
    assert set(table["cone"]) == {"meets", "no map at hand"}
    assert "GW200115_042309" not in table["name"]
    assert any("9 of 11 events have no map at hand" in text for text in result.quality)
    assert len(result.datasets) == 4  # two tables and both maps: the answer rests on each
    asked = {"t1": RANGE[0], "t2": RANGE[1]}
    assert set(gw_runs.search_datasets(asked)) == set(result.datasets)
    document = json.loads(Path("contours.json").read_text(encoding="utf-8"))
    assert document["contours"]["GW200129_065458"]["levels"] == [50, 90]


def test_the_radius_and_the_level_decide(mirror_of):
    write_map(mirror_of, "GW200129_065458", *disc(318.0, 0.0, 5.0))
    meets = [
        gw_events.event_search(*RANGE, 318.0, 15.0, radius, 99.0).values["meet_the_cone"].value
        for radius in (0.0, 9.0, 11.0, 180.0)
    ]
    assert meets == [0, 0, 1, 1]
    point = gw_events.event_search(*RANGE, 318.0, 1.0, 0.0, 99.0)  # a position alone
    assert point.values["meet_the_cone"].value == 1
    ignored = gw_events.event_search(*RANGE, 100.0, 15.0, 1.0, do_cone_search=False)
    assert ignored.values["events_listed"].value == 11


def test_the_region_of_the_threshold_counts(mirror_of):
    uniq, narrow = disc(318.0, 0.0, 2.0)
    wide = disc(318.0, 0.0, 20.0)[1]
    write_map(mirror_of, "GW200129_065458", uniq, 0.6 * narrow + 0.4 * wide)
    for threshold, expected in ((50.0, 0), (95.0, 1)):
        result = gw_events.event_search(*RANGE, 318.0, 15.0, 2.0, threshold)
        assert result.values["meet_the_cone"].value == expected
    row = Table.read("events.ecsv")
    row = row[row["cone"] == "meets"]
    assert 60 < row["level_in_cone"][0] < 95
    assert row["probability_in_cone"][0] == pytest.approx(0.4 * (2 / 20) ** 2, rel=0.2)


def test_bad_cones_are_refused():
    with pytest.raises(Invalid, match="both"):
        gw_events.event_search(*RANGE, ra=10.0)
    with pytest.raises(BadValue, match="-1"):
        gw_events.event_search(*RANGE, 10.0, 10.0, -1.0)
    for level in (0.0, 100.0, -3.0):
        with pytest.raises(BadValue, match="credible level"):
            gw_events.event_search(*RANGE, 10.0, 10.0, 1.0, level)


# The facts


def test_the_facts_of_an_event_are_those_of_its_catalogue():
    result = gw_events.event_facts("GW150914")
    assert result.values["mass_1"].value == 35.6
    assert result.values["mass_1_upper_90"].value == 40.3
    assert result.values["mass_1"].error == pytest.approx((4.7 + 3.1) / 2 / 1.6449)
    assert result.values["luminosity_distance"].unit == "Mpc"
    assert "time given to 0.1 s" in result.quality
    assert "time given to 0.1 s" not in gw_events.event_facts("GW170817").quality  # published more exactly
    with pytest.raises(NotCovered, match="GWTC-3"):
        gw_events.event_facts("GW999999")


# The projections


@given(ra=st.floats(0, 359.9), dec=st.floats(-88, 88), centre=st.floats(0, 359))
def test_projections_lead_back(ra, dec, centre):
    x, y = sky_projection.mollweide(np.array([ra]), np.array([dec]), centre)
    assert x[0] ** 2 / 4 + y[0] ** 2 <= 1 + 1e-9
    back = sky_projection.from_mollweide(x * 0.999999, y * 0.999999, centre)
    assert sky_regions.separation(*back, ra, dec)[0] < 0.02
    x, y = sky_projection.around(np.array([ra]), np.array([dec]), centre, 20.0)
    assert np.hypot(x, y)[0] == pytest.approx(
        sky_regions.separation(np.array([ra]), np.array([dec]), centre, 20.0)[0]
    )
    assert sky_regions.separation(*sky_projection.from_around(x, y, centre, 20.0), ra, dec)[0] < 1e-5
