"""Single messages to single addresses: queued, and taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction

from apps.notifications.conf import MOST_ATTACHMENTS
from apps.notifications.domain.addresses import email
from apps.notifications.domain.devices import phone
from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services.queueing import job_of, queue
from contracts.notifications import NotificationCancelled, NotificationCreated
from kernel import clock
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.identity.rights import remembered_rights
from kernel.ids import parse_id
from kernel.jobs.services import enqueue, store_all
from kernel.rows import change, check, check_count, locked

TAKE_UP = "notifications.take_up"


class Message(TypedDict):
    """What is to be said to whom, and how it gets there."""

    recipient: str
    channel: NotificationChannel
    subject: str
    body: NotRequired[str]
    category: NotRequired[str]
    critical: NotRequired[bool]
    priority: NotRequired[int]
    not_before: NotRequired[datetime | None]
    expires_at: NotRequired[datetime | None]
    attachment_ids: NotRequired[Sequence[str]]


@transaction.atomic
def create_notification(**message: Unpack[Message]) -> Notification:
    """Queue one in the current tenant."""
    notification = _draft(message)
    notification.round = 1
    notification.save()
    queue(notification)
    publish(created(notification))
    return notification


@transaction.atomic
def create_notifications(*, notifications: Sequence[Message]) -> list[Notification | DomainError]:
    """Queue many; one that cannot be sent does not keep the others."""
    check_count("notifications", notifications)
    drafts = [_draft_or_error(message) for message in notifications]
    made = [draft for draft in drafts if isinstance(draft, Notification)]
    Notification.objects.bulk_create(made)
    if made:
        enqueue(TAKE_UP)
    publish_all([created(notification) for notification in made])
    return drafts


def take_up(*, at_once: int = 200) -> int:
    """Store the jobs of notifications that have none yet; return of how many."""
    taken = 0
    while some := _take_some(at_once):
        taken += some
    return taken


@transaction.atomic
def cancel_notification(*, id: str) -> Notification:
    """Take a notification back before it is sent. Telling it twice changes nothing.

    Raises ConflictError when it was sent, or tried in vain.
    """
    notification = locked(Notification, id)
    if notification.state == NotificationState.CANCELLED:
        return notification
    if notification.state != NotificationState.QUEUED:
        raise ConflictError(
            f"only a queued notification can be cancelled, this one is {notification.state}"
        )
    change(notification, state=NotificationState.CANCELLED)
    publish(
        NotificationCancelled(
            notification_id=str(notification.pk), channel=str(notification.channel)
        )
    )
    return notification


def created(notification: Notification) -> NotificationCreated:
    """Return what is told of a new one."""
    return NotificationCreated(
        notification_id=str(notification.pk), channel=str(notification.channel)
    )


@transaction.atomic
def _take_some(at_once: int) -> int:
    waiting = Notification.objects.filter(state=NotificationState.QUEUED, round=0)
    some = list(waiting.select_for_update().order_by("pk")[:at_once])
    for notification in some:
        notification.round = 1
    Notification.objects.filter(pk__in=[one.pk for one in some]).update(round=1)
    store_all([job_of(one) for one in some])
    return len(some)


def _draft(message: Message) -> Notification:
    attachments = message.get("attachment_ids", ())
    if attachments is None:
        raise InvalidInputError("attachmentIds cannot be null")
    most = MOST_ATTACHMENTS.value()
    if len(attachments) > most:
        raise LimitExceededError(
            f"at most {most} files go with a notification, found {len(attachments)}"
        )
    given = {
        name: message[name]
        for name in ("body", "category", "critical", "priority", "expires_at")
        if name in message
    }
    notification = Notification(
        recipient=message["recipient"],
        channel=message["channel"],
        subject=message["subject"],
        attachment_ids=[str(parse_id(one)) for one in attachments],
        not_before=message.get("not_before") or clock.now(),
        asked_by=remembered_rights() if attachments else {},
        **given,
    )
    check(notification)
    check_address(notification)
    return notification


def check_address(notification: Notification) -> None:
    """Raise InvalidInputError for a subject or recipient that nothing can be sent with."""
    # A line break would begin another header of the mail.
    if not notification.subject.isprintable() or not notification.recipient.isprintable():
        raise InvalidInputError("recipient and subject are of one line each")
    if notification.channel == NotificationChannel.EMAIL:
        try:
            notification.recipient = email(notification.recipient)
        except ValueError as error:
            raise InvalidInputError(f"recipient: {error}") from None
    if notification.channel == NotificationChannel.SMS:
        try:
            notification.recipient = phone(notification.recipient)
        except ValueError as error:
            raise InvalidInputError(f"recipient: {error}") from None


def _draft_or_error(message: Message) -> Notification | DomainError:
    try:
        return _draft(message)
    except DomainError as error:
        return error
