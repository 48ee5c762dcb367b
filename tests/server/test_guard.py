"""What is refused before Oxigraph's parser sees it, and what is not."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable

import pyoxigraph as ox
import pytest

from govgraph.errors import QueryError
from govgraph.project import Project
from govgraph.server.guard import MAX_LENGTH, MAX_PARTS, MAX_REPARSED, Facts, examine
from govgraph.server.stack import with_stack

Run = Callable[[str], bytes]

URL = "<http://127.0.0.1:9/>"
PREFIXES = f"PREFIX ex: {URL} PREFIX : {URL} PREFIX service: {URL} "
UNFINISHED = "PREFIX h: <http://h:8> "
FEDERATED = "federation is off"


def calls_service(store: ox.Store, query: str) -> bool:
    """Whether Oxigraph would have sent a request, were it asked; to port 9 it never does."""
    try:
        results = store.query(query, use_default_graph_as_union=True)
        if isinstance(results, ox.QuerySolutions):
            for _, _ in zip(range(20), results, strict=False):
                pass
    except (OSError, RuntimeError) as e:
        return "port 9 is not allowed" in str(e) or "the service name is unbound" in str(e)
    except (SyntaxError, ValueError):
        return False
    return False


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * {{ SERVICE {URL} {{}} }}",
        f"SELECT * {{ service silent {URL} {{}} }}",
        f"SELECT*{{SeRvIcE{URL}{{}}}}",
        f"SELECT * {{ SERVICESILENT{URL}{{}} }}",
        "SELECT * { SERVICE?s{} }",
        "SELECT * { ?s ?p ?o . { OPTIONAL { SERVICE ex:a {} } } }",
        "SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE $s {} } }",
        f"SELECT * {{ ?s ?p 1.SERVICE {URL} {{}} }}",
        f"SELECT * {{ ?s ?p trueSERVICE{URL}{{}} }}",
        f"SELECT * {{ # a comment\r SERVICE {URL} {{}} }}",
        f'SELECT * {{ ?s ?p "a\\"b" SERVICE {URL} {{}} }}',
        f"SELECT * {{ ?s ?p '''a''b''' . SERVICE {URL} {{}} }}",
        f"SELECT * {{ ?s ?p ex:a\\#b . SERVICE {URL} {{}} }}",
        f"SELECT * {{ ?s ?p ex:a\\' . SERVICE {URL} {{}} }} # '",
        "SELECT * { SERVICEex:a {} }",
        "SELECT * { service:a {} }",
        "SELECT * { ?s ?p trueSERVICE:a {} }",
        "ASK { SELECT * { SERVICE ex:a {} } }",
    ],
)
def test_service_is_refused(query: str) -> None:
    with pytest.raises(QueryError) as raised:
        examine(PREFIXES + query)
    problem = raised.value.problems[0]
    assert (problem.code, problem.span and problem.span.line) == ("GG712", 1)
    assert FEDERATED in problem.message


@pytest.mark.parametrize(
    "query",
    [
        # Oxigraph reads '<' as a comparison, ends the comment at the line's end, and asks the endpoint.
        f"SELECT * {{ ?s ?p ?a BIND(5 AS ?b) FILTER(?a<?b)SERVICE#>\n{URL}{{}} }}",
        f"SELECT * {{ ?s ?p ?a FILTER(EXISTS{{}}<?a)SERVICE#>\n{URL}{{}} }}",
        f"SELECT * {{ ?s ?p ?a FILTER(?a<2)#>'''\nSERVICE{URL}{{}} #'''\n }}",
        # Oxigraph ends a local name at its second dot.
        f"SELECT * {{ ?s ?p :a.b:c.SERVICE{URL}{{}} }}",
        # Oxigraph reads an opening that is never closed as an empty string and another one.
        f'SELECT * {{ VALUES ?x {{ """a" }} SERVICE {URL} {{}} }}',
        # ... and so it reads a long string with an escape that names no character.
        f'SELECT * {{ VALUES ?x {{ """a" }} SERVICE {URL} {{}} #"\\q"""\n }}',
        f'SELECT * {{ VALUES ?x {{ """a" }} SERVICE {URL} {{}} #"\\uD800"""\n }}',
        # It takes a prefix alone where the local name after it makes no IRI.
        "PREFIX h: <http://h:8> SELECT * { ?s ?p h:SERVICE :x {} }",
        "BASE <http://h:8> PREFIX h: <> SELECT * { ?s ?p h:SERVICE :x {} }",
        "PREFIX \ufffd: <http://127.0.0.1:9/> SELECT * { ?s ?p ex:SERVICE\ufffd:x {} }",
    ],
)
def test_what_might_hide_a_service_is_refused(query: str) -> None:
    with pytest.raises(QueryError) as raised:
        examine(PREFIXES + query)
    assert raised.value.problems[0].code == "GG701"


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * { ?s ?p "SERVICE <http://example.org/> {}" }',
        "SELECT * { ?s ?p '''\nSERVICE ''x''' }",
        "SELECT * { ?s ?p ?o } # SERVICE <http://example.org/> {}",
        "SELECT * { ?s ex:service ?o ; service:a ?service, <http://example.org/(a)service#x> }",
        "SELECT ?service { ?service a service:Service ; ex:service service:x . }",
        "SELECT * { GRAPH service:g { ?s ?p ?o } }",
        "SELECT * FROM service:g FROM NAMED service:h { ?s ?p ?o }",
        "SELECT * { ?s ?p _:service . }",
        "SELECT * { VALUES (?a ?service) { (<urn:a#b> <urn:service#(c)>) } }",
        'SELECT * { ?s ?p "x"@en-service }',
        "SELECT * { ?s ?p ?o FILTER(?o < 5 && ?s != service:x) }",
        "SELECT * { ?s (ex:service|<urn:a#service>)/^service:a ?o }",
    ],
)
def test_service_as_a_name_is_allowed(run: Run, query: str) -> None:
    run(PREFIXES + query)


