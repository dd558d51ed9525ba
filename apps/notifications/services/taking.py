"""Messages are judged at the moment at which they are to go out, in sets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.domain.addresses import suppression_key
from apps.notifications.domain.deciding import Decision, Facts, Later, Never, decide
from apps.notifications.domain.quiet_hours import QuietHours
from apps.notifications.models import Notification, NotificationChannel, Subscriber, Suppression
from apps.notifications.selectors.links import report_token, unsubscribe_url
from apps.notifications.selectors.providers import devices_of
from apps.notifications.selectors.secrets import signing_secrets
from apps.notifications.services.giving import TO_ADDRESSES, TO_DEVICES, Taken
from apps.notifications.services.outcomes import Book, Round, locked
from apps.notifications.services.subscribers import BY_KEY
from apps.notifications.services.tracks import html_of
from kernel import clock

#: For so long it is kept for a device that is off; push services keep nothing for longer.
_WORTH, _LONGEST = timedelta(days=1), timedelta(days=28)
#: What no preference and no category of a person's own keeps back.
_SILENT_REASON = {
    Suppression.Reason.BOUNCED: "mail to the address came back",
    Suppression.Reason.COMPLAINED: "the address has complained",
    Suppression.Reason.UNSUBSCRIBED: "the address has unsubscribed",
    Suppression.Reason.STAFF: "staff have suppressed the address",
}


@dataclass(frozen=True, slots=True)
class _Silence:
    """Why nothing is sent to an address, in a category or, where that is empty, at all."""

    category: str
    reason: str


@transaction.atomic
def take(rounds: Collection[Round]) -> list[Taken]:
    """Return the messages that go out now; of the others, write down what becomes of them."""
    rows = locked(rounds)
    _find_people(rows)
    silences, now = _silences(rows), clock.now()
    book, taken = Book(), []
    for row in rows:
        match decide(_facts(row, silences), now):
            case Never() as never:
                book.skipped(row, never)
            case Later() as later:
                book.later(row, later.until, later.why)
            case _ if row.channel == NotificationChannel.IN_APP:
                # Nothing leaves the database, so there is no gap.
                book.sent(row)
            case _:
                taken.append(Taken(row, _message(row)))
    book.write()
    return taken


def judged(notification: Notification, now: datetime) -> Decision:
    """Say what would become of one at a moment."""
    return decide(_facts(notification, _silences([notification])), now)


def _find_people(rows: Sequence[Notification]) -> None:
    """Find those who are told by their key, and had none when the message was made."""
    nobodys = [one for one in rows if one.channel in BY_KEY and one.subscriber is None]
    if nobodys:
        people = Subscriber.objects.filter(key__in={one.recipient for one in nobodys})
        found = {one.key: one for one in people}
        for row in nobodys:
            row.subscriber = found.get(row.recipient)


def _silences(rows: Sequence[Notification]) -> Mapping[str, list[_Silence]]:
    """Return by address why nothing is sent there."""
    addresses = {suppression_key(one.recipient) for one in rows if one.channel in TO_ADDRESSES}
    if not addresses:
        return {}
    found: dict[str, list[_Silence]] = {}
    rules = Suppression.objects.filter(address__in=addresses)
    for address, category, reason in rules.values_list("address", "category", "reason"):
        found.setdefault(address, []).append(_Silence(category, reason))
    return found


def _facts(notification: Notification, silences: Mapping[str, list[_Silence]]) -> Facts:
    subscriber = notification.subscriber
    return Facts(
        channel=notification.channel,
        category=notification.category,
        critical=notification.critical,
        address=_address(notification),
        # Whoever names an address and nobody's key answers for it.
        verified=subscriber is None or _verified(subscriber, notification.channel),
        preferences=subscriber.preferences if subscriber else {},
        quiet=QuietHours.of(subscriber.quiet_hours) if subscriber else None,
        zone=ZoneInfo(subscriber.time_zone if subscriber else "UTC"),
        suppressed=_suppressed(notification, silences),
        not_before=notification.not_before,
        expires_at=notification.expires_at,
    )


def _verified(subscriber: Subscriber, channel: str) -> bool:
    if channel == NotificationChannel.EMAIL:
        return subscriber.email_verified_at is not None
    return channel != NotificationChannel.SMS or subscriber.phone_verified_at is not None


def _address(notification: Notification) -> str:
    """Return where it goes; nothing where nobody has the inbox or a device that it is for."""
    subscriber = notification.subscriber
    nobody = notification.channel in BY_KEY and not subscriber
    if subscriber and notification.channel in TO_DEVICES:
        nobody = not devices_of(subscriber.pk, notification.channel)
    return "" if nobody else notification.recipient


def _suppressed(notification: Notification, silences: Mapping[str, list[_Silence]]) -> str:
    """Return why nothing is sent to an address; what is critical passes by those who left."""
    if notification.channel not in TO_ADDRESSES:
        return ""
    reasons = {
        one.reason
        for one in silences.get(suppression_key(notification.recipient), ())
        if one.category in {"", notification.category}
    }
    if notification.critical:
        reasons -= {Suppression.Reason.UNSUBSCRIBED}
    return next((told for reason, told in _SILENT_REASON.items() if reason in reasons), "")


def _message(notification: Notification) -> OutMessage:
    by_mail = notification.channel == NotificationChannel.EMAIL
    left = (notification.expires_at - clock.now()) if notification.expires_at else _WORTH
    leave = "" if notification.critical else unsubscribe_url(notification)
    return OutMessage(
        id=str(notification.pk),
        tenant=str(notification.tenant_id),
        address=notification.recipient,
        subject=notification.subject,
        text=notification.body or notification.subject,
        html=html_of(notification, leave),
        category=notification.category,
        created_at=notification.created_at,
        unsubscribe_url=leave,
        secrets=lambda: signing_secrets(notification),
        urgent=notification.critical,
        seconds_left=max(1, int(min(left, _LONGEST).total_seconds())),
        report_token=report_token(notification) if by_mail else "",
    )
