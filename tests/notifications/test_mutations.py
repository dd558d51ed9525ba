"""Changes of notifications through GraphQL, as a client makes them."""

from typing import Any

import pytest

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services import create_notification
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

CREATE = """
mutation($input: CreateNotificationInput!) {
  change: createNotification(input: $input) {
    notification { id recipient channel subject state attachments { id } }
    error { code message } } }
"""
CREATE_MANY = """
mutation($input: CreateNotificationsInput!) {
  change: createNotifications(input: $input) {
    outcomes { notification { subject attachments { id } } error { code } }
    error { code } } }
"""
CANCEL = """
mutation($input: CancelNotificationInput!) {
  change: cancelNotification(input: $input) { notification { state } error { code message } } }
"""
A_FILE = "01900000-0000-7000-8000-000000000000"
A_MESSAGE = {"recipient": "ada@example.com", "channel": "EMAIL", "subject": "Hello"}


def make() -> str:
    return str(
        create_notification(
            recipient="ada@example.com", channel=NotificationChannel.EMAIL, subject="Hello"
        ).pk
    )


def change(graphql: GraphQLClient, document: str, **told: Any) -> Any:
    return graphql(document, input=told).data["change"]


def test_a_notification_is_queued_and_taken_back(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, **A_MESSAGE, attachmentIds=[A_FILE])
    row_id = made["notification"].pop("id")
    cancelled = [change(graphql, CANCEL, id=row_id) for _ in range(2)]

    assert made == {
        "notification": A_MESSAGE | {"state": "QUEUED", "attachments": [{"id": A_FILE}]},
        "error": None,
    }
    assert cancelled == [{"notification": {"state": "CANCELLED"}, "error": None}] * 2


def test_what_was_sent_cannot_be_taken_back(graphql: GraphQLClient) -> None:
    row_id = make()
    Notification.objects.update(state=NotificationState.SENT)

    answer = change(graphql, CANCEL, id=row_id)

    assert answer == {
        "notification": None,
        "error": {
            "code": "CONFLICT",
            "message": "only a queued notification can be cancelled, this one is sent",
        },
    }
    assert Notification.objects.get().state == "sent"


def test_an_attachment_that_is_no_id_is_told_with_its_code(graphql: GraphQLClient) -> None:
    answer = change(graphql, CREATE, **A_MESSAGE, attachmentIds=["a.csv"])

    assert answer["error"]["code"] == "INVALID_INPUT"
    assert Notification.objects.count() == 0


def test_a_batch_says_what_became_of_each(graphql: GraphQLClient) -> None:
    messages = [A_MESSAGE | {"attachmentIds": [A_FILE]}, A_MESSAGE | {"subject": ""}]

    answer = change(graphql, CREATE_MANY, notifications=messages)
    too_many = change(graphql, CREATE_MANY, notifications=[A_MESSAGE] * 101)

    assert answer["outcomes"] == [
        {"notification": {"subject": "Hello", "attachments": [{"id": A_FILE}]}, "error": None},
        {"notification": None, "error": {"code": "INVALID_INPUT"}},
    ]
    assert too_many == {"outcomes": None, "error": {"code": "LIMIT_EXCEEDED"}}
    assert Notification.objects.count() == 1


def test_another_tenants_notification_is_not_there_to_be_taken_back(
    graphql: GraphQLClient,
) -> None:
    row_id = make()
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)

    answer = change(stranger, CANCEL, id=row_id)

    assert answer["error"]["code"] == "NOT_FOUND"
    assert Notification.objects.get().state == "queued"


@pytest.mark.parametrize("count", [1, 20])
def test_changes_cost_a_fixed_number_of_queries(graphql: GraphQLClient, count: int) -> None:
    message = A_MESSAGE | {"attachmentIds": [A_FILE] * count}

    # The key; then what is looked at, what is written, and the event that tells of it. A job
    # that sends takes two: its turn, and its row.
    assert len(graphql.sql(CREATE, input=message)) == 5
    assert len(graphql.sql(CREATE_MANY, input={"notifications": [message] * count})) == 5
    assert len(graphql.sql(CANCEL, input={"id": make()})) == 4
