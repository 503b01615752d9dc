"""Matching and planning written out the slow and plain way, sharing no code with what it judges."""

from __future__ import annotations

from itertools import product as every
from itertools import starmap

from random_catalogues import END, START

from kg_service.model.terms import KG

MANY = ("instruments>=2", "")
DETERMINES = KG + "observedWith"


class TooMany(Exception):
    """More derivations than a test should wait for."""


class Slow:
    """Every derivation of a goal, as nested tuples ``(workflow name, sources)``.

    A source is ``("given", n)``, ``("step", derivation, output name)``, ``("default",)``.
    """

    def __init__(self, query, workflows, catalogue, depth, most=20_000):
        self.query, self.catalogue, self.depth = query, catalogue, depth
        self.flows = {w.name: w for w in workflows}
        self.left = most
        self.wanted = set(catalogue.request_features(query.asks_for))
        for c in query.constraints:
            self.wanted |= catalogue.constraint_features(c.property, c.value)
        self.memo = {}

    # -- values and inputs

    def fitting(self, flow, item):  # noqa: PLR0911 - one return for each rule
        """Bindings for an input; None when they refuse it."""
        if item.is_product or self.catalogue.role(item.term) is None:
            return []
        exact = {i.term for i in flow.inputs if not i.is_product}
        found = [n for n, b in enumerate(self.query.bindings)
                 if b.term == item.term
                 or (self.catalogue.is_a(b.term, item.term) and b.term not in exact)]  # fmt: skip
        if not found:
            return []
        if len({self.query.bindings[n].value.key for n in found}) > 1:
            return None
        if sum(i.term == item.term for i in flow.inputs) > 1:
            return None
        found.sort(key=lambda n: (self.query.bindings[n].term != item.term, n))
        value = float(self.query.bindings[found[0]].value.text)
        if item.minimum is not None and value < float(item.minimum.text):
            return None
        if item.maximum is not None and value > float(item.maximum.text):
            return None
        time = flow.coverage.time
        if time and item.term == START and value >= time[1]:
            return None
        if time and item.term == END and value <= time[0]:
            return None
        return found[:1]

    def sources(self, flow, item, depth):
        given = self.fitting(flow, item)
        if given is None:
            return []
        if given:
            return [("given", given[0])]
        options = [] if item.default is None and not item.optional else [("default",)]
        if item.is_product:
            wanted = set(self.catalogue.request_features(item.term))
            for other in self.flows.values():
                for output in other.outputs:
                    if output.is_product:
                        options += [("step", d, output.name) for d in self.derive(other, depth - 1)
                                    if wanted <= self.features(d, output)]  # fmt: skip
        elif self.catalogue.role(item.term) is not None:
            for other in self.flows.values():
                best = {}
                for output in other.outputs:
                    if not output.is_product and self.catalogue.is_a(output.term, item.term):
                        best[output.term == item.term] = output.name
                if best:
                    name = best.get(True, best.get(False))
                    options += [("step", d, name) for d in self.derive(other, depth - 1)]
        return options

    def derive(self, flow, depth):
        if depth < 1:
            return []
        key = (flow.name, depth)
        if key not in self.memo:
            ways = [self.sources(flow, item, depth) for item in flow.inputs]
            total = 1
            for w in ways:
                total *= len(w)
            self.left -= total
            if self.left < 0:
                raise TooMany
            self.memo[key] = [(flow.name, sources) for sources in every(*ways)]
        return self.memo[key]

    # -- what a derivation is

    def instruments(self, derivation, output):
        flow = self.flows[derivation[0]]
        found = set(output.observed_with)
        many = any(MANY in self.catalogue.output_features({o.term}, ()) for o in flow.outputs if o.is_product)
        for item, source in zip(flow.inputs, derivation[1], strict=True):
            if item.is_product and source[0] == "step" and (many or item.determines == DETERMINES):
                behind = self.flows[source[1][0]]
                found |= self.instruments(source[1], next(o for o in behind.outputs if o.name == source[2]))
        return found

    def features(self, derivation, output):
        flow = self.flows[derivation[0]]
        seen = self.instruments(derivation, output)
        bare = self.catalogue.output_features({output.term}, output.observed_with)
        binds = any(i.is_product and s[0] == "step" for i, s in zip(flow.inputs, derivation[1], strict=True))
        if MANY in bare and len(output.observed_with) < 2 and len(seen) == 1 and binds_or_slots(flow, binds):
            return set()
        return set(self.catalogue.output_features({output.term}, tuple(sorted(seen))))

    def steps(self, derivation):
        yield derivation
        for source in derivation[1]:
            if source[0] == "step":
                yield from self.steps(source[1])

    def one_value_per_role(self, derivation):
        links = {}
        for name, sources in self.steps(derivation):
            for item, source in zip(self.flows[name].inputs, sources, strict=True):
                if source[0] == "step" and not item.is_product:
                    link = (source[1], source[2])
                    if links.setdefault(item.term, link) != link:
                        return False
        return True

    def nothing_looked_up_again(self, derivation):
        """Whether no value comes from a step that rests on another one that gives such a value as well."""
        for name, sources in self.steps(derivation):
            for item, source in zip(self.flows[name].inputs, sources, strict=True):
                if source[0] == "step" and not item.is_product:
                    for other, _ in list(self.steps(source[1]))[1:]:
                        outputs = self.flows[other].outputs
                        if any(not o.is_product and self.catalogue.is_a(o.term, item.term) for o in outputs):
                            return False
        return True

    def no_pair_twice(self, derivation, goal, above=()):
        pair = (derivation[0], goal)
        if pair in above:
            return False
        flow = self.flows[derivation[0]]
        for item, source in zip(flow.inputs, derivation[1], strict=True):
            if source[0] == "step":
                wanted = (
                    frozenset(self.catalogue.request_features(item.term)) if item.is_product else item.term
                )
                below = (*above, pair)
                if not item.is_product and any(g == wanted for _, g in below):
                    return False
                if not self.no_pair_twice(source[1], wanted, below):
                    return False
        return True

    def hull(self, derivation):
        flow = self.flows[derivation[0]]
        if flow.coverage.time:
            return flow.coverage.time
        spans = [self.hull(s[1]) for i, s in zip(flow.inputs, derivation[1], strict=True)
                 if i.is_product and s[0] == "step"]  # fmt: skip
        if not spans or None in spans:
            return None
        return (min(s[0] for s in spans), max(s[1] for s in spans))

    def unused(self, derivation):
        used = {s[1] for _, sources in self.steps(derivation) for s in sources if s[0] == "given"}
        hull = self.hull(derivation)
        for n, b in enumerate(self.query.bindings):
            value = float(b.value.text)
            if n in used or (hull and b.term == START and hull[0] >= value):
                continue
            if hull and b.term == END and hull[1] <= value:
                continue
            return True
        return False

    def valid(self, derivation, output):
        return (
            self.wanted <= self.features(derivation, output)
            and self.one_value_per_role(derivation)
            and self.nothing_looked_up_again(derivation)
            and self.no_pair_twice(derivation, frozenset(self.wanted))
            and not self.unused(derivation)
        )

    def answering(self, name=None):
        """The names of the workflows that can be the last step."""
        found = set()
        for flow in self.flows.values():
            if name in (None, flow.name):
                for output in flow.outputs:
                    pairs = ((d, output) for d in self.derive(flow, self.depth)) if output.is_product else ()
                    if any(starmap(self.valid, pairs)):
                        found.add(flow.name)
        return found


def binds_or_slots(flow, binds):
    """Whether what is bound could have added an instrument."""
    return binds or any(i.is_product for i in flow.inputs)
