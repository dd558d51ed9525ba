"""What every channel does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apps.notifications.domain.devices import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content_type: str
    content: bytes
    #: Under which the HTML shows it; empty for what is only attached.
    picture_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutMessage:
    """A message as a channel is given it."""

    #: The same whenever it is sent again: what receives it knows it by that.
    id: str
    tenant: str
    address: str
    subject: str
    text: str
    html: str = ""
    category: str = ""
    created_at: datetime
    #: Where one click ends it, for mail programs; empty for what nobody unsubscribes from.
    unsubscribe_url: str = ""
    #: Read when they are used, and not before.
    secrets: Callable[[], tuple[str, ...]] = tuple
    attachments: tuple[Attachment, ...] = field(default=())
    #: Of a device or chat: where it is, beside the address the keys of a browser.
    target: Target | None = None
    #: It is to disturb, and soon.
    urgent: bool = False
    #: For how long it is worth delivering.
    seconds_left: int = 86_400
    #: Where a provider may tell later what became of it; empty where it cannot.
    callback_url: str = ""
    #: By which a report of mail servers shows that it is about this message.
    report_token: str = ""


class Channel(Protocol):
    """One way to reach people."""

    def send(self, message: OutMessage) -> str:
        """Give a message away; when it returns the other side has taken it.

        Returns by which id that knows it; empty where it tells none. Raises DeliveryFailedError
        where trying again may help, AddressGoneError where nobody is there any more,
        DeliveryRefusedError where it takes this message never.
        """
        ...
