"""Everything that is judged of an ontology: that it is complete, decidable by matching, and consistent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kg_service.errors import Invalid, Malformed, RunFailed
from kg_service.model.terms import KG, ODA, local_name
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.completeness import incomplete
from kg_service.vocabulary.fragment import outside_fragment
from kg_service.vocabulary.reasoning import Classification, reason
from kg_service.vocabulary.statements import Statements, ontology_files, read_triples

__all__ = ["check_ontology", "check_output"]


def check_ontology(folder: Path) -> list[str]:
    """Judge the Turtle files below a folder.

    Returns
    -------
    list
        One sentence for each finding, empty when all is well. HermiT is only asked when nothing
        simpler is wrong with the definitions.
    """
    try:
        triples = read_triples(ontology_files(folder))
    except Malformed as error:
        return [error.detail]
    if not triples:
        return [f"There is no Turtle file below {folder}."]
    statements = Statements(triples)
    catalogue = Catalogue(triples)
    outside = outside_fragment(statements)
    findings = [*outside, *incomplete(statements, catalogue)]
    if not outside:
        try:
            findings += _differences(catalogue, reason(triples))
        except (Invalid, RunFailed) as error:
            findings.append(error.detail)
    return findings


def _differences(catalogue: Catalogue, found: Classification) -> list[str]:
    if found.empty:
        return [
            f"Nothing can belong to {local_name(c)}: its statements exclude each other."
            for c in sorted(found.empty)
        ]
    differing = []
    for iri in sorted(found.above):
        if iri.startswith((KG, ODA)) and found.above[iri] != catalogue.superclasses(iri) - {iri}:
            missed = sorted(found.above[iri] ^ (catalogue.superclasses(iri) - {iri}))
            names = ", ".join(local_name(c) for c in missed)
            differing.append(f"The reasoner and matching differ about {local_name(iri)}: {names}.")
    return differing


def check_output(catalogue: Catalogue, term: str, observed_with: Iterable[str]) -> list[str]:
    """Warn of a product class that an output only has because somebody wrote it down.

    A neutrino limit "by Fermi-LAT" contradicts nothing in OWL: the output is then taken for both. So
    a defined class should follow from the kind of product and the instruments.

    Returns
    -------
    list
        One sentence, or nothing.
    """
    asked = catalogue.request_features(term)
    kinds = [iri for what, iri in asked if what == "class"]
    instruments = tuple(observed_with)
    promised = catalogue.output_features(kinds, instruments)
    lacking = sorted(asked - promised)
    if not lacking:
        return []
    reasons = {
        "observes": "none of its instruments observes {}",
        "observedWith": "it is not observed with {}",
        "facility": "it is not made with {}",
        "covers": "it does not cover {}",
        "instruments>=2": "it has less than two instruments",
    }
    why = "; ".join(reasons[what].format(local_name(iri)) for what, iri in lacking)
    by = ", ".join(local_name(i) for i in instruments) or "no instrument"
    return [f"{local_name(term)} is only asserted of an output of {by}: {why}."]
