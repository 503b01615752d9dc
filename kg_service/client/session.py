"""A command's session with a service over HTTP: the same answers as from the local data folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from kg_service.client.connection import Connection
from kg_service.client.placing import is_there, not_placed
from kg_service.errors import Conflict, NotAcceptable, NotFound, ServiceProblem
from kg_service.model.run import Progress
from kg_service.model.terms import local_name

__all__ = ["RemoteSession"]

_ROLES = ("main", "preview")


class RemoteSession:
    """Asks a service for a command.

    Parameters
    ----------
    server
        The address of the service.
    files
        Where the files of products are put when no other folder is named.
    """

    def __init__(self, server: str, files: Path) -> None:
        self._connection = Connection(server)
        self._server = server.rstrip("/")
        self._files = files

    def here(self, iri: str) -> str:
        """Where the service shows a resource (IRI under its base): its class and name are the last parts."""
        return "/".join([self._server, *iri.split("/")[-2:]])

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def ask(
        self,
        term: str,
        pairs: Sequence[tuple[str, str]],
        *,
        fresh: bool,
        wait: bool,
        out: Path | None,
        watch: Callable[[Progress], None],
    ) -> dict[str, Any]:
        """The answer as JSON, with the product's files as local paths."""
        headers = {"Prefer": "respond-async"}
        if fresh:
            headers["Cache-Control"] = "no-cache"
        answer = self._connection.request("GET", _address("ask", term, pairs), headers=headers).json()
        if answer.get("status") == "pending" and wait:
            answer = self._follow(answer, watch)
        product = answer.get("product")
        return {**answer, "files": self._fetch(product, out) if product else ([] if wait else None)}

    def _follow(self, answer: dict[str, Any], watch: Callable[[Progress], None]) -> dict[str, Any]:
        """Watch the run to its end; an interrupt cancels it."""
        run = f"/runs/{local_name(answer['run'])}"
        try:
            for kind, data in self._events(run):
                if kind == "progress":
                    watch(Progress(data["fraction"], data["message"]))
        except KeyboardInterrupt:
            self._cancel(run)
            for _ in self._events(run):  # until the record of what was cancelled is written
                pass
        return self._ended(answer)

    def _ended(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What became of the run that was followed: the same query may have newer answers by now."""
        run = self._connection.request("GET", f"/runs/{local_name(answer['run'])}").json()
        final = self._connection.request("GET", f"/queries/{local_name(answer['query'])}").json()
        status = {"COMPLETED": "done", "ABORTED": "cancelled", "ERROR": "failed"}.get(run["phase"], "pending")
        # As it was asked now; the recorded query keeps the words of whoever asked first.
        result = {**final, "resolved": answer["resolved"]}
        if final["run"] != run["id"] or final["status"] != status:
            product = None
            if run["products"]:
                product = self._connection.request(
                    "GET", f"/products/{local_name(run['products'][0])}"
                ).json()
            result |= {
                "status": status, "product": product, "run": run["id"], "reused": False, "reuse": None,
                "workflow": product["workflow"] if product else run["workflow"], "problem": run["problem"],
            }  # fmt: skip
        return result

    def _cancel(self, run: str) -> None:
        try:
            self._connection.request("DELETE", run)
        except (Conflict, NotFound):
            return  # it has ended in the meantime

    def _events(self, run: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Events as kind and data (HTML Living Standard, section 9.2.6)."""
        kind, data = "", ""
        for line in self._connection.lines(f"{run}/events", accept="text/event-stream"):
            if not line:
                if kind:
                    yield kind, json.loads(data)
                if kind == "end":
                    return
                kind, data = "", ""
            name, _, value = line.partition(":")
            if name == "event":
                kind = value.strip()
            elif name == "data":
                data += value.removeprefix(" ")

    def _fetch(self, product: Mapping[str, Any], out: Path | None) -> list[str]:
        """The product's files under their own names; what is there already is not fetched again."""
        ident = local_name(product["id"])
        folder = out if out is not None else self._files / "products" / ident
        placed = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in product["files"]:
                target = folder / Path(file["name"]).name
                if not is_there(target, file["sha256"]):
                    part = target.with_name(f".{target.name}.part")
                    part.write_bytes(self._content(ident, file))
                    part.replace(target)
                placed.append(str(target))
        except OSError as error:
            raise not_placed(folder, error) from error
        return placed

    def _content(self, product: str, file: Mapping[str, Any]) -> bytes:
        path = f"/products/{product}/files/{quote(file['name'], safe='')}"
        content = self._connection.request("GET", path, accept="*/*").body
        if _sha256(content) != file["sha256"]:
            raise ServiceProblem(
                f"The file {file['name']} arrived with another sha256 than the service states. Ask again.",
                value=file["name"],
            )
        return content

    def explain(self, term: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The explanation as JSON."""
        return self._connection.request("GET", _address("explain", term, pairs)).json()

    def workflows(self, text: str, produces: str | None, consumes: str | None) -> dict[str, Any]:
        """The workflows that fit, as a list of the contract."""
        given = {"q": text, "produces": produces, "consumes": consumes, "limit": "1000"}
        fields = {name: value for name, value in given.items() if value}
        items: list[Any] = []
        while True:
            page = self._connection.request("GET", f"/workflows?{urlencode(fields)}").json()
            items += page["items"]
            if page["next"] is None:
                return {**page, "items": items}
            fields["after"] = items[-1]["name"]

    def provenance(self, iri: str, media_type: str) -> bytes:
        """The history of a product or run in a form."""
        path = f"/provenance?{urlencode({'of': iri})}"
        return self._connection.request("GET", path, accept=media_type).body

    def sparql(self, text: str, media_type: str) -> bytes:
        """The results of a SPARQL query."""
        headers = {"Content-Type": "application/sparql-query"}
        return self._connection.request(
            "POST", "/sparql", accept=media_type, headers=headers, body=text.encode()
        ).body

    def file(self, product: str, media_types: Sequence[str]) -> bytes:
        """The bytes of the product's file of the first media type there is."""
        found = self._connection.request("GET", f"/products/{local_name(product)}").json()
        for media_type in media_types:
            for file in found["files"]:
                if file["media_type"] == media_type and file["role"] in _ROLES:
                    return self._content(local_name(product), file)
        offered = sorted({f["media_type"] for f in found["files"]})
        raise NotAcceptable(
            f"{found['label']} has no {media_types[0]}; it has {', '.join(offered)}.", near=offered
        )


def _address(what: str, term: str, pairs: Sequence[tuple[str, str]]) -> str:
    query = urlencode(list(pairs), quote_via=quote)
    return f"/{what}/{quote(term, safe='')}" + (f"?{query}" if query else "")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
