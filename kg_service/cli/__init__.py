"""The ``kg`` command. Each subcommand is loaded only when it is called, so that ``kg ask`` is quick."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of the console script."""
    import click

    from kg_service.cli.commands import Output, kg
    from kg_service.errors import Malformed

    try:
        kg.main(prog_name="kg", standalone_mode=False)
    except click.UsageError as error:
        if "--json" in sys.argv:
            sys.exit(Output(as_json=True).fail(Malformed(error.format_message())))
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("kg: interrupted", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing is wrong here
        sys.exit(1)
