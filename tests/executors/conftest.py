"""An empty folder to run in, and products of earlier analyses to combine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg_service.authoring import InputProduct, Result


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, as an engine gives it to a run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run an analysis in a folder of its own."""

    def run(folder: str, analysis: Callable[..., Result], *arguments: Any) -> Result:
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        return analysis(*arguments)

    return run


@pytest.fixture
def product_of(tmp_path: Path, run_in: Callable[..., Result]) -> Callable[..., InputProduct]:
    """Run an analysis in a folder of its own and hand its result on as another analysis receives it."""

    def product(folder: str, analysis: Callable[..., Result], *arguments: Any) -> InputProduct:
        result = run_in(folder, analysis, *arguments)
        return InputProduct(
            ident=folder,
            types=(),
            observed_with=tuple(result.observed_with) or analysis.declaration.instruments,
            values=dict(result.values),
            quality=tuple(result.quality),
            cite=tuple(result.cite),
            files={f.media_type: tmp_path / folder / f.name for f in result.files},
        )

    return product
