"""pyshacl as the judge: terms carried over without touching their text, the report read into our words.

This room alone imports rdflib and pyshacl, inside its functions: the fast check never gets here.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, NamedNode, Triple

from kg_service.errors import Malformed
from kg_service.model.terms import PREFIXES, SH, XSD
from kg_service.validation.report import Finding, Report, Severity

if TYPE_CHECKING:
    import rdflib

    from kg_service.ports import Term

__all__ = ["judge", "to_rdflib"]

_LOCK = threading.Lock()
_UNORDERED = Report(
    conforms=False,
    findings=(
        Finding(
            focus="",
            path=None,
            message="Two values that must come in order cannot be compared: give two numbers, or two times.",
            severity=Severity.VIOLATION,
            value=None,
            shape="",
        ),
    ),
    turtle=f"@prefix sh: <{SH}> .\n[] a sh:ValidationReport ; sh:conforms false .\n",
    decided_by="pyshacl",
)
_ALONE = frozenset(
    f"{SH}{name}ConstraintComponent"
    for name in ("MinInclusive", "MinExclusive", "MaxInclusive", "MaxExclusive", "Pattern", "Datatype",
                 "MinLength", "MaxLength")
)  # fmt: skip
"""What a value can break without regard to any other."""
_ORDER = {Severity.VIOLATION: 0, Severity.WARNING: 1, Severity.INFO: 2}


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """The triples as an rdflib graph, each literal with its text as written.

    rdflib's parsers rewrite literals (``Z`` becomes ``+00:00``, ``20e0`` becomes ``20.0``), so that a
    pattern would judge another text than the one that is stored.
    """
    import rdflib

    def term(node: Term | Triple) -> Any:
        if isinstance(node, Triple):
            raise Malformed("The graph makes statements about statements (triple terms), which are not read.")
        if isinstance(node, NamedNode):
            return rdflib.URIRef(node.value)
        if isinstance(node, BlankNode):
            return rdflib.BNode(node.value)
        if node.language:
            return rdflib.Literal(node.value, lang=node.language)
        if node.datatype.value == XSD + "string":
            return rdflib.Literal(node.value)
        return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value), normalize=False)

    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for subject, predicate, value in triples:
        graph.add((term(subject), term(predicate), term(value)))
    return graph


def judge(data: Iterable[Triple], shapes: rdflib.Graph) -> Report:
    """Validate with pyshacl. Warnings are reported and leave the graph conforming.

    pyshacl stops with an error where ``sh:lessThan`` meets values that have no order (a blank node,
    two unreadable dates). The graph is then judged by the other constraints, which say what is wrong
    with those values; it never conforms.
    """
    with _one_at_a_time():
        graph = to_rdflib(data)
        results = _validate(graph, shapes)
        stopped = results is None
        if results is None:
            results = _validate(graph, _without_order(shapes))
    if results is None:
        return _UNORDERED
    findings = _findings(results, shapes)
    if stopped and all(f.severity is not Severity.VIOLATION for f in findings):
        return _UNORDERED
    for prefix, namespace in PREFIXES.items():
        results.bind(prefix, namespace)
    return Report(
        conforms=all(f.severity is not Severity.VIOLATION for f in findings),
        findings=findings,
        turtle=results.serialize(format="turtle") if findings else None,
        decided_by="pyshacl",
    )


def _validate(graph: rdflib.Graph, shapes: rdflib.Graph) -> rdflib.Graph | None:
    """The report as a graph, or nothing where pyshacl stopped at values it cannot compare."""
    import pyshacl
    import rdflib
    from pyshacl.errors import ReportableRuntimeError

    try:
        # No inference, nothing fetched that shapes import, no copy of a graph that was made for this.
        _, results, _ = pyshacl.validate(
            graph,
            shacl_graph=shapes,
            inference="none",
            do_owl_imports=False,
            inplace=True,
            allow_warnings=True,
        )
    except (TypeError, ReportableRuntimeError):
        return None
    return results if isinstance(results, rdflib.Graph) else None


def _without_order(shapes: rdflib.Graph) -> rdflib.Graph:
    import rdflib

    order = {rdflib.URIRef(SH + "lessThan"), rdflib.URIRef(SH + "lessThanOrEquals")}
    rest = rdflib.Graph(bind_namespaces="none")
    for triple in shapes:
        if triple[1] not in order:
            rest.add(triple)
    return rest


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold pyshacl for one thread, and keep rdflib from telling the log what the report will tell.

    Of a literal that it cannot read (30 February) rdflib logs a traceback, and it compares it with a
    warning about its own code; the shapes refuse such a literal with a message of ours.
    """
    log = logging.getLogger("rdflib.term")
    with _LOCK, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "NotImplemented should not be used", DeprecationWarning)
        before, log.disabled = log.disabled, True
        try:
            yield
        finally:
            log.disabled = before


def _findings(results: Any, shapes: rdflib.Graph) -> tuple[Finding, ...]:
    from rdflib import URIRef

    names = ("result", "focusNode", "resultPath", "resultMessage", "resultSeverity", "value", "sourceShape",
             "sourceConstraintComponent")  # fmt: skip
    sh = {name: URIRef(SH + name) for name in names}
    found = []
    for result in results.objects(None, sh["result"]):
        path = results.value(result, sh["resultPath"])
        value = results.value(result, sh["value"])
        severity = str(results.value(result, sh["resultSeverity"])).removeprefix(SH).lower()
        messages = sorted(str(m) for m in results.objects(result, sh["resultMessage"]))
        found.append(
            Finding(
                focus=str(results.value(result, sh["focusNode"])),
                path=None if path is None else _path_text(results, path),
                message=" ".join(messages),
                severity=Severity(severity),
                value=None if value is None else str(value),
                shape=_named_shape(shapes, results.value(result, sh["sourceShape"])),
                alone=str(results.value(result, sh["sourceConstraintComponent"])) in _ALONE,
            )
        )
    return tuple(sorted(set(found), key=_place))


def _place(finding: Finding) -> tuple[int, str, str, str, str]:
    """Violations first, then by node, property, message and value: the same report in the same order."""
    severity = _ORDER[finding.severity]
    return severity, finding.focus, finding.path or "", finding.message, finding.value or ""


def _path_text(graph: Any, path: Any) -> str:
    """A property path as SPARQL writes it; a plain property as its IRI alone."""
    from rdflib import RDF, URIRef

    if isinstance(path, URIRef):
        return str(path)

    def step(node: Any) -> str:
        if isinstance(node, URIRef):
            return f"<{node}>"
        if (node, RDF.first, None) in graph:
            return " / ".join(step(each) for each in graph.items(node))
        inverse = graph.value(node, URIRef(SH + "inversePath"))
        return f"^{step(inverse)}" if inverse is not None else f"({node.n3()})"

    return step(path)


def _named_shape(shapes: Any, shape: Any) -> str:
    """The IRI of the shape, or of the named shape that holds it."""
    from rdflib import URIRef

    seen = set()
    while not isinstance(shape, URIRef) and shape not in seen:
        seen.add(shape)
        holder = next(shapes.subjects(None, shape), None)
        if holder is None:
            break
        shape = holder
    return str(shape)
