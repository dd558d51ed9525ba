"""What may be done to notifications."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction

from apps.notifications.conf import MOST_ATTACHMENTS
from apps.notifications.models import Notification, NotificationChannel, NotificationState
from contracts.notifications import NotificationCancelled, NotificationCreated
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.ids import parse_id
from kernel.rows import change, check, check_count, locked


class Message(TypedDict):
    """What is to be said to whom, and how it gets there."""

    recipient: str
    channel: NotificationChannel
    subject: str
    attachment_ids: NotRequired[Sequence[str]]


@transaction.atomic
def create_notification(**message: Unpack[Message]) -> Notification:
    """Queue one in the current tenant."""
    notification = _draft(message)
    notification.save()
    publish(_created(notification))
    return notification


@transaction.atomic
def create_notifications(*, notifications: Sequence[Message]) -> list[Notification | DomainError]:
    """Queue many; one that cannot be sent does not keep the others."""
    check_count("notifications", notifications)
    drafts = [_draft_or_error(message) for message in notifications]
    made = [draft for draft in drafts if isinstance(draft, Notification)]
    Notification.objects.bulk_create(made)
    publish_all([_created(notification) for notification in made])
    return drafts


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


def _created(notification: Notification) -> NotificationCreated:
    return NotificationCreated(
        notification_id=str(notification.pk), channel=str(notification.channel)
    )


def _draft(message: Message) -> Notification:
    attachments = message.get("attachment_ids", ())
    if attachments is None:
        raise InvalidInputError("attachmentIds cannot be null")
    most = MOST_ATTACHMENTS.value()
    if len(attachments) > most:
        raise LimitExceededError(
            f"at most {most} files go with a notification, found {len(attachments)}"
        )
    notification = Notification(
        recipient=message["recipient"],
        channel=message["channel"],
        subject=message["subject"],
        attachment_ids=[str(parse_id(one)) for one in attachments],
    )
    check(notification)
    return notification


def _draft_or_error(message: Message) -> Notification | DomainError:
    try:
        return _draft(message)
    except DomainError as error:
        return error
