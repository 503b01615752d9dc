"""Writes a JSON file; apart from :mod:`executors.writing` so that a resolver need not import astropy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg_service.authoring import OutputFile

__all__ = ["write_json"]


def write_json(content: Mapping[str, Any], stem: str) -> OutputFile:
    """Write ``stem.json`` in the current folder; NaN is refused, so give ``None`` for what is missing."""
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    Path(f"{stem}.json").write_text(text + "\n", encoding="utf-8")
    return OutputFile(f"{stem}.json", "application/json")
