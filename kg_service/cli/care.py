"""``kg check`` and ``kg rebuild``: is the house in order, and putting the index in order."""

from __future__ import annotations

import click

from kg_service.cli.commands import Output, reports_problems
from kg_service.config import Settings
from kg_service.data import data_folder
from kg_service.errors import Invalid

__all__ = ["check", "rebuild"]


def _count(findings: list[str], good: str) -> str:
    return f"{len(findings)} findings" if findings else good


@click.command(short_help="Is everything in order: ontology, shapes, workflows?")
@reports_problems
def check(output: Output) -> None:
    """Check that the ontology is consistent, the shapes are well formed, and what ships conforms.

    The reasoner HermiT judges the ontology and what every workflow says of its product; this takes some
    seconds. Run it after a change to the ontology, the shapes or an analysis.
    """
    from kg_service.factory import load_registry
    from kg_service.model.terms import Site
    from kg_service.rdf import workflow as workflow_rdf
    from kg_service.validation.judge import Judge
    from kg_service.validation.wellformed import check_shapes
    from kg_service.vocabulary.catalogue import load
    from kg_service.vocabulary.check import check_ontology, check_output

    def say(message: str) -> None:
        if not output.as_json:
            click.echo(message)

    findings = [f"ontology: {finding}" for finding in check_ontology(data_folder("ontology"))]
    say(f"ontology   {_count(findings, 'consistent, every class satisfiable')}")
    shape_findings = [f"shapes: {finding}" for finding in check_shapes(data_folder("shapes"))]
    say(f"shapes     {_count(shape_findings, 'well formed')}")
    catalogue = load(data_folder("ontology"))
    judge = Judge(data_folder("shapes"), catalogue)
    registry = load_registry(catalogue)
    site = Site("http://localhost:8000/")
    broken = [f"plug-in {name}: {reason}" for name, reason in registry.broken.items()]
    for workflow in registry.workflows:
        report = judge.judge(workflow_rdf.to_triples(workflow, site), noun="workflow")
        broken += [f"workflow {workflow.name}: {finding.message}" for finding in report.findings]
        for item in workflow.outputs:
            if item.is_product:
                said = check_output(catalogue, item.term, item.observed_with)
                broken += [f"workflow {workflow.name}: {finding}" for finding in said]
    say(f"workflows  {_count(broken, f'{len(registry.workflows)} conform')}")
    findings += shape_findings + broken
    if findings:
        raise Invalid("\n".join(findings))
    output.show({"findings": []}, lambda _: "Everything is in order.")


@click.command(short_help="Make the index again from the records.")
@reports_problems
def rebuild(output: Output) -> None:
    """Make the index of the data folder again from its sealed records, which are the truth.

    Products, files and records stay as they are. Of use when the index was lost or damaged, or after
    records were copied in from elsewhere.
    """
    from kg_service.factory import rebuild_index

    count = rebuild_index(Settings.from_environment(), say=lambda m: click.echo(m, err=True))
    output.show({"records": count}, lambda _: f"The index was made again from {count} records.")
