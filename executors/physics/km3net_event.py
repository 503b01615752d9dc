"""One event of KM3NeT: from its VOEvent where there is one at hand, else from the published facts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from executors import archives
from executors.archives import ArchiveFile
from executors.known.spelling import event_key
from kg_service.authoring import Measure
from kg_service.errors import NotCovered, RunFailed
from kg_service.model.product import Dataset

__all__ = ["TABLE", "Facts", "datasets", "find"]

TABLE = "km3net_events.toml"
_TO_PEV = {"GeV": 1e-6, "TeV": 1e-3, "PeV": 1.0, "EeV": 1e3}
_NOT_MEASURED = "the energy of the muon is a lower bound to that of the neutrino"


@dataclass(frozen=True, slots=True)
class Facts:
    """Position (ICRS, deg), radii of containment (deg by percent), ISO UTC time, energy (PeV) of the muon.

    ``published`` holds what the publication says beyond the alert, ``issued`` the date of the VOEvent.
    """

    identifier: str
    time: str
    ra: float
    dec: float
    radii: Mapping[int, float]
    detector: str
    energy: float
    published: Mapping[str, Any]
    issued: str | None
    datasets: tuple[Dataset, ...]

    @property
    def origin(self) -> str:
        """Where the facts come from, for titles."""
        return "VOEvent" if self.issued else "published facts"

    def values(self) -> dict[str, Measure]:
        """The facts by name."""
        found = {
            "right_ascension": Measure(self.ra, unit="deg"),
            "declination": Measure(self.dec, unit="deg"),
            "muon_energy": Measure(self.energy, unit="PeV"),
            "event_time": Measure(self.time),
            "event_identifier": Measure(self.identifier),
            "detector": Measure(self.detector),
            "facts_from": Measure(self.origin),
        }
        found |= {f"radius_{percent}": Measure(r, unit="deg") for percent, r in sorted(self.radii.items())}
        if self.issued:
            found["voevent_issued"] = Measure(self.issued)
        for name in ("muon_energy_interval_68", "neutrino_energy_interval_68", "neutrino_energy_interval_90"):
            if name in self.published:
                low, high = self.published[name]
                found[f"published_{name}_low"] = Measure(low, unit="PeV")
                found[f"published_{name}_high"] = Measure(high, unit="PeV")
        if "neutrino_energy" in self.published:
            found["published_neutrino_energy"] = Measure(self.published["neutrino_energy"], unit="PeV")
        return found

    def quality(self) -> list[str]:
        """Caveats as short phrases."""
        caveats = [
            f"one event, facts as the collaboration states them ({self.origin})",
            f"position with radii of containment; {_NOT_MEASURED}",
        ]
        if "neutrino_energy" in self.published:
            caveats.append("published neutrino energy assumes a spectrum E^-2")
        return caveats


def _key(name: str) -> str:
    """KM3NeT-230213A, KM3 230213A and KM3-230213A are one."""
    return event_key(name).replace("km3net", "km3")


def _published() -> dict[str, dict[str, Any]]:
    return tomllib.loads(archives.table(TABLE).read_text(encoding="utf-8"))


def _alerts(name: str) -> list[ArchiveFile]:
    return [file for file in archives.files("km3net_event") if _key(file.named["event"]) == _key(name)]


def datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: the published facts, and the VOEvents of that name at hand."""
    files = _alerts(str(arguments["event"]))
    return (archives.dataset_of_table(TABLE), *(file.dataset for file in files))


def find(name: str) -> Facts:
    """The facts of the event of that name; of several VOEvents the one issued last.

    Raises
    ------
    NotCovered
        When neither a VOEvent nor the published facts know the event.
    RunFailed
        When a VOEvent cannot be read.
    """
    published = {_key(known): (known, facts) for known, facts in _published().items()}
    known, facts = published.get(_key(name), (name, {}))
    table = archives.dataset_of_table(TABLE)
    read = [_from_voevent(file, facts, table) for file in _alerts(name)]
    if read:
        return max(read, key=lambda found: found.issued or "")
    if not facts:
        names = [entry for entry, _ in published.values()]
        names += [f.named["event"] for f in archives.files("km3net_event") if f.named["event"] not in names]
        raise NotCovered(
            f"{name!r} is no event of KM3NeT known here; there is {', '.join(sorted(names))}. A VOEvent in a "
            "mirror (KG_ARCHIVE_MIRRORS, folder km3net/, name EVENT_voevent.xml) adds another.",
            parameter="event",
            value=name,
            near=sorted(names),
        )
    return Facts(
        identifier=known,
        time=facts["time"],
        ra=facts["ra"],
        dec=facts["dec"],
        radii={int(percent): radius for percent, radius in facts["radii"].items()},
        detector=facts["detector"],
        energy=facts["muon_energy"],
        published=facts,
        issued=None,
        datasets=(table,),
    )


def _from_voevent(file: ArchiveFile, published: Mapping[str, Any], table: Dataset) -> Facts:
    """Read a VOEvent 2.0 (IVOA Recommendation 2011-07-11): What, WhereWhen and the date of Who."""
    try:
        root = ET.parse(file.path).getroot()  # noqa: S314 - expat refuses nested entities
        params = {p.get("name", ""): p for p in root.iterfind("./What//Param")}
        place = _location(root)
        energy = params["Energy"]
        radii = {
            int(element.tag.removeprefix("Error2Radius") or 68): float(element.text or "nan")
            for element in place.iterfind("./AstroCoords/Position2D/*")
            if element.tag.startswith("Error2Radius")
        }
        found = Facts(
            identifier=params["Identifier"].get("value") or file.named["event"],
            time=f"{_text(place, './/ISOTime').rstrip('Z')}Z",
            ra=float(_text(place, ".//Value2/C1")),
            dec=float(_text(place, ".//Value2/C2")),
            radii=radii,
            detector=params["Instrument"].get("value") or "",
            energy=float(energy.get("value") or "nan") * _TO_PEV[energy.get("unit") or ""],
            published=published,
            issued=_text(root, "./Who/Date"),
            datasets=(table, file.dataset),
        )
    except (OSError, ET.ParseError, KeyError, ValueError) as failure:
        raise RunFailed(
            f"{file.path.name} is no VOEvent that can be read (corrupt or truncated, or without identifier, "
            f"time, position or energy); put a fresh copy from {file.address} in its place.",
            value=file.path.name,
        ) from failure
    if not (0 <= found.ra < 360 and abs(found.dec) <= 90 and found.energy > 0):
        raise RunFailed(
            f"{file.path.name} gives no possible position or energy: RA {found.ra:g}, Dec {found.dec:g} deg, "
            f"{found.energy:g} PeV.",
            value=file.path.name,
        )
    return found


def _location(root: ET.Element) -> ET.Element:
    found = root.find("./WhereWhen//ObservationLocation")
    if found is None:
        raise ValueError("no place of the observed event")
    return found


def _text(element: ET.Element, path: str) -> str:
    found = element.findtext(path)
    if not found or not found.strip():
        raise ValueError(f"nothing at {path}")
    return found.strip()