PIECES = (
    *("SERVICE", "service:a", URL, " {}", "{", "}", "(", ")", "?s", "?p", "?o", " . ", ".", ";", ",", "<"),
    *(">", "<<", ">>", "#", "#>", "\n", " ", '"', "'", '"""', "'''", '"x"', "\\", "ex:a", "ex:a.b", ":a"),
    *(":b", "@en", "<x:a>", "<urn:b#c>", "<?b", "?a<?b", "||", "!", "FILTER(", "FILTER(?a<?b)", "EXISTS{"),
    *("BIND(1 AS ?b)", "OPTIONAL{", "VALUES ?v {", "(1 2)", "1", "1.", ".5", "true", "_:b", "GRAPH ?g {"),
    *("DISTINCT", "COUNT(", "a", "[", "]", "|", "/", "^", "*", "+", "-", "?", "{|", "|}", "日", "IN(", "<'>"),
    *(
        ")>",
        "b",
        "..",
        "%41",
        '"""a" }',
        "\\q",
        "\\uD800",
        "h:",
        "h:SERVICE",
        "x:SERVICE",
        "x:\ufffd",
        ":a {}",
    ),
)
FRAMES = (
    "SELECT * {{ {0} }}",
    "SELECT * {{ ?s ?p ?a {0} SERVICE {1}{url} {{}} {2} }}",
    "SELECT * {{ ?s ?p ?a FILTER(?a<{0})SERVICE{1}\n{url}{{}} }}",
    "SELECT * {{ FILTER(EXISTS{{}}<{0})SERVICE{1}\n{url}{{}} }}",
    "SELECT * {{ ?s ?p {0}SERVICE{1}{url}{{}}{2} }}",
)


@pytest.mark.parametrize("seed", range(4))
def test_no_random_query_gets_past(seed: int) -> None:
    """Oxigraph itself is asked: what it would send to another endpoint, the guard has to refuse."""
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:a"), ox.Literal(1), ox.NamedNode("x:g")))
    random_ = random.Random(seed)
    calls = 0
    for _ in range(10_000):
        parts = ["".join(random_.choices(PIECES, k=random_.randint(0, 5))) for _ in range(3)]
        declared = PREFIXES + random_.choice(("", UNFINISHED))
        query = declared + random_.choice(FRAMES).format(*parts, url=URL)
        if calls_service(store, query):
            calls += 1
            with pytest.raises(QueryError):
                examine(query)
    assert calls > 10  # else this test says nothing


NESTED: dict[str, Callable[[int], str]] = {
    "groups": lambda n: "SELECT * " + "{" * n + "}" * n,
    "parentheses": lambda n: "SELECT * { FILTER(" + "(" * n + "1" + ")" * n + ") }",
    "blank nodes": lambda n: "SELECT * { ?s ?p " + "[ ?p " * n + "1" + "]" * n + " }",
    "collections": lambda n: "SELECT * { ?s ?p " + "(" * n + "1" + ")" * n + " }",
    "functions": lambda n: "SELECT * { FILTER(" + "STR(" * n + "1" + ")" * n + ") }",
    "exists": lambda n: "SELECT * { " + "FILTER EXISTS { " * n + "}" * n + " }",
    "subqueries": lambda n: "SELECT * { " + "{ SELECT * { " * n + "} }" * n + " }",
    "sums": lambda n: "SELECT * { FILTER(1" + " + 1" * n + ") }",
    "unions": lambda n: "SELECT * { {}" + " UNION {}" * n + " }",
    "negations": lambda n: "SELECT * { FILTER(" + "!" * n + "1) }",
    "paths": lambda n: "SELECT * { ?s <x:a>" + "|<x:a>" * n + " ?o }",
    "binds": lambda n: "SELECT * { " + "".join(f"BIND(1 AS ?a{i}) " for i in range(n)) + "}",
    "projections": lambda n: "SELECT " + "".join(f"(1 AS ?a{i}) " for i in range(n)) + "{}",
    "quoted triples": lambda n: "SELECT * { ?s ?p " + "<<( ?s ?p " * n + "1" + " )>>" * n + " }",
    "hidden in an IRI": lambda n: "SELECT * { FILTER(1<" + "(" * n + "1>2" + ")" * n + ") }",
    "hidden in a comment": lambda n: "SELECT * { FILTER(1<2)#>'''\n" + "{" * n + "}" * n + "#'''\n }",
    "hidden in a string": lambda n: 'SELECT * { VALUES ?x { """a" } ' + "{" * n + "}" * n + " }",
}


