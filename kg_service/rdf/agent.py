"""Who ran it, for whom, and on what: agents and the environment of a run as RDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from kg_service.model.terms import Site
from kg_service.rdf.graph import Graph, Node, Writer, iri, kg, prov, rdfs, segment

__all__ = ["Agent", "agent_iri", "read_environment", "to_triples", "write_environment"]

_OWN_PROPERTY: Final = ("python", "platform", "host")
"""Keys of an environment with a property of their own; any other key is a package and its version."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A piece of software (``local-engine``) or a person (``user-anna``).

    ``ident`` is the last part of the address; ``on_behalf_of`` the person the software worked for.
    """

    ident: str
    label: str
    person: bool = False
    on_behalf_of: Agent | None = None


def agent_iri(agent: Agent, site: Site) -> str:
    """The address of an agent."""
    return site.iri("agents", segment(agent.ident))


def to_triples(agent: Agent, site: Site) -> list[Triple]:
    """The agent, and the one it acted for."""
    me = iri(agent_iri(agent, site))
    out = Writer()
    if agent.person:
        out.types(me, prov("Agent"), prov("Person"))
    else:
        out.types(me, prov("Agent"), prov("SoftwareAgent"))
    out.add(me, rdfs("label"), agent.label)
    if agent.on_behalf_of is not None:
        out.add(me, prov("actedOnBehalfOf"), iri(agent_iri(agent.on_behalf_of, site)))
        return out.triples + to_triples(agent.on_behalf_of, site)
    return out.triples


def write_environment(out: Writer, run: NamedNode, environment: Mapping[str, str]) -> None:
    """Versions and platform of a run, as a part of it."""
    if not environment:
        return
    node = iri(f"{run.value}#environment")
    out.types(node, kg("Environment"))
    out.add(run, kg("environment"), node)
    for key, text in environment.items():
        if key in _OWN_PROPERTY:
            out.add(node, kg(key), text)
        else:
            out.add(node, kg("package"), f"{key} {text}")


def read_environment(graph: Graph, run: Node) -> dict[str, str]:
    """What :func:`write_environment` wrote."""
    node = graph.node(run, kg("environment"))
    if node is None:
        return {}
    found = {key: text for key in _OWN_PROPERTY if (text := graph.text(node, kg(key))) is not None}
    for line in graph.texts(node, kg("package")):
        name, _, version = line.partition(" ")
        found[name] = version
    return found
