"""Notifications as rows for export: nobody sends any by importing them."""

from collections.abc import Sequence

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from contracts.datasets import Dataset, Field, Kind, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import register

NOTIFICATIONS = Dataset(
    name="notifications.notifications",
    title="Notifications",
    description="What was sent to whom, over which channel, and how that stands.",
    key=("id",),
    read_scope="notifications:read",
    filters=("channel", "state", "recipient"),
    cursor="created_at",
    fields=(
        Field(name="id", kind=Kind.UUID, read_only=True),
        Field(
            name="recipient",
            title="Recipient",
            masked_without="notifications:personal",
            read_only=True,
        ),
        Field(
            name="channel",
            title="Channel",
            choices=tuple(NotificationChannel.values),
            read_only=True,
        ),
        Field(name="subject", title="Subject", read_only=True),
        Field(name="state", title="State", choices=tuple(NotificationState.values), read_only=True),
        Field(
            name="attachment_ids",
            title="Attachments",
            description="Ids of files.",
            kind=Kind.JSON,
            read_only=True,
        ),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _tell(notifications: Sequence[Notification]) -> list[Row]:
    return [
        {
            "id": str(one.pk),
            "recipient": one.recipient,
            "channel": one.channel,
            "subject": one.subject,
            "state": one.state,
            "attachment_ids": one.attachment_ids,
            "created_at": one.created_at.isoformat(),
        }
        for one in notifications
    ]


rows = Rows(
    of=Notification.visible, tell=_tell, order=("created_at", "id"), key="id", grows="created_at"
)
register(NOTIFICATIONS, read=rows.read)
