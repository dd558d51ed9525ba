"""The estimate of what an operation costs, which is made before any of it runs."""

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from kernel.federation.cost import estimator
from kernel.federation.documents import Documents
from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.federation.stopwatch import Stopwatch

SDL = """
scalar _Any
type Query {
  one(cheap: Int, dear: Int): Item
  items(first: Int = 4, last: Int, ids: [Int!]): Items!
  plain: [Item!]!
  names: [String!]!
  assumed: [Item]
  sliced(limit: Int): [Item!]
  priced: Item
  free: Item
  _entities(representations: [_Any!]!): [Item]!
}
type Mutation { change: Item }
type Items { nodes: [Item!]! edges: [Edge!]! total: Int! }
type Edge { node: Item! cursor: String! }
type Item { id: ID! other: Item tags: [Tag!]! heavy: Int name: String items(first: Int): Items }
type Tag { name: String! }
"""
CONNECTION = {"slicingArguments": ["first", "last", "ids"], "sizedFields": ["nodes", "edges"]}
DIRECTIVES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "Query.items": {"listSize": [CONNECTION | {"assumedSize": 50}]},
    "Item.items": {"listSize": [CONNECTION | {"assumedSize": 5}]},
    "Query.assumed": {"listSize": [{"assumedSize": 7}]},
    "Query.sliced": {"listSize": [{"slicingArguments": ["limit"], "assumedSize": 3}]},
    "Query.priced": {"cost": [{"weight": 20}]},
    "Query.free": {"cost": [{"weight": "0"}]},
    "Item.heavy": {"cost": [{"weight": 5}]},
    "Tag": {"cost": [{"weight": 2}]},
}


def a_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    for place, directives in DIRECTIVES.items():
        type_name, _, field = place.partition(".")
        element: Any = schema.type_map[type_name]
        target = element.fields[field] if field else element
        target.extensions = {"directives": directives}
    one: Any = schema.query_type
    one.fields["one"].args["dear"].extensions = {"directives": {"cost": [{"weight": 9}]}}
    return schema


SCHEMA = a_schema()


def cost(text: str, variables: dict[str, Any] | None = None) -> int:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    operation: Any = next(d for d in document.definitions if d.kind == "operation_definition")
    return estimator(SCHEMA, document, operation)(variables or {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ __schema { types { name fields { name } } } }", 0),
        ("{ one { id } }", 1),
        ("{ one { id other { other { id } } } }", 3),
        ("{ a: one { id } b: one { id } }", 2),
        ("{ one { heavy } }", 6),
        ("{ one(cheap: 1) { id } }", 1),
        ("{ one(dear: 1) { id } }", 10),
        ("{ priced { id } }", 20),
        ("{ free { id other { id } } }", 1),
        ("{ names }", 0),
        ("{ plain { id } }", 10),
        ("{ plain { tags { name } } }", 10 * (1 + 10 * 2)),
        ("{ assumed { id } }", 7),
        ("{ sliced { id } }", 3),
        ("{ sliced(limit: 6) { id } }", 6),
        ("{ sliced(limit: 0) { id } }", 0),
        ("{ sliced(limit: -1) { id } }", 0),
        ("{ sliced(limit: null) { id } }", 3),
        ("{ items { total } }", 1),
        ("{ items { nodes { id } } }", 1 + 4),
        ("{ items(first: 20) { nodes { id } } }", 1 + 20),
        ("{ items(first: 20) { edges { node { id } } } }", 1 + 20 * 2),
        ("{ items(first: 20, last: 30) { nodes { id } } }", 1 + 30),
        ("{ items(first: null, ids: [1, 2]) { nodes { id } } }", 1 + 2),
        ("{ items(first: null) { nodes { id } } }", 1 + 50),
        (
            "{ items(first: 20) { nodes { items(first: 3) { nodes { id } } } } }",
            1 + 20 * (1 + 1 + 3),
        ),
        ("{ items(first: 20) { ...F } } fragment F on Items { nodes { id } }", 21),
        (
            """{ a: items(first: 2) { ...F } b: items(first: 3) { ...F } }
            fragment F on Items { ...G } fragment G on Items { ... { nodes { id } } }""",
            1 + 2 + 1 + 3,
        ),
        ("{ _entities(representations: [1, 2, 3]) { id } }", 3),
        ("{ one { id } plain @skip(if: true) { id } }", 1),
        ("{ one { id } plain @include(if: false) { id } }", 1),
        ("{ one { id } ... @include(if: true) { plain { id } } }", 11),
        ("mutation { change { id } }", 11),
    ],
)
def test_the_cost_of_literals(text: str, expected: int) -> None:
    assert cost(text) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 1 + 8),
        ({"n": 20}, 1 + 20),
        ({"n": 0}, 1),
        ({"n": -5}, 1),
        ({"n": None}, 1 + 50),
        ({"n": "x"}, 1 + 50),
        ({"n": True}, 1 + 50),
        ({"n": {}}, 1 + 50),
    ],
)
def test_the_cost_of_variables(variables: dict[str, Any], expected: int) -> None:
    assert cost("query($n: Int = 8) { items(first: $n) { nodes { id } } }", variables) == expected


