"""A catalogue of a few terms with its own, simple way to compute features, and makers of workflows for it."""

from __future__ import annotations

from dataclasses import dataclass

from kg_service.errors import UnknownTerm
from kg_service.model.query import Binding, Constraint, Query
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Coverage, Input, Output, Workflow

OBSERVED_WITH = KG + "observedWith"
PARAMETER = ODA + "WorkflowParameter"


@dataclass(frozen=True)
class SmallTerm:
    iri: str
    label: str
    definition: str = ""
    alt_labels: tuple[str, ...] = ()

    @property
    def local(self) -> str:
        return self.iri.rpartition("#")[2]


@dataclass(frozen=True)
class SmallRole:
    term: str
    property: str
    kind: Kind
    unit: str | None
    label: str
    alt_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmallInstrument:
    iri: str
    label: str
    kind: str
    observes: tuple[str, ...]
    start: str | None = None
    end: str | None = None


def spaced(name: str) -> str:
    words = "".join(f" {c}" if c.isupper() else c for c in name).split()
    return " ".join(w.lower() for w in words)


class SmallCatalogue:
    """Classes by parents, defined classes by conditions, roles, instruments, bands."""

    def __init__(self, parents, definitions, roles, instruments, within, part_of):
        self.parents = parents
        self.definitions = definitions
        self._roles = {r.term: r for r in roles}
        self._instruments = {i.iri: i for i in instruments}
        self.within = within
        self.part_of = part_of
        self.digest = "0" * 64

    def above(self, iri, relation):
        found, waiting = set(), [iri]
        while waiting:
            item = waiting.pop()
            if item not in found:
                found.add(item)
                waiting += relation.get(item, ())
        return found

    def superclasses(self, iri):
        return frozenset(self.above(iri, self.parents))

    def is_a(self, sub, sup):
        return sup in self.superclasses(sub)

    def role(self, term):
        return self._roles.get(term)

    def roles(self):
        return tuple(self._roles.values())

    def unit(self, term):
        return self._roles[term].unit if term in self._roles else None

    def kind(self, term):
        return self._roles[term].kind if term in self._roles else Kind.NUMBER

    def is_product(self, iri):
        return self.is_a(iri, KG + "ScienceProduct")

    def term(self, iri):
        if iri in self._instruments:
            return SmallTerm(iri, self._instruments[iri].label, f"{self._instruments[iri].label} is a thing.")
        known = {*self.parents, *self.definitions, *self.within, *self._roles}
        if iri not in known:
            raise UnknownTerm(f"unknown {iri}")
        return SmallTerm(iri, spaced(iri.rpartition("#")[2]), f"What {spaced(iri.rpartition('#')[2])} means.")

    def instrument(self, iri):
        if iri not in self._instruments:
            raise UnknownTerm(f"unknown instrument {iri}")
        return self._instruments[iri]

    def instruments(self):
        return tuple(sorted(self._instruments))

    def find(self, name, *, among="any"):
        for iri in [*self._instruments, *(self.parents if among != "instrument" else ())]:
            if iri in (name, KG + name, ODA + name):
                return self.term(iri)
        raise UnknownTerm(f"unknown {name}", near=())

    def bands_of(self, low, high):
        return ()

    def request_features(self, iri):
        if iri not in self.definitions:
            return frozenset({("class", iri)})
        found = set()
        for what, item in self.definitions[iri]:
            found |= self.request_features(item) if what == "class" else {(what, item)}
        return frozenset(found)

    def constraint_features(self, prop, value):
        return frozenset({("facility" if prop == KG + "instrument" else "observes", value)})

    def output_features(self, classes, observed_with, covers=()):
        found = set()
        for cls in classes:
            found |= {("class", c) for c in self.superclasses(cls)}
            found |= self.request_features(cls)
        for instrument in observed_with:
            found.add(("observedWith", instrument))
            found |= {("facility", f) for f in self.above(instrument, self.part_of)}
            for messenger in self._instruments[instrument].observes:
                found |= {("observes", m) for m in self.above(messenger, self.within)}
        if len(set(observed_with)) > 1:
            found.add(("instruments>=2", ""))
        while True:
            new = {("class", c) for d in self.definitions if self.request_features(d) <= found
                   for c in self.superclasses(d)} - found  # fmt: skip
            if not new:
                return frozenset(found)
            found |= new


