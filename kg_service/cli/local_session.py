"""Answers from the local data folder, with no service running."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kg_service.client.placing import is_there, not_placed
from kg_service.config import Settings
from kg_service.discovery.describe import answer_json
from kg_service.discovery.described_workflow import workflow_json
from kg_service.discovery.explained import explanation_json
from kg_service.discovery.search import find_workflows, near_words
from kg_service.discovery.understood import labels_of
from kg_service.errors import BadValue, Conflict, NotAcceptable, NotFound
from kg_service.factory import House, open_house
from kg_service.intake.term import read_request
from kg_service.model.answer import Answer, AnswerStatus
from kg_service.model.product import FileRole, Product
from kg_service.model.query import Query
from kg_service.model.run import Progress, Watch

__all__ = ["LocalSession"]


class LocalSession:
    """One command's session over the local data folder."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._house: House = open_house(settings, say=say)

    def here(self, iri: str) -> str:
        """The address of a resource: its name, as nothing serves it."""
        return iri

    def close(self) -> None:
        """Give the data folder back."""
        self._house.close()

    def _read(self, term: str, pairs: Sequence[tuple[str, str]]) -> Query:
        return read_request(term, pairs, self._house.catalogue, self._house.registry.workflows)

    def ask(
        self,
        term: str,
        pairs: Sequence[tuple[str, str]],
        *,
        fresh: bool,
        wait: bool,
        out: Path | None,
        watch: Watch,
    ) -> dict[str, Any]:
        """The answer as JSON, with the product's files as local paths."""
        if not wait:
            raise BadValue(
                "--no-wait needs a running service: start one with `kg serve`.", parameter="--no-wait"
            )
        answer = self._house.journey.ask(self._read(term, pairs), fresh=fresh)
        answer = self._follow(answer, watch)
        files = self._place(answer.product, out) if answer.product is not None else []
        made_for = self._house.lookup.asked_by(answer.product) if answer.product is not None else None
        return answer_json(
            answer,
            self._house.site,
            stale=self._house.is_stale,
            files=files,
            made_for=made_for,
            label=labels_of(self._house.catalogue),
        )

    def _follow(self, answer: Answer, watch: Watch) -> Answer:
        """Watch the run to its end; an interrupt cancels it, and its record says so."""
        house = self._house
        if answer.status is not AnswerStatus.PENDING or answer.run is None:
            return answer
        ident = house.site.ident(answer.run)
        try:
            for event in house.live.events(ident):
                if event is not None and event.kind == "progress":
                    watch(Progress(event.data["fraction"], event.data["message"]))
        except KeyboardInterrupt:
            with contextlib.suppress(Conflict, NotFound):  # it has ended in the meantime
                house.journey.cancel(ident)
        return house.journey.wait(answer, None)

    def _place(self, product: Product, out: Path | None) -> list[str]:
        """The product's files under their own names: copies in ``out``, else in the data folder."""
        folder = out if out is not None else self._house.folder.products / product.ident
        placed = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in product.files:
                target = folder / file.name
                if not is_there(target, file.sha256):
                    self._house.blobs.open(file.sha256, verify=True).close()
                    _put(self._house.blobs.path(file.sha256), target, link=out is None)
                placed.append(str(target))
        except OSError as error:
            raise not_placed(folder, error) from error
        return placed

    def explain(self, term: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The explanation as JSON."""
        explained = self._house.journey.explain(self._read(term, pairs))
        site = self._house.site
        query = site.iri("queries", explained.query.ident)
        return explanation_json(explained.explanation, site, query=query, would_reuse=explained.would_reuse)

    def workflows(self, text: str, produces: str | None, consumes: str | None) -> dict[str, Any]:
        """The workflows that fit, as a list of the contract."""
        house = self._house
        found = find_workflows(house.registry.workflows, house.catalogue, text, produces, consumes)
        items = [workflow_json(w, house.site, catalogue=house.catalogue) for w in found]
        near = () if found else near_words(house.registry.workflows, house.catalogue, text)
        return {"items": items, "total": len(items), "next": None, "near": list(near)}

    def provenance(self, iri: str, media_type: str) -> bytes:
        """The history of a product or run in a form."""
        from kg_service.rdf.formats import serialise

        house = self._house
        return serialise(house.lookup.lineage(house.lookup.full_iri(iri)), media_type, base=house.site.base)

    def sparql(self, text: str, media_type: str) -> bytes:
        """The results of a SPARQL query, evaluated as on a public endpoint."""
        self._house.indexer.reader.ask("ASK {}")  # whoever reads waits until all records are indexed
        pool = self._house.sparql_pool(workers=1)
        try:
            return pool.evaluate(text, media_type)
        finally:
            pool.close()

    def file(self, product: str, media_types: Sequence[str]) -> bytes:
        """The bytes of the product's file of the first media type there is."""
        found = self._house.lookup.product(product)
        for media_type in media_types:
            for file in found.files:
                if file.media_type == media_type and file.role in (FileRole.MAIN, FileRole.PREVIEW):
                    with self._house.blobs.open(file.sha256) as content:
                        data: bytes = content.read()
                        return data
        offered = sorted({f.media_type for f in found.files})
        raise NotAcceptable(
            f"{found.label} has no {media_types[0]}; it has {', '.join(offered)}.", near=offered
        )


def _put(source: Path, target: Path, *, link: bool) -> None:
    """A hard link where the file system allows it, else a copy that appears whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    if link:
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)
    else:
        shutil.copyfile(source, part)
    part.replace(target)
