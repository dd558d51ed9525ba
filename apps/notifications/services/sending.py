"""A step of a workflow says something: that becomes a message, or a reason why it does not."""

from collections.abc import Mapping
from typing import Any

from apps.notifications.domain.workflows import Send
from apps.notifications.errors import RenderingError
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationState,
    NotificationTemplate,
    Run,
    Subscriber,
)
from apps.notifications.selectors.links import unsubscribe_url
from apps.notifications.services.notifications import created
from apps.notifications.services.queueing import queue
from apps.notifications.services.templates import words_of
from apps.notifications.services.timeline import note
from contracts.notifications import NotificationFailed
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.events.publishing import publish


def make_message(run: Run, send: Send, data: Mapping[str, Any]) -> str:
    """Make the message of a step, and say what became of it."""
    notification = Notification(
        recipient=address_of(run.subscriber, send.channel),
        channel=send.channel,
        subject=send.template,
        category=run.version.workflow.category,
        critical=run.version.workflow.critical,
        priority=run.trigger.priority,
        subscriber=run.subscriber,
        run=run,
        step=run.position,
        not_before=clock.now(),
        expires_at=run.trigger.expires_at,
        round=1,
    )
    try:
        say(notification, send, data)
    except DomainError as error:
        return _failed(notification, error)
    notification.save()
    queue(notification)
    publish(created(notification))
    return "queued"


def address_of(subscriber: Subscriber, channel: str) -> str:
    """Return where somebody is reached by a channel; nothing where they are not."""
    match channel:
        case NotificationChannel.EMAIL:
            return subscriber.email
        case NotificationChannel.SMS:
            return subscriber.phone
        case NotificationChannel.IN_APP | NotificationChannel.PUSH | NotificationChannel.CHAT:
            return subscriber.key
        case NotificationChannel.WEBHOOK:
            return subscriber.webhook_url
    return ""


def say(notification: Notification, send: Send, data: Mapping[str, Any]) -> None:
    """Fill the template of a step for the person of a message; raises RenderingError.

    NotFoundError where there is no such template.
    """
    template = NotificationTemplate.objects.filter(name=send.template).first()
    if template is None:
        raise NotFoundError(f"there is no template {send.template!r}")
    assert notification.subscriber is not None  # noqa: S101  it was set above # nosec B101
    words = words_of(
        template,
        send.channel,
        locale=notification.subscriber.locale,
        data=data,
        unsubscribe_url="" if notification.critical else unsubscribe_url(notification),
    )
    if not words.subject:
        raise RenderingError(f"{template.name}, {send.channel}: the subject is empty")
    notification.subject = words.subject
    notification.body, notification.html = words.text, words.html
    notification.pictures, notification.locale = words.pictures, words.locale


def _failed(notification: Notification, error: DomainError) -> str:
    notification.state = NotificationState.FAILED
    notification.reason_code, notification.reason = error.code, str(error)[:500]
    notification.save()
    publish(created(notification))
    note(notification, "failed", code=error.code, why=str(error))
    publish(
        NotificationFailed(
            notification_id=str(notification.pk),
            channel=str(notification.channel),
            code=error.code,
        )
    )
    return f"failed: {error}"[:500]