def role(term, kind=Kind.NAME, unit=None, *names):
    local = term.rpartition("#")[2]
    return SmallRole(term, KG + local[:1].lower() + local[1:], kind, unit, spaced(local), names)


def multi_messenger():
    """The terms that the examples of the tests speak about."""
    product, obj, string = KG + "ScienceProduct", ODA + "AstrophysicalObject", ODA + "String"
    parents = {
        ODA + "Spectrum": (product,), ODA + "LightCurve": (product,), KG + "Spectrogram": (product,),
        KG + "ResolvedObject": (product,), KG + "ResolvedEvent": (product,), KG + "UpperLimit": (product,),
        KG + "MultiInstrumentSpectrum": (ODA + "Spectrum",), product: (),
        KG + "GammaRayLightCurve": (ODA + "LightCurve",),
        KG + "HighEnergyGammaRaySpectrum": (ODA + "Spectrum",),
        KG + "VeryHighEnergyGammaRaySpectrum": (ODA + "Spectrum",),
        obj: (string,), string: (PARAMETER,), PARAMETER: (),
        KG + "MainIdentifier": (obj,), KG + "FermiCatalogueName": (obj,),
        KG + "Event": (string,), KG + "EventIdentifier": (KG + "Event",), KG + "Detector": (string,),
        ODA + "Float": (PARAMETER,), ODA + "PointOfInterestRA": (ODA + "Float",),
        ODA + "PointOfInterestDEC": (ODA + "Float",), ODA + "TimeInstant": (PARAMETER,),
        ODA + "StartTime": (ODA + "TimeInstant",), ODA + "EndTime": (ODA + "TimeInstant",),
        KG + "EventTime": (ODA + "TimeInstant",), KG + "MinimumEnergy": (ODA + "Float",),
        KG + "MaximumEnergy": (ODA + "Float",),
    }  # fmt: skip
    definitions = {
        KG + "MultiInstrumentSpectrum": {("class", ODA + "Spectrum"), ("instruments>=2", "")},
        KG + "GammaRayLightCurve": {("class", ODA + "LightCurve"), ("observes", KG + "GammaRay")},
        KG + "HighEnergyGammaRaySpectrum": {
            ("class", ODA + "Spectrum"), ("observes", KG + "HighEnergyGammaRay")},
        KG + "VeryHighEnergyGammaRaySpectrum": {
            ("class", ODA + "Spectrum"), ("observes", KG + "VeryHighEnergyGammaRay")},
    }  # fmt: skip
    roles = [
        role(obj, Kind.NAME, None, "object"), role(KG + "MainIdentifier"), role(KG + "FermiCatalogueName"),
        role(KG + "Event", Kind.NAME, None, "event"), role(KG + "EventIdentifier"),
        role(KG + "Detector", Kind.NAME, None, "detector"),
        role(ODA + "PointOfInterestRA", Kind.RIGHT_ASCENSION, "deg", "ra"),
        role(ODA + "PointOfInterestDEC", Kind.DECLINATION, "deg", "dec"),
        role(ODA + "StartTime", Kind.TIME, None, "t1"), role(ODA + "EndTime", Kind.TIME, None, "t2"),
        role(KG + "EventTime", Kind.TIME, None, "t0"),
        role(KG + "MinimumEnergy", Kind.ENERGY, "keV", "e_min"),
        role(KG + "MaximumEnergy", Kind.ENERGY, "keV", "e_max"),
    ]  # fmt: skip
    gamma, gravity = KG + "GammaRay", KG + "GravitationalWave"
    within = {
        KG + "HighEnergyGammaRay": (gamma,),
        KG + "VeryHighEnergyGammaRay": (gamma,),
        gamma: (),
        gravity: (),
    }
    instruments = [
        SmallInstrument(KG + "FermiLAT", "Fermi-LAT", "pair-conversion telescope",
                        (KG + "HighEnergyGammaRay",), "2008-08-04"),
        SmallInstrument(KG + "VERITAS", "VERITAS", "array of Cherenkov telescopes",
                        (KG + "VeryHighEnergyGammaRay",)),
        SmallInstrument(KG + "POLAR", "POLAR", "gamma-ray burst detector", (gamma,),
                        "2016-09-24", "2017-03-31"),
        SmallInstrument(KG + "LIGO", "LIGO", "gravitational-wave observatory", (gravity,)),
        SmallInstrument(KG + "H1", "H1", "detector at Hanford", (gravity,)),
        SmallInstrument(KG + "L1", "L1", "detector at Livingston", (gravity,)),
    ]  # fmt: skip
    return SmallCatalogue(parents, definitions, roles, instruments, within,
                          {KG + "H1": (KG + "LIGO",), KG + "L1": (KG + "LIGO",)})  # fmt: skip


