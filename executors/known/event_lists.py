"""The known transient events, from the shipped lists: gravitational waves, gamma-ray bursts, neutrinos."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from executors import archives

__all__ = ["TABLES", "Event", "everything"]

TABLES = (
    "gwtc_events.ecsv",
    "icecube_alerts.ecsv",
    "polar_bursts.ecsv",
    "sources.ecsv",
    "published_events.toml",
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event: time (ISO UTC), position (ICRS, deg) where there is one, and further facts by name.

    ``facts`` maps names to (value, unit); those of a first notice begin with ``notice_``, those of the
    later publication with ``published_``. ``lists`` are the tables that the entry was put together from.
    """

    identifier: str
    kind: str
    time: str
    ra: float | None = None
    dec: float | None = None
    position_from: str = ""
    other_names: tuple[str, ...] = ()
    facts: dict[str, tuple[float | str, str | None]] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


@cache
def everything() -> tuple[Event, ...]:
    """Every known event."""
    return (*_gravitational_waves(), *_neutrinos(), *_bursts())


@cache
def _published() -> dict[str, dict[str, str | float]]:
    return tomllib.loads(archives.table("published_events.toml").read_text(encoding="utf-8"))


def _gravitational_waves() -> Iterator[Event]:
    for row in archives.rows("gwtc_events.ecsv"):
        better = _published().get(row["name"], {})
        facts: dict[str, tuple[float | str, str | None]] = {"catalogue": (row["catalog"], None)}
        for column, unit in (
            ("gps", "s"),
            ("chirp_mass", "solMass"),
            ("mass_1", "solMass"),
            ("mass_2", "solMass"),
            ("luminosity_distance", "Mpc"),
            ("network_snr", None),
            ("far_per_yr", "yr**-1"),
            ("p_astro", None),
        ):
            if _number(row[column]) is not None:
                facts[f"catalogue_{column}"] = (float(row[column]), unit)
        yield Event(
            identifier=row["name"],
            kind="gravitational wave",
            time=str(better.get("time", row["utc"] + "Z")),
            ra=_given(better, "ra"),
            dec=_given(better, "dec"),
            position_from=str(better.get("position", "")),
            facts=facts,
            references=(*_references(better), _absolute(row["reference"])),
            lists=_lists("gwtc_events.ecsv", better),
        )


def _neutrinos() -> Iterator[Event]:
    """Yield IceCube's alerts under names made as IceCube makes them: date and a letter (IceCube-170922A).

    The letter is the order within the day among the alerts of the list.
    """
    seen: Counter[str] = Counter()
    for row in sorted(archives.rows("icecube_alerts.ecsv"), key=lambda r: r["utc"]):
        day = row["utc"][2:10].replace("-", "")
        identifier = f"IceCube-{day}{chr(ord('A') + seen[day])}"
        seen[day] += 1
        better = _published().get(identifier, {})
        notice: dict[str, tuple[float | str, str | None]] = {"notice_type": (row["notice_type"], None)}
        for column, unit in (
            ("ra", "deg"),
            ("dec", "deg"),
            ("err90", "deg"),
            ("err50", "deg"),
            ("signalness", None),
            ("far_per_yr", "yr**-1"),
        ):
            if _number(row[column]) is not None:
                notice[f"notice_{column}"] = (float(row[column]), unit)
        if "Astrotrack" in row["notice_type"] and _number(row["energy_tev"]) is not None:
            notice["notice_energy"] = (float(row["energy_tev"]), "TeV")
        for column, unit in (("ra", "deg"), ("dec", "deg"), ("energy_tev", "TeV"), ("signalness", None)):
            if column in better:
                notice[f"published_{column.removesuffix('_tev')}"] = (float(better[column]), unit)
        yield Event(
            identifier=identifier,
            kind="neutrino",
            time=str(better.get("time", _to_milliseconds(row["utc"]))),
            ra=float(better.get("ra", row["ra"])),
            dec=float(better.get("dec", row["dec"])),
            position_from=str(better.get("position", "first GCN notice; later revisions differ")),
            other_names=(f"IC{identifier.removeprefix('IceCube-')}", f"{row['run']}_{row['event']}"),
            facts=notice,
            references=(*_references(better), row["url"]),
            lists=_lists("icecube_alerts.ecsv", better),
        )


def _bursts() -> Iterator[Event]:
    for row in archives.rows("polar_bursts.ecsv"):
        duration = _number(row["duration"])
        yield Event(
            identifier=row["name"],
            kind="gamma-ray burst",
            time=f"{row['trigger_utc']}Z",
            facts={"trigger_of": ("POLAR", None)}
            | ({} if duration is None else {"duration": (duration, "s")}),
            references=("Kole et al. 2020, A&A 644, A124",),
            lists=_lists("polar_bursts.ecsv", {}),
        )
    for row in archives.rows("sources.ecsv"):
        better = _published().get(row["name"])
        if "grb" in row["classes"].split(",") and better:
            yield Event(
                identifier=row["name"],
                kind="gamma-ray burst",
                time=str(better["time"]),
                ra=float(row["ra"]),
                dec=float(row["dec"]),
                position_from="afterglow, from the source list",
                facts={}
                if _number(row["redshift"]) is None
                else {"redshift": (float(row["redshift"]), None)},
                references=_references(better),
                lists=_lists("sources.ecsv", better),
            )


def _lists(table: str, better: dict[str, str | float]) -> tuple[str, ...]:
    return (table, "published_events.toml") if better else (table,)


def _given(entry: dict[str, str | float], name: str) -> float | None:
    return float(entry[name]) if name in entry else None


def _references(entry: dict[str, str | float]) -> tuple[str, ...]:
    return tuple(str(entry["reference"]).split("; ")) if "reference" in entry else ()


def _absolute(reference: str) -> str:
    """The event portal gives some references as paths of its own site."""
    return f"https://gwosc.org{reference}" if reference.startswith("/") else reference


def _to_milliseconds(utc: str) -> str:
    whole, _, fraction = utc.partition(".")
    return f"{whole}.{fraction:0<3}Z"


def _number(text: str) -> float | None:
    number = float(text) if text else math.nan
    return number if math.isfinite(number) else None
