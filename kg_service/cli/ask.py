"""``kg ask`` and ``kg explain``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from kg_service.cli.commands import Output, refuse_both, reports_problems, write_bytes
from kg_service.cli.rendering import answer_text, explanation_text
from kg_service.cli.session import open_session
from kg_service.cli.tables import as_csv, is_ecsv, read_table, table_text
from kg_service.cli.terminal import shown, width
from kg_service.errors import BadValue, Problem, problem_from_code
from kg_service.model.run import Progress, Watch

__all__ = ["ask", "explain"]

_FORMS: dict[str, tuple[str, ...]] = {
    "table": ("text/ecsv", "application/x-votable+xml", "text/csv"),
    "csv": ("text/csv", "text/ecsv"),
    "ecsv": ("text/ecsv",),
    "votable": ("application/x-votable+xml",),
    "fits": ("application/fits",),
    "json": ("application/json",),
    "png": ("image/png",),
}


def read_pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Split ``name=value`` arguments.

    Raises
    ------
    BadValue
        For an argument without ``=``.
    """
    pairs = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or not name:
            raise BadValue(
                f'{argument!r} is not of the form name=value; for example object="Mrk 421".', value=argument
            )
        pairs.append((name.strip(), value))
    return pairs


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Watch]:
    """A progress bar on the error stream when a person watches; nothing else otherwise."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description}"),
        BarColumn(30),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        task = bars.add_task("looking", total=1.0)

        def watch(progress: Progress) -> None:
            bars.update(task, completed=progress.fraction or 0.0, description=progress.message or "running")

        yield watch


@click.command(short_help="Get a product: found again, or made now.")
@click.argument("term")
@click.argument("given", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy the product's files into this folder.",
)
@click.option(
    "--no-wait", is_flag=True, help="Return at once; the answer names the run (needs `kg serve` running)."
)
@click.option("--fresh", is_flag=True, help="Run anew, even when an earlier product means the same.")
@click.option(
    "--as",
    "form",
    type=click.Choice(list(_FORMS)),
    help="Write the data to standard output. In a pipe table is ECSV, else VOTable, else CSV; on a "
    "terminal its first rows.",
)
@click.option("--open", "open_plot", is_flag=True, help="Show the plot in the usual viewer.")
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def ask(
    term: str,
    given: tuple[str, ...],
    out: Path | None,
    no_wait: bool,
    fresh: bool,
    form: str | None,
    open_plot: bool,
    server: str | None,
    output: Output,
) -> None:
    """Ask for a product of the class TERM: Spectrum, LightCurve, GammaRayLightCurve, Spectrogram ...

    What is known is given as name=value; quote values with blanks. Usual names: object, event, ra, dec,
    radius, t1, t2, e_min, e_max, instrument, detector; others are the inputs that `kg workflows` lists.
    A value may carry a unit or be in another notation (e_min="1 GeV", ra=11h04m27s, t1=MJD57754). Without
    a unit, energies are in keV, angles in degrees. Times are UTC: 2017-01-01, or MJD..., JD..., GPS...

    \b
    kg ask Spectrum object="TXS 0506+056" e_min="1 GeV"
    kg ask LightCurve object="Mrk 421" instrument=Fermi-LAT
    kg ask Spectrogram event=GW150914 detector=H1 --open
    kg ask Spectrum object="TXS 0506+056" --as votable > txs.vot

    It prints the product's address, three of its numbers, caveats, files and what to cite. An earlier
    product that means the same is given again, and the answer says so.
    """
    refuse_both(output, form)
    with contextlib.closing(open_session(server, say=_say(output, form))) as session:
        output.here = session.here
        with _progress(output.as_json or form is not None) as watch:
            answer = session.ask(term, read_pairs(given), fresh=fresh, wait=not no_wait, out=out, watch=watch)
        raise_problem(answer)
        if form is not None and answer["product"] is not None:
            _write_data(session.file(answer["product"]["id"], _FORMS[form]), form)
        else:
            output.show(answer, lambda content: answer_text(content, output.here))
    if open_plot:
        _open_preview(answer)


def _write_data(content: bytes, form: str) -> None:
    """A file as it is; ECSV as plain CSV, or on a terminal as a table, where that is asked for."""
    if form == "table" and sys.stdout.isatty() and not content.startswith(b"<"):  # that is VOTable
        click.echo(shown(table_text(read_table(content.decode()), width())))
    elif form == "csv" and is_ecsv(content):
        write_bytes(as_csv(content.decode()).encode())
    else:
        write_bytes(content)


def raise_problem(answer: dict[str, Any]) -> None:
    """Raise the problem of a failed answer, with its run."""
    content = answer["problem"]
    if content is None:
        return
    problem: Problem = problem_from_code(
        content["code"],
        content["detail"],
        parameter=content["parameter"],
        value=content["value"],
        near=content["near"],
        report=content["report"],
    )
    problem.run = answer["run"]
    raise problem


def _say(output: Output, form: str | None) -> Any:
    """Notes on the error stream, where a person reads them."""
    if output.as_json or form is not None:
        return lambda _: None
    return lambda message: click.echo(message, err=True)


def _open_preview(answer: dict[str, Any]) -> None:
    previews = [f for f in answer["files"] or [] if f.endswith((".png", ".svg"))]
    if not previews:
        click.echo("This product has no picture.", err=True)
    elif not _has_display() or click.launch(previews[0]):
        click.echo(f"There is no display to open the picture on; it is {previews[0]}", err=True)


def _has_display() -> bool:
    """Whether programs can open windows; where windows need no X or Wayland server they can."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


@click.command(short_help="Which analyses can answer, and why others cannot.")
@click.argument("term")
@click.argument("given", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--server", metavar="URL", help="Ask this service instead of the local data folder.")
@reports_problems
def explain(term: str, given: tuple[str, ...], server: str | None, output: Output) -> None:
    """Say which workflows would answer a request, step by step, and why each other one cannot.

    Takes the same TERM and NAME=VALUE as `kg ask`; nothing is run. Where nothing can answer, it names the
    smallest change that would help.

    \b
    kg explain MultiInstrumentSpectrum object="TXS 0506+056"
    kg explain LightCurve object="Mrk 421" instrument=POLAR
    """
    with contextlib.closing(open_session(server, say=_say(output, None))) as session:
        explanation = session.explain(term, read_pairs(given))
        output.show(explanation, lambda content: explanation_text(content, session.here))
