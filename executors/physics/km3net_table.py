"""The facts of a KM3NeT event as a table of one row."""

from __future__ import annotations

from datetime import datetime, timedelta

from astropy.table import Table
from astropy.time import Time

from executors import archives
from executors.flux_points import described_by
from executors.physics.km3net_event import Facts
from executors.writing import add_column, write_table
from kg_service.authoring import OutputFile

__all__ = ["span", "write"]


def span(time: str) -> tuple[str, str]:
    """The second that begins with an ISO 8601 UTC time: the times are given to the second."""
    end = datetime.fromisoformat(time) + timedelta(seconds=1)
    return time, f"{end:%Y-%m-%dT%H:%M:%S}Z"


def write(facts: Facts) -> list[OutputFile]:
    """The event in four formats."""
    table, energy = Table(), "phys.energy"
    mjd = Time(facts.time.rstrip("Z"), scale="utc").mjd
    add_column(table, "event", [facts.identifier], "name", ucd="meta.id;meta.main")
    add_column(table, "utc", [facts.time], "time (UTC), to the second", ucd="time.epoch")
    add_column(table, "mjd", [mjd], "time, MJD (UTC)", unit="d", ucd="time.epoch")
    add_column(table, "ra", [facts.ra], "right ascension (ICRS)", unit="deg", ucd="pos.eq.ra")
    add_column(table, "dec", [facts.dec], "declination (ICRS)", unit="deg", ucd="pos.eq.dec")
    for percent, radius in sorted(facts.radii.items()):
        add_column(table, f"radius_{percent}", [radius], f"radius of {percent} % containment", unit="deg",
                   ucd="stat.error;pos")  # fmt: skip
    add_column(table, "muon_energy", [facts.energy], "energy of the muon", unit="PeV", ucd=energy)
    published = facts.published.get("neutrino_energy", float("nan"))
    add_column(table, "neutrino_energy", [published], "published energy of the neutrino for a spectrum E^-2",
               unit="PeV", ucd=energy)  # fmt: skip
    add_column(table, "detector", [facts.detector], "detector configuration", ucd="instr")
    meta: dict[str, str | float | int | bool] = {
        "INSTRUME": "KM3NeT",
        "OBJECT": facts.identifier,
        "TIMESYS": "UTC",
        "DATE-OBS": facts.time.rstrip("Z"),
        "frame": "ICRS",
    }
    meta |= described_by(facts.values())
    meta["caveats"] = "; ".join(facts.quality())
    meta["citation"] = archives.collection("km3net_event").cite
    return write_table(table, "event", meta, extension="EVENT")
