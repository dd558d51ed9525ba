"""What every channel does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content_type: str
    content: bytes


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


class Channel(Protocol):
    """One way to reach people."""

    def send(self, message: OutMessage) -> None:
        """Give a message away; when it returns the other side has taken it.

        Raises DeliveryFailedError where trying again may help, DeliveryRefusedError where not.
        """
        ...
