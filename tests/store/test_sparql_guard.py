"""Nothing that asks another server or changes data gets through; everything else keeps its meaning."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store

from kg_service.errors import Malformed, RequestProblem, SparqlRefused, TooLarge
from kg_service.model.terms import KG
from kg_service.store.sparql_guard import MAX_CHARACTERS, Form, guard
from kg_service.store.sparql_tokens import quote, tokens, unescape

E = "http://e.org/"


@pytest.fixture(scope="module")
def data() -> Store:
    store = Store()

    def n(name: str) -> NamedNode:
        return NamedNode(E + name)

    for number in range(6):
        store.add(Quad(n(f"s{number}"), n("p"), Literal(number), n("g")))
        store.add(Quad(n(f"s{number}"), n("next"), n(f"s{(number + 1) % 6}"), n("g")))
        store.add(Quad(n(f"s{number}"), n("name"), Literal(f"name {number}", language="en"), n("names")))
    store.add(Quad(n("s1"), n("a.b-c"), Literal("SERVICE"), n("g")))
    # So that patterns of the fuzzed texts match and what follows them is evaluated.
    for value in (Literal(value=True), Literal("a"), Literal(""), Literal('"'), Literal("a''b"), Literal(-1)):
        store.add(Quad(n("odd"), n("odd"), value, n("odd")))
    return store


ALLOWED = [
    "SELECT * { ?s ?p ?o }",
    "select*where{?s?p?o}",
    "SELECT ?service WHERE { ?service e:p ?load }",
    "SELECT $s WHERE { $s e:p 3 }",
    'SELECT ?s { ?s ?p "SERVICE" }',
    'SELECT ?s { ?s ?p """SERVICE <http://x> { } "" \\" """ }',
    "SELECT ?s { ?s ?p 'it\\'s # no comment' }",
    "SELECT ?s { ?s ?p '''two\nlines''' } # SERVICE <http://x> {}",
    "# DROP ALL\nSELECT ?s { ?s e:p ?o } # '''\n",
    "SELECT ?s { ?s <http://e.org/service> ?o }",
    "SELECT ?s { ?s e:service ?o . ?s e:load e:insert }",
    "PREFIX service: <http://e.org/> SELECT ?o { service:s1 service:p ?o }",
    "PREFIX SERVICE: <http://e.org/> SELECT ?o { SERVICE:s1 SERVICE:p ?o }",
    "PREFIX : <http://e.org/> SELECT ?o { :s1 :p ?o ; :next/:p ?x }",
    "BASE <http://e.org/> PREFIX x: <x#> SELECT ?o { <s1> <p> ?o OPTIONAL { ?o x:y ?z } }",
    "SELECT ?s { ?s e:a.b-c ?o }",
    "SELECT ?s { ?s e:p ?o FILTER(?o<=3&&?o>=1) }",
    "SELECT ?s { ?s e:p ?o FILTER(?o<3&&?o>1) }",
    "SELECT ?s { ?s e:p ?o . ?t e:p ?u FILTER(?o<?u&&?u>2||?o=5) }",
    "SELECT ?s { ?s e:p ?o FILTER(?o-1=2) }",
    "SELECT ?s { ?s e:p ?o FILTER(?o+1 = 2 || -?o = -3 || !(?o != 4)) }",
    "SELECT (?o*2 AS ?twice) { ?s e:p ?o } ORDER BY DESC(?o) LIMIT 2 OFFSET 1",
    "SELECT ?s { ?s e:p 3 , 3.0e0 }",
    "SELECT ?s { ?s e:p ?o FILTER(?o IN (1,2,+3)) }",
    "SELECT ?s { ?s e:p ?o FILTER(?o NOT IN(1.5,.5)) }",
    "SELECT ?o { e:s1 e:next+ ?x . ?x e:next?/e:p ?o }",
    "SELECT ?o { e:s1 (e:next|^e:next)* ?x . ?x !(e:p|^e:p) ?o }",
    "SELECT ?s { ?s e:name ?n FILTER(LANG(?n) = 'en' && REGEX(?n, '^NAME [0-2]', 'i')) }",
    "SELECT ?s { ?s e:name 'name 1'@en }",
    "SELECT ?s { ?s e:p '1'^^xsd:integer , '1' ^^ <http://www.w3.org/2001/XMLSchema#integer> }",
    "SELECT (GROUP_CONCAT(DISTINCT ?o; SEPARATOR=', ') AS ?all) { ?s e:p ?o } GROUP BY (?o/2)",
    "SELECT (COUNT(*) AS ?n) (AVG(?o) AS ?m) { ?s e:p ?o } HAVING(COUNT(*)>2)",
    "SELECT ?s { ?s e:p ?o FILTER EXISTS { ?s e:next ?t } MINUS { ?s e:p 2 } }",
    'SELECT ?g { GRAPH ?g { ?s e:p ?o } FILTER(CONCAT(STR(?g),"x") = STRDT("http://e.org/gx", xsd:string)) }',
    "SELECT ?s FROM <http://e.org/g> { ?s e:name ?n }",
    "SELECT ?s FROM NAMED <http://e.org/g> { GRAPH <http://e.org/g> { ?s e:p ?n } }",
    "SELECT ?x { VALUES (?x ?y) { (1 2) (UNDEF 'a') } BIND(COALESCE(?x, IF(BOUND(?y), 7, 8)) AS ?z) }",
    "SELECT ?x { { SELECT ?x { ?x e:p ?o } ORDER BY ?o LIMIT 1 } UNION { ?x e:p 5 } } VALUES ?x { e:s0 }",
    "SELECT ?s { ?s e:next [ e:p ?o ; e:next [] ] . [] e:p ?o }",
    "SELECT ?o { _:b e:next _:c.1 . _:c.1 e:p ?o }",
    "SELECT ?s { ?s ?p () }",
    "SELECT ?s { ?s ?p ( 1 <x:y> ?z ) }",
    "SELECT ?s { ?s e:p ?o FILTER(e:unknown(?o) || true) }",
    "SELECT (xsd:double(?o) AS ?d) (NOW() AS ?t) { ?s e:p ?o } LIMIT 0",
    "SELECT ?s { ?s e:p ?o . LATERAL { SELECT * { ?s e:next ?t } LIMIT 1 } }",
    'SELECT ?s { ?s e:name ?n FILTER(?n = "name \\u0031"@en) }',
    "SELECT ?s { ?s <http://e.org/\\u0070> 1 }",
    "SELECT ?Ly\u03b1 { ?Ly\u03b1 e:p 1 }",
    "SELECT ?s { ?s e:%41\\,b\\'c ?o }",
    "ASK { ?s e:p 3 }",
    "ASK{?s a ?c}",
    "CONSTRUCT { ?s e:q ?o } WHERE { ?s e:p ?o }",
    "CONSTRUCT WHERE { ?s e:p ?o }",
    "DESCRIBE e:s1",
    "DESCRIBE ?s WHERE { ?s e:p 1 }",
    'VERSION "1.2" ASK { ?s e:p true }',
    "SELECT ?t { VALUES ?t { <<( e:s e:p e:o )>> } }",
]


