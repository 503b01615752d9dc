"""An author's declaration completed by the ontology: kinds, units, canonical defaults and limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kg_service import authoring
from kg_service.errors import BadValue, Invalid, Problem, UnknownTerm
from kg_service.model import notation
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["to_workflow"]


def to_workflow(declaration: authoring.Declaration, catalogue: Catalogue, digest: str) -> Workflow:
    """The workflow version of a declaration.

    Parameters
    ----------
    declaration
        As the author wrote it; numbers in the units the author named.
    catalogue
        Gives each term its kind and canonical unit.
    digest
        The sha256 of what is run; its first 12 digits are the version.

    Raises
    ------
    UnknownTerm
        A term is not in the ontology; near matches are offered.
    Invalid
        A default or limit cannot be: unreadable, outside its limits, in a unit that does not fit.
    """
    function = declaration.function
    names = {item.name for item in declaration.inputs}
    for name in (name for pair in declaration.below for name in pair):
        if name not in names:
            raise Invalid(f"{declaration.name}: 'below' names {name!r}, which is no input.", parameter=name)
    try:
        return Workflow(
            name=declaration.name,
            version=digest[:12],
            digest=digest,
            title=declaration.title,
            description=declaration.description,
            inputs=tuple(_input(item, catalogue) for item in declaration.inputs),
            outputs=_outputs(declaration, catalogue),
            instruments=_instruments(declaration, catalogue),
            messenger=None if declaration.messenger is None else catalogue.term(declaration.messenger).iri,
            coverage=_coverage(declaration.coverage),
            deterministic=declaration.deterministic,
            cost=declaration.cost,
            licence=declaration.licence,
            cite=tuple(dict.fromkeys(declaration.cite)),
            executor="python",
            entry=f"{function.__module__}:{function.__qualname__}",
            inputs_together=tuple(sorted(declaration.below)),
            alt_names=tuple(dict.fromkeys(declaration.alt_names)),
        )
    except UnknownTerm:
        raise
    except Problem as problem:
        raise Invalid(
            f"{declaration.name}: {problem.detail}",
            parameter=problem.parameter,
            value=problem.value,
            near=problem.near,
        ) from problem


def _instruments(declaration: authoring.Declaration, catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(dict.fromkeys(catalogue.instrument(iri).iri for iri in declaration.instruments))


def _outputs(declaration: authoring.Declaration, catalogue: Catalogue) -> tuple[Output, ...]:
    term = catalogue.term(declaration.output)
    is_product = catalogue.is_product(term.iri)
    observed = _instruments(declaration, catalogue) if is_product else ()
    main = Output(declaration.output_name, term.iri, term.label, is_product, observed)
    gifts = []
    for name, iri in declaration.gives.items():
        given = catalogue.term(iri)
        if catalogue.role(iri) is None:
            raise Invalid(f"it gives {name!r} as {given.label}, which is no role.", parameter=name, value=iri)
        gifts.append(Output(name, given.iri, given.label, is_product=False))
    return (main, *gifts)


def _coverage(declared: authoring.Coverage) -> Coverage:
    time = declared.time
    if time is not None and notation.tt_from_iso(time[0]) >= notation.tt_from_iso(time[1]):
        raise Invalid(f"the coverage ends ({time[1]}) before it starts ({time[0]}).", value=time[1])
    energy = declared.energy
    if energy is not None and not energy[0] < energy[1]:
        raise Invalid(f"the covered band from {energy[0]} to {energy[1]} keV is empty.", value=str(energy[1]))
    return Coverage(
        time=None if time is None else (notation.tt_from_iso(time[0]), notation.tt_from_iso(time[1])),
        energy=None if energy is None else (float(energy[0]), float(energy[1])),
        objects=None if declared.objects is None else tuple(sorted(set(declared.objects))),
        sky=declared.sky,
    )


def _input(item: authoring.Input, catalogue: Catalogue) -> Input:
    term = catalogue.term(item.term)
    if catalogue.is_product(term.iri):
        return Input(
            item.name,
            term.iri,
            item.label or term.label,
            item.description or term.definition,
            is_product=True,
        )
    reader = _Reader(item, catalogue)
    minimum, maximum = reader.value(item.minimum), reader.value(item.maximum)
    lowest, highest = (reader.in_class_unit(limit) for limit in catalogue.limits(item.term))
    if minimum is not None and maximum is not None and _number(minimum) > _number(maximum):
        if notation.order_band(minimum, maximum, low_given=f"1 {item.unit}", high_given=f"1 {item.unit}") == (
            minimum,
            maximum,
        ):
            raise Invalid(f"{item.name}: the limits leave nothing.", parameter=item.name)
        minimum, maximum = maximum, minimum
    # What the class of the input excludes, no author admits.
    minimum = max((v for v in (minimum, lowest) if v is not None), key=_number, default=None)
    maximum = min((v for v in (maximum, highest) if v is not None), key=_number, default=None)
    allowed = _admitted(item, reader, catalogue)
    default = None
    if item.has_default:
        default = notation.read(None, reader.kind) if item.default is None else reader.value(item.default)
    _check_default(item.name, default, minimum, maximum, allowed)
    return Input(
        name=item.name,
        term=term.iri,
        label=item.label or term.label,
        description=item.description or term.definition,
        unit=reader.unit,
        default=default,
        minimum=minimum,
        maximum=maximum,
        allowed=tuple(dict.fromkeys(allowed)),
        optional=default is not None and default.kind is Kind.NONE,
        determines=item.determines,
    )


def _admitted(item: authoring.Input, reader: _Reader, catalogue: Catalogue) -> tuple[Value, ...]:
    """The values that the author admits, or those of the input's class where the author says nothing."""
    among = catalogue.allowed(item.term)
    own = tuple(v for given in item.allowed if (v := reader.value(given)) is not None)
    excluded = [v for v in own if among is not None and v.text not in among]
    if excluded:
        raise Invalid(
            f"{item.name}: {excluded[0].text} is not admitted by its class, which has "
            f"{', '.join(among or ())}.",
            parameter=item.name,
            value=excluded[0].text,
        )
    return own or tuple(v for text in among or () if (v := reader.value(text)) is not None)


