"""Rules of the house that a machine can check: floors, sizes, late imports, what may stand in the files."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kg_service", "executors")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENTRY_POINTS = [
    module for group in PROJECT["project"]["entry-points"].values() for module in group.values()
]  # fmt: skip

HEAVY = {"astropy", "httpx", "matplotlib", "numpy", "owlready2", "pyshacl", "rdflib", "requests", "scipy"}
WEB = {"fastapi", "pydantic", "starlette", "uvicorn"}
WEB_ROOMS = {"api", "app", "web"}
DRAWERS = {"base", "common", "helpers", "manager", "misc", "utils"}
# Written in parts, so that this file does not hold what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
                  ("yarnpkg", "com"), ("deb", "debian", "org"), ("anaconda", "org"), ("crates", "io")]
)  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|mnt)/\w")


def tracked_files() -> list[Path]:
    """What git holds or would add; in an unpacked archive, every file outside generated folders."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        generated = {
            ".venv",
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
            "__pycache__",
            "build",
            "dist",
            "site",
        }
        files = [path for path in ROOT.rglob("*") if generated.isdisjoint(path.relative_to(ROOT).parts)]
    return sorted(path for path in files if path.is_file())


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def libraries(tree: ast.Module, *, head: bool) -> set[str]:
    """Top-level names of the imported packages: of the whole module, or of what runs when it is loaded."""
    found = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.body if isinstance(node.test, ast.UnaryOp) else node.orelse
        elif not (head and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return found


def test_imports_keep_to_their_floors():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()",
         "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sources("kg_service"), ids=name_of)
def test_loading_a_module_loads_no_heavy_library(path):
    room = path.relative_to(ROOT / "kg_service").parts[0].removesuffix(".py")
    late = HEAVY if room in WEB_ROOMS else HEAVY | WEB
    assert not libraries(ast.parse(path.read_text(encoding="utf-8")), head=True) & late


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_describing_a_workflow_loads_no_heavy_library(module):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (HEAVY | WEB) & set(done.stdout.split())


def test_what_is_imported_is_declared():
    declared = {
        re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in PROJECT["project"]["dependencies"]
    }
    providers = importlib.metadata.packages_distributions()
    missing = {}
    for path in sources(*PACKAGES):
        for library in libraries(ast.parse(path.read_text(encoding="utf-8")), head=False):
            if library in sys.stdlib_module_names or library in PACKAGES:
                continue
            names = {name.lower().replace("_", "-") for name in providers.get(library, [library])}
            if not names & declared:
                missing.setdefault(library, []).append(name_of(path))
    assert missing == {}


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests", "benchmarks", "deploy"), ids=name_of)
def test_a_module_stays_below_500_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_there_are_no_drawers():
    assert [name_of(path) for path in sources(*PACKAGES) if DRAWERS & set(path.with_suffix("").parts)] == []


def test_test_files_have_different_names():
    names = [path.name for path in sources("tests") if path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if any(host in line for host in REGISTRY_HOSTS) or MACHINE_PATH.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:120]}")
    assert found == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=name_of)
def test_locked_requirements_have_hashes_and_no_addresses(path):
    text = path.read_text(encoding="utf-8")
    pins = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
    assert pins
    assert [entry for entry in pins if not re.match(r"[\w.-]+==[\w.]+( |$)", entry)] == []
    assert [entry for entry in pins if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_every_locked_set_agrees_on_versions():
    pinned: dict[tuple[str, str], set[str]] = {}
    for path in (ROOT / "requirements").glob("*.txt"):
        for name, version, marker in re.findall(
            r"^([\w.-]+)==([\w.]+)(?: ; (.*?))? \\$", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            pinned.setdefault((name, marker), set()).add(version)
    assert {key: versions for key, versions in pinned.items() if len(versions) > 1} == {}


def test_the_citation_names_the_released_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['project']['version']}\n" in citation


def test_changelog_fragments_have_a_known_kind():
    fragments = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    strange = [
        p.name for p in fragments if not re.fullmatch(r"[a-z0-9-]+\.(breaking|new|fixed|other)\.md", p.name)
    ]
    assert strange == []


@pytest.mark.parametrize("path", sorted((ROOT / "executors" / "tables").glob("*.ecsv")), ids=name_of)
def test_each_shipped_table_is_credited(path):
    assert f"\n{path.name}\n" in (ROOT / "NOTICE").read_text(encoding="utf-8")
