"""Rows of notifications that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.notifications.models import (
    Notification,
    NotificationDevice,
    NotificationState,
    Subscriber,
    Suppression,
    WebhookEndpoint,
)
from apps.notifications.services import create_notification
from apps.notifications.services.devices import register_device
from apps.notifications.services.endpoints import create_endpoint, disable_endpoint
from apps.notifications.services.forwarding import try_endpoint
from apps.notifications.services.providers import create_provider
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from kernel import clock
from kernel.ids import new_id

TEXTS = {"email": {"en": {"subject": "a", "body": "b"}}}
STEPS = [{"do": "delay", "for": "1h"}]


def subscriber() -> Subscriber:
    """Make one with an address that is not verified."""
    return create_subscriber(key=f"s-{new_id()}", email="a@example.com")


def suppression() -> Suppression:
    """Make one for an address of its own."""
    return add_suppression(address=f"{new_id()}@example.com")


def failed() -> Notification:
    """Make one that failed."""
    made = create_notification(recipient="a@x.org", channel="email", subject="a")  # type: ignore[arg-type]
    Notification.objects.filter(pk=made.pk).update(state=NotificationState.FAILED)
    return made


def device() -> NotificationDevice:
    """Make one of somebody."""
    address = f"https://example.com/{new_id()}"
    return register_device(subscriber_id=str(subscriber().pk), kind="teams", address=address)


def triggered() -> Any:
    """Begin a workflow for nobody who is there."""
    workflow = create_workflow(name=f"w-{new_id()}", steps=STEPS)
    return trigger(workflow=workflow.name, subscribers=["nobody"])


def endpoint() -> WebhookEndpoint:
    """Make one that is posted to."""
    return create_endpoint(
        name=f"h-{new_id()}",
        url="https://example.com/hook",
        contact="a@x.org",
        event_types=["files.*"],
    )[0]


def in_inbox() -> Notification:
    """Make one that somebody has not read."""
    made = create_notification(recipient="a", channel="in_app", subject="a")  # type: ignore[arg-type]
    Notification.objects.filter(pk=made.pk).update(
        state=NotificationState.SENT, sent_at=clock.now(), subscriber=subscriber()
    )
    return made


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "subscriber": subscriber,
    "notification template": lambda: create_template(name=f"t-{new_id()}", texts=TEXTS),
    "notification workflow": lambda: create_workflow(name="theirs", steps=STEPS),
    "notification trigger": triggered,
    "notification suppression": suppression,
    "failed notification": failed,
    "notification provider": lambda: create_provider(name=f"p-{new_id()}", kind="web_push"),
    "notification device": device,
    "notification in an inbox": in_inbox,
    "webhook endpoint": endpoint,
    "disabled webhook endpoint": lambda: disable_endpoint(id=str(endpoint().pk)),
    "webhook delivery": lambda: try_endpoint(id=str(endpoint().pk)),
}
