"""The JSON-LD context of the ontology: short names for every term, values typed as they are kept."""

from __future__ import annotations

from kg_service.model.terms import KG, ODA, OWL, PREFIXES, RDF, SCHEMA, XSD
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.names import UNIT
from kg_service.vocabulary.statements import Statements

__all__ = ["context_of"]


def context_of(catalogue: Catalogue) -> dict[str, object]:
    """The document that ``ontology/context.jsonld`` holds.

    Unknown keys fall into our namespace instead of being dropped, so that a misspelt one is seen
    and refused.
    """
    said = Statements(catalogue.triples)
    names: dict[str, object] = {"@version": 1.1, "@vocab": KG, "id": "@id", "type": "@type"}
    names |= dict(sorted(PREFIXES.items()))
    names["oda-unit"] = UNIT  # "unit" is a property of ours
    for term in catalogue.terms():
        if term.iri.startswith((KG, ODA)) and term.local not in names:
            prefix = "kg" if term.iri.startswith(KG) else "oda"
            kind = _value_type(said, term.iri)
            short = f"{prefix}:{term.local}"
            names[term.local] = short if kind is None else {"@id": short, "@type": kind}
    return {"@context": names}


def _value_type(said: Statements, iri: str) -> str | None:
    """How JSON-LD reads a value of a property; ``None`` for plain text and for what is no property."""
    types = said.iris(iri, RDF + "type")
    if OWL + "ObjectProperty" in types:
        return "@vocab"
    ranges = said.iris(iri, SCHEMA + "rangeIncludes")
    literal = next((r.removeprefix(XSD) for r in ranges if r.startswith(XSD)), None)
    if literal is not None:
        return None if literal == "string" else f"xsd:{literal}"
    return "@vocab" if OWL + "AnnotationProperty" in types else None
