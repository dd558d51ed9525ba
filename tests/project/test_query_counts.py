"""No read costs more queries for more rows: all that can be listed is listed, short and long."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from apps.audit.domain.entries import Target
from apps.audit.services import record_all
from apps.config.services import create_flag
from apps.documents.models import Document
from apps.files.services import create_file
from apps.importexport.models import ImportFormat
from apps.importexport.services import create_import
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.scheduler.services import create_schedule
from kernel.federation import pages
from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.identity.models import Tenant
from kernel.services import BY_NAME
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as
from project.graph import composed_endpoint, subgraph
from tests.audit.factories import an_entry

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


LISTS = [
    name
    for name, field in object_type(COMPOSED, "Query").fields.items()
    if not needs_arguments(field)
]
FETCHABLE = [
    (service, type_.name)
    for service in BY_NAME
    for type_ in subgraph(service).schema.type_map["_Entity"].types  # type: ignore[attr-defined]  # a union
]


@pytest.fixture(autouse=True)
def _every_right(tenant: Tenant) -> Iterator[None]:
    everything = frozenset({ALL_SCOPES})
    principal = Principal(
        kind="system", id="test", name="test", tenant_id=tenant.pk, scopes=everything
    )
    with acting_as(principal):
        yield


def furnish(count: int) -> dict[str, list[str]]:
    """Make so many rows of each entity, which refer to each other; return their ids by type."""
    files = [
        str(create_file(name="a.csv", content_type="text/csv", size_bytes=1).pk)
        for _ in range(count)
    ]
    rows = {
        "File": files,
        "Document": [
            str(Document.objects.create(title="a", format="pdf", output_id=file).pk)
            for file in files
        ],
        "Notification": [
            str(
                create_notification(
                    recipient="a@example.com",
                    channel=NotificationChannel.EMAIL,
                    subject="a",
                    attachment_ids=[file, files[0]],
                ).pk
            )
            for file in files
        ],
        "ImportJob": [
            str(create_import(name="a", format=ImportFormat.CSV, source_id=file).pk)
            for file in files
        ],
        "JobSchedule": [str(create_schedule(name="a", cron="0 3 * * *").pk) for _ in files],
        "FeatureFlag": [str(create_flag(key=file).pk) for file in files],
    }
    told = [Target(type=typename, id=one) for typename, ids in rows.items() for one in ids]
    logs = [outcome.log for outcome in record_all([an_entry(targets=(one,)) for one in told])]
    return rows | {"AuditLog": [str(log.pk) for log in logs if log]}


def everything(type_: GraphQLObjectType, *, hops: int) -> str:
    """Select all that this type has, and all below it, through so many entities."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        below = get_named_type(field.type)
        if is_leaf_type(below):
            parts.append(name)
        elif isinstance(below, GraphQLObjectType):
            left = hops - (below.name in ENTITIES)
            if left >= 0:
                parts.append(f"{name} {everything(below, hops=left)}")
    return f"{{ {' '.join(parts)} }}"


def ask(endpoint: Endpoint, text: str, **variables: Any) -> tuple[int, str]:
    """Return how many queries an operation takes whose document is known, and its answer."""
    request = GraphQLRequest(text, variables, None)
    endpoint.answer(request)
    with CaptureQueriesContext(connection) as captured:
        body = endpoint.answer(request).body
    assert "errors" not in body, body["errors"]
    return len(captured), str(body)


def list_of(name: str) -> str:
    type_ = get_named_type(object_type(COMPOSED, "Query").fields[name].type)
    assert isinstance(type_, GraphQLObjectType)
    return f"{{ {name} {everything(type_, hops=DEEPEST)} }}"


both_paths = pytest.mark.parametrize("compiles", [True, False], ids=["compiled", "executed"])


@both_paths
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_short_and_long(name: str, compiles: bool) -> None:
    endpoint, text = Endpoint(COMPOSED, BOUNDLESS, compiles=compiles), list_of(name)

    furnish(FEW)
    few, short = ask(endpoint, text)
    furnish(MANY - FEW)
    many, long = ask(endpoint, text)

    assert many == few
    assert name == "auditLogActionCounts" or len(long) > 2 * len(short)


@both_paths
@pytest.mark.parametrize(("service", "typename"), FETCHABLE)
def test_entities_cost_the_same_few_and_many(service: str, typename: str, compiles: bool) -> None:
    schema = subgraph(service).schema
    selected = everything(object_type(schema, typename), hops=DEEPEST - 1)
    text = f"""query($wanted: [_Any!]!) {{
        _entities(representations: $wanted) {{ ... on {typename} {selected} }} }}"""
    endpoint = Endpoint(schema, BOUNDLESS, compiles=compiles)
    wanted = [{"__typename": typename, "id": one} for one in furnish(MANY)[typename]]

    few, short = ask(endpoint, text, wanted=wanted[:FEW])
    many, long = ask(endpoint, text, wanted=wanted)

    assert many == few
    assert len(long) > 2 * len(short)


def test_the_answer_of_a_bulk_change_costs_the_same_short_and_long() -> None:
    type_ = everything(object_type(COMPOSED, "Notification"), hops=DEEPEST - 1)
    text = f"""mutation($input: CreateNotificationsInput!) {{
        createNotifications(input: $input) {{ outcomes {{ notification {type_} }} }} }}"""
    endpoint = Endpoint(COMPOSED, BOUNDLESS)
    messages = [
        {"recipient": "a@example.com", "channel": "SMS", "subject": "a", "attachmentIds": [file]}
        for file in furnish(MANY)["File"]
    ]

    few, short = ask(endpoint, text, input={"notifications": messages[:FEW]})
    many, long = ask(endpoint, text, input={"notifications": messages})

    assert many == few
    assert len(long) > 2 * len(short)


def test_a_field_that_loads_row_by_row_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint, text = Endpoint(COMPOSED, BOUNDLESS, compiles=False), list_of("documents")
    monkeypatch.setattr(pages, "together", lambda rows: rows)

    furnish(FEW)
    few, _ = ask(endpoint, text)
    furnish(MANY - FEW)
    many, _ = ask(endpoint, text)

    assert many > few