def answer(store: Store, text: str) -> object:
    result = store.query(text, use_default_graph_as_union=True)
    if isinstance(result, QueryBoolean):
        return bool(result)
    if isinstance(result, QuerySolutions):
        names = [v.value for v in result.variables]
        return names, sorted([str(t) for t in row if not str(t).startswith("_:")] for row in result)
    return sorted(str(t) for t in result)


@pytest.mark.parametrize("text", ALLOWED)
def test_a_query_keeps_its_answer(data, text):
    text = (
        f"PREFIX e: <{E}> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> {text}"
        if "VERSION" not in text
        else text
    )
    text = text.replace("VERSION", f"PREFIX e: <{E}> VERSION")
    if "NOW()" in text:
        text = text.replace("(NOW() AS ?t)", "")
        guard(text.replace("?d)", "?d) (NOW() AS ?t)"))
    assert answer(data, guard(text).text) == answer(data, text)


def test_prefixes_of_the_service_need_no_declaration():
    assert f"PREFIX p0: <{KG}>" in guard("ASK { ?s a kg:Product }").text


def test_the_form_is_told():
    assert guard("PREFIX a: <a:b> BASE <http://x/> ASK {}").form is Form.ASK
    assert guard("select ?ask { }").form is Form.SELECT
    assert guard("DESCRIBE <a:b>").form.gives_graph
    assert guard("CONSTRUCT WHERE {}").form.gives_graph


