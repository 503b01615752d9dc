"""The ``kg`` command as a user runs it: real processes over a real data folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

KG = Path(sys.executable).with_name("kg")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)


def environment(data: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KG_")}
    return kept | {"KG_DATA": str(data), "KG_ONLINE": "0"} | dict(extra or {})


@dataclass(frozen=True)
class Kg:
    """Runs ``kg`` over one data folder."""

    data: Path

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> Done:
        done = subprocess.run(
            [KG, *arguments], env=environment(self.data, env), capture_output=True, text=True, timeout=300,
            check=False, **options,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [KG, *arguments],
            env=environment(self.data, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, *arguments: str, **options: Any) -> Any:
        """The answer to a request that must succeed."""
        done = self("ask", *arguments, "--json", **options)
        assert done.code == 0, done.out + done.err
        return done.json

    def rows(self, sparql: str) -> list[dict[str, str]]:
        """The rows of a SPARQL query."""
        return [{k: v["value"] for k, v in row.items()} for row in self.terms(sparql)]

    def terms(self, sparql: str) -> list[dict[str, dict[str, str]]]:
        """The rows of a SPARQL query, each value with its type."""
        done = self("sparql", sparql, "--json")
        assert done.code == 0, done.out + done.err
        found: list[dict[str, dict[str, str]]] = done.json["results"]["bindings"]
        return found


@pytest.fixture(scope="session")
def kg(tmp_path_factory: pytest.TempPathFactory) -> Kg:
    """``kg`` over a data folder that the tests of this room share: they only add to it."""
    return Kg(tmp_path_factory.mktemp("journey") / "data")


@pytest.fixture
def new_kg(tmp_path: Path) -> Callable[[str], Kg]:
    """Makes a ``kg`` over a data folder of its own."""
    return lambda name: Kg(tmp_path / name)


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kg, dict[str, str]]:
    """``kg`` over an own data folder, and the environment in which it sees ``plugged_analyses``."""
    folder = tmp_path_factory.mktemp("plugged")
    info = folder / "plug-in" / "plugged_analyses-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[kg_service.executors]\nplugged = plugged_analyses\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged-analyses\nVersion: 1.0\n")
    shutil.copy(Path(__file__).with_name("plugged_analyses.py"), folder / "plug-in")
    path = os.pathsep.join(filter(None, [str(folder / "plug-in"), os.environ.get("PYTHONPATH")]))
    return Kg(folder / "data"), {"PYTHONPATH": path, "KG_CACHE": str(folder / "cache")}