def test_the_cost_of_what_variables_include_and_multiply() -> None:
    text = """
        query($yes: Boolean!, $n: Int, $r: [_Any!]!) {
          a: one @include(if: $yes) { id }
          sliced(limit: $n) { items(first: $n) { nodes @skip(if: $yes) { id } } ...F }
          _entities(representations: $r) { ...F }
        }
        fragment F on Item { items(first: $n) { nodes { id } } }
    """

    assert cost(text, {"yes": True, "n": 2, "r": [{}] * 5}) == 1 + 2 * (1 + 1 + 3) + 5 * (1 + 3)
    assert cost(text, {"yes": False, "n": 2, "r": []}) == 2 * (1 + 1 + 2 + 3)


def test_fragments_that_multiply_are_added_up_once_each() -> None:
    levels = 10
    body = "items(first: $n) { nodes { ...F%d } } " * 8
    fragments = [f"fragment F{i} on Item {{ {body % ((i + 1,) * 8)} }}" for i in range(levels)]
    text = (
        "query($n: Int) { one { ...F0 } } "
        + " ".join(fragments)
        + f" fragment F{levels} on Item {{ id }}"
    )
    document = parse(text)
    operation: Any = document.definitions[0]

    estimate = estimator(SCHEMA, document, operation)({"n": 2})

    assert estimate > 16**levels


LIMITS = Limits(tokens=1_000, depth=12, aliases=15, directives=50, cost=40)


def ask(text: str, *, tells_cost: bool = False, **variables: Any) -> dict[str, Any]:
    request = GraphQLRequest(text, variables, None, tells_cost=tells_cost)
    return Endpoint(SCHEMA, LIMITS).answer(request).body


def test_an_operation_over_the_limit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    root: Any = SCHEMA.query_type
    monkeypatch.setattr(root.fields["items"], "resolve", lambda *_a, **more: begun.append(1))

    refused = ask("query($n: Int) { items(first: $n) { nodes { id } } }", n=40)

    assert refused == {
        "errors": [
            {
                "message": "an operation may cost 40, this one is estimated at 41",
                "extensions": {"code": "LIMIT_EXCEEDED"},
            }
        ]
    }
    assert begun == []


def test_the_cost_is_told_to_whom_it_interests() -> None:
    text = "{ one { id other { id } } }"

    assert ask(text, tells_cost=True) == {
        "data": {"one": None},
        "extensions": {"cost": {"estimated": 2, "limit": 40}},
    }
    assert ask(text) == {"data": {"one": None}}


def test_a_prepared_operation_is_remembered_with_its_plans() -> None:
    documents = Documents(SCHEMA, LIMITS)

    first = documents.read("{ one { id } }", Stopwatch(), suggest=True).operation(None)
    second = documents.read("{ one { id } }", Stopwatch(), suggest=True).operation(None)

    assert second is first
    assert second.plans is first.plans
