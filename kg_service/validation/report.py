"""What a validation found: a report with findings in an astronomer's words, and the Turtle behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kg_service.errors import BadValue, Invalid
from kg_service.model.terms import local_name

__all__ = ["Finding", "Report", "Severity", "require"]


class Severity(StrEnum):
    """How much a finding weighs: only violations refuse a graph."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a shape has to say about one node.

    ``focus`` is the IRI of the node, ``path`` the IRI of the property (or a path in SPARQL's
    notation), ``value`` the value at fault as text, ``shape`` the IRI of the named shape. ``alone``
    tells that the value is at fault by itself (its limits, form or datatype), not beside others.
    """

    focus: str
    path: str | None
    message: str
    severity: Severity
    value: str | None
    shape: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Whether a graph conforms. Warnings leave it conforming.

    ``turtle`` is the SHACL validation report where there is something to report; ``decided_by``
    says who judged: ``compiled`` (the fast check) or ``pyshacl``.
    """

    conforms: bool
    findings: tuple[Finding, ...] = ()
    turtle: str | None = None
    decided_by: str = "compiled"

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that refuse the graph."""
        return tuple(f for f in self.findings if f.severity is Severity.VIOLATION)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that leave the graph standing: to be shown beside the product."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)


def require(report: Report, given: Mapping[str, tuple[str, str]] | None = None) -> None:
    """Raise unless the report conforms.

    Parameters
    ----------
    given
        What the user wrote: property IRI to name and text.

    Raises
    ------
    BadValue
        A value that the user gave by name is at fault by itself.
    Invalid
        Otherwise. The detail holds the distinct messages, first things first; parameter and value are
        those of the first finding, in the user's words or else as local name and canonical value.
    """
    if report.conforms:
        return
    found = report.violations
    words = given or {}
    for finding in found:
        name, text = words.get(finding.path or "", ("", ""))
        if finding.alone and name:
            detail = f"{name} = {text}: {finding.message}"
            raise BadValue(detail, parameter=name, value=text, report=report.turtle)
    first = found[0]
    name, text = words.get(first.path or "", ("", ""))
    messages = list(dict.fromkeys(f.message for f in found))
    shown, rest = messages[:3], len(messages) - 3
    detail = " ".join(shown) + (f" (and {rest} more)" if rest > 0 else "")
    raise Invalid(
        detail,
        parameter=name or _parameter_of(first.path),
        value=text or (first.value if first.value != first.focus else None),
        report=report.turtle,
    )


def _parameter_of(path: str | None) -> str | None:
    if path is None or " " in path:
        return None
    return local_name(path).removeprefix("arg-") or None
