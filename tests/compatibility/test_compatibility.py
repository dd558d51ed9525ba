"""Apollo's public suite for subgraph libraries, against one made with `kernel.federation`.

The suite's own tests and its two other subgraphs run unchanged; an Apollo Gateway stands where the
suite starts a router.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import pytest
from graphql import build_schema

from kernel.errors import NotFoundError
from kernel.federation.execution import Endpoint
from kernel.federation.requests import GraphQLRequest
from kernel.federation.tracing import HEADER, Trace
from project.graph import limits
from tests.gateway.stack import ROOT, ask, free_ports, installed, manage, running
from tests.node.packages import node

pytestmark = [pytest.mark.node, pytest.mark.live]

HERE = Path(__file__).resolve().parent
SUITE = HERE / "node_modules" / "@apollo" / "federation-subgraph-compatibility-tests"

#: The features of the suite's table, by the names of their tests.
FEATURES = [
    "introspection",
    "@key single",
    "@key multiple",
    "@key composite",
    "repeatable @key",
    "@requires",
    "@provides",
    "ftv1",
    "@link",
    "@shareable",
    "@tag",
    "@override",
    "@inaccessible",
    "@composeDirective",
    "@interfaceObject",
]


@dataclass(frozen=True, slots=True)
class Graph:
    """Three subgraphs and a gateway that run."""

    products: str
    users: str
    gateway: str


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """The supergraph that the suite asks."""
    installed(str(HERE))
    products, users, inventory, gateway = map(str, free_ports(4))
    url = f"http://127.0.0.1:{products}/graphql"
    ports = {"USERS_PORT": users, "INVENTORY_PORT": inventory}
    with ExitStack() as everything:

        def start(command: list[str], ready: str, **environment: str) -> None:
            everything.enter_context(running(command, ready, environment)).wait()

        data = str(tmp_path_factory.mktemp("products"))
        assert manage("migrate", DATA_DIR=data).returncode == 0
        start(
            [sys.executable, str(ROOT / "manage.py"), "serve"],
            "at http://",
            DJANGO_SETTINGS_MODULE="tests.compatibility.settings",
            DATA_DIR=data,
            PORT=products,
        )
        for name in ("users", "inventory"):
            folder = SUITE / "dist" / "subgraphs" / name
            program = f"process.chdir({str(folder)!r}); import({str(folder / 'index.js')!r})"
            start([node(), "--eval", program], "subgraph ready at", **ports)
        start(
            [node(), str(HERE / "gateway.mjs")],
            "gateway at",
            PORT=gateway,
            PRODUCTS_URL=url,
            **ports,
        )
        yield Graph(
            products=url,
            users=f"http://127.0.0.1:{users}/",
            gateway=f"http://127.0.0.1:{gateway}/",
        )


@pytest.fixture(scope="module")
def outcomes(graph: Graph) -> dict[str, list[str]]:
    """What became of the tests of each feature."""
    done = subprocess.run(
        [
            *(node(), str(HERE / "node_modules" / "jest" / "bin" / "jest.js")),
            *(str(SUITE / "dist" / "tests"), "--ci", "--json", "--runInBand"),
            *("--config", str(SUITE / "federation-jest.config.js")),
            *("--setupFilesAfterEnv", str(HERE / "elsewhere.cjs")),
        ],
        env={
            "PATH": os.environ["PATH"],
            "PRODUCTS_URL": graph.products,
            "ROUTER_URL": graph.gateway,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for file in json.loads(done.stdout)["testResults"]:
        for test in file["assertionResults"]:
            feature = (test["ancestorTitles"] or [test["fullName"]])[0]
            messages = test["failureMessages"] or [test["status"]]
            found.setdefault(feature, []).extend(messages)
    return found


def test_the_suite_has_the_features_that_we_know(outcomes: dict[str, list[str]]) -> None:
    assert set(outcomes) == set(FEATURES)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_suite_passes(outcomes: dict[str, list[str]], feature: str) -> None:
    assert set(outcomes[feature]) == {"passed"}


def read_trace(ftv1: str) -> dict[str, Any]:
    """Return a trace as Apollo's own package reads it."""
    done = subprocess.run(
        [node(), str(HERE / "read_trace.mjs")],
        input=ftv1,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def shape(node_: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a node besides its times."""
    named = {name: value for name, value in node_.items() if not name.endswith("Time")}
    return {**named, "child": [shape(child) for child in node_.get("child", ())]}


def traced(url: str, document: str, **variables: Any) -> dict[str, Any]:
    answer = ask(url, document, variables, headers={HEADER: "ftv1"})
    return read_trace(answer.body["extensions"]["ftv1"])


def test_a_trace_tells_what_apollos_own_tells_of_the_same_operation(graph: Graph) -> None:
    document = """query ($representations: [_Any!]!) {
      _entities(representations: $representations) { ...on User { email called: name } } }"""
    users = [{"__typename": "User", "email": "support@apollographql.com"}] * 2

    ours = traced(graph.products, document, representations=users)
    theirs = traced(graph.users, document, representations=users)

    assert set(ours) == set(theirs)
    assert shape(ours["root"]) == shape(theirs["root"])
    assert ours["fieldExecutionWeight"] == theirs["fieldExecutionWeight"]
    (entities,) = ours["root"]["child"]
    assert [item["index"] for item in entities["child"]] == [0, 1]
    for field in [entities, *entities["child"][1]["child"]]:
        assert 0 < field["startTime"] <= field["endTime"] <= ours["durationNs"]


def test_a_trace_read_by_apollos_package_has_real_times_and_errors() -> None:
    installed(str(HERE))

    def slow(_root: Any, _info: Any) -> list[dict[str, int]]:
        end = perf_counter_ns() + 20_000_000
        while perf_counter_ns() < end:
            pass
        return [{"id": 1}, {"id": 2}]

    def failing(row: dict[str, int], _info: Any) -> int:
        raise NotFoundError(f"no row {row['id']}")

    schema: Any = build_schema("type Query { rows: [Row!] } type Row { bad: Int }")
    schema.query_type.fields["rows"].resolve = slow
    schema.type_map["Row"].fields["bad"].resolve = failing

    answer = Endpoint(schema, limits()).answer(
        GraphQLRequest("{ all: rows { bad } }", {}, None), trace=Trace()
    )

    trace = read_trace(answer.body["extensions"]["ftv1"])
    (rows,) = trace["root"]["child"]
    assert 20_000_000 <= rows["endTime"] - rows["startTime"] <= trace["durationNs"]
    assert (rows["responseName"], rows["originalFieldName"]) == ("all", "rows")
    assert (rows["type"], rows["parentType"]) == ("[Row!]", "Query")
    for item in rows["child"]:
        (bad,) = item["child"]
        (error,) = bad["error"]
        assert error["message"] == f"no row {item['index'] + 1}"
        assert error["location"] == [{"line": 1, "column": 15}]
        assert json.loads(error["json"])["extensions"] == {"code": "NOT_FOUND"}