REFUSED = [
    "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * { service silent ?x { ?s ?p ?o } }",
    "SELECT*{SeRvIcE<http://127.0.0.1/>{?s?p?o}}",
    "ASK { ?s ?p ?o FILTER EXISTS { SERVICE kg:x { } } }",
    "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1/>{} }",
    "SELECT * { ?s ?p 'a'SERVICE<http://127.0.0.1/>{} }",
    "SELECT * { # comment\r SERVICE # comment\n <http://127.0.0.1/> {} }",
    "SELECT * { ?s ?p ?o FILTER(?o<5) SERVICE <http://127.0.0.1/> {} }",
    "SELECT * { ?s ?p '''' SERVICE '''. SERVICE <http://127.0.0.1/> {} }",
    "INSERT DATA { <a:b> <a:b> <a:b> }",
    "PREFIX a: <a:b> DELETE WHERE { ?s ?p ?o }",
    "WITH <a:b> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "LOAD <http://127.0.0.1/>",
    "load silent <http://127.0.0.1/> into graph <a:b>",
    "CLEAR ALL",
    "DROP SILENT DEFAULT",
    "CREATE GRAPH <a:b>",
    "COPY DEFAULT TO <a:b>",
    "MOVE DEFAULT TO <a:b>",
    "ADD DEFAULT TO <a:b>",
    "SELECT * { ?s ?p ?o } ; INSERT DATA { <a:b> <a:b> <a:b> }",
]


@pytest.mark.parametrize("text", REFUSED)
def test_updates_and_calls_of_other_servers_are_refused(text):
    with pytest.raises(SparqlRefused, match=r"line [12], column [0-9]+"):
        guard(text)


MALFORMED = [
    ("", "no SELECT"),
    ("SELEKT * { ?s ?p ?o }", "'SELEKT' at line 1, column 1"),
    ("SELECT * {\n  ?s § ?o }", "line 2, column 6"),
    ('SELECT * { ?s ?p "open }', "column 18"),
    ("SELECT * { ?s ?p '''open }", "column 18"),
    ("SELECT * { ?s foo:bar ?o }", "foo: at line 1, column 15"),
    ("\\u0053ELECT * { ?s ?p ?o }", "column 1"),
    ("SELECT * { ?s \\u0053ERVICE ?o }", "column 15"),
    ('SELECT * { ?s ?p "\\x" }', "escape"),
    ('SELECT * { ?s ?p "\\uD800" }', "escape"),
    ("SELECT * { <\\u003e> ?p ?o }", "no IRI"),
    ("SELECT * { ?s ?p \ud800 }", "half a character"),
    ("{ ?s ?p ?o }", "begins with SELECT"),
    ("SELECT * " + "{" * 300, "brackets"),
    ("SELECT * { ?s ?p trueSERVICE <http://127.0.0.1/> {} }", "trueSERVICE"),
    ("SELECT * { SERVICE:x {} }", "SERVICE:"),
]


@pytest.mark.parametrize(("text", "message"), MALFORMED, ids=[m for _, m in MALFORMED])
def test_what_cannot_be_a_query_is_malformed_and_says_where(text, message):
    with pytest.raises(Malformed, match=message):
        guard(text)


