"""The workflow versions that new requests may use, with what running them needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg_service.model.product import Dataset
from kg_service.model.workflow import Workflow

__all__ = ["Registry"]


@dataclass(frozen=True, slots=True)
class Registry:
    """Active workflow versions.

    ``workflows`` in the order of their names; ``codes`` maps an entry to the digest its code must
    have; ``datasets`` maps a workflow's digest to the function that says which datasets a run will
    read; ``broken`` maps a plug-in that failed to load to the reason.
    """

    workflows: tuple[Workflow, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, Callable[[Mapping[str, Any]], Sequence[Dataset]]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Workflow | None:
        """The active version of a workflow, by name."""
        return next((w for w in self.workflows if w.name == name), None)
