"""People, templates and workflows for tests, and a clock that stands still."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.notifications.models import Notification, Subscriber, Workflow
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.templates import create_template
from apps.notifications.services.workflows import create_workflow

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@dataclass
class StandingClock:
    """A clock that a test moves."""

    now: datetime = NOON

    def by(self, **delta: float) -> None:
        """Move it on."""
        self.now += timedelta(**delta)


def texts(*channels: str) -> dict[str, Any]:
    """Return texts for these channels, which name what is in the data."""
    one = {"subject": "About {{ data.name }}", "body": "{{ count }} of {{ data.name }}"}
    return {channel: {"en": one} for channel in channels}


def person(key: str = "ada", **told: Any) -> Subscriber:
    """Make somebody with an address that is verified."""
    usual = {"email": f"{key}@example.com", "email_verified": True}
    return create_subscriber(key=key, **(usual | told))


def workflow(*steps: dict[str, Any], name: str = "w", **told: Any) -> Workflow:
    """Make a workflow of these steps, whose template says something over every channel."""
    create_template(name=f"{name} text", texts=texts("email", "in_app", "webhook"))
    return create_workflow(name=name, steps=list(steps), **told)


def send(channel: str, name: str = "w") -> dict[str, Any]:
    """Return a step that says something."""
    return {"do": "send", "channel": channel, "template": f"{name} text"}


def made() -> list[tuple[str, str, str, str]]:
    """Return the messages there are: to whom, by what, where they stand, and why."""
    return [
        (one.recipient, one.channel, one.state, one.reason_code)
        for one in Notification.objects.order_by("pk")
    ]
