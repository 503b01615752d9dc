"""What a name in a request means: a role, a constraint, or a workflow's own parameter, in this order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg_service.errors import BadValue, Conflict, UnknownParameter, UnknownTerm
from kg_service.model.terms import KG, NEUTRAL_BASE, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Input, Workflow, WorkflowStatus
from kg_service.rdf.query import CONSTRAINTS, argument_name, argument_property
from kg_service.vocabulary.catalogue import Catalogue, Role
from kg_service.vocabulary.promises import promised

__all__ = ["Meaning", "Names", "find_product"]

_MISSPELT = 0.85
"""From which likeness (``difflib``) a name is one letter away from the one that was meant."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for.

    ``property`` and ``term`` are those of the binding or constraint; ``constraint`` the local name
    of the constraint, if it is one. ``unit`` is that of a bare number, ``canonical`` the one in
    which the value is kept.
    """

    property: str
    term: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str | None = None
    canonical: str | None = None
    photon: bool = False
    constraint: str | None = None


def find_product(term: str, catalogue: Catalogue) -> str:
    """The IRI of a product class that can be asked for.

    ``oda:DataProduct`` cannot: it is also the class of every number and text.
    """
    try:
        return catalogue.find(term, among="product").iri
    except UnknownTerm as unknown:
        try:
            found = catalogue.find(term)
        except UnknownTerm:
            raise unknown from None
        below = [catalogue.term(i).local for i in catalogue.children(KG + "ScienceProduct")]
        if found.iri == ODA + "DataProduct":
            raise UnknownTerm(
                "DataProduct also means every number and text; ask for a kind such as Spectrum.",
                value=term,
                near=[name for name in ("Spectrum", "LightCurve", "Image") if name in below] or below[:5],
            ) from None
        raise UnknownTerm(
            f"{found.local} ({found.label}) is no data product, so it cannot be asked for.",
            value=term,
            near=(list(unknown.near) or below)[:5],
        ) from None


class Names:
    """Resolves the names of one request.

    Parameters
    ----------
    catalogue
        The ontology.
    workflows
        Their own parameters may be named; withdrawn versions are left out.
    asked
        The product class asked for: where workflows mean different things by a name, those that
        answer go first.
    workflow
        The workflow that the request names, if it does: only its parameters count then.
    """

    def __init__(
        self, catalogue: Catalogue, workflows: Sequence[Workflow], asked: str, workflow: str | None = None
    ) -> None:
        self._catalogue = catalogue
        self._asked = asked
        active = [w for w in workflows if w.status is WorkflowStatus.ACTIVE]
        if workflow is not None:
            path = workflow.removeprefix(NEUTRAL_BASE)
            active = [w for w in active if path in ("/".join(w.path[:2]), "/".join(w.path))]
        self._workflows = active

    def meaning(self, name: str) -> Meaning:
        """The meaning of a name.

        Raises
        ------
        UnknownParameter
            Nothing goes by that name; near matches among all names are offered.
        Conflict
            Workflows mean different things by it, and the request does not say which is meant.
        """
        try:
            found = self._catalogue.parameter(name)
        except UnknownParameter as unknown:
            own = self._own(name)
            if own is None:
                raise self._with_own_names(unknown, name) from None
            return own
        if isinstance(found, Role):
            return self._of_role(found, self._written_as(name, found))
        constraint = found.iri.removeprefix(KG)
        if constraint not in CONSTRAINTS:
            raise UnknownParameter(f"{name!r} is not a name that a request can give.", parameter=name)
        return Meaning(found.iri, found.iri, found.label, constraint=constraint)

    def _own(self, name: str) -> Meaning | None:
        plain, owner = argument_name(name) or (name, None)
        having = [
            (workflow, item)
            for workflow in self._workflows
            for item in workflow.inputs
            if item.name == plain and owner in (None, workflow.name)
        ]
        if not having:
            return None
        meanings = {self._of_input(item, owner) for _, item in having}
        if len(meanings) == 1:
            return meanings.pop()
        answering = [(w, item) for w, item in having if self._answers(w)]
        meanings = {self._of_input(item, workflow.name) for workflow, item in answering or having}
        if len(meanings) == 1:
            return meanings.pop()
        texts = [f"{w.name} ({self._describe(item)})" for w, item in answering or having]
        raise Conflict(
            f"Workflows mean different things by {name!r}: {', '.join(texts)}. "
            "Say which one is meant with workflow=NAME.",
            parameter=name,
            near=[f"workflow={w.name}" for w, _ in answering or having],
        )

    def _answers(self, workflow: Workflow) -> bool:
        wanted = self._catalogue.request_features(self._asked)
        return any(wanted <= promised(workflow, output, self._catalogue) for output in workflow.outputs)

    def _describe(self, item: Input) -> str:
        unit = f" in {item.unit}" if item.unit else ""
        return f"{self._catalogue.term(item.term).local}{unit}"

    def _of_input(self, item: Input, owner: str | None) -> Meaning:
        role = self._catalogue.role(item.term)
        if role is not None:
            return self._of_role(role, item.term)
        if item.is_product:
            raise BadValue(
                f"{item.name} takes a product that another workflow makes; it cannot be given.",
                parameter=item.name,
            )
        prop = argument_property(item.name, owner)
        kind = self._catalogue.kind(item.term)
        canonical = self._catalogue.canonical_unit(item.term)
        if kind is Kind.NUMBER and canonical is None:
            canonical = item.unit
        return Meaning(prop, prop, item.name, kind, item.unit, canonical)

    def _with_own_names(self, unknown: UnknownParameter, name: str) -> UnknownParameter:
        own = {item.name for workflow in self._workflows for item in workflow.inputs if not item.is_product}
        # Those that are names of roles too are among the near ones already, if they are near.
        alike = [n for n in difflib.get_close_matches(name, sorted(own), n=5) if not self._is_role(n)]
        misspelt = difflib.get_close_matches(name, alike, n=3, cutoff=_MISSPELT)
        near = list(dict.fromkeys([*misspelt, *unknown.near, *alike[:3]]))
        detail = re.sub(r"\s*Did you mean .*$", "", unknown.detail, flags=re.DOTALL)
        if near:
            detail += f" Did you mean {' or '.join(near[:3])}?"
        return UnknownParameter(detail, parameter=name, near=near)

    def _is_role(self, name: str) -> bool:
        try:
            self._catalogue.parameter(name)
        except UnknownParameter:
            return False
        return True

    def _written_as(self, name: str, role: Role) -> str:
        """The class that a name stands for: ``StartTimeMJD`` also says how the start is written."""
        try:
            cls = self._catalogue.find(name).iri
        except UnknownTerm:
            return role.term
        return cls if self._catalogue.role(cls) == role else role.term

    def _of_role(self, role: Role, cls: str) -> Meaning:
        form = self._catalogue.format(cls) if role.kind is Kind.TIME else self._catalogue.unit(cls)
        return Meaning(role.property, role.term, role.label, role.kind, form, role.unit, role.photon)
