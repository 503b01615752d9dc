"""Analyses that turn out to have no data, or other data than was at hand; loaded as a plug-in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from executors import archives
from kg_service.authoring import OutputFile, Result, kg, oda, workflow
from kg_service.errors import ArchiveUnavailable, NotCovered
from kg_service.model.product import Dataset


def _made(label: str) -> Result:
    Path("table.csv").write_text("time,value\n1,2\n")
    return Result(label=label, files=[OutputFile("table.csv", "text/csv")], cite=["a test"])


@workflow(title="Near", cost=0.1)
def near(object: oda.AstrophysicalObject, probe: oda.String) -> kg.Observability:  # noqa: A002
    """Never has data."""
    raise NotCovered(f"Near has nothing of {object} for {probe}.", parameter="object", value=object)


@workflow(title="By name", cost=0.2)
def by_name(name: kg.FermiCatalogueName, probe: oda.String) -> kg.Observability:
    """Needs a name that not every source has."""
    return _made(f"By name {name} {probe}")


@workflow(title="Archived", cost=0.3)
def archived(ra: oda.PointOfInterestRA, dec: oda.PointOfInterestDEC, probe: oda.String) -> kg.Observability:
    """Its archive is down, unless the probe knows a way."""
    if probe == "down":
        raise ArchiveUnavailable("The archive of Archived does not answer.")
    return _made(f"Archived {ra:.2f} {dec:.2f} {probe}")


def _dataset(name: str, content: bytes, reached: str) -> Dataset:
    return Dataset(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        address="http://localhost/archive/",
        title=name,
        reached=reached,
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        cite="a test",
    )


def _at_hand(arguments: Mapping[str, Any]) -> tuple[Dataset, ...]:
    path = archives.cache_folder() / "fetched.txt"
    if path.exists():
        return (_dataset("fetched.txt", path.read_bytes(), "cache"),)
    return (_dataset("small.txt", b"small", "embedded"),)


@workflow(title="Fetching", cost=0.1, datasets=_at_hand)
def fetching(fetch: oda.String) -> kg.Observability:
    """Fetches a file from an archive, and reads it instead of what was at hand before."""
    path = archives.cache_folder() / "fetched.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"large")
    made = _made(f"Fetched {fetch}")
    return replace(made, datasets=(_dataset("fetched.txt", b"large", "online"),))


@workflow(title="Doubtful", cost=0.1)
def doubtful(doubt: oda.String) -> kg.Observability:
    """Gives a flux that no source has: a wrong unit, perhaps."""
    point = {
        "energy_reference": 1e6, "energy_low": 5e5, "energy_high": 2e6, "flux": 3.0,
        "flux_error_low": 0.1, "flux_error_high": 0.1, "epoch_start": "2020-01-01T00:00:00Z",
        "epoch_end": "2020-01-02T00:00:00Z", "spectrum": "one", "observed_with": kg.FermiLAT.iri,
    }  # fmt: skip
    return replace(_made(f"Doubtful {doubt}"), points=(point,))
