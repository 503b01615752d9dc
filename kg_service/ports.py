"""What the journey needs from the outside, as protocols; adapters live in ``store`` and ``execution``.

Terms of graphs are those of pyoxigraph (``NamedNode``, ``Literal``, ``BlankNode``, ``Triple``, ``Quad``).
Reading and writing are different protocols, so that a public address cannot write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kg_service.model.product import Dataset, FluxPoint, Measure
from kg_service.model.run import Progress
from kg_service.model.workflow import Coverage, Workflow

if TYPE_CHECKING:
    from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

    Term = NamedNode | Literal | BlankNode

__all__ = ["BlobStore", "Engine", "GraphReader", "GraphStore", "Limits", "Listener", "Outcome",
           "OutputFile", "Task"]  # fmt: skip


class GraphReader(Protocol):
    """Reads the index. ``bound`` gives values to variables of the text: nothing is formatted in."""

    def select(self, sparql: str, **bound: Term) -> list[dict[str, Term]]: ...
    def ask(self, sparql: str, **bound: Term) -> bool: ...
    def construct(self, sparql: str, **bound: Term) -> list[Triple]: ...
    def graph(self, name: str) -> list[Triple]: ...
    def graphs(self) -> list[str]: ...
    def close(self) -> None: ...


class GraphStore(GraphReader, Protocol):
    """Writes the index; each call is atomic."""

    def add(self, quads: Iterable[Quad]) -> None: ...
    def replace(self, graph: str, triples: Iterable[Triple]) -> None: ...
    def remove(self, graph: str) -> None: ...
    def flush(self) -> None: ...


class BlobStore(Protocol):
    """Bytes by their sha256 (64 hex digits); writing is all or nothing and synced to disk."""

    def put(self, content: bytes | Path) -> tuple[str, int]: ...
    def open(self, sha256: str) -> Any: ...
    def path(self, sha256: str) -> Path: ...
    def exists(self, sha256: str) -> bool: ...
    def names(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run: wall-clock seconds, resident bytes of the whole process group."""

    seconds: float = 600.0
    memory: int = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Task:
    """One execution for an engine.

    ``arguments`` is JSON: numbers in the input's unit, ISO times, texts; a product input is
    ``{"product": ident, "types": [...], "values": {...}, "observed_with": [...],
    "coverage": {...}, "files": [{"name", "media_type", "role", "path"}]}``.
    ``scratch`` is an empty folder of this run's own, removed by the caller.
    """

    run: str
    workflow: Workflow
    arguments: Mapping[str, Any]
    scratch: Path
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file the analysis wrote under the scratch folder."""

    path: Path
    media_type: str
    role: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended. ``problem`` is ``None`` exactly when it succeeded.

    ``gives`` maps output names to plain values (a resolved position in degrees, a name).
    """

    label: str = ""
    values: Mapping[str, Measure] = field(default_factory=dict)
    gives: Mapping[str, Any] = field(default_factory=dict)
    quality: tuple[str, ...] = ()
    points: tuple[FluxPoint, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    observed_with: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    files: tuple[OutputFile, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    cite: tuple[str, ...] = ()
    seed: int | None = None
    log: Path | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    problem: Mapping[str, Any] | None = None
    cancelled: bool = False


Listener = Callable[[str, Progress | str], None]
"""Called with the run's ident at every progress report, and with new text of its log."""


class Engine(Protocol):
    """Carries out tasks; one engine serves many runs at once.

    The future never raises: a failure is an outcome with a problem. ``cancel`` says whether the
    run was still active.
    """

    def submit(self, task: Task, listener: Listener | None = None) -> Future[Outcome]: ...
    def cancel(self, run: str) -> bool: ...
    def close(self) -> None: ...
