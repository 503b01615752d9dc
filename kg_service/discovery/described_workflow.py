"""The contract's *Workflow* as JSON: what it takes, what it gives, and what reasoning adds to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kg_service.discovery.describe import address, coverage_json, finite
from kg_service.discovery.instruments import instruments_of
from kg_service.model import notation
from kg_service.model.terms import Site
from kg_service.model.values import Value
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.rdf.workflow import workflow_iri
from kg_service.vocabulary.promises import promised_classes

if TYPE_CHECKING:
    from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["workflow_json"]


def workflow_json(
    workflow: Workflow, site: Site, host_url: str | None = None, *, catalogue: Catalogue | None = None
) -> dict[str, Any]:
    """The contract's *Workflow*; numbers of inputs are in the unit of the input.

    The catalogue knows which classes the outputs are entailed to belong to, and the instruments
    (``instruments``) among which an input chooses.
    """
    iri = workflow_iri(workflow, site)
    instruments = workflow.instruments if catalogue is None else instruments_of(workflow, catalogue)
    return {
        "id": iri,
        "url": address(iri, site, host_url),
        "name": workflow.name,
        "version": workflow.version,
        "digest": workflow.digest,
        "title": workflow.title,
        "description": workflow.description,
        "instrument": workflow.instruments[0] if workflow.instruments else None,
        "instruments": list(instruments),
        "messenger": workflow.messenger,
        "inputs": [_input(item) for item in workflow.inputs],
        "outputs": [_output(workflow, item, catalogue) for item in workflow.outputs],
        "coverage": coverage_json(workflow.coverage),
        "deterministic": workflow.deterministic,
        "licence": workflow.licence or None,
        "cite": list(workflow.cite),
        "status": workflow.status.value,
    }


def _input(item: Input) -> dict[str, Any]:
    def plain(value: Value | None) -> Any:
        return None if value is None else finite(notation.to_plain(value, item.unit))

    return {
        "name": item.name,
        "term": item.term,
        "unit": item.unit,
        "default": plain(item.default),
        "minimum": plain(item.minimum),
        "maximum": plain(item.maximum),
        "allowed": [plain(value) for value in item.allowed] or None,
        "optional": item.optional or item.default is not None,
        "label": item.label,
        "description": item.description,
    }


def _output(workflow: Workflow, item: Output, catalogue: Catalogue | None) -> dict[str, Any]:
    classes = frozenset() if catalogue is None else promised_classes(workflow, item, catalogue)
    return {
        "name": item.name,
        "term": item.term,
        "inferred": sorted(classes - {item.term}),
        "label": item.label,
    }
