"""Where the shapes and the example graphs lie, and how they are read."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "shapes"
GRAPHS = ROOT / "tests" / "graphs"


def read(path: Path) -> list[Triple]:
    """The triples of an example graph."""
    return [
        quad.triple for quad in parse(path.read_bytes(), RdfFormat.TURTLE, base_iri="http://localhost:8000/")
    ]
