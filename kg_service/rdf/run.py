"""A run as RDF: a PROV activity with its arguments, what it used, by whom, where, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.errors import problem_from_code
from kg_service.model import notation
from kg_service.model.product import ProductFile
from kg_service.model.run import Phase, Progress, Run
from kg_service.model.terms import Site, local_name
from kg_service.model.values import Value
from kg_service.model.workflow import Workflow
from kg_service.rdf.agent import Agent, agent_iri, read_environment, write_environment
from kg_service.rdf.agent import to_triples as agent_triples
from kg_service.rdf.file import write_file
from kg_service.rdf.graph import Graph, Node, Writer, dct, iri, kg, number, pp, prov, segment, whole
from kg_service.rdf.listing import read_list, write_list
from kg_service.rdf.literals import measure_literal, read_stamp, stamp, to_literal, value_from_key
from kg_service.rdf.workflow import input_iri

__all__ = ["argument_iri", "from_triples", "run_iri", "to_triples"]

_RESOURCES: Final = {"wall_seconds": "wallSeconds", "cpu_seconds": "cpuSeconds", "peak_bytes": "peakMemory"}
_PROBLEM: Final = {
    "code": "problemCode", "detail": "problemDetail", "parameter": "problemParameter",
    "value": "problemValue", "report": "problemReport",
}  # fmt: skip


def run_iri(run: Run | str, site: Site) -> str:
    """The address of a run, or of the run with that ident."""
    return site.iri("runs", run if isinstance(run, str) else run.ident)


def argument_iri(run: str, name: str) -> str:
    """The entity of one argument; ``run`` is the run's address."""
    return f"{run}#arg-{segment(name)}"


def to_triples(
    run: Run,
    site: Site,
    workflow: Workflow | None = None,
    *,
    origins: Mapping[str, str] | None = None,
    agent: Agent | None = None,
    part_of: str | None = None,
    step: int | None = None,
    log: ProductFile | None = None,
) -> list[Triple]:
    """The run's part of its record (:doc:`graphs`, "Run").

    Parameters
    ----------
    workflow
        The version that ran: gives the arguments in the units in which the analysis received them.
    origins
        Where each argument came from, by input name: ``given``, ``default`` or ``derived``.
    agent
        The software that ran it, with the person it worked for.
    part_of, step
        The address of the plan's run, and the number of the step of it that this run carries out.
    log
        The file with the log; its address is ``run.log``.
    """
    me = iri(run_iri(run, site))
    out = Writer()
    out.types(me, kg("Run"), prov("Activity"), pp("Activity"))
    out.add(me, kg("phase"), run.phase.value)
    out.add(me, kg("toQuery"), iri(run.query))
    out.add(me, kg("ofWorkflow"), None if run.workflow is None else iri(run.workflow))
    out.add(me, dct("created"), stamp(run.created))
    out.add(me, prov("startedAtTime"), stamp(run.started))
    out.add(me, prov("endedAtTime"), stamp(run.ended))
    out.add(me, kg("runKey"), run.run_key)
    if part_of is not None:
        out.add(me, kg("partOfRun"), iri(part_of))
        out.add(me, pp("correspondsToStep"), None if step is None else iri(f"{part_of}#step-{step}"))
    units = {} if workflow is None else {item.name: item.unit for item in workflow.inputs}
    for name, key in run.arguments.items():
        node = _write_argument(out, me, name, key, units.get(name))
        out.add(node, kg("ofInput"), None if run.workflow is None else iri(input_iri(run.workflow, name)))
        out.add(node, kg("origin"), (origins or {}).get(name))
    for address in run.used:
        out.add(me, prov("used"), iri(address))
    _write_usages(out, me, run, site)
    out.add(me, kg("hasStep"), *(iri(address) for address in run.steps))
    _write_products(out, me, run)
    _write_agent(out, me, run, site, agent)
    _write_ending(out, me, run)
    write_environment(out, me, run.environment)
    if run.log is not None:
        out.add(me, kg("log"), iri(run.log))
        if log is not None:
            write_file(out, iri(run.log), log)
    return out.triples + ([] if agent is None else agent_triples(agent, site))


def _write_argument(out: Writer, me: NamedNode, name: str, key: str, unit: str | None) -> NamedNode:
    node = iri(argument_iri(me.value, name))
    value = value_from_key(key)
    out.types(node, kg("Argument"), prov("Entity"))
    out.add(me, prov("used"), node)
    out.add(node, kg("name"), name)
    out.add(node, prov("value"), _received(value, unit, name))
    out.add(node, kg("unit"), unit if unit is not None else value.unit)
    out.add(node, kg("valueKey"), key)
    return node


def _received(value: Value, unit: str | None, name: str) -> Literal:
    if unit is None or value.unit is None or unit == value.unit:
        return to_literal(value)
    return measure_literal(float(notation.convert(value, unit)), name) or to_literal(value)


