"""Finds products, runs, queries and their records in the index."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from kg_service.errors import NotFound
from kg_service.model.answer import Answer, AnswerStatus, PassedOver, Reuse, StepAnswer
from kg_service.model.notation import tt_from_iso
from kg_service.model.product import Dataset, Product
from kg_service.model.query import Query
from kg_service.model.run import Phase, Run
from kg_service.model.terms import KG, ODA, Site, local_name
from kg_service.model.workflow import Workflow
from kg_service.ports import GraphReader
from kg_service.rdf import dataset as dataset_rdf
from kg_service.rdf import plan as plan_rdf
from kg_service.rdf import product as product_rdf
from kg_service.rdf import query as query_rdf
from kg_service.rdf import run as run_rdf
from kg_service.rdf import workflow as workflow_rdf
from kg_service.vocabulary.catalogue import Catalogue

__all__ = ["Lookup", "Maker", "text_of"]

_T = TypeVar("_T")

CLASSES = {
    "queries": KG + "Query",
    "runs": KG + "Run",
    "products": KG + "Product",
    "datasets": KG + "Dataset",
    "workflows": ODA + "Workflow",
}
"""The class of what stands under each address."""


_KEPT = 4096
"""Products, and runs, that are kept in memory."""
_RECORDS_KEPT = 16
"""Whole records that are kept in memory: the newest are asked for again at once."""


@cache
def text_of(name: str) -> str:
    """The SPARQL text ``name.rq`` of this room."""
    return (files("kg_service.discovery") / "sparql" / f"{name}.rq").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a product: the software, and the person it worked for if one is known."""

    software: str
    person: str | None

    def __str__(self) -> str:
        return f"{self.person} ({self.software})" if self.person else self.software


def _keep(kept: dict[str, _T], iri: str, item: _T) -> _T:
    """Keep what was read from a record, which never changes."""
    if len(kept) >= _KEPT:
        kept.clear()
    kept[iri] = item
    return item


def _checked(iri: str) -> str:
    try:
        NamedNode(iri)
    except ValueError as error:
        raise NotFound(f"{iri!r} is no address.", value=iri) from error
    return iri


