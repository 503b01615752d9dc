"""Namespaces, and the few IRIs that code must name. Every other term is data in ``ontology/``."""

from __future__ import annotations

from typing import Final

__all__ = ["DCAT", "DCT", "KG", "NEUTRAL_BASE", "ODA", "OWL", "PP", "PREFIXES", "PROV", "RDF", "RDFS",
           "SCHEMA", "SH", "SKOS", "XSD", "Site", "local_name"]  # fmt: skip

KG: Final = "https://w3id.org/kg-service/ontology#"
ODA: Final = "http://odahub.io/ontology#"
PP: Final = "http://purl.org/net/p-plan#"
PROV: Final = "http://www.w3.org/ns/prov#"
DCT: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
SCHEMA: Final = "https://schema.org/"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "kg": KG, "oda": ODA, "pp": PP, "prov": PROV, "dct": DCT, "dcat": DCAT, "schema": SCHEMA,
    "sh": SH, "skos": SKOS, "owl": OWL, "rdf": RDF, "rdfs": RDFS, "xsd": XSD,
}  # fmt: skip

NEUTRAL_BASE: Final = "kg-site:/"
"""Stands for the site's base IRI wherever text is hashed or sealed: hashes never depend on the base."""


def local_name(iri: str) -> str:
    """The last part of an IRI: the name of a term in its namespace, the ident of a resource."""
    return iri.rstrip("#/").replace("#", "/").rpartition("/")[2]


class Site:
    """Mints the IRIs of one site.

    Parameters
    ----------
    base
        The site's base IRI, ending in ``/`` (``http://localhost:8000/`` on a laptop).
    """

    def __init__(self, base: str) -> None:
        self.base = base if base.endswith("/") else base + "/"

    def iri(self, *path: str) -> str:
        """The IRI of a resource: ``site.iri("products", "3fa9...")``."""
        return self.base + "/".join(path)

    def ident(self, iri: str) -> str:
        """The last part of an IRI of this site: ``.../products/3fa9`` gives ``3fa9``."""
        return iri.removeprefix(self.base).partition("/")[2]

    def owns(self, iri: str) -> bool:
        """Whether the IRI lies under the site's base."""
        return iri.startswith(self.base)

    def neutral(self, iri: str) -> str:
        """The IRI with the base replaced by :data:`NEUTRAL_BASE` (other IRIs unchanged)."""
        return NEUTRAL_BASE + iri[len(self.base) :] if iri.startswith(self.base) else iri

    def local(self, iri: str) -> str:
        """The inverse of :meth:`neutral`."""
        return self.base + iri[len(NEUTRAL_BASE) :] if iri.startswith(NEUTRAL_BASE) else iri
