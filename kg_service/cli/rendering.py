"""Answers as text for a terminal. Everything here reads the JSON of the contract and nothing else."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kg_service.cli.curves import curve_line, table_curve
from kg_service.cli.terminal import width
from kg_service.discovery.measures import measured
from kg_service.model.terms import KG

__all__ = ["answer_text", "explanation_text", "measure_text", "problem_text"]

_SHOWN_VALUES = 3
_REFERENCE = "reference_energy"
_REASONS = ("why", "because")
"""Names of values that say why: ``preferred_because``."""

_Measures = Mapping[str, Mapping[str, Any]]
Here = Callable[[str], str]
"""The address at which the service that was asked shows a resource (IRI)."""


def measure_text(measure: Mapping[str, Any]) -> str:
    """A number with its error at the same number of digits, and its unit: ``2.020 ± 0.016 keV``."""
    return f"{measured(measure['value'], measure['error'])} {measure['unit'] or ''}".rstrip()


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_on_hyphens=False,
        break_long_words=False,
    )


def answer_text(answer: Mapping[str, Any], here: Here = str) -> str:
    """An answer as a reader wants it: what it is, three numbers, a curve, caveats, files, citation."""
    product = answer["product"]
    if product is None:
        return f"{answer['status']}: the run {here(answer['run'])} is under way"
    lines = [_wrapped(product["label"], ""), "  " + product["url"]]
    if product["id"] != product["url"]:
        lines.append(f"  named     {product['id']}")
    lines += _history_lines(answer)
    lines += _value_lines(product["values"])
    lines += _curve_lines(answer["files"] or [])
    lines += [_wrapped(caveat, "  caveat    ") for caveat in (*product["quality"], *answer["caveats"])]
    if product["stale"]:
        lines.append("  caveat    made by an earlier version of the workflow or its data")
    lines += _file_lines(answer["files"] or [])
    if product["cite"]:
        lines.append(_wrapped(_cite_line(product["cite"]), "  cite      "))
    return "\n".join(lines)


def _cite_line(cite: Sequence[str]) -> str:
    """The first work to cite; ``--json`` and every file name them all."""
    more = f"; and {len(cite) - 1} more (--json)" if len(cite) > 1 else ""
    readable = next((work for work in cite if " " in work), cite[0])  # rather than a bare bibcode
    return readable + more


def _history_lines(answer: Mapping[str, Any]) -> list[str]:
    lines = []
    for resolved in answer["resolved"]:
        if resolved.get("text") is not None:
            said = f"{resolved['name']}={resolved['given']} as {resolved['text']}"
            lines.append(_wrapped(said, "  read      "))
    if answer["reused"]:
        reuse = answer["reuse"]
        lines.append(
            _wrapped(
                f"made {reuse['made']} by {reuse['by']}, workflow version {reuse['version']}; {reuse['why']}",
                "  reused    ",
            )
        )
    elif len(answer["steps"]) > 1:
        names = [_step_name(step) for step in answer["steps"] if step["product"]]
        lines.append(_wrapped(" → ".join(names), "  steps     "))
    for passed in answer["passed_over"]:
        name = _step_name({"workflow": passed["workflow"], "reused": False})
        lines.append(_wrapped(f"{name}: {passed['detail']}", "  not by    "))
    return lines


def _step_name(step: Mapping[str, Any]) -> str:
    name = str(step["workflow"]).rstrip("/").split("/")[-2]
    return f"{name} (reused)" if step["reused"] else name


def _value_lines(values: _Measures) -> list[str]:
    reasons = [(n, m) for n, m in values.items() if _is_reason(n) and isinstance(m["value"], str)]
    shown = [(n, m) for n, m in values.items() if m["error"] is not None][:_SHOWN_VALUES]
    others = [item for item in values.items() if item not in shown and item not in reasons]
    shown += others[: max(0, _SHOWN_VALUES - len(shown))]
    shown = [item for name, measure in shown for item in ((name, measure), *_reference(name, values))]
    longest = max((len(name) for name, _ in shown), default=0)
    lines = [
        _wrapped(f"{name:{longest}} = {measure_text(m)}", f"  {'result' if i == 0 else '':9} ")
        for i, (name, m) in enumerate(shown)
    ]
    rest = len(values) - len(shown) - len(reasons)
    if rest > 0:
        lines.append(f"  {'':9} and {rest} more (--json)")
    return lines + [_wrapped(m["value"], "  because   ") for _, m in reasons]


def _reference(name: str, values: _Measures) -> list[tuple[str, Mapping[str, Any]]]:
    """The energy that an amplitude is given at, which says nothing without it."""
    model, amplitude, number = name.rpartition("amplitude")
    if not amplitude:
        return []
    of_it = [
        n for n in values if n.endswith(_REFERENCE + number) and model.startswith(n.rpartition(_REFERENCE)[0])
    ]
    return [(n, values[n]) for n in sorted(of_it, key=len)[-1:]]


def _is_reason(name: str) -> bool:
    return name.rpartition("_")[2] in _REASONS


def _curve_lines(files: Sequence[str]) -> list[str]:
    table = next((Path(f) for f in files if f.endswith(".ecsv")), None)
    curve = table_curve(table) if table is not None else None
    return [] if curve is None else [curve_line(curve, width())]


def _file_lines(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    folder = Path(files[0]).parent
    names = "  ".join(Path(f).name for f in files)
    return [_wrapped(names, "  files     "), f"            in {folder}"]


def explanation_text(explanation: Mapping[str, Any], here: Here = str) -> str:
    """Which workflows can answer, in what order; or the smallest reason why none can."""
    lines: list[str] = []
    if explanation["plan"]:
        lines.append("This would be answered by")
        for number, step in enumerate(explanation["plan"], start=1):
            name = str(step["workflow"]).rstrip("/").split("/")[-2]
            lines.append(_wrapped(f"{name}: {step['why']}", f"  {number}. "))
        if explanation["would_reuse"]:
            lines.append(f"  An earlier product answers: {here(explanation['would_reuse'])}")
    if explanation["why_not"]:
        lines.append(_wrapped(explanation["why_not"], ""))
    refused = [c for c in explanation["candidates"] if not c["ok"]]
    if refused:
        lines.append("Others cannot:" if explanation["plan"] else "The nearest:")
    for candidate in refused:
        name = str(candidate["workflow"]).rstrip("/").split("/")[-2]
        reason = "; ".join(dict.fromkeys(m["message"] for m in candidate["missing"])) or "; ".join(
            candidate["reasons"]
        )
        lines.append(_wrapped(reason, f"  - {name}: "))
        if candidate["remedy"]:
            edits = ", ".join(_edit_text(edit) for edit in candidate["remedy"])
            lines.append(_wrapped(f"would answer: {edits}", "      "))
    return "\n".join(lines)


def _edit_text(edit: Mapping[str, Any]) -> str:
    """One edit of a remedy in the words of a request."""
    if edit["edit"] == "drop":
        return f"without {edit['name']}"
    if edit["term"] == KG + "asksFor":
        return f"asked for {edit['text']}"
    return f"with {edit['name']}={shlex.quote(edit['text'])}"


def problem_text(problem: Mapping[str, Any]) -> str:
    """A problem for the error stream: what is wrong, near matches, the way out."""
    lines = [_wrapped(f"{problem['title']}: {problem['detail']}", "kg: ")]
    if not all(name in problem["detail"] for name in problem["near"]):
        lines.append(_wrapped("near: " + ", ".join(problem["near"]), "    "))
    return "\n".join(lines)
