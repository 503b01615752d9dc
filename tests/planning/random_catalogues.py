"""Small random worlds: a catalogue, workflows and a query, for comparison with brute force."""

from __future__ import annotations

import random

from hypothesis import strategies as st
from small_catalogue import (
    OBSERVED_WITH,
    SmallCatalogue,
    SmallInstrument,
    gives,
    number,
    product,
    query,
    role,
    workflow,
)

from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind
from kg_service.model.workflow import Coverage, Input

ROLES = [KG + f"R{n}" for n in range(5)]
START, END = ODA + "StartTime", ODA + "EndTime"
KINDS = [KG + "K0", KG + "K1", KG + "K2"]
DEFINED = [KG + "D0", KG + "Many"]
INSTRUMENTS = [KG + "I0", KG + "I1"]
VALUES = range(5)


def world() -> SmallCatalogue:
    top = KG + "ScienceProduct"
    parents = {
        top: (), KINDS[0]: (top,), KINDS[1]: (KINDS[0],), KINDS[2]: (top,), DEFINED[0]: (KINDS[0],),
        DEFINED[1]: (KINDS[0],),
        ROLES[0]: (ODA + "Float",), ROLES[1]: (ROLES[0],), ROLES[2]: (ODA + "Float",),
        ROLES[3]: (ROLES[2],), ROLES[4]: (ODA + "Float",), ODA + "Float": (),
        START: (ODA + "Float",), END: (ODA + "Float",),
    }  # fmt: skip
    definitions = {
        DEFINED[0]: {("class", KINDS[0]), ("observes", KG + "M0")},
        DEFINED[1]: {("class", KINDS[0]), ("instruments>=2", "")},
    }
    roles = [role(term, Kind.NUMBER) for term in (*ROLES, START, END)]
    instruments = [SmallInstrument(INSTRUMENTS[0], "I0", "", (KG + "M0",)),
                   SmallInstrument(INSTRUMENTS[1], "I1", "", (KG + "M1",))]  # fmt: skip
    return SmallCatalogue(parents, definitions, roles, instruments, {KG + "M0": (), KG + "M1": ()}, {})


WORLD = world()


@st.composite
def inputs(draw, number_of):
    if draw(st.integers(0, 5)) == 0:
        return Input(f"x{number_of}", draw(st.sampled_from([*KINDS, *DEFINED])), is_product=True,
                     determines=draw(st.sampled_from([None, OBSERVED_WITH])))  # fmt: skip
    if draw(st.integers(0, 9)) == 0:
        return Input(f"x{number_of}", ODA + "Float", default=number(1) if draw(st.booleans()) else None)
    term = draw(st.sampled_from([*ROLES, *ROLES, START, END]))
    how = draw(st.sampled_from(["required", "required", "default", "optional"]))
    low, high = sorted((draw(st.sampled_from(VALUES)), draw(st.sampled_from(VALUES))))
    limited = draw(st.integers(0, 4)) == 0
    return Input(
        f"x{number_of}",
        term,
        default=number(2) if how == "default" else None,
        optional=how == "optional",
        minimum=number(low) if limited else None,
        maximum=number(high) if limited else None,
    )


@st.composite
def workflows(draw, number_of):
    given = [draw(inputs(n)) for n in range(draw(st.integers(0, 3)))]
    outputs = []
    if number_of == 0 or draw(st.integers(0, 2)) == 0:
        seen = draw(st.lists(st.sampled_from(INSTRUMENTS), max_size=1))
        outputs.append(product(draw(st.sampled_from([*KINDS, DEFINED[1]])), *seen))
    outputs += [gives(r) for r in draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True))]
    if not outputs:
        outputs.append(gives(draw(st.sampled_from(ROLES))))
    time = draw(st.none() | st.sampled_from([(1, 2), (0, 4), (2, 3)]))
    return workflow(f"w{number_of}", given, outputs, coverage=Coverage(time=time),
                    cost=float(draw(st.integers(1, 3))))  # fmt: skip


