"""Files that go with a mail, read when it goes: as whoever asked for it may still see them."""

from dataclasses import replace

from apps.notifications.adapters.channels.port import Attachment, OutMessage
from apps.notifications.conf import ATTACHED_BYTES
from apps.notifications.models import Notification, NotificationChannel
from kernel.errors import PayloadTooLargeError
from kernel.identity.rights import remaining_rights
from kernel.mesh.fetching import fetched
from kernel.tenancy.context import acting_as


def attachments_of(notification: Notification, message: OutMessage) -> OutMessage:
    """Return the message with its files; other channels take none.

    Raises NotFetchedError for one that is infected, gone or not to be seen, PayloadTooLargeError,
    UnavailableError.
    """
    if notification.channel != NotificationChannel.EMAIL or not notification.attachment_ids:
        return message
    left, found = ATTACHED_BYTES.value(), []
    with acting_as(remaining_rights(notification.asked_by)):
        for file_id in notification.attachment_ids:
            with fetched(file_id, most_bytes=left) as file:
                content = b"".join(file.chunks)
            left -= len(content)
            if left < 0:
                raise PayloadTooLargeError("the files are too large for a mail")
            found.append(
                Attachment(name=file.name, content_type=file.content_type, content=content)
            )
    return replace(message, attachments=tuple(found))
