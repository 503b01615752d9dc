"""The history of a product or run as a tree for people; the graph it is read from is the whole story.

The faces draw it: the command line with lines, pages as nested lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoxigraph import NamedNode, Triple

from kg_service.rdf.graph import Graph, Node, dcat, dct, iri, kg, prov, rdf_type, rdfs

__all__ = ["Branch", "history_tree", "root_of"]

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(slots=True)
class Branch:
    """A line of the tree and what hangs below it.

    ``about`` is the address of what the line tells of; ``named`` says that the address is to be read,
    too, as it names a resource of the site that is told here.
    """

    text: str
    about: str = ""
    named: bool = False
    below: list[Branch] = field(default_factory=list)

    def add(self, text: str | None, about: str = "") -> None:
        """Hang a line below this one, if there is any text."""
        if text:
            self.below.append(Branch(text, about))


def root_of(triples: Iterable[Triple], name: str) -> str:
    """The IRI that an address, or the beginning of one, names in a history."""
    graph = Graph(triples)
    nodes = [n.value for cls in ("Product", "Run", "Query") for n in graph.of_type(kg(cls))]
    kind, slash, start = name.strip("/").rpartition("/")
    found = [n for n in nodes if n == name or n.partition("#")[0].rpartition("/")[2].startswith(start)]
    named = [n for n in found if slash and n.rpartition("/")[0].endswith(kind.rpartition("/")[2])]
    return (named or found or nodes or [name])[0]


def history_tree(triples: Iterable[Triple], name: str) -> Branch:
    """Product, run, workflow, inputs, data and who, down to the first data.

    Parameters
    ----------
    triples
        The lineage of the resource.
    name
        Its address, or the beginning of it.
    """
    kept = list(triples)
    return _Story(Graph(kept)).tree(iri(root_of(kept, name)))


class _Story:
    """Tells one graph; what was told once is only named again."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._told: set[str] = set()

    def tree(self, node: NamedNode) -> Branch:
        types = {t.value for t in self._graph.nodes(node, rdf_type)}
        if kg("Product").value in types:
            return self._product(node)
        return self._run(node) if kg("Run").value in types else Branch(node.value, node.value)

    def _product(self, node: NamedNode) -> Branch:
        graph = self._graph
        label = graph.text(node, rdfs("label")) or node.value
        if node.value in self._told:
            return Branch(f"{label} (told above)", node.value)
        self._told.add(node.value)
        branch = Branch(label, node.value, named=True)
        run = graph.node(node, prov("wasGeneratedBy"))
        if run is not None:
            branch.below += self._activity(run)
        caveats = graph.texts(node, kg("quality"))
        branch.add(f"caveat{'s' if len(caveats) > 1 else ''}: {'; '.join(caveats)}" if caveats else None)
        for origin in graph.nodes(node, prov("wasDerivedFrom")):
            branch.below.append(self._origin(origin, "derived from "))
        return branch

    def _run(self, node: NamedNode) -> Branch:
        graph = self._graph
        phase = (graph.text(node, kg("phase")) or "").lower()
        branch = Branch(f"run, {phase}", node.value, named=True)
        problem = graph.text(node, kg("problemDetail"))
        branch.add(f"problem: {problem}" if problem else None)
        steps = graph.nodes(node, kg("hasStep"))
        made = graph.nodes(node, kg("hasProduct"))
        if not steps:
            branch.below += self._activity(node)
            made += [n for n in graph.subjects(prov("wasGeneratedBy"), node) if isinstance(n, NamedNode)]
        if not made:  # what it gathered before it failed
            for used in graph.nodes(node, prov("used")):
                if kg("Argument") not in graph.nodes(used, rdf_type):
                    branch.below.append(self._origin(used, "used "))
            branch.below += [self._run(step) for step in steps]
        for product in made:
            found = self._product(product)
            found.text = f"gave {found.text}"
            if not steps:  # how it was made is said of the run already
                told = {below.text for below in branch.below}
                found.below = [below for below in found.below if below.text not in told]
            branch.below.append(found)
        return branch

    def _activity(self, run: Node) -> list[Branch]:
        """When, by whom, with what and from what an execution made something."""
        graph = self._graph
        found = Branch("")
        ended, wall = graph.text(run, prov("endedAtTime")), graph.real(run, kg("wallSeconds"))
        when = "" if ended is None else f" {ended[:19].replace('T', ' ')} UTC"
        found.add(f"made{when}{'' if wall is None else f' in {_duration(wall)}'}{self._by(run)}")
        workflow = graph.node(run, kg("ofWorkflow"))
        if workflow is not None:
            title = graph.text(workflow, dct("title"))
            version = " ".join(workflow.value.split("/")[-2:])
            found.add(f"workflow {version}{f': {title}' if title else ''}", workflow.value)
        found.add(self._inputs(run))
        return found.below

    def _by(self, run: Node) -> str:
        graph = self._graph
        agent = graph.node(run, prov("wasAssociatedWith"))
        if agent is None:
            return ""
        software = graph.text(agent, rdfs("label")) or agent.value
        person = graph.node(agent, prov("actedOnBehalfOf"))
        if person is None:
            return f" by {software}"
        return f" by {graph.text(person, rdfs('label')) or person.value} ({software})"

    def _inputs(self, run: Node) -> str | None:
        graph = self._graph
        arguments = [n for n in graph.nodes(run, prov("used")) if kg("Argument") in graph.nodes(n, rdf_type)]
        arguments.sort(key=self._order)
        by_origin: dict[str, list[str]] = {}
        for node in arguments:
            if graph.text(node, kg("valueKey")) == _NOTHING or self._is_product(node):
                continue
            name = graph.text(node, kg("name")) or "?"
            unit = graph.text(node, kg("unit")) or ""
            value = f"{name} = {_number(graph.text(node, prov('value')) or '')} {unit}".rstrip()
            by_origin.setdefault(graph.text(node, kg("origin")) or "given", []).append(value)
        words = {"given": "", "derived": "found out: ", "default": "by default: "}
        parts = [words[o] + ", ".join(by_origin[o]) for o in words if o in by_origin]
        return f"inputs {'; '.join(parts)}" if parts else None

    def _is_product(self, argument: Node) -> bool:
        """Whether an argument is an earlier product, which is told below."""
        item = self._graph.node(argument, kg("ofInput"))
        return item is not None and self._graph.one(item, kg("valueClass")) is not None

    def _order(self, argument: Node) -> int:
        item = self._graph.node(argument, kg("ofInput"))
        order = None if item is None else self._graph.integer(item, kg("order"))
        return 0 if order is None else order

    def _origin(self, node: NamedNode, how: str) -> Branch:
        graph = self._graph
        if kg("Dataset") in graph.nodes(node, rdf_type):
            return self._dataset(node)
        branch = self.tree(node)
        branch.text = how + branch.text
        return branch

    def _dataset(self, node: NamedNode) -> Branch:
        graph = self._graph
        title = graph.text(node, dct("title")) or graph.text(node, kg("name")) or node.value
        branch = Branch(f"data {title}", node.value)
        if node.value in self._told:
            return Branch(f"data {title} (told above)", node.value)
        self._told.add(node.value)
        reached, sha256 = graph.text(node, kg("reached")), graph.text(node, kg("sha256")) or ""
        branch.add(f"{graph.text(node, kg('name'))}, {reached}, sha256 {sha256[:12]}")
        address = graph.text(node, dcat("accessURL"))
        branch.add(f"from {address}" if address else None, address or "")
        cite = graph.text(node, dct("bibliographicCitation"))
        branch.add(f"cite {cite}" if cite else None)
        return branch


_NOTHING = "none none "
"""Key of an argument that was left out."""


def _number(text: str) -> str:
    """A number without needless digits; any other text as it is."""
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.2g} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"
