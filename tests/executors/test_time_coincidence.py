"""A time against several lists of triggers: what is near, what chance brings, and what was not looked at."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from executors.combine import coincidence as combine
from executors.combine.coincidence import coincidence
from executors.physics import time_coincidence
from kg_service.errors import NotCovered
from kg_service.model.times import iso_from_tt, tt_from_iso

BURST, TIME = "GRB 170127C", "2017-01-27T01:35:49.000Z"  # a burst of POLAR during O2


@pytest.fixture(autouse=True)
def no_archives(monkeypatch, tmp_path):
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def triggers(tmp_path, monkeypatch):
    """Puts a list of SPI-ACS triggers into a mirror."""

    def put(*times):
        folder = tmp_path / "archive" / "integral_spiacs"
        folder.mkdir(parents=True, exist_ok=True)
        text = "isotime\n" + "".join(f"{time}\n" for time in times)
        (folder / "ibas_acs_triggers.csv.gz").write_bytes(gzip.compress(text.encode("ascii")))
        monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(tmp_path / "archive"))

    return put


def polar_burst():
    listed = time_coincidence.lists(tt_from_iso(TIME))[2]
    place = next(n for n, t in enumerate(listed.times) if abs(t - tt_from_iso(TIME)) < 60e6)
    return listed.names[place], iso_from_tt(listed.times[place])


def test_a_time_near_a_burst_finds_it_and_says_what_chance_brings():
    name, moment = polar_burst()
    result = coincidence(iso_from_tt(tt_from_iso(moment) + 3_000_000), None, 10.0)
    values = result.values
    assert values["polar_coincident"].value == 1
    assert values["polar_nearest_offset"].value == pytest.approx(-3.0)
    # 55 bursts in 189 days, 20 s
    assert values["polar_expected"].value == pytest.approx(55 / (189 * 86400) * 20, rel=0.02)
    assert values["trials"].value == 3
    assert values["post_trial_probability"].value == pytest.approx(
        3 * values["smallest_chance_probability"].value, rel=1e-3
    )
    table = Table.read("coincidence.ecsv")
    assert list(table["name"][table["coincident"]]) == [name]
    assert Table.read("coincidence.fits").meta["caveats"] == "; ".join(result.quality)


def test_the_event_is_not_compared_with_itself():
    name, moment = polar_burst()
    result = coincidence(moment, name, 10.0)
    assert result.values["polar_coincident"].value == 0
    assert result.values["post_trial_probability"].value == 1
    assert any("its own trigger is left out" in text for text in result.quality)


def test_a_time_copied_from_a_list_is_not_blind():
    _, moment = polar_burst()
    assert any("not blind" in t and "POLAR" in t for t in coincidence(moment, None, 10.0).quality)


def test_lists_that_do_not_cover_the_time_are_named():
    result = coincidence("2017-08-17T12:41:04.430Z", "GW170817", 10.0)
    assert result.values["trials"].value == 2
    assert any(text.startswith("POLAR bursts not compared") for text in result.quality)
    assert {iri.rpartition("#")[2] for iri in result.observed_with} == {"LVK", "IceCube"}


def test_a_time_that_no_list_covers_is_refused():
    with pytest.raises(NotCovered, match="IceCube alerts 2016-04-27 to 2020-12-01"):
        coincidence("2024-05-01T00:00:00Z", None, 10.0)


def test_a_list_in_a_mirror_joins(triggers, run_in):
    triggers("2017-08-10T00:00:00.1", "2017-08-17T12:41:06.000", "2017-09-01T10:00:00.2")
    result = run_in("with", coincidence, "2017-08-17T12:41:04.430Z", "GW170817", 10.0)
    assert result.values["spi_acs_coincident"].value == 1
    assert result.values["spi_acs_nearest_offset"].value == pytest.approx(1.57, abs=0.01)
    assert any("SPI-ACS: a coincident trigger has a time in whole seconds" in t for t in result.quality)
    declared = {dataset.name for dataset in combine._datasets({})}
    assert {dataset.name for dataset in result.datasets} <= declared
    triggers("2017-08-10T00:00:00.1", "2017-08-17T13:41:06.000", "2017-09-01T10:00:00.2")
    moved = run_in("moved", coincidence, "2017-08-17T12:41:04.430Z", "GW170817", 10.0)
    assert moved.values["spi_acs_coincident"].value == 0


def test_a_wider_window_expects_more_in_proportion():
    one, ten = (
        time_coincidence.compare(None, tt_from_iso(TIME), window).found[1] for window in (100.0, 1000.0)
    )
    assert ten.expected == pytest.approx(10 * one.expected)


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=5))
def test_more_lists_never_make_a_chance_smaller(chances):
    class One:
        def __init__(self, chance):
            self.chance = chance

    found = time_coincidence.Compared(None, 0, 1.0, tuple(One(c) for c in chances), (), ())
    assert min(chances) * (1 - 1e-12) <= found.post_trial <= min(1, len(chances) * min(chances)) * (1 + 1e-12)


def test_gw170817_and_the_trigger_of_spi_acs(mirror, monkeypatch, need):
    need((mirror / "integral_spiacs").is_dir(), "needs SPI-ACS triggers in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    values = coincidence("2017-08-17T12:41:04.430Z", "GW170817", 10.0).values
    # GRB 170817A came 1.7 s after the merger (Abbott et al. 2017, ApJ 848, L13); the list has whole seconds
    assert values["spi_acs_nearest_offset"].value == pytest.approx(1.74, abs=0.5)
    assert np.isfinite(values["post_trial_probability"].value)
