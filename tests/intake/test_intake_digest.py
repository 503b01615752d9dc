"""The digest of an analysis changes with what is run, and with nothing else."""

from __future__ import annotations

import ast
import importlib
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from kg_service.errors import Invalid
from kg_service.intake import digest
from kg_service.intake.digest import code_digest, source_modules

FILES = {
    "__init__.py": "",
    "instruments/__init__.py": "",
    "instruments/lat.py": (
        "import os\nfrom obsdigest.physics import fit\n\n\n"
        "def spectrum():\n    from ..plotting import draw\n    return draw(fit)\n"
    ),
    "instruments/isgri.py": "def image():\n    return 1\n",
    "physics/__init__.py": "from .deep import constants\n",
    "physics/fit.py": "from .deep import constants as c\nVALUE = 1\n",
    "physics/deep.py": "constants = 1\n",
    "physics/unused.py": "x = 1\n",
    "plotting.py": (
        "import importlib\n\n\ndef draw(x):\n    return importlib.import_module('obsdigest.late')\n"
    ),
    "late.py": "y = 1\n",
    "tables/data.csv": "1,2\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two instruments; a new copy of it for each test."""
    folder = tmp_path / "obsdigest"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [n for n in sys.modules if n.partition(".")[0] == "obsdigest"]:
        del sys.modules[name]


def functions():
    lat = importlib.import_module("obsdigest.instruments.lat")
    isgri = importlib.import_module("obsdigest.instruments.isgri")
    return lat.spectrum, isgri.image


def test_imports_are_followed_wherever_they_stand(package):
    spectrum, image = functions()
    assert list(source_modules(spectrum)) == [
        "obsdigest",
        "obsdigest.instruments",
        "obsdigest.instruments.lat",
        "obsdigest.late",
        "obsdigest.physics",
        "obsdigest.physics.deep",
        "obsdigest.physics.fit",
        "obsdigest.plotting",
    ]
    assert list(source_modules(image)) == [
        "obsdigest",
        "obsdigest.instruments",
        "obsdigest.instruments.isgri",
    ]


@pytest.mark.parametrize(
    "changed", ["instruments/lat.py", "physics/fit.py", "physics/deep.py", "plotting.py", "late.py"]
)
def test_one_line_anywhere_in_the_analysis_changes_it(package, changed):
    spectrum, image = functions()
    before = code_digest(spectrum), code_digest(image)
    path = package / changed
    path.write_text(path.read_text() + "# one more line\n")
    assert code_digest(spectrum) != before[0]
    assert code_digest(image) == before[1]


@pytest.mark.parametrize("changed", ["instruments/isgri.py", "physics/unused.py", "tables/data.csv"])
def test_other_instruments_and_data_do_not_change_it(package, changed):
    spectrum, _ = functions()
    before = code_digest(spectrum)
    path = package / changed
    path.write_text(path.read_text() + "# one more line\n")
    assert code_digest(spectrum) == before


def test_a_change_of_the_same_length_is_seen(package):
    spectrum, _ = functions()
    before = code_digest(spectrum)
    path = package / "physics/fit.py"
    path.write_text(path.read_text().replace("VALUE = 1", "VALUE = 2"))
    os.utime(path, ns=(1, 1))
    assert code_digest(spectrum) != before


def test_place_and_age_of_the_files_do_not_matter(package):
    spectrum, _ = functions()
    before = code_digest(spectrum)
    for path in package.rglob("*.py"):
        os.utime(path, ns=(10**18, 10**18))
    assert code_digest(spectrum) == before
    moved = package.parent / "elsewhere" / "obsdigest"
    moved.parent.mkdir()
    package.rename(moved)
    sys.modules["obsdigest"].__path__[:] = [str(moved)]
    sys.modules["obsdigest.instruments.lat"].__file__ = str(moved / "instruments" / "lat.py")
    assert code_digest(spectrum) == before


def test_the_description_counts(package):
    from dataclasses import replace

    from kg_service.authoring import Declaration, Input

    spectrum, _ = functions()
    said = Declaration(
        spectrum, "n", "title", "d", (Input("a", "http://x/A"),), "http://x/S", "s", cite=("1",)
    )
    digests = {code_digest(spectrum)}
    variants = [
        said,
        replace(said, title="other"),
        replace(said, inputs=(Input("a", "http://x/A", default=1),)),
        replace(said, cite=("2",)),
        replace(said, below=(("a", "b"),)),
    ]
    for variant in variants:
        spectrum.declaration = variant
        digests.add(code_digest(spectrum))
        assert code_digest(spectrum) == code_digest(spectrum)
    assert len(digests) == len(variants) + 1


def test_two_functions_of_one_module_differ(package):
    assert code_digest(digest.code_digest) != code_digest(digest.source_modules)


def test_without_source_text_there_is_no_version():
    with pytest.raises(Invalid, match="builtins"):
        code_digest(len)


def by_syntax_tree(text, package):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != "*")


ODD = """
from a import (  # first (old)
    b, c as d,
    e as
    f)
from g import h, \\
    i
import j.k as l, m; import n
if True: from . import o
from.p import q
from .. r import(s)
import t . u
x = "taken from"
from v import w
def f(): yield from y; from z import zz
"""


def test_no_import_of_a_text_is_missed():
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts = [ODD] + [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))]
    for text in texts:
        assert set(by_syntax_tree(text, "a.b")) - set(digest._imports(text, "a.b")) == set()
