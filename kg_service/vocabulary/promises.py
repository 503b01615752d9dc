"""What an output promises: the one answer that publication, requests, search and descriptions share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg_service.model.workflow import Output, Workflow
from kg_service.vocabulary.definitions import Feature

if TYPE_CHECKING:
    from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["bands_covered", "promised", "promised_classes"]


def bands_covered(workflow: Workflow, catalogue: Catalogue) -> tuple[str, ...]:
    """The named bands that the declared energy range touches: decided by numbers, not by logic."""
    if workflow.coverage.energy is None:
        return ()
    return catalogue.bands_of(*workflow.coverage.energy)


def promised(workflow: Workflow, output: Output, catalogue: Catalogue) -> frozenset[Feature]:
    """All that holds of an output before anything is given: its class, instruments and covered bands.

    A value of a role promises nothing of this kind.
    """
    if not output.is_product:
        return frozenset()
    return catalogue.output_features([output.term], output.observed_with, bands_covered(workflow, catalogue))


def promised_classes(workflow: Workflow, output: Output, catalogue: Catalogue) -> frozenset[str]:
    """The named classes that an output is entailed to belong to, its own included."""
    return frozenset(cls for what, cls in promised(workflow, output, catalogue) if what == "class")
