"""Four analyses that fit one question, of which most turn out to have no data; loaded as a plug-in."""

from __future__ import annotations

from pathlib import Path

from kg_service.authoring import OutputFile, Result, kg, oda, workflow
from kg_service.errors import ArchiveUnavailable, NotCovered


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
def archived(
    ra: oda.PointOfInterestRA, dec: oda.PointOfInterestDEC, probe: oda.String
) -> kg.Observability:
    """Its archive is down, unless the probe knows a way."""
    if probe == "down":
        raise ArchiveUnavailable("The archive of Archived does not answer.")
    return _made(f"Archived {ra:.2f} {dec:.2f} {probe}")
