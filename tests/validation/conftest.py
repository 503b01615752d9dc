"""The judge over the shipped shapes and ontology, and the example graphs."""

from __future__ import annotations

import pytest
from example_graphs import ROOT, SHAPES

from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import Catalogue, load


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(ROOT / "ontology")


@pytest.fixture(scope="session")
def judge(catalogue: Catalogue) -> Judge:
    return Judge(SHAPES, catalogue)
