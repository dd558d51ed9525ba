"""The settings of the notifications app."""

from datetime import timedelta

from django.conf import settings

from kernel.dynamic.declaring import boolean, integer, length_of_time
from kernel.origin import public_origin

MOST_ATTACHMENTS = integer(
    "notifications.most_attachments",
    default=20,
    description="The most files that go with one notification.",
    at_least=0,
    at_most=100,
)
ATTACHED_BYTES = integer(
    "notifications.attached_bytes",
    default=25_000_000,
    description="How many bytes the files of one e-mail have together; more than that fails.",
    at_least=0,
    at_most=100_000_000,
)
SANDBOX = boolean(
    "notifications.sandbox",
    default=False,
    description="Nothing leaves the platform: each message is kept as sent, and marked so.",
)
TRACKING = boolean(
    "notifications.tracking",
    default=False,
    description="Mails that are not critical tell when they are first opened, and a link followed:"
    " links lead through this platform, and a picture of one pixel goes with them.",
)
MAIL_LINES = integer(
    "notifications.mail_lines",
    default=4,
    description="How many connections to the mail server a process uses at the same time.",
    at_least=1,
    at_most=50,
)
PROVIDERS = integer(
    "notifications.providers",
    default=50,
    description="The most providers that a tenant has.",
    at_least=0,
    at_most=1_000,
)
KEPT = length_of_time(
    "notifications.kept",
    default=timedelta(days=400),
    description="How long messages are kept that are not queued, with their timelines.",
)
WEBHOOK_ENDPOINTS = integer(
    "notifications.webhook_endpoints",
    default=50,
    description="How many webhook endpoints a tenant may have.",
    at_least=0,
    at_most=1_000,
)
WEBHOOK_FAILING = length_of_time(
    "notifications.webhook_failing",
    default=timedelta(days=3),
    description="How long a webhook endpoint may fail, without anything taken in between, until"
    " it is disabled.",
)
WEBHOOK_DELIVERIES_KEPT = length_of_time(
    "notifications.webhook_deliveries_kept",
    default=timedelta(days=30),
    description="How long it is kept what was posted to webhook endpoints, and what came of it.",
)


def intake_topic() -> str:
    """Return the topic in which services of others begin workflows."""
    return str(settings.NOTIFICATIONS_INTAKE_TOPIC)


def intake_sources() -> tuple[str, ...]:
    """Return who may do so, a line each: `source tenant-id public-key`."""
    return tuple(settings.NOTIFICATIONS_INTAKE_SOURCES)


def push_subject() -> str:
    """Return how a push service reaches who runs this platform (RFC 8292, section 2.1)."""
    from email.utils import parseaddr  # noqa: PLC0415

    origin = public_origin()
    if origin.startswith("https://"):
        return origin
    return f"mailto:{parseaddr(str(settings.DEFAULT_FROM_EMAIL))[1]}"
