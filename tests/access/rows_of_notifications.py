"""Rows of notifications that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.notifications.models import Notification, NotificationState, Subscriber, Suppression
from apps.notifications.services import create_notification
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
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


def triggered() -> Any:
    """Begin a workflow for nobody who is there."""
    workflow = create_workflow(name=f"w-{new_id()}", steps=STEPS)
    return trigger(workflow=workflow.name, subscribers=["nobody"])


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "subscriber": subscriber,
    "notification template": lambda: create_template(name=f"t-{new_id()}", texts=TEXTS),
    "notification workflow": lambda: create_workflow(name="theirs", steps=STEPS),
    "notification trigger": triggered,
    "notification suppression": suppression,
    "failed notification": failed,
}
