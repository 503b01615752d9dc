"""What can be set and what can go wrong has its entry in the reference."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kg_service import errors

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


def entries(page: str) -> set[str]:
    """The names in the first column of a page's table."""
    return set(re.findall(r"^\| `([\w-]+)` \|", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE))


def test_each_setting_has_an_entry():
    source = (ROOT / "kg_service" / "config.py").read_text(encoding="utf-8")
    assert entries("settings.md") == set(re.findall(r'"(KG_[A-Z_]+)"', source))


def test_each_problem_code_has_an_entry():
    codes = {
        value.code
        for name in errors.__all__
        if isinstance(value := getattr(errors, name), type) and "code" in vars(value)
    }
    assert entries("problems.md") == codes


def test_each_entry_point_group_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert [group for group in project["entry-points"] if f"`{group}`" not in pages] == []


def test_the_first_screen_names_the_two_commands():
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    assert {"make demo", "make test"} <= {line.removeprefix("$ ").split("  ")[0] for line in first_screen}
