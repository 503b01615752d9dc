"""What stops reuse, what runs once, and what ``kg rebuild`` gives back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from journey_kg import Kg, environment

CURVE = ("LightCurve", "object=Mrk 501")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_executors(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the analyses that a test may change, and the environment that uses it."""
    folder = tmp_path / "own"
    shutil.copytree(ROOT / "executors", folder / "executors", ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "executors", {"PYTHONPATH": str(folder)}


def change_a_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\n# another line\n", encoding="utf-8")


def change_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    position = content.rindex(b"4FGL-DR4")  # in a comment of the table: no figure changes
    content[position] = ord("5")
    file.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (change_a_line, "instruments/fermi_lat.py"),
        (change_a_line, "physics/variability.py"),
        (change_a_byte, "tables/fermi_4fgl_dr4_selected.ecsv"),
    ],
)
def test_a_changed_analysis_or_table_stops_reuse(
    new_kg: Callable[[str], Kg],
    own_executors: tuple[Path, dict[str, str]],
    change: Callable[[Path], None],
    where: str,
) -> None:
    kg, (folder, env) = new_kg("data"), own_executors
    first = kg.ask(*CURVE, env=env)
    assert kg.ask(*CURVE, env=env)["reused"]
    change(folder / where)
    changed = kg.ask(*CURVE, env=env)
    assert not changed["reused"]
    assert changed["product"]["id"] != first["product"]["id"]
    assert kg.ask(*CURVE, env=env)["product"]["id"] == changed["product"]["id"]


def test_another_analysis_that_changes_leaves_reuse_alone(
    new_kg: Callable[[str], Kg], own_executors: tuple[Path, dict[str, str]]
) -> None:
    kg, (folder, env) = new_kg("data"), own_executors
    kg.ask(*CURVE, env=env)
    change_a_line(folder / "instruments" / "veritas.py")
    assert kg.ask(*CURVE, env=env)["reused"]


def test_two_equal_requests_started_together_run_once(new_kg: Callable[[str], Kg]) -> None:
    kg = new_kg("data")
    kg.ask("ResolvedObject", "object=M 87")  # publishes the workflows first
    both = [kg.start("ask", "LightCurve", "object=3C 279", "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    runs = kg.rows(
        "SELECT DISTINCT ?run WHERE "
        '{ ?run a kg:Run ; kg:ofWorkflow ?w . ?w schema:name "fermi-lat-light-curve" }'
    )
    assert len(runs) == 1


def all_graphs(kg: Kg) -> dict[str, set[str]]:
    """The whole index, graph by graph; blank nodes (there are some in the ontology) under one name."""
    graphs: dict[str, set[str]] = {}
    for row in kg.terms("SELECT ?g ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o } }"):
        texts = ["_" if row[v]["type"] == "bnode" else str(sorted(row[v].items())) for v in "spo"]
        graphs.setdefault(row["g"]["value"], set()).add(" ".join(texts))
    return graphs


def test_rebuild_from_records_alone_gives_the_same_house(new_kg: Callable[[str], Kg]) -> None:
    kg, copy = new_kg("data"), new_kg("copy")
    kg.ask("MultiInstrumentSpectrum", "object=TXS 0506+056")
    kg.ask("Spectrum", "object=4FGL J0509.4+0542")
    copy.data.mkdir()
    for part in ("records", "blobs"):
        shutil.copytree(kg.data / part, copy.data / part)
    shutil.copy(kg.data / "site.json", copy.data)
    assert copy("rebuild", "--json").code == 0
    assert all_graphs(copy) == all_graphs(kg)
    again = copy.ask("MultiInstrumentSpectrum", "object=TXS 0506+056")
    assert again["reused"]
    assert again["product"]["id"] == kg.ask("MultiInstrumentSpectrum", "object=TXS 0506+056")["product"]["id"]


HEAVY = ("astropy", "pyshacl", "fastapi", "pydantic", "httpx", "owlready2")


def test_a_reused_answer_imports_nothing_heavy(kg: Kg) -> None:
    kg.ask(*CURVE)
    script = (
        "import sys, atexit\n"
        f"heavy = set({HEAVY!r})\n"
        "atexit.register(lambda: print('HEAVY', sorted(set(sys.modules) & heavy), file=sys.stderr))\n"
        "from kg_service.cli import main\n"
        f"sys.argv = ['kg', 'ask', *{CURVE!r}]\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(kg.data), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "reused" in done.stdout
    assert "HEAVY []" in done.stderr
