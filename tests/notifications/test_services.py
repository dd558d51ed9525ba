"""What may be done to notifications, and what is refused."""

from typing import Any

import pytest

from apps.notifications.conf import MOST_ATTACHMENTS
from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services import (
    cancel_notification,
    create_notification,
    create_notifications,
)
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.ids import new_id
from kernel.testing.dynamic import said

pytestmark = pytest.mark.usefixtures("tenant")

A_FILE = "01900000-0000-7000-8000-000000000000"


def a_message(**parts: Any) -> Any:
    usual = {
        "recipient": "ada@example.com",
        "channel": NotificationChannel.EMAIL,
        "subject": "Hello",
    }
    return usual | parts


def stored() -> list[tuple[str, str, str, str, list[str]]]:
    return [
        (one.recipient, one.channel, one.subject, one.state, one.attachment_ids)
        for one in Notification.objects.order_by("subject")
    ]


def test_a_new_notification_is_queued() -> None:
    create_notification(**a_message(attachment_ids=[A_FILE.upper()]))

    assert stored() == [("ada@example.com", "email", "Hello", "queued", [A_FILE])]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"recipient": " "}, InvalidInputError("recipient holds nothing but spaces")),
        (
            {"recipient": "x" * 321},
            InvalidInputError(
                "recipient: Ensure this value has at most 320 characters (it has 321)."
            ),
        ),
        ({"subject": ""}, InvalidInputError("subject: This field cannot be blank.")),
        (
            {"attachment_ids": ["a.csv"]},
            InvalidInputError("an id is a UUID of 36 characters, found 'a.csv'"),
        ),
        ({"attachment_ids": None}, InvalidInputError("attachmentIds cannot be null")),
        (
            {"attachment_ids": [A_FILE] * 21},
            LimitExceededError("at most 20 files go with a notification, found 21"),
        ),
    ],
)
def test_a_notification_that_cannot_be_is_not_queued(
    parts: dict[str, Any], error: DomainError
) -> None:
    with pytest.raises(type(error)) as refused:
        create_notification(**a_message(**parts))
    [outcome] = create_notifications(notifications=[a_message(**parts)])

    assert str(refused.value) == str(outcome) == str(error)
    assert stored() == []


def test_many_are_queued_and_a_bad_one_does_not_keep_the_others() -> None:
    messages = [a_message(subject="a"), a_message(subject=""), a_message(subject="b")]

    first, bad, last = create_notifications(notifications=messages)

    assert str(bad) == "subject: This field cannot be blank."
    queued = list(Notification.objects.order_by("subject"))
    assert [first, last] == queued
    assert [one.subject for one in queued] == ["a", "b"]


def test_more_than_a_call_takes_are_not_queued() -> None:
    with pytest.raises(LimitExceededError, match="at most 100 items a call, found 101"):
        create_notifications(notifications=[a_message()] * 101)

    assert stored() == []


def test_a_notification_is_taken_back_once() -> None:
    notification = create_notification(**a_message())

    for _ in range(2):
        assert cancel_notification(id=str(notification.pk)).state == "cancelled"

    assert [one[3] for one in stored()] == ["cancelled"]


@pytest.mark.parametrize("state", [NotificationState.SENT, NotificationState.FAILED])
def test_what_is_under_way_cannot_be_taken_back(state: NotificationState) -> None:
    notification = create_notification(**a_message())
    Notification.objects.update(state=state)

    with pytest.raises(ConflictError) as refused:
        cancel_notification(id=str(notification.pk))

    assert str(refused.value) == (
        f"only a queued notification can be cancelled, this one is {state.value}"
    )
    assert [one[3] for one in stored()] == [state.value]


def test_what_is_not_there_cannot_be_taken_back() -> None:
    create_notification(**a_message())
    unknown = str(new_id())

    with pytest.raises(NotFoundError, match=f"no notification {unknown}"):
        cancel_notification(id=unknown)

    assert [one[3] for one in stored()] == ["queued"]


def test_operators_say_how_many_files_go_with_one() -> None:
    told: Any = {"recipient": "a@example.com", "channel": "email", "subject": "Hello"}
    with said(MOST_ATTACHMENTS, 0), pytest.raises(LimitExceededError, match="at most 0 files"):
        create_notification(**told, attachment_ids=[str(new_id())])

    assert Notification.objects.count() == 0
