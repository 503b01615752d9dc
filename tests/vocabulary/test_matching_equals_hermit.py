"""The compiled answer to "does this output answer that request?" is the reasoner's, on random pairs."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from kg_service.model.terms import KG, ODA
from kg_service.vocabulary.catalogue import Catalogue
from kg_service.vocabulary.reasoning import reason

X = "http://example.org/x#"
KINDS = [
    ODA + "LightCurve",
    ODA + "Spectrum",
    ODA + "Image",
    KG + "UpperLimit",
    KG + "Spectrogram",
    KG + "TimeSeries",
]
ON = "a owl:Restriction ; owl:onProperty kg:observedWith ;"
COUNT = 45
SEEDS = (1, 2)


def _value(on: str, value: str) -> str:
    return f"[ a owl:Restriction ; owl:onProperty kg:{on} ; owl:hasValue <{value}> ]"


def _condition(choose: random.Random, catalogue: Catalogue) -> str:
    messenger = choose.choice(catalogue.messengers())
    instrument = choose.choice(catalogue.instruments())
    return choose.choice(
        [
            f"[ {ON} owl:someValuesFrom {_value('observes', messenger)} ]",
            _value("observedWith", instrument),
            _value("facility", instrument),
            _value("covers", messenger),
            f'[ {ON} owl:minCardinality "2"^^xsd:nonNegativeInteger ]',
        ]
    )


def _request(choose: random.Random, catalogue: Catalogue, name: str, defined: list[str]) -> str:
    parts = [f"<{choose.choice([*KINDS, KG + 'ScienceProduct'])}>"]
    if choose.random() < 0.5:
        parts.append(f"<{choose.choice(defined)}>")
    parts += [_condition(choose, catalogue) for _ in range(choose.choice([0, 1, 1, 2]))]
    meaning = f"[ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]"
    return f"x:{name} a owl:Class ; owl:equivalentClass {meaning} ."


def _output(choose: random.Random, catalogue: Catalogue, name: str, defined: list[str]):
    classes = [choose.choice([*KINDS, choose.choice(defined)])]
    observed = choose.sample(catalogue.instruments(), choose.choice([0, 1, 1, 2]))
    covers = choose.sample(catalogue.messengers(), choose.choice([0, 0, 1]))
    parts = [f"<{c}>" for c in classes]
    parts += [_value("observedWith", i) for i in observed] + [_value("covers", b) for b in covers]
    return (classes, observed, covers), f"x:{name} a owl:Class ; rdfs:subClassOf {' , '.join(parts)} ."


@pytest.mark.parametrize("seed", SEEDS)
def test_random_outputs_and_requests(catalogue: Catalogue, turtle, java: None, seed: int):
    choose = random.Random(seed)
    defined = [
        t.iri for t in catalogue.terms() if catalogue.is_product(t.iri) and t.iri != KG + "ScienceProduct"
    ]
    requests = [f"request{n}" for n in range(COUNT)]
    asked = turtle("\n".join(_request(choose, catalogue, name, defined) for name in requests))
    made = {f"output{n}": _output(choose, catalogue, f"output{n}", defined) for n in range(COUNT)}
    outputs: list[ox.Triple] = turtle("\n".join(text for _, text in made.values()))

    entailed = reason([*catalogue.triples, *asked], outputs)
    compiled = Catalogue([*catalogue.triples, *asked])
    differing, yes = [], 0
    for output, (spec, _) in made.items():
        promised = compiled.output_features(*spec)
        for request in requests:
            by_hermit = X + request in entailed.above[X + output]
            by_features = compiled.request_features(X + request) <= promised
            yes += by_hermit
            if by_hermit != by_features or by_features != (("class", X + request) in promised):
                differing.append((output, request, by_hermit, by_features))
    assert differing == []
    assert yes > 20  # the pairs are not all trivially "no"
    for output, (spec, _) in made.items():
        classes = {iri for what, iri in compiled.output_features(*spec) if what == "class"}
        assert classes == entailed.above[X + output]
