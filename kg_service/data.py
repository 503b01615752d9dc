"""Where the ontology and the shapes lie: inside the installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

from kg_service.errors import ServiceProblem

__all__ = ["data_folder"]


def data_folder(name: str) -> Path:
    """The folder of data files called ``name``: ``"ontology"`` or ``"shapes"``."""
    package = Path(__file__).resolve().parent
    # The installed copy comes first: beside an installed package there may be a foreign folder of that name.
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ServiceProblem(
        f"The data folder {name!r} is missing beside {package}: the installation is incomplete, "
        "install kg-service again.",
        value=name,
    )
