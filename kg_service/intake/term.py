"""A request by ontology term: ``Spectrum object="Mrk 421" e_min="20 keV"`` becomes a Query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kg_service.errors import BadValue, Conflict, Malformed, UnknownParameter, UnknownTerm
from kg_service.intake.naming import Meaning, Names, find_product
from kg_service.model import notation
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, local_name
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Workflow
from kg_service.rdf.query import in_order, read_constraint
from kg_service.vocabulary.catalogue import Catalogue, Term

__all__ = ["read_request"]

Given = str | int | float | bool | Mapping[str, Any] | None

_BARE: Final = re.compile(r"\s*[-+\u2212]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_BAND: Final = (KG + "MinimumEnergy", KG + "MaximumEnergy")
_MOST_PAIRS: Final = 200


def read_request(
    term: str,
    pairs: Iterable[tuple[str, Given]],
    catalogue: Catalogue,
    workflows: Sequence[Workflow] = (),
) -> Query:
    """The query of a product class and of the things known.

    Parameters
    ----------
    term
        The product class: local name, CURIE, IRI or alternative label.
    pairs
        Names and values as they were written. A bare number is in the role's canonical unit; for a
        workflow's own parameter in the unit that the workflow declares.
    catalogue
        The ontology.
    workflows
        Their own parameter names may be used too.

    Raises
    ------
    UnknownTerm, UnknownParameter
        With near matches.
    Conflict
        One thing is given twice, under one name or two.
    BadValue, WrongUnit
        A value by itself is wrong.
    """
    given = list(pairs)
    if len(given) > _MOST_PAIRS:
        raise Malformed(f"The request gives {len(given)} values; at most {_MOST_PAIRS} are read.")
    asked = find_product(term, catalogue)
    names = Names(catalogue, workflows, asked, _named_workflow(given, catalogue, workflows))
    bindings: dict[str, Binding] = {}
    constraints: dict[str, Constraint] = {}
    raw: dict[str, Given] = {}
    for name, value in given:
        meaning = names.meaning(name)
        _once(meaning, name, value, {**bindings, **constraints})
        if meaning.constraint is not None:
            text = _constraint_text(name, value)
            found = _constraint(meaning.constraint, name, text, catalogue, workflows)
            constraints[meaning.property] = Constraint(meaning.property, found, name, text)
        else:
            binding = Binding(
                meaning.property,
                meaning.term,
                _meant(_read(meaning, name, value), meaning, catalogue),
                name,
                _as_given(value),
            )
            bindings[meaning.property] = binding
            raw[meaning.term] = value
    ordered = sorted(_band_in_order(bindings.values(), raw), key=lambda b: b.property)
    return Query(asked, tuple(ordered), in_order(constraints.values()))


def _named_workflow(
    given: Sequence[tuple[str, Given]], catalogue: Catalogue, workflows: Sequence[Workflow]
) -> str | None:
    """The workflow that the request names: it decides what its own parameter names mean."""
    for name, value in given:
        # Only names like these can mean the workflow; the rest is looked up once, later.
        if "workflow" in name.lower():
            try:
                found = catalogue.parameter(name)
            except UnknownParameter:
                continue
            if isinstance(found, Term) and found.iri == KG + "workflow":
                return read_constraint("workflow", _constraint_text(name, value), catalogue, workflows)
    return None


def _once(meaning: Meaning, name: str, value: Given, known: Mapping[str, Binding | Constraint]) -> None:
    earlier = known.get(meaning.property)
    if earlier is None:
        return
    if earlier.name == name:
        detail = f"{name} is given twice: {earlier.given} and {_as_given(value)}."
    else:
        detail = f"{earlier.name} and {name} are two names for one thing ({meaning.label}); give one of them."
    raise Conflict(detail, parameter=name, value=_as_given(value), near=(earlier.name,))


def _constraint_text(name: str, value: Given) -> str:
    if not isinstance(value, str):
        raise BadValue(f"{name} takes a name, not {value!r}.", parameter=name, value=str(value))
    return value


def _constraint(
    constraint: str, name: str, text: str, catalogue: Catalogue, workflows: Sequence[Workflow]
) -> str:
    """What limits the answer; where no instrument is called so, those that a request can name."""
    try:
        return read_constraint(constraint, text, catalogue, workflows)
    except UnknownTerm as unknown:
        near, detail = unknown.near, unknown.detail
        if constraint == "instrument" and not near:
            used = {iri for workflow in workflows for iri in workflow.instruments}
            near = tuple(sorted(catalogue.term(iri).label for iri in used))
            detail += f" Those with a workflow are {', '.join(near)}." if near else ""
        raise UnknownTerm(detail, parameter=name, value=text, near=near) from None


def _as_given(value: Given) -> str:
    if isinstance(value, Mapping):
        unit = value.get("unit")
        return f"{value.get('value')} {unit}" if unit else str(value.get("value"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def _read(meaning: Meaning, name: str, value: Given) -> Value:
    if isinstance(value, Mapping) and not value.get("unit"):
        value = value.get("value")
    if meaning.kind is Kind.TIME:
        form = meaning.unit if _is_bare(value) else None
        return notation.read(value, meaning.kind, unit=form, parameter=name)
    if meaning.unit and meaning.unit != meaning.canonical and _is_bare(value):
        value = {"value": value, "unit": meaning.unit}
    return notation.read(value, meaning.kind, unit=meaning.canonical, parameter=name, photon=meaning.photon)


def _meant(value: Value, meaning: Meaning, catalogue: Catalogue) -> Value:
    """A detector by the name that the ontology gives it: "Hanford" and "h1" are H1, "Virgo" is V1."""
    if meaning.term != KG + "Detector":
        return value
    try:
        found = catalogue.find(value.text, among="instrument").iri
    except UnknownTerm:
        return value
    detectors = catalogue.individuals(KG + "DetectorInstrument")
    within = (
        [found] if found in detectors else [d for d in detectors if found in catalogue.instrument(d).part_of]
    )
    if len(within) != 1:
        return value
    name = local_name(within[0])
    return replace(value, text=name, plain=name)


def _is_bare(value: Given) -> bool:
    if isinstance(value, str):
        return _BARE.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _band_in_order(bindings: Iterable[Binding], raw: Mapping[str, Given]) -> list[Binding]:
    """A band given as wavelengths: the shorter wavelength is the higher energy, so the ends change places."""
    found = {b.term: b for b in bindings}
    low, high = (found.get(term) for term in _BAND)
    if low is not None and high is not None:
        values = notation.order_band(
            low.value, high.value, low_given=raw[low.term], high_given=raw[high.term]
        )
        if values[0] is not None and values[1] is not None and values[0] != low.value:
            found[low.term] = Binding(low.property, low.term, values[0], high.name, high.given)
            found[high.term] = Binding(high.property, high.term, values[1], low.name, low.given)
    return list(found.values())
