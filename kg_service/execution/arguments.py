"""What one step of a plan receives: canonical values for its key, plain values for the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from kg_service.errors import NotCovered
from kg_service.model import notation
from kg_service.model.plan import Absent, Default, Derived, Given, Source, Step
from kg_service.model.product import FileRole, Product, RoleValue
from kg_service.model.terms import Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow
from kg_service.ports import BlobStore

__all__ = ["StepArguments", "gather"]


@dataclass(slots=True)
class StepArguments:
    """The arguments of one step, complete with defaults; ``sources`` made the values that are derived.

    ``canonical`` is what the run key hashes, ``plain`` what the analysis gets, ``origins`` says of
    each whether it was ``given``, ``default`` or ``derived``, ``products`` are input products by name.
    """

    canonical: dict[str, Value] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    sources: dict[str, Product] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Product, ...]:
        """Every earlier product that this step rests on, each once."""
        return tuple({p.ident: p for p in (*self.products.values(), *self.sources.values())}.values())


def gather(
    step: Step, steps: Sequence[Step], made: Sequence[Product], site: Site, blobs: BlobStore
) -> StepArguments:
    """Collect the arguments of a step from the query, from earlier products and from defaults.

    Raises
    ------
    NotCovered
        When an earlier product turned out not to give what this step needs.
    """
    arguments = StepArguments()
    for item in step.workflow.inputs:
        source: Source = step.inputs.get(item.name, Absent())
        if isinstance(source, Derived):
            output = _output(steps[source.step].workflow, source.output)
            product = made[source.step]
            if output.is_product:
                _take_product(arguments, item, product, site, blobs)
            else:
                _take_value(arguments, item, _given_by(product, output, step), "derived")
                arguments.sources[item.name] = product
        elif isinstance(source, Given):
            _take_value(arguments, item, source.binding.value, "given")
        elif isinstance(source, Default):
            _take_value(arguments, item, source.value, "default")
        else:
            arguments.plain[item.name] = None
    return arguments


def _output(workflow: Workflow, name: str) -> Output:
    return next(o for o in workflow.outputs if o.name == name)


def _given_by(product: Product, output: Output, step: Step) -> Value:
    found: Mapping[str, RoleValue] = {g.name: g for g in product.gives}
    if output.name not in found:
        raise NotCovered(
            f"{product.label}: no {output.label or output.name.replace('_', ' ')} is known, "
            f"and {step.workflow.title} needs one."
        )
    return found[output.name].value


def _take_value(arguments: StepArguments, item: Input, value: Value, origin: str) -> None:
    arguments.canonical[item.name] = value
    arguments.origins[item.name] = origin
    arguments.plain[item.name] = None if value.kind is Kind.NONE else notation.to_plain(value, item.unit)


def _take_product(
    arguments: StepArguments, item: Input, product: Product, site: Site, blobs: BlobStore
) -> None:
    arguments.canonical[item.name] = Value(Kind.FILE, product.content)
    arguments.origins[item.name] = "derived"
    arguments.products[item.name] = product
    arguments.plain[item.name] = {
        "product": site.iri("products", product.ident),
        "types": list(product.types),
        "observed_with": list(product.observed_with),
        "values": {name: asdict(measure) for name, measure in product.values.items()},
        "quality": list(product.quality),
        "cite": list(product.cite),
        "files": [
            {
                "name": f.name,
                "media_type": f.media_type,
                "role": f.role.value,
                "path": str(blobs.path(f.sha256)),
            }
            for f in product.files
            if f.role is FileRole.MAIN
        ],
    }
