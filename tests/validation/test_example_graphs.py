"""Every example graph gets the verdict it was written for, by pyshacl and by the fast check."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_graphs import GRAPHS, SHAPES, read
from pyoxigraph import NamedNode

from kg_service.model.terms import SH
from kg_service.validation.judge import Judge
from kg_service.validation.shapes import Description, ShapeFolder, sh
from kg_service.vocabulary.catalogue import Catalogue

CONFORMING = sorted((GRAPHS / "conforming").rglob("*.ttl"))
VIOLATING = sorted((GRAPHS / "violating").rglob("*.ttl"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _header(path: Path, key: str) -> str | None:
    lines = [line for line in path.read_text().splitlines() if line.startswith(f"# {key}: ")]
    return lines[0].partition(": ")[2] if lines else None


@pytest.mark.parametrize("path", CONFORMING, ids=_name)
def test_a_conforming_graph_conforms_for_both_judges(judge: Judge, path: Path):
    triples, noun = read(path), path.parent.name
    by_pyshacl, fast = judge.judge(triples, noun), judge.check(triples, noun)
    assert by_pyshacl.conforms, by_pyshacl.findings
    assert not by_pyshacl.findings
    assert fast.conforms
    assert fast.decided_by == "compiled", "the fast check should not need pyshacl here"


@pytest.mark.parametrize("path", VIOLATING, ids=_name)
def test_a_violating_graph_fails_for_the_reason_it_names(judge: Judge, path: Path):
    triples, noun = read(path), path.parent.name
    expected = _header(path, "expects")
    severity = _header(path, "severity") or "violation"
    assert expected, "a violating graph states in a comment which message it must fail with"
    for report in (judge.judge(triples, noun), judge.check(triples, noun)):
        assert report.conforms == (severity == "warning")
        assert report.decided_by == "pyshacl"
        assert any(expected in f.message and f.severity == severity for f in report.findings), report.findings
        assert report.turtle
        assert "sh:ValidationReport" in report.turtle


def test_every_shape_has_a_graph_that_it_refuses(judge: Judge):
    refused = {
        finding.shape for path in VIOLATING for finding in judge.check(read(path), path.parent.name).findings
    }
    named = {
        triple.subject.value
        for noun in judge.nouns
        for triple in ShapeFolder(SHAPES).file(noun)
        if triple.predicate.value.startswith("http://www.w3.org/ns/shacl#target")
    }
    assert named - refused == set()


def test_every_noun_has_conforming_and_violating_graphs():
    nouns = {path.stem for path in SHAPES.glob("*.ttl")}
    assert {path.parent.name for path in CONFORMING} == nouns
    assert {path.parent.name for path in VIOLATING} == nouns


def test_every_role_of_the_ontology_has_a_rule_for_its_value(catalogue: Catalogue):
    """A query states each role at most once, in the datatype of its kind and within limits or a form."""
    shapes = Description(ShapeFolder(SHAPES).file("query"))
    said: dict[str, set[str]] = {}
    for shape in shapes.with_property(sh("path")):
        path = shapes.one(shape, sh("path"))
        if isinstance(path, NamedNode):
            said.setdefault(path.value, set()).update(p.value.removeprefix(SH) for p in shapes.about(shape))
    limits = {"pattern", "minInclusive", "minExclusive"}
    roles = catalogue.roles()
    assert len(roles) > 25
    for role in roles:
        assert {"datatype", "maxCount"} <= said.get(role.property, set()), role.property
        assert said[role.property] & limits, role.property
        if role.exact_twin is not None:
            assert {"datatype", "maxCount"} <= said.get(role.exact_twin, set()), role.exact_twin
