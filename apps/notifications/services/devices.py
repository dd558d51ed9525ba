"""Devices of subscribers: registered, registered again, forgotten."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.notifications.domain.devices import Target, is_url, target_of
from apps.notifications.domain.providers import KINDS
from apps.notifications.models import (
    DeviceKind,
    NotificationDevice,
    NotificationProvider,
    ProviderKind,
    Subscriber,
)
from contracts.notification_providers import DeviceRegistered, DeviceRemoved
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.urls import parse
from kernel.rows import check, delete, locked

MOST_DEVICES = 50
BROWSER = str(DeviceKind.WEB_PUSH)


@transaction.atomic
def register_device(
    *,
    subscriber_id: str,
    kind: DeviceKind | str,
    address: str,
    keys: Mapping[str, Any] | None = None,
    public_key: str = "",
    label: str = "",
) -> NotificationDevice:
    """Note where somebody is reached. The same address again is the same device, of whom it is now.

    `public_key` is what a browser has subscribed by; the present one if none is said. Raises
    InvalidInputError, NotFoundError, ConflictError, LimitExceededError.
    """
    subscriber = locked(Subscriber, subscriber_id)
    target = _target(DeviceKind(kind), address, keys)
    found = NotificationDevice.objects.filter(digest=target.digest).first()
    device = found or NotificationDevice(digest=target.digest)
    if device.subscriber_id != subscriber.pk:
        _check_room(subscriber)
    device.subscriber, device.kind = subscriber, DeviceKind(kind)
    device.channel = KINDS[device.kind].channel
    device.public_key = _public_key(public_key) if device.kind == DeviceKind.WEB_PUSH else ""
    device.label = "".join(one for one in label if one.isprintable())[:200]
    check(device)
    device.target = target.as_text()
    device.save()
    publish(
        DeviceRegistered(
            device_id=str(device.pk), subscriber_id=str(subscriber.pk), kind=str(device.kind)
        )
    )
    return device


@transaction.atomic
def delete_device(*, id: str) -> NotificationDevice:
    """Send nothing to a device any more; return it as it was."""
    device = locked(NotificationDevice, id)
    _remove(device, reason="")
    return device


@transaction.atomic
def forget_address(subscriber_id: str, kind: str, address: str) -> bool:
    """Send nothing any more to what is somebody's at an address; False where nothing is."""
    digest = Target(address).digest
    device = NotificationDevice.objects.filter(
        subscriber_id=subscriber_id, kind=kind, digest=digest
    ).first()
    if device is not None:
        _remove(device, reason="")
    return device is not None


@transaction.atomic
def forget_gone(device: NotificationDevice, reason: str) -> None:
    """Forget a device that the other side says is gone, unless it has come back meanwhile."""
    same = NotificationDevice.objects.select_for_update().filter(
        pk=device.pk, public_key=device.public_key
    )
    if same.first() is not None:
        _remove(device, reason=reason)


def _remove(device: NotificationDevice, *, reason: str) -> None:
    delete([device])
    publish(
        DeviceRemoved(
            device_id=str(device.pk),
            subscriber_id=str(device.subscriber_id),
            kind=str(device.kind),
            reason=reason[:200],
        )
    )


def _target(kind: str, address: str, keys: Mapping[str, Any] | None) -> Target:
    try:
        target = target_of(kind, address, keys)
        if is_url(address):
            parse(address)
    except (ValueError, OutboundRefusedError) as error:
        raise InvalidInputError(f"address: {error}") from None
    return target


def _public_key(told: str) -> str:
    """Return by which key a browser has subscribed; raises ConflictError for none of ours."""
    provider = NotificationProvider.objects.filter(kind=ProviderKind.WEB_PUSH).first()
    if provider is None:
        raise ConflictError("there is no provider of Web Push: create one first")
    present = str(provider.settings["public_key"])
    if told not in ("", present, provider.settings.get("former_public_key")):
        raise ConflictError("the browser has subscribed by a key that is not used any more")
    return told or present


def _check_room(subscriber: Subscriber) -> None:
    if NotificationDevice.objects.filter(subscriber=subscriber).count() >= MOST_DEVICES:
        raise LimitExceededError(f"somebody has at most {MOST_DEVICES} devices")
