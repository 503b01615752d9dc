"""The commands, their help texts, and how a problem becomes an exit code."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from kg_service.cli.rendering import problem_text
from kg_service.cli.terminal import can_show, shown
from kg_service.errors import BadValue, Problem, RequestProblem

__all__ = ["Output", "kg", "refuse_both", "reports_problems", "write_bytes"]

_COMMANDS = {
    "ask": "ask",
    "explain": "ask",
    "workflows": "look",
    "provenance": "look",
    "sparql": "look",
    "check": "care",
    "rebuild": "care",
    "serve": "serve",
}
F = TypeVar("F", bound=Callable[..., Any])


class _LateGroup(click.Group):
    """Finds the module of a subcommand only when that subcommand is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"kg_service.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kg-service", prog_name="kg")
def kg() -> None:
    """Ask for a data product by what it means; get it with its whole history.

    Name the kind of product (a TERM such as Spectrum, LightCurve, Spectrogram or GammaRayLightCurve) and
    what you know (an object, an event, times, energies). An analysis that can make it is found and run;
    what was made before is given again.

    \b
    kg workflows                                  what there is
    kg ask Spectrum object="TXS 0506+056"         a spectrum, with plot and tables
    kg ask GammaRayLightCurve object="Mrk 421"    by meaning: any gamma-ray light curve
    kg explain Spectrum object="Mrk 421"          who can answer, and why not the others
    kg serve                                      the same on a page and over HTTP

    Everything is kept in the folder that KG_DATA names, else in your user's data directory. A service on
    that folder is asked when one runs. Exit code: 0 answered; 1 an analysis failed or was stopped, or the
    service is at fault; 2 the request is at fault, or nothing can answer it.
    """


class Output:
    """Writes one JSON document, or text; never both."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.here: Callable[[str], str] = str
        """Where a resource (IRI) is shown; a session with a service knows better than the name."""

    def show(self, content: Any, text: Callable[[Any], str]) -> None:
        """Print ``content`` as JSON, or as the text a person reads."""
        click.echo(_json_text(content) if self.as_json else shown(text(content)))

    def fail(self, problem: Problem) -> int:
        """Show a problem; the exit code is 2 when the request is at fault, 1 when the service is."""
        content = problem.to_json() | ({"run": problem.run} if problem.run else {})
        if self.as_json:
            click.echo(_json_text(content))
        else:
            click.echo(shown(problem_text(content), sys.stderr), err=True)
            if problem.run:
                click.echo(f"    run: {self.here(problem.run)}", err=True)
        return 2 if isinstance(problem, RequestProblem) else 1


def _json_text(content: Any) -> str:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return text if can_show(text) else json.dumps(content, indent=2, allow_nan=False)


def write_bytes(content: bytes, *, line: bool = False) -> None:
    """Write bytes to standard output as they are; ``line``: ended by a line end."""
    sys.stdout.buffer.write(content)
    if line and not content.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")


def refuse_both(output: Output, form: str | None, fitting: Sequence[str] = ()) -> None:
    """Refuse ``--json`` beside another ``--as``.

    Raises
    ------
    BadValue
        Both are asked for, and they are not the same.
    """
    if output.as_json and form is not None and form not in fitting:
        raise BadValue(
            f"--json and --as {form} contradict each other, as both write to standard output. Leave one out.",
            parameter="--as",
            value=form,
        )


def reports_problems(function: F) -> F:
    """Turn problems of a command into its output and exit code; adds the option ``--json``."""

    @click.option(
        "--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else."
    )
    @wraps(function)
    def command(*args: Any, as_json: bool, **options: Any) -> None:
        output = Output(as_json)
        try:
            function(*args, output=output, **options)
        except Problem as problem:
            sys.exit(output.fail(problem))

    return command  # type: ignore[return-value]