def _write_usages(out: Writer, me: NamedNode, run: Run, site: Site) -> None:
    used = [(a, "inputProduct" if a.startswith(site.iri("products", "")) else "dataset") for a in run.used]
    used += [(argument_iri(me.value, name), "argumentOfRun") for name in run.arguments]
    for position, (address, role) in enumerate(used, 1):
        usage = iri(f"{me.value}#usage-{position}")
        out.add(me, prov("qualifiedUsage"), usage)
        out.types(usage, prov("Usage"))
        out.add(usage, prov("entity"), iri(address))
        out.add(usage, prov("hadRole"), kg(role))
        out.add(usage, kg("order"), whole(position))


def _write_products(out: Writer, me: NamedNode, run: Run) -> None:
    if run.steps or run.workflow is None:
        write_list(out, me, kg("hasProduct"), [iri(address) for address in run.products])
        return
    for address in run.products:
        out.add(iri(address), prov("wasGeneratedBy"), me)


def _write_agent(out: Writer, me: NamedNode, run: Run, site: Site, agent: Agent | None) -> None:
    if agent is None:
        return
    who, association = iri(agent_iri(agent, site)), iri(f"{me.value}#association")
    out.add(me, prov("wasAssociatedWith"), who)
    out.add(me, prov("qualifiedAssociation"), association)
    out.types(association, prov("Association"))
    out.add(association, prov("agent"), who)
    plan = run.workflow if run.workflow is not None else f"{me.value}#plan"
    out.add(association, prov("hadPlan"), iri(plan))


def _write_ending(out: Writer, me: NamedNode, run: Run) -> None:
    for key, name in _RESOURCES.items():
        if key in run.resources:
            amount = run.resources[key]
            out.add(me, kg(name), whole(round(amount)) if key == "peak_bytes" else number(amount))
    out.add(me, kg("randomSeed"), None if run.seed is None else whole(run.seed))
    if run.problem is not None:
        for key, name in _PROBLEM.items():
            text = run.problem.get(key)
            out.add(me, kg(name), None if text is None else str(text))
        write_list(out, me, kg("problemNear"), run.problem.get("near", ()))


def from_triples(triples: Iterable[Triple]) -> list[Run]:
    """Every run of a graph, in the order of their idents (oldest first)."""
    graph = Graph(triples)
    return [_read(graph, me) for me in graph.of_type(kg("Run"))]


def _read(graph: Graph, me: Node) -> Run:
    arguments = {n: graph.text(n, kg("name")) or "" for n in graph.of_type(kg("Argument"))}
    used = _used(graph, me)
    made = [n.value for n in graph.subjects(prov("wasGeneratedBy"), me)]
    phase = Phase(graph.text(me, kg("phase")) or Phase.PENDING)
    seed = graph.text(me, kg("randomSeed"))
    return Run(
        ident=local_name(me.value),
        query=graph.text(me, kg("toQuery")) or "",
        workflow=graph.text(me, kg("ofWorkflow")),
        phase=phase,
        created=read_stamp(graph, me, dct("created")) or "",
        started=read_stamp(graph, me, prov("startedAtTime")),
        ended=read_stamp(graph, me, prov("endedAtTime")),
        run_key=graph.text(me, kg("runKey")),
        arguments={arguments[n]: graph.text(n, kg("valueKey")) or "" for n in used if n in arguments},
        used=tuple(n.value for n in used if n not in arguments),
        steps=_steps(graph, me),
        products=tuple(made or read_list(graph, me, kg("hasProduct"))),
        progress=Progress(1.0 if phase is Phase.COMPLETED else None),
        problem=_problem(graph, me),
        log=graph.text(me, kg("log")),
        resources={k: v for k, n in _RESOURCES.items() if (v := graph.real(me, kg(n))) is not None},
        environment=read_environment(graph, me),
        seed=None if seed is None else int(seed),
    )


def _used(graph: Graph, me: Node) -> list[NamedNode]:
    """What a run used, in the order of its usages."""
    places = {
        graph.node(usage, prov("entity")): graph.integer(usage, kg("order")) or 0
        for usage in graph.nodes(me, prov("qualifiedUsage"))
    }
    return sorted(graph.nodes(me, prov("used")), key=lambda n: (places.get(n, 0), n.value))


def _steps(graph: Graph, me: Node) -> tuple[str, ...]:
    def position(address: NamedNode) -> tuple[int, str]:
        step = graph.node(address, pp("correspondsToStep"))
        order = None if step is None else graph.integer(step, kg("order"))
        return (0 if order is None else order, address.value)

    return tuple(n.value for n in sorted(graph.nodes(me, kg("hasStep")), key=position))


def _problem(graph: Graph, me: Node) -> dict[str, Any] | None:
    code = graph.text(me, kg("problemCode"))
    if code is None:
        return None
    said = {key: graph.text(me, kg(name)) for key, name in _PROBLEM.items()}
    problem = problem_from_code(
        code,
        said["detail"] or "",
        parameter=said["parameter"],
        value=said["value"],
        near=read_list(graph, me, kg("problemNear")),
        report=said["report"],
    )
    return {**problem.to_json(), "code": code}
