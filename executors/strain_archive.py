"""Finds detector strain around a time: release files in mirrors or the cache, the shipped table, GWOSC.

Files are found by rule, from their names: ``H-H1_LOSC_4_V2-1126259446-32.hdf5`` says detector, GPS start
and duration (LIGO-T010150), ``GW170817_H1_strain_4s_4096Hz.hdf5`` event and detector. Import-light.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from executors import archives
from kg_service.errors import ArchiveUnavailable, NotCovered
from kg_service.model.product import Dataset
from kg_service.model.times import iso_from_tt, tt_from_iso

__all__ = [
    "MARGIN",
    "NAMES",
    "PAIR",
    "WHITENED_TABLE",
    "Strain",
    "datasets",
    "datasets_of_pair",
    "gps_from_utc",
    "locate",
    "released_datasets",
    "span_utc",
]

WHITENED_TABLE = "gw150914_whitened.ecsv"
PAIR = ("H1", "L1")
"""The LIGO detectors, those of the shipped table."""
MARGIN = 0.5
"""Seconds of data that must lie on each side of the event."""
NAMES = {"H1": "LIGO Hanford", "L1": "LIGO Livingston", "V1": "Virgo"}
_WHITENED_SPAN = (1126259461.5, 1126259463.5)
_VIRGO_START = 1185624018.0
"""GPS of 2017-08-01 12:00 UTC, when Virgo joined the observing run O2 (Abbott et al. 2019, PRX 9, 031040)."""
_GPS_ZERO = tt_from_iso("1980-01-06T00:00:00Z")
_RELEASE = archives.collection("gw_strain").pattern


@dataclass(frozen=True, slots=True)
class Strain:
    """Where the strain is: a file, what kind it is (``table``, ``release``, ``cutout``), and its dataset."""

    path: Path
    kind: str
    dataset: Dataset


def gps_from_utc(utc: str) -> float:
    """GPS seconds of an ISO 8601 UTC time; exact to a microsecond."""
    return (tt_from_iso(utc) - _GPS_ZERO) / 1e6


def span_utc(start: float, seconds: float) -> tuple[str, str]:
    """Start (GPS) and length in seconds as two ISO 8601 UTC texts."""
    first, last = (iso_from_tt(round(gps * 1e6) + _GPS_ZERO) for gps in (start, start + seconds))
    return first, last


def datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """For ``datasets=``: what a run would read of what is at hand, without asking any archive."""
    return _declared(arguments, (str(arguments["detector"]),), released=arguments.get("whiten") is False)


def datasets_of_pair(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """As :func:`datasets`, for an analysis of both LIGO detectors."""
    return _declared(arguments, PAIR)


def released_datasets(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """As :func:`datasets`, for an analysis that cannot use the shipped table of whitened strain."""
    return _declared(arguments, (str(arguments["detector"]),), released=True)


def _declared(
    arguments: Mapping[str, Any], detectors: tuple[str, ...], *, released: bool = False
) -> tuple[Dataset, ...]:
    gps = gps_from_utc(str(arguments["event_time"]))
    found = (_at_hand(str(arguments["event"]), gps, detector, released=released) for detector in detectors)
    return tuple(strain.dataset for strain in found if strain is not None)


def locate(event: str, utc: str, detector: str, *, released: bool = False) -> Strain:
    """The strain of a detector around an event; fetched from GWOSC when it is not at hand and may be asked.

    A release file is preferred to the shipped table, wherever it comes from; with ``released`` the
    table, which is whitened already, does not serve.
    """
    gps = gps_from_utc(utc)
    found = _at_hand(event, gps, detector, released=released)
    if found is not None and found.kind != "table":
        return found
    if detector == "V1" and gps < _VIRGO_START:
        raise NotCovered(
            f"Virgo did not observe before 2017-08-01: there are no data of V1 for {event}.",
            parameter="detector",
            value=detector,
            near=PAIR,
        )
    if not archives.online():
        if found is not None:
            return found
        raise _absent(event, gps, detector, "and GWOSC may not be asked (KG_ONLINE is 0)")
    try:
        return _fetched(event, gps, detector)
    except ArchiveUnavailable:
        if found is not None:
            return found
        raise


def _at_hand(event: str, gps: float, detector: str, *, released: bool = False) -> Strain | None:
    if releases := sorted(_releases(gps, detector), key=lambda pair: pair[0]):
        found = releases[0][1]
        return Strain(found.path, "release", found.dataset)
    for found in archives.files("gw_strain_cutout"):
        if (found.named["event"], found.named["detector"]) == (event, detector):
            return Strain(found.path, "cutout", found.dataset)
    if not released and detector in PAIR and _inside(gps, *_WHITENED_SPAN):
        return Strain(archives.table(WHITENED_TABLE), "table", archives.dataset_of_table(WHITENED_TABLE))
    return None


def _releases(gps: float, detector: str) -> Iterator[tuple[tuple[float, int], archives.ArchiveFile]]:
    """Release files that hold the event: the least cut first (15 s beside it are enough), then small ones."""
    for found in archives.files("gw_strain"):
        if found.named["detector"] == detector:
            start, duration = int(found.named["start"]), int(found.named["duration"])
            if _inside(gps, start, start + duration):
                yield (-min(gps - start, start + duration - gps, 15.0), duration), found


def _inside(gps: float, start: float, end: float) -> bool:
    return start + MARGIN <= gps <= end - MARGIN


def _fetched(event: str, gps: float, detector: str) -> Strain:
    """Ask GWOSC which file holds the event (32 s where there is one), and fetch it into the cache."""
    import pooch
    import requests
    from tenacity import RetryError

    try:
        for url in _addresses(event, detector):
            match = _RELEASE.fullmatch(url.rpartition("/")[2])
            if match and _inside(gps, int(match["start"]), int(match["start"]) + int(match["duration"])):
                folder = archives.cache_folder() / "gw"
                path = Path(pooch.retrieve(url, known_hash=None, fname=match.string, path=folder))
                kind = archives.collection("gw_strain")
                fetched = archives.ArchiveFile(path, kind, "online", match.groupdict(), url)
                return Strain(path, "release", fetched.dataset)
    except requests.HTTPError as error:
        if error.response is None or error.response.status_code != 404:
            raise _absent(event, gps, detector, f"and GWOSC answered with an error ({error})") from error
    except (requests.RequestException, RetryError, OSError) as error:
        raise _absent(
            event, gps, detector, f"and GWOSC cannot be reached ({type(error).__name__})"
        ) from error
    raise NotCovered(
        f"GWOSC has no strain of {detector} for {event}. {_covered()}", parameter="event", value=event
    )


def _addresses(event: str, detector: str) -> list[str]:
    """The addresses of the release files of an event, asked for once: a slow archive is not asked again."""
    import warnings

    import requests
    from gwosc.locate import get_event_urls

    class Once(requests.Session):
        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            try:
                return super().send(request, **options)
            except requests.Timeout as error:  # gwosc would try ten times
                raise requests.ConnectionError(error) from error

    with Once() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that there is no file of 32 s
        urls = get_event_urls(
            event, detector=detector, sample_rate=4096, format="hdf5", duration=32, session=session
        )
    return [url for url in urls if _RELEASE.fullmatch(url.rpartition("/")[2])]


def _absent(event: str, gps: float, detector: str, why: str) -> ArchiveUnavailable | NotCovered:
    """GWOSC has the strain of the events of its catalogues; of other times nothing is promised."""
    listed = any(row["name"] == event for row in archives.rows("gwtc_events.ecsv"))
    text = f"The strain of {detector} for {event} (GPS {gps:.3f}) is not kept here, {why}. {_covered()}"
    problem = ArchiveUnavailable if listed else NotCovered
    return problem(text, parameter="event", value=event, near=("GW150914",))


def _covered() -> str:
    names = [found.path.name for name in ("gw_strain", "gw_strain_cutout") for found in archives.files(name)]
    more = f", and the files {', '.join(dict.fromkeys(names))}" if names else ""
    return f"Kept here: GW150914 of H1 and L1 (2 s, whitened){more}."
