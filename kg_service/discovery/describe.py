"""The JSON objects of the contract: answer, product, run, query. Numbers that are none are null.

``id`` is the IRI under the site's base, ``url`` the address on the host that answers; keys may be
added here, never renamed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kg_service.discovery.understood import Label, understood
from kg_service.model import notation
from kg_service.model.answer import Answer
from kg_service.model.product import Measure, Product, ProductFile
from kg_service.model.query import Query
from kg_service.model.run import Run
from kg_service.model.terms import KG, NEUTRAL_BASE, Site, local_name
from kg_service.model.values import Value
from kg_service.model.workflow import Coverage
from kg_service.rdf.literals import is_exact
from kg_service.rdf.product import file_iri, product_iri
from kg_service.rdf.query import argument_name, query_iri
from kg_service.rdf.run import run_iri

__all__ = [
    "address",
    "answer_json",
    "coverage_json",
    "finite",
    "product_json",
    "query_json",
    "run_json",
    "said_beside",
]


def address(iri: str, site: Site, host_url: str | None) -> str:
    """Where the host that answers shows a resource of the site."""
    if host_url is None or not site.owns(iri):
        return iri
    return host_url.rstrip("/") + "/" + iri.removeprefix(site.base)


def answer_json(
    answer: Answer,
    site: Site,
    host_url: str | None = None,
    *,
    stale: Callable[[Product], bool] = lambda _: False,
    files: Sequence[str] | None = None,
    made_for: str | None = None,
    label: Label = local_name,
) -> dict[str, Any]:
    """The contract's *Answer*, with the question (``ask`` and ``where``) so that it can be posted back.

    Parameters
    ----------
    host_url
        The address of the host that answers; the site's base when ``None``.
    stale
        Whether the workflow that made a product has another version by now.
    files
        Local paths of the product's files; ``None`` over HTTP.
    made_for
        The query (IRI) that a reused product was made for.
    label
        The name of a term for people.
    """
    query = query_iri(answer.query, site)
    product = None
    if answer.product is not None:
        asked = made_for if made_for is not None or answer.reused else query
        product = product_json(answer.product, site, host_url, stale(answer.product), query=asked)
    reuse = answer.reuse
    question = query_json(answer.query, site)
    return {
        "query": query,
        "ask": question["ask"],
        "where": question["where"],
        "status": answer.status.value,
        "reused": answer.reused,
        "reuse": None
        if reuse is None
        else {"made": reuse.made, "by": reuse.by, "version": reuse.version, "why": reuse.why},
        "product": product,
        "run": answer.run,
        "workflow": answer.workflow,
        "steps": [
            {"run": s.run, "workflow": s.workflow, "product": s.product, "reused": s.reused}
            for s in answer.steps
        ],
        "resolved": understood(answer, label),
        "passed_over": [
            {"workflow": p.workflow, "code": p.code, "detail": p.detail} for p in answer.passed_over
        ],
        "caveats": said_beside(answer.caveats, () if answer.product is None else answer.product.quality),
        "files": None if files is None else list(files),
        "problem": answer.problem,
    }


def said_beside(caveats: Iterable[str], quality: Sequence[str]) -> list[str]:
    """Caveats of earlier steps that a product does not carry, as it is or with an instrument before it."""
    carried = {text for said in quality for text in (said, said.partition(": ")[2])}
    return [text for text in dict.fromkeys(caveats) if text not in carried]


def product_json(
    product: Product,
    site: Site,
    host_url: str | None = None,
    stale: bool = False,
    *,
    query: str | None = None,
) -> dict[str, Any]:
    """The contract's *Product*; ``query`` is the IRI of the query it was made for."""
    iri = product_iri(product, site)
    return {
        "id": iri,
        "url": address(iri, site, host_url),
        "types": list(product.types),
        "label": product.label,
        "query": query,
        "run": product.run or None,
        "workflow": product.workflow or None,
        "created": product.created or None,
        "coverage": coverage_json(product.coverage),
        "quality": list(product.quality),
        "used": list(product.used),
        "derived_from": list(product.derived_from),
        "stale": stale,
        "files": [_file(file, product, site, host_url) for file in product.files],
        "values": {name: _measure(measure) for name, measure in product.values.items()},
        "gives": {gift.name: {"term": gift.term, **_value(gift.value)} for gift in product.gives},
        "observed_with": list(product.observed_with),
        "same_content": product.same_content,
        "cite": list(product.cite),
    }


def _file(file: ProductFile, product: Product, site: Site, host_url: str | None) -> dict[str, Any]:
    return {
        "name": file.name,
        "url": address(file_iri(product, file.name, site), site, host_url),
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "role": file.role.value,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {"value": finite(measure.value), "error": finite(measure.error), "unit": measure.unit}


def finite(value: Any) -> Any:
    """JSON has no NaN: what is no number is absent."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _value(value: Value) -> dict[str, Any]:
    plain = value.plain if is_exact(value) else value.text
    return {"value": finite(plain), "unit": value.unit}


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """What is covered: times ISO 8601 UTC, energies in keV; ``None`` where nothing is said."""
    time, energy = coverage.time, coverage.energy
    return {
        "time": None if time is None else [notation.iso_from_tt(t) for t in time],
        "energy": None if energy is None else [finite(e) for e in energy],
        "objects": None if coverage.objects is None else list(coverage.objects),
        "sky": coverage.sky,
    }


def run_json(run: Run, site: Site, host_url: str | None = None) -> dict[str, Any]:
    """The contract's *Run*."""
    iri = run_iri(run, site)
    url = address(iri, site, host_url)
    return {
        "id": iri,
        "url": url,
        "phase": run.phase.value,
        "query": run.query,
        "workflow": run.workflow,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "progress": {"fraction": finite(run.progress.fraction), "message": run.progress.message},
        "steps": list(run.steps),
        "products": list(run.products),
        "problem": run.problem,
        "log": None if run.steps else f"{url}/log",  # a plan has the logs of its steps
        "events": f"{url}/events",
    }


def query_json(query: Query, site: Site, host_url: str | None = None) -> dict[str, Any]:
    """A query as short JSON that can be posted back, with its addresses."""
    iri = query_iri(query, site)
    where: dict[str, Any] = {}
    for binding in query.bindings:
        own = argument_name(binding.property)
        # A parameter that one workflow alone means so is named in full.
        name = binding.term if own is None else own[0] if own[1] is None else binding.property
        where[name] = _value(binding.value)
    for constraint in query.constraints:
        where[constraint.property.removeprefix(KG)] = constraint.value.removeprefix(
            NEUTRAL_BASE + "workflows/"
        )
    return {
        "id": iri,
        "url": address(iri, site, host_url),
        "ask": query.asks_for,
        "where": where,
        "fresh": False,
    }
