"""A process that evaluates public SPARQL, one query at a time, until it is told to end or is killed.

Started by ``sparql_workers``. On standard input come frames (4 bytes of length, then JSON): first the
folder of the index or the address of a SPARQL server, then one per query. On standard output goes one
frame per answer (4 + 8 bytes of lengths, JSON, body).
"""

from __future__ import annotations

import json
import os
import re
import resource
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from kg_service.errors import Problem
from kg_service.store.no_network import forbid_sockets
from kg_service.store.oxigraph import EmbeddedReader
from kg_service.store.sparql_results import GRAPH_TYPES, TooManyRows

__all__ = ["main"]

_MARGIN = 2**30  # bytes of address space beyond the limit of resident memory


class _Source(Protocol):
    def evaluate(self, text: str, media_type: str, rows: int) -> bytes: ...


class _Following:
    """The index, looked at anew for each query when its writer has written."""

    def __init__(self, path: Path) -> None:
        self._reader = EmbeddedReader(path)

    def evaluate(self, text: str, media_type: str, rows: int) -> bytes:
        self._reader.refresh()
        return self._reader.evaluate(text, media_type, rows)


def main() -> int:
    """Serve until the input ends."""
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    os.nice(5)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    task = _frame(requests)
    if task is None:
        return 0
    where: str = task["source"]
    _limit_address_space(task["memory"])
    source: _Source
    if where.startswith(("http://", "https://")):
        from kg_service.store.remote import RemoteStore

        source = RemoteStore(where, task["update"], seconds=3600)
        walled = False
    else:
        walled = forbid_sockets()
        source = _Following(Path(where))
    _answer(answers, {"ready": True, "walled": walled}, b"")
    while (request := _frame(requests)) is not None:
        _answer(answers, *_evaluate(source, request))
    return 0


def _frame(requests: BinaryIO) -> dict[str, Any] | None:
    """The next frame; ``None`` at the end of the input."""
    header = requests.read(4)
    if not header:
        return None
    content: dict[str, Any] = json.loads(requests.read(struct.unpack(">I", header)[0]))
    return content


def _evaluate(source: _Source, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        return {}, source.evaluate(request["text"], request["media_type"], request["rows"])
    except TooManyRows:
        noun = "triples" if request["media_type"] in GRAPH_TYPES else "rows"
        return {"limit": "rows", "noun": noun}, b""
    except MemoryError:
        return {"limit": "memory"}, b""
    except SyntaxError as error:
        found = re.match(r"error at 1:([0-9]+): (.*)", str(error), re.DOTALL)
        column, reason = (int(found[1]), found[2]) if found else (0, str(error))
        return {"syntax": reason, "column": column}, b""
    except Problem as problem:
        return {"problem": problem.code, "detail": problem.detail}, b""


def _answer(answers: BinaryIO, head: dict[str, Any], body: bytes) -> None:
    text = json.dumps(head).encode()
    answers.write(struct.pack(">IQ", len(text), len(body)) + text)
    answers.write(body)
    answers.flush()


def _limit_address_space(memory: int) -> None:
    """A backstop behind the watched resident memory; importing and opening map much that is never used."""
    limit = memory + _MARGIN
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _end_with(parent: int) -> None:
    """End when the service is gone, also in the middle of a query (the engine releases the interpreter)."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
