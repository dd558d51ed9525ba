"""Demo data: people, a workflow that an alert begins, messages with and without files."""

from apps.notifications.models import (
    DeliveryState,
    EndpointState,
    Notification,
    NotificationChannel,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.notifications.services import create_notification
from apps.notifications.services.devices import register_device
from apps.notifications.services.endpoints import create_endpoint
from apps.notifications.services.providers import create_provider
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.suppressions import add_suppression
from apps.notifications.services.templates import create_template
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from kernel import clock
from kernel.demo import demo_id
from kernel.ids import new_id

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
LETTER = """<style>
  :root { --brand: #0f766e; --ink: #1f2937; --quiet: #6b7280; --line: #e5e7eb }
  body { margin: 0; padding: 24px 12px; background: #f3f4f6 }
  .page { max-width: 560px; margin: 0 auto; padding: 24px; background: #ffffff; color: var(--ink) }
  .page { border-radius: 8px; font: 16px/1.5 "Helvetica Neue", Arial, sans-serif }
  .head { margin: 0 0 16px; padding-bottom: 12px; border-bottom: 2px solid var(--brand) }
  .head { color: var(--brand); font-weight: bold }
  .foot { margin: 24px 0 0; padding-top: 12px; border-top: 1px solid var(--line) }
  .foot { color: var(--quiet); font-size: 13px }
  .foot a { color: var(--quiet) }
  @media (max-width: 480px) { .page { padding: 16px !important } }
  @media (prefers-color-scheme: dark) {
    body { background: #111827 !important }
    .page { background: #1f2937 !important; color: #e5e7eb !important }
    .head { color: #5eead4 !important; border-color: #5eead4 !important }
    .foot, .foot a { color: #9ca3af !important }
    .foot { border-color: #374151 !important }
  }
</style>
<div class="page">
  <p class="head">Septet</p>
  {{ content }}
  <p class="foot">You are on call for this.
    {{#if unsubscribe_url}}<a href="{{ unsubscribe_url }}">Get no more of these</a>{{/if}}</p>
</div>
"""
LETTER_TEXT = """{{ content }}

--\x20
You are on call for this.{{#if unsubscribe_url}} No more of these: {{ unsubscribe_url }}{{/if}}
"""
STEPS = [
    {"do": "send", "channel": "in_app", "template": "audit alert"},
    {"do": "delay", "for": "15m"},
    {"do": "condition", "when": "not read"},
    {"do": "digest", "for": "10m", "by": "data.name"},
    {"do": "send", "channel": "email", "template": "audit alert"},
]
_AWAY = "NOTIFICATIONS_DELIVERY_FAILED: the endpoint answers 503"
_POSTS = (
    (DeliveryState.DELIVERED, 204, ""),
    (DeliveryState.FAILED, 503, "NOTIFICATIONS_DELIVERY_FAILED"),
)
RULES = [{"event": "audit.alert.raised.v1", "topics": ["on-call"]}]


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not Notification.objects.exists():
        _make_people()
        _make()
        _make_endpoint()
    return f"{Notification.objects.count():,} notifications"


def _make_people() -> None:
    benjamin = create_subscriber(
        key="benjamin",
        name="Benjamin",
        email="benjamin@example.com",
        email_verified=True,
        time_zone="Europe/Amsterdam",
        quiet_hours={"from": "22:00", "until": "07:00"},
        preferences={"imports": {"email": False}},
        topics=["on-call"],
    )
    create_provider(name="browsers", kind="web_push")
    create_provider(name="Teams", kind="teams")
    register_device(
        subscriber_id=str(benjamin.pk),
        kind="teams",
        address="https://example.com/workflows/on-call",
        label="On call",
    )
    sample = {"name": "Secrets that are deleted", "count": 10}
    letter = {"email": {"en": {"body": LETTER, "text": LETTER_TEXT}}}
    create_template(name="letter", texts=letter, is_layout=True)
    create_template(name="audit alert", texts=TEXTS, sample=sample, layout="letter")
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


def _make_endpoint() -> None:
    """Make one that is disabled: a demo posts nothing to anybody."""
    now = clock.now()
    endpoint, _ = create_endpoint(
        name="data warehouse",
        url="https://hooks.example.com/septet",
        event_types=["files.file.*", "importexport.*"],
        contact="benjamin@example.com",
    )
    WebhookEndpoint.objects.update(
        state=EndpointState.DISABLED, last_error=_AWAY, failures=9, failing_since=now
    )
    body = '{"type":"files.file.scanned.v1","data":{"clean":true}}'
    for state, status, error in _POSTS:
        WebhookDelivery.objects.create(
            endpoint=endpoint,
            event_id=new_id(),
            event_type="files.file.scanned.v1",
            body=body,
            state=state,
            attempts=1,
            response_status=status,
            duration_ms=84,
            tried_at=now,
            error_code=error,
            error_message="the endpoint answers 503" if error else "",
        )
