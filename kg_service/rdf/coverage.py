"""Coverage of workflows and products as RDF: time with exact twins, energy in keV, objects, sky."""

from __future__ import annotations

from pyoxigraph import NamedNode

from kg_service.model.terms import KG
from kg_service.model.workflow import Coverage
from kg_service.rdf.graph import Graph, Node, Writer, kg, number
from kg_service.rdf.literals import read_instant, write_instant

__all__ = ["read_coverage", "write_coverage"]


def write_coverage(out: Writer, me: NamedNode, coverage: Coverage) -> None:
    """What is covered; what is ``None`` is not said."""
    if coverage.time is not None:
        write_instant(out, me, KG, "coverageStart", coverage.time[0])
        write_instant(out, me, KG, "coverageEnd", coverage.time[1])
    if coverage.energy is not None:
        out.add(me, kg("coverageMinimumEnergy"), number(coverage.energy[0]))
        out.add(me, kg("coverageMaximumEnergy"), number(coverage.energy[1]))
    out.add(me, kg("coveredObject"), *(coverage.objects or ()))
    out.add(me, kg("coverageSky"), coverage.sky)


def read_coverage(graph: Graph, me: Node) -> Coverage:
    """What :func:`write_coverage` wrote."""
    start = read_instant(graph, me, KG, "coverageStart")
    end = read_instant(graph, me, KG, "coverageEnd")
    low = graph.real(me, kg("coverageMinimumEnergy"))
    high = graph.real(me, kg("coverageMaximumEnergy"))
    return Coverage(
        time=None if start is None or end is None else (start, end),
        energy=None if low is None or high is None else (low, high),
        objects=graph.texts(me, kg("coveredObject")) or None,
        sky=graph.text(me, kg("coverageSky")),
    )
