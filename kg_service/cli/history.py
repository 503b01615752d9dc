"""The history of a product or run drawn as a tree on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from pyoxigraph import Triple

from kg_service.cli.terminal import width
from kg_service.discovery.history import Branch, history_tree, root_of

__all__ = ["history_text"]

_REST = "Everything else: kg provenance {name} --as turtle (or jsonld, provn)"


def history_text(triples: Iterable[Triple], name: str) -> str:
    """The tree of a lineage and, below it, how to see all of it.

    Parameters
    ----------
    triples
        The lineage of the resource.
    name
        Its address, or the beginning of it.
    """
    kept = list(triples)
    drawn = "\n".join(_drawn(history_tree(kept, name)))
    return f"{drawn}\n{_REST.format(name=root_of(kept, name))}"


def _drawn(branch: Branch, first: str = "", rest: str = "") -> Iterator[str]:
    """The lines of a branch; ``first`` stands before its text, ``rest`` before what follows."""
    hanging = rest + ("│  " if branch.below else "   ")
    for line in (branch.text, *([branch.about] if branch.named else [])):
        yield from textwrap.wrap(line, width(), initial_indent=first, subsequent_indent=hanging,
                                 break_long_words=False, break_on_hyphens=False)  # fmt: skip
        first = hanging
    for below in branch.below:
        last = below is branch.below[-1]
        yield from _drawn(below, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
