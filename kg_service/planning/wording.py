"""What planning says to astronomers: labels of the ontology, never the names in the code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from kg_service.errors import UnknownTerm
from kg_service.model.query import Binding
from kg_service.model.readable import energy, instant
from kg_service.model.terms import local_name
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input
from kg_service.planning.entries import Side

if TYPE_CHECKING:
    from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Words", "article", "energy", "listed", "noun"]

_FEW = 4
_SOUND: Final = re.compile(r"[AEIOaeio]|u(?!ni)[lmnp]|[FHLMNRSX](-|[B-DF-HJ-NP-TV-Z]|ED\b)")
"""How a word begins that is spoken with a vowel: "ultraviolet", "X-ray" and "MJD", letter by letter."""


class Words:
    """Phrases built from the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def label(self, iri: str) -> str:
        """The label of a term; its local name where the ontology does not know it."""
        try:
            return self._catalogue.term(iri).label
        except UnknownTerm:
            return local_name(iri)

    def labels(self, iris: Iterable[str]) -> str:
        """Several labels as one phrase."""
        return listed(sorted(self.label(iri) for iri in iris))

    def kind(self, iri: str) -> str:
        """The label of a class as a noun with its article: "a light curve"."""
        return article(noun(self.label(iri)))

    def asked_name(self, item: Input) -> str:
        """An input with the short name by which a request can give it."""
        role = self._catalogue.role(item.term)
        word = noun(item.label or self.label(item.term))
        short = role.alt_names[0] if role is not None and role.alt_names else item.name
        return word if short == word else f"{word} (`{short}`)"

    def value(self, value: Value, unit: str | None = None) -> str:
        """A canonical value as people write it: in ``unit`` if one is named, else in a handy one."""
        if value.kind is Kind.TIME:
            return self.instant(int(value.text))
        if value.kind is Kind.NONE:
            return "none"
        if unit and value.unit and unit != value.unit:
            from kg_service.model.notation import convert

            return f"{convert(value, unit).normalize():f} {unit}"
        if value.kind is Kind.ENERGY and value.unit == "keV":
            return energy(Decimal(value.text))
        return f"{value.text} {value.unit}" if value.unit else value.text

    def given(self, binding: Binding) -> str:
        """A binding in the astronomer's own words where they are kept."""
        return (
            f"{binding.name or noun(self.label(binding.term))}={binding.given or self.value(binding.value)}"
        )

    @staticmethod
    def instant(microseconds: int) -> str:
        """A time in TT microseconds since MJD 0 as a UTC date, with the time of day unless it is midnight."""
        return instant(microseconds)

    def span(self, coverage: Coverage, dimension: str) -> str:
        """A declared interval: "2016-09-24 to 2017-03-31", "50 MeV to 1 TeV"."""
        if dimension == "time" and coverage.time is not None:
            first, last = (self.instant(t) for t in coverage.time)
            return f"{first} to {last}" if first[:10] == last[:10] else f"{first[:10]} to {last[:10]}"
        if dimension == "energy" and coverage.energy is not None:
            return " to ".join(energy(Decimal(repr(float(bound)))) for bound in coverage.energy)
        return ""

    def not_covered(self, coverage: Coverage, side: Side | None, value: Value) -> str:
        """What is covered instead of what is asked."""
        if side is not None:
            return f"covers {self.span(coverage, side.dimension)}, not {self.value(value)}"
        names = coverage.objects or ()
        shown = listed(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
        return f"covers {shown or 'no object'}, not {value.text}"

    def limits(self, item: Input) -> str:
        """What an input admits."""
        if item.allowed:
            return "one of " + ", ".join(self.value(v, item.unit) for v in item.allowed)
        low = None if item.minimum is None else self.value(item.minimum, item.unit)
        high = None if item.maximum is None else self.value(item.maximum, item.unit)
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else "a value"


def noun(label: str) -> str:
    """A label inside a sentence: "Light curve" becomes "light curve", "SED" and "X-ray image" stay."""
    first = label.split(" ", 1)[0]
    plain = first[1:].islower() and first[1:2] != "-"
    return label[:1].lower() + label[1:] if plain or len(first) == 1 else label


def article(word: str) -> str:
    """The word with "a" or "an", by its sound: "an X-ray image", "an SED", "a UV image"."""
    return f"{'an' if _SOUND.match(word) else 'a'} {word}"


def listed(words: Iterable[str]) -> str:
    """Words as a phrase: "a, b and c"."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""
