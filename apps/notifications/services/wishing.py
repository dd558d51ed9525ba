"""What the reader of a mail says behind its link."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from apps.notifications.domain.preferences import ANY
from apps.notifications.models import Notification, Suppression
from apps.notifications.selectors.wishes import CHANNELS
from apps.notifications.services.subscribers import set_wish
from apps.notifications.services.suppressions import suppress
from kernel.errors import NotFoundError


@transaction.atomic
def end_mails(notification_id: UUID) -> None:
    """Send the reader of a mail nothing more of its category by mail. Twice is as good as once."""
    notification = _mail(notification_id)
    if notification.subscriber_id is None:
        reason = str(Suppression.Reason.UNSUBSCRIBED)
        suppress(notification.recipient, notification.category, reason)
        return
    channel = CHANNELS[0][0]
    _wish(notification, channel, wants=False)


@transaction.atomic
def choose(notification_id: UUID, channels: Collection[str]) -> None:
    """Let the category of a mail reach its reader by these channels and by no other."""
    notification = _mail(notification_id)
    for channel, _ in CHANNELS:
        _wish(notification, channel, wants=channel in channels)


def _mail(notification_id: UUID) -> Notification:
    notification = Notification.objects.filter(pk=notification_id).first()
    if notification is None:
        raise NotFoundError("the message is gone")
    return notification


def _wish(notification: Notification, channel: str, *, wants: bool) -> None:
    if notification.subscriber_id is not None:
        category = notification.category or ANY
        set_wish(str(notification.subscriber_id), category, channel, wants=wants)
