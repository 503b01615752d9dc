"""What holds for every test: no network, no settings of the machine, and honest skipping."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MIRRORS = os.environ.get("KG_ARCHIVE_MIRRORS", "")  # read before the settings of the machine are set aside
LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}


class NetworkUsed(RuntimeError):
    """A test reached for another machine; not an OSError, so that nothing takes it for a closed archive."""


def _is_local(address: Any) -> bool:
    return not isinstance(address, tuple) or address[0] in LOCAL


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections and name look-ups stay on this machine."""
    resolve = socket.getaddrinfo

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *args: Any) -> Any:
            if not _is_local(args[-1]):
                raise NetworkUsed(f"tests use no network: {method.__name__} to {args[-1]}")
            return method(self, *args)

        return call

    def local_name(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name not in LOCAL:
            raise NetworkUsed(f"tests use no network: looking up {name}")
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", local_name)
        yield


@pytest.fixture(autouse=True)
def settings_set_aside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No ``KG_*`` of the machine reaches a test; the data folder is a new one and archives are closed."""
    for name in [name for name in os.environ if name.startswith("KG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KG_ONLINE", "0")
    monkeypatch.setenv("KG_DATA", str(tmp_path_factory.getbasetemp() / f"data-{os.urandom(6).hex()}"))


@pytest.fixture(scope="session")
def need() -> Callable[[object, str], None]:
    """``need(condition, reason)`` skips a test without what it needs; on CI, which has it all, it fails."""

    def ask(condition: object, reason: str) -> None:
        if condition:
            return
        if os.environ.get("CI") == "true":
            pytest.fail(f"missing on CI: {reason}")
        pytest.skip(reason)

    return ask


@pytest.fixture(scope="session")
def mirror(need: Callable[[object, str], None]) -> Path:
    """A folder laid out as the archives, from ``KG_ARCHIVE_MIRRORS``."""
    if not MIRRORS:
        pytest.skip("needs archive files: set KG_ARCHIVE_MIRRORS to a folder that mirrors them")
    folder = Path(MIRRORS.split(os.pathsep)[0])
    need(folder.is_dir(), f"needs the mirror that KG_ARCHIVE_MIRRORS names, {folder}")
    return folder
