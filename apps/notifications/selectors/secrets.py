"""What signs webhooks."""

from apps.notifications.models import Notification, Subscriber, WebhookEndpoint
from kernel import clock
from kernel.errors import NotFoundError
from kernel.secrets.reading import read_secret

_PURPOSE = "notification webhook"


def signing_secrets(notification: Notification) -> tuple[str, ...]:
    """Return the secrets of whom a message is for; raises NotFoundError."""
    if notification.subscriber_id is None:
        raise NotFoundError("a webhook is signed for a subscriber, and this message has none")
    subscriber = Subscriber.objects.get(pk=notification.subscriber_id)
    return secrets_of(subscriber, "webhook_secret", purpose=_PURPOSE)


def secrets_of(row: Subscriber | WebhookEndpoint, column: str, *, purpose: str) -> tuple[str, ...]:
    """Return the secret of a column, and beside it the former while receivers change."""
    secrets = [read_secret(row, column, purpose=purpose, shown=False)]
    if row.former_until is not None and row.former_until > clock.now():
        secrets.append(read_secret(row, "former_secret", purpose=purpose, shown=False))
    return tuple(secrets)
