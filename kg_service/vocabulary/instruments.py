"""What the ontology knows of instruments and bands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg_service.model.terms import KG, RDFS, SKOS
from kg_service.vocabulary.statements import Statements

__all__ = ["Instrument", "bands_touched", "read_instrument"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument, detector or observatory.

    ``observes`` holds the messengers and bands stated of it, ``part_of`` what it belongs to;
    ``start`` and ``end`` are ISO dates of its science data (``end`` is ``None`` while it observes);
    ``lowest`` and ``highest`` its energy range in keV.
    """

    iri: str
    label: str
    description: str
    kind: str = ""
    observes: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    lowest: float | None = None
    highest: float | None = None
    alt_names: tuple[str, ...] = ()


def read_instrument(statements: Statements, iri: str) -> Instrument:
    """Collect what is stated of one instrument."""
    return Instrument(
        iri=iri,
        label=statements.text(iri, RDFS + "label") or "",
        description=statements.text(iri, SKOS + "definition") or "",
        kind=statements.text(iri, KG + "instrumentKind") or "",
        observes=tuple(statements.iris(iri, KG + "observes")),
        part_of=tuple(statements.iris(iri, KG + "partOf")),
        start=statements.text(iri, KG + "observedFrom"),
        end=statements.text(iri, KG + "observedUntil"),
        lowest=_number(statements, iri, "lowestEnergy"),
        highest=_number(statements, iri, "highestEnergy"),
        alt_names=tuple(statements.texts(iri, SKOS + "altLabel")),
    )


def bands_touched(
    statements: Statements, bands: Iterable[str], minimum: float | None, maximum: float | None
) -> tuple[str, ...]:
    """The bands of photons that energies from ``minimum`` to ``maximum`` (keV) overlap, sorted.

    ``None`` leaves a side open. Bands that only share their edge with the range are not touched.
    """
    touched = []
    for band in sorted(bands):
        low = _number(statements, band, "lowestEnergy")
        if low is None:
            continue
        high = _number(statements, band, "highestEnergy")
        if (maximum is None or low < maximum) and (minimum is None or high is None or minimum < high):
            touched.append(band)
    return tuple(touched)


def _number(statements: Statements, iri: str, name: str) -> float | None:
    text = statements.text(iri, KG + name)
    return None if text is None else float(text)
