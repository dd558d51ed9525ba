"""A message goes out: judged at that moment, given away, and what came of it written down.

What is in the database happens once: the row is locked and of the job's round. Between what the
other side has taken and our commit is a gap that nobody can close: killed in it, a message is sent
again, with the same id.
"""

import random
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from apps.notifications.adapters.channels import channel
from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.domain.addresses import suppression_key
from apps.notifications.domain.deciding import Facts, Later, Never, decide
from apps.notifications.domain.quiet_hours import QuietHours
from apps.notifications.domain.retrying import MOST_ATTEMPTS, pause
from apps.notifications.errors import DeliveryFailedError, GivenUpError
from apps.notifications.metrics import delivered
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationState,
    Subscriber,
    Suppression,
)
from apps.notifications.selectors.links import unsubscribe_url
from apps.notifications.selectors.secrets import signing_secrets
from apps.notifications.services.attaching import attachments_of
from apps.notifications.services.queueing import queue
from apps.notifications.services.telling import tell_inbox
from apps.notifications.services.timeline import note
from contracts.notifications import NotificationFailed, NotificationSent, NotificationSkipped
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point

#: What no preference and no category of a person's own keeps back.
_SILENT_REASON = {
    Suppression.Reason.BOUNCED: "mail to the address came back",
    Suppression.Reason.COMPLAINED: "the address has complained",
    Suppression.Reason.UNSUBSCRIBED: "the address has unsubscribed",
    Suppression.Reason.STAFF: "staff have suppressed the address",
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that is to go out now."""

    notification: Notification
    message: OutMessage


def deliver(notification_id: UUID, round_: int) -> None:
    """Deliver a notification if it is still to be; a job of a former round changes nothing."""
    taken = _take(notification_id, round_)
    if taken is None:
        return
    fault_point("notifications-taken")
    try:
        message = _with_files(taken)
        channel(taken.notification.channel).send(message)
    except DeliveryFailedError as error:
        _failed_for_now(notification_id, round_, error)
    except DomainError as error:
        if error.retryable:
            _failed_for_now(notification_id, round_, DeliveryFailedError(str(error)))
        else:
            _failed(notification_id, round_, error)
    else:
        fault_point("notifications-sent")
        _sent(notification_id, round_)


@transaction.atomic
def _take(notification_id: UUID, round_: int) -> _Taken | None:
    """Return the message if it goes out now; else write down what becomes of it."""
    notification = _locked(notification_id, round_)
    if notification is None:
        return None
    if notification.channel == NotificationChannel.IN_APP and notification.subscriber is None:
        notification.subscriber = Subscriber.objects.filter(key=notification.recipient).first()
    decision = decide(_facts(notification), clock.now())
    match decision:
        case Never():
            _skip(notification, decision)
            return None
        case Later():
            notification.not_before = decision.until
            notification.round += 1
            notification.save(update_fields=["not_before", "round"])
            note(notification, "waits", why=decision.why)
            queue(notification)
            return None
    if notification.channel == NotificationChannel.IN_APP:
        # Nothing leaves the database, so there is no gap.
        _mark_sent(notification)
        return None
    return _Taken(notification, _message(notification))


@transaction.atomic
def _sent(notification_id: UUID, round_: int) -> None:
    # Taken back while it was on its way: it was sent all the same, and that is what is told.
    notification = _locked(notification_id, round_, NotificationState.CANCELLED)
    if notification is not None:
        notification.attempts += 1
        _mark_sent(notification)


@transaction.atomic
def _failed_for_now(notification_id: UUID, round_: int, error: DeliveryFailedError) -> None:
    notification = _locked(notification_id, round_)
    if notification is None:
        return
    notification.attempts += 1
    notification.round += 1
    if notification.attempts >= MOST_ATTEMPTS:
        told = f"after {notification.attempts} attempts: {error}"
        _fail(notification, GivenUpError(told))
        return
    chance = random.random()  # noqa: S311  no secret depends on it # nosec B311
    wait = pause(notification.attempts, error.told_seconds, chance)
    notification.not_before = clock.now() + wait
    notification.reason_code, notification.reason = error.code, str(error)[:500]
    notification.save()
    note(notification, "retried", code=error.code, why=str(error))
    delivered(notification.channel, "retried")
    queue(notification)


@transaction.atomic
def _failed(notification_id: UUID, round_: int, error: DomainError) -> None:
    notification = _locked(notification_id, round_)
    if notification is not None:
        notification.attempts += 1
        _fail(notification, error)


def _locked(notification_id: UUID, round_: int, *states: NotificationState) -> Notification | None:
    """Return the row if it is queued, or in one of these states, and in the job's round."""
    return (
        Notification.objects.select_for_update(of=("self",))
        .select_related("subscriber")
        .filter(pk=notification_id, round=round_, state__in=(NotificationState.QUEUED, *states))
        .first()
    )


def _mark_sent(notification: Notification) -> None:
    notification.state = NotificationState.SENT
    notification.sent_at = clock.now()
    notification.reason_code = notification.reason = ""
    notification.save()
    note(notification, "sent")
    publish(
        NotificationSent(notification_id=str(notification.pk), channel=str(notification.channel))
    )
    delivered(notification.channel, "sent")
    if notification.channel == NotificationChannel.IN_APP:
        tell_inbox(notification)


def _skip(notification: Notification, never: Never) -> None:
    notification.state = NotificationState.SKIPPED
    notification.reason_code, notification.reason = never.code, never.why[:500]
    notification.save()
    note(notification, "skipped", code=never.code, why=never.why)
    publish(
        NotificationSkipped(
            notification_id=str(notification.pk),
            channel=str(notification.channel),
            code=never.code,
        )
    )
    delivered(notification.channel, "skipped")


def _fail(notification: Notification, error: DomainError) -> None:
    notification.state = NotificationState.FAILED
    notification.reason_code, notification.reason = error.code, str(error)[:500]
    notification.save()
    note(notification, "failed", code=error.code, why=str(error))
    publish(
        NotificationFailed(
            notification_id=str(notification.pk),
            channel=str(notification.channel),
            code=error.code,
        )
    )
    delivered(notification.channel, "failed")


def _facts(notification: Notification) -> Facts:
    subscriber = notification.subscriber
    by_mail = notification.channel == NotificationChannel.EMAIL
    return Facts(
        channel=notification.channel,
        category=notification.category,
        critical=notification.critical,
        address=_address(notification),
        # Whoever names an address and nobody's key answers for it.
        verified=not by_mail or subscriber is None or bool(subscriber.email_verified_at),
        preferences=subscriber.preferences if subscriber else {},
        quiet=QuietHours.of(subscriber.quiet_hours) if subscriber else None,
        zone=ZoneInfo(subscriber.time_zone if subscriber else "UTC"),
        suppressed=_suppressed(notification) if by_mail else "",
        not_before=notification.not_before,
        expires_at=notification.expires_at,
    )


def _address(notification: Notification) -> str:
    """Return where it goes; nothing where nobody has the inbox that it is for."""
    nobody = notification.channel == NotificationChannel.IN_APP and not notification.subscriber
    return "" if nobody else notification.recipient


def _suppressed(notification: Notification) -> str:
    """Return why nothing is sent to an address; what is critical passes by those who left."""
    rows = Suppression.objects.filter(
        Q(category="") | Q(category=notification.category),
        address=suppression_key(notification.recipient),
    )
    reasons = set(rows.values_list("reason", flat=True))
    if notification.critical:
        reasons -= {Suppression.Reason.UNSUBSCRIBED}
    return next((told for reason, told in _SILENT_REASON.items() if reason in reasons), "")


def _message(notification: Notification) -> OutMessage:
    return OutMessage(
        id=str(notification.pk),
        tenant=str(notification.tenant_id),
        address=notification.recipient,
        subject=notification.subject,
        text=notification.body or notification.subject,
        html=notification.html,
        category=notification.category,
        created_at=notification.created_at,
        unsubscribe_url="" if notification.critical else unsubscribe_url(notification),
        secrets=lambda: signing_secrets(notification),
    )


def _with_files(taken: _Taken) -> OutMessage:
    return attachments_of(taken.notification, taken.message)
