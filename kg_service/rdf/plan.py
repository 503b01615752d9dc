"""The plan of an answer in several steps as RDF: a P-Plan whose steps are workflow versions.

Beside it stand the workflows that were passed over, as their data do not hold what was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import Triple

from kg_service.model.answer import PassedOver
from kg_service.rdf.graph import Graph, Node, Writer, iri, kg, pp, prov, whole

__all__ = ["PlanStep", "from_triples", "passed_over", "to_triples"]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan.

    ``workflow`` is the version's IRI; ``run`` the run that carries it out, or ``reused`` the earlier
    product that stands for it; ``after`` the numbers (from 1) of the steps whose results it takes.
    """

    workflow: str
    run: str | None = None
    reused: str | None = None
    after: tuple[int, ...] = ()


def to_triples(
    run: str, query: str, steps: Sequence[PlanStep], passed: Sequence[PassedOver] = ()
) -> list[Triple]:
    """The plan of a run (:doc:`graphs`, "Run"); ``run`` and ``query`` are addresses."""
    plan = iri(f"{run}#plan")
    out = Writer()
    out.types(plan, pp("Plan"), prov("Plan"), prov("Entity"))
    out.add(plan, prov("wasDerivedFrom"), iri(query))
    for order, step in enumerate(steps, 1):
        node = iri(f"{run}#step-{order}")
        out.types(node, pp("MultiStep"))
        out.add(node, pp("isStepOfPlan"), plan)
        out.add(node, pp("isDecomposedAsPlan"), iri(step.workflow))
        out.add(node, kg("order"), whole(order))
        out.add(node, pp("isPrecededBy"), *(iri(f"{run}#step-{number}") for number in step.after))
        out.add(node, kg("reused"), None if step.reused is None else iri(step.reused))
        if step.run is not None:
            out.add(iri(step.run), pp("correspondsToStep"), node)
    for order, item in enumerate(passed, 1):
        node = iri(f"{run}#passed-{order}")
        out.types(node, kg("PassedOver"))
        out.add(iri(run), kg("passedOver"), node)
        out.add(node, kg("ofWorkflow"), iri(item.workflow))
        out.add(node, kg("problemCode"), item.code)
        out.add(node, kg("problemDetail"), item.detail)
        out.add(node, kg("order"), whole(order))
    return out.triples


def from_triples(triples: Iterable[Triple], run: str) -> tuple[PlanStep, ...]:
    """The steps of a run's plan, in order; empty when it has none."""
    graph = Graph(triples)
    nodes = graph.subjects(pp("isStepOfPlan"), iri(f"{run}#plan"))
    orders: dict[Node, int] = {node: graph.integer(node, kg("order")) or 0 for node in nodes}
    steps: list[PlanStep] = []
    for node in sorted(nodes, key=lambda n: orders[n]):
        runs = graph.subjects(pp("correspondsToStep"), node)
        before = (orders[n] for n in graph.nodes(node, pp("isPrecededBy")) if n in orders)
        steps.append(
            PlanStep(
                workflow=graph.text(node, pp("isDecomposedAsPlan")) or "",
                run=runs[0].value if runs else None,
                reused=graph.text(node, kg("reused")),
                after=tuple(sorted(before)),
            )
        )
    return tuple(steps)


def passed_over(triples: Iterable[Triple], run: str) -> tuple[PassedOver, ...]:
    """The workflows that a run passed over, best first."""
    graph = Graph(triples)
    nodes = sorted(graph.nodes(iri(run), kg("passedOver")), key=lambda n: graph.integer(n, kg("order")) or 0)
    return tuple(
        PassedOver(
            workflow=graph.text(node, kg("ofWorkflow")) or "",
            code=graph.text(node, kg("problemCode")) or "",
            detail=graph.text(node, kg("problemDetail")) or "",
        )
        for node in nodes
    )
