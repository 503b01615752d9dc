"""From the page of a refused question back to a better one: its words in a form, near ones as links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

__all__ = ["Again", "again", "near_links"]

_ASKING: Final = ("ask", "explain")
_FORM: Final = "as"
_NAMED: Final = ("terms", "instruments", "workflows", "shapes")
"""Lists whose members have pages under their names."""
_MOST_FIELDS: Final = 200


@dataclass(frozen=True, slots=True)
class Again:
    """A question as it was written: what is done with it, its term, names and values."""

    what: str
    term: str
    pairs: tuple[tuple[str, str], ...]

    def address(self, term: str, pairs: Sequence[tuple[str, str]]) -> str:
        """Where another question like this is asked."""
        query = f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""
        return f"/{self.what}/{quote(term, safe='')}{query}"


def again(path: str) -> Again | None:
    """The question of an address (path and query); ``None`` where it is none."""
    route, _, query = path.partition("?")
    what, _, term = route.lstrip("/").partition("/")
    if what not in _ASKING or not term:
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:  # more fields than anybody wrote
        pairs = []
    return Again(what, unquote(term), tuple(pair for pair in pairs if pair[0] != _FORM))


def near_links(problem: Mapping[str, Any], path: str) -> list[tuple[str, str]]:
    """What came near, each with the address that asks so, or "" where that cannot be told."""
    asked = again(path)
    code, parameter, value = problem["code"], problem["parameter"], problem["value"]
    found = []
    for name in problem["near"]:
        address = ""
        if asked is None:
            section = path.lstrip("/").partition("/")[0]
            named = section in _NAMED and "/" not in name
            address = f"/{section}/{quote(name, safe='')}" if named else ""
        elif code == "unknown-term" and parameter is None:
            address = asked.address(name, asked.pairs)
        elif code == "conflict":
            address = _without_conflict(asked, parameter, name)
        elif parameter is not None and code in (
            "unknown-parameter",
            "unknown-term",
            "unresolved-object",
            "bad-value",
        ):
            here = [
                n == parameter and (code == "unknown-parameter" or value in (None, v)) for n, v in asked.pairs
            ]
            if any(here) and code == "unknown-parameter":
                address = _changed(asked, here, name=name)
            elif any(here):
                address = _changed(asked, here, value=name)
        found.append((name, address))
    return found


def _changed(asked: Again, here: Sequence[bool], *, name: str | None = None, value: str | None = None) -> str:
    pairs = [
        (name or n, v if value is None else value) if hit else (n, v)
        for hit, (n, v) in zip(here, asked.pairs, strict=True)
    ]
    return asked.address(asked.term, pairs)


def _without_conflict(asked: Again, parameter: str | None, near: str) -> str:
    """``workflow=name`` is said beside; of two names for one thing the near one stays."""
    name, equals, value = near.partition("=")
    if equals:
        return asked.address(asked.term, [*asked.pairs, (name, value)])
    kept = [(n, v) for n, v in asked.pairs if n != parameter]
    return asked.address(asked.term, kept) if len(kept) < len(asked.pairs) and name != parameter else ""
