from __future__ import annotations

import pytest

from kg_service.data import data_folder
from kg_service.errors import ServiceProblem


@pytest.mark.parametrize("name", ["ontology", "shapes"])
def test_data_folders_hold_turtle(name):
    assert list(data_folder(name).glob("*.ttl"))


def test_a_missing_folder_is_named():
    with pytest.raises(ServiceProblem, match="'ephemerides' is missing"):
        data_folder("ephemerides")


def test_the_installed_copy_comes_before_a_foreign_folder_of_that_name(tmp_path, monkeypatch):
    own = tmp_path / "kg_service" / "_data" / "shapes"
    own.mkdir(parents=True)
    (tmp_path / "shapes").mkdir()
    monkeypatch.setattr("kg_service.data.__file__", str(tmp_path / "kg_service" / "data.py"))
    assert data_folder("shapes") == own
