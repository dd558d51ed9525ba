"""Addresses that are signed for one message or one person: made, and believed again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationProvider,
    Subscriber,
)
from kernel import clock
from kernel.errors import NotFoundError
from kernel.origin import public_origin
from kernel.secrets.signatures import BadSignatureError, check_signature, sign

_UNSUBSCRIBE, _VERIFY, _INBOX, _REPORT, _CALLBACK, _EVENTS, _OPEN, _CLICK = (
    "notifications unsubscribe",
    "notifications verify",
    "notifications inbox",
    "notifications report",
    "notifications callback",
    "notifications provider events",
    "notifications open",
    "notifications click",
)
VERIFY_TIME = timedelta(days=3)
INBOX_TIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a signed address is about."""

    tenant_id: UUID
    row_id: UUID
    #: What else was signed.
    more: str


def unsubscribe_url(notification: Notification) -> str:
    """Return where an e-mail is unsubscribed from; nothing for what is no e-mail."""
    if notification.channel != NotificationChannel.EMAIL:
        return ""
    return f"{public_origin()}/notifications/u/{_token(_UNSUBSCRIBE, notification)}/"


def opened_unsubscribe(token: str) -> Opened:
    """Return the notification that a token was made for; raises NotFoundError."""
    return _opened(_UNSUBSCRIBE, token)


def verify_url(subscriber: Subscriber) -> str:
    """Return where somebody says that an address is theirs, within three days."""
    ends = int((clock.now() + VERIFY_TIME).timestamp())
    token = _token(_VERIFY, subscriber, f"{ends}.{subscriber.email}")
    return f"{public_origin()}/notifications/verify/{token}/"


def opened_verify(token: str) -> Opened:
    """Return the subscriber and the address, as `more`; raises NotFoundError."""
    return _timed(_VERIFY, token)


def inbox_token(subscriber: Subscriber) -> str:
    """Return what opens somebody's inbox for twelve hours, and nothing else."""
    ends = int((clock.now() + INBOX_TIME).timestamp())
    return _token(_INBOX, subscriber, f"{ends}.")


def opened_inbox(token: str) -> Opened:
    """Return whose inbox a token opens; raises NotFoundError."""
    return _timed(_INBOX, token)


def report_token(notification: Notification) -> str:
    """Return what goes with a mail, and shows in what is reported of it that it is about that."""
    return _token(_REPORT, notification)


def opened_report(token: str) -> Opened:
    """Return the notification that a token went with; raises NotFoundError."""
    return _opened(_REPORT, token)


def callback_url(provider: NotificationProvider, notification: Notification) -> str:
    """Return where a provider tells what became of a message: known to it and to nobody else."""
    token = _token(_CALLBACK, notification, provider.pk.hex)
    return f"{public_origin()}/notifications/api/callbacks/{token}"


def opened_callback(token: str) -> Opened:
    """Return the notification, and the provider as `more`; raises NotFoundError."""
    return _opened(_CALLBACK, token)


def events_url(provider: NotificationProvider) -> str:
    """Return where a service of mail tells its events: to be set up there, and shown to nobody."""
    return f"{public_origin()}/notifications/api/provider-events/{_token(_EVENTS, provider)}"


def opened_events(token: str) -> Opened:
    """Return the provider whose events come by a token; raises NotFoundError."""
    return _opened(_EVENTS, token)


def open_url(notification: Notification) -> str:
    """Return the address of the picture that tells that a mail was opened."""
    return f"{public_origin()}/notifications/o/{_token(_OPEN, notification)}/"


def opened_open(token: str) -> Opened:
    """Return the notification that was opened; raises NotFoundError."""
    return _opened(_OPEN, token)


def click_url(notification: Notification, to: str) -> str:
    """Return what leads to an address of a mail, and tells that it was followed."""
    return f"{public_origin()}/notifications/l/{_token(_CLICK, notification, to)}/"


def opened_click(token: str) -> Opened:
    """Return the notification, and where its link leads as `more`; raises NotFoundError."""
    return _opened(_CLICK, token)


def _token(
    purpose: str, row: Notification | Subscriber | NotificationProvider, more: str = ""
) -> str:
    text = f"{row.tenant_id.hex}.{row.pk.hex}.{more.encode().hex()}"
    return f"{text}:{sign(text, purpose=purpose)}"


def _opened(purpose: str, token: str) -> Opened:
    text, _, signature = token.partition(":")
    try:
        check_signature(text, signature, purpose=purpose)
        tenant, row, more = text.split(".")
        return Opened(UUID(tenant), UUID(row), bytes.fromhex(more).decode())
    except (BadSignatureError, ValueError):
        raise NotFoundError("this address was not signed here") from None


def _timed(purpose: str, token: str) -> Opened:
    found = _opened(purpose, token)
    ends, _, more = found.more.partition(".")
    if int(ends) < clock.now().timestamp():
        raise NotFoundError("this address was good for a time, which is over")
    return Opened(found.tenant_id, found.row_id, more)
