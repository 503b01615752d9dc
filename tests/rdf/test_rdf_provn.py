"""PROV-N says what the other views say, and keeps to the grammar of the Recommendation."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdf_strategies import SITE, agents, datasets, products, runs

from kg_service.model.product import Dataset, Measure, Product
from kg_service.model.run import Phase, Run
from kg_service.rdf import agent, dataset, product, run
from kg_service.rdf.formats import serialise
from kg_service.rdf.graph import prov, rdf_type
from kg_service.rdf.provn import to_provn

# A test grammar after the productions of PROV-N, sections 3.7 and 5: one record per line.
ESCAPED = r"\\[='(),\-:;\[\].]"
OTHER = r"[/@~&+*?#$!]|%[0-9A-Fa-f]{2}|" + ESCAPED
FIRST = rf"(?:[^\W]|{OTHER})"
INNER = rf"(?:[\w\-.]|{OTHER})"
LAST = rf"(?:[\w\-]|{OTHER})"
NAME = rf"(?:[A-Za-z][\w\-]*:(?:{FIRST}(?:{INNER}*{LAST})?)?)"
STRING = r'"(?:[^"\\\n\r]|\\[tbnrf"\'\\])*"'
VALUE = rf"(?:{STRING}(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*| %% {NAME})?|'{NAME}')"
ATTRIBUTES = rf"(?:, \[{NAME}={VALUE}(?:, {NAME}={VALUE})*\])?"
TIME = r"(?:-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
RECORDS = {
    "entity": rf"entity\({NAME}{ATTRIBUTES}\)",
    "activity": rf"activity\({NAME}, {TIME}, {TIME}{ATTRIBUTES}\)",
    "agent": rf"agent\({NAME}{ATTRIBUTES}\)",
    "used": rf"used\((?:{NAME}; )?{NAME}, {NAME}, {TIME}{ATTRIBUTES}\)",
    "wasGeneratedBy": rf"wasGeneratedBy\({NAME}, {NAME}, {TIME}\)",
    "wasAssociatedWith": rf"wasAssociatedWith\({NAME}, {NAME}, (?:-|{NAME})\)",
    "wasDerivedFrom": rf"wasDerivedFrom\({NAME}, {NAME}\)",
    "actedOnBehalfOf": rf"actedOnBehalfOf\({NAME}, {NAME}\)",
    "wasAttributedTo": rf"wasAttributedTo\({NAME}, {NAME}\)",
    "wasInformedBy": rf"wasInformedBy\({NAME}, {NAME}\)",
}


def records_of(text):
    """Counts the records by kind; fails on a line that the grammar does not know."""
    lines = text.split("\n")
    assert lines[0] == "document"
    assert lines[-2:] == ["endDocument", ""]
    prefixes = [line for line in lines[1:-2] if line.startswith("  prefix ")]
    declared = {re.fullmatch(r"  prefix ([A-Za-z][\w\-]*) <[^<>\s]*>", line)[1] for line in prefixes}
    assert len(declared) == len(prefixes)
    assert not declared & {"prov", "xsd"}
    found = Counter()
    for line in lines[1:-2]:
        if not line or line in prefixes:
            continue
        kind = line.strip().partition("(")[0]
        assert re.fullmatch(RECORDS[kind], line.strip()), line
        outside_strings = re.sub(STRING, "", line)
        used = set(re.findall(r"(?<![\w\\:/.-])([A-Za-z][\w-]*):", outside_strings))
        assert used <= declared | {"prov", "xsd"}
        found[kind] += 1
    return found


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(runs(), products(), agents, datasets)
def test_every_history_keeps_to_the_grammar(item, made, who, read):
    triples = (
        run.to_triples(item, SITE, agent=who)
        + product.to_triples(made, SITE)
        + dataset.to_triples(read, SITE)
    )
    for base in (SITE.base, None):
        found = records_of(to_provn(triples, base=base))
        assert found["activity"] == 1
        assert found["used"] == len(item.used) + len(item.arguments)
        assert found["agent"] == 1 + (who.on_behalf_of is not None)
        assert found["wasDerivedFrom"] == len(made.used) + len(made.derived_from)
        assert found["entity"] == 2 + len(item.arguments) + len(made.gives)


def history():
    data = Dataset("table.ecsv", "a" * 64)
    made = SITE.iri("runs", "01")
    workflow = SITE.iri("workflows", "fermi-lat-spectrum", "1a2b")
    used = dataset.dataset_iri(data, SITE)
    ended = Run(
        "01",
        SITE.iri("queries", "8c"),
        workflow,
        Phase.COMPLETED,
        "2026-11-23T00:00:00.000Z",
        "2026-11-23T00:00:01.000Z",
        "2026-11-23T00:00:02.000Z",
        arguments={"e_min": "energy 100000 keV", "source": "name 4FGL J0509.4+0542 "},
        used=(used,),
        products=(SITE.iri("products", "3f"),),
    )
    spectrum = Product(
        "3f",
        "A spectrum",
        ("http://odahub.io/ontology#Spectrum",),
        made,
        workflow,
        "b" * 64,
        "2026-11-23T00:00:02.000Z",
        values={"index": Measure(2.02, 0.016)},
        used=(used,),
    )
    who = agent.Agent("local-engine", "local", on_behalf_of=agent.Agent("user-anna", "anna", person=True))
    return (
        run.to_triples(ended, SITE, agent=who)
        + product.to_triples(spectrum, SITE)
        + dataset.to_triples(data, SITE)
    )


@pytest.mark.filterwarnings(
    "ignore:The following attributes were not converted", "ignore::DeprecationWarning"
)
def test_another_reader_counts_the_same_records():
    model = pytest.importorskip("prov.model", reason="prov is the second reader")
    turtle = serialise(history(), "text/turtle").decode()
    document = model.ProvDocument.deserialize(content=turtle, format="rdf", rdf_format="turtle")
    # It reads the short and the qualified form as two records: what they are about counts once.
    distinct = {
        (type(record).__name__, record.identifier if record.is_element() else record.args[:2])
        for record in document.get_records()
    }
    theirs = Counter(kind for kind, _ in distinct)
    ours = records_of(to_provn(history(), base=SITE.base))
    names = {
        "activity": "ProvActivity",
        "agent": "ProvAgent",
        "wasGeneratedBy": "ProvGeneration",
        "wasDerivedFrom": "ProvDerivation",
        "actedOnBehalfOf": "ProvDelegation",
        "used": "ProvUsage",
        "wasAssociatedWith": "ProvAssociation",
        "entity": "ProvEntity",
    }
    assert {kind: ours[kind] for kind in names} == {kind: theirs[name] for kind, name in names.items()}


def test_the_plan_and_the_person_are_said():
    text = to_provn(history(), base=SITE.base)
    assert "wasAssociatedWith(s:runs/01, s:agents/local-engine, s:workflows/fermi-lat-spectrum/1a2b)" in text
    assert "actedOnBehalfOf(s:agents/local-engine, s:agents/user-anna)" in text
    assert "activity(s:runs/01, 2026-11-23T00:00:01Z, 2026-11-23T00:00:02Z" in text
    assert "prov:role='kg:dataset'" in text


def test_odd_names_are_escaped_and_blank_nodes_named():
    entity = prov("Entity")
    triples = [
        Triple(NamedNode("http://x.example/a(b),c;d=e.f.-"), rdf_type, entity),
        Triple(BlankNode("b1"), rdf_type, entity),
        Triple(BlankNode("b1"), NamedNode("http://x.example/-p"), Literal('say "x"\n\\', language="en")),
    ]
    assert records_of(to_provn(triples)) == {"entity": 2}
