"""Canonical values: one meaning, one key; notations are read in ``model/notation.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Kind", "Value"]

_LINE_BREAKS = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})


class Kind(StrEnum):
    """How a value is brought to canonical form.

    The ontology says which kind a class has (``kg:canonicalForm`` on it or its nearest superclass).
    """

    RIGHT_ASCENSION = "right-ascension"
    DECLINATION = "declination"
    ANGLE = "angle"
    TIME = "time"
    DURATION = "duration"
    ENERGY = "energy"
    FREQUENCY = "frequency"
    LENGTH = "length"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    NAME = "name"
    TEXT = "text"
    FILE = "file"
    STRUCTURED = "structured"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Value:
    """A value in canonical form.

    ``text`` is the exact canonical text: a decimal number in ``unit`` (``"20"``, ``"1.5e-12"``),
    integer microseconds TT since MJD 0 for a time, NFC text for names. ``unit`` is a VOUnit string
    or ``None``. ``plain`` is what people and JSON read (an ISO time with ``Z``, a number, a text).
    """

    kind: Kind
    text: str
    unit: str | None = None
    plain: str | float | int | bool | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The text that is hashed; equal exactly when two values mean the same.

        It never spans two lines, so that a text cannot pose as a second statement where the lines
        of a query or a run are joined; a backslash is doubled for the same reason.
        """
        text = self.text
        if "\\" in text or "\n" in text or "\r" in text:
            text = text.translate(_LINE_BREAKS)
        return f"{self.kind.value} {text} {self.unit or ''}"