class Lookup:
    """Reads the index of one site."""

    def __init__(self, reader: GraphReader, site: Site) -> None:
        self._reader = reader
        self._site = site
        self._newest: dict[str, str | None] = {}
        self._products: dict[str, Product] = {}
        self._runs: dict[str, Run] = {}
        self._records: OrderedDict[str, list[Triple]] = OrderedDict()

    def changed(self) -> None:
        """Forget which product is the newest of its key: there are records of new runs."""
        self._newest.clear()

    def remember(self, record: list[Triple], *described: str) -> None:
        """Keep a record (as the store gives it back) for the next who ask for what it describes (IRIs)."""
        for iri in described:
            while len(self._records) >= _RECORDS_KEPT:
                self._records.popitem(last=False)
            self._records[iri] = record  # a record never changes

    def reusable(self, run_key: str, newer_than: str | None = None) -> Product | None:
        """The newest product made under a run key, if any (and if made after ``newer_than``, ISO)."""
        if run_key not in self._newest:
            rows = self._reader.select(text_of("reusable"), key=Literal(run_key))
            self._newest[run_key] = rows[0]["product"].value if rows else None
        newest = self._newest[run_key]
        if newest is None:
            return None
        product = self.product(newest)
        if newer_than is not None and tt_from_iso(product.created) < tt_from_iso(newer_than):
            return None
        return product

    def record_of(self, iri: str) -> str:
        """The graph name of the record that describes a resource of this site.

        Raises
        ------
        NotFound
            When there is none.
        """
        kind = _checked(iri).removeprefix(self._site.base).partition("/")[0]
        if kind in CLASSES and self._site.owns(iri):
            rows = self._reader.select(
                text_of("record_of"), resource=NamedNode(iri), **{"class": NamedNode(CLASSES[kind])}
            )
            if rows:
                return rows[0]["record"].value
        raise NotFound(f"Nothing here has the address {iri}.", value=iri)

    def record(self, iri: str) -> list[Triple]:
        """The whole record that describes a resource."""
        record = self._records.get(iri)
        if record is None:
            record = self._reader.graph(self.record_of(iri))
            self.remember(record, iri)
        return record

    def product(self, iri: str) -> Product:
        """A product by its IRI; :class:`NotFound` when there is none."""
        known = self._products.get(iri)
        if known is None:
            ident = self._site.ident(iri)
            found = product_rdf.from_triples(self.record(iri), self._site)
            known = _keep(self._products, iri, next(p for p in found if p.ident == ident))
        return known

    def run(self, iri: str) -> Run:
        """A run by its IRI; :class:`NotFound` when there is none."""
        known = self._runs.get(iri)
        if known is None:
            ident = self._site.ident(iri)
            found = run_rdf.from_triples(self.record(iri))
            known = _keep(self._runs, iri, next(r for r in found if r.ident == ident))
        return known

    def dataset(self, iri: str) -> Dataset:
        """A dataset by its IRI; :class:`NotFound` when there is none."""
        ident = self._site.ident(iri)
        return next(d for d in dataset_rdf.from_triples(self.record(iri)) if d.ident == ident)

    def workflow(self, iri: str) -> Workflow:
        """A workflow version by its IRI; :class:`NotFound` when there is none."""
        found = workflow_rdf.from_triples(self.record(iri), self._site)
        return next(w for w in found if self._site.iri(*w.path) == iri)

    def versions(self) -> set[str]:
        """The IRIs of all published workflow versions."""
        return {row["version"].value for row in self._reader.select(text_of("versions"))}

    def knows(self, iri: str, class_name: str) -> bool:
        """Whether a resource of a class (local name in ``kg:``) is recorded."""
        return iri in self._records or self._reader.ask(
            text_of("known"), resource=NamedNode(iri), **{"class": NamedNode(KG + class_name)}
        )

    def same_content(self, content: str) -> str | None:
        """The IRI of the oldest product with that content hash."""
        rows = self._reader.select(text_of("same_content"), content=Literal(content))
        return rows[0]["product"].value if rows else None

    def maker(self, run: str) -> Maker:
        """Who did a run (IRI)."""
        rows = self._reader.select(text_of("maker"), run=NamedNode(run))
        if not rows:
            return Maker("an unknown agent", None)
        person = rows[0].get("person")
        return Maker(rows[0]["software"].value, person.value if person else None)

    def lineage(self, iri: str) -> list[Triple]:
        """The records of a product or run and of everything it was derived from, without repetition."""
        self.record_of(iri)
        rows = self._reader.select(text_of("lineage"), resource=NamedNode(iri))
        return list(dict.fromkeys(t for row in rows for t in self._reader.graph(row["record"].value)))

    def full_iri(self, text: str, kinds: tuple[str, ...] = ("products", "runs", "queries")) -> str:
        """The IRI that a text names: an IRI, ``products/3fa9``, or the first characters of the last part.

        Raises
        ------
        NotFound
            When nothing, or more than one resource, begins so; those are near then.
        """
        if "://" in text:
            return _checked(text)
        _checked(self._site.iri(text))
        kind, slash, start = text.strip("/").partition("/")
        wanted = [(kind, start)] if slash and kind in CLASSES else [(k, text) for k in kinds]
        found = [
            row["resource"].value
            for kind, start in wanted
            for row in self._reader.select(
                text_of("resources_like"),
                start=Literal(self._site.iri(kind, start)),
                **{"class": NamedNode(CLASSES[kind])},
            )
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(f"No product, run or query here begins with {text!r}.", value=text)
        raise NotFound(
            f"{text!r} names nothing by itself: several addresses begin so. Give more characters of one.",
            value=text,
            near=found,
        )

    def query(self, iri: str, catalogue: Catalogue) -> Query:
        """A query by its IRI; :class:`NotFound` when there is none."""
        given = f"{iri}#given-"
        triples = [
            t
            for t in self.record(iri)
            if isinstance(t.subject, NamedNode)
            and (t.subject.value == iri or t.subject.value.startswith(given))
        ]
        return query_rdf.from_triples(triples, catalogue, self._site)

    def step_answers(self, run: str) -> tuple[StepAnswer, ...]:
        """The steps of a run (IRI), in their order; a run of one step is its own only step."""
        found = self.run(run)
        steps = () if found.workflow else plan_rdf.from_triples(self.record(run), run)
        if not steps:
            product = found.products[0] if found.products else None
            return (StepAnswer(run, found.workflow or "", product, reused=False),)
        return tuple(
            StepAnswer(
                run=s.run if s.reused is None else self.product(s.reused).run,
                workflow=s.workflow,
                product=s.reused or (self._product_of(s.run) if s.run else None),
                reused=s.reused is not None,
            )
            for s in steps
        )

    def behind(self, product: Product) -> tuple[Product, ...]:
        """The products that a product was derived from, at once or by others, the first ones first."""
        found: list[Product] = []
        seen: set[str] = set()

        def follow(of: Product) -> None:
            for iri in of.derived_from:
                if iri in seen or not iri.startswith(self._site.iri("products", "")):
                    continue
                seen.add(iri)
                try:
                    earlier = self.product(iri)
                except NotFound:  # of a site whose records were taken over in part
                    continue
                follow(earlier)
                found.append(earlier)

        follow(product)
        return tuple(found)

    def caveats_behind(self, product: Product) -> tuple[str, ...]:
        """The caveats of the products behind a product."""
        return tuple(dict.fromkeys(text for earlier in self.behind(product) for text in earlier.quality))

    def passed_over_for(self, product: Product) -> tuple[PassedOver, ...]:
        """The workflows that would have made a product rather, had they had the data."""
        rows = self._reader.select(text_of("plan_of"), run=NamedNode(product.run))
        return self._passed_over(rows[0]["plan"].value) if rows else ()

    def _passed_over(self, run: str) -> tuple[PassedOver, ...]:
        return () if self.run(run).workflow else plan_rdf.passed_over(self.record(run), run)

    def _product_of(self, run: str) -> str | None:
        products = self.run(run).products
        return products[0] if products else None

    def answer(self, iri: str, query: Query) -> Answer:
        """The newest answer to a recorded query: by a run, or by reuse."""
        rows = self._reader.select(text_of("answers"), query=NamedNode(iri))
        if not rows:
            return Answer(query, AnswerStatus.FAILED, problem=None)
        how = rows[0]["how"].value
        if rows[0].get("reused") is not None:
            product = self.product(how)
            return Answer(
                query, AnswerStatus.DONE, product, self.reuse_of(product), product.run, product.workflow
            )
        return self.answer_by(how, query)

    def answer_by(self, run_iri: str, query: Query) -> Answer:
        """The answer that a run (IRI) gave; when its last step found an earlier product, by reuse."""
        run = self.run(run_iri)
        if run.phase is not Phase.COMPLETED:
            status = AnswerStatus.CANCELLED if run.phase is Phase.ABORTED else AnswerStatus.FAILED
            return Answer(
                query,
                status,
                run=run_iri,
                workflow=run.workflow,
                problem=run.problem,
                passed_over=self._passed_over(run_iri),
            )
        product = self.product(run.products[0])
        steps = self.step_answers(run_iri)
        reused = steps[-1].reused
        return Answer(
            query=query,
            status=AnswerStatus.DONE,
            product=product,
            reuse=self.reuse_of(product) if reused else None,
            run=product.run if reused else run_iri,
            workflow=product.workflow,
            steps=steps,
            passed_over=self._passed_over(run_iri),
        )

    def asked_by(self, product: Product) -> str:
        """The query (IRI) that a product was first made for."""
        return self.run(product.run).query

    def reuse_of(self, product: Product) -> Reuse:
        """What an answer by reuse says of an earlier product."""
        return Reuse(
            made=product.created,
            by=str(self.maker(product.run)),
            version=local_name(product.workflow),
            why="same workflow version, same arguments, same data",
        )

    def newest(self, kind: str, limit: int, after: str | None = None) -> list[str]:
        """The IRIs of the newest queries, runs or products, 1001 at most; or those after one of them."""
        bound = {"class": NamedNode(CLASSES[kind])}
        if after is not None:
            bound["last"] = NamedNode(after)
        rows = self._reader.select(text_of("listed" if after is None else "listed_after"), **bound)
        return [row["resource"].value for row in rows[:limit]]

    def count(self, kind: str) -> int:
        """How many queries, runs or products are recorded."""
        rows = self._reader.select(text_of("counted"), **{"class": NamedNode(CLASSES[kind])})
        return int(rows[0]["number"].value)

    def datasets(self) -> list[str]:
        """The IRIs of the datasets that runs used, those used last first."""
        return [row["resource"].value for row in self._reader.select(text_of("datasets"))]
