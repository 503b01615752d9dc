"""What sets a product apart from others of its workflow, in words: the band, the time, the detector.

An analysis names its product; values that differ from the defaults are added here, so that two products of
one source never look alike in a list. What must be given (an object, an event) the analysis names itself.
Of energies and times the label states what the product covers, not what was asked for: a band of 1 to 3 GeV
is one, whatever limits it was asked for with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from kg_service.discovery.lookup import Lookup
from kg_service.errors import NotFound
from kg_service.model import notation
from kg_service.model.product import Product
from kg_service.model.terms import KG
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Workflow
from kg_service.rdf.literals import value_from_key
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["distinctions", "inherited", "told_apart"]

_PAIRED = frozenset({Kind.ENERGY, Kind.FREQUENCY, Kind.TIME})
_ENERGIES = (("TeV", 9), ("GeV", 6), ("MeV", 3), ("keV", 0), ("eV", -3))  # powers of ten of 1 keV
_MIDNIGHT = "T00:00:00Z"


def told_apart(label: str, parts: Sequence[str]) -> str:
    """The label with what sets the product apart, each thing once."""
    return ", ".join([label, *dict.fromkeys(part for part in parts if part not in label)])


def distinctions(
    workflow: Workflow,
    values: Mapping[str, object],
    label: str,
    catalogue: Catalogue,
    coverage: Coverage | None = None,
) -> tuple[str, ...]:
    """What was chosen of that which may be left out, in the order of the inputs.

    Parameters
    ----------
    values
        Canonical values of the arguments, by input.
    label
        How the analysis names the product: an instrument that it names is not named again.
    coverage
        What the product covers; where it says nothing the limits that were asked for are named.
    """
    chosen = {i.name: v for i in workflow.inputs if (v := _chosen(i, values.get(i.name))) is not None}
    partners = dict(workflow.inputs_together)
    parts: list[str] = []
    told: set[str] = set()
    for item in workflow.inputs:
        names = {item.name, partners.get(item.name, item.name)}
        if item.name in told or not names & chosen.keys():
            continue
        pair = (_given(values.get(item.name)), _given(values.get(partners.get(item.name, ""))))
        if item.name in partners and any(v is not None and v.kind in _PAIRED for v in pair):
            told |= names
            parts.append(_used(pair, workflow.coverage, coverage or Coverage()))
        elif item.name in chosen:
            parts.append(_single(item, chosen[item.name], label, catalogue))
    return tuple(part for part in parts if part)


def inherited(
    products: Sequence[Product], label: str, lookup: Lookup, catalogue: Catalogue
) -> tuple[str, ...]:
    """What sets the products apart that another one is made from."""
    found: list[str] = []
    for product in products:
        try:
            run, workflow = lookup.run(product.run), lookup.workflow(product.workflow)
        except NotFound:  # its record was taken over from another site in part
            continue
        values = {name: value_from_key(key) for name, key in run.arguments.items()}
        found += distinctions(workflow, values, label, catalogue, product.coverage)
    return tuple(found)


def _given(value: object) -> Value | None:
    return value if isinstance(value, Value) and value.kind is not Kind.NONE else None


def _chosen(item: Input, value: object) -> Value | None:
    """The value of an input that may be left out, where it is not the default."""
    may_be_left_out = item.optional or item.default is not None
    found = _given(value)
    return None if not may_be_left_out or found == item.default else found


def _used(asked: tuple[Value | None, Value | None], declared: Coverage, covered: Coverage) -> str:
    """The energies or times that the product covers; nothing where that is all there is."""
    kind = next(value.kind for value in asked if value is not None)
    if kind is Kind.ENERGY and covered.energy is not None:
        low, high = (Value(kind, str(end), "keV") for end in covered.energy)
        return "" if covered.energy == declared.energy else _range(low, high)
    if kind is Kind.TIME and covered.time is not None:
        start, end = (Value(kind, str(moment)) for moment in covered.time)
        return "" if covered.time == declared.time else _range(start, end)
    return _range(*asked)


def _range(low: Value | None, high: Value | None) -> str:
    if low is None or high is None:
        end = low if low is not None else high
        assert end is not None
        words = ("since", "until") if end.kind is Kind.TIME else ("above", "below")
        return f"{words[0] if end is low else words[1]} {_text(end)}"
    one, other = _text(low), _text(high)
    if low.kind is Kind.TIME:
        return f"{one} to {other}"
    number, _, unit = one.partition(" ")
    return f"{number}-{other}" if other.endswith(f" {unit}") else f"{one} to {other}"


def _single(item: Input, value: Value, label: str, catalogue: Catalogue) -> str:
    name = item.label or item.name
    if value.kind is Kind.BOOLEAN:
        return f"{'with' if value.text == 'true' else 'without'} {name}"
    if item.determines == KG + "observedWith":
        instrument = catalogue.find(value.text, among="instrument")
        if instrument.label in label:
            return ""
    return f"{name} {_text(value)}"


def _text(value: Value) -> str:
    """A value as people write it: 1 GeV rather than 1000000 keV, a day rather than its midnight."""
    if value.kind is Kind.ENERGY and value.unit == "keV":
        number = Decimal(value.text)
        unit, power = next(((u, p) for u, p in _ENERGIES if abs(number) >= Decimal(10) ** p), _ENERGIES[-1])
        return f"{_short(number.scaleb(-power))} {unit}"
    if value.kind is Kind.TIME:
        return notation.iso_from_tt(int(value.text)).removesuffix(_MIDNIGHT)
    if value.unit is None:
        return value.text
    return f"{_short(Decimal(value.text))} {value.unit}".rstrip()


def _short(number: Decimal) -> str:
    return f"{float(number):.6g}"
