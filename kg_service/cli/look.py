"""``kg workflows``, ``kg provenance`` and ``kg sparql``: commands that only read."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from kg_service.cli.commands import Output, refuse_both, reports_problems, write_bytes
from kg_service.cli.session import open_session
from kg_service.cli.terminal import shown
from kg_service.errors import Malformed, NotAcceptable
from kg_service.model.readable import NUMBERS, number
from kg_service.model.terms import local_name

__all__ = ["provenance", "sparql", "workflows"]

_LONGEST_NAME = 255
_MOST_NAMES = 12
_SPARQL = re.compile(r"\s*(PREFIX|BASE|SELECT|ASK|CONSTRUCT|DESCRIBE)\s", re.IGNORECASE)
_LONGEST_HISTORY = 2**30  # bytes: it is our own
_NTRIPLES = "application/n-triples"
_HISTORY = {"turtle": "text/turtle", "jsonld": "application/ld+json", "provn": "text/provenance-notation"}
_RESULTS = {
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
}


@click.command(short_help="Find analyses by words, products or inputs.")
@click.argument("text", nargs=-1, metavar="[WORDS]...")
@click.option("--produces", metavar="TERM", help="Only those whose product is one of these, by reasoning.")
@click.option("--consumes", metavar="TERM", help="Only those that take this, such as object.")
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def workflows(
    text: tuple[str, ...], produces: str | None, consumes: str | None, server: str | None, output: Output
) -> None:
    """Find the analyses that can be asked for: all of them, or those that have all of the WORDS.

    WORDS are looked for in what a workflow says of itself and in what the ontology says of its inputs,
    products, instruments and messenger. An input with a question mark may be left out.

    \b
    kg workflows
    kg workflows blazar spectrum
    kg workflows VERITAS                          those of an instrument
    kg workflows --produces GammaRayLightCurve
    kg workflows --consumes event

    A request with an instrument that is not known is answered with the names of those there are.
    """
    with contextlib.closing(open_session(server)) as session:
        found = session.workflows(" ".join(text), produces, consumes)
        there_is = found if found["items"] or output.as_json else session.workflows("", None, None)
        output.show(found, lambda content: _workflows_text(content, there_is))


def _workflows_text(found: dict[str, Any], there_is: dict[str, Any]) -> str:
    if not found["items"]:
        near = f" Near: {', '.join(found['near'])}." if found.get("near") else ""
        names = [f"  {item['name']}: {item['title']}" for item in there_is["items"][:_MOST_NAMES]]
        rest = there_is["total"] - len(names)
        more = [f"  and {rest} more (kg workflows)"] if rest > 0 else []
        return "\n".join([f"No workflow matches.{near} There are:", *names, *more])
    lines = []
    for item in found["items"]:
        gives = ", ".join(local_name(o["term"]) for o in item["outputs"][:1])
        takes = ", ".join(
            i["name"] + ("" if i["default"] is None and not i["optional"] else "?") for i in item["inputs"]
        )
        lines += [f"{item['name']} ({item['version']})", f"    {item['title']}", f"    {takes} -> {gives}"]
    return "\n".join(lines)


@click.command(short_help="How a product or run came about.")
@click.argument("iri")
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", *_HISTORY]),
    help="Form of the history; otherwise text on a terminal, turtle in a pipe.",
)
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def provenance(iri: str, form: str | None, server: str | None, output: Output) -> None:
    """Tell how a product or run came about: its own record and those of everything it rests on.

    IRI is the address that `kg ask` prints, or the first characters of its last part as long as they
    name one resource. On a terminal the history is a short tree; the other forms hold all of it.

    \b
    kg provenance http://localhost:8000/products/3fa94c01d2e85b7760c1a4f8290be3d7
    kg provenance 3fa94c01
    kg provenance 3fa94c01 --as turtle > history.ttl
    """
    refuse_both(output, form, ("jsonld",))
    if output.as_json:
        form = "jsonld"
    form = form or ("text" if sys.stdout.isatty() else "turtle")
    with contextlib.closing(open_session(server)) as session:
        if form != "text":
            write_bytes(session.provenance(iri, _HISTORY[form]), line=True)
            return
        from kg_service.cli.history import history_text
        from kg_service.rdf.formats import parse

        triples = parse(session.provenance(iri, _NTRIPLES), _NTRIPLES, None, limit=_LONGEST_HISTORY)
    click.echo(shown(history_text(triples, iri)))


@click.command(short_help="Query everything recorded, in SPARQL.")
@click.argument("query")
@click.option(
    "--as",
    "form",
    type=click.Choice(list(_RESULTS)),
    help="Form of the results: json, csv, tsv or xml of rows; turtle or jsonld of a graph.",
)
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def sparql(query: str, form: str | None, server: str | None, output: Output) -> None:
    """Query the graph by SPARQL 1.1; QUERY is the text, a file, or - for standard input.

    The default graph is the union of all graphs; nothing can be changed this way. The prefixes kg:,
    oda:, prov:, pp:, dct:, rdfs: and some more need no declaration. --json gives SPARQL results JSON,
    of a CONSTRUCT or DESCRIBE the graph as JSON-LD.

    \b
    kg sparql 'SELECT ?product ?label WHERE { ?product a kg:Product ; rdfs:label ?label }'
    kg sparql 'ASK { ?run kg:phase "ERROR" }'
    kg sparql 'DESCRIBE kg:FermiLAT' --as turtle
    kg sparql 'SELECT ?run { ?run a kg:Run }' --as csv > runs.csv
    """
    text = _query_text(query)
    refuse_both(output, form, ("json", "jsonld"))
    with contextlib.closing(open_session(server)) as session:
        if form is not None:
            write_bytes(session.sparql(text, _RESULTS[form]), line=True)
            return
        try:
            results = session.sparql(text, _RESULTS["json"])
        except NotAcceptable:  # it gives a graph, not rows
            graph = session.sparql(text, _RESULTS["jsonld" if output.as_json else "turtle"])
            write_bytes(graph, line=True)
            return
    if output.as_json or not sys.stdout.isatty():
        write_bytes(results, line=True)
    else:
        click.echo(shown(_results_text(json.loads(results))))


def _query_text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    if len(query) > _LONGEST_NAME or "{" in query or _SPARQL.match(query):
        return query
    if not Path(query).is_file():
        raise Malformed(f"{query!r} is neither SPARQL nor a file.", value=query)
    return Path(query).read_text(encoding="utf-8")


def _cell(term: dict[str, str]) -> str:
    return number(term["value"]) if term.get("datatype") in NUMBERS else term["value"]


def _results_text(results: dict[str, Any]) -> str:
    if "boolean" in results:
        return "yes" if results["boolean"] else "no"
    names = results["head"]["vars"]
    rows = [[_cell(row[n]) if n in row else "" for n in names] for row in results["results"]["bindings"]]
    widths = [max([len(n), *(len(r[i]) for r in rows)]) for i, n in enumerate(names)]
    lines = ["  ".join(n.ljust(w) for n, w in zip(names, widths, strict=True)).rstrip()]
    lines += ["  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"({len(rows)} row{'' if len(rows) == 1 else 's'})"])
