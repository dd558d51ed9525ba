"""A process of its own for tests of crashes: it queues, begins, listens, tells, and works."""

import json
import os
import sys
from collections import Counter
from datetime import timedelta
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from apps.notifications.models import (  # noqa: E402
    Notification,
    NotificationChannel,
    Run,
    WebhookDelivery,
)
from apps.notifications.services import create_notification, delivering  # noqa: E402
from apps.notifications.services.endpoints import create_endpoint  # noqa: E402
from apps.notifications.services.subscribers import create_subscriber  # noqa: E402
from apps.notifications.services.triggering import trigger  # noqa: E402
from contracts.notifications import SubscriberCreated  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.events.publishing import publish  # noqa: E402
from kernel.jobs import services as jobs  # noqa: E402
from kernel.jobs.models import Job, JobState  # noqa: E402
from kernel.jobs.registry import known  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.events import drain_events  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.notifications.people import send, workflow  # noqa: E402
from tests.notifications.receivers import SECRET  # noqa: E402

TENANT = UUID(int=7)


def queue(count: int) -> None:
    """Queue mails, each to an address of its own."""
    for number in range(count):
        create_notification(
            recipient=f"p{number}@example.com",
            channel=NotificationChannel.EMAIL,
            subject=str(number),
        )


def begin(count: int) -> None:
    """Begin a workflow for people who are told in the inbox and by mail."""
    for number in range(count):
        create_subscriber(
            key=f"p{number}",
            email=f"p{number}@example.com",
            email_verified=True,
            topics=["all"],
        )
    workflow(send("in_app"), send("email"))
    trigger(workflow="w", topics=["all"], data={"name": "X"})


def listen() -> None:
    """Have events posted to whoever hears them."""
    create_endpoint(
        name="hook",
        url=os.environ["HOOK"],
        event_types=["notifications.subscriber.*"],
        contact="ops@example.com",
        secret=SECRET,
    )


def tell(count: int) -> None:
    """Let as much happen as is to be posted."""
    with transaction.atomic():
        for number in range(count):
            publish(SubscriberCreated(subscriber_id=str(number), key=str(number)))
    drain_events()


def work() -> None:
    """Take up what a lost worker held, and do all there is."""
    past = clock.now() - timedelta(seconds=1)
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=past)
    while jobs.recover(known()):
        pass
    drain()


def show() -> dict[str, object]:
    """Return how everything stands."""
    found = Notification.objects.values_list("channel", "state", "recipient")
    return {
        "states": dict(Counter(f"{channel} {state}" for channel, state, _ in found)),
        "people": sorted({f"{channel} {to}" for channel, _, to in found}),
        "runs": dict(Counter(Run.objects.values_list("state", flat=True))),
        "sent": OutboxEvent.objects.filter(type="notifications.notification.sent.v1").count(),
        "posts": dict(Counter(WebhookDelivery.objects.values_list("state", flat=True))),
        "waiting": Job.objects.filter(finished_at=None).count(),
    }


def main(verbs: str, count: int) -> None:
    """Do what was asked, in this order, in the tenant of these tests."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(os.environ["SINK"])
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    # Sets are as large on a slow machine: what may be doubled is then known.
    delivering.SET_SECONDS = 3_600.0
    known_verbs = {
        "queue": lambda: queue(count),
        "begin": lambda: begin(count),
        "listen": listen,
        "tell": lambda: tell(count),
        "work": work,
    }
    with in_tenant(TENANT):
        for verb in verbs.split():
            known_verbs[verb]()
        sys.stdout.write(json.dumps(show()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
