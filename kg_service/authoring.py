"""All an analysis needs: name its inputs and outputs by ontology terms, get everything else for free.

An analysis is a plain typed Python function. Its annotations are ontology terms; description,
shape, form, address, command line and documentation follow from them::

    from typing import Annotated
    from kg_service.authoring import Result, kg, limits, oda, unit, workflow

    @workflow(instrument=kg.FermiLAT, title="Gamma-ray spectrum", cite=("2023arXiv230712546B",))
    def spectrum(
        source: kg.FermiCatalogueName,
        e_min: Annotated[kg.MinimumEnergy, unit("MeV"), limits(50, 1e6)] = 100.0,
    ) -> oda.Spectrum:
        \"\"\"One paragraph: what is done, for astronomers.\"\"\"
        from executors.physics import band_fit  # heavy imports stay inside
        return Result(...)

Importing this module costs nothing: no numpy, no astropy.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin

from kg_service.model.product import Dataset, FileRole, Measure
from kg_service.model.run import Progress
from kg_service.model.terms import KG, ODA

if TYPE_CHECKING:
    import kg_terms as kg  # typing only: any attribute is a term
    import oda_terms as oda

__all__ = ["Coverage", "Declaration", "Input", "InputProduct", "Measure", "OutputFile", "Result", "TermName",
           "allowed", "declared_in", "described", "determines", "kg", "label", "limits", "log", "oda",
           "progress", "reporting_to", "unit", "workflow"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TermName:
    """An ontology term in an annotation."""

    iri: str


class _Namespace:
    """Attribute access gives terms: ``oda.LightCurve``."""

    def __init__(self, iri: str) -> None:
        self._iri = iri

    def __getattr__(self, name: str) -> TermName:
        if name.startswith("_"):
            raise AttributeError(name)
        return TermName(self._iri + name)


if not TYPE_CHECKING:
    kg = _Namespace(KG)
    oda = _Namespace(ODA)


@dataclass(frozen=True, slots=True)
class _Mark:
    """One fact about an input, carried in ``Annotated[term, mark, ...]``."""

    fields: tuple[tuple[str, Any], ...]


def unit(vounit: str) -> _Mark:
    """The VOUnit string in which the function receives the number."""
    return _Mark((("unit", vounit),))


def limits(minimum: float | str | None, maximum: float | str | None) -> _Mark:
    """Smallest and largest admissible value, in the input's unit; ``None`` leaves a side open."""
    return _Mark((("minimum", minimum), ("maximum", maximum)))


def allowed(*values: str | int | float) -> _Mark:
    """The only admissible values."""
    return _Mark((("allowed", values),))


def label(text: str) -> _Mark:
    """A short name for people."""
    return _Mark((("label", text),))


def described(text: str) -> _Mark:
    """A sentence for help texts and forms."""
    return _Mark((("description", text),))


