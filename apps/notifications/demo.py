"""Demo data: people, a workflow that an alert begins, messages with and without files."""

from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.services import create_notification
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from kernel.demo import demo_id

_BODY = """**{{ data.name }}** has found {{ data.count }} entries.

{{#if data.count > 100}}That is a lot: have a look soon.{{else}}Have a look when you can.{{/if}}
"""
TEXTS = {
    "email": {
        "en": {"subject": "{{ data.name }}: {{ data.count }} entries", "body": _BODY},
        "de": {
            "subject": "{{ data.name }}: {{ data.count }} Einträge",
            "body": "**{{ data.name }}** hat {{ data.count }} Einträge gefunden.",
        },
    },
    "in_app": {
        "en": {
            "subject": "{{ data.name }}",
            "body": "{{ data.count }} entries were found.",
        }
    },
}
STEPS = [
    {"do": "send", "channel": "in_app", "template": "audit alert"},
    {"do": "delay", "for": "15m"},
    {"do": "condition", "when": "not read"},
    {"do": "digest", "for": "10m", "by": "data.name"},
    {"do": "send", "channel": "email", "template": "audit alert"},
]
RULES = [{"event": "audit.alert.raised.v1", "topics": ["on-call"]}]


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Notification.objects.exists():
        _make_people()
        _make()
    return f"{Notification.objects.count():,} notifications"


def _make_people() -> None:
    create_subscriber(
        key="benjamin",
        name="Benjamin",
        email="benjamin@example.com",
        email_verified=True,
        time_zone="Europe/Amsterdam",
        quiet_hours={"from": "22:00", "until": "07:00"},
        preferences={"imports": {"email": False}},
        topics=["on-call"],
    )
    create_template(name="audit alert", texts=TEXTS)
    create_workflow(name="audit alert", category="alerts", steps=STEPS, rules=RULES)
    add_suppression(address="gone@example.com", reason="bounced")
    data = {"name": "Secrets that are deleted", "count": 10}
    trigger(workflow="audit alert", topics=["on-call"], data=data)


def _make() -> None:
    create_notification(
        recipient="bert-jan@example.com",
        channel=NotificationChannel.EMAIL,
        subject="Ten secrets are scheduled for deletion",
    )
    create_notification(
        recipient="on-call@example.com",
        channel=NotificationChannel.PUSH,
        subject="Trail logging was stopped",
        attachment_ids=[str(demo_id("File", "incident-report.pdf"))],
    )
    create_notification(
        recipient="benjamin@example.com",
        channel=NotificationChannel.IN_APP,
        subject="Your import of 48,184 runways is ready",
        attachment_ids=[str(demo_id("File", "runways.csv"))],
    )
