"""Names of sources: spelling does not matter where it says nothing, and no name finds another's source."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import archives
from executors.known import other_names, sources
from executors.known.source_list import everything
from executors.known.spelling import source_key
from kg_service.errors import UnresolvedObject

NAMED = [(name, source.identifier) for source in everything() for name in sources.names_of(source)]
DECIDED = {source_key(name): {main} for name, main in other_names.decided().items()}
OWN = {source_key(source.identifier): {source.identifier} for source in everything()}
LISTED: dict[str, set[str]] = {}
for _name, _identifier in NAMED:
    LISTED.setdefault(source_key(_name), set()).add(_identifier)
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
BLANKS = ("", " ", "  ", "\t", "\u00a0", "_")


@st.composite
def respelled(draw):
    """A known name in another case, with other blanks and dashes."""
    name, _ = draw(st.sampled_from(NAMED))
    letters = []
    for c in name:
        if c == " ":
            letters.append(draw(st.sampled_from(BLANKS)))
        elif c == "-":
            letters.append(draw(st.sampled_from(DASHES)))
        else:
            letters.append(draw(st.sampled_from((c, c.lower(), c.upper()))))
    padding = draw(st.sampled_from(("", " ")))
    return name, padding + "".join(letters) + padding


@settings(deadline=None, max_examples=500)  # the machine may be busy
@given(respelled())
def test_case_blanks_and_the_kind_of_dash_do_not_matter(names):
    plain, other = names
    assert {source.identifier for source in sources.bearers(other)} == _meant(plain)


def _meant(name: str) -> set[str]:
    """The source that a name was decided for or whose own name it is, else all that the lists give it to."""
    key = source_key(name)
    return DECIDED.get(key) or OWN.get(key) or LISTED[key]


@pytest.mark.parametrize("source", everything(), ids=lambda source: source.identifier)
def test_the_names_of_a_source_find_it_or_are_known_to_be_shared(source):
    assert sources.find(source.identifier) is source
    for name in sources.names_of(source):
        bearers = {s.identifier for s in sources.bearers(name)}
        assert bearers == _meant(name)


@pytest.mark.parametrize("row", archives.rows("fermi_4fgl_dr4_selected.ecsv"), ids=lambda r: r["association"])
def test_no_further_name_is_shared_or_belongs_to_nobody(row):
    source = sources.find(row["source_name"])
    assert sources.has_fluxes(source)
    for name in other_names.of_sources(source.identifier):
        assert sources.find(name) is source


def test_every_entry_of_the_table_of_names_is_about_a_known_source():
    known = {source.identifier for source in everything()}
    table = other_names._table()
    assert set(table["sources"]) | set(table["fermi"]) | set(table["caveats"]) <= known
    assert set(other_names.decided().values()) <= known
    for name, ways in other_names.several().items():
        assert len({sources.find(way).identifier for way in ways}) == len(ways) > 1
        assert name not in known


def test_signs_of_declinations_matter():
    """No two names of different sources differ by the sign alone, and a wrong sign finds nothing."""
    for name, _ in NAMED:
        turned = name.replace("+", "\x00").replace("-", "+").replace("\x00", "-")
        if "+" in name and source_key(turned) != source_key(name):
            assert sources.bearers(turned) == ()


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("M1", "Crab nebula"),
        ("messier 1", "Crab nebula"),
        ("NGC1952", "Crab nebula"),
        ("4FGL J0534.5+2201s", "Crab nebula"),
        ("NAME Crab Pulsar", "Crab pulsar"),
        ("PSR B0531+21", "Crab pulsar"),
        ("vela pulsar", "PSR J0835-4510"),
        ("Virgo A", "M 87"),
        ("NGC 4486", "M 87"),
        ("Messier 87", "M 87"),
        ("Cygnus X-3", "Cyg X-3"),
        ("CYG X3", "Cyg X-3"),
        ("Cen A", "Centaurus A"),
        ("NGC 5128", "Centaurus A"),
        ("3C84", "NGC 1275"),
        ("Perseus A", "NGC 1275"),
        ("per a", "NGC 1275"),
        ("MARKARIAN-501", "Mrk 501"),
        ("Mkn\u00a0501", "Mrk 501"),
        ("PKS B2155\u2212304", "PKS 2155-304"),
        ("Parkes 2155-304", "PKS 2155-304"),
        ("PKS-1510\u2013089", "PKS 1510-089"),
        ("TXS0506+056", "TXS 0506+056"),
        ("4FGL_J0509.4+0542", "TXS 0506+056"),
        ("3fgl j0509.4+0541", "TXS 0506+056"),
        ("3FHL J0509.4+0542", "TXS 0506+056"),
        ("4C 21.35", "PKS 1222+216"),
        ("Ton 0599", "Ton 599"),
        ("LS I +61\u00b0 303", "LS I +61 303"),
        ("LSI+61303", "LS I +61 303"),
        ("V* BL Lac", "BL Lacertae"),
        ("Tycho\u2019s SNR", "Tycho SNR"),
        ("Galactic Center", "Galactic Centre"),
        ("B2 0218+35", "S3 0218+35"),
    ],
)
def test_the_usual_names_are_understood(name, identifier):
    assert sources.find(name).identifier == identifier


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("Crab", ("Crab pulsar", "Crab nebula")),
        ("VELA", ("Vela pulsar", "Vela X", "Vela Junior", "Vela X-1")),
        ("Kookaburra", ("HESS J1418-609", "HESS J1420-607")),
    ],
)
def test_a_shared_name_is_refused_with_requests_that_can_be_copied(name, ways):
    with pytest.raises(UnresolvedObject, match=f"{len(ways)} sources") as refused:
        sources.find(name)
    assert refused.value.near == ways
    for way in ways:
        assert f'object="{way}"' in refused.value.detail
        assert sources.find(way)
    fluxes = [sources.has_fluxes(sources.find(way)) for way in ways]
    assert fluxes == sorted(fluxes, reverse=True)  # those that can be answered come first


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Mrk 422", "Mrk 421"),
        ("Mrk 181", "Mrk 180"),
        ("TXS 0506", "TXS 0506+056"),
        ("TXS 0506-056", "TXS 0506+056"),
        ("TSX 0506+056", "TXS 0506+056"),
        ("NGC 1257", "NGC 1275"),
        ("PSR J0534+2201", "PSR J0534+2200"),
        ("3C 280", "3C 279"),
        ("Vel X-1", "Vela X-1"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_first(name, near):
    with pytest.raises(UnresolvedObject, match="not among the 441") as refused:
        sources.find(name)
    assert refused.value.near[0] == near
    assert len(refused.value.near) <= 5
    assert refused.value.parameter == "object"


def test_of_names_that_are_no_nearer_those_with_fluxes_come_first():
    near = sources.unknown("Mrk 200").near
    assert near == ("Mrk 421", "Mrk 501", "Mrk 180")  # 180 is known by name alone
    assert sources.unknown("Nowhere").near == ()


@settings(deadline=None)  # the machine may be busy
@given(name=st.text(max_size=30) | st.sampled_from(NAMED).map(lambda named: named[0][:-1] + "7"))
def test_whatever_is_asked_is_a_known_name_or_is_refused_with_known_ones(name):
    try:
        found = sources.find(name)
    except UnresolvedObject as refused:
        near = refused.near
    else:
        near = ()
        assert source_key(name) in {source_key(n) for n in sources.names_of(found)}
    assert all(sources.bearers(other) for other in near)


@pytest.mark.parametrize("name", ["IceCube-170922A", "gw 170817", "IC170922A"])
def test_an_event_given_as_an_object_is_told_so(name):
    with pytest.raises(UnresolvedObject, match="is an event, no source: ask with event=") as refused:
        sources.find(name)
    assert refused.value.near[0].startswith("event=")
