"""``/health``: whether the service works, what it holds, and which plug-ins failed to load."""

from __future__ import annotations

import importlib.metadata
import time
from itertools import islice
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from kg_service.api.documents import bodies
from kg_service.api.resources import give
from kg_service.api.service import Service, service_of
from kg_service.discovery.lookup import text_of

__all__ = ["router"]

router = APIRouter(tags=["operations"])
_STARTED: Final = time.monotonic()
_LOOKED_AT: Final = 200
_MOMENT: Final = 0.3  # s in which the index takes in a record


@router.get("/health", summary="How the service is doing.", responses=bodies("Health"))
def health(request: Request) -> Response:
    """``degraded`` when a plug-in is broken or the index lags behind the records."""
    service = service_of(request)
    return give(request, service, "health", _content(service), headers={"Cache-Control": "no-store"})


def _lacking(service: Service) -> list[str]:
    """The newest records (sha256) that are not in the index; its own note of that lags a little."""
    house = service.house
    reader = house.indexer.reader
    rows = reader.select(text_of("indexed"))
    noted = int(rows[0]["number"].value) if rows else 0
    entries = islice(house.records.entries(noted), _LOOKED_AT)
    return [e.sha256 for e in entries if not reader.graph(house.site.iri("records", e.sha256))]


def _content(service: Service) -> dict[str, Any]:
    house = service.house
    records = house.records.last()
    lacking = _lacking(service)
    if lacking:
        # A record that was written this moment is no lag: only one that stays away is.
        time.sleep(_MOMENT)
        lacking = [sha256 for sha256 in _lacking(service) if sha256 in lacking]
    behind = len(lacking)
    broken = dict(house.registry.broken)
    return {
        "status": "degraded" if broken or behind else "ok",
        "version": importlib.metadata.version("kg-service"),
        "base": house.site.base,
        "workflows": len(house.registry.workflows),
        "records": records,
        "active_runs": len(house.live.active()),
        "broken": broken,
        "uptime": round(time.monotonic() - _STARTED, 1),
        "index": {"behind": behind},
    }
