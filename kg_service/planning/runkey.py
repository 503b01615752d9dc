"""The identity of a run: the same key exactly when the same code receives the same arguments and data."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping

from kg_service.errors import UnknownParameter
from kg_service.model.product import Dataset
from kg_service.model.values import Value
from kg_service.model.workflow import Workflow

__all__ = ["complete_arguments", "run_key"]


def complete_arguments(workflow: Workflow, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments with defaults filled in; an input without value and default stays absent.

    Raises
    ------
    UnknownParameter
        When an argument is no input of the workflow.
    """
    names = [item.name for item in workflow.inputs]
    for name in arguments:
        if name not in names:
            near = difflib.get_close_matches(name, names)
            raise UnknownParameter(
                f"{workflow.name} has no input {name!r}; its inputs are {', '.join(names) or 'none'}.",
                parameter=name,
                near=near,
            )
    complete: dict[str, Value] = {}
    for item in workflow.inputs:
        if item.name in arguments:
            complete[item.name] = arguments[item.name]
        elif item.default is not None:
            complete[item.name] = item.default
    return complete


def run_key(workflow: Workflow, arguments: Mapping[str, Value], datasets: Iterable[Dataset] = ()) -> str:
    """64 hexadecimal digits of the sha256 of workflow digest, complete arguments and datasets.

    A product counts as a file: by the hash of its content. Giving a default equals leaving it out; an
    explicit ``None`` differs from both absence and empty text. The order of arguments and datasets
    never matters, nor how often a dataset is named.
    """
    lines = [["workflow", workflow.digest]]
    for name, argument in complete_arguments(workflow, arguments).items():
        lines.append(["argument", name, argument.key])
    lines += [["dataset", ident] for ident in {dataset.ident for dataset in datasets}]
    # JSON keeps the lines apart whatever characters a name or text holds.
    texts = sorted(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