def test_near_words_are_offered():
    with pytest.raises(Malformed) as caught:
        guard("SELEKT * { ?s ?p ?o }")
    assert caught.value.near == ("SELECT",)
    with pytest.raises(Malformed) as caught:
        guard("ASK { ?s provv:used ?o }")
    assert "prov:" in caught.value.near


def test_a_huge_text_is_too_large():
    with pytest.raises(TooLarge):
        guard("ASK { ?s ?p '" + "x" * MAX_CHARACTERS + "' }")


def test_a_place_in_the_written_text_leads_back_to_the_original():
    original = "SELECT *\n{ ?s   ?p kg:x .\n ?? }"
    guarded = guard(original)
    assert guarded.place(guarded.text.index("? ?") + 1) == "line 3, column 2"
    assert guarded.place(1) == "line 1, column 1"


# --- nothing goes out ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listener():
    """A port that counts who connects, and hangs up at once."""
    heard: list[object] = []
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.02)

        def listen() -> None:
            while not ending.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                heard.append(peer)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], heard
        ending.set()
        thread.join()


def test_the_listener_hears_the_engine_when_nobody_guards_it(listener, data):
    port, heard = listener
    for text in (
        "SERVICE <http://127.0.0.1:PORT/> {?s ?p ?o}",
        "?s ?p 3SERVICE <http://127.0.0.1:PORT/> {?s ?p ?o}",
        "?s ?p trueSERVICE <http://127.0.0.1:PORT/> {?s ?p ?o}",
    ):
        before = len(heard)
        with pytest.raises(OSError, match=r"."):
            answer(data, "SELECT * { " + text.replace("PORT", str(port)) + " }")
        wait_for(lambda before=before: len(heard) > before)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 3
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


GAPS = st.sampled_from(
    ["", " ", "\n", "\t", "\r", "#\n", "# '\n", '#"""\r', "<#>", "<", "(", "{", "\\", "\\u0020", "\u00a0"]
)
CALLS = st.sampled_from(
    [
        "SERVICE",
        "service",
        "SERVICE SILENT",
        "SERVICESILENT",
        "S\\u0045RVICE",
        "SERVICE#\n",
        "trueSERVICE",
        "aSERVICE",
        "1SERVICE",
        "ex:SERVICE",
        "SERVICEex:",
        "?xSERVICE",
        "@en-SERVICE",
        "'''SERVICE",
        '"SERVICE',
        "_:SERVICE",
        "UNIONSERVICE",
    ]
)
TARGETS = st.sampled_from(
    [
        "<http://127.0.0.1:PORT/>",
        "ex:",
        "SERVICEex:",
        ":x",
        "SERVICE:x",
        "<\\u0068ttp://127.0.0.1:PORT/>",
        "?x",
        "ex:a\\'b",
    ]
)
PIECES = st.sampled_from(
    [
        "?s ?p ?o",
        "?s ?p ?o .",
        "?o<#>",
        "FILTER(?o<",
        "FILTER(?o<#>'''\n1)",
        ">",
        ")",
        "}",
        "{",
        "'",
        '"',
        "'''",
        '"""',
        "#",
        "\n",
        "\\'",
        '\\"',
        "'a'",
        '"\\""',
        "''",
        '""',
        "'''a''b'''",
        "ex:a\\'",
        "ex:a\\#",
        "?s ex:a\\'b '",
        "@en",
        "^^ex:",
        "OPTIONAL {",
        "UNION",
        "1",
        "-1",
        "true",
        "a",
        "[]",
        "()",
        "<a:b>",
        "<a:#>",
        "EXISTS {",
        "BIND(1 AS ?x)",
        "_:b",
        "_:b.",
        "?x",
        "<<",
        ">>",
    ]
)