@pytest.mark.parametrize("kind", NESTED)
def test_deep_nesting_does_not_end_the_process(project: Project, kind: str) -> None:
    """In a process of its own, because the tests would not survive it either."""
    command = [sys.executable, "-c", "from govgraph.cli import main; main()", "query", "-"]
    done = subprocess.run(
        [*command, "--project", str(project.root)],
        input=NESTED[kind](20_000).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2, f"the process died: {done.returncode}"
    assert b"GG701" in done.stderr


@pytest.mark.parametrize("kind", [kind for kind in NESTED if not kind.startswith("hidden")])
def test_nesting_that_is_bearable(run: Run, kind: str) -> None:
    run(NESTED[kind](20 if kind in ("blank nodes", "collections") else 150))


def test_place_and_hint_of_what_is_too_much() -> None:
    with pytest.raises(QueryError) as raised:
        examine("SELECT *\n" + "{" * (MAX_PARTS + 5))
    problem = raised.value.problems[0]
    assert problem.span is not None
    assert (problem.code, problem.span.line, problem.span.column) == ("GG701", 2, MAX_PARTS)
    assert problem.hint == "put long lists into VALUES"


@pytest.mark.parametrize("name", ["SUBSTR", "regex", "REPLACE", "GROUP_CONCAT"])
def test_nested_calls_that_are_parsed_twice(run: Run, name: str) -> None:
    def nested(depth: int) -> str:
        tail = {"SUBSTR": ",1)", "regex": ',"a")', "REPLACE": ',"a","b")', "GROUP_CONCAT": ")"}[name]
        return "SELECT (" + f"{name}(" * depth + '"a"' + tail * depth + " AS ?x) {}"

    run(nested(MAX_REPARSED))
    with pytest.raises(QueryError) as raised:
        examine(nested(MAX_REPARSED + 1))
    assert (raised.value.problems[0].code, "nested calls" in str(raised.value)) == ("GG701", True)


def test_too_long() -> None:
    with pytest.raises(QueryError) as raised:
        examine("ASK {} #" + "x" * MAX_LENGTH)
    assert raised.value.problems[0].message.startswith("the query is too long")


def test_long_lists_are_allowed(run: Run) -> None:
    rows = " ".join(f'(<urn:x:{n}> "a-b.c"@ja -{n})' for n in range(3000))
    run(f"SELECT * {{ VALUES (?a ?b ?c) {{ {rows} }} }}")
    run("SELECT * { FILTER(1 IN (" + ", ".join(map(str, range(3000))) + ")) }")


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("SELECT * {}", Facts("SELECT", False, True)),
        ("PREFIX select: <x:> BASE <x:> # ASK\nask {}", Facts("ASK", False, True)),
        ("SELECT * FROM <x:g> {}", Facts("SELECT", True, True)),
        ("CONSTRUCT { ?s ?p ?o } FROM NAMED <x:g> WHERE { ?s ?p ?o }", Facts("CONSTRUCT", True, True)),
        ("SELECT * { ?from ?p 'FROM <x:g>' }", Facts("SELECT", False, True)),
        ("SELECT (NOW() AS ?x) {}", Facts("SELECT", False, False)),
        ("SELECT (struuid() AS ?x) {}", Facts("SELECT", False, False)),
        ("CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }", Facts("CONSTRUCT", False, False)),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p [ ?p ?o ] }", Facts("CONSTRUCT", False, True)),
        ("DESCRIBE <x:a>", Facts("DESCRIBE", False, True)),
    ],
)
def test_facts(query: str, facts: Facts) -> None:
    assert examine(query) == facts


def test_a_failing_query_leaves_the_thread() -> None:
    def fail() -> None:
        raise BaseException("panic")

    with pytest.raises(RuntimeError, match="panic"):
        with_stack(fail)
