"""What is counted of GraphQL: each operation once, by the way that it took; no name of a client."""

import uuid

import pytest
from prometheus_client import REGISTRY

from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

FILES = "query Names { files(first: 1) { nodes { id name } } }"
ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on File { name } } }"


def value(name: str, **labels: str) -> float:
    """Return what a metric says now."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def ways() -> dict[str, float]:
    """Return how many queries went which way."""
    return {
        way: value("graphql_operation_seconds_count", kind="query", way=way)
        for way in ("compiled", "executed", "refused")
    }


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return by how much each value has grown that has."""
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


@pytest.fixture
def ask() -> GraphQLClient:
    """Somebody with every right."""
    return GraphQLClient(make_key(make_tenant()).secret)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "way"),
    [
        (FILES, "compiled"),
        ('{ __type(name: "File") { name } }', "executed"),
        ("{ files(first: 100000) { nodes { id } } }", "refused"),
    ],
)
def test_an_operation_is_counted_by_the_way_it_took(
    ask: GraphQLClient, query: str, way: str
) -> None:
    before, cost = ways(), value("graphql_operation_cost_count")

    ask(query)

    assert grown(before, ways()) == {way: 1}
    assert value("graphql_operation_cost_count") - cost == (way != "refused")


@pytest.mark.django_db
def test_what_is_refused_is_counted_with_its_code(ask: GraphQLClient) -> None:
    name = ("graphql_operation_seconds_count", {"kind": "unknown", "way": "refused"})
    code = ("graphql_errors_total", {"code": "GRAPHQL_VALIDATION_FAILED"})
    before = value(name[0], **name[1]), value(code[0], **code[1])

    ask("{ nothingOfThisKind }")

    assert value(name[0], **name[1]) - before[0] == 1
    assert value(code[0], **code[1]) - before[1] == 1


@pytest.mark.django_db
def test_a_document_is_prepared_once(ask: GraphQLClient) -> None:
    def counted() -> dict[str, float]:
        outcomes = ("prepared", "remembered")
        return {one: value("graphql_documents_total", outcome=one) for one in outcomes}

    before = counted()
    query = FILES.replace("Names", f"N{uuid.uuid4().hex}")
    for _ in range(3):
        ask(query)

    assert grown(before, counted()) == {"prepared": 1, "remembered": 2}


@pytest.mark.django_db
def test_a_batch_of_entities_is_measured_by_its_type() -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    gateway = GraphQLClient(make_key(make_tenant()).secret, path="/files/graphql")
    before = value("graphql_entity_batch_size_sum", type="File")

    _ = gateway(ENTITIES, of=[{"__typename": "File", "id": one} for one in ids]).data

    assert value("graphql_entity_batch_size_sum", type="File") - before == 3
