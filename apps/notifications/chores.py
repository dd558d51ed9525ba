"""What the notifications app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.notifications.models import Notification, NotificationChannel, NotificationState
from apps.notifications.services.notifications import cancel_notification, create_notification
from apps.notifications.services.triggering import trigger
from contracts.chores import Chore, Work, WorkState, parameters
from kernel.chores.following import row_of
from kernel.chores.registry import chore

_OF_NOTIFICATIONS = {
    NotificationState.QUEUED: WorkState.GOING_ON,
    NotificationState.SENT: WorkState.DONE,
    # Whoever it was for does not want it, or has no such address: nothing is left to do.
    NotificationState.SKIPPED: WorkState.DONE,
    NotificationState.FAILED: WorkState.FAILED,
    NotificationState.CANCELLED: WorkState.CANCELLED,
}


def _look(began: Mapping[str, Any]) -> Work:
    row = row_of(Notification, began["notificationId"])
    failed = row.state == NotificationState.FAILED
    return Work(
        state=_OF_NOTIFICATIONS.get(NotificationState(row.state), WorkState.GOING_ON),
        result={"state": str(row.state)},
        error_code=row.reason_code if failed else "",
        error_message=row.reason if failed else "",
    )


@chore(
    Chore(
        name="notifications.send",
        title="Send a notification",
        description="Sends a message to one address over one channel, and waits until it is sent.",
        scope="notifications:write",
        parameters=parameters(
            ("recipient", "channel", "subject"),
            recipient={"type": "string", "minLength": 1, "maxLength": 320},
            channel={"enum": list(map(str, NotificationChannel))},
            subject={"type": "string", "minLength": 1, "maxLength": 500},
            body={"type": "string", "maxLength": 50_000},
            category={"type": "string", "maxLength": 100},
            critical={"type": "boolean"},
            attachment_ids={
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "maxItems": 10,
                "description": "Files of the files service that go with it.",
            },
        ),
    ),
    follow=_look,
    stop=lambda began: cancel_notification(id=began["notificationId"]),
)
def send(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Queue a notification, and return its id."""
    return {"notificationId": str(create_notification(**told).pk)}


@chore(
    Chore(
        name="notifications.trigger",
        title="Begin a workflow",
        description="Begins a workflow of notifications for people or topics; how it goes for each"
        " of them is told there.",
        scope="notifications:write",
        parameters=parameters(
            ("workflow",),
            workflow={"type": "string", "minLength": 1, "maxLength": 120},
            subscribers={"type": "array", "items": {"type": "string"}, "maxItems": 1_000},
            topics={"type": "array", "items": {"type": "string"}, "maxItems": 20},
            data={"type": "object"},
        ),
    )
)
def begin(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin it, and return its id."""
    return {"triggerId": str(trigger(**told).pk)}
