"""A request as short JSON: ``{"ask": "Spectrum", "where": {"object": "Mrk 421"}, "fresh": false}``.

The JSON of an answer repeats its question in these words and is read as that question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from kg_service.errors import Conflict, Malformed, TooLarge
from kg_service.intake.term import Given, read_request
from kg_service.model.query import Query
from kg_service.model.workflow import Workflow
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["LIMIT", "read_short"]

LIMIT: Final = 2**20
"""Bytes of a short query that are read at most."""

_MEMBERS: Final = frozenset({"ask", "where", "fresh"})
_IGNORED: Final = frozenset({"id", "url"})
"""What the description of a query holds beside, so that it can be posted back."""
_ANSWER: Final = frozenset({"query", "status", "ask"})
"""What tells an answer from a query: of an answer, only the question it repeats is read."""


def read_short(
    data: bytes | Mapping[str, Any], catalogue: Catalogue, workflows: Sequence[Workflow] = ()
) -> tuple[Query, bool]:
    """The query, and whether a fresh run is wanted.

    Raises
    ------
    Malformed
        It is no such object; ``UnknownParameter`` and the like as in :func:`read_request`.
    """
    content: Any = _load(data) if isinstance(data, bytes) else data
    if not isinstance(content, Mapping):
        raise Malformed(
            'A query is a JSON object such as {"ask": "Spectrum", "where": {"object": "Mrk 421"}}.'
        )
    if set(content) >= _ANSWER:
        content = {name: content[name] for name in ("ask", "where") if name in content}
    unknown = sorted(set(content) - _MEMBERS - _IGNORED)
    if unknown:
        raise Malformed(
            f"A query has no member {unknown[0]!r}; it has ask, where and fresh.", parameter=unknown[0]
        )
    term, where, fresh = content.get("ask"), content.get("where", {}), content.get("fresh", False)
    if not isinstance(term, str):
        raise Malformed('"ask" names the product class, such as "Spectrum".', parameter="ask")
    if not isinstance(where, Mapping):
        raise Malformed('"where" is an object of names and values.', parameter="where")
    if not isinstance(fresh, bool):
        raise Malformed('"fresh" is true or false.', parameter="fresh", value=str(fresh))
    pairs = [(name, _checked(name, value)) for name, value in where.items()]
    return read_request(term, pairs, catalogue, workflows), fresh


def _load(data: bytes) -> Any:
    if len(data) > LIMIT:
        raise TooLarge(f"The query has {len(data)} bytes; at most {LIMIT} are read.")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_members,
            parse_constant=_no_number,
            parse_float=Decimal,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"The JSON is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise Malformed(
            f"The JSON cannot be read at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error
    except RecursionError as error:
        raise Malformed("The JSON is nested too deeply.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise Malformed(f"The JSON cannot be read: {error}.") from error


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Conflict(f"{name} is given twice.", parameter=name, value=str(value))
        found[name] = value
    return found


def _no_number(name: str) -> float:
    raise Malformed(f"The JSON holds {name}, which is not a number.", value=name)


def _checked(name: str, value: Any) -> Given:
    """Decimals as text: every digit that was written counts."""
    if isinstance(value, Mapping):
        if "value" not in value or set(value) - {"value", "unit"}:
            raise Malformed(f'{name}: an object has the members "value" and "unit".', parameter=name)
        return {**value, "value": _checked(name, value["value"])}
    if isinstance(value, list):
        raise Malformed(f"{name} takes one value, not a list.", parameter=name)
    return str(value) if isinstance(value, Decimal) else value
