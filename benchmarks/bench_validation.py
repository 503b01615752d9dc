"""Judging one graph: the compiled check and pyshacl over the same shapes; compiling all shapes at the start.

Targets: a query judged in at most 80 us with the verdict of pyshacl; all shapes compiled in at most 30 ms.
Both judges get the same triples and the same ontology; pyshacl gets its shapes parsed beforehand.
"""

from __future__ import annotations

from functools import cache

import pytest
from pyoxigraph import RdfFormat, parse

from kg_service.data import data_folder
from kg_service.model.notation import read
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import load

GRAPHS = data_folder("shapes").parent / "tests" / "graphs" / "conforming"
CASES = ["query/minimal", "query/full", "product/spectrum", "run/completed", "workflow/fermi-lat-spectrum"]


@cache
def catalogue():
    return load(data_folder("ontology"))


@cache
def judge():
    return Judge(data_folder("shapes"), catalogue()).warm()


def graph(name):
    path = GRAPHS / f"{name}.ttl"
    return [quad.triple for quad in parse(path.read_bytes(), RdfFormat.TURTLE, base_iri="http://localhost/")]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.benchmark(group="validation: compiled")
def test_compiled_check(benchmark, name):
    triples, noun = graph(name), name.partition("/")[0]
    report = benchmark(judge().check, triples, noun)
    assert report.conforms
    assert report.decided_by == "compiled"
    benchmark.extra_info["triples"] = len(triples)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.benchmark(group="validation: pyshacl")
def test_pyshacl(benchmark, name):
    triples, noun = graph(name), name.partition("/")[0]
    report = benchmark.pedantic(judge().judge, (triples, noun), rounds=10, warmup_rounds=1)
    assert report.conforms


@pytest.mark.benchmark(group="validation: arguments")
def test_arguments_of_a_workflow(benchmark):
    def energy(text):
        return read(text, Kind.ENERGY, unit="keV", parameter="energy")

    inputs = tuple(
        Input(name, KG + "MinimumEnergy", minimum=energy("15 keV"), maximum=energy("800 keV"))
        for name in ("e_min", "e_max")
    )
    workflow = Workflow("w", "1", "0", "t", "d", inputs, (Output("image", ODA + "Image"),),
                        inputs_together=(("e_min", "e_max"),))  # fmt: skip
    arguments = {"e_min": energy("20 keV"), "e_max": energy("40 keV")}
    assert benchmark(judge().check_arguments, workflow, arguments).decided_by == "compiled"


@pytest.mark.benchmark(group="validation: start")
def test_compiling_all_shapes(benchmark):
    folder, terms = data_folder("shapes"), catalogue()
    compiled = benchmark(lambda: Judge(folder, terms).warm())
    assert all(not compiled.not_compiled(noun) for noun in compiled.nouns)
