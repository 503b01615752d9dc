"""Puts the parts together: the only place that builds adapters and loads plug-ins."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

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
from kg_service.ports import Engine, GraphStore, Limits
from kg_service.rdf.agent import Agent
from kg_service.store.blobs import FolderBlobs
from kg_service.store.oxigraph import EmbeddedReader, EmbeddedStore
from kg_service.store.records import Records
from kg_service.store.site import DataFolder, open_data
from kg_service.validation.judge import Judge
from kg_service.vocabulary.catalogue import Catalogue, load

if TYPE_CHECKING:
    from kg_service.store.sparql_workers import SparqlPool

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
    index: WorkflowIndex
    engine: Engine
    recorder: Recorder
    closed: threading.Event = field(default_factory=threading.Event)
    journey: Journey = field(init=False)
    active: frozenset[str] = field(init=False)
    """The IRIs of the workflow versions that new requests may use."""

    def __post_init__(self) -> None:
        self.journey = _journey(self)
        self.active = frozenset(self.site.iri(*w.path) for w in self.registry.workflows)

    def is_stale(self, product: Product) -> bool:
        """Whether the workflow that made a product has another version by now."""
        return product.workflow not in self.active

    def sparql_pool(self, workers: int) -> SparqlPool:
        """Processes that evaluate SPARQL of the public over this index, within the limits of the settings."""
        from kg_service.store.sparql_workers import SparqlLimits, SparqlPool

        set_to = self.settings
        limits = SparqlLimits(set_to.sparql_seconds, set_to.sparql_rows, set_to.sparql_memory)
        return SparqlPool(
            set_to.store or self.folder.index, limits, workers=workers, update=set_to.store_update
        )

    def close(self) -> None:
        """Stop runs and give files back."""
        if not self.closed.is_set():
            self.closed.set()
            self.journey.close()
            self.engine.close()
            self.indexer.close()


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
    judge = Judge(data_folder("shapes"), catalogue)
    if lasting:
        judge.warm()
    registry = load_registry(catalogue)
    records = Records(folder.records)
    indexer = _indexer(settings, folder, RecordIndex(records, site, catalogue), lasting, say)
    lookup = Lookup(indexer.reader, site)
    recorder = Recorder(site, records, judge, lookup, _agent(), indexer.refresh)
    if publish(registry.workflows, site=site, catalogue=catalogue, lookup=lookup, recorder=recorder, say=say):
        indexer.refresh()
    return House(
        settings=settings,
        folder=folder,
        site=site,
        catalogue=catalogue,
        registry=registry,
        judge=judge,
        records=records,
        blobs=FolderBlobs(settings.blobs or folder.blobs),
        indexer=indexer,
        lookup=lookup,
        live=LiveRuns(),
        index=WorkflowIndex(registry.workflows, catalogue),
        engine=LocalEngine(registry.codes, workers=settings.workers, cache=folder.cache),
        recorder=recorder,
    )


def _journey(house: House) -> Journey:
    """The way of a question through the rooms."""

    def follow() -> None:
        house.indexer.follow()
        house.lookup.changed()

    steps = StepRunner(
        site=house.site,
        catalogue=house.catalogue,
        registry=house.registry,
        judge=house.judge,
        index=house.index,
        blobs=house.blobs,
        lookup=house.lookup,
        recorder=house.recorder,
        engine=house.engine,
        live=house.live,
        folder=house.folder.scratch,
        limits=Limits(house.settings.run_seconds, house.settings.run_memory),
    )
    conductor = Conductor(
        site=house.site,
        steps=steps,
        recorder=house.recorder,
        engine=house.engine,
        live=house.live,
        locks=house.folder.locks,
        follow=follow,
    )
    return Journey(
        site=house.site,
        index=house.index,
        judge=house.judge,
        lookup=house.lookup,
        recorder=house.recorder,
        conductor=conductor,
        live=house.live,
    )


def _indexer(
    settings: Settings, folder: DataFolder, index: RecordIndex, lasting: bool, say: Callable[[str], None]
) -> Indexer:
    if settings.store is not None:
        return LastingIndexer(index, _server(settings.store, settings))

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
        store = _server(settings.store, settings)
    else:
        store = EmbeddedStore(folder.index, waiting=say)
    try:
        return index.rebuild(store)
    finally:
        store.close()


def _server(address: str, settings: Settings) -> GraphStore:
    from kg_service.store.remote import RemoteStore

    return RemoteStore(address, settings.store_update)


def _agent() -> Agent:
    """The software that runs things here, for the person whose process this is."""
    user = getpass.getuser()
    person = Agent(f"user-{user}", user, person=True)
    version = importlib.metadata.version("kg-service")
    return Agent("local-engine", f"kg-service {version}, local engine", on_behalf_of=person)
