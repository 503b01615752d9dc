"""Puts the parts together: the only place that builds adapters and loads plug-ins."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from kg_service.authoring import declared_in
from kg_service.config import Settings
from kg_service.data import data_folder
from kg_service.discovery.lookup import Lookup
from kg_service.errors import BadValue, Problem
from kg_service.execution.conductor import Conductor
from kg_service.execution.indexing import Indexer, LastingIndexer, PassingIndexer, RecordIndex
from kg_service.execution.live import LiveRuns
from kg_service.execution.local import LocalEngine
from kg_service.execution.publishing import publish
from kg_service.execution.recording import Recorder
from kg_service.execution.step_runner import StepRunner
from kg_service.flow import Journey
from kg_service.intake.authored import to_workflow
from kg_service.intake.digest import code_digest
from kg_service.model.product import Product
from kg_service.model.registry import Registry
from kg_service.model.terms import Site
from kg_service.planning.index import WorkflowIndex
from kg_service.ports import Engine, GraphStore, Limits, Listener, Outcome, Task
from kg_service.rdf.agent import Agent
from kg_service.store.blobs import FolderBlobs
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore
from kg_service.store.records import Records
from kg_service.store.site import DataFolder, open_data
from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import Catalogue, load

__all__ = ["House", "load_registry", "open_house", "rebuild_index"]

_GROUP = "kg_service.executors"


@dataclass(slots=True)
class House:
    """All rooms of one site, put together. Close it when done."""

    settings: Settings
    folder: DataFolder
    site: Site
    catalogue: Catalogue
    registry: Registry
    judge: Judge
    records: Records
    blobs: FolderBlobs
    indexer: Indexer
    lookup: Lookup
    live: LiveRuns
    journey: Journey
    index: WorkflowIndex
    engine: LateEngine
    recorder: Recorder
    closed: threading.Event = field(default_factory=threading.Event)
    active: frozenset[str] = field(init=False)
    """The IRIs of the workflow versions that new requests may use."""

    def __post_init__(self) -> None:
        self.active = frozenset(self.site.iri(*w.path) for w in self.registry.workflows)

    def is_stale(self, product: Product) -> bool:
        """Whether the workflow that made a product has another version by now."""
        return product.workflow not in self.active

    def close(self) -> None:
        """Stop runs and give files back."""
        if not self.closed.is_set():
            self.closed.set()
            self.journey.close()
            self.engine.close()
            self.indexer.close()


class LateEngine:
    """Makes the engine when the first task comes: a reused answer needs none."""

    def __init__(self, make: Callable[[], Engine]) -> None:
        self._make = make
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def _get(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._make()
            return self._engine

    def submit(self, task: Task, listener: Listener | None = None) -> Future[Outcome]:
        """Queue a task."""
        return self._get().submit(task, listener)

    def cancel(self, run: str) -> bool:
        """Ask a run to stop."""
        return self._engine is not None and self._engine.cancel(run)

    def close(self) -> None:
        """Stop the engine, if it was made."""
        if self._engine is not None:
            self._engine.close()


def load_registry(catalogue: Catalogue) -> Registry:
    """Every workflow that installed packages declare; a plug-in that fails is kept with its reason."""
    workflows, broken = [], {}
    codes, datasets = {}, {}
    for point in sorted(entry_points(group=_GROUP), key=lambda p: p.name):
        try:
            for declaration in declared_in(point.load()):
                code = code_digest(declaration.function)
                workflow = to_workflow(declaration, catalogue, code)
                workflows.append(workflow)
                codes[workflow.entry] = code
                if declaration.datasets is not None:
                    datasets[workflow.digest] = declaration.datasets
        except (ImportError, AttributeError, TypeError, SyntaxError, Problem) as error:
            broken[point.name] = f"{type(error).__name__}: {error}"
    return Registry(tuple(sorted(workflows, key=lambda w: w.name)), codes, datasets, broken)


def open_house(
    settings: Settings,
    *,
    lasting: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> House:
    """Open the data folder of a site and build everything over it.

    Parameters
    ----------
    lasting
        Hold the index for writing until closed (a service); otherwise write only in passing.
    say
        Told what takes long.
    """
    if settings.engine != "local":
        raise BadValue(
            f"KG_ENGINE={settings.engine}: only the engine `local` is installed.", parameter="KG_ENGINE",
            value=settings.engine, near=("local",),
        )  # fmt: skip
    # What an analysis reads of the settings is also asked of it here, before it runs (which data it
    # would read): both see one form of them, relative folders and "no" for 0 included.
    os.environ.update(settings.for_analyses())
    folder = open_data(settings.data, settings.base_iri)
    site = Site(folder.base)
    catalogue = load(data_folder("ontology"))
    judge = Judge.load(data_folder("shapes"), catalogue)
    if lasting:
        judge.warm()
    registry = load_registry(catalogue)
    records = Records(folder.records)
    indexer = _indexer(settings, folder, RecordIndex(records, site, catalogue), lasting, say)
    lookup = Lookup(indexer.reader, site)

    def follow() -> None:
        indexer.follow()
        lookup.changed()

    recorder = Recorder(site, records, judge, lookup, _agent(), indexer.refresh)
    if publish(registry.workflows, site=site, catalogue=catalogue, lookup=lookup, recorder=recorder, say=say):
        indexer.refresh()
    blobs = FolderBlobs(Path(settings.blobs) if settings.blobs else folder.blobs)
    live = LiveRuns()
    engine = LateEngine(
        lambda: LocalEngine(registry.codes, workers=settings.workers, cache=folder.path / "cache")
    )
    index = WorkflowIndex(registry.workflows, catalogue)
    steps = StepRunner(
        site=site,
        catalogue=catalogue,
        registry=registry,
        judge=judge,
        index=index,
        blobs=blobs,
        lookup=lookup,
        recorder=recorder,
        engine=engine,
        live=live,
        folder=folder.path / "scratch",
        limits=Limits(settings.run_seconds, settings.run_memory),
    )
    conductor = Conductor(
        site=site,
        steps=steps,
        recorder=recorder,
        engine=engine,
        live=live,
        locks=folder.path / "locks",
        follow=follow,
    )
    journey = Journey(
        site=site, index=index, judge=judge, lookup=lookup, recorder=recorder, conductor=conductor, live=live
    )
    return House(
        settings=settings,
        folder=folder,
        site=site,
        catalogue=catalogue,
        registry=registry,
        judge=judge,
        records=records,
        blobs=blobs,
        indexer=indexer,
        lookup=lookup,
        live=live,
        journey=journey,
        index=index,
        engine=engine,
        recorder=recorder,
    )


def _indexer(
    settings: Settings, folder: DataFolder, index: RecordIndex, lasting: bool, say: Callable[[str], None]
) -> Indexer:
    if settings.store is not None:
        from kg_service.store.remote import RemoteStore

        return LastingIndexer(index, RemoteStore(settings.store))

    def writer() -> EmbeddedStore:
        return EmbeddedStore(folder.index, waiting=say)

    return (
        LastingIndexer(index, writer())
        if lasting
        else PassingIndexer(index, EmbeddedReader(folder.index), writer)
    )


def rebuild_index(settings: Settings, *, say: Callable[[str], None] = lambda _: None) -> int:
    """Make the index anew from the sealed records; how many records there are."""
    folder = open_data(settings.data, settings.base_iri)
    site = Site(folder.base)
    index = RecordIndex(Records(folder.records), site, load(data_folder("ontology")))
    store: GraphStore
    if settings.store is not None:
        from kg_service.store.remote import RemoteStore

        store = RemoteStore(settings.store)
    else:
        store = EmbeddedStore(folder.index, waiting=say)
    try:
        return index.rebuild(store)
    finally:
        store.close()


def _agent() -> Agent:
    """The software that runs things here, for the person whose process this is."""
    user = getpass.getuser()
    person = Agent(f"user-{user}", user, person=True)
    version = importlib.metadata.version("kg-service")
    return Agent("local-engine", f"kg-service {version}, local engine", on_behalf_of=person)
