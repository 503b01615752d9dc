"""The contract's *Explain* as JSON: the plan, every candidate with its reasons, and what would help."""

from __future__ import annotations

from typing import Any

from kg_service.model.plan import Candidate, Default, Derived, Edit, Explanation, Given, Source, Step
from kg_service.model.terms import Site
from kg_service.model.values import Value
from kg_service.rdf.workflow import workflow_iri

__all__ = ["explanation_json"]


def explanation_json(
    explanation: Explanation, site: Site, *, query: str, would_reuse: str | None = None
) -> dict[str, Any]:
    """The contract's *Explain*; ``query`` and ``would_reuse`` are IRIs."""
    plan = explanation.plan
    return {
        "query": query,
        "plan": None if plan is None else [_step(step, site) for step in plan.steps],
        "would_reuse": would_reuse,
        "candidates": [_candidate(candidate, site) for candidate in explanation.candidates],
        "why_not": explanation.why_not,
    }


def _step(step: Step, site: Site) -> dict[str, Any]:
    return {
        "workflow": workflow_iri(step.workflow, site),
        "inputs": {name: _source(source) for name, source in step.inputs.items()},
        "produces": list(step.produces),
        "why": step.why,
    }


def _source(source: Source) -> dict[str, Any]:
    if isinstance(source, Given):
        binding = source.binding
        return {
            "from": "given",
            "term": binding.term,
            "value": binding.value.plain,
            "unit": binding.value.unit,
        }
    if isinstance(source, Derived):
        return {"from": "step", "step": source.step, "output": source.output}
    if isinstance(source, Default):
        return {"from": "default", "value": source.value.plain, "unit": source.value.unit}
    return {"from": "absent"}


def _candidate(candidate: Candidate, site: Site) -> dict[str, Any]:
    missing = [{"code": m.code.value, "term": m.term, "message": m.message} for m in candidate.missing]
    return {
        "workflow": workflow_iri(candidate.workflow, site),
        "ok": candidate.ok,
        "rank": candidate.rank,
        "reasons": list(candidate.reasons),
        "missing": missing,
        "remedy": [_edit(edit) for edit in candidate.remedy],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    value = edit.value.plain if isinstance(edit.value, Value) else edit.value
    if isinstance(edit.value, Value) and value is None:
        value = edit.value.text
    return {
        "edit": edit.edit.value,
        "term": edit.term,
        "value": value,
        "name": edit.name,
        "text": edit.text,
    }
