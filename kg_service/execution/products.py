"""From what an analysis hands back to a product: files into the blob store, values to canonical form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kg_service.discovery.lookup import Lookup
from kg_service.execution.labels import distinctions, inherited, told_apart
from kg_service.model import notation
from kg_service.model.product import Dataset, FileRole, Product, ProductFile, RoleValue
from kg_service.model.query import content_hash
from kg_service.model.terms import KG, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Workflow
from kg_service.ports import BlobStore, Outcome
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["make_product"]


def make_product(
    outcome: Outcome,
    workflow: Workflow,
    *,
    run: str,
    created: str,
    run_key: str,
    canonical: Mapping[str, Any],
    inputs: Sequence[Product],
    sources: Sequence[Product],
    datasets: Sequence[Dataset],
    site: Site,
    blobs: BlobStore,
    catalogue: Catalogue,
    lookup: Lookup,
) -> Product:
    """Keep the files and build the product of a run; ``run`` is its ident, ``created`` when it ended.

    Caveats and what sets them apart are taken over from ``inputs``; ``sources`` also holds the products
    that gave single values.

    Raises
    ------
    StorageFull
        When there is no room for its files.
    """
    output = workflow.product
    label = outcome.label or workflow.title
    apart = [
        *distinctions(workflow, canonical, label, catalogue, outcome.coverage),
        *inherited(inputs, label, lookup, catalogue),
    ]
    files = tuple(_keep(outcome, blobs))
    return Product(
        ident=content_hash([f"run {run}", f"output {output.name}", *(f"{f.name} {f.sha256}" for f in files)]),
        label=told_apart(label, apart),
        types=outcome.types or (output.term,),
        run=site.iri("runs", run),
        workflow=site.iri(*workflow.path),
        run_key=run_key,
        created=created,
        files=files,
        values=dict(outcome.values),
        gives=tuple(_role_values(outcome, workflow, catalogue)),
        points=outcome.points,
        quality=(*outcome.quality, *_inherited(outcome, inputs)),
        coverage=outcome.coverage,
        observed_with=outcome.observed_with
        or (*output.observed_with, *_determined(workflow, canonical, catalogue)),
        used=tuple(site.iri("datasets", d.ident) for d in datasets),
        derived_from=tuple(site.iri("products", p.ident) for p in sources),
        cite=tuple(dict.fromkeys(outcome.cite or (*workflow.cite, *(d.cite for d in datasets if d.cite)))),
    )


def _keep(outcome: Outcome, blobs: BlobStore) -> list[ProductFile]:
    kept = []
    for file in outcome.files:
        sha256, size = blobs.put(file.path)
        kept.append(ProductFile(file.path.name, file.media_type, size, sha256, FileRole(file.role)))
    return kept


def _inherited(outcome: Outcome, inputs: Sequence[Product]) -> tuple[str, ...]:
    """Caveats of the inputs travel on, unless the analysis repeats them in its own words."""
    caveats = dict.fromkeys(caveat for product in inputs for caveat in product.quality)
    return tuple(c for c in caveats if not any(c in own for own in outcome.quality))


def _role_values(outcome: Outcome, workflow: Workflow, catalogue: Catalogue) -> list[RoleValue]:
    found = []
    for output in workflow.outputs:
        plain = outcome.gives.get(output.name)
        if output.is_product or plain is None:
            continue
        kind = catalogue.kind(output.term)
        text = str(plain) if kind is Kind.TIME else plain
        value = notation.read(text, kind, unit=catalogue.unit(output.term), parameter=output.name)
        found.append(RoleValue(output.name, output.term, value))
    return found


def _determined(workflow: Workflow, canonical: Mapping[str, Any], catalogue: Catalogue) -> tuple[str, ...]:
    """Instruments that an argument decides: ``detector=H1`` gives ``kg:H1``."""
    names = [
        canonical[item.name].text
        for item in workflow.inputs
        if item.determines == KG + "observedWith" and isinstance(canonical.get(item.name), Value)
    ]
    return tuple(catalogue.find(name, among="instrument").iri for name in names)
