"""What came out: a product with its files, values and quality; and what went in: datasets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kg_service.model.query import content_hash
from kg_service.model.values import Value
from kg_service.model.workflow import Coverage

__all__ = ["Dataset", "FileRole", "FluxPoint", "Measure", "Product", "ProductFile", "RoleValue"]


class FileRole(StrEnum):
    """What a file of a product is for."""

    MAIN = "main"
    PREVIEW = "preview"
    LOG = "log"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A file of a product, kept by its sha256 (64 hex digits); ``size`` in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    role: FileRole = FileRole.MAIN


@dataclass(frozen=True, slots=True)
class Measure:
    """A scalar result: number, text, or truth; ``error`` is one standard deviation in ``unit``."""

    value: float | int | str | bool | None
    error: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class RoleValue:
    """A value of a role that other workflows may take as input: a resolved right ascension."""

    name: str
    term: str
    value: Value


@dataclass(frozen=True, slots=True)
class FluxPoint:
    """A point of a spectrum, E^2 dN/dE: energies in keV, fluxes in erg cm-2 s-1, times ISO 8601 UTC.

    Either ``flux`` with its errors (one standard deviation, both positive) or ``upper_limit`` with
    ``confidence_level`` in (0, 1); a limit may stand beside a flux.
    """

    order: int
    energy_reference: float
    energy_low: float | None = None
    energy_high: float | None = None
    flux: float | None = None
    flux_error_low: float | None = None
    flux_error_high: float | None = None
    upper_limit: float | None = None
    confidence_level: float | None = None
    epoch_start: str | None = None
    epoch_end: str | None = None
    spectrum: str = ""
    observed_with: str | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Something the analysis read: a shipped table or an archive file.

    ``reached`` is one of ``embedded``, ``mirror``, ``cache``, ``online``; ``sha256`` 64 hex digits.
    """

    name: str
    sha256: str
    address: str = ""
    title: str = ""
    reached: str = "embedded"
    accessed: str = ""
    licence: str = ""
    cite: str = ""

    @property
    def ident(self) -> str:
        """Content hash: the same bytes under the same name are the same dataset."""
        return content_hash([f"name {self.name}", f"sha256 {self.sha256}"])


@dataclass(frozen=True, slots=True)
class Product:
    """A product of one run.

    ``types`` are asserted class IRIs, most specific; ``gives`` holds values of roles that other
    workflows may take as inputs; ``run``, ``workflow``, ``used``, ``derived_from`` are IRIs.
    """

    ident: str
    label: str
    types: tuple[str, ...]
    run: str
    workflow: str
    run_key: str
    created: str
    files: tuple[ProductFile, ...] = ()
    values: dict[str, Measure] = field(default_factory=dict)
    gives: tuple[RoleValue, ...] = ()
    points: tuple[FluxPoint, ...] = ()
    quality: tuple[str, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    observed_with: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
    same_content: str | None = None

    @property
    def content(self) -> str:
        """Content hash of the data: main files by name and sha256, and the values."""
        lines = [f"file {f.name} {f.sha256}" for f in self.files if f.role is FileRole.MAIN]
        lines += [f"value {n} {m.value!r} {m.error!r} {m.unit}" for n, m in self.values.items()]
        lines += [f"gives {g.term} {g.value.key}" for g in self.gives]
        return content_hash(lines)
