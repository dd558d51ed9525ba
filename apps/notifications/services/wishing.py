"""What the reader of a mail says behind its link."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from apps.notifications.domain.preferences import ANY
from apps.notifications.models import Notification, NotificationChannel, Suppression
from apps.notifications.selectors.wishes import wishes_of
from apps.notifications.services.subscribers import set_wishes
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
    category = notification.category or ANY
    set_wishes(str(notification.subscriber_id), {category: {NotificationChannel.EMAIL: False}})


@transaction.atomic
def choose(
    notification_id: UUID, channels: Collection[str], others: Mapping[str, Collection[str]]
) -> None:
    """Let the category of a mail reach its reader by these channels and by no other of the page.

    So with other categories that the page has shown; what is left there as it was is not written.
    """
    notification, shown = _mail(notification_id), wishes_of(notification_id)
    if notification.subscriber_id is None:
        return
    chosen = {
        notification.category or ANY: {one.name: one.name in channels for one in shown.channels}
    }
    for other in shown.others:
        if other.category in others:
            wants = others[other.category]
            changed = {
                one.name: one.name in wants
                for one in other.channels
                if one.wanted != (one.name in wants)
            }
            chosen |= {other.category: changed} if changed else {}
    set_wishes(str(notification.subscriber_id), chosen)


def _mail(notification_id: UUID) -> Notification:
    notification = Notification.objects.filter(pk=notification_id).first()
    if notification is None:
        raise NotFoundError("the message is gone")
    return notification
