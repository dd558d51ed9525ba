"""Subscribers: made, changed, removed, and what proves that an address is theirs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from apps.notifications.domain.addresses import email as checked_email
from apps.notifications.domain.devices import phone as checked_phone
from apps.notifications.domain.preferences import Preferences
from apps.notifications.domain.preferences import checked as checked_preferences
from apps.notifications.domain.quiet_hours import QuietHours
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    Subscriber,
    TopicMember,
)
from apps.notifications.selectors.own_inbox import key_of, key_of_account
from apps.notifications.services.rotating import rotate, webhook_secret
from contracts.notifications import SubscriberChanged, SubscriberCreated, SubscriberDeleted
from kernel import clock
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.urls import parse
from kernel.rows import all_locked, check, delete, locked
from kernel.tenancy.context import Principal

MOST_TOPICS = 100
#: Channels whose messages are for a key rather than an address.
BY_KEY = (NotificationChannel.IN_APP, NotificationChannel.PUSH, NotificationChannel.CHAT)
_COLUMNS = (
    *("name", "email", "phone", "webhook_url"),
    *("locale", "time_zone", "preferences", "quiet_hours"),
)


@transaction.atomic
def create_subscriber(*, key: str, **told: Any) -> Subscriber:
    """Make a subscriber; raises ConflictError when the key is taken.

    Nothing is sent to an address that is not verified, unless that is said to be so here.
    """
    topics = told.pop("topics", None) or ()
    subscriber = Subscriber(key=key)
    _set(subscriber, told)
    check(subscriber)
    try:
        with transaction.atomic():
            subscriber.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"there is a subscriber {key!r} already") from None
    _set_topics(subscriber, topics)
    publish(SubscriberCreated(subscriber_id=str(subscriber.pk), key=subscriber.key))
    return subscriber


def open_own_inbox(principal: Principal) -> Subscriber:
    """Let an account be told something, by its own key. Twice is as good as once."""
    try:
        return create_subscriber(key=key_of(principal), name=principal.name[:200])
    except ConflictError:
        return Subscriber.objects.get(key=key_of(principal))


@transaction.atomic
def close_own_inbox(account_id: str) -> None:
    """Let an account be told nothing more here, and open nothing by what it was given."""
    rows = Subscriber.objects.select_for_update()
    remove(list(rows.filter(key=key_of_account(account_id))))


@transaction.atomic
def update_subscriber(*, id: str, **told: Any) -> Subscriber:
    """Change what is given. Another address has to be verified anew."""
    subscriber = locked(Subscriber, id)
    fields = sorted(told)
    if "topics" in told:
        _set_topics(subscriber, told.pop("topics") or ())
    _set(subscriber, told)
    check(subscriber)
    subscriber.save()
    publish(
        SubscriberChanged(
            subscriber_id=str(subscriber.pk), key=subscriber.key, fields=tuple(fields)
        )
    )
    return subscriber


@transaction.atomic
def delete_subscriber(*, id: str) -> Subscriber:
    """Remove somebody, and what was said to them; return them as they were."""
    subscriber = locked(Subscriber, id)
    remove([subscriber])
    return subscriber


@transaction.atomic
def delete_subscribers(*, ids: Sequence[str]) -> list[Subscriber | DomainError]:
    """Remove many; one that is not there does not keep the others."""
    found = all_locked(Subscriber, ids)
    remove([one for one in found if isinstance(one, Subscriber)])
    return found


def remove(subscribers: Sequence[Subscriber]) -> None:
    """Remove locked subscribers and every message to them, and tell of it."""
    if not subscribers:
        return
    ids = [one.pk for one in subscribers]
    Notification.objects.filter(subscriber_id__in=ids).delete()
    Notification.objects.filter(
        channel__in=BY_KEY, recipient__in=[one.key for one in subscribers]
    ).delete()
    publish_all([SubscriberDeleted(subscriber_id=str(one.pk), key=one.key) for one in subscribers])
    delete(subscribers)


@transaction.atomic
def rotate_webhook_secret(*, id: str, secret: str | None = None) -> tuple[Subscriber, str]:
    """Let a new secret sign, beside the former for a day; return it, for it is shown once."""
    subscriber = locked(Subscriber, id)
    fresh = webhook_secret(secret)
    rotate(subscriber, "webhook_secret", fresh)
    subscriber.save()
    publish(
        SubscriberChanged(
            subscriber_id=str(subscriber.pk), key=subscriber.key, fields=("webhook_secret",)
        )
    )
    return subscriber, fresh


@transaction.atomic
def verify_email(subscriber_id: str, address: str) -> bool:
    """Note that an address is its subscriber's; False when it has another by now."""
    subscriber = locked(Subscriber, subscriber_id)
    if subscriber.email != address:
        return False
    if subscriber.email_verified_at is None:
        subscriber.email_verified_at = clock.now()
        subscriber.save(update_fields=["email_verified_at"])
        publish(
            SubscriberChanged(
                subscriber_id=str(subscriber.pk),
                key=subscriber.key,
                fields=("email_verified_at",),
            )
        )
    return True


