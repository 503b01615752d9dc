"""A running service and a client for it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from live_service import LiveService, shared


@pytest.fixture(scope="session")
def live() -> Iterator[LiveService]:
    yield shared.take()
    shared.give_back()


@pytest.fixture
def http(live: LiveService) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.address, timeout=60, headers={"Accept": "application/json"}) as client:
        yield client
