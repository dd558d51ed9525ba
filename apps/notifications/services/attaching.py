"""Files and pictures that go with a mail, read when it goes.

A file is read as whoever asked for the message may still see it, a picture as who wrote the
template.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.conf import ATTACHED_BYTES
from apps.notifications.errors import RenderingError
from apps.notifications.models import Notification, NotificationChannel
from kernel.identity.rights import remaining_rights
from kernel.mesh.fetching import fetched
from kernel.tenancy.context import acting_as

#: What mail programs show; an image that may run something is not among them.
PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))


def attachments_of(notification: Notification, message: OutMessage) -> OutMessage:
    """Return the message with its files and pictures; other channels take none.

    Raises NotFetchedError for one that is infected, gone or not to be seen, RenderingError for a
    picture that is none, PayloadTooLargeError, UnavailableError.
    """
    if notification.channel != NotificationChannel.EMAIL:
        return message
    left, found = ATTACHED_BYTES.value(), []
    for file_id, rights, shown in _wanted(notification):
        one = read_file(file_id, rights, left, picture=shown)
        left -= len(one.content)
        found.append(one)
    return replace(message, attachments=tuple(found))


def _wanted(notification: Notification) -> Iterator[tuple[str, Any, bool]]:
    """Yield the id of each file, as whom it is read, and whether the mail shows it."""
    for file_id in notification.attachment_ids:
        yield file_id, notification.asked_by, False
    for file_id, rights in notification.pictures.items():
        yield file_id, rights, True


def read_file(file_id: str, rights: Any, most_bytes: int, *, picture: bool) -> Attachment:
    """Return a file as who had these rights; raises as told above."""
    with acting_as(remaining_rights(rights)), fetched(file_id, most_bytes=most_bytes) as file:
        if picture and file.content_type not in PICTURES:
            raise RenderingError(f"{file.name} is no picture for a mail: {file.content_type}")
        return Attachment(
            name=file.name,
            content_type=file.content_type,
            content=b"".join(file.chunks),
            picture_id=file_id if picture else "",
        )
