"""The judge over the shipped shapes and ontology, and the example graphs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import Catalogue, load

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "shapes"
GRAPHS = ROOT / "tests" / "graphs"


def read(path: Path) -> list[Triple]:
    """The triples of an example graph."""
    return [
        quad.triple for quad in parse(path.read_bytes(), RdfFormat.TURTLE, base_iri="http://localhost:8000/")
    ]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(ROOT / "ontology")


@pytest.fixture(scope="session")
def judge(catalogue: Catalogue) -> Judge:
    return Judge.load(SHAPES, catalogue)
