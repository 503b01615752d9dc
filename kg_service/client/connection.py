"""One connection to a service: requests, answers, and problems as the errors they are."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kg_service.errors import BadValue, Problem, ServiceProblem, problem_from_code

__all__ = ["Connection", "Reply"]

_VERSION = "kg-service-client"
_RETRIED = (
    http.client.RemoteDisconnected,
    http.client.CannotSendRequest,
    BrokenPipeError,
    ConnectionResetError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, headers with names in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises
        ------
        ServiceProblem
            It is none: another program answers at this address.
        """
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ServiceProblem("The answer is not that of a kg-service. Is the address right?")
        return content


class Connection:
    """Keeps one connection to a service open.

    Parameters
    ----------
    address
        Where the service is, such as ``http://127.0.0.1:8000``.
    seconds
        Longest silence of the service that is waited for.
    """

    def __init__(self, address: str, *, seconds: float = 180.0) -> None:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise BadValue(
                f"{address!r} is not the address of a service, such as http://127.0.0.1:8000.",
                parameter="--server",
                value=address,
            )
        self.address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._prefix = parts.path.rstrip("/")
        self._host, self._port = parts.hostname, port
        self._secure = parts.scheme == "https"
        self._seconds = seconds
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(
        self,
        method: str,
        path: str,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Send a request and read its whole answer.

        Raises
        ------
        Problem
            What the service said, with ``run`` where it names one; :class:`ServiceProblem` when it
            cannot be reached.
        """
        response = self._send(method, path, {"Accept": accept, **(headers or {})}, body)
        try:
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from error
        reply = Reply(response.status, {n.lower(): v for n, v in response.getheaders()}, content)
        if reply.status >= http.HTTPStatus.BAD_REQUEST:
            raise _problem(reply)
        return reply

    def lines(self, path: str, *, accept: str) -> Iterator[str]:
        """The lines of an answer as they arrive, on a connection of their own."""
        other = Connection(self.address, seconds=self._seconds)
        try:
            response = other._send("GET", path, {"Accept": accept}, None)
            if response.status != http.HTTPStatus.OK:
                return
            while line := response.readline():
                yield line.decode("utf-8", "replace").rstrip("\r\n")
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            other.close()

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> http.client.HTTPResponse:
        target = self._prefix + path
        sent = {"User-Agent": _VERSION, **headers}
        for fresh in (self._connection is None, True):
            connection = self._open()
            try:
                connection.request(method, target, body, sent)
                return connection.getresponse()
            except _RETRIED as error:
                # The service closed an idle connection; a new one is tried once.
                self.close()
                if fresh:
                    raise self._unreachable(error) from error
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise self._unreachable(error) from error
        raise AssertionError("unreachable")

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self._secure:
                import ssl

                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._seconds, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=self._seconds)
        return self._connection

    def _unreachable(self, error: Exception) -> ServiceProblem:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ServiceProblem(
            f"No service answers at {self.address} ({why}). Start one with `kg serve`, or leave --server "
            "out to work on the local data folder.",
            value=self.address,
        )


def _problem(reply: Reply) -> Problem:
    """The error that a service reported."""
    try:
        said = json.loads(reply.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or "code" not in said or "detail" not in said:
        return ServiceProblem(
            f"The service answered with status {reply.status}, but not as a kg-service does. "
            "Is the address right?",
            value=str(reply.status),
        )
    members = {
        name: said[name] for name in ("parameter", "value", "report") if isinstance(said.get(name), str)
    }
    problem = problem_from_code(said["code"], said["detail"], near=said.get("near") or (), **members)
    problem.run = said.get("run")
    return problem
