"""Addresses that are signed for one message or one person: made, and believed again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from apps.notifications.conf import public_url
from apps.notifications.models import Notification, NotificationChannel, Subscriber
from kernel import clock
from kernel.errors import NotFoundError
from kernel.secrets.signatures import BadSignatureError, check_signature, sign

_UNSUBSCRIBE, _VERIFY, _INBOX = (
    "notifications unsubscribe",
    "notifications verify",
    "notifications inbox",
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
    return f"{public_url()}/notifications/u/{_token(_UNSUBSCRIBE, notification)}/"


def opened_unsubscribe(token: str) -> Opened:
    """Return the notification that a token was made for; raises NotFoundError."""
    return _opened(_UNSUBSCRIBE, token)


def verify_url(subscriber: Subscriber) -> str:
    """Return where somebody says that an address is theirs, within three days."""
    ends = int((clock.now() + VERIFY_TIME).timestamp())
    token = _token(_VERIFY, subscriber, f"{ends}.{subscriber.email}")
    return f"{public_url()}/notifications/verify/{token}/"


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


def _token(purpose: str, row: Notification | Subscriber, more: str = "") -> str:
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
