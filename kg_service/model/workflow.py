"""What can be run: a version of a workflow with typed inputs, outputs and declared coverage."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kg_service.model.values import Value

__all__ = ["Coverage", "Input", "Output", "Workflow", "WorkflowStatus"]


class WorkflowStatus(StrEnum):
    """Whether new requests may use a version."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a workflow or product covers; ``None`` means nothing is said.

    ``time`` is (start, end) in integer microseconds TT since MJD 0; ``energy`` (min, max) in keV;
    ``objects`` main identifiers or event names, sorted; ``sky`` a MOC as an IVOA string.
    """

    time: tuple[int, int] | None = None
    energy: tuple[float, float] | None = None
    objects: tuple[str, ...] | None = None
    sky: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A typed input.

    ``term`` is the IRI of a role (matched by meaning), of a kind (bound by name only), or of a
    product class (an intermediate product). ``unit`` is the VOUnit string in which the analysis
    receives numbers. ``default`` is canonical; ``None`` means there is none. ``minimum`` and
    ``maximum`` are canonical values. ``determines`` names a product property the value decides.
    """

    name: str
    term: str
    label: str = ""
    description: str = ""
    unit: str | None = None
    default: Value | None = None
    minimum: Value | None = None
    maximum: Value | None = None
    allowed: tuple[Value, ...] = ()
    optional: bool = False
    determines: str | None = None
    is_product: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """A typed output: a product (``term`` below ``kg:ScienceProduct``) or a value of a role.

    ``observed_with`` holds instrument IRIs asserted of the product.
    """

    name: str
    term: str
    label: str = ""
    is_product: bool = True
    observed_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workflow:
    """One immutable version of a workflow.

    ``digest`` is the sha256 (hex) of what is run and how it is described. ``inputs_together``
    lists pairs of input names of which the first must lie below the second (``e_min < e_max``), sorted.
    """

    name: str
    version: str
    digest: str
    title: str
    description: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    instruments: tuple[str, ...] = ()
    messenger: str | None = None
    coverage: Coverage = field(default_factory=Coverage)
    deterministic: bool = True
    cost: float = 1.0
    licence: str = "https://spdx.org/licenses/Apache-2.0"
    cite: tuple[str, ...] = ()
    executor: str = "python"
    entry: str = ""
    inputs_together: tuple[tuple[str, str], ...] = ()
    status: WorkflowStatus = WorkflowStatus.ACTIVE
    alt_names: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, str, str]:
        """The parts of the version's address: ``workflows/{name}/{version}``."""
        return ("workflows", self.name, self.version)

    @property
    def product(self) -> Output:
        """The main output (the first product)."""
        return next((o for o in self.outputs if o.is_product), self.outputs[0])

    def input(self, name: str) -> Input:
        """The input of that name; ``KeyError`` when there is none."""
        for item in self.inputs:
            if item.name == name:
                return item
        raise KeyError(name)
