"""Answers as text for a terminal. Everything here reads the JSON of the contract and nothing else."""

from __future__ import annotations

import csv
import math
import shlex
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["answer_text", "explanation_text", "measure_text", "problem_text", "sparkline", "table_column"]

_BARS = "▁▂▃▄▅▆▇█"
_CURVE_COLUMNS = ("e2dnde", "flux", "rate", "counts", "energy_max")
_TRACK = {"time", "frequency", "energy"}
"""Columns of the track of a spectrogram: the loudest frequency at each time, and how loud it is."""
_LOUDNESS = "loudness"
_MOST_BARS = 64
_SHOWN_VALUES = 3
_SENTENCE = 30
"""Characters from which a text among the values is a reason rather than a name."""


def measure_text(measure: Mapping[str, Any]) -> str:
    """A number with its error at the same number of digits, and its unit: ``2.020 ± 0.016``."""
    value, error, unit = measure["value"], measure["error"], measure["unit"] or ""
    if isinstance(value, float) and error:
        digits = 1 - math.floor(math.log10(abs(error))) if error > 0 else 3
        if 0 <= digits <= 6 and abs(value) < 1e12:
            text = f"{value:.{digits}f} ± {error:.{digits}f}"
        else:
            power = math.floor(math.log10(abs(value))) if value else 0
            places = max(0, digits + power)
            text = f"({value / 10**power:.{places}f} ± {error / 10**power:.{places}f})e{power:+03d}"
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = str(value)
    return f"{text} {unit}".rstrip()


def sparkline(numbers: Iterable[float], *, logarithmic: bool = False) -> str:
    """Numbers as a row of bars; a number that is not finite leaves a gap."""
    values = [math.log10(n) if logarithmic and n > 0 else n if not logarithmic else math.nan for n in numbers]
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return ""
    low, span = min(finite), (max(finite) - min(finite)) or 1.0
    return "".join(
        _BARS[round((v - low) / span * (len(_BARS) - 1))] if math.isfinite(v) else " " for v in values
    )


def table_column(path: Path) -> tuple[str, list[float]] | None:
    """The numbers worth a sparkline of an ECSV table: its first column of fluxes, rates or counts.

    Of the track of a spectrogram it is the loudness over time, the largest over all frequencies.
    """
    with path.open(encoding="utf-8") as lines:
        rows = csv.reader((line for line in lines if not line.startswith("#")), delimiter=" ")
        header = next(rows, [])
        if set(header) >= _TRACK:
            position = header.index("energy")
            return _LOUDNESS, [_number(row[position]) for row in rows if len(row) > position]
        for wanted in _CURVE_COLUMNS:
            if wanted in header:
                position = header.index(wanted)
                return wanted, [_number(row[position]) for row in rows if len(row) > position]
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _wrapped(text: str, indent: str) -> str:
    width = max(60, min(shutil.get_terminal_size((100, 20)).columns, 110))
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=" " * len(indent))


def answer_text(answer: Mapping[str, Any]) -> str:
    """An answer as a reader wants it: what it is, three numbers, a curve, caveats, files, citation."""
    product = answer["product"]
    if product is None:
        return f"{answer['status']}: the run {answer['run']} is under way"
    lines = [product["label"], "  " + product["id"]]
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
        if resolved["given"].casefold() != resolved["used"].casefold():
            term = resolved["term"].rpartition("#")[2].removeprefix("arg-")
            lines.append(f"  read      {term}: {resolved['given']} as {resolved['used']}")
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


def _value_lines(values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    shown = [(n, m) for n, m in values.items() if m["error"] is not None][:_SHOWN_VALUES]
    shown += [(n, m) for n, m in values.items() if (n, m) not in shown][: max(0, _SHOWN_VALUES - len(shown))]
    width = max((len(name) for name, _ in shown), default=0)
    lines = [
        f"  {'result' if i == 0 else '':9} {name:{width}} = {measure_text(m)}"
        for i, (name, m) in enumerate(shown)
    ]
    reasons = [m for m in values.values() if isinstance(m["value"], str) and len(m["value"]) > _SENTENCE][:1]
    rest = len(values) - len(shown) - len(reasons)
    if rest > 0:
        lines.append(f"  {'':9} and {rest} more (--json)")
    return lines + [_wrapped(m["value"], "  because   ") for m in reasons]


def _curve_lines(files: Sequence[str]) -> list[str]:
    table = next((Path(f) for f in files if f.endswith(".ecsv")), None)
    curve = table_column(table) if table is not None else None
    if curve is None:
        return []
    name, numbers = curve
    loud = name == _LOUDNESS
    points = "max over frequency" if loud else f"{len(numbers)} points"
    shown = _gathered(numbers, max if loud else lambda group: math.fsum(group) / len(group))
    positive = [n for n in shown if math.isfinite(n) and n > 0]
    logarithmic = bool(positive) and max(positive) > 30 * min(positive)
    bars = sparkline(shown, logarithmic=logarithmic)
    return [f"  {name:9} {bars}  {'log scale, ' if logarithmic else ''}{points}"]


def _gathered(numbers: Sequence[float], by: Callable[[Sequence[float]], float]) -> list[float]:
    """At most as many numbers as there are bars: those of neighbours gathered into one."""
    size = math.ceil(len(numbers) / _MOST_BARS) or 1
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    finite = [[n for n in group if math.isfinite(n)] for group in groups]
    return [by(group) if group else math.nan for group in finite]


def _file_lines(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    folder = Path(files[0]).parent
    names = "  ".join(Path(f).name for f in files)
    return [_wrapped(names, "  files     "), f"            in {folder}"]


def explanation_text(explanation: Mapping[str, Any]) -> str:
    """Which workflows can answer, in what order; or the smallest reason why none can."""
    lines: list[str] = []
    if explanation["plan"]:
        lines.append("This would be answered by")
        for number, step in enumerate(explanation["plan"], start=1):
            name = str(step["workflow"]).rstrip("/").split("/")[-2]
            lines.append(_wrapped(f"{name}: {step['why']}", f"  {number}. "))
        if explanation["would_reuse"]:
            lines.append(f"  An earlier product answers: {explanation['would_reuse']}")
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
    if _local(str(edit["term"])) == "asksFor":
        return f"asked for {edit['text']}"
    return f"with {edit['name']}={shlex.quote(edit['text'])}"


def _local(text: str) -> str:
    """A term by its local name; anything else as it is."""
    return text.rpartition("#")[2] if text.startswith("http") else text


def problem_text(problem: Mapping[str, Any]) -> str:
    """A problem for the error stream: what is wrong, near matches, the way out."""
    lines = [_wrapped(f"{problem['title']}: {problem['detail']}", "kg: ")]
    if problem["near"]:
        lines.append(_wrapped("near: " + ", ".join(problem["near"]), "    "))
    return "\n".join(lines)