class _Reader:
    """Reads what an author wrote for one input: a bare number is in the unit of the input."""

    def __init__(self, item: authoring.Input, catalogue: Catalogue) -> None:
        role = catalogue.role(item.term)
        self.kind = catalogue.kind(item.term)
        self.canonical = catalogue.canonical_unit(item.term) or notation.CANONICAL_UNITS.get(self.kind)
        self._photon = role is not None and role.photon
        own = catalogue.format(item.term) if self.kind is Kind.TIME else catalogue.unit(item.term)
        self.unit = item.unit or own or self.canonical
        if self.kind is Kind.NUMBER and self.canonical is None:
            # A plain number keeps the unit its author names: there is no other to bring it to.
            self.canonical = self.unit
        self._name = item.name
        self._of_class = catalogue.unit(item.term)

    def in_class_unit(self, text: str | None) -> Value | None:
        """A limit that the class states, in the unit of the class."""
        if text is None:
            return None
        given = {"value": text, "unit": self._of_class} if self._of_class else text
        return notation.read(given, self.kind, unit=self.canonical, parameter=self._name, photon=self._photon)

    def value(self, given: Any) -> Value | None:
        """The canonical value of a number, text or truth value."""
        if given is None:
            return None
        bare = isinstance(given, (int, float)) and not isinstance(given, bool)
        if self.kind is Kind.TIME:
            return notation.read(given, self.kind, unit=self.unit if bare else None, parameter=self._name)
        if bare and self.unit is not None and self.unit != self.canonical:
            given = {"value": given, "unit": self.unit}
        return notation.read(given, self.kind, unit=self.canonical, parameter=self._name, photon=self._photon)


def _number(value: Value) -> Decimal:
    try:
        return Decimal(value.text)
    except ArithmeticError as error:
        raise BadValue(f"{value.text!r} has no order, so it cannot be a limit.", value=value.text) from error


def _check_default(
    name: str, default: Value | None, minimum: Value | None, maximum: Value | None, allowed: tuple[Value, ...]
) -> None:
    if default is None or default.kind is Kind.NONE:
        return
    if allowed and default not in allowed:
        choice = ", ".join(str(v.plain) for v in allowed)
        raise Invalid(f"{name}: the default {default.plain} is none of {choice}.", parameter=name)
    for limit, sign, word in ((minimum, 1, "below the minimum"), (maximum, -1, "above the maximum")):
        if limit is not None and sign * (_number(default) - _number(limit)) < 0:
            raise Invalid(
                f"{name}: the default {default.plain} lies {word} {limit.plain} ({limit.unit or 'no unit'}).",
                parameter=name,
                value=str(default.plain),
            )
