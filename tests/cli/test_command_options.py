"""What options do that concern standard output and the screen: forms, line ends, contradictions, pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from kg_service.cli import ask as ask_room
from kg_service.cli import look as look_room
from kg_service.cli.commands import kg

ECSV = b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: flux, unit: Jy, datatype: float64}\nflux\n1.0\n"
PRODUCT = {
    "id": "http://localhost:8000/products/aa", "url": "http://127.0.0.1:8123/products/aa",
    "label": "A spectrum", "values": {}, "quality": [], "stale": False, "cite": [],
}  # fmt: skip
ANSWER = {
    "status": "done", "product": PRODUCT, "problem": None, "run": "http://localhost:8000/runs/r",
    "reused": False, "resolved": [], "steps": [], "passed_over": [], "caveats": [],
    "files": ["/a/picture.png"],
}  # fmt: skip
DOUBLE = "http://www.w3.org/2001/XMLSchema#double"
CELL = {"type": "literal", "value": "0.000000000001924", "datatype": DOUBLE}
ROWS = json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": CELL}]}}).encode()


class Session:
    """A session whose answers are made up."""

    def ask(self, *_: Any, **__: Any) -> dict[str, Any]:
        return dict(ANSWER)

    def file(self, product: str, media_types: Any) -> bytes:
        return ECSV

    def sparql(self, text: str, media_type: str) -> bytes:
        return ROWS

    def here(self, iri: str) -> str:
        return iri.replace("localhost:8000", "127.0.0.1:8123")

    def close(self) -> None:
        pass


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    for room in (ask_room, look_room):
        monkeypatch.setattr(room, "open_session", lambda *_, **__: Session())
    return lambda *arguments: CliRunner().invoke(kg, list(arguments))


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "Spectrum", "--json", "--as", "table"),
        ("ask", "Spectrum", "--json", "--as", "json"),
        ("sparql", "ASK {}", "--json", "--as", "csv"),
        ("provenance", "aa", "--json", "--as", "turtle"),
    ],
)
def test_two_forms_of_standard_output_contradict_each_other(run, arguments):
    done = run(*arguments)
    problem = json.loads(done.stdout)
    assert done.exit_code == 2
    assert (problem["code"], problem["parameter"], problem["value"]) == ("bad-value", "--as", arguments[-1])


def test_the_same_form_twice_is_no_contradiction(run):
    assert run("sparql", "ASK {}", "--json", "--as", "json").exit_code == 0


@pytest.mark.parametrize("more", [(), ("--json",), ("--as", "json")])
def test_results_end_with_a_line_end(run, more):
    assert run("sparql", "SELECT * {}", *more).stdout_bytes == ROWS + b"\n"


def test_data_go_to_a_pipe_as_they_are_and_to_csv_without_header(run):
    assert run("ask", "Spectrum", "--as", "table").stdout_bytes == ECSV
    assert run("ask", "Spectrum", "--as", "csv").stdout_bytes == b"flux\n1.0\n"


def test_a_terminal_gets_a_table_to_read(monkeypatch):
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    ask_room._write_data(ECSV, "table")
    assert out.getvalue() == "flux\nJy\n1\n\n(1 row)\n"


def test_rows_on_a_terminal_have_powers_of_ten():
    assert look_room._results_text(json.loads(ROWS)) == "x\n1.924e-12\n(1 row)"


def test_without_a_display_the_place_of_the_picture_is_told(run, monkeypatch):
    launched: list[str] = []
    monkeypatch.setattr(ask_room.sys, "platform", "linux")
    monkeypatch.setattr(ask_room.click, "launch", lambda path: launched.append(path) or 0)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = run("ask", "Spectrum", "--open")
    assert done.exit_code == 0
    assert "no display" in done.stderr
    assert "/a/picture.png" in done.stderr
    assert not launched
    monkeypatch.setenv("DISPLAY", ":0")
    assert "no display" not in run("ask", "Spectrum", "--open").stderr
    assert launched == ["/a/picture.png"]


def test_the_answer_names_the_address_that_works(run):
    assert run("ask", "Spectrum").stdout.splitlines()[1].strip() == PRODUCT["url"]


def test_a_run_that_failed_is_named_by_the_address_that_works(run, monkeypatch):
    problem = {
        "code": "run-failed", "detail": "No.", "parameter": None, "value": None, "near": [], "report": None
    }  # fmt: skip
    monkeypatch.setitem(ANSWER, "problem", problem)
    assert "http://127.0.0.1:8123/runs/r" in run("ask", "Spectrum").stderr
    assert json.loads(run("ask", "Spectrum", "--json").stdout)["run"] == "http://localhost:8000/runs/r"


def test_commands_are_listed_in_the_order_of_use(run):
    text = run("--help").stdout.partition("Commands:")[2]
    names = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert names == ["ask", "explain", "workflows", "provenance", "sparql", "check", "rebuild", "serve"]
