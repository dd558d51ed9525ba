"""What the reader of a mail gets, as the page behind its link shows it."""

from dataclasses import dataclass
from uuid import UUID

from apps.notifications.domain.addresses import suppression_key
from apps.notifications.domain.preferences import wanted
from apps.notifications.models import Notification, Subscriber, Suppression
from kernel.errors import NotFoundError

#: Channels that a person may switch, as they are called on the page; a mail ends the first.
CHANNELS = (("email", "E-mail"), ("in_app", "Inbox"))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is shown: of somebody without a key, only whether it has ended."""

    category: str
    known: bool
    channels: tuple[tuple[str, str, bool], ...]
    ended: bool


def wishes_of(notification_id: UUID) -> Wishes:
    """Return what the reader of a mail gets of its category; raises NotFoundError."""
    rows = Notification.objects.select_related("subscriber")
    notification = rows.filter(pk=notification_id).first()
    if notification is None:
        raise NotFoundError("the message is gone")
    category, subscriber = notification.category, notification.subscriber
    if subscriber is None:
        ended = Suppression.objects.filter(
            address=suppression_key(notification.recipient), category__in={"", category}
        ).exists()
        return Wishes(category, known=False, channels=(), ended=ended)
    channels = tuple(
        (name, title, wanted(subscriber.preferences, category, name, critical=False))
        for name, title in CHANNELS
    )
    return Wishes(category, known=True, channels=channels, ended=not channels[0][2])


def unverified(subscriber_id: UUID, address: str) -> bool:
    """Say whether somebody's address is still to be verified; raises NotFoundError."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id, email=address).first()
    if subscriber is None:
        raise NotFoundError("somebody has another address by now")
    return subscriber.email_verified_at is None


def has_inbox(subscriber_id: UUID) -> bool:
    """Say whether whose inbox it was is still there."""
    return Subscriber.objects.filter(pk=subscriber_id).exists()
