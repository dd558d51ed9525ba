"""What is told of notifications: each change once, and neither what is said nor to whom."""

import pytest

from apps.notifications.models import NotificationChannel
from apps.notifications.services import (
    Message,
    cancel_notification,
    create_notification,
    create_notifications,
)
from contracts.notifications import NotificationCancelled, NotificationCreated
from kernel.testing.events import published

pytestmark = pytest.mark.usefixtures("tenant")

MESSAGE = Message(recipient="a@example.com", channel=NotificationChannel.EMAIL, subject="secret")


def test_each_change_of_a_notification_is_told() -> None:
    id_ = str(create_notification(**MESSAGE).pk)
    cancel_notification(id=id_)
    cancel_notification(id=id_)

    assert published() == [
        NotificationCreated(notification_id=id_, channel="email"),
        NotificationCancelled(notification_id=id_, channel="email"),
    ]


def test_of_many_those_are_told_that_were_made() -> None:
    bad = Message(recipient="", channel=NotificationChannel.EMAIL, subject="secret")

    made, _ = create_notifications(notifications=[MESSAGE, bad])

    assert published() == [NotificationCreated(notification_id=str(made.pk), channel="email")]  # type: ignore[union-attr]
