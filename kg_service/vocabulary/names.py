"""Names that people use, found among the terms of the ontology; near matches where there is none."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from kg_service.model.terms import KG, ODA, PREFIXES, local_name

__all__ = ["UNIT", "NameIndex", "expand", "tidy"]

UNIT: Final = "http://odahub.io/ontology/unit#"
_PREFIXES = {**PREFIXES, "unit": UNIT}
_MAPPED = {
    "https://odahub.io/": "http://odahub.io/",
    "http://w3id.org/kg-service/": "https://w3id.org/kg-service/",
}


def tidy(name: str) -> str:
    """A name in Unicode NFC, outer blanks dropped, inner runs of blanks one."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def expand(name: str) -> str | None:
    """The IRI that a name writes out (IRI, ``<IRI>`` or CURIE), the https spelling of oda mapped.

    ``None`` when the name is neither.
    """
    if name.startswith("<") and name.endswith(">"):
        name = name[1:-1]
    if name.startswith(("http://", "https://")):
        for other, ours in _MAPPED.items():
            if name.startswith(other):
                return ours + name[len(other) :]
        return name
    prefix, colon, local = name.partition(":")
    if colon and prefix in _PREFIXES:
        return _PREFIXES[prefix] + local
    return None


class NameIndex:
    """Exact names first, then any usual spelling without regard to case.

    Parameters
    ----------
    iris
        The IRIs of all terms.
    spellings
        Gives the alternative labels, notations and the label of a term.
    """

    def __init__(self, iris: Iterable[str], spellings: Callable[[str], Iterable[str]]) -> None:
        self._iris = frozenset(iris)
        self._spellings = spellings
        self._loose: dict[frozenset[str], dict[str, str]] = {}

    def exact(self, name: str) -> list[str]:
        """The terms of that IRI, CURIE or local name; ``kg:`` before ``oda:``."""
        iri = expand(name)
        if iri is not None:
            return [iri] if iri in self._iris else []
        return [space + name for space in (KG, ODA) if space + name in self._iris]

    def loose(self, name: str, among: frozenset[str]) -> str | None:
        """The term among some that has the name as alternative label, notation or label, in any case.

        Where two share a spelling the one whose IRI sorts first is meant; ``kg check`` reports it.
        """
        table = self._loose.get(among)
        if table is None:
            table = self._loose[among] = {}
            for iri in sorted(among):
                for text in self._spellings(iri):
                    table.setdefault(tidy(text).casefold(), iri)
                table.setdefault(local_name(iri).casefold(), iri)
        return table.get(tidy(name).casefold())

    def near(self, name: str, among: Iterable[str], limit: int = 5) -> tuple[str, ...]:
        """Names that would have been understood and look like the given one, best first."""
        candidates: dict[str, str] = {}
        for iri in sorted(among):
            local = local_name(iri)
            candidates.setdefault(local.casefold(), local)
            for text in self._spellings(iri):
                candidates.setdefault(text.casefold(), text)
        wanted = tidy(name).rpartition("#")[2].rpartition(":")[2].casefold()
        found = difflib.get_close_matches(wanted, candidates, n=limit, cutoff=0.6)
        return tuple(candidates[f] for f in found)
