"""Names, free text, truth values, file identities and structured values in canonical form."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kg_service.errors import BadValue
from kg_service.model.decimals import (
    canonical_text,
    from_number,
    integer_text,
    read_decimal,
    round_significant,
    shorten,
)

__all__ = ["boolean", "digest", "name", "structured", "text"]

_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_SHA256 = re.compile(r"(?:sha256[:-])?([0-9a-f]{64})")
_BLANKS = re.compile(r"[^\S\x00-\x1f\x7f-\x9f]+")  # any white space that is no control character
_LONGEST_TEXT = 1_000_000
_LONGEST_NAME = 1_000
_LONGEST_WHOLE = 40  # digits of a whole number that are all kept
_DEEPEST = 64
_UNSEEN = {"Cc": "a control character", "Cf": "an invisible character"}


def boolean(given: object) -> bool:
    """A truth value from ``true``, ``yes``, ``1`` or ``false``, ``no``, ``0`` in any case."""
    if isinstance(given, bool):
        return given
    word = str(given).strip().casefold() if isinstance(given, (str, int)) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue("this is neither true nor false", near=("true", "false"))


def name(given: object) -> str:
    """A name in Unicode NFC, without outer blanks, inner runs of blanks as one."""
    found = _as_text(given).strip()
    if not found.isascii():
        found = unicodedata.normalize("NFC", found)
    found = " ".join(_BLANKS.split(found))
    if not found:
        raise BadValue("a name cannot be empty")
    if len(found) > _LONGEST_NAME:
        raise BadValue(f"a name has at most {_LONGEST_NAME} characters, this one has {len(found)}")
    if found.isprintable():
        return found
    for character in found:
        kind = _UNSEEN.get(unicodedata.category(character))
        if kind:
            raise BadValue(f"the name holds {kind} (U+{ord(character):04X}); names are printable")
    return found


def text(given: object) -> str:
    """Text in Unicode NFC, otherwise untouched: blanks and case stay."""
    found = _as_text(given)
    return found if found.isascii() else unicodedata.normalize("NFC", found)


def digest(given: object) -> str:
    """The sha256 of a file's bytes, 64 hexadecimal digits: a file is what it holds, not where it lies."""
    found = _SHA256.fullmatch(given.strip().lower()) if isinstance(given, str) else None
    if not found:
        raise BadValue("this is not the sha256 of a file (64 hexadecimal digits)")
    return found[1]


def structured(given: object) -> str:
    """JSON with sorted keys, canonical numbers and no blanks; lists keep their order.

    ``5`` and ``5.0`` are one number, ``true`` is not ``1``; text is brought to Unicode NFC.
    """
    if isinstance(given, str):
        if len(given) > _LONGEST_TEXT:
            raise BadValue(f"a structured value has at most {_LONGEST_TEXT} characters")
        try:
            given = json.loads(
                given, parse_float=read_decimal, parse_int=read_decimal, parse_constant=read_decimal,
                object_pairs_hook=_without_doubles,
            )  # fmt: skip
        except (json.JSONDecodeError, RecursionError) as error:
            raise BadValue(f"this is not JSON: {error}") from None
    found = _canonical_json(given, 0)
    if len(found) > _LONGEST_TEXT:
        raise BadValue(f"a structured value has at most {_LONGEST_TEXT} characters")
    return found


def _as_text(given: object) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(from_number(given))  # an event named by digits, sent as a JSON number
    if not isinstance(given, str):
        raise BadValue("text is needed")
    if len(given) > _LONGEST_TEXT:
        raise BadValue(f"text has at most {_LONGEST_TEXT} characters, this one has {len(given)}")
    if "\0" in given or (not given.isascii() and any("\ud800" <= c <= "\udfff" for c in given)):
        raise BadValue("this holds characters that are no text (NUL, or not UTF-8)")
    return given


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadValue(f"the key {shorten(key)!r} stands twice in one JSON object")
        found[key] = value
    return found


def _canonical_json(given: object, depth: int) -> str:
    if depth > _DEEPEST:
        raise BadValue(f"a structured value has at most {_DEEPEST} levels")
    if given is None:
        return "null"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return json.dumps(text(given), ensure_ascii=False)
    if isinstance(given, (int, float, Decimal)):
        number = given if isinstance(given, Decimal) else from_number(given)
        if number.adjusted() < _LONGEST_WHOLE and number == number.to_integral_value():
            return integer_text(number)
        return canonical_text(round_significant(number))
    if isinstance(given, Mapping):
        return _canonical_object(given, depth)
    if isinstance(given, Sequence) and not isinstance(given, (bytes, bytearray)):
        return f"[{','.join(_canonical_json(item, depth + 1) for item in given)}]"
    raise BadValue(f"{shorten(given)} cannot be written as JSON")


def _canonical_object(given: Mapping[Any, Any], depth: int) -> str:
    found: dict[str, str] = {}
    for key, item in given.items():
        if not isinstance(key, str):
            raise BadValue(f"{shorten(key)}: the keys of a JSON object are text")
        written = json.dumps(text(key), ensure_ascii=False)
        if written in found:
            raise BadValue(f"the key {shorten(key)!r} stands twice in one JSON object")
        found[written] = _canonical_json(item, depth + 1)
    return "{" + ",".join(f"{key}:{found[key]}" for key in sorted(found)) + "}"