def workflow(name, inputs=(), outputs=(), **more):
    instruments = tuple(i for o in outputs for i in o.observed_with)
    more.setdefault("instruments", instruments)
    return Workflow(name=name, version="1", digest=name, title=f"{name} title", description="",
                    inputs=tuple(inputs), outputs=tuple(outputs), **more)  # fmt: skip


def product(term, *instruments, name="product"):
    return Output(name, term, observed_with=instruments)


def gives(term, name=None):
    return Output(name or term.rpartition("#")[2], term, is_product=False)


def text(value, kind=Kind.NAME):
    return Value(kind, value, None, value)


def number(value, kind=Kind.NUMBER, unit=None):
    return Value(kind, str(value), unit, value)


def binding(catalogue, term, value):
    known = catalogue.role(term)
    if not isinstance(value, Value):
        value = text(value) if known.kind is Kind.NAME else number(value, known.kind, known.unit)
    return Binding(known.property, term, value)


def query(catalogue, asks_for, given=None, **constraints):
    return Query(
        asks_for,
        tuple(binding(catalogue, t, v) for t, v in (given or {}).items()),
        tuple(Constraint(KG + prop, value) for prop, value in constraints.items()),
    )


DAY = 86_400_000_000


def shipped():
    """The examples of the design: resolvers, spectra, a light curve, a combination, a spectrogram."""
    obj = ODA + "AstrophysicalObject"
    return [
        workflow(
            "resolve",
            [Input("name", obj)],
            [product(KG + "ResolvedObject"), gives(KG + "MainIdentifier"), gives(KG + "FermiCatalogueName"),
             gives(ODA + "PointOfInterestRA"), gives(ODA + "PointOfInterestDEC")],
        ),
        workflow(
            "fermi-lat-spectrum",
            [Input("source", KG + "FermiCatalogueName"),
             Input("e_min", KG + "MinimumEnergy", unit="MeV", default=number(100000, Kind.ENERGY, "keV"),
                   minimum=number(50000, Kind.ENERGY, "keV"), maximum=number(10**9, Kind.ENERGY, "keV")),
             Input("threshold", ODA + "Float", default=number(25))],
            [product(ODA + "Spectrum", KG + "FermiLAT", name="spectrum")],
        ),
        workflow(
            "fermi-lat-light-curve",
            [Input("source", KG + "FermiCatalogueName")],
            [product(ODA + "LightCurve", KG + "FermiLAT", name="curve")],
            coverage=Coverage(time=(54682 * DAY, 59793 * DAY)),
        ),
        workflow(
            "veritas-spectrum",
            [Input("object", KG + "MainIdentifier")],
            [product(ODA + "Spectrum", KG + "VERITAS", name="spectrum")],
        ),
        workflow(
            "sed-combine",
            [Input("low", KG + "HighEnergyGammaRaySpectrum", is_product=True, determines=OBSERVED_WITH),
             Input("high", KG + "VeryHighEnergyGammaRaySpectrum", is_product=True, determines=OBSERVED_WITH)],
            [product(KG + "MultiInstrumentSpectrum", name="sed")],
            cost=2.0,
        ),
        workflow(
            "events-resolve",
            [Input("event", KG + "Event")],
            [product(KG + "ResolvedEvent"), gives(KG + "EventIdentifier"), gives(KG + "EventTime"),
             gives(ODA + "StartTime"), gives(ODA + "EndTime")],
        ),
        workflow(
            "ligo-spectrogram",
            [Input("t0", KG + "EventTime"),
             Input("detector", KG + "Detector", determines=OBSERVED_WITH, allowed=(text("H1"), text("L1")))],
            [product(KG + "Spectrogram", name="spectrogram")],
        ),
    ]  # fmt: skip
