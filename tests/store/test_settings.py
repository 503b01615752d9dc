"""Settings come from the environment; a value that cannot be used names its variable."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from kg_service.config import Settings
from kg_service.errors import BadValue


def read(**variables: str) -> Settings:
    return Settings.from_environment({"KG_DATA": "/srv/kg", **variables})


def test_defaults():
    settings = read()
    assert settings.data == Path("/srv/kg")
    assert settings.base_iri is None
    assert settings.store is None
    assert settings.engine == "local"
    assert settings.online is True
    assert settings.archive_mirrors == ()
    assert (settings.sparql_seconds, settings.sparql_rows, settings.sparql_memory) == (
        10.0,
        1_000_000,
        2 * 2**30,
    )


def test_the_default_folder_is_in_the_users_data_directory():
    settings = Settings.from_environment({})
    assert settings.data.name == "kg-service"
    assert settings.data.is_absolute()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("KG_DATA", "~/kg", "data", Path.home() / "kg"),
        ("KG_BASE_IRI", "https://kg.example", "base_iri", "https://kg.example/"),
        ("KG_BASE_IRI", "  ", "base_iri", None),
        ("KG_STORE", "http://127.0.0.1:7878", "store", "http://127.0.0.1:7878"),
        ("KG_STORE_UPDATE", "http://127.0.0.1:7878/up", "store_update", "http://127.0.0.1:7878/up"),
        ("KG_BLOBS", "/srv/blobs", "blobs", Path("/srv/blobs")),
        ("KG_ENGINE", "dask://h:8786", "engine", "dask://h:8786"),
        ("KG_ONLINE", "0", "online", False),
        ("KG_ONLINE", "No", "online", False),
        ("KG_ONLINE", "1", "online", True),
        ("KG_ARCHIVE_MIRRORS", "/a: /b :", "archive_mirrors", (Path("/a"), Path("/b"))),
        ("KG_SPARQL_SECONDS", "2.5", "sparql_seconds", 2.5),
        ("KG_SPARQL_SECONDS", "30 s", "sparql_seconds", 30.0),
        ("KG_SPARQL_ROWS", "1 000 000", "sparql_rows", 1_000_000),
        ("KG_SPARQL_MEMORY", "500 MB", "sparql_memory", 500_000_000),
        ("KG_SPARQL_MEMORY", "1.5GiB", "sparql_memory", 3 * 2**29),
        ("KG_SPARQL_WORKERS", "3", "sparql_workers", 3),
        ("KG_RUN_MEMORY", "1073741824", "run_memory", 2**30),
        ("KG_RUN_SECONDS", "60", "run_seconds", 60.0),
        ("KG_WORKERS", "4", "workers", 4),
    ],
)
def test_a_variable_is_understood(name, text, field, value):
    assert getattr(read(**{name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KG_BASE_IRI", "kg.example"),
        ("KG_BASE_IRI", "http://kg.example/ x"),
        ("KG_BASE_IRI", "http://kg.example/#a"),
        ("KG_BASE_IRI", "http:///"),
        ("KG_BASE_IRI", "http://kg.example:99999/"),
        ("KG_STORE", "localhost:7878"),
        ("KG_BLOBS", "s3://bucket/kg"),
        ("KG_DATA", "s3://bucket/kg"),
        ("KG_ONLINE", "maybe"),
        ("KG_WORKERS", "0"),
        ("KG_WORKERS", "two"),
        ("KG_WORKERS", "²"),
        ("KG_SPARQL_SECONDS", "-1"),
        ("KG_SPARQL_SECONDS", "nan"),
        ("KG_SPARQL_SECONDS", "inf"),
        ("KG_SPARQL_ROWS", "1e6"),
        ("KG_SPARQL_MEMORY", "2 GX"),
        ("KG_SPARQL_MEMORY", "0"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(name, text):
    with pytest.raises(BadValue, match=name) as caught:
        read(**{name: text})
    assert (caught.value.parameter, caught.value.value) == (name, text)


@pytest.mark.parametrize("name", ["KG_STORE", "KG_STORE_UPDATE"])
@pytest.mark.parametrize("text", ["ftp://anna:s3cret@h/", "anna:s3cret@h:7878", "http://anna:s3/cret@h"])
def test_a_password_is_not_told(name, text):
    with pytest.raises(BadValue, match=name) as caught:
        read(**{name: text})
    assert "cret" not in f"{caught.value.detail} {caught.value.value}"
    assert "cret" not in repr(read(**{name: "http://anna:s3cret@h/"}))


def test_a_file_is_no_data_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadValue, match="KG_DATA"):
        read(KG_DATA=str(tmp_path / "file"))


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        read().online = False


def modules_after(code: str) -> set[str]:
    text = f"import sys; {code}; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_reading_settings_imports_nothing_heavy():
    loaded = modules_after(
        "from kg_service.config import Settings; Settings.from_environment({'KG_DATA': '/x'})"
    )
    assert not {"platformdirs", "pyoxigraph", "astropy", "pydantic", "numpy"} & loaded


def test_the_store_room_imports_nothing_heavy():
    rooms = ("oxigraph", "index", "remote", "site", "sparql_workers", "blobs", "records")
    loaded = modules_after("import " + ", ".join(f"kg_service.store.{room}" for room in rooms))
    assert "pyoxigraph" in loaded
    assert not HEAVY & loaded


HEAVY = {
    "rdflib",
    "SPARQLWrapper",
    "astropy",
    "numpy",
    "httpx",
    "fastapi",
    "pydantic",
    "pyshacl",
    "owlready2",
    "scipy",
}
