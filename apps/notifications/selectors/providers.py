"""Who carries messages of a channel, and which devices somebody has."""

from typing import Any
from uuid import UUID

from apps.notifications.models import (
    NotificationChannel,
    NotificationDevice,
    NotificationProvider,
    ProviderKind,
    Subscriber,
)

MOST_DEVICES = 50


def providers_of(channel: str) -> list[NotificationProvider]:
    """Return the providers of a channel in the order in which they are asked."""
    rows = NotificationProvider.objects.filter(channel=channel, enabled=True)
    return list(rows.order_by("position", "pk"))


def devices_of(subscriber_id: UUID, channel: str) -> list[NotificationDevice]:
    """Return somebody's devices, the latest first."""
    rows = NotificationDevice.objects.filter(subscriber_id=subscriber_id, channel=channel)
    return list(rows.order_by("-pk")[:MOST_DEVICES])


def reached_by(subscriber: Subscriber, channel: str) -> bool:
    """Say whether somebody has what a channel goes to: a number for SMS, a device for others."""
    if channel == NotificationChannel.SMS:
        return bool(subscriber.phone)
    return NotificationDevice.objects.filter(subscriber=subscriber, channel=channel).exists()


def push_key() -> str:
    """Return the key by which browsers subscribe now; empty where no push goes out."""
    rows = NotificationProvider.objects.filter(kind=ProviderKind.WEB_PUSH, enabled=True)
    settings: dict[str, Any] | None = rows.values_list("settings", flat=True).first()
    return str(settings["public_key"]) if settings else ""
