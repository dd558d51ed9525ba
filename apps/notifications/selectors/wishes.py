"""What the reader of a mail gets, as the page behind its link shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.notifications.domain.addresses import suppression_key
from apps.notifications.domain.preferences import ANY, wanted
from apps.notifications.models import Notification, Subscriber, Suppression, Workflow
from apps.notifications.selectors.providers import reached_by
from kernel.errors import NotFoundError

#: Channels that everybody may switch, as they are called on the page.
CHANNELS = {"email": "E-mail", "in_app": "Inbox"}
#: And those that reach only some.
_OF_SOME = {"sms": "SMS", "push": "Push", "chat": "Chat"}
#: So many categories fit a page.
MOST_CATEGORIES = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether something comes by a channel."""

    name: str
    title: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class OfCategory:
    """How what is of a category comes."""

    category: str
    channels: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is shown: of somebody without a key, only whether it has ended."""

    category: str
    known: bool
    channels: tuple[Wish, ...]
    ended: bool
    #: What else there is to get from the tenant.
    others: tuple[OfCategory, ...] = ()


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
    titles = CHANNELS | {
        name: title for name, title in _OF_SOME.items() if reached_by(subscriber, name)
    }
    own = _wishes(subscriber, category, titles)
    others = tuple(
        OfCategory(name, _wishes(subscriber, name, titles))
        for name in _categories(subscriber)
        if name != category
    )
    return Wishes(category, known=True, channels=own, ended=not own[0].wanted, others=others)


def _wishes(subscriber: Subscriber, category: str, titles: Mapping[str, str]) -> tuple[Wish, ...]:
    preferences = subscriber.preferences
    return tuple(
        Wish(name, title, wanted(preferences, category, name, critical=False))
        for name, title in titles.items()
    )


def _categories(subscriber: Subscriber) -> list[str]:
    """Return what is told by workflows here, or of what somebody has said something."""
    told = Workflow.objects.filter(enabled=True, critical=False).exclude(category="")
    named = told.order_by("category").values_list("category", flat=True).distinct()
    said = {*subscriber.preferences} - {ANY}
    return sorted({*named[:MOST_CATEGORIES], *said})[:MOST_CATEGORIES]


def unverified(subscriber_id: UUID, address: str) -> bool:
    """Say whether somebody's address is still to be verified; raises NotFoundError."""
    subscriber = Subscriber.objects.filter(pk=subscriber_id, email=address).first()
    if subscriber is None:
        raise NotFoundError("somebody has another address by now")
    return subscriber.email_verified_at is None


def has_inbox(subscriber_id: UUID) -> bool:
    """Say whether whose inbox it was is still there."""
    return Subscriber.objects.filter(pk=subscriber_id).exists()
