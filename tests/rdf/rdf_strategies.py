"""Nouns of every shape, as the graphs must be able to hold them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st

from kg_service.errors import Invalid, NotCovered
from kg_service.model.product import Dataset, FileRole, FluxPoint, Measure, Product, ProductFile, RoleValue
from kg_service.model.run import Phase, Progress, Run
from kg_service.model.terms import KG, ODA, Site
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow, WorkflowStatus
from kg_service.rdf.agent import Agent

# Two cores are shared: how long one example takes says nothing.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")

SITE = Site("http://localhost:8000/")

# Control characters of XML 1.0 aside (RDF/XML cannot hold them), anything a person can type.
text = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=30)
some_text = text.filter(bool)
name = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True)
file_name = st.from_regex(r"[A-Za-z0-9 _()\[\]éß-]{1,12}\.(ecsv|png|fits)", fullmatch=True)
digest = st.text("0123456789abcdef", min_size=64, max_size=64)
ident = st.text("0123456789abcdef", min_size=32, max_size=32)
iri = name.map(lambda n: KG + n)
real = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
instant = st.integers(0, 90_000 * 86_400_000_000)
stamp = st.datetimes().map(
    lambda d: d.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + f"{d.microsecond // 1000:03d}Z"
)


def listing(elements, **sizes):
    """A list in an order that somebody chose."""
    return st.lists(elements, unique=True, **sizes).map(tuple)


def sorted_tuple(elements, **sizes):
    return st.lists(elements, unique=True, **sizes).map(lambda items: tuple(sorted(items)))


def addresses(room, part=ident):
    return part.map(lambda i: SITE.iri(room, i))


def decimal_text(number):
    """The shortest decimal of a number, as canonical values write it."""
    return f"{Decimal(number).normalize()}"


def values_of(kind, unit=None):
    if kind is Kind.TIME:
        return instant.map(lambda n: Value(kind, str(n)))
    if kind is Kind.INTEGER:
        return st.integers().map(lambda n: Value(kind, str(n)))
    if kind is Kind.BOOLEAN:
        return st.sampled_from(["true", "false"]).map(lambda t: Value(kind, t))
    if kind in (Kind.NAME, Kind.TEXT):
        return some_text.map(lambda t: Value(kind, t))
    decimals = st.decimals(-(10**9), 10**9, places=9) | st.decimals("1e-15", "1e-9")
    return decimals.map(lambda n: Value(kind, decimal_text(n), unit))


KINDS = [
    (Kind.TIME, None),
    (Kind.ENERGY, "keV"),
    (Kind.RIGHT_ASCENSION, "deg"),
    (Kind.NUMBER, None),
    (Kind.INTEGER, None),
    (Kind.BOOLEAN, None),
    (Kind.NAME, None),
    (Kind.TEXT, None),
]
values = st.sampled_from(KINDS).flatmap(lambda k: values_of(*k))
none = st.just(Value(Kind.NONE, "none"))

coverages = st.builds(
    Coverage,
    time=st.none() | st.tuples(instant, instant),
    energy=st.none() | st.tuples(real, real),
    objects=st.none() | sorted_tuple(some_text, min_size=1, max_size=3),
    sky=st.none() | some_text,
)


@st.composite
def inputs(draw, input_name):
    kind, unit = draw(st.sampled_from(KINDS))
    optional = draw(st.booleans())
    known = values_of(kind, unit)
    return Input(
        name=input_name,
        term=draw(iri),
        label=draw(text),
        description=draw(text),
        unit=draw(st.none() | st.sampled_from(["MeV", "deg", "erg.cm**-2.s**-1"])),
        default=draw(none | known if optional else st.none() | known),
        minimum=draw(st.none() | known),
        maximum=draw(st.none() | known),
        allowed=tuple(draw(st.lists(known, unique_by=lambda v: v.text, max_size=3))),
        optional=optional,
        determines=draw(st.none() | iri),
        is_product=draw(st.booleans()),
    )


@st.composite
def outputs(draw, output_name):
    if draw(st.booleans()):
        return Output(output_name, draw(iri), draw(text), is_product=False)
    return Output(output_name, ODA + "Spectrum", draw(text), True, draw(listing(iri, max_size=3)))


@st.composite
def workflows(draw):
    names = draw(st.lists(name, unique=True, max_size=4))
    ins = tuple(draw(inputs(n)) for n in names)
    pairs = [(a, b) for a in names for b in names if a != b]
    return Workflow(
        name=draw(st.from_regex(r"[a-z]{1,6}(-[a-z]{1,6})?", fullmatch=True)),
        version=draw(digest)[:12],
        digest=draw(digest),
        title=draw(text),
        description=draw(text),
        inputs=ins,
        outputs=tuple(draw(outputs(n)) for n in draw(st.lists(name, unique=True, min_size=1, max_size=3))),
        instruments=draw(listing(iri, max_size=3)),
        messenger=draw(st.none() | iri),
        coverage=draw(coverages),
        deterministic=draw(st.booleans()),
        cost=draw(real),
        licence=draw(st.sampled_from(["https://spdx.org/licenses/MIT", "CC BY 4.0", ""])),
        cite=draw(listing(some_text, max_size=3)),
        executor=draw(name),
        entry=draw(text),
        inputs_together=tuple(sorted(draw(st.lists(st.sampled_from(pairs), unique=True)))) if pairs else (),
        status=draw(st.sampled_from(WorkflowStatus)),
        alt_names=draw(listing(some_text, max_size=2)),
    )


datasets = st.builds(
    Dataset,
    name=some_text,
    sha256=digest,
    address=st.sampled_from(["", "https://example.org/a%20b.fits?x=1", "s3://bucket/key", "tables/a b.ecsv"]),
    title=text,
    reached=st.sampled_from(["embedded", "mirror", "cache", "online"]),
    accessed=st.just("") | stamp,
    licence=st.sampled_from(["", "https://spdx.org/licenses/CC-BY-4.0", "CC BY 4.0"]),
    cite=text,
)
files = st.builds(
    ProductFile,
    file_name,
    st.sampled_from(["text/ecsv", "image/png"]),
    st.integers(0, 2**50),
    digest,
    st.sampled_from(FileRole),
)
measures = st.builds(
    Measure,
    st.none() | real | st.integers() | text | st.booleans(),
    st.none() | real,
    st.none() | st.just("") | text,
)
points = st.builds(
    FluxPoint,
    order=st.integers(1, 10_000),
    energy_reference=real,
    energy_low=st.none() | real,
    energy_high=st.none() | real,
    flux=st.none() | real,
    flux_error_low=st.none() | real,
    flux_error_high=st.none() | real,
    upper_limit=st.none() | real,
    confidence_level=st.none() | real,
    epoch_start=st.none() | st.just("2010-02-01T00:00:00Z"),
    epoch_end=st.none() | st.just("2010-03-01T12:00:00.25Z"),
    spectrum=text,
    observed_with=st.none() | iri,
)


@st.composite
def products(draw):
    workflow = SITE.iri("workflows", draw(name), draw(digest)[:12])
    gives = [RoleValue(n, draw(iri), draw(values)) for n in draw(st.lists(name, unique=True, max_size=3))]
    return Product(
        ident=draw(ident),
        label=draw(text),
        types=draw(listing(iri.filter(lambda i: i != KG + "Product"), max_size=2)),
        run=draw(addresses("runs")),
        workflow=workflow,
        run_key=draw(digest),
        created=draw(stamp),
        files=tuple(draw(st.lists(files, unique_by=lambda f: f.name, max_size=3))),
        values=draw(st.dictionaries(some_text, measures, max_size=4)),
        gives=tuple(gives),
        points=tuple(
            sorted(draw(st.lists(points, unique_by=lambda p: p.order, max_size=3)), key=lambda p: p.order)
        ),
        quality=draw(listing(some_text, max_size=3)),
        coverage=draw(coverages),
        observed_with=draw(listing(iri, max_size=2)),
        used=draw(listing(addresses("datasets"), max_size=2)),
        derived_from=draw(listing(addresses("products"), max_size=2)),
        cite=draw(listing(some_text, max_size=2)),
        same_content=draw(st.none() | addresses("products")),
    )


problems = st.builds(
    lambda kind, detail, parameter, value, near: kind(
        detail, parameter=parameter, value=value, near=near, report="@prefix sh: <http://x/> ."
    ).to_json(),
    st.sampled_from([Invalid, NotCovered]),
    some_text,
    st.none() | name,
    st.none() | text,
    st.lists(some_text, unique=True, max_size=2),
)


@st.composite
def runs(draw):
    """Runs of one workflow version; those of a plan are tested with their plan."""
    phase = draw(st.sampled_from(Phase))
    return Run(
        ident=draw(ident),
        query=draw(addresses("queries")),
        workflow=SITE.iri("workflows", draw(name), draw(digest)[:12]),
        phase=phase,
        created=draw(stamp),
        started=draw(st.none() | stamp),
        ended=draw(st.none() | stamp),
        run_key=draw(st.none() | digest),
        arguments={n: draw(values | none).key for n in draw(st.lists(name, unique=True, max_size=4))},
        used=draw(listing(addresses("datasets") | addresses("products"), max_size=3)),
        products=draw(sorted_tuple(addresses("products"), max_size=2)),
        progress=Progress(1.0 if phase is Phase.COMPLETED else None),
        problem=draw(st.none() | problems),
        log=draw(st.none() | st.just(SITE.iri("runs", "1", "log"))),
        resources=draw(st.dictionaries(st.sampled_from(["wall_seconds", "cpu_seconds"]), real)),
        environment=draw(
            st.dictionaries(st.sampled_from(["python", "platform", "host", "astropy"]), some_text)
        ),
        seed=draw(st.none() | st.integers()),
    )


people = st.builds(Agent, name.map(lambda n: f"user-{n}"), text, st.just(True), st.none())
agents = st.builds(Agent, name.map(lambda n: f"engine-{n}"), text, st.just(False), st.none() | people)
