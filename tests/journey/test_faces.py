"""What people at a terminal and programs in a pipe get; every example of the help runs."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from journey_kg import KG, Kg, environment

COMMANDS = ("ask", "explain", "workflows", "provenance", "sparql", "check", "rebuild", "serve")
PLACEHOLDERS = ("3fa94c01d2e85b7760c1a4f8290be3d7", "3fa94c01")
BOXES = "├└│─"


def on_terminal(kg: Kg, *arguments: str, encoding: str = "utf-8") -> str:
    """What a command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    env = environment(kg.data, {"COLUMNS": "100", "PYTHONIOENCODING": encoding, "TERM": "xterm"})
    with subprocess.Popen([KG, *arguments], env=env, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            said += piece
        assert process.stderr is not None
        failure = process.stderr.read().decode()
        assert process.wait(60) == 0, failure
    os.close(ours)
    return said.decode(encoding).replace("\r\n", "\n")


@pytest.fixture(scope="module")
def combined(kg):
    return kg.ask("MultiInstrumentSpectrum", "object=TXS 0506+056")["product"]


def test_a_terminal_shows_the_history_as_a_tree_and_a_pipe_gets_turtle(kg, combined):
    ident = combined["id"].rpartition("/")[2]
    tree = on_terminal(kg, "provenance", ident[:12])
    lines = tree.splitlines()
    assert lines[0] == combined["label"]
    assert len(lines) < 80
    assert all(len(line) <= 100 for line in lines[:-1])
    for said in ("derived from Fermi-LAT spectrum", "derived from VERITAS spectra", "object = TXS 0506+056",
                 "cite Ballet et al. 2023", "workflow multi-instrument-spectrum", " by "):  # fmt: skip
        assert said in tree
    assert "--as turtle" in lines[-1]
    piped = kg("provenance", ident)
    assert piped.out.lstrip().startswith(("@prefix", "PREFIX"))
    assert kg("provenance", ident, "--as", "text").out.splitlines()[0] == combined["label"]
    assert isinstance(kg("provenance", ident, "--as", "text", "--json").json, (dict, list))


def test_a_terminal_without_box_characters_gets_plain_ones(kg, combined):
    tree = on_terminal(kg, "provenance", combined["id"], encoding="latin-1")
    assert not set(BOXES) & set(tree)
    assert "|- " in tree


def test_the_history_of_a_run_begins_with_it(kg, combined):
    text = kg("provenance", combined["run"], "--as", "text").out
    assert text.startswith("run, completed")
    assert f"gave {combined['label']}" in text


def test_an_ambiguous_beginning_names_the_whole_ones(kg, combined):
    done = kg("provenance", "runs/0", "--json")
    assert (done.code, done.json["code"], done.json["title"]) == (2, "not-found", "Not found")
    assert len(done.json["near"]) > 1


@pytest.mark.parametrize(
    ("sparql", "member"),
    [
        ("SELECT ?p { ?p a kg:Product }", "results"),
        ("ASK { ?p a kg:Product }", "boolean"),
        ("CONSTRUCT { ?p a kg:Product } WHERE { ?p a kg:Product }", None),
        ("DESCRIBE kg:FermiLAT", None),
    ],
)
def test_every_form_of_sparql_gives_one_json_document(kg, combined, sparql, member):
    said = kg("sparql", sparql, "--json").json
    if member is not None:
        assert member in said
    else:
        found = said if isinstance(said, list) else said.get("@graph", [said])
        assert any("@id" in node for node in found)
        assert json.dumps(said) != "[]"


def test_the_spectrogram_shows_its_loudness(kg):
    text = kg("ask", "Spectrogram", "event=GW150914", "detector=H1").out
    line = next(line for line in text.splitlines() if line.startswith("  loudness"))
    bars = line.split()[1]
    assert "max over frequency" in line
    assert 0.4 < bars.index("█") / len(bars) < 0.6  # the event is in the middle


def test_products_of_two_bands_have_two_labels(kg):
    labels = {
        kg.ask("Spectrum", "object=Mrk 501", *band)["product"]["label"]
        for band in ([], ["e_min=1 GeV"], ["e_min=1 GeV", "e_max=100 GeV"])
    }
    assert len(labels) == 3
    assert any("1 GeV to 1 TeV" in label for label in labels)
    assert any(label.endswith("1-100 GeV") for label in labels)
    parts = kg.ask("MultiInstrumentSpectrum", "object=TXS 0506+056", "e_min=200 MeV")["product"]["label"]
    assert "300 MeV to 1 TeV" in parts  # the bands that lie wholly above 200 MeV


def test_a_search_without_result_says_what_there_is(kg):
    text = kg("workflows", "blazzar").out
    assert "Near: blazar" in text
    assert "fermi-lat-spectrum: " in text
    assert "fermi-lat-spectrum" in kg("workflows", "blazar", "spectrum").out


def examples(text: str) -> list[str]:
    """The lines of a help text that call `kg`, without what the first page says beside them."""
    found = [line.strip() for line in text.splitlines() if line.startswith("  kg ")]
    return [re.split(r"\s{3,}", line)[0] for line in found]


def test_every_example_of_the_help_runs(kg, combined, tmp_path: Path):
    texts = [kg("--help").out, *(kg(name, "--help").out for name in COMMANDS)]
    lines = [line for text in texts for line in examples(text)]
    assert len(lines) > 15
    for line in dict.fromkeys(lines):
        if line.startswith("kg serve"):
            continue  # the tests of the service start it
        words = shlex.split(line)
        target = words.index(">") if ">" in words else len(words)
        ident = combined["id"].rpartition("/")[2]
        arguments = [
            word.replace(PLACEHOLDERS[0], ident).replace(PLACEHOLDERS[1], ident[:8])
            for word in words[1:target]
            if word != "--open"
        ]
        done = kg(*arguments, cwd=tmp_path)
        assert (done.code, done.out != "") == (0, True), (line, done.err)


def test_the_first_page_says_each_command_in_one_line(kg):
    text = kg("--help").out
    for name in COMMANDS:
        line = next(line for line in text.splitlines() if line.startswith(f"  {name} "))
        assert not line.endswith("...")
    assert all(len(line) <= 90 for line in text.splitlines())
