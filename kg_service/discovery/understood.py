"""How the values of a request were read, in words: what a person would not see in the request itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from kg_service.errors import UnknownTerm
from kg_service.model.answer import Answer, Resolved
from kg_service.model.readable import energy, instant
from kg_service.model.terms import NEUTRAL_BASE, local_name
from kg_service.model.values import Kind, Value
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Label", "labels_of", "understood"]

Label = Callable[[str], str]
"""The name of a term (IRI) for people."""

_PHOTON_ENERGY: Final = re.compile(r"[-+.\deE]+\s*[mkMGTP]?eV")
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_WORKFLOWS: Final = NEUTRAL_BASE + "workflows/"


def labels_of(catalogue: Catalogue) -> Label:
    """The labels of the ontology; of what it does not know, the local name."""

    def label(iri: str) -> str:
        try:
            return catalogue.term(iri).label
        except UnknownTerm:
            return local_name(iri)

    return label


def understood(answer: Answer, label: Label = local_name) -> list[dict[str, Any]]:
    """The contract's *resolved*, each with the ``name`` that the request used and what is used as ``text``.

    ``text`` is null where the request says the same, perhaps without the unit or in another of photon
    energy.
    """
    query = answer.query
    values = {b.term: b.value for b in query.bindings}
    names = {b.term: b.name for b in query.bindings} | {c.property: c.name for c in query.constraints}
    found = []
    for item in answer.resolved:
        text = _in_words(item, values.get(item.term), label)
        found.append(
            {
                "term": item.term,
                "given": item.given,
                "used": item.used,
                "name": names.get(item.term) or local_name(item.term).removeprefix("arg-"),
                "text": None if not item.given or _same(item.given, text, item.used) else text,
            }
        )
    return found


def _in_words(item: Resolved, value: Value | None, label: Label) -> str:
    if value is not None and value.kind is Kind.TIME:
        return instant(int(value.text))
    if value is not None and value.kind is Kind.ENERGY and value.unit == "keV":
        return energy(Decimal(f"{Decimal(value.text):.6g}"))
    if item.used.startswith(_WORKFLOWS):
        return item.used.removeprefix(_WORKFLOWS)
    return label(item.used) if value is None and "://" in item.used else item.used


def _same(given: str, text: str, used: str) -> bool:
    """Whether a text means what stands there already, but for its case, its blanks and its unit."""
    words = " ".join(given.split())
    if words.casefold() in (text.casefold(), used.casefold()):
        return True
    if _PHOTON_ENERGY.fullmatch(words) and text.endswith("eV"):
        return True
    if used.endswith("Z") and used.startswith(words.replace(" ", "T").rstrip("Z")):
        return True
    number, of_used = _NUMBER.match(words), _NUMBER.match(used)
    if number is None or of_used is None:
        return False
    unit = words[number.end() :].strip()
    return unit.casefold() in ("", *_units(used[of_used.end() :])) and float(number[0]) == float(of_used[0])


def _units(unit: str) -> tuple[str, ...]:
    """A unit as requests write it."""
    plain = unit.strip().casefold()
    return (plain, "degrees", "degree", "°") if plain == "deg" else (plain,)