@given(
    before=st.lists(st.one_of(PIECES, GAPS), max_size=6),
    call=st.tuples(GAPS, CALLS, GAPS, TARGETS, GAPS),
    after=st.lists(st.one_of(PIECES, GAPS), max_size=5),
    form=st.sampled_from(
        ["SELECT * {", "ASK {", "CONSTRUCT {} WHERE {", "SELECT * { ?s ?p ?o ", "SELECT (1 AS ?y) {"]
    ),
)
@settings(max_examples=600, deadline=None)
@example(
    before=["?s ?p ?o FILTER(?o<#>'''\n1)"],
    call=("", "SERVICE", " ", "<http://127.0.0.1:PORT/>", ""),
    after=["'''"],
    form="SELECT * {",
)
def test_however_a_call_is_written_nothing_goes_out(listener, data, before, call, after, form):
    """Either the guard refuses, or what it lets through makes no connection."""
    port, heard = listener
    text = (
        "".join(f"PREFIX {p}: <http://127.0.0.1:PORT/> " for p in ("ex", "SERVICEex", "", "SERVICE")) + form
    )
    text += " ".join(before) + "".join(call) + "{ ?s ?p ?o }" + " ".join(after) + "}"
    text = text.replace("PORT", str(port))
    known = len(heard)
    try:
        guarded = guard(text)
        answer(data, guarded.text)
    except (RequestProblem, SyntaxError):
        pass
    assert len(heard) == known


@given(
    gap=st.sampled_from(["", " ", "\n", "#x\n", "\t"]),
    word=st.sampled_from(["SERVICE", "service", "sErViCe"]),
    silent=st.sampled_from(["", " SILENT"]),
    target=st.sampled_from(["<http://127.0.0.1:9/>", "?x", "$x", " kg:x"]),
    around=st.sampled_from(
        [
            "{}",
            "{{ {} }}",
            "{{?s ?p ?o}} UNION {{{}}}",
            "OPTIONAL {{ {} }}",
            "GRAPH ?g {{ {} }}",
            "MINUS {{ {} }}",
            "FILTER EXISTS {{ {} }}",
            "FILTER(NOT EXISTS {{ {} }})",
            "{{ SELECT * {{ {} }} }}",
            "BIND(EXISTS {{ {} }} AS ?b)",
            "?s ?p 'x' . {}",
            "?s ?p ?o # '\n {}",
            "LATERAL {{ {} }}",
            "?s ?p '''it's''' . {}",
        ]
    ),
    form=st.sampled_from(
        [
            "SELECT * {{ {} }}",
            "ASK {{ {} }}",
            "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {} }}",
            "DESCRIBE ?s {{ {} }}",
        ]
    ),
)
@settings(max_examples=300, deadline=None)
def test_every_legal_call_of_another_server_is_refused_as_such(gap, word, silent, target, around, form):
    call = f"{word}{silent}{gap}{target}{gap}{{ ?s ?p ?o }}"
    with pytest.raises(SparqlRefused):
        guard(form.format(around.format(call)))


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_let_through_or_refused_never_anything_else(text):
    with suppress(RequestProblem):
        guard(text)


@given(text=st.text(st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_quoted_text_is_one_token_on_one_line_and_means_itself(text):
    written = quote(text)
    [token] = tokens(written)
    assert token.kind == "string"
    assert unescape(token.text[1:-1], written, 0) == text
    assert "\n" not in written
    assert "\r" not in written


ASCII_PIECES = (
    "SELECT ",
    "?a",
    "$b1",
    "_:c.d",
    "kg:Run",
    ":x.y",
    "a:",
    "a.b:c%20d",
    "<http://e.org/#>",
    "<",
    "1.5e3",
    "'q'",
    '"""l\n"""',
    "@en-GB",
    " ",
    "\n",
    "#c\n",
    ".",
    "\\",
    "^^",
    "-",
    "_",
    "7",
)


@given(st.lists(st.sampled_from(ASCII_PIECES), max_size=12))
def test_a_text_of_ascii_alone_has_the_tokens_that_any_text_has(pieces):
    def read(text):
        try:
            return list(tokens(text))
        except Malformed:
            return None

    text = "".join(pieces)
    assert read(text) == read(f"{text}\n# \u00e9")
