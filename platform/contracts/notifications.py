"""What happens to notifications."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationCreated(Event):
    """Something is to be said to somebody; neither what nor to whom is told here."""

    TYPE: ClassVar[str] = "notifications.notification.created.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationCancelled(Event):
    """A notification was taken back before it was sent."""

    TYPE: ClassVar[str] = "notifications.notification.cancelled.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str
