"""Nights, airmass, Sun and Moon: held against astropy, and against what everybody knows of the sky."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from executors.combine.observability import observability
from executors.known import observing_sites
from executors.physics import observability as sky
from executors.physics.chance_alignment import directions
from kg_service.errors import BadValue, Invalid, NotCovered
from kg_service.model.times import tt_from_iso

MRK421 = (166.1138, 38.2088)
NIGHT = "2026-03-10T03:00:00Z"  # evening in Arizona


@pytest.mark.parametrize(
    ("site", "when"), [("VERITAS", "2026-03-10T03:00:00Z"), ("Paranal", "2010-07-01T00:00:00Z")]
)
def test_altitudes_are_those_of_astropy(site, when):
    place = observing_sites.find(site)
    seen = sky.sky_of(place, sky.noon_before(place, tt_from_iso(when)), 2, 48)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        time = Time(seen.time // sky.DAY, (seen.time % sky.DAY) / sky.DAY, format="mjd", scale="tt")
        at = EarthLocation.from_geodetic(place.longitude, place.latitude, place.height)
        frame = AltAz(obstime=time, location=at)
        star = SkyCoord(*MRK421, unit="deg").transform_to(frame)
        moon, sun = get_body("moon", time, at), get_body("sun", time, at)
        moon_height, sun_height = moon.transform_to(frame).alt.deg, sun.transform_to(frame).alt.deg
        elongation = get_body("sun", time).separation(get_body("moon", time)).deg
        apart = moon.transform_to(frame).separation(star).deg
    direction = directions(np.array([MRK421[0]]), np.array([MRK421[1]]))[:, 0]
    # aberration 0.006 deg, UT1 - UTC up to 0.004 deg
    assert np.abs(seen.altitude(direction) - star.alt.deg).max() < 0.011
    assert np.abs(seen.sun_altitude - sun_height).max() < 0.011
    assert np.abs(seen.moon_altitude - moon_height).max() < 0.011
    assert np.abs(seen.moon_separation(direction) - apart).max() < 0.02
    # the Moon is 400 times nearer than the Sun, so the phase is the elongation to 0.2 deg
    assert seen.illumination == pytest.approx((1 - np.cos(np.radians(elongation))) / 2, abs=0.003)


def test_a_night_of_mrk_421_from_veritas():
    result = observability(*MRK421, "VERITAS", NIGHT)
    values = result.values
    assert result.label == "Observability of Mrk 421 from VERITAS, 2026-03-10"
    # it culminates at 90 - |31.68 - 38.07| deg: precession took 0.14 deg from its declination since J2000
    assert values["highest_altitude"].value == pytest.approx(90 - abs(31.68 - 38.068), abs=0.05)
    assert values["smallest_airmass"].value == pytest.approx(1 / np.sin(np.radians(83.6)), abs=0.002)
    assert 8 < values["observable_hours"].value < 10.5
    assert values["night_start"].value.startswith("2026-03-10T0")
    assert values["night_start"].value <= values["window_start"].value < values["best_time"].value
    table = Table.read("nights.ecsv")
    assert list(table["evening"]) == ["2026-03-09"]
    assert table["hours"][0] == pytest.approx(values["observable_hours"].value)
    assert fits.getheader("nights.fits", 1)["caveats"] == "; ".join(result.quality)
    samples = json.loads(Path("samples.json").read_text(encoding="utf-8"))["samples"]
    share = np.mean(samples["observable"]) * 24
    assert share == pytest.approx(values["observable_hours"].value, abs=0.15)


def test_the_window_ends_where_the_airmass_says(run_in):
    wide = run_in("two", observability, *MRK421, "VERITAS", NIGHT).values
    narrow = run_in("oneandhalf", observability, *MRK421, "VERITAS", NIGHT, None, 1.5).values
    assert narrow["observable_hours"].value < wide["observable_hours"].value
    place = observing_sites.find("VERITAS")
    end = tt_from_iso(narrow["window_end"].value)
    seen = sky.sky_of(place, end, 1, 24)
    direction = directions(np.array([MRK421[0]]), np.array([MRK421[1]]))[:, 0]
    assert sky.airmass(seen.altitude(direction)[:1])[0] == pytest.approx(1.5, abs=0.001)


def test_twilight_decides_how_long_the_night_is(run_in):
    hours = [
        run_in(word, observability, *MRK421, "VERITAS", NIGHT, None, 30.0, word)
        .values["observable_hours"]
        .value
        for word in ("astronomical", "nautical", "civil")
    ]
    # a degree of the Sun takes about 5 minutes at this latitude: 6 deg twice is about an hour
    assert np.diff(hours) == pytest.approx([0.95, 0.95], abs=0.2)


def test_the_moon_counts_only_while_it_is_up(run_in):
    # full Moon of 2026-03-03 near the target's right ascension plus some days
    free = run_in("free", observability, 160.0, 10.0, "Paranal", "2026-03-03T03:00:00Z").values
    far = run_in(
        "far", observability, 160.0, 10.0, "Paranal", "2026-03-03T03:00:00Z", None, 2.0, "astronomical", 60.0
    )
    assert free["moon_illumination"].value > 0.98
    assert far.values["observable_hours"].value < free["observable_hours"].value
    assert any("at least 60 deg" in text for text in far.quality)
    dark = ("2026-03-19T03:00:00Z", None, 2.0, "astronomical", 180.0)  # new Moon: down all night
    hours = run_in("dark", observability, 160.0, 10.0, "Paranal", *dark).values["observable_hours"].value
    assert hours > 5


def test_many_nights_between_two_times(run_in):
    start, end = "2026-03-10T08:00:00Z", "2026-03-13T08:00:00Z"
    result = run_in("four", observability, *MRK421, "VERITAS", start, end)
    assert result.values["nights"].value == 4
    table = Table.read("nights.ecsv")
    assert table["window_start"][0] == start  # not before the start
    assert table["window_end"][-1] == end
    each = [
        run_in(f"n{day}", observability, *MRK421, "VERITAS", f"2026-03-{day}T03:00:00Z").values
        for day in (11, 12)
    ]
    assert list(table["hours"][1:3]) == pytest.approx([v["observable_hours"].value for v in each], abs=0.01)


def test_a_year_is_a_calendar_and_the_best_night_is_near_opposition():
    result = observability(*MRK421, "VERITAS", "2026-01-01T12:00:00Z", "2026-12-31T12:00:00Z")
    assert result.values["nights"].value == 365
    assert "2026-02" < result.values["best_night"].value < "2026-03-31"
    assert not Path("samples.json").exists()


def test_what_never_rises_and_what_has_no_night(run_in):
    never = run_in("never", observability, 10.0, 89.0, "Paranal", "2026-03-10T03:00:00Z")
    assert never.values["observable_hours"].value == 0
    assert never.quality[0].startswith("never observable from this site: it culminates at -23.")
    assert "window_start" not in never.values
    bright = run_in("bright", observability, 10.0, 60.0, "20, 70, 100", "2026-06-21T12:00:00Z")
    assert bright.quality[0].startswith("no night")
    assert "night_start" not in bright.values


def test_a_target_moved_in_right_ascension_is_observable_in_other_months(run_in):
    year = ("Mauna Kea", "2026-01-01T12:00:00Z", "2026-12-31T12:00:00Z")
    one = run_in("one", observability, 30.0, 10.0, *year).values
    other = run_in("other", observability, 210.0, 10.0, *year).values
    months = [int(v["best_night"].value[5:7]) for v in (one, other)]
    assert abs(months[0] - months[1]) in (5, 6, 7)


def test_too_many_nights_are_refused():
    with pytest.raises(Invalid, match="at most 400"):
        observability(*MRK421, "VERITAS", "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z")


@pytest.mark.parametrize("when", ["1960-12-01T00:00:00Z", "2060-01-01T00:00:00Z"])
def test_times_without_utc_are_refused(when):
    with pytest.raises(NotCovered, match="1972-01-01 to 2050-01-01"):
        observability(*MRK421, "VERITAS", when)


@pytest.mark.parametrize("name", ["VLT", "la palma", "hess", "H.E.S.S.", "cerro pachón", "FLWO", "Mauna Kea"])
def test_sites_are_found_by_their_spellings(name):
    assert observing_sites.find(name).height > 1000


@pytest.mark.parametrize("text", ["-70.40, -24.63, 2635", "70.40 W, 24.63 S, 2635 m", "289.6 -24.63 2635"])
def test_a_site_may_be_given_by_its_place(text):
    site = observing_sites.find(text)
    assert (site.longitude, site.latitude, site.height) == pytest.approx((-70.40, -24.63, 2635))


@pytest.mark.parametrize("text", ["10, 95", "400, 10", "10, 10, 20000", "10", "-70.4 W, 20", "1, 2, 3, 4"])
def test_places_that_are_none_are_refused(text):
    with pytest.raises(BadValue, match="is no place"):
        observing_sites.find(text)


def test_an_unknown_site_is_refused_with_those_like_it():
    with pytest.raises(BadValue, match="longitude, latitude and height") as refused:
        observing_sites.find("Paranol")
    assert "Paranal" in refused.value.near


@given(st.floats(1.0, 30.0))
def test_the_lowest_altitude_is_the_inverse_of_the_airmass(value):
    assert sky.airmass(np.array([sky.lowest_altitude(value)]))[0] == pytest.approx(value, rel=2e-3)


def test_airmass_is_that_of_pickering():
    # 1 / sin(h + 244/(165 + 47 h^1.1)), by hand: h = 0.01 gives 38.56; thin layers: 1/sin h at 60 deg to 1e-3
    assert sky.airmass(np.array([60.0, 0.01])) == pytest.approx([1.1538, 38.56], abs=0.005)
    assert np.isnan(sky.airmass(np.array([-1.0]))[0])


@given(
    st.integers(tt_from_iso("1980-01-01T00:00:00Z"), tt_from_iso("2040-01-01T00:00:00Z")),
    st.floats(-180, 180),
)
def test_a_night_begins_at_a_noon_at_most_18_hours_before_or_6_after(moment, longitude):
    start = sky.noon_before(observing_sites.Site("", longitude, 0.0, 0.0), moment)
    assert -6.01 <= (moment - start) / 3.6e9 <= 18.3
    mean_noon = (start / sky.DAY + longitude / 360) % 1
    assert mean_noon == pytest.approx(0.5, abs=0.009)  # ten minutes, and TT for UTC


def test_units_of_the_table_are_read_back():
    observability(*MRK421, "VERITAS", NIGHT)
    table = Table.read("nights.fits")
    assert table["hours"].unit == u.h
    assert table["altitude"].unit == u.deg
