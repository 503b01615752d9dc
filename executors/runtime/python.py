"""Runs an analysis written as a Python function with :mod:`kg_service.authoring`."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from kg_service.authoring import Coverage as WrittenCoverage
from kg_service.authoring import InputProduct, Result, reporting_to
from kg_service.errors import RunFailed
from kg_service.model.notation import tt_from_iso
from kg_service.model.product import FluxPoint, Measure
from kg_service.model.run import Progress
from kg_service.model.workflow import Coverage
from kg_service.ports import Outcome, OutputFile

__all__ = ["load", "run"]


def load(entry: str) -> Callable[..., Result]:
    """The function that an entry ``module:name`` points to."""
    module, _, name = entry.partition(":")
    function: Callable[..., Result] = getattr(importlib.import_module(module), name)
    return function


def run(
    function: Callable[..., Result],
    arguments: Mapping[str, Any],
    scratch: Path,
    report: Callable[[Progress], None],
) -> Outcome:
    """Call the function with plain arguments; it writes its files into the scratch folder.

    Raises
    ------
    RunFailed
        When the result names a file that was not written, or holds what is neither a finite number,
        nor text, nor truth.
    """
    with reporting_to(report):
        result = function(**{name: _argument(value) for name, value in arguments.items()})
    missing = [f.name for f in result.files if not (scratch / f.name).is_file()]
    if missing:
        raise RunFailed(f"The analysis announced {', '.join(missing)} but did not write it.")
    return Outcome(
        label=result.label,
        values={name: _measure(name, measure) for name, measure in result.values.items()},
        gives={name: _plain(name, value) for name, value in result.gives.items()},
        quality=tuple(result.quality),
        points=tuple(_point(order, p) for order, p in enumerate(result.points, start=1)),
        coverage=_coverage(result.coverage),
        observed_with=tuple(getattr(i, "iri", i) for i in result.observed_with),
        files=tuple(OutputFile(scratch / f.name, f.media_type, str(f.role)) for f in result.files),
        datasets=tuple(result.datasets),
        cite=tuple(result.cite),
        seed=_plain("seed", result.seed),
    )


def _argument(value: Any) -> Any:
    """Product inputs arrive as JSON and become :class:`InputProduct`; everything else is plain."""
    if not (isinstance(value, dict) and "product" in value):
        return value
    return InputProduct(
        ident=value["product"],
        types=tuple(value["types"]),
        observed_with=tuple(value["observed_with"]),
        values={name: Measure(**measure) for name, measure in value["values"].items()},
        quality=tuple(value["quality"]),
        cite=tuple(value["cite"]),
        files={f["media_type"]: Path(f["path"]) for f in value["files"]},
    )


def _measure(name: str, measure: Measure) -> Measure:
    return Measure(_plain(name, measure.value), _plain(f"the error of {name}", measure.error), measure.unit)


def _point(order: int, point: Mapping[str, Any]) -> FluxPoint:
    plain = {name: _plain(f"{name} of the flux point {order}", value) for name, value in point.items()}
    return FluxPoint(**{"order": order, **plain})


def _plain(name: str, value: Any) -> Any:
    """A value of plain Python, also where the analysis hands back a scalar of numpy."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        if math.isfinite(number):
            return number
        raise RunFailed(
            f"The analysis handed back {number} as {name}: a number is finite, or left out.",
            parameter=name,
            value=str(number),
        )
    import numpy as np

    if isinstance(value, np.bool_):
        return bool(value)
    raise RunFailed(
        f"The analysis handed back {name} as {type(value).__name__}: a value is a number, a text or a truth.",
        parameter=name,
        value=str(value),
    )


def _coverage(written: WrittenCoverage) -> Coverage:
    time = (tt_from_iso(written.time[0]), tt_from_iso(written.time[1])) if written.time else None
    energy = None
    if written.energy is not None:
        low, high = (_plain("an energy of the coverage", energy) for energy in written.energy)
        energy = (low, high)
    return Coverage(time=time, energy=energy, objects=written.objects, sky=written.sky)
