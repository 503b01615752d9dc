"""Everything that can go wrong, as one tree; each leaf is one problem code of the contract.

    Problem
    ├── RequestProblem            the request is at fault, or nothing can answer it (exit code 2)
    │   ├── Malformed  UnknownParameter  WrongUnit  BadValue  UnknownTerm  NotFound  Conflict  Invalid
    │   ├── UnresolvedObject  NotCovered  NoWorkflow  TooLarge  SparqlRefused
    │   └── Unauthorized  Forbidden  MethodNotAllowed  NotAcceptable  UnsupportedMediaType
    └── ServiceProblem            the run or the service is at fault (exit code 1)
        └── RunFailed  ArchiveUnavailable  StorageFull  SparqlLimit

HTTP status codes are chosen in one table in ``app.py``, not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

__all__ = [
    "PROBLEM_NAMESPACE",
    "ArchiveUnavailable",
    "BadValue",
    "Conflict",
    "Forbidden",
    "Invalid",
    "Malformed",
    "MethodNotAllowed",
    "NoWorkflow",
    "NotAcceptable",
    "NotCovered",
    "NotFound",
    "Problem",
    "RequestProblem",
    "RunFailed",
    "ServiceProblem",
    "SparqlLimit",
    "SparqlRefused",
    "StorageFull",
    "TooLarge",
    "Unauthorized",
    "UnknownParameter",
    "UnknownTerm",
    "UnresolvedObject",
    "UnsupportedMediaType",
    "WrongUnit",
    "problem_from_code",
]

PROBLEM_NAMESPACE = "https://w3id.org/kg-service/problem/"


class Problem(Exception):
    """A failure that a person can act on.

    Parameters
    ----------
    detail
        One or two sentences for an astronomer: what is wrong and the way out.
    parameter, value
        The name in the request that is at fault, and its value as given.
    near
        Names or values that would have been understood.
    report
        A SHACL validation report as Turtle, where a shape refused.
    """

    code: ClassVar[str] = "run-failed"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        parameter: str | None = None,
        value: str | None = None,
        near: Iterable[str] = (),
        report: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.parameter = parameter
        self.value = value
        self.near = tuple(near)
        self.report = report
        self.run: str | None = None
        """The IRI of the run that failed, where there was one."""

    def to_json(self, *, status: int | None = None, instance: str | None = None) -> dict[str, Any]:
        """The problem as the JSON object of the contract (all members always present)."""
        return {
            "type": PROBLEM_NAMESPACE + self.code,
            "title": self.title,
            "status": status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "parameter": self.parameter,
            "value": self.value,
            "near": list(self.near),
            "report": self.report,
        }


class RequestProblem(Problem):
    """The request is at fault, or nothing can answer it."""


class ServiceProblem(Problem):
    """The run, an archive or the service itself is at fault."""


class Malformed(RequestProblem):
    """The request cannot be read at all."""

    code = "malformed"
    title = "The request cannot be read"


class UnknownParameter(RequestProblem):
    """A name in the request means nothing here."""

    code = "unknown-parameter"
    title = "Unknown parameter"


class WrongUnit(RequestProblem):
    """A unit that does not fit the quantity."""

    code = "wrong-unit"
    title = "The unit does not fit"


class BadValue(RequestProblem):
    """One value is wrong by itself: declination 91, NaN, unreadable text."""

    code = "bad-value"
    title = "The value is not possible"


class Unauthorized(RequestProblem):
    """A token is needed."""

    code = "unauthorized"
    title = "A token is needed"


class Forbidden(RequestProblem):
    """The token does not allow this."""

    code = "forbidden"
    title = "Not allowed"


class SparqlRefused(RequestProblem):
    """Updates, SERVICE and LOAD are refused on the public endpoint."""

    code = "sparql-refused"
    title = "This SPARQL is refused"


class UnknownTerm(RequestProblem):
    """The ontology has no such term."""

    code = "unknown-term"
    title = "Unknown term"


class NotFound(RequestProblem):
    """No resource has this address."""

    code = "not-found"
    title = "Not found"


class MethodNotAllowed(RequestProblem):
    """The address does not take this method."""

    code = "method-not-allowed"
    title = "Method not allowed"


class NotAcceptable(RequestProblem):
    """None of the accepted media types can be given."""

    code = "not-acceptable"
    title = "No acceptable media type"


class Conflict(RequestProblem):
    """Two bindings for one input, contradicting constraints, cancelling what has ended."""

    code = "conflict"
    title = "Conflict"


class TooLarge(RequestProblem):
    """The body is larger than is read."""

    code = "too-large"
    title = "The request is too large"


class UnsupportedMediaType(RequestProblem):
    """The body has a media type that is not read here."""

    code = "unsupported-media-type"
    title = "Unsupported media type"


class Invalid(RequestProblem):
    """Values against each other, or a whole graph: end before start, empty band."""

    code = "invalid"
    title = "The request is not valid"


class UnresolvedObject(RequestProblem):
    """No resolver knows the object or event."""

    code = "unresolved-object"
    title = "The object is not known"


class NotCovered(RequestProblem):
    """Nobody has data for this."""

    code = "not-covered"
    title = "No data cover this"


class NoWorkflow(RequestProblem):
    """No registered workflow can answer."""

    code = "no-workflow"
    title = "No workflow can answer"


class RunFailed(ServiceProblem):
    """The analysis failed or was cancelled."""

    code = "run-failed"
    title = "The run failed"


class SparqlLimit(ServiceProblem):
    """The SPARQL query met a limit of time, rows or memory."""

    code = "sparql-limit"
    title = "The SPARQL query met a limit"


class ArchiveUnavailable(ServiceProblem):
    """An archive has the data but cannot be reached, or may not be."""

    code = "archive-unavailable"
    title = "The archive cannot be reached"


class StorageFull(ServiceProblem):
    """There is no room to write the product; nothing half-written remains."""

    code = "storage-full"
    title = "The storage is full"


def _leaves(cls: type[Problem]) -> dict[str, type[Problem]]:
    found: dict[str, type[Problem]] = {}
    for sub in cls.__subclasses__():
        if "code" in sub.__dict__:
            found[sub.code] = sub
        found.update(_leaves(sub))
    return found


def problem_from_code(code: str, detail: str, **members: Any) -> Problem:
    """Build the problem of a code, for answers that crossed a process or a network."""
    return _leaves(Problem).get(code, RunFailed)(detail, **members)
