"""No read costs more queries for more rows: all that can be listed is listed, short and long."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_django
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from kernel.federation import pages
from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.services import BY_NAME
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as
from kernel.testing.tenants import make_tenant
from project.graph import composed_endpoint, subgraph
from tests.project.furnishing import furnish

FEW, MANY = 2, 8
#: How many entities are selected inside each other: a row, what it refers to, what that has.
DEEPEST = 3
BOUNDLESS = Limits(tokens=100_000, depth=100, aliases=100, directives=100, cost=10**9)
ENTITIES = {name for service in BY_NAME for name in subgraph(service).entities}
COMPOSED = composed_endpoint().schema


def object_type(schema: Any, name: str) -> GraphQLObjectType:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def needs_arguments(field: GraphQLField) -> bool:
    return any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values())


#: A tenant has one log and one list of types, and a plan is made of its months and policies.
BESIDE_LISTS = {"auditCheckpoint", "auditVerifierKeys", "auditRetentionPlan", "allowedFileTypes"}
LISTS = [
    name
    for name, field in object_type(COMPOSED, "Query").fields.items()
    if not needs_arguments(field) and name not in BESIDE_LISTS
]
#: Told of one list and refused for the lists of many rows at once.
OF_ONE_LIST = {"facets", "histogram"}
#: Those that do not grow with rows.
FIXED = {
    "auditLogActionCounts",
    "chores",
    "datasets",
    "documentGallery",
    "dynamicSettings",
    "featureFlagDefinitions",
    "systemSchedules",
}
FETCHABLE = [
    (service, type_.name)
    for service in BY_NAME
    for type_ in subgraph(service).schema.type_map["_Entity"].types  # type: ignore[attr-defined]  # a union
]


@dataclass(frozen=True, slots=True)
class Furnished:
    """A tenant with rows of each entity: their ids by type, and who may see them all."""

    ids: dict[str, list[str]]
    principal: Principal


@pytest.fixture(scope="module")
def furnished(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[tuple[Furnished, Furnished]]:
    """Two tenants, with few and with many rows, made once: it takes longer than all questions."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield with_rows(FEW), with_rows(MANY)
        transaction.set_rollback(True)


def with_rows(count: int) -> Furnished:
    tenant, root = make_tenant(), User.objects.create_superuser(f"root-{count}")
    principal = Principal(
        kind="staff",
        id=str(root.pk),
        name="test",
        tenant_id=tenant.pk,
        scopes=frozenset({ALL_SCOPES}),
    )
    with acting_as(principal):
        return Furnished(furnish(count), principal)


@pytest.fixture(autouse=True)
def _in_the_transaction_of_the_rows(furnished: object, db: None) -> None:
    # Theirs is opened before that of the test.
    pass


def everything(type_: GraphQLObjectType, *, hops: int) -> str:
    """Select all that this type has, and all below it, through so many entities."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if name in OF_ONE_LIST:
            continue
        if is_leaf_type(below):
            parts.append(name)
        elif isinstance(below, GraphQLObjectType):
            left = hops - (below.name in ENTITIES)
            if left >= 0:
                parts.append(f"{name} {everything(below, hops=left)}")
    return f"{{ {' '.join(parts)} }}"


def ask(endpoint: Endpoint, text: str, there: Furnished, **variables: Any) -> tuple[int, str]:
    """Return how many queries an operation takes whose document is known, and its answer."""
    request = GraphQLRequest(text, variables, None)
    with acting_as(there.principal):
        endpoint.answer(request)
        with CaptureQueriesContext(connection) as captured:
            body = endpoint.answer(request).body
    assert "errors" not in body, body["errors"]
    return len(captured), str(body)


def list_of(name: str) -> str:
    field = object_type(COMPOSED, "Query").fields[name]
    type_ = get_named_type(field.type)
    assert isinstance(type_, GraphQLObjectType)
    # As many as a page may have: each row that is made leaves many logs.
    page = "(first: 100)" if "first" in field.args else ""
    return f"{{ {name}{page} {everything(type_, hops=DEEPEST)} }}"


both_paths = pytest.mark.parametrize(
    "compiles",
    [True, pytest.param(False, marks=pytest.mark.any_database)],
    ids=["compiled", "executed"],
)


@pytest.mark.any_database
@both_paths
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_short_and_long(
    name: str, compiles: bool, furnished: tuple[Furnished, Furnished]
) -> None:
    endpoint, text = Endpoint(COMPOSED, BOUNDLESS, compiles=compiles), list_of(name)

    (few, short), (many, long) = [ask(endpoint, text, one) for one in furnished]

    assert many == few
    # Of logs there are more than a page has, few as the rows may be.
    fixed = name in FIXED | {"auditLogs"} or name.endswith("ConsumerGroups")
    assert fixed or len(long) > 1.5 * len(short)


@pytest.mark.any_database
@both_paths
@pytest.mark.parametrize(("service", "typename"), FETCHABLE)
def test_entities_cost_the_same_few_and_many(
    service: str, typename: str, compiles: bool, furnished: tuple[Furnished, Furnished]
) -> None:
    there = furnished[1]
    schema = subgraph(service).schema
    selected = everything(object_type(schema, typename), hops=DEEPEST - 1)
    text = f"""query($wanted: [_Any!]!) {{
        _entities(representations: $wanted) {{ ... on {typename} {selected} }} }}"""
    endpoint = Endpoint(schema, BOUNDLESS, compiles=compiles)
    wanted = [{"__typename": typename, "id": one} for one in there.ids[typename]]

    few, short = ask(endpoint, text, there, wanted=wanted[:FEW])
    many, long = ask(endpoint, text, there, wanted=wanted)

    assert many == few
    assert len(long) > 2 * len(short)


def test_the_answer_of_a_bulk_change_costs_the_same_short_and_long(
    furnished: tuple[Furnished, Furnished],
) -> None:
    there = furnished[1]
    type_ = everything(object_type(COMPOSED, "Notification"), hops=DEEPEST - 1)
    text = f"""mutation($input: CreateNotificationsInput!) {{
        createNotifications(input: $input) {{ outcomes {{ notification {type_} }} }} }}"""
    endpoint = Endpoint(COMPOSED, BOUNDLESS)
    messages = [
        {"recipient": "a@example.com", "channel": "CHAT", "subject": "a", "attachmentIds": [file]}
        for file in there.ids["File"]
    ]

    few, short = ask(endpoint, text, there, input={"notifications": messages[:FEW]})
    many, long = ask(endpoint, text, there, input={"notifications": messages})

    assert many == few
    assert len(long) > 2 * len(short)


def test_a_field_that_loads_row_by_row_would_be_seen(
    monkeypatch: pytest.MonkeyPatch, furnished: tuple[Furnished, Furnished]
) -> None:
    endpoint, text = Endpoint(COMPOSED, BOUNDLESS, compiles=False), list_of("documents")
    monkeypatch.setattr(pages, "together", lambda rows: rows)

    (few, _), (many, _) = [ask(endpoint, text, one) for one in furnished]

    assert many > few
