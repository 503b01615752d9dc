"""What reasoning adds to the index: classes of outputs and products, from the compiled closure.

The closure equals what HermiT entails (held by a test); HermiT itself runs at publication only.
"""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.model.product import Product
from kg_service.model.terms import KG, RDF, Site
from kg_service.model.workflow import Workflow
from kg_service.rdf.workflow import output_class, workflow_iri
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.promises import promised

__all__ = ["INFERRED", "header", "of_product", "of_workflow"]

INFERRED = "graphs/inferred"
"""Path of the graph that holds what reasoning adds."""

_TYPE = NamedNode(RDF + "type")
_ENTAILS = {
    "class": "entailsType",
    "observedWith": "entailsObservedWith",
    "facility": "entailsFacility",
    "observes": "entailsObserves",
    "covers": "entailsCovers",
}


def header(site: Site, catalogue: Catalogue) -> list[Triple]:
    """Which ontology the graph was made with."""
    return [
        Triple(NamedNode(site.iri(INFERRED)), NamedNode(KG + "ontologyDigest"), Literal(catalogue.digest))
    ]


def of_workflow(workflow: Workflow, site: Site, catalogue: Catalogue) -> list[Triple]:
    """Superclasses and saturated features of a version's product classes."""
    found = []
    for output in workflow.outputs:
        node = NamedNode(output_class(workflow_iri(workflow, site), output.name))
        for kind, value in sorted(promised(workflow, output, catalogue)):
            if kind in _ENTAILS:
                found.append(Triple(node, NamedNode(KG + _ENTAILS[kind]), NamedNode(value)))
    return found


def of_product(product: Product, site: Site, catalogue: Catalogue) -> list[Triple]:
    """Every class a product belongs to by its asserted types and instruments."""
    node = NamedNode(site.iri("products", product.ident))
    features = catalogue.output_features(product.types, product.observed_with)
    classes = sorted(value for kind, value in features if kind == "class" and value not in product.types)
    return [Triple(node, _TYPE, NamedNode(c)) for c in classes]
