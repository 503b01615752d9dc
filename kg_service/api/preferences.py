"""What a client prefers of an answer that may take a while: ``Prefer`` (RFC 7240) and ``Cache-Control``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

__all__ = ["LONGEST_WAIT", "USUAL_WAIT", "Preferences", "read_preferences"]

USUAL_WAIT: Final = 20.0
"""Seconds that a request waits for its answer when it says nothing."""
LONGEST_WAIT: Final = 120.0
"""Seconds that a request may ask to wait."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How long to wait (seconds), whether earlier products may answer, and what was heeded."""

    wait: float = USUAL_WAIT
    fresh: bool = False
    applied: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """``Preference-Applied``, where something was preferred."""
        return {"Preference-Applied": ", ".join(self.applied)} if self.applied else {}


def read_preferences(headers: Headers) -> Preferences:
    """The preferences of a request; what cannot be read is left aside, as RFC 7240 (section 2) asks."""
    wanted = dict(_preferences(headers.getlist("prefer")))
    wait, applied = USUAL_WAIT, []
    if "respond-async" in wanted:
        wait = 0.0
        applied.append("respond-async")
    seconds = wanted.get("wait", "")
    if seconds.isascii() and seconds.isdigit():
        wait = min(float(seconds), LONGEST_WAIT)
        applied.append(f"wait={wait:.0f}")
    directives = {d.strip().lower() for value in headers.getlist("cache-control") for d in value.split(",")}
    return Preferences(wait, "no-cache" in directives, tuple(applied))


def _preferences(values: Iterable[str]) -> list[tuple[str, str]]:
    """Names in lower case with their values; of two with one name the first counts."""
    found: list[tuple[str, str]] = []
    for value in values:
        for part in value.split(","):
            name, _, text = part.partition(";")[0].partition("=")
            found.insert(0, (name.strip().lower(), text.strip().strip('"')))
    return found
