"""What the making of a product tells: caveats of what it came from, workflows that were passed over."""

from __future__ import annotations

from types import SimpleNamespace

from pyoxigraph import NamedNode, Quad, Store

from kg_service.discovery.lookup import Lookup
from kg_service.errors import NotFound
from kg_service.model.answer import PassedOver
from kg_service.model.product import Product
from kg_service.model.terms import KG, Site
from kg_service.rdf import plan as plan_rdf

SITE = Site("http://localhost:8000/")
PLAN, STEP = SITE.iri("runs", "plan"), SITE.iri("runs", "step")
PASSED = (PassedOver(SITE.iri("workflows", "near", "1"), "not-covered", "Near has nothing."),)


def product(ident: str, *, quality: str, origins: tuple[str, ...] = ()) -> Product:
    derived = (*(SITE.iri("products", o) for o in origins), SITE.iri("datasets", "d"))
    return Product(ident, ident, (), STEP, "w", "key", "2026-01-01", quality=(quality,), derived_from=derived)


class Recorded(Lookup):
    """A lookup over a few products and one plan."""

    def __init__(self, *products: Product) -> None:
        store = Store()
        store.add(Quad(NamedNode(STEP), NamedNode(KG + "partOfRun"), NamedNode(PLAN), NamedNode("http://r")))

        def select(sparql: str, **bound: NamedNode) -> list[dict[str, NamedNode]]:
            text = sparql.replace("?run", f"<{bound['run'].value}>")
            rows = store.query(text, use_default_graph_as_union=True)
            return [{"plan": row["plan"]} for row in rows]

        super().__init__(SimpleNamespace(select=select), SITE)
        self._known = {SITE.iri("products", p.ident): p for p in products}

    def product(self, iri):
        if iri not in self._known:
            raise NotFound(iri)
        return self._known[iri]

    def run(self, iri):
        return SimpleNamespace(workflow=None if iri == PLAN else "w")

    def record(self, iri):
        return plan_rdf.to_triples(iri, "http://q", (), PASSED)


def test_everything_behind_a_product_is_found_once_and_the_first_things_first():
    name = product("name", quality="two names")
    one = product("one", quality="points as published", origins=("name",))
    two = product("two", quality="average", origins=("name", "gone"))
    last = product("last", quality="not simultaneous", origins=("one", "two"))
    lookup = Recorded(name, one, two, last)
    assert [p.ident for p in lookup.behind(last)] == ["name", "one", "two"]
    assert lookup.caveats_behind(last) == ("two names", "points as published", "average")
    assert lookup.caveats_behind(name) == ()


def test_the_plan_that_a_product_was_made_in_knows_what_was_passed_over():
    made = product("a", quality="x")
    assert Recorded(made).passed_over_for(made) == PASSED
    alone = Product("b", "b", (), SITE.iri("runs", "alone"), "w", "key", "2026-01-01")
    assert Recorded(alone).passed_over_for(alone) == ()
