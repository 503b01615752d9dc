"""``kg serve`` as a process of its own on a free port, over a new data folder, for tests that speak HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
_ENTRY = "[kg_service.executors]\nwaiting = waiting_analyses\n"
_METADATA = "Metadata-Version: 2.1\nName: waiting-analyses\nVersion: 1.0\n"


@dataclass
class LiveService:
    """A running service. ``environ`` lets other commands work on the same data folder."""

    address: str
    data: Path
    environ: dict[str, str]
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


def plug_in(folder: Path) -> Path:
    """A folder that, on the path of a Python, holds an installed plug-in with the waiting analyses."""
    info = folder / "waiting_analyses-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(_ENTRY)
    (info / "METADATA").write_text(_METADATA)
    shutil.copy(HERE / "waiting_analyses.py", folder)
    return folder


def environment(data: Path, *extra: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KG_")}
    path = os.pathsep.join([*map(str, extra), *filter(None, [kept.get("PYTHONPATH")])])
    return kept | {"KG_DATA": str(data), "KG_ONLINE": "0", "PYTHONPATH": path}


def kg(*arguments: str, environ: dict[str, str], seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """The command ``kg`` in another process."""
    code = "from kg_service.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environ, capture_output=True, text=True, check=False,
        timeout=seconds,
    )  # fmt: skip


def start(data: Path, *arguments: str, environ: dict[str, str] | None = None) -> LiveService:
    """Start ``kg serve`` and wait until it says where it is."""
    environ = environ or environment(data)
    code = "from kg_service.cli import main; main()"
    with (data.parent / f"{data.name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", "--json", *arguments],
            env=environ, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    text = ""
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline()
        if not line:
            log_text = (data.parent / f"{data.name}.log").read_text()
            raise AssertionError(f"kg serve ended with {process.wait()}: {text} {log_text}")
        text += line
    return LiveService(json.loads(text)["address"], data, environ, process)


def stop(service: LiveService, number: int = signal.SIGTERM, seconds: float = 20) -> int:
    """Tell it to stop; its exit code."""
    service.process.send_signal(number)
    try:
        return service.process.wait(seconds)
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise
    finally:
        if service.process.stdout is not None:
            service.process.stdout.close()


class _Shared:
    """One service for all rooms that test over HTTP; the last of them stops it."""

    def __init__(self) -> None:
        self._users = 0
        self._service: LiveService | None = None
        self._folder: Path | None = None

    def take(self) -> LiveService:
        if self._service is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kg-live-"))
            data = self._folder / "data"
            self._service = start(data, environ=environment(data, plug_in(self._folder / "plug-in")))
        self._users += 1
        return self._service

    def give_back(self) -> None:
        self._users -= 1
        if self._users == 0 and self._service is not None and self._folder is not None:
            stop(self._service)
            self._service = None
            shutil.rmtree(self._folder)


shared = _Shared()