@st.composite
def queries(draw):
    terms = draw(st.lists(st.sampled_from([*ROLES, START, END]), max_size=3, unique=True))
    given = {term: draw(st.sampled_from(VALUES)) for term in terms}
    constraints = {"instrument": draw(st.sampled_from(INSTRUMENTS))} if draw(st.integers(0, 4)) == 0 else {}
    return query(WORLD, draw(st.sampled_from([*KINDS, *DEFINED])), given, **constraints)


@st.composite
def catalogues(draw, largest=5):
    return [draw(workflows(n)) for n in range(draw(st.integers(1, largest)))]


@st.composite
def cases(draw, largest=5):
    """Workflows with a query about them: most queries ask for something that one of them makes."""
    flows = draw(catalogues(largest))
    if draw(st.integers(0, 5)) == 0:
        return flows, draw(queries())
    asks = draw(
        st.sampled_from([o.term for w in flows for o in w.outputs if o.is_product] + KINDS[:1] + DEFINED)
    )
    # What one workflow needs, some of it left to be derived by giving what another needs instead.
    meant = draw(st.sampled_from(flows)), draw(st.sampled_from(flows))
    known = {*ROLES, START, END}
    terms = {
        i.term for w in meant for i in w.inputs if i.term in known and (i.default is None and not i.optional)
    }
    terms = {t for t in sorted(terms) if draw(st.integers(0, 4))} | set(
        draw(st.lists(st.sampled_from(ROLES), max_size=1))
    )
    given = {term: draw(st.sampled_from([2, 2, *VALUES])) for term in sorted(terms)[:3]}
    constraints = {"instrument": draw(st.sampled_from(INSTRUMENTS))} if draw(st.integers(0, 6)) == 0 else {}
    return flows, query(WORLD, asks, given, **constraints)


def wide_case(seed):
    """A world drawn evenly, where hypothesis would keep to small ones: longer chains, more alternatives."""
    rng = random.Random(seed)

    def an_input(number_of):
        if rng.random() < 0.15:
            return Input(f"x{number_of}", rng.choice([*KINDS, *DEFINED]), is_product=True,
                         determines=rng.choice([None, OBSERVED_WITH]),
                         optional=rng.random() < 0.2)  # fmt: skip
        how = rng.choice(["required"] * 3 + ["default", "optional"])
        low, high = sorted((rng.choice(VALUES), rng.choice(VALUES)))
        limited = rng.random() < 0.15
        return Input(
            f"x{number_of}",
            rng.choice([*ROLES, *ROLES, START, END]),
            default=number(2) if how == "default" else None,
            optional=how == "optional",
            minimum=number(low) if limited else None,
            maximum=number(high) if limited else None,
        )

    def a_workflow(number_of):
        outputs = []
        if number_of < 2 or rng.random() < 0.3:
            seen = [rng.choice(INSTRUMENTS)] if rng.random() < 0.6 else []
            outputs.append(product(rng.choice([*KINDS, DEFINED[1]]), *seen))
        outputs += [gives(r) for r in rng.sample(ROLES, rng.choice([0, 1, 1, 2]))]
        given = [an_input(n) for n in range(rng.choice([0, 1, 1, 2, 2, 3]))]
        time = rng.choice([None, None, (1, 2), (0, 4), (2, 3)])
        return workflow(f"w{number_of}", given, outputs or [gives(rng.choice(ROLES))],
                        coverage=Coverage(time=time), cost=float(rng.randint(1, 3)))  # fmt: skip

    flows = [a_workflow(n) for n in range(rng.randint(2, 6))]
    terms = rng.sample([*ROLES, START, END], rng.choice([0, 1, 1, 2, 2, 3]))
    given = {term: rng.choice([2, 2, 2, *VALUES]) for term in terms}
    constraints = {"instrument": rng.choice(INSTRUMENTS)} if rng.random() < 0.15 else {}
    return flows, query(WORLD, rng.choice([*KINDS, *DEFINED]), given, **constraints)


wide_cases = st.integers(0, 2**32).map(wide_case)
