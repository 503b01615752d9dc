"""Publishes workflow versions: checked against shapes and reasoner, recorded, classified."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kg_service.discovery.lookup import Lookup
from kg_service.errors import Invalid
from kg_service.execution.recording import Recorder
from kg_service.model.terms import Site
from kg_service.model.workflow import Workflow
from kg_service.rdf import workflow as workflow_rdf
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.promises import bands_covered, promised_classes

__all__ = ["publish"]


def publish(
    workflows: Sequence[Workflow],
    *,
    site: Site,
    catalogue: Catalogue,
    lookup: Lookup,
    recorder: Recorder,
    say: Callable[[str], None],
) -> list[Workflow]:
    """Publish the versions that this site does not know yet; which those were.

    Raises
    ------
    Invalid
        When a description does not conform, or contradicts the ontology.
    """
    known = lookup.versions()
    new = [w for w in workflows if site.iri(*w.path) not in known]
    if not new:
        return []
    say(
        f"Publishing {len(new)} workflow{'s' if len(new) > 1 else ''}: "
        "the reasoner classifies their products ..."
    )
    _classify(new, site, catalogue)
    for workflow in new:
        recorder.workflow(workflow, bands_covered(workflow, catalogue))
    return new


def _classify(workflows: Sequence[Workflow], site: Site, catalogue: Catalogue) -> None:
    """Hold what HermiT entails against the closure that requests are matched with."""
    from kg_service.vocabulary.reasoning import classify

    triples = [
        t for w in workflows for t in workflow_rdf.to_triples(w, site, covers=bands_covered(w, catalogue))
    ]
    entailed = classify(catalogue.triples, triples)
    for workflow in workflows:
        expected = {
            workflow_rdf.output_class(site.iri(*workflow.path), o.name): o
            for o in workflow.outputs
            if o.is_product
        }
        for name, output in expected.items():
            differing = promised_classes(workflow, output, catalogue) ^ entailed[name]
            if differing:
                raise Invalid(
                    f"The reasoner and the compiled ontology differ about {output.name} of {workflow.name}: "
                    f"{', '.join(sorted(differing))}. Run `kg check`.",
                    value=workflow.name,
                )
