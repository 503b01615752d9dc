"""KM3NeT: the event read from its VOEvent, from the published facts, and what is refused."""

from __future__ import annotations

import pytest
from astropy.table import Table

from executors.instruments import km3net
from executors.physics import km3net_event
from kg_service.errors import NotCovered, RunFailed

VOEVENT = """<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent ivorn="ivo://km3net.org/VOEvent#{name}" role="observation" version="2.0"
  xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
 <Who><Date>{issued}</Date></Who>
 <What><Param name="Instrument" value="ARCA028"/><Param name="Energy" value="{energy}" unit="{unit}"/>
  <Param name="Identifier" value="{name}"/></What>
 <WhereWhen><ObsDataLocation>
  <ObservatoryLocation><AstroCoords><Position3D><Value3><C1>15.9</C1><C2>36.3</C2></Value3></Position3D>
  </AstroCoords></ObservatoryLocation>
  <ObservationLocation><AstroCoords><Time><TimeInstant><ISOTime>2025-03-01T02:03:04</ISOTime></TimeInstant></Time>
  <Position2D><Value2><C1>{ra}</C1><C2>-12.5</C2></Value2><Error2Radius90>0.8</Error2Radius90></Position2D>
  </AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
</voe:VOEvent>
"""


@pytest.fixture
def own_mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror" / "km3net"
    folder.mkdir(parents=True)
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(folder.parent))
    return folder


def voevent(name="KM3-250301B", issued="2025-03-01T03:00:00", energy=900, unit="TeV", ra=200.25):
    return VOEVENT.format(name=name, issued=issued, energy=energy, unit=unit, ra=ra)


def test_km3_230213a_is_read_from_its_voevent(mirror, monkeypatch, need):
    need((mirror / "km3net" / "KM3-230213A_voevent.xml").exists(), "needs the VOEvent in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    result = km3net.event_facts("KM3-230213A")
    values = {name: measure.value for name, measure in result.values.items()}
    assert (values["right_ascension"], values["declination"]) == (94.3, -7.8)
    assert values["event_time"] == "2023-02-13T01:16:47Z"
    assert values["muon_energy"] == 120
    assert [values[f"radius_{percent}"] for percent in (50, 68, 90, 99)] == [1.2, 1.5, 2.2, 3.0]
    assert values["facts_from"] == "VOEvent"
    assert values["voevent_issued"] == "2025-02-11T14:00:00"
    assert {d.name for d in result.datasets} == {"km3net_events.toml", "KM3-230213A_voevent.xml"}
    assert tuple(result.datasets) == tuple(km3net_event.datasets({"event": "KM3-230213A"}))
    row = Table.read("event.fits")[0]
    assert (row["ra"], row["dec"], row["muon_energy"]) == (94.3, -7.8, 120)


def test_without_a_mirror_the_published_facts_serve(mirror, monkeypatch, need, run_in):
    shipped = run_in("shipped", km3net.event_facts, "KM3-230213A")
    assert shipped.values["facts_from"].value == "published facts"
    assert shipped.values["published_neutrino_energy"].value == 220
    assert [d.reached for d in shipped.datasets] == ["embedded"]
    need((mirror / "km3net" / "KM3-230213A_voevent.xml").exists(), "needs the VOEvent in the mirror")
    monkeypatch.setenv("KG_ARCHIVE_MIRRORS", str(mirror))
    read = run_in("read", km3net.event_facts, "KM3-230213A")
    for name, measure in shipped.values.items():
        assert name == "facts_from" or read.values[name] == measure


@pytest.mark.parametrize("name", ["KM3-230213A", "km3 230213a", "KM3NeT-230213A", "KM3_230213A"])
def test_spellings_of_the_name_are_one(name):
    assert km3net_event.find(name).identifier == "KM3-230213A"


def test_another_event_is_found_by_the_name_of_its_file(own_mirror):
    (own_mirror / "KM3-250301B_voevent.xml").write_text(voevent())
    result = km3net.event_facts("KM3-250301B")
    assert result.values["right_ascension"].value == 200.25
    assert result.values["muon_energy"].value == pytest.approx(0.9)  # TeV to PeV
    assert result.values["radius_90"].value == 0.8
    assert "published_neutrino_energy" not in result.values
    assert result.coverage.time == ("2025-03-01T02:03:04Z", "2025-03-01T02:03:05Z")


def test_the_newest_of_several_voevents_counts(own_mirror):
    (own_mirror / "KM3-250301B_voevent.xml").write_text(voevent(issued="2025-03-01T03:00:00", ra=200.25))
    (own_mirror / "KM3_250301B_voevent.xml").write_text(voevent(issued="2025-03-02T03:00:00", ra=200.5))
    assert km3net_event.find("KM3-250301B").ra == 200.5


@pytest.mark.parametrize("name", ["IceCube-170922A", "KM3-990101A", "GW150914"])
def test_another_event_is_refused_with_those_there_are(name):
    with pytest.raises(NotCovered, match="KM3-230213A") as refused:
        km3net.event_facts(name)
    assert refused.value.near == ("KM3-230213A",)


@pytest.mark.parametrize(
    "text",
    [
        voevent()[:700],
        "",
        voevent(ra="north"),
        voevent(ra=400),
        voevent(unit="furlong"),
        voevent().replace("ISOTime>", "Time>"),
        voevent().replace('name="Identifier"', 'name="Name"'),
    ],
)
def test_a_damaged_voevent_is_named(own_mirror, text):
    (own_mirror / "KM3-250301B_voevent.xml").write_text(text)
    with pytest.raises(RunFailed, match=r"KM3-250301B_voevent\.xml"):
        km3net.event_facts("KM3-250301B")
