"""Lists of triggers of SPI-ACS and POLAR, and coincidences with their chance."""

from __future__ import annotations

import gzip
import math

import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from executors import trigger_lists
from executors.instruments import integral_spiacs, polar
from executors.physics.trigger_coincidence import at_least
from kg_service.errors import ArchiveUnavailable, BadValue, Invalid, NotCovered, RunFailed


@pytest.fixture
def archive(mirror, monkeypatch):
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    return mirror


@pytest.fixture
def own(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("mirror") / "integral_spiacs"
    folder.mkdir()
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    return folder / "ibas_acs_triggers.csv.gz"


def write(path, *times):
    text = ",isotime\n" + "".join(f"{n},{time}\n" for n, time in enumerate(times))
    path.write_bytes(gzip.compress(text.encode()))


def test_polar_has_55_bursts():
    result = polar.bursts()
    assert result.values["bursts"].value == 55
    assert result.values["with_duration"].value == 47
    table = Table.read("triggers.ecsv")
    assert table["name"][0] == "GRB 160924A"
    assert table["utc"][0] == "2016-09-24T06:04:09.04Z"
    assert (table["mjd"][1:] > table["mjd"][:-1]).all()


def test_polar_between_two_times():
    result = polar.bursts("2017-01-01T00:00:00Z", "2017-02-01T00:00:00Z")
    assert result.values["bursts"].value == 14
    assert all(name.startswith("GRB 1701") for name in Table.read("triggers.ecsv")["name"])


@pytest.mark.parametrize("year", ["2012", "2018"])
def test_polar_outside_its_mission_is_refused_with_the_mission(year):
    with pytest.raises(NotCovered, match="2016-09-24 to 2017-04-01"):
        polar.bursts(f"{year}-01-01T00:00:00Z", f"{year}-02-01T00:00:00Z")
    with pytest.raises(NotCovered, match="2016-09-24 to 2017-04-01"):
        polar.coincidence(f"{year}-01-01T00:00:00Z")


def test_bad_ranges_and_windows_are_refused():
    with pytest.raises(Invalid):
        polar.bursts("2017-02-01T00:00:00Z", "2017-01-01T00:00:00Z")
    with pytest.raises(BadValue):
        polar.coincidence("2017-01-01T00:00:00Z", None, -1.0)


def test_a_burst_of_the_list_is_no_coincidence_with_itself():
    result = polar.coincidence("2017-01-01T02:47:18.270Z", "GRB 170101B")
    assert result.values["coincident"].value == 1
    assert result.quality[0].startswith("not blind")


def test_gw170104_has_no_burst_of_polar():
    values = polar.coincidence("2017-01-04T10:11:58.6Z", "GW170104").values
    assert values["coincident"].value == 0
    assert values["chance_probability"].value == 1
    # 55 bursts in 189 days, 20 s
    assert values["expected_by_chance"].value == pytest.approx(55 / (189 * 86400) * 20, rel=1e-6)
    assert values["nearest_name"].value == "GRB 170105A"


def test_ibas_triggers_between_two_times(archive):
    result = integral_spiacs.triggers("2005-01-01T00:00:00Z", "2005-03-01T00:00:00Z")
    assert result.values["triggers"].value == 541
    assert result.coverage.time == ("2005-01-01T00:00:00Z", "2005-03-01T00:00:00Z")
    assert any("4 rows" in text and "7" in text for text in result.quality)


def test_all_ibas_triggers_are_listed(archive):
    # 14597 rows, 4 of them without a date and 7 twice
    assert integral_spiacs.triggers().values["triggers"].value == 14586


def test_without_the_file_the_archive_is_named():
    with pytest.raises(ArchiveUnavailable, match="INTEGRAL Burst Alert System"):
        integral_spiacs.triggers()


def test_the_chance_comes_from_the_rate_around_the_time(own):
    quiet = [f"2010-{month:02d}-15T00:00:00.100" for month in range(1, 13)]
    busy = [f"2011-06-{day:02d}T{hour:02d}:10:00.100" for day in range(1, 29) for hour in range(24)]
    write(own, *quiet, *busy, "2010-06-20T12:00:02.500")
    calm = integral_spiacs.coincidence("2010-06-20T12:00:00Z").values
    loud = integral_spiacs.coincidence("2011-06-14T12:10:00Z").values
    assert calm["coincident"].value == loud["coincident"].value == 1
    assert calm["nearest_offset"].value == pytest.approx(2.5)
    assert loud["expected_by_chance"].value > 100 * calm["expected_by_chance"].value
    # 21 s (10 s on each side, widened by the light-travel time) of 2 triggers in 60 days
    assert calm["expected_by_chance"].value == pytest.approx(2 * 21 / (60 * 86400), rel=0.01)


def test_light_travel_widens_the_window(own):
    write(own, "2010-01-01T00:00:00.100", "2010-06-20T12:00:10.400", "2010-12-31T00:00:00.100")
    assert integral_spiacs.coincidence("2010-06-20T12:00:00Z").values["coincident"].value == 1


def test_a_time_in_whole_seconds_is_doubted(own):
    write(own, "2010-01-01T00:00:00.100", "2010-06-20T12:00:01.000", "2010-12-31T00:00:00.100")
    assert any("by hand" in text for text in integral_spiacs.coincidence("2010-06-20T12:00:00Z").quality)


def test_rows_without_date_are_left_out_and_said(own):
    write(
        own,
        "2010-01-01T00:00:00.100",
        "09:37:37.0000-00000-00000-0",
        "2010-02-01T00:00:00",
        "2010-02-01T00:00:00",
    )
    result = integral_spiacs.triggers()
    assert result.values["triggers"].value == 2
    assert any("1 rows of the file hold no date and 1 are repeated" in text for text in result.quality)


@pytest.mark.parametrize(
    "content", [b"", gzip.compress(b",isotime\n0,2010-01-01T00:00:00\n")[:20], b"a,b\n1,2\n"]
)
def test_a_damaged_list_is_named(own, content):
    own.write_bytes(content)
    with pytest.raises(RunFailed, match="ibas_acs_triggers"):
        integral_spiacs.triggers()


@given(count=st.integers(0, 60), expected=st.floats(1e-6, 40))
@settings(deadline=None)
def test_chances_are_those_of_poisson(count, expected):
    assert at_least(count, expected) == pytest.approx(poisson.sf(count - 1, expected), rel=1e-6, abs=1e-14)


@given(hours=st.floats(-20, 20))
@settings(deadline=None, max_examples=20)
def test_shifted_triggers_shift_the_offsets(hours):
    listed = trigger_lists.polar()
    from executors.physics.trigger_coincidence import test as tested

    moment = listed.times[30] + 5_000_000
    before = tested(listed, None, moment, 10.0)
    moved = listed.__class__(
        **{name: getattr(listed, name) for name in listed.__slots__}
        | {
            "times": tuple(t + round(hours * 3.6e9) for t in listed.times),
            "span": tuple(t + round(hours * 3.6e9) for t in listed.span),
        }
    )
    after = tested(moved, None, moment + round(hours * 3.6e9), 10.0)
    assert after.offset(after.nearest[0]) == before.offset(before.nearest[0]) == -5.0
    assert after.chance == before.chance == pytest.approx(-math.expm1(-before.expected))
