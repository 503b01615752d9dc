"""Fixtures of the journey's tests."""

from __future__ import annotations

from journey_kg import kg, new_kg, plugged

__all__ = ["kg", "new_kg", "plugged"]