def determines(term: Any) -> _Mark:
    """The value of this input decides a property of the product (``kg.observedWith``)."""
    return _Mark((("determines", term.iri),))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a workflow or product covers, as an author writes it.

    ``time`` is a pair of ISO 8601 UTC texts, ``energy`` a pair in keV, ``objects`` main identifiers
    or event names, ``sky`` a MOC string.
    """

    time: tuple[str, str] | None = None
    energy: tuple[float, float] | None = None
    objects: tuple[str, ...] | None = None
    sky: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """An input as declared; numbers in ``unit`` (the role's canonical unit when ``None``)."""

    name: str
    term: str
    label: str = ""
    description: str = ""
    unit: str | None = None
    has_default: bool = False
    default: Any = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    allowed: tuple[str | int | float, ...] = ()
    determines: str | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """A workflow as its author wrote it; ``intake/authored.py`` completes it with the ontology.

    ``gives`` maps names to role terms: values that other workflows may take as inputs.
    ``below`` pairs input names (first below second). ``datasets`` says from the plain arguments
    which datasets will be read; it runs in the service, so it must be quick and import little.
    """

    function: Callable[..., Any]
    name: str
    title: str
    description: str
    inputs: tuple[Input, ...]
    output: str
    output_name: str
    gives: Mapping[str, str] = field(default_factory=dict)
    instruments: tuple[str, ...] = ()
    messenger: str | None = None
    coverage: Coverage = field(default_factory=Coverage)
    deterministic: bool = True
    cost: float = 1.0
    licence: str = "https://spdx.org/licenses/Apache-2.0"
    cite: tuple[str, ...] = ()
    datasets: Callable[[Mapping[str, Any]], Sequence[Dataset]] | None = None
    below: tuple[tuple[str, str], ...] = ()
    alt_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file written in the current folder (the run's scratch folder) that belongs to the product."""

    name: str
    media_type: str
    role: FileRole = FileRole.MAIN


@dataclass(frozen=True, slots=True)
class Result:
    """What an analysis hands back.

    ``values`` holds the scalar results, ``gives`` plain values of the declared roles, ``quality``
    caveats as short phrases, ``points`` flux points as mappings with the keys of ``kg:FluxPoint``
    (energies in keV, fluxes in erg cm-2 s-1, times ISO 8601 UTC). ``datasets`` is all that was read,
    where that is not what the workflow's ``datasets=`` said before the run.
    """

    label: str
    files: Sequence[OutputFile] = ()
    values: Mapping[str, Measure] = field(default_factory=dict)
    gives: Mapping[str, Any] = field(default_factory=dict)
    quality: Sequence[str] = ()
    coverage: Coverage = field(default_factory=Coverage)
    observed_with: Sequence[str] = ()
    datasets: Sequence[Dataset] = ()
    points: Sequence[Mapping[str, Any]] = ()
    cite: Sequence[str] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class InputProduct:
    """An earlier product that the analysis takes as input; files are read-only paths."""

    ident: str
    types: tuple[str, ...]
    observed_with: tuple[str, ...]
    values: Mapping[str, Measure]
    quality: tuple[str, ...]
    cite: tuple[str, ...]
    files: Mapping[str, Path]

    def path(self, media_type: str) -> Path:
        """The path of the file of that media type; ``KeyError`` names those there are."""
        try:
            return self.files[media_type]
        except KeyError:
            raise KeyError(f"{media_type} (this product has {', '.join(sorted(self.files))})") from None


_reporter: contextvars.ContextVar[Callable[[Progress], None] | None] = contextvars.ContextVar(
    "reporter", default=None
)


@contextlib.contextmanager
def reporting_to(reporter: Callable[[Progress], None]) -> Iterator[None]:
    """While the context lasts, :func:`progress` calls ``reporter`` (for runtimes and tests)."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


def progress(fraction: float | None, message: str = "") -> None:
    """Report how far the analysis has come; ``fraction`` in [0, 1]. Does nothing outside a run."""
    reporter = _reporter.get()
    if reporter is not None:
        reporter(Progress(fraction, message))


def log(message: str) -> None:
    """Write a line to the run's log."""
    print(message, flush=True)  # noqa: T201 - the log of a run is its standard output


F = TypeVar("F", bound=Callable[..., Any])


def workflow(
    *,
    title: str,
    instrument: Any = (),
    messenger: Any = None,
    name: str | None = None,
    gives: Mapping[str, Any] | None = None,
    coverage: Coverage | None = None,
    deterministic: bool = True,
    cost: float = 1.0,
    cite: Sequence[str] = (),
    datasets: Callable[[Mapping[str, Any]], Sequence[Dataset]] | None = None,
    below: Sequence[tuple[str, str]] = (),
    alt_names: Sequence[str] = (),
) -> Callable[[F], F]:
    """Declare a function as a workflow (see the module's example).

    Parameters
    ----------
    title
        One line for lists and plots.
    instrument
        The instrument term, or several, that the product is observed with.
    name
        The name in addresses; default: module and function, ``fermi-lat-spectrum``.
    gives
        Further outputs by name: role terms whose values other workflows may take.
    cost
        Expected seconds of one run.
    datasets
        Says from the plain arguments which datasets a run will read, before it runs.
    below
        Pairs of inputs of which the first must lie below the second.
    """
    instruments = instrument if isinstance(instrument, (tuple, list)) else (instrument,)

    def declare(function: F) -> F:
        hints = inspect.get_annotations(function, eval_str=True)
        function.declaration = Declaration(  # type: ignore[attr-defined]
            function=function,
            name=name or _address_name(function),
            title=title,
            description=inspect.cleandoc(function.__doc__ or ""),
            inputs=tuple(_input(p, hints) for p in inspect.signature(function).parameters.values()),
            output=hints["return"].iri,
            output_name=function.__name__.rstrip("_"),
            gives={key: term.iri for key, term in (gives or {}).items()},
            instruments=tuple(i.iri for i in instruments),
            messenger=messenger.iri if messenger is not None else None,
            coverage=coverage or Coverage(),
            deterministic=deterministic,
            cost=cost,
            cite=tuple(cite),
            datasets=datasets,
            below=tuple(below),
            alt_names=tuple(alt_names),
        )
        return function

    return declare


def _address_name(function: Callable[..., Any]) -> str:
    room = function.__module__.rpartition(".")[2]
    return f"{room}-{function.__name__.rstrip('_')}".replace("_", "-")


def _input(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Input:
    hint = hints.get(parameter.name)
    marks: dict[str, Any] = {}
    if get_origin(hint) is Annotated:
        hint, *extra = get_args(hint)
        for mark in extra:
            marks.update(mark.fields)
    if not isinstance(hint, TermName):
        raise TypeError(f"input {parameter.name!r} is not annotated with an ontology term")
    has_default = parameter.default is not inspect.Parameter.empty
    return Input(
        name=parameter.name,
        term=hint.iri,
        has_default=has_default,
        default=parameter.default if has_default else None,
        **marks,
    )


def declared_in(module: ModuleType) -> list[Declaration]:
    """The workflows a module declares, in the order of their definition."""
    return [f.declaration for f in vars(module).values() if getattr(f, "declaration", None) is not None
            and f.__module__ == module.__name__]  # fmt: skip
