"""The terminal a command writes to: how wide it is, and which characters it can show."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from typing import Final, TextIO

__all__ = ["can_show", "shown", "width"]

_NARROWEST, _WIDEST = 60, 110
_BARS: Final = dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True))
_PLAIN: Final = str.maketrans({
    **_BARS, "±": "+/-", "×": "x", "→": "->", "−": "-", "–": "-", "…": "...",  # noqa: RUF001 - as they are printed
    "├": "|", "└": "`", "│": "|", "─": "-", "²": "^2", "°": " deg",
})  # fmt: skip
_RAISED: Final = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS: Final = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def width() -> int:
    """Columns to write in."""
    return max(_NARROWEST, min(shutil.get_terminal_size((100, 20)).columns, _WIDEST))


def can_show(text: str, stream: TextIO | None = None) -> bool:
    """Whether a stream, otherwise standard output, has these characters."""
    try:
        text.encode(_encoding(stream))
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str, stream: TextIO | None = None) -> str:
    """The text, in characters that the stream has: bars, signs and powers in ASCII where need be."""
    if can_show(text, stream):
        return text
    plain = _RAISED.sub(lambda found: "^" + found[0].translate(_DIGITS), text).translate(_PLAIN)
    if can_show(plain, stream):
        return plain
    encoding = _encoding(stream)
    return unicodedata.normalize("NFKD", plain).encode(encoding, "replace").decode(encoding)


def _encoding(stream: TextIO | None) -> str:
    return (stream or sys.stdout).encoding or "ascii"