@transaction.atomic
def set_wishes(subscriber_id: str, wishes: Preferences) -> Subscriber:
    """Say of categories by which channels somebody wants them; the rest stays as it was said."""
    subscriber = locked(Subscriber, subscriber_id)
    preferences = {name: dict(said) for name, said in subscriber.preferences.items()}
    for category, by_channel in wishes.items():
        preferences.setdefault(category, {}).update(by_channel)
    _set(subscriber, {"preferences": preferences})
    subscriber.save(update_fields=["preferences"])
    publish(
        SubscriberChanged(
            subscriber_id=str(subscriber.pk), key=subscriber.key, fields=("preferences",)
        )
    )
    return subscriber


def _set_topics(subscriber: Subscriber, topics: Iterable[str]) -> None:
    wanted = {topic.strip() for topic in topics}
    if len(wanted) > MOST_TOPICS:
        raise LimitExceededError(f"at most {MOST_TOPICS} topics, found {len(wanted)}")
    if any(not 0 < len(topic) <= 100 for topic in wanted):
        raise InvalidInputError("a topic has 1 to 100 characters")
    TopicMember.objects.filter(subscriber=subscriber).exclude(topic__in=wanted).delete()
    TopicMember.objects.bulk_create(
        [TopicMember(subscriber=subscriber, topic=topic) for topic in sorted(wanted)],
        ignore_conflicts=True,
    )


def _set(subscriber: Subscriber, told: Mapping[str, Any]) -> None:
    before, number = subscriber.email, subscriber.phone
    for name in _COLUMNS:
        if name in told:
            setattr(subscriber, name, told[name])
    try:
        _check(subscriber, told)
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
    if subscriber.email != before:
        subscriber.email_verified_at = None
    if subscriber.phone != number:
        subscriber.phone_verified_at = None
    if "email_verified" in told and subscriber.email:
        subscriber.email_verified_at = clock.now() if told["email_verified"] else None
    if "phone_verified" in told and subscriber.phone:
        subscriber.phone_verified_at = clock.now() if told["phone_verified"] else None


def _check(subscriber: Subscriber, told: Mapping[str, Any]) -> None:
    """Raise ValueError or InvalidInputError for what no subscriber can have."""
    if not subscriber.key.isprintable():
        raise ValueError("a key is of one line")
    if subscriber.email:
        subscriber.email = checked_email(subscriber.email)
    if subscriber.phone:
        subscriber.phone = checked_phone(subscriber.phone)
    if "preferences" in told:
        subscriber.preferences = checked_preferences(subscriber.preferences or {})
    if "quiet_hours" in told:
        subscriber.quiet_hours = subscriber.quiet_hours or {}
        QuietHours.of(subscriber.quiet_hours)
    if "time_zone" in told:
        _check_zone(subscriber.time_zone)
    if told.get("webhook_url"):
        try:
            parse(subscriber.webhook_url)
        except OutboundRefusedError as error:
            raise InvalidInputError(f"webhookUrl: {error}") from None
        if subscriber.webhook_secret is None:
            subscriber.webhook_secret = webhook_secret()


def _check_zone(name: str) -> None:
    from zoneinfo import available_timezones  # noqa: PLC0415  it reads a folder

    if name not in available_timezones():
        raise ValueError(f"no zone of the IANA database: {name!r:.80}")
    ZoneInfo(name)
