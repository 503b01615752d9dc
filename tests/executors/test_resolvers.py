"""What the resolvers give and record of names, positions and events."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import archives
from executors.known import event_lists, source_list
from executors.resolve import events, names
from kg_service.errors import Conflict, UnresolvedObject

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "name",
    [
        "Mrk 421",
        "mrk421",
        "MKN 421",
        "Mkn421",
        "Markarian 421",
        "markarian  421",
        "1ES 1101+384",
        "4FGL J1104.4+3812",
        "4fglj1104.4+3812",
    ],
)
def test_all_names_of_mrk_421_are_one(name):
    gives = names.resolve(name).gives
    assert gives["main_identifier"] == "Mrk 421"
    assert gives["fermi_name"] == "4FGL J1104.4+3812"
    assert gives["redshift"] == pytest.approx(0.031, abs=0.002)
    assert (gives["ra"], gives["dec"]) == pytest.approx((166.1138, 38.2088), abs=1e-3)


@pytest.mark.parametrize("name", ["TXS 0506+056", "txs0506+056", "4FGL J0509.4+0542"])
def test_all_names_of_txs_0506_are_one(name):
    assert names.resolve(name).gives["main_identifier"] == "TXS 0506+056"
    assert names.resolve(name).gives["redshift"] == 0.3365


@pytest.mark.parametrize(
    "row", archives.rows("fermi_4fgl_dr4_selected.ecsv"), ids=lambda row: row["association"]
)
def test_every_source_with_fermi_fluxes_is_found_by_both_its_names(row):
    by_name, by_association = names.resolve(row["source_name"]).gives, names.resolve(row["association"]).gives
    assert by_name == by_association
    assert by_name["fermi_name"] == row["source_name"]
    near = SkyCoord(by_name["ra"] * u.deg, by_name["dec"] * u.deg).separation(
        SkyCoord(float(row["ra"]) * u.deg, float(row["dec"]) * u.deg)
    )
    assert near < 0.3 * u.deg  # extended sources are centred elsewhere in other lists


def test_the_instruments_know_the_main_identifiers():
    for name in {row["source"] for row in archives.rows("veritas_sed_points.ecsv")}:
        assert names.resolve(name).gives["main_identifier"] == name


def test_a_source_without_redshift_or_catalogue_name_gives_none():
    gives = names.resolve("Vela X-1").gives
    assert set(gives) == {"main_identifier", "ra", "dec"}


def test_the_record_says_what_was_given_and_found():
    names.resolve("mkn 421")
    record = json.loads(Path("resolved_object.json").read_text(encoding="utf-8"))
    assert record["given"] == "mkn 421"
    assert record["main_identifier"] == "Mrk 421"
    assert record["frame"] == "ICRS"


@settings(deadline=None)  # the machine may be busy
@given(ra1=st.floats(0, 360), dec1=st.floats(-90, 90), ra2=st.floats(0, 360), dec2=st.floats(-90, 90))
def test_separations_are_those_of_astropy(ra1, dec1, ra2, dec2):
    theirs = SkyCoord(ra1 * u.deg, dec1 * u.deg).separation(SkyCoord(ra2 * u.deg, dec2 * u.deg)).deg
    assert source_list.separation(ra1, dec1, ra2, dec2) == pytest.approx(theirs, abs=1e-9)


def test_a_position_finds_the_source_at_it():
    result = names.at_position(77.36, 5.70)
    assert result.gives["main_identifier"] == "TXS 0506+056"
    assert result.values["separation"].value == pytest.approx(
        math.hypot(0.001815 * math.cos(0.0994), 0.006852), abs=1e-5
    )
    assert "ra" not in result.gives


def test_an_empty_field_is_refused_with_the_nearest():
    with pytest.raises(UnresolvedObject, match=r"0\.1 deg.*nearest is .* at 5\.\d+ deg") as refused:
        names.at_position(10.0, 10.0)
    assert refused.value.near
    assert names.at_position(77.2, 5.7, 0.5).gives["main_identifier"] == "TXS 0506+056"


def test_of_sources_at_one_place_the_one_with_fluxes_is_taken_and_the_others_are_named():
    result = names.at_position(83.6331, 22.0145)
    assert result.gives["fermi_name"] == "4FGL J0534.5+2200"
    assert "one of 2 known sources, and its fluxes are kept here" in result.quality[0]
    assert result.quality[1:] == ["also within 0.1 deg of the position: Crab nebula"]


@pytest.mark.parametrize(
    ("radius", "said"),
    [
        (0.1, "the only known source within the search radius of 0.1 deg"),
        (2.0, r"the nearest of \d known sources"),
    ],
)
def test_what_lies_at_a_position_is_an_association_and_not_an_identification(radius, said):
    caveat = names.at_position(77.43, 5.72, radius).quality[0]
    assert caveat.startswith("an association by position, not an identification: TXS 0506+056 is ")
    assert re.search(said, caveat)
    assert "0.076 deg from the position" in caveat


def test_an_empty_field_says_which_radius_finds_something():
    with pytest.raises(UnresolvedObject, match=r"Give radius=[\d.]+ \(in deg, at most 5\)") as refused:
        names.at_position(77.2, 6.5)
    wide_enough = float(re.search(r"radius=([\d.]+)", refused.value.detail)[1])
    assert names.at_position(77.2, 6.5, wide_enough).gives["main_identifier"] in refused.value.near
    with pytest.raises(UnresolvedObject, match="at most 5 deg"):
        names.at_position(10.0, 10.0)


def test_a_source_cites_its_list_and_nothing_else():
    assert names.resolve("Vela X-1").cite == ("Wenger et al. 2000, A&AS 143, 9 (SIMBAD)",)
    cite = names.resolve("Mrk 421").cite
    assert cite[0].startswith("gamma-cat")
    assert any("arXiv:2307.12546" in work for work in cite)
    assert not any(re.fullmatch(r"\d{4}[A-Za-z&.]+\S*[A-Z]", work) for work in cite)  # a bare bibcode


def test_a_name_with_its_own_position_is_the_source_of_that_name():
    result = names.resolve_with_position("mkn 421", 166.11, 38.21)
    assert result.gives["main_identifier"] == "Mrk 421"
    assert result.quality == []
    assert result.values["separation"].value < 0.01


def test_an_unknown_name_falls_back_to_the_position_and_the_record_says_so():
    result = names.resolve_with_position("My blazar", 166.11, 38.21)
    assert result.gives["fermi_name"] == "4FGL J1104.4+3812"
    assert "'My blazar' is not a known name: Mrk 421 is taken" in result.quality[0]
    record = json.loads(Path("resolved_object.json").read_text(encoding="utf-8"))
    assert record["given"] == "My blazar"
    assert (record["given_ra"], record["given_dec"]) == (166.11, 38.21)
    assert record["caveats"] == result.quality


def test_an_unknown_name_at_an_empty_place_is_refused_with_both_reasons():
    with pytest.raises(UnresolvedObject, match=r"'Mrk 422' is not a known name.*nearest is") as refused:
        names.resolve_with_position("Mrk 422", 10.0, 10.0)
    assert refused.value.near[0] == "Mrk 421"
    assert refused.value.parameter == "object"


def test_a_name_far_from_the_position_contradicts_it():
    with pytest.raises(Conflict, match=r"'MKN 501' is Mrk 501 at RA 253\.468.*leave out") as refused:
        names.resolve_with_position("MKN 501", 166.11, 38.21)
    assert refused.value.parameter == "object"
    assert names.resolve_with_position("Mrk 501", 253.0, 39.76, 1.0).gives["main_identifier"] == "Mrk 501"


def test_the_position_decides_between_sources_that_share_a_name_but_not_a_place():
    result = names.resolve_with_position("Kookaburra", 214.5167, -60.9753)
    assert result.gives["main_identifier"] == "HESS J1418-609"
    assert result.quality == ["'Kookaburra' is a name of 2 sources: the position decides"]
    for name, ra, dec in (("Crab", 83.6331, 22.0145), ("Kookaburra", 10.0, 10.0)):
        with pytest.raises(UnresolvedObject, match="2 sources"):
            names.resolve_with_position(name, ra, dec)


@pytest.mark.parametrize(
    ("name", "identifier", "time"),
    [
        ("GW150914", "GW150914", "2015-09-14T09:50:45.400Z"),
        ("gw 150914", "GW150914", "2015-09-14T09:50:45.400Z"),
        ("gw190521_074359", "GW190521_074359", "2019-05-21T07:43:59.400Z"),
        ("GRB170817A", "GRB 170817A", "2017-08-17T12:41:06.470Z"),
        ("grb 160924a", "GRB 160924A", "2016-09-24T06:04:09.040Z"),
        ("IC170922A", "IceCube-170922A", "2017-09-22T20:54:30.430Z"),
        ("icecube 170922a", "IceCube-170922A", "2017-09-22T20:54:30.430Z"),
        ("IceCube-201115B", "IceCube-201115B", "2020-11-15T16:01:42.960Z"),
    ],
)
def test_events_are_found_by_their_usual_names(name, identifier, time):
    gives = events.resolve(name).gives
    assert gives["event_identifier"] == identifier
    assert gives["event_time"] == time
    width = datetime.fromisoformat(gives["t2"]) - datetime.fromisoformat(gives["t1"])
    assert width.total_seconds() == 1000
    assert gives["t1"] < time < gives["t2"]


@pytest.mark.parametrize("table", ["gwtc_events.ecsv", "polar_bursts.ecsv"])
def test_every_listed_event_is_found(table):
    for row in archives.rows(table):
        gives = events.resolve(row["name"]).gives
        assert gives["event_identifier"] == row["name"]
        if table == "gwtc_events.ecsv":
            assert Time(gives["event_time"].rstrip("Z"), scale="utc").gps == pytest.approx(
                float(row["gps"]), abs=0.06
            )


def test_every_alert_has_a_name_of_its_own():
    alerts = [e for e in event_lists.everything() if e.kind == "neutrino"]
    assert len({e.identifier for e in alerts}) == len(alerts) == 68
    assert {"IceCube-200926A", "IceCube-200926B", "IceCube-160427A"} <= {e.identifier for e in alerts}


def test_first_notice_and_publication_are_kept_apart():
    result = events.resolve("IceCube-170922A")
    values = {name: measure.value for name, measure in result.values.items()}
    assert (values["notice_ra"], values["notice_dec"]) == (77.2853, 5.7517)
    assert (values["published_ra"], values["published_dec"]) == (77.43, 5.72)
    assert values["published_energy"] == 290
    assert "notice_energy" not in values  # the first notice gave a charge, not an energy
    assert (result.gives["ra"], result.gives["dec"]) == (77.43, 5.72)
    assert "2018Sci...361.1378I" in result.cite[0]
    assert result.quality == [
        "published direction, 90 % region +0.95 -0.65 deg in RA, +0.50 -0.30 deg in Dec"
    ]


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("IceCube-170922A", {"icecube_alerts.ecsv", "published_events.toml"}),
        ("GRB 160924A", {"polar_bursts.ecsv"}),
        ("GW150914", {"gwtc_events.ecsv", "other_names.toml"}),
    ],
)
def test_an_event_rests_on_its_own_list_alone(name, tables):
    result = events.resolve(name)
    assert {d.name for d in events.resolve.declaration.datasets({"event": name})} == tables
    assert len(result.cite) == len(set(result.cite))
    lists = {"POLAR": "Xiong", "GWTC": "PRX 9", "IceCube": "Aartsen"}
    mine = {k for k, sign in lists.items() if any(sign in work for work in result.cite)}
    assert len(mine) == 1
    assert not any("gamma-cat" in work or "reference of each" in work for work in result.cite)


def test_an_unknown_event_may_be_in_any_list():
    assert len(events.resolve.declaration.datasets({"event": "GW000000"})) == 6


def test_positions_are_given_only_where_there_are_some():
    assert "ra" not in events.resolve("GW150914").gives
    assert any("no position" in text for text in events.resolve("GW150914").quality)
    assert events.resolve("GW170817").gives["ra"] == pytest.approx(197.4504, abs=1e-3)  # AT2017gfo
    assert any("first notice" in text for text in events.resolve("IC201115B").quality)


def test_resolving_loads_none_of_the_heavy_libraries(tmp_path):
    code = """
import sys
from executors.combine import sed
from executors.instruments import fermi_lat, ligo_virgo, veritas
from executors.resolve import events, names
names.resolve("Mrk 421")
events.resolve("GW150914")
fermi_lat.spectrum.declaration.datasets({})
ligo_virgo.spectrogram.declaration.datasets(
    {"event": "GW150914", "event_time": "2015-09-14T09:50:45.4Z", "detector": "H1"})
heavy = {"numpy", "scipy", "astropy", "matplotlib", "gwpy", "gwosc", "h5py", "pooch", "requests"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
