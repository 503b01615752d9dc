"""``kg workflows``, ``kg provenance`` and ``kg sparql``: commands that only read."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from kg_service.cli.commands import Output, reports_problems
from kg_service.cli.session import open_session
from kg_service.errors import Malformed, NotAcceptable

__all__ = ["provenance", "sparql", "workflows"]

_LONGEST_NAME = 1000
_HISTORY = {"turtle": "text/turtle", "jsonld": "application/ld+json", "provn": "text/provenance-notation"}
_RESULTS = {
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
    "turtle": "text/turtle",
    "jsonld": "application/ld+json",
}


@click.command()
@click.argument("text", default="")
@click.option("--produces", metavar="TERM", help="Only workflows whose product is one of these.")
@click.option("--consumes", metavar="TERM", help="Only workflows that take this.")
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def workflows(
    text: str, produces: str | None, consumes: str | None, server: str | None, output: Output
) -> None:
    """Find workflows by words of their title, by what they produce and what they take."""
    with contextlib.closing(open_session(server)) as session:
        output.show(session.workflows(text, produces, consumes), _workflows_text)


def _workflows_text(found: dict[str, Any]) -> str:
    if not found["items"]:
        return "No workflow matches."
    lines = []
    for item in found["items"]:
        gives = ", ".join(o["term"].rpartition("#")[2] for o in item["outputs"][:1])
        takes = ", ".join(
            i["name"] + ("" if i["default"] is None and not i["optional"] else "?") for i in item["inputs"]
        )
        lines += [f"{item['name']} ({item['version']})", f"    {item['title']}", f"    {takes} -> {gives}"]
    return "\n".join(lines)


@click.command()
@click.argument("iri")
@click.option("--as", "form", type=click.Choice(list(_HISTORY)), default="turtle", show_default=True)
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def provenance(iri: str, form: str, server: str | None, output: Output) -> None:
    """The history of a product or run: its own record and those of everything it was derived from.

    IRI may be shortened to the first characters of its last part, as long as they name one resource.
    """
    form = "jsonld" if output.as_json else form
    with contextlib.closing(open_session(server)) as session:
        sys.stdout.buffer.write(session.provenance(iri, _HISTORY[form]))


@click.command()
@click.argument("query")
@click.option("--as", "form", type=click.Choice(list(_RESULTS)), help="Form of the results.")
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def sparql(query: str, form: str | None, server: str | None, output: Output) -> None:
    """Query the graph by SPARQL 1.1; QUERY is the text, a file, or - for standard input.

    The default graph is the union of all graphs. Prefixes kg:, oda:, prov:, pp:, dct: are known.
    """
    text = _query_text(query)
    with contextlib.closing(open_session(server)) as session:
        if output.as_json or form is not None:
            sys.stdout.buffer.write(session.sparql(text, _RESULTS[form or "json"]))
            return
        try:
            results = session.sparql(text, _RESULTS["json"])
        except NotAcceptable:  # it gives a graph, not rows
            sys.stdout.buffer.write(session.sparql(text, _RESULTS["turtle"]))
            return
        if sys.stdout.isatty():
            click.echo(_results_text(json.loads(results)))
        else:
            sys.stdout.buffer.write(results)


def _query_text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    if len(query) > _LONGEST_NAME or "{" in query:
        return query
    if not Path(query).is_file():
        raise Malformed(f"{query!r} is neither SPARQL nor a file.", value=query)
    return Path(query).read_text(encoding="utf-8")


def _results_text(results: dict[str, Any]) -> str:
    if "boolean" in results:
        return "yes" if results["boolean"] else "no"
    names = results["head"]["vars"]
    rows = [[row.get(n, {}).get("value", "") for n in names] for row in results["results"]["bindings"]]
    widths = [max([len(n), *(len(r[i]) for r in rows)]) for i, n in enumerate(names)]
    lines = ["  ".join(n.ljust(w) for n, w in zip(names, widths, strict=True)).rstrip()]
    lines += ["  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"({len(rows)} row{'' if len(rows) == 1 else 's'})"])
