"""Channels by their names; each is loaded when the first message goes over it."""

from apps.notifications.adapters.channels.port import Channel
from apps.notifications.errors import NoChannelError


def channel(name: str) -> Channel:
    """Return what delivers over a channel; raises NoChannelError."""
    match name:
        case "email":
            from apps.notifications.adapters.channels import emails  # noqa: PLC0415

            return emails.EmailChannel()
        case "webhook":
            from apps.notifications.adapters.channels import webhooks  # noqa: PLC0415

            return webhooks.WebhookChannel()
        case "in_app":
            from apps.notifications.adapters.channels import inbox  # noqa: PLC0415

            return inbox.InboxChannel()
    raise NoChannelError(f"nothing delivers over {name} here")
