"""The settings of the notifications app."""

from datetime import timedelta

from django.conf import settings

from kernel.dynamic.declaring import integer, length_of_time

MOST_ATTACHMENTS = integer(
    "notifications.most_attachments",
    default=20,
    description="The most files that go with one notification.",
    at_least=0,
    at_most=100,
)
ATTACHED_BYTES = integer(
    "notifications.attached_bytes",
    default=20_000_000,
    description="How many bytes the files of one e-mail have together; more than that fails.",
    at_least=0,
    at_most=100_000_000,
)
KEPT = length_of_time(
    "notifications.kept",
    default=timedelta(days=400),
    description="How long messages are kept that are not queued, with their timelines.",
)


def public_url() -> str:
    """Return where people reach this platform: links in messages begin with it."""
    return str(settings.PUBLIC_ORIGIN).rstrip("/")
