"""Whether every term says what it is under a name of its own, and nothing is used undeclared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg_service.model.terms import KG, ODA, OWL, RDF, RDFS, SKOS, local_name
from kg_service.model.values import Kind
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.closure import Closure
from kg_service.vocabulary.names import UNIT, tidy
from kg_service.vocabulary.statements import Statements

__all__ = ["STATUSES", "incomplete"]

STATUSES = ("stable", "testing", "deprecated")
_OURS = (KG, ODA, UNIT)
_SAID = {"a label": RDFS + "label", "a definition": SKOS + "definition"}
_PARENT = (RDFS + "subClassOf", RDFS + "subPropertyOf")
_DIFFERENT = {"instruments": ODA + "Instrument", "messengers": KG + "Messenger", "units": UNIT + "Unit",
              "formats": ODA + "ParameterFormat"}  # fmt: skip


def incomplete(statements: Statements, catalogue: Catalogue) -> list[str]:
    """One sentence for each term that lacks something or each name that means two things."""
    return [
        *_undocumented(statements),
        *_undeclared(statements),
        *_shared_local_names(statements),
        *_shared_spellings(catalogue),
        *_not_different(statements, catalogue),
        *_parameters(statements, catalogue),
    ]


def _is_ours(iri: str) -> bool:
    return iri.startswith(_OURS)


def _undocumented(statements: Statements) -> Iterator[str]:
    for iri in sorted(s for s in statements.subjects() if _is_ours(s)):
        about = statements.about(iri)
        lacking = [what for what, predicate in _SAID.items() if predicate not in about]
        types = [t for t in statements.nodes(iri, RDF + "type") if t != OWL + "NamedIndividual"]
        if not types:
            lacking.append("a type")
        if any(t.startswith(OWL) for t in types) and not any(statements.nodes(iri, p) for p in _PARENT):
            lacking.append("a parent")
        if statements.text(iri, KG + "status") not in STATUSES:
            lacking.append(f"a status ({' or '.join(STATUSES)})")
        if lacking:
            yield f"{_curie(iri)} lacks {', '.join(lacking)}."


def _undeclared(statements: Statements) -> Iterator[str]:
    declared = {s for s in statements.subjects() if RDF + "type" in statements.about(s)}
    used: dict[str, str] = {}
    for subject in statements.subjects():
        for predicate, values in statements.about(subject).items():
            for iri in (predicate, *(v for v in values if isinstance(v, str))):
                if _is_ours(iri) and iri not in declared:
                    used.setdefault(iri, subject)
    for iri, where in sorted(used.items()):
        by = "an anonymous class or list" if where.startswith("_:") else _curie(where)
        yield f"{_curie(iri)} is used by {by} but is not declared."


def _shared_local_names(statements: Statements) -> Iterator[str]:
    subjects = set(statements.subjects())
    for iri in sorted(s for s in subjects if s.startswith(KG)):
        local = iri.removeprefix(KG)
        if ODA + local in subjects:
            yield f"The local name {local} is in kg: and in oda:, so a request could mean either."


def _shared_spellings(catalogue: Catalogue) -> Iterator[str]:
    groups: tuple[tuple[str, Iterable[str]], ...] = (
        ("product classes", [t.iri for t in catalogue.terms() if catalogue.is_product(t.iri)]),
        ("roles", [r.term for r in catalogue.roles()]),
        ("instruments", catalogue.instruments()),
        ("messengers", catalogue.messengers()),
    )
    for what, iris in groups:
        meanings: dict[str, set[str]] = {}
        for iri in iris:
            term = catalogue.term(iri)
            for text in (term.local, term.label, *term.alt_labels, *term.notations):
                meanings.setdefault(tidy(text).casefold(), set()).add(iri)
        for text, found in sorted(meanings.items()):
            if len(found) > 1:
                yield f"Several {what} are called {text!r}: {', '.join(sorted(map(_curie, found)))}."


def _not_different(statements: Statements, catalogue: Catalogue) -> Iterator[str]:
    lists = [
        {m for m in statements.sequence(head) if isinstance(m, str)}
        for node in statements.instances(OWL + "AllDifferent")
        for p in ("distinctMembers", "members")
        for head in statements.nodes(node, OWL + p)
    ]
    for what, cls in _DIFFERENT.items():
        members = set(catalogue.individuals(cls))
        missing = min((sorted(members - group) for group in lists), key=len, default=sorted(members))
        if len(members) > 1 and missing:
            yield (
                f"The owl:AllDifferent list of {what} lacks {', '.join(map(_curie, missing))}: "
                "without it a reasoner elsewhere may take two of them for one."
            )


def _parameters(statements: Statements, catalogue: Catalogue) -> Iterator[str]:
    classes = {t.iri: t.parents for t in catalogue.terms() if t.sort == "class"}
    closure = Closure(classes)
    kinds = {k.value for k in Kind}
    for iri in sorted(classes):
        for predicate in (KG + "canonicalForm", KG + "canonicalUnit"):
            saying = [c for c in closure.above(iri) if statements.text(c, predicate) is not None]
            stated = {statements.text(c, predicate) for c in closure.most_specific(saying)}
            if len(stated) > 1:
                both = ", ".join(sorted(map(str, stated)))
                yield f"{_curie(iri)} inherits two values of {local_name(predicate)}: {both}."
        form = statements.text(iri, KG + "canonicalForm")
        if form is not None and form not in kinds:
            yield f"The canonical form of {_curie(iri)}, {form!r}, is none of {', '.join(sorted(kinds))}."
    for role in catalogue.roles():
        if role.kind is Kind.TIME and role.exact_twin is None:
            yield f"{_curie(role.term)} is a time, but {_curie(role.property)} has no kg:exactTwin."


def _curie(iri: str) -> str:
    for prefix, space in (("kg", KG), ("oda", ODA), ("unit", UNIT)):
        if iri.startswith(space):
            return f"{prefix}:{iri.removeprefix(space)}"
    return f"<{iri}>"
