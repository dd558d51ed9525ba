"""What happens to what carries notifications, and what that tells of them."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCreated(Event):
    """Somebody carries messages for a tenant; by which account is not told."""

    TYPE: ClassVar[str] = "notifications.provider.created.v1"
    ENTITY: ClassVar[str] = "NotificationProvider"
    SUBJECT: ClassVar[str] = "provider_id"
    LABEL: ClassVar[str] = "name"

    provider_id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChanged(Event):
    """A provider is otherwise, in the fields named."""

    TYPE: ClassVar[str] = "notifications.provider.changed.v1"
    ENTITY: ClassVar[str] = "NotificationProvider"
    SUBJECT: ClassVar[str] = "provider_id"
    LABEL: ClassVar[str] = "name"

    provider_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDeleted(Event):
    """A provider is forgotten with its secret."""

    TYPE: ClassVar[str] = "notifications.provider.deleted.v1"
    ENTITY: ClassVar[str] = "NotificationProvider"
    SUBJECT: ClassVar[str] = "provider_id"
    LABEL: ClassVar[str] = "name"

    provider_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegistered(Event):
    """Somebody is reached on a device, or on one that was somebody else's; where is not told."""

    TYPE: ClassVar[str] = "notifications.device.registered.v1"
    ENTITY: ClassVar[str] = "NotificationDevice"
    SUBJECT: ClassVar[str] = "device_id"

    device_id: str
    subscriber_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRemoved(Event):
    """Nothing is sent to a device any more; the reason is what the other side said, if it did."""

    TYPE: ClassVar[str] = "notifications.device.removed.v1"
    ENTITY: ClassVar[str] = "NotificationDevice"
    SUBJECT: ClassVar[str] = "device_id"

    device_id: str
    subscriber_id: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReported(Event):
    """What became of a notification later: it arrived, or not, annoyed, was opened or clicked."""

    TYPE: ClassVar[str] = "notifications.notification.reported.v1"
    ENTITY: ClassVar[str] = "Notification"
    SUBJECT: ClassVar[str] = "notification_id"

    notification_id: str
    channel: str
    what: str
