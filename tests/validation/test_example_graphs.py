"""Every example graph gets the verdict it was written for, by pyshacl and by the fast check."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GRAPHS, SHAPES, read

from kg_service.validation.judge import Judge

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
        for triple in judge.shapes(noun)
        if triple.predicate.value.startswith("http://www.w3.org/ns/shacl#target")
    }
    assert named - refused == set()


def test_every_noun_has_conforming_and_violating_graphs():
    nouns = {path.stem for path in SHAPES.glob("*.ttl")}
    assert {path.parent.name for path in CONFORMING} == nouns
    assert {path.parent.name for path in VIOLATING} == nouns
