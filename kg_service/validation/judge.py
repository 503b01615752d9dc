"""The judgement of every graph: a compiled check may say "conforms", pyshacl decides everything else."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import Triple

from kg_service.model.terms import NEUTRAL_BASE, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Workflow
from kg_service.validation.fast_check import CompiledShapes, compile_shapes
from kg_service.validation.report import Finding, Report, Severity, require
from kg_service.validation.shapes import ShapeFolder
from kg_service.validation.vocabulary import NoTerms, Terms, Vocabulary
from kg_service.validation.workflow_shape import arguments_to_triples, workflow_shape

if TYPE_CHECKING:
    import rdflib

__all__ = ["Finding", "Judge", "KnownTerms", "Report", "Severity", "require"]

_KEPT = 1024
_ONTOLOGY = "ontology"


class KnownTerms(Terms, Protocol):
    """The part of the catalogue that the judge needs."""

    def kind(self, class_iri: str) -> Kind:
        """How values of a class are brought to canonical form."""


class _Shapes:
    """One set of shapes in both forms; the form for pyshacl is made when first needed."""

    def __init__(self, triples: Iterable[Triple], vocabulary: Vocabulary) -> None:
        self.triples = list(triples)
        self.vocabulary = vocabulary
        self.compiled: CompiledShapes = compile_shapes(self.triples, vocabulary)
        self._graph: rdflib.Graph | None = None

    def graph(self) -> rdflib.Graph:
        """The shapes for pyshacl."""
        if self._graph is None:
            from kg_service.validation.referee import to_rdflib

            self._graph = to_rdflib(self.triples)
        return self._graph


class Judge:
    """Validates graphs against ``shapes/`` and arguments against the shape of their workflow.

    A noun's shapes are compiled when first needed.

    Parameters
    ----------
    folder
        The shapes, one Turtle file per noun.
    catalogue
        The ontology's terms; graphs may mention them without describing them.
    """

    def __init__(self, folder: Path, catalogue: KnownTerms) -> None:
        self._catalogue = catalogue
        self._folder = ShapeFolder(folder)
        self._vocabulary = Vocabulary(catalogue)
        self._nouns: dict[str, _Shapes] = {}
        self._workflows: dict[tuple[str, str, str], _Shapes] = {}
        self._lock = threading.Lock()

    def warm(self) -> Judge:
        """Compile the shapes of every noun now: for a service, which answers its first request quickly."""
        for noun in self.nouns:
            self._noun(noun)
        return self

    @property
    def nouns(self) -> tuple[str, ...]:
        """The nouns that have a shapes file."""
        return self._folder.nouns

    def not_compiled(self, noun: str) -> dict[str, str]:
        """Which shapes of a noun are left to pyshacl, and why."""
        compiled = self._noun(noun).compiled
        return compiled.not_compiled | ({"": compiled.never} if compiled.never else {})

    def check(self, triples: Iterable[Triple], noun: str) -> Report:
        """Validate a graph, quickly where it conforms with nothing to report."""
        return self._check(triples, self._noun(noun))

    def judge(self, triples: Iterable[Triple], noun: str) -> Report:
        """Validate a graph with pyshacl."""
        return self._judge(list(triples), self._noun(noun))

    def workflow_shape(self, workflow: Workflow, site: Site) -> list[Triple]:
        """The closed shape over a workflow version's complete arguments, under the site's base."""
        return workflow_shape(workflow, site, self._catalogue.kind)

    def check_arguments(self, workflow: Workflow, arguments: Mapping[str, Value]) -> Report:
        """Validate complete arguments (defaults filled in) against the workflow's own shape."""
        site = Site(NEUTRAL_BASE)
        key = (workflow.name, workflow.version, workflow.digest)
        shapes = self._workflows.get(key)
        if shapes is None:
            shapes = _Shapes(self.workflow_shape(workflow, site), self._vocabulary)
            with self._lock:
                if len(self._workflows) >= _KEPT:
                    self._workflows.clear()
                self._workflows[key] = shapes
        return self._check(arguments_to_triples(workflow, site, arguments), shapes)

    def _noun(self, noun: str) -> _Shapes:
        shapes = self._nouns.get(noun)
        if shapes is None:
            vocabulary = Vocabulary(NoTerms()) if noun == _ONTOLOGY else self._vocabulary
            shapes = _Shapes(self._folder.closure(noun), vocabulary)
            with self._lock:
                self._nouns[noun] = shapes
        return shapes

    def _check(self, triples: Iterable[Triple], shapes: _Shapes) -> Report:
        triples = list(triples)
        if shapes.compiled.conforms(triples):
            return _CONFORMS
        return self._judge(triples, shapes)

    def _judge(self, triples: list[Triple], shapes: _Shapes) -> Report:
        from kg_service.validation.referee import judge

        return judge(triples + shapes.vocabulary.context(triples), shapes.graph())


_CONFORMS = Report(conforms=True)
