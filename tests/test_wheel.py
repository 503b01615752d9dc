"""The wheel alone does the main job: in an empty environment, elsewhere, with the locked dependencies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 750e6  # of the base installation, without bytecode

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Installation:
    """An environment that holds the wheel, its size before anything ran, and a folder to work in."""

    environment: Path
    size: int
    elsewhere: Path

    def kg(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``kg`` as a user of a fresh machine would: own home, no settings but the closed archives."""
        clean = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        clean |= {
            "HOME": str(self.elsewhere / "home"),
            "KG_DATA": str(self.elsewhere / "data"),
            "KG_ONLINE": "0",
        }
        return subprocess.run(
            [self.environment / "bin" / "kg", *arguments],
            cwd=self.elsewhere, env=clean, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
                   cwd=ROOT, check=True, capture_output=True)  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installation(wheel, tmp_path_factory, need) -> Installation:
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    requirements = ROOT / "requirements" / "base.txt"
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        environment / "bin" / "python",
    ]
    # What set up this environment lies in uv's cache; only where it does not, the registry is asked.
    for where in (["--offline"], []):
        done = subprocess.run([*install, *where, "--require-hashes", "-r", requirements],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode == 0:
            break
    need(
        done.returncode == 0,
        f"needs the locked dependencies from uv's cache or a registry: {done.stderr[-400:]}",
    )
    subprocess.run([*install, "--offline", "--no-deps", wheel], check=True)
    size = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
    yield Installation(environment, size, folder)
    shutil.rmtree(folder)  # half a gigabyte


def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "kg_service", "executors", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"
    }  # fmt: skip

    def shipped(folder):
        return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}

    def packed(prefix):
        return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}

    assert packed("kg_service/_data/ontology/") == shipped(ROOT / "ontology")
    assert packed("kg_service/_data/shapes/") == shipped(ROOT / "shapes")
    assert (
        packed("executors/tables/")
        >= {p.name for p in (ROOT / "executors" / "tables").glob("*.ecsv")}
        != set()
    )
    assert any(name.endswith("licenses/NOTICE") for name in names)


def test_the_base_installation_is_small(installation):
    assert not list(installation.environment.rglob("*.pyc"))
    assert installation.size <= MOST_BYTES


def test_the_installed_package_is_the_one_that_runs(installation):
    code = "import kg_service.data as d; print(d.data_folder('ontology'))"
    done = subprocess.run([installation.environment / "bin" / "python", "-P", "-c", code],
                          cwd=installation.elsewhere, check=True, capture_output=True, text=True)  # fmt: skip
    assert Path(done.stdout.strip()).is_relative_to(installation.environment)


def test_kg_check_passes_there(installation):
    done = installation.kg("check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_kg_ask_answers_there(installation):
    done = installation.kg("ask", "Spectrum", "object=TXS 0506+056", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["reused"]) == ("done", False)
    assert answer["files"]
    assert all((installation.elsewhere / path).is_file() for path in answer["files"])
